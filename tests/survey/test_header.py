"""Rows around the header, as text and in Excel: each is named with the line that settles it, and with that line no row of
them is an answer."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.header import RowsAroundHeader
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

Reader = Callable[..., ResponsePatterns]
Cells = list[list[str]]

NAMES = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
QUESTIONS = [
    f'Hvor enig er du? - Min leder {what}, "som"\nhun gør' for what in ("kan", "forklarer", "viser", "taler", "passer")
]
ANSWERS = [
    ["R_1", "L1", "1", "2", "3", "4", "5"],
    ["R_2", "L1", "5", "4", "3", "2", "1"],
    ["R_3", "L2", "2", "2", "ved_ikke", "2", "2"],
    ["R_4", "L2", "1", "2", "3", "4", "4"],
]
PATTERNS = [[1, 2, 3, 4, 4], [1, 2, 3, 4, 5], [2, 2, -3, 2, 2], [5, 4, 3, 2, 1]]
HEADER = ["respondent", "leader", *NAMES]
KEYS = ['{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', *(f'{{"ImportId":"QID2_{n}"}}' for n in range(5))]
MONKEY_ABOVE = ["Respondent ID", "Hvem er din leder?", "Hvor enig er du?", "", "", "", ""]
MONKEY_BELOW = ["", "Open-Ended Response", *(f"Min leder {what}" for what in ("kan", "forklarer", "viser", "taler", "passer"))]
MONKEY = '[columns]\nrespondent = "Respondent ID"\nleader = "Hvem er din leder?"\n'
FIRST_NAMES = MONKEY + "".join(
    f'{name} = "{text}"\n' for name, text in zip(NAMES, ["Hvor enig er du?", *MONKEY_BELOW[3:]], strict=True)
)
LAST_NAMES = MONKEY + "".join(f'{name} = "{text}"\n' for name, text in zip(NAMES, MONKEY_BELOW[2:], strict=True))
BY_PLACE = "[columns]\n" + "".join(f'{name} = "column {n}"\n' for n, name in enumerate(HEADER, start=1))

VARIANTS: dict[str, tuple[Cells, str, str]] = {
    "Qualtrics": ([HEADER, ["Response ID", "Leder", *QUESTIONS], KEYS], "", "header_rows = 3"),
    "Qualtrics without keys": ([HEADER, ["Response ID", "Leder", *QUESTIONS]], "", "header_rows = 2"),
    "import keys alone": ([HEADER, KEYS], "", "header_rows = 2"),
    "SurveyMonkey by the first name": ([MONKEY_ABOVE, MONKEY_BELOW], FIRST_NAMES, "header_rows = 2"),
    "SurveyMonkey by the second row": ([MONKEY_ABOVE, MONKEY_BELOW], LAST_NAMES, "header_rows = 2"),
    "SurveyMonkey without a matrix": ([HEADER, ["", "Open-Ended Response", *["Response"] * 5]], "", "header_rows = 2"),
    "a title": ([["Undersøgelse 2025", "", "", "", "", "", ""], HEADER], "", "skip_rows = 1"),
    "a title, a date and a blank row": ([["Undersøgelse"], ["1. maj 2025"], [], HEADER], "", "skip_rows = 3"),
    "a title and Qualtrics": ([["Titel"], HEADER, ["Response ID", "Leder", *QUESTIONS], KEYS], "",
                              "skip_rows = 1 and header_rows = 3"),
    "headings over groups of columns": ([["Baggrund", "", "Ledelse", "", "", "", ""], HEADER], "", "skip_rows = 1"),
    "headings, one over a name": ([["respondent", "leader", "Ledelse", "", "", "", ""], ["", "", *NAMES]], "",
                                  "header_rows = 2"),
    "a title over headings, one over a name": ([["Rapport 2025"], [], ["respondent", "leader", "Ledelse", "", "", "", ""],
                                                ["", "", *NAMES]], "", "skip_rows = 2 and header_rows = 2"),
    "a heading under the names": ([HEADER, ["Afdeling Nord", "", "", "", "", "", ""]], "", "header_rows = 2"),
    "no header": ([], BY_PLACE, "header_rows = 0"),
    "question texts above the names": ([["Nr.", "Leder", *QUESTIONS], HEADER], "", "skip_rows = 1"),
}  # fmt: skip


def text_file(path: Path, rows: Cells) -> Path:
    width = max(map(len, rows))
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=";").writerows([*row, *[""] * (width - len(row))] if row else [] for row in rows)
    return path.with_suffix(".csv")


def workbook(path: Path, rows: Cells) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


@pytest.mark.parametrize("write", [text_file, workbook])
@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_around_the_header_are_named_and_settled(
    tmp_path: Path, variant: str, write: Callable[[Path, Cells], Path]
) -> None:
    above, columns, lines = VARIANTS[variant]
    path = write(tmp_path / "a", [*above, *ANSWERS])
    book = tmp_path / "book.toml"
    book.write_text(columns, encoding="utf-8")
    with pytest.raises(RowsAroundHeader, match=rf"Say {lines} under \[file\]") as caught:
        read(path, codebook=book)
    said = dict(line.split(" = ") for line in lines.split(" and "))
    assert {name: getattr(caught.value.settled, name) for name in said} == {name: int(one) for name, one in said.items()}
    book.write_text(columns + "[file]\n" + lines.replace(" and ", "\n"), encoding="utf-8")
    answers = read(path, codebook=book)
    assert answers.n == 4
    assert answers.patterns.tolist() == PATTERNS
    assert answers.keys["leader"].levels == ("L1", "L2")
    assert answers.keys["respondent"].levels == ("R_1", "R_2", "R_3", "R_4")


@pytest.mark.parametrize("write", [text_file, workbook])
def test_a_title_is_found_without_knowing_any_name(tmp_path: Path, write: Callable[[Path, Cells], Path]) -> None:
    path = write(tmp_path / "a", [["Undersøgelse"], [], ["id", "v1", "v2", "v3"], ["1", "2", "3", "4"], ["2", "2", "3", "5"]])
    with pytest.raises(RowsAroundHeader, match=r"rows 1 and 2 hold .*'Undersøgelse'.* row 3 .*skip_rows = 2"):
        read(path)


def test_titles_of_a_text_that_are_shorter_than_the_table(read_text: Reader) -> None:
    text = 'Udtræk af "svar", 2025\n\n' + ",".join(NAMES) + "\n1,2,3,4,5\n5,4,3,2,1\n"
    with pytest.raises(DataError, match="skip_rows = 2"):
        read_text(text)
    assert read_text(text, codebook="[file]\nskip_rows = 2\n").patterns.tolist() == [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]


def test_rows_are_counted_from_the_first_row_of_the_file(read_text: Reader) -> None:
    text = "Titel;;;;\n" + ";".join(NAMES) + "\n\n1;2;3;4;5\n1;2;3;4;x\n"
    with pytest.raises(DataError, match=r"'x' in row 4 has"):
        read_text(text, codebook="[file]\nskip_rows = 1\n")
    with pytest.raises(DataError, match=r"row 5 has 4 fields"):
        read_text(text + "1;2;3;4\n", codebook="[file]\nskip_rows = 1\n")


@pytest.mark.parametrize("skip_rows", [0, 1, 2])
def test_blank_rows_above_the_names_may_be_counted_or_not(tmp_path: Path, skip_rows: int) -> None:
    book = openpyxl.Workbook()
    for place, row in enumerate([NAMES, ["1", "2", "3", "4", "5"]]):
        for column, cell in enumerate(row):
            book.active.cell(row=3 + place, column=2 + column, value=cell)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "book.toml").write_text(f"[file]\nskip_rows = {skip_rows}\n", encoding="utf-8")
    assert read(tmp_path / "a.xlsx", codebook=tmp_path / "book.toml").patterns.tolist() == [[1, 2, 3, 4, 5]]


def test_merged_cells_of_the_header_hide_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a", [["respondent", "leader", "Ledelse", "", "", "", ""], ["", "", *NAMES], *ANSWERS])
    book = openpyxl.load_workbook(path)
    for cells in ("A1:A2", "B1:B2", "C1:G1"):
        book.active.merge_cells(cells)
    book.save(path)
    with pytest.raises(RowsAroundHeader, match="header_rows = 2"):
        read(path)
    (tmp_path / "book.toml").write_text("[file]\nheader_rows = 2\n", encoding="utf-8")
    assert read(path, codebook=tmp_path / "book.toml").patterns.tolist() == PATTERNS


def test_the_sheet_is_chosen_below_its_title(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a", [["Titel"], HEADER, *ANSWERS])
    book = openpyxl.load_workbook(path)
    book.create_sheet("Forside", 0).append(["Rapport", "2025"])
    book.save(path)
    (tmp_path / "book.toml").write_text("[file]\nskip_rows = 1\n", encoding="utf-8")
    assert read(path, codebook=tmp_path / "book.toml").n == 4


PLAIN: dict[str, Cells] = {
    "the first respondent left everything blank": [HEADER, ["R_0", "L1", "", "", "", "", ""], *ANSWERS],
    "the first respondent answers in words": [HEADER, ["R_0", "L1", "ved_ikke", "ved_ikke", "ved_ikke", "", ""], *ANSWERS],
    "the first respondent is not known": [HEADER, ["", "NA", "helt enig", "helt uenig", "ved_ikke", "", ""], *ANSWERS],
    "columns without a name at the end": [[*HEADER, "", ""], *([*row, "", ""] for row in ANSWERS)],
    "comments in columns without a name": [[*HEADER, "", ""], *([*row, "ja", "nej"] for row in ANSWERS)],
    "one row": [HEADER, ANSWERS[0]],
    "a long comment of the first respondent": [[*HEADER, "Andet"], *([*row, "x" * (40 - n)] for n, row in enumerate(ANSWERS))],
}


@pytest.mark.parametrize("write", [text_file, workbook])
@pytest.mark.parametrize("plain", PLAIN)
def test_a_table_as_it_should_be_is_read(tmp_path: Path, plain: str, write: Callable[[Path, Cells], Path]) -> None:
    assert read(write(tmp_path / "a", PLAIN[plain])).n == len(PLAIN[plain]) - 1


def test_what_identifies_people_is_not_in_the_message(read_text: Reader) -> None:
    with pytest.raises(RowsAroundHeader, match=r"holds values \('L1', '3', '3'") as caught:
        read_text("ole@firma.dk;L1;3;3;4;4;4\nbo@firma.dk;L1;3;3;4;4;4\n")
    assert "firma" not in str(caught.value)


def test_numbers_in_their_order_may_be_names(read_text: Reader) -> None:
    book = "[columns]\n" + "".join(f'{name} = "{n}"\n' for n, name in enumerate(NAMES, start=1))
    text = "1,2,3,4,5\n1,2,3,4,5\n3,4,3,2,1\n"
    assert read_text(text, codebook=book).n == 2
    with pytest.raises(DataError, match="no column for the item"):
        read_text(text)


def test_numbers_of_any_length_are_texts(read_text: Reader) -> None:
    long = "9" * 5000
    with pytest.raises(DataError, match=r"no column for the item|holds values"):
        read_text("\n".join([",".join(f"{long[:-1]}{n}" for n in range(5)), "1,2,3,4,5", "2,2,3,4,5"]))
    with pytest.raises(DataError, match="nothing maps"):
        read_text("\n".join([",".join(NAMES), ",".join([long] * 5), "1,2,3,4,5"]))


def test_import_keys_are_never_answers(read_text: Reader) -> None:
    text = "\n".join(
        ",".join(f'"{cell}"' for cell in row) for row in (HEADER, ["a"] * 7, [f"{{'ImportId': '{n}'}}" for n in range(7)])
    )
    with pytest.raises(RowsAroundHeader, match="header_rows = 3"):
        read_text(text + "\nR_1,L1,1,2,3,4,5\n", codebook="[file]\nheader_rows = 2\n")


@pytest.mark.parametrize("write", [text_file, workbook])
@pytest.mark.parametrize(
    ("above", "lines", "settled"),
    [
        ([HEADER], "header_rows = 2", "header_rows = 1"),
        ([HEADER], "header_rows = 4", "header_rows = 1"),
        ([HEADER, ["Response ID", "Leder", *QUESTIONS]], "header_rows = 3", "header_rows = 2"),
        ([HEADER], "skip_rows = 1", "skip_rows = 0"),
        ([["Titel"], HEADER], "skip_rows = 2\nheader_rows = 1", "skip_rows = 1\nheader_rows = 1"),
    ],
)
def test_rows_of_answers_and_names_are_not_skipped(
    tmp_path: Path, above: Cells, lines: str, settled: str, write: Callable[[Path, Cells], Path]
) -> None:
    path = write(tmp_path / "a", [*above, *(["R_0", "L1", "5", "3", "3", "2", "1"], *ANSWERS)])
    book = tmp_path / "book.toml"
    book.write_text(f"[file]\n{lines}\n", encoding="utf-8")
    with pytest.raises(RowsAroundHeader, match=rf"Say {settled.splitlines()[0]} under \[file\]"):
        read(path, codebook=book)
    book.write_text(f"[file]\n{settled}\n", encoding="utf-8")
    assert read(path, codebook=book).n == 5


def test_numbers_of_questions_under_the_names_are_no_answers(read_text: Reader) -> None:
    text = "\n".join(map(";".join, (HEADER, ["Nr.", "", "1", "2", "3", "4", "5"], *ANSWERS)))
    assert read_text(text, codebook="[file]\nheader_rows = 2\n").patterns.tolist() == PATTERNS


def test_one_header_row_is_believed(read_text: Reader) -> None:
    text = "\n".join(";".join(row) for row in ([*HEADER, "alder", "køn"], ["id", "leder", "", "", "", "", "", "år", "mand"],
                                               *([*row, "40", "1"] for row in ANSWERS)))  # fmt: skip
    with pytest.raises(RowsAroundHeader, match="header_rows = 2"):
        read_text(text)
    assert read_text(text, codebook="[file]\nheader_rows = 1\n").n == 5


def test_files_whose_names_are_not_in_rows_have_none_to_skip(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({name: [1, 2] for name in NAMES})
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "book.toml").write_text("[file]\nheader_rows = 3\n", encoding="utf-8")
    for source in (frame, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match=r"header_rows under \[file\] is for text and Excel"):
            read(source, codebook=tmp_path / "book.toml")


@pytest.mark.parametrize("write", [text_file, workbook])
def test_headings_between_the_answers_are_no_people(tmp_path: Path, write: Callable[[Path, Cells], Path]) -> None:
    def heading(text: str) -> list[str]:
        return [text, "", "", "", "", "", ""]

    path = write(
        tmp_path / "a", [HEADER, *ANSWERS[:2], heading("Afdeling Syd"), *ANSWERS[2:], heading("R_9"), heading("I alt")]
    )
    with pytest.raises(DataError, match=r"'Afdeling Syd', 'I alt' .*\[\[left_out\]\] column = \"respondent\"") as caught:
        read(path)
    line = str(caught.value).partition("[[left_out]] ")[2].partition("; or")[0]
    book = tmp_path / "book.toml"
    book.write_text("[[left_out]]\n" + line.replace(" values", "\nvalues").replace(" reason", "\nreason"), encoding="utf-8")
    answers = read(path, codebook=book)
    assert answers.n == 5  # R_9 left everything blank
    assert answers.account is not None
    assert dict(answers.account.left_out) == {"heading": 2}


def test_import_keys_in_a_frame_are_named(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(text_file(tmp_path / "a", [HEADER, ["Response ID", "Leder", *QUESTIONS], KEYS, *ANSWERS]), sep=";")
    with pytest.raises(DataError, match=r"import keys \(ImportId\).*frame\.iloc\[2:\]"):
        read(frame)
    assert read(frame.iloc[2:]).patterns.tolist() == PATTERNS


@pytest.mark.parametrize(
    ("delimiter", "said", "found"),
    [(",", ";", ","), (";", ",", ";"), ("\t", ";", r"\t"), ("^", None, "^"), ("^", ";", "^"), (":", None, ":")],
)
def test_a_wrong_delimiter_is_named_with_the_right_one(read_text: Reader, delimiter: str, said: str | None, found: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (NAMES, list("12345"), list("54321"))) + "\n"
    book = "" if said is None else f'[file]\ndelimiter = "{said}"\n'
    with pytest.raises(DataError) as caught:
        read_text(text, codebook=book)
    assert f'Say delimiter = "{found}" under [file]' in str(caught.value)
    assert read_text(text, codebook=f'[file]\ndelimiter = "{found}"\n').n == 2


def test_a_delimiter_that_cuts_answers_instead_of_columns_is_wrong(read_text: Reader) -> None:
    text = "\n".join(";".join(row) for row in (["vægt", *NAMES], ["1,5", *"12345"], ["2,5", *"54321"])) + "\n"
    with pytest.raises(DataError, match='Say delimiter = ";"'):
        read_text(text, codebook='[file]\ndelimiter = ","\n')


@pytest.mark.parametrize("text", ['[{"kompetencer": 1}]', '{"responses": []}', '[\n  ["a", 1]\n]'])
def test_json_is_named_as_what_it_is(read_text: Reader, text: str) -> None:
    with pytest.raises(DataError, match="this is JSON, not a table of text"):
        read_text(text)
