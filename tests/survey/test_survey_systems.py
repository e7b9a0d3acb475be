"""Files as survey systems write them, from the raw file to the right means: two commands, and the lines that people edit.

The layouts are those of the systems' own exports; the number of edits stands in docs/howto/survey-systems.md,
which is held to it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.described_sheets import described_sheet
from omstilling_psychometrics.survey.inspection import inspect
from omstilling_psychometrics.survey.instrument import load_instrument, parse_instrument

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "survey-systems.md"

ENGLISH = """
[instrument]
key = "engagement"
[scale]
categories = [1, 2, 3, 4, 5, 6, 7]
[scale.labels]
1 = { en = "Strongly disagree" }
2 = { en = "Disagree" }
3 = { en = "Somewhat disagree" }
4 = { en = "Neither agree nor disagree" }
5 = { en = "Somewhat agree" }
6 = { en = "Agree" }
7 = { en = "Strongly agree" }
[[non_answers]]
key = "dont_know"
label = { en = "Don't know" }
[[non_answers]]
key = "refused"
label = { en = "Prefer not to say" }
[[items]]
key = "vigour"
wording.all = { en = "At work, I feel full of energy" }
[[items]]
key = "meaning"
wording.all = { en = "My work is full of meaning: it has a purpose" }
[[items]]
key = "absorbed"
wording.all = { en = "Time flies when I'm working" }
[[items]]
key = "tired"
reversed = true
wording.all = { en = "After work - and before - I am tired" }
"""


@dataclass(frozen=True)
class Survey:
    """60 rows of answers: 1 to c; c + 1 and c + 2 the two reasons; 0 left empty. The last three rows hold none."""

    language: str
    question: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    reversed: tuple[bool, ...]
    answers: np.ndarray = field(repr=False)
    leaders: tuple[str, ...]

    @property
    def categories(self) -> int:
        return len(self.labels) - 2

    def label(self, answer: int) -> str:
        return "" if answer == 0 else self.labels[answer - 1]

    def means(self, rows: Sequence[int]) -> list[float]:
        """Of the answers of these rows, turned where the item is."""
        found = []
        for place, turned in enumerate(self.reversed):
            column = self.answers[list(rows), place]
            mean = column[(column >= 1) & (column <= self.categories)].mean()
            found.append(self.categories + 1 - mean if turned else mean)
        return found

    def rows(self, cell: Callable[[int], object]) -> Iterator[tuple[int, list[object]]]:
        for row, answers in enumerate(self.answers.tolist()):
            yield row, [cell(answer) for answer in answers]


def survey(language: str) -> Survey:
    rng = np.random.default_rng(7)
    if language == "da":
        scale = load_instrument()
        texts = tuple(item.wording["medarbejder"]["da"] for item in scale.items)
        labels = ("Helt uenig", "2", "3", "4", "Helt enig", "Ved ikke", "Ønsker ikke at oplyse")
        question, turned = "Hvor enig eller uenig er du i følgende udsagn?", (False,) * 5
    else:
        texts = tuple(re.findall(r'wording\.all = { en = "(.*)" }', ENGLISH))
        labels = (*re.findall(r'^[1-7] = { en = "(.*)" }', ENGLISH, re.MULTILINE), "Don't know", "Prefer not to say")
        question, turned = "To what extent do you agree?", (False, False, False, True)
    c = len(labels) - 2
    answers = rng.integers(1, c + 1, (60, len(texts)))
    odd = rng.random(answers.shape)
    answers[odd < 0.06] = 0
    answers[(odd >= 0.06) & (odd < 0.11)] = c + 1
    answers[(odd >= 0.11) & (odd < 0.15)] = c + 2
    answers[-3:] = 0
    return Survey(language, question, texts, labels, turned, answers, tuple(f"L{row % 4}" for row in range(60)))


SURVEYS = {language: survey(language) for language in ("da", "en")}
DONE, EVERYBODY = range(57), range(60)


def written(path: Path, lines: Sequence[Sequence[object]], **form: str) -> Path:
    with path.open("w", newline="", encoding=form.get("encoding", "utf-8")) as stream:
        csv.writer(stream, delimiter=form.get("delimiter", ",")).writerows(lines)
    return path


def workbook(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    book.save(path)
    return path


def qualtrics(folder: Path, of: Survey, values: bool) -> Path:
    """Three header rows; choice texts, or recoded values with -99 for what was seen and not answered. Row 5 is a preview."""
    names = ["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
             "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "LocationLatitude",
             "LocationLongitude", "DistributionChannel", "UserLanguage"]  # fmt: skip
    texts = ["Response Type" if name == "Status" else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name in names]
    items = [f"Q4_{place}" for place in range(1, len(of.texts) + 1)]
    lines: list[list[object]] = [[*names, *items, "leder_id"]]
    lines.append([*texts, *(f"{of.question}\n\n - {text}" for text in of.texts), "leder_id"])
    lines.append([f'{{"ImportId":"{name}"}}' for name in (*names, *items, "leder_id")])
    empty = -99 if values else ""
    for row, cells in of.rows(lambda answer: (answer or empty) if values else of.label(answer)):
        status = (1, 0) if values else ("Survey Preview", "IP Address")
        finished = (1, 0) if values else ("True", "False")
        time = f"2025-09-30 08:{row:02}:00"
        about = [time, time, status[row != 5], "*******", 100 if row in DONE else 20, 300, finished[row not in DONE], time]
        cells = cells if row in DONE else [""] * len(cells)
        lines.append([*about, f"R_{row:05}", "", "", "", "", "", "", "anonymous", of.language, *cells, of.leaders[row]])
    return written(folder / "qualtrics.csv", lines, encoding="utf-8-sig")


def survey_monkey(folder: Path, of: Survey) -> Path:
    """Two header rows: the question over its first statement, and the statements."""
    about = "Respondent ID|Collector ID|Start Date|End Date|IP Address|Email Address|First Name|Last Name|Custom Data 1"
    names = about.split("|")
    lines: list[list[object]] = [[*names, of.question, *[""] * (len(of.texts) - 1), "Andet?"]]
    lines.append([""] * len(names) + [*of.texts, "Open-Ended Response"])
    for row, cells in of.rows(of.label):
        time = f"09/30/2025 08:{row:02}:00 AM"
        lines.append([114000000 + row, 4301, time, time, "10.0.0.1", "", "", "", "", *cells, "ok" if row % 9 == 0 else ""])
    return written(folder / "surveymonkey.csv", lines)


def lime_survey(folder: Path, of: Survey) -> Path:
    """Codes and texts in one header, full answers, N/A for what was hidden (the first row), no submission for three."""
    names = [
        "id. Response ID",
        "submitdate. Date submitted",
        "lastpage. Last page",
        "startlanguage. Start language",
        "seed. Seed",
    ]
    heads = [f"G01Q02[SQ{place:03}]. {of.question} [{text}]" for place, text in enumerate(of.texts, start=1)]
    lines: list[list[object]] = [[*names, *heads]]
    for row, cells in of.rows(of.label):
        about = [row + 1, "2025-09-30 08:00:00" if row in DONE else "", 2 if row in DONE else 1, of.language, 1100 + row]
        lines.append([*about, *(["N/A"] * len(cells) if row == 0 else cells)])
    return written(folder / "limesurvey.csv", lines)


def survey_xact(folder: Path, of: Survey) -> Path:
    """'Excel XML': labels, variables, the data set in numbers, and the structure, each on a sheet of its own."""
    items = [f"s_{place + 3}" for place in range(len(of.texts))]
    status = [f"stato_{place}" for place in range(1, 6)]
    labels = [[item, value, f"{label} ({value})"] for item in items for value, label in enumerate(of.labels, start=1)]
    labels += [[name, value, label] for name in status for value, label in enumerate(("Ikke valgt", "Valgt"))]
    variables = [["variableName", "variableDescription", "variableType"], ["respondent", "Respondent", "String"]]
    variables += [[item, f"{of.question} - {text}", "Single"] for item, text in zip(items, of.texts, strict=True)]
    told = ("Ny", "Distribueret", "Nogen svar", "Gennemført", "Frafaldet")
    variables += [[name, f"Samlet status - {label}", "Multiple"] for name, label in zip(status, told, strict=True)]
    data: list[list[object]] = [["respondent", *items, *status]]
    for row, cells in of.rows(lambda answer: answer or None):
        done = row in DONE
        data.append([f"R{row:03}", *cells, 0, int(not done), 0, int(done), 0])
    structure = [["questionName", "variableName"], *([item, item] for item in items)]
    return workbook(
        folder / "surveyxact.xlsx", Labels=labels, Variables=variables, Dataset=data, Metadata=[["x"]], Structure=structure
    )


def spss(folder: Path, of: Survey) -> Path:
    """What SurveyXact and Enalyzer write for SPSS: numbers, labels of values, and the question as label of the variable."""
    frame = pd.DataFrame({f"s_{place}": of.answers[:, place].astype(float) for place in range(len(of.texts))})
    frame = frame.replace(0.0, np.nan)
    labels = {float(value): label for value, label in enumerate(of.labels, start=1)}
    pyreadstat.write_sav(
        frame,
        str(folder / "export.sav"),
        column_labels=[f"{of.question} - {text}" for text in of.texts],
        variable_value_labels=dict.fromkeys(frame.columns, labels),
    )
    return folder / "export.sav"


def enalyzer(folder: Path, of: Survey) -> Path:
    """Excel with answers as text: one header, the question before each statement."""
    lines: list[list[object]] = [["Respondent-id", "Status", *(f"{of.question}: {text}" for text in of.texts)]]
    for row, cells in of.rows(of.label):
        status = ("Gennemført", "Ikke startet") if of.language == "da" else ("Completed", "Not started")
        lines.append([row + 1, status[row not in DONE], *cells])
    return workbook(folder / "enalyzer.xlsx", Data=lines)


def redcap(folder: Path, of: Survey, labelled: bool) -> Path:
    """Raw: fields and numbers; labels: field labels and choices."""
    fields = [f"q{place}" for place in range(1, len(of.texts) + 1)]
    names = ["record_id", "redcap_survey_identifier", "trivsel_timestamp", *fields, "trivsel_complete"]
    if labelled:
        names = ["Record ID", "Survey Identifier", "Survey Timestamp", *of.texts, "Complete?"]
    lines: list[list[object]] = [names]
    for row, cells in of.rows(of.label if labelled else lambda answer: answer or ""):
        done = ("Complete" if labelled else 2) if row in DONE else ("Incomplete" if labelled else 0)
        lines.append([row + 1, "", "2025-09-30 08:00:00" if row in DONE else "[not completed]", *cells, done])
    return written(folder / "redcap.csv", lines)


def google_forms(folder: Path, of: Survey) -> Path:
    """A grid: the statement in brackets behind the question."""
    time = "Tidsstempel" if of.language == "da" else "Timestamp"
    lines: list[list[object]] = [[time, *(f"{of.question} [{text}]" for text in of.texts)]]
    lines += [[f"2025/09/30 8:{row:02}:00 AM GMT+2", *cells] for row, cells in of.rows(of.label)]
    return written(folder / "google.csv", lines)


def microsoft_forms(folder: Path, of: Survey) -> Path:
    """Excel: a column per statement, which has no question before it; a line break after some."""
    names = ["Id", "Starttidspunkt", "Fuldførelsestidspunkt", "Mail", "Navn"]
    if of.language == "en":
        names = ["ID", "Start time", "Completion time", "Email", "Name"]
    lines: list[list[object]] = [[*names, *(f"{text}\n" if place % 2 else text for place, text in enumerate(of.texts))]]
    for row, cells in of.rows(lambda answer: of.label(answer) or None):
        lines.append([row + 1, "2025-09-30 08:00:00", "2025-09-30 08:05:00", "anonymous", None, *cells])
    return workbook(folder / "forms.xlsx", Sheet1=lines)


@dataclass(frozen=True)
class Export:
    """As the page of the documentation names it; `edits`: lines of the draft that people change, by what they look for."""

    system: str
    form: str
    write: Callable[[Path, Survey], Path]
    analysed: Sequence[int] = EVERYBODY
    edits: int = 0
    left_out: int = 0
    leaders: bool = False
    texts: bool = True


NOT_5 = [row for row in DONE if row != 5]
EXPORTS = (
    Export("Qualtrics", "CSV, choice text", lambda folder, of: qualtrics(folder, of, False), NOT_5, left_out=4, leaders=True),
    Export("Qualtrics", "CSV, numeric values", lambda folder, of: qualtrics(folder, of, True), NOT_5, 2, 4, True),
    Export("SurveyMonkey", "CSV", survey_monkey),
    Export("LimeSurvey", "CSV, full answers, code and text", lime_survey, [row for row in DONE if row], left_out=4),
    Export("SurveyXact", "Excel XML", survey_xact, DONE, left_out=3),
    Export("SurveyXact", "SPSS", spss),
    Export("Enalyzer", "Excel, text", enalyzer, DONE, left_out=3),
    Export("Enalyzer", "SPSS", spss),
    Export("REDCap", "CSV, labels", lambda folder, of: redcap(folder, of, True), DONE, left_out=3),
    Export("REDCap", "CSV, raw data", lambda folder, of: redcap(folder, of, False), DONE, 2, 3, texts=False),
    Export("Google Forms", "CSV", google_forms),
    Export("Microsoft Forms", "Excel", microsoft_forms),
)


def edited(draft: Path, of: Survey) -> int:
    """People say what the two numbers mean that nobody else can know; how many lines they changed for it."""
    keys = ("ved_ikke", "oensker_ikke_at_oplyse") if of.language == "da" else ("dont_know", "refused")
    lines = draft.read_text(encoding="utf-8").splitlines()
    changed = 0
    for place, line in enumerate(lines):
        for number, key in enumerate(keys, start=of.categories + 1):
            if line.startswith(f'# "{number}" = "…"'):
                lines[place], changed = f'"{number}" = "{key}"', changed + 1
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: f"{export.system} {export.form}")
def test_from_the_raw_file_to_the_right_means(tmp_path: Path, export: Export, language: str) -> None:
    of = SURVEYS[language]
    raw, draft, output = export.write(tmp_path, of), tmp_path / "draft.toml", tmp_path / "results.json"
    options = []
    if language == "en":
        (tmp_path / "i.toml").write_text(ENGLISH, encoding="utf-8")
        options = ["--instrument", str(tmp_path / "i.toml")]
    assert run(["inspect", str(raw), "--write-codebook", str(draft), *options]) == 0
    assert edited(draft, of) == export.edits, draft.read_text(encoding="utf-8")
    arguments = ["analyse", str(raw), "--codebook", str(draft), "--output", str(output), *options]
    done = run([*arguments, "--analyses", "items", "--disclosure", "none", "--quiet"])
    assert done == 0, draft.read_text(encoding="utf-8")
    answers = op.read(raw, codebook=draft, instrument=options[1] if options else None)
    assert answers.account is not None
    assert sum(answers.account.left_out.values()) == export.left_out
    assert answers.n == len(export.analysed)
    assert ("leader" in answers.keys) == export.leaders
    assert "[not_shown]" not in draft.read_text(encoding="utf-8")
    rows = json.loads(output.read_text(encoding="utf-8"))["results"]
    means = {row["item"]: row["estimate"] for row in rows if row["quantity"] == "mean"}
    keys = [item.key for item in load_instrument(tmp_path / "i.toml" if options else None).items]
    assert [means[key] for key in keys] == pytest.approx(of.means(export.analysed), abs=1e-12)
    assert {row["role"] for row in rows} == {"medarbejder" if language == "da" and export.texts else "all"}


def test_the_page_tells_the_edits() -> None:
    """Every export stands on the page with the number of commands and of edits that the test above counts."""
    told = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| 2 \| ([0-9]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(export.system, export.form, str(export.edits)) for export in EXPORTS]


def test_labels_on_a_sheet_decide_what_the_numbers_mean(tmp_path: Path) -> None:
    """SurveyXact numbers the answers in the order of the screen: labels decide, and not the numbers."""
    of = SURVEYS["en"]
    book = openpyxl.load_workbook(survey_xact(tmp_path, of))
    for row in book["Labels"].iter_rows():
        if str(row[0].value).startswith("s_") and row[1].value <= of.categories:
            row[2].value = of.labels[of.categories - row[1].value]
    book.save(tmp_path / "turned.xlsx")
    instrument = parse_instrument(ENGLISH.encode())
    found = inspect(tmp_path / "turned.xlsx", instrument=instrument)
    assert found.reading is not None
    means = [op.items(found.reading).value("mean", item=item) for item in instrument.item_keys]
    assert means == pytest.approx([of.categories + 1 - mean for mean in of.means(DONE)], abs=1e-12)
    book = tmp_path / "columns.toml"
    book.write_text(found.codebook.split("[codes]")[0], encoding="utf-8")
    with pytest.raises(DataError, match="the value labels in the file contradict the numbers"):
        op.read(tmp_path / "turned.xlsx", instrument=instrument, codebook=book)


def test_sheets_that_do_not_describe_the_answers_are_left_alone(tmp_path: Path) -> None:
    variables = ["variableName", "variableDescription"]
    sheets = {"Kodebog": [variables, ["andet", "Andet"]], "Data": [["a", "b"], ["1", "2"]]}
    assert described_sheet(sheets) is None
    data = [["a", "b"], ["1", "2"]]
    sheets = {"V": [variables, ["a", "Alder"], ["b", "By"]], "D": data, "L": [["a", "1", "Et"], ["b", "2", "To"]]}
    found = described_sheet(sheets)
    assert found is not None
    assert (found.sheet, found.descriptions) == ("D", {"a": "Alder", "b": "By"})
    assert {name: labels.labels for name, labels in found.labels.items()} == {"a": {"1": "Et"}, "b": {"2": "To"}}
    assert described_sheet({**sheets, "D2": data}) is None
