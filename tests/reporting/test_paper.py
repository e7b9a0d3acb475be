"""How the file was read, what may be handed on, the study, the paragraph for the paper, and the checklist."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.present.blocks import Block, Bullets, Details, Paragraph, Section, Table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting import paper as paper_module
from omstilling_psychometrics.reporting.checklist import points
from omstilling_psychometrics.reporting.document import Document
from omstilling_psychometrics.reporting.how_read import apart, handing_on
from omstilling_psychometrics.reporting.references import in_full
from omstilling_psychometrics.reporting.validation import Validation, studied, validate
from omstilling_psychometrics.survey.how_read import ValueRead
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.study import Fieldwork, Margins, Rating, Study

NAMES = ("items", "missingness", "reliability", "cfa", "multilevel")
STUDY = Study(
    study=Fieldwork(invited={"medarbejder": 480, "leder": 50}, first=datetime.date(2026, 3, 2), mode="web"),
    margins=Margins(alpha=0.05),
    mic=5.0,
    ratings=tuple(Rating(item="kultur", expert=expert, relevance=value) for expert, value in enumerate([4, 3, 4, 2])),
)


@pytest.fixture(scope="module")
def found(answers: ResponsePatterns) -> Validation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omstilling_psychometrics.topics.reliability.analysis.DRAWS", 20)
        patch.setattr("omstilling_psychometrics.topics.reliability.analysis_omega.DRAWS", 20)
        return validate(answers, NAMES, rng=1)


@pytest.fixture(scope="module")
def document(found: Validation) -> Document:
    return found.document("en", study=STUDY)


def section(document: Document, key: str) -> Section:
    return next(one for one in document.sections if one.key == key)


def tables(blocks: Any) -> list[Table]:
    inner = [one for block in blocks for one in (block.blocks if isinstance(block, Details) else [block])]
    return [block for block in inner if isinstance(block, Table)]


def lines(table: Table) -> dict[str, list[str]]:
    return {line[0].text: [cell.text for cell in line[1:]] for line in table.body}


# ---------------------------------------------------------------- the study


def test_response_rates_by_role(document: Document) -> None:
    rate, content = tables(section(document, "study").blocks)
    assert lines(rate) == {"employee": ["480", "240", "50.0%"], "leader": ["50", "40", "80.0%"]}
    assert lines(content)["creates a curious culture"] == ["4", "0.75", "0.67", "0.75", "[0.47; 0.91]"]
    facts = next(block for block in section(document, "study").blocks if isinstance(block, Bullets)).texts
    assert "Answers from 2026-03-02 on." in facts


def test_no_rate_tells_of_people_who_are_withheld(make_survey: Callable[..., ResponsePatterns]) -> None:
    answers = make_survey(op.load_instrument(), superiors=2)
    result = validate(answers, ["items"], rng=1)
    by_role = result.document("en", study=Study(study=Fieldwork(invited={"medarbejder": 480, "overordnet": 9})))
    assert lines(tables(section(by_role, "study").blocks)[0]) == {
        "employee": ["480", "240", "50.0%"],
        "superior": ["9", "–", "–"],
    }
    together = result.document("en", study=Study(study=Fieldwork(invited=900)))
    assert lines(tables(section(together, "study").blocks)[0]) == {"everyone": ["900", "–", "–"]}


def test_the_known_response_rate_is_no_limit_any_more(found: Validation, document: Document) -> None:
    def limits(one: Document) -> str:
        return " ".join(block.texts[0] + " ".join(block.texts) for block in section(one, "limits").blocks)  # type: ignore[union-attr]

    assert "who was invited is not in the file" in limits(found.document("en"))
    assert "who was invited is not in the file" not in limits(document)


def view(found: Validation, study: Study | None) -> View:
    return View(answers=found.answers, rows=found.rows, wording=Wording("en", found.answers.instrument), study=study)


def measurement_error(found: Validation, study: Study | None) -> list[str]:
    return [one.state for one in view(found, study).verdicts if one.criterion.key == "cosmin_measurement_error"]


def test_measurement_error_is_judged_by_the_minimal_important_change(found: Validation) -> None:
    assert set(measurement_error(found, None)) == {"not_evaluated"}
    assert set(measurement_error(found, Study(mic=5.0))) == {"met"}
    assert set(measurement_error(found, Study(mic=0.01))) == {"not_met"}


def test_more_answers_than_invited_are_refused_before_any_work(answers: ResponsePatterns, tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text("[study]\ninvited = { leder = 39 }\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"study\.toml: \[study\] invited is 39 of the role 'leder', but 40 answered"):
        op.report(answers, tmp_path / "report.html", study=file)
    assert not (tmp_path / "report.html").exists()
    assert studied(None, answers) is None


def test_inspect_drafts_a_study_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(__file__).parents[2] / "data" / "synthetic" / "answers.csv"
    few = data.read_text(encoding="utf-8").splitlines(keepends=True)[:200]
    (tmp_path / "answers.csv").write_text("".join(few), encoding="utf-8")
    assert run(["inspect", str(tmp_path / "answers.csv"), "--write-study", str(tmp_path / "study.toml")]) == 0
    assert "study file written to" in capsys.readouterr().out
    assert studied(tmp_path / "study.toml", op.read(tmp_path / "answers.csv")) == Study()
    assert run(["inspect", str(tmp_path / "answers.csv"), "--write-study", str(tmp_path / "study.txt")]) == 2


# ---------------------------------------------------------------- for the paper


def test_the_paragraph_has_the_numbers_of_the_rows(found: Validation) -> None:
    text, works = paper_module.measures(view(found, STUDY), found.origin)
    rows = {(row["role"], row["quantity"], row["method"]): row for row in found.rows if row["item"] is None}
    for role in ("medarbejder", "leder", "overordnet"):
        alpha = rows[role, "alpha", "listwise"]
        low, high = alpha["conf_low"], alpha["conf_high"]
        cluster = alpha["cluster"]
        by = f", standard errors clustered by {cluster}" if cluster else ""
        value = f"{alpha['estimate']:.2f}, 95% interval [{low:.2f}; {high:.2f}]{by}"
        assert f"coefficient alpha = {value}, n = {alpha['n']} (Cronbach, 1951)" in text
        fit = rows[role, "chi2_scaled", "WLSMV"]
        assert f"χ²(5) = {fit['statistic']:.2f}" in text
    assert "Of 480 people invited (employee), 240 answered (50.0%)." in text
    assert f"version {found.origin['package']['version']}" in text
    cited = set(re.findall(r"\(([A-Z][^()]*?), (\d{4})\)", text))
    assert {re.split(r" &| et al", name)[0] for name, _ in cited} == {work.partition(",")[0] for work in works}


def test_both_languages_stand_in_the_section_with_their_references(document: Document) -> None:
    blocks = section(document, "paper").blocks
    quotes = [block.text for block in blocks if isinstance(block, Paragraph) and block.tone == "quote"]
    assert "was measured by 5 items" in quotes[0]
    assert "blev målt med 5 spørgsmål" in quotes[1]
    assert "alfa = 0," in quotes[1]
    listed: Block = blocks[-1]
    assert isinstance(listed, Bullets)
    assert any(text.startswith("Cronbach, L. J. (1951).") for text in listed.texts)


def test_every_source_of_the_paragraph_is_in_full() -> None:
    for sources in paper_module._SOURCES.values():
        for name, year in sources:
            assert f"({year})" in in_full(name, year)


# ---------------------------------------------------------------- checklist


def test_the_checklist_leads_to_sections_that_are_there(document: Document) -> None:
    keys = {one.key for one in document.sections}
    table = tables(section(document, "checklist").blocks)[0]
    where = {line[0].text: line[2] for line in table.body}
    assert len(where) == len(points())
    assert all(cell.anchor in keys for cell in where.values() if cell.anchor)
    assert where["How many were invited and how many answered"].anchor == "study"
    assert where["How wordings were translated or adapted"].text == "for you to add"
    assert where["Experimental conditions and how they were assigned"].text == "not applicable"
    assert where["Fit of the model by indices of different kinds, with the test"].anchor == "cfa"


def test_without_a_study_its_points_are_for_the_researcher(found: Validation) -> None:
    table = tables(section(found.document("en"), "checklist").blocks)[0]
    where = {line[0].text: line[2] for line in table.body}
    assert where["How many were invited and how many answered"].text == "for you to add"


def test_the_checklist_names_analyses_that_there_are() -> None:
    own = {"participants", "instrument", "methods", "verdicts", "limits", "provenance"}
    assert {key for point in points() for key in point.sections} <= own | set(ANALYSES)


# ---------------------------------------------------------------- how the file was read


@pytest.fixture(scope="module")
def read_file(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Thirty rows of a text file with other names and labels; one value that two people gave."""
    file, book = (tmp_path_factory.mktemp("read") / name for name in ("export.csv", "book.toml"))
    codes = ["4"] * 20 + ["Helt enig"] * 8 + ["9"] * 2
    file.write_text(
        "q1;forklare;vaerdi;kultur;itsikkerhed;role\n"
        + "".join(f"{code};{3 + one % 2};4;2;5;medarbejder\n" for one, code in enumerate(codes)),
        encoding="utf-8",
    )
    book.write_text('[columns]\nkompetencer = "q1"\n[codes]\n"9" = "ved_ikke"\n[file]\nencoding = "utf-8"\n', encoding="utf-8")
    return validate(op.read(file, codebook=book), ["items"], rng=1).document("en")


def test_columns_and_raw_values(read_file: Document) -> None:
    blocks = section(read_file, "how_read").blocks
    assert isinstance(blocks[0], Paragraph)
    assert blocks[0].text == (
        "export.csv: 5 of 5 items were found in columns, and 1 other columns are read. Found out by itself: format: text, "
        "delimiter: semicolon. Said in the codebook: encoding: utf-8."
    )
    columns, first, *_ = tables(blocks)
    assert lines(columns)["keeps our competences up to date"] == ["q1"]
    # The two people with 9 are joined with the next rare value, since two alone would be told apart.
    assert lines(first) == {"4": ["4", "20"], "other values: 2": ["", "10"]}


def test_joined_values_are_never_fewer_than_the_minimum() -> None:
    values = [ValueRead(raw=str(n), label="", code=1, answers=n) for n in (40, 12, 7, 3, 1)]
    shown, joined = apart(values, 5)
    assert [value.answers for value in shown] == [40, 12]
    assert sorted(value.answers for value in joined) == [1, 3, 7]
    assert apart(values, 0) == (values, [])
    assert [value.answers for value in apart(values[:3], 5)[0]] == [40, 12, 7]


def test_values_are_of_released_answers_and_not_told_of_a_part(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    rows = ["4,4,4,4,4,medarbejder\n"] * 12 + ["1,1,1,1,1,leder\n"] * 3
    file.write_text("kompetencer,forklare,vaerdi,kultur,itsikkerhed,role\n" + "".join(rows), encoding="utf-8")
    released = op.read(file).released()
    assert released.account is not None
    assert [(one.raw, one.answers) for one in (released.account.files[0].values or {})["kultur"]] == [("4", 12)]
    part = op.read(file).select(role="medarbejder")
    assert part.account is not None
    assert part.account.files[0].values is None


def test_handing_on(read_file: Document) -> None:
    first = section(read_file, "handing_on").blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text.startswith("Yes, under this policy: groups of fewer than 5 people are withheld.")
    simulated = validate(op.draw_team(leaders=5, team_size=5, rng=1), ["items"], rng=1, disclosure=op.Disclosure.none())
    for synthetic, words in ((True, "Yes: the answers are synthetic"), (False, "No: nothing was withheld")):
        line = handing_on(view(simulated, None), synthetic=synthetic).blocks[0]
        assert isinstance(line, Paragraph)
        assert line.text.startswith(words)
