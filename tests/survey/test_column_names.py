"""Names of columns: repeated, absent, mistyped, written the other way round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.columns import distinct_names
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

Reader = Callable[..., ResponsePatterns]

NAMES = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
HEADER = ["kompetencer", "Kommentar", "forklare", "Kommentar", "vaerdi", "kultur", "itsikkerhed", "", ""]
ROWS = [["1", "ok", "2", "nej", "3", "4", "5", "", ""], ["5", "", "4", "", "3", "2", "1", "", ""]]
PATTERNS = [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]


def csv_file(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    path.write_text("\n".join(";".join(row) for row in (header, *rows)) + "\n", encoding="utf-8")
    return path


def excel_file(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(("header", "names"), [
    (["a", "b", "a"], ("a (column 1)", "b", "a (column 3)")),
    (["a", "", ""], ("a", "column 2 (unnamed)", "column 3 (unnamed)")),
    (["a", "a", "a (column 2)"], ("a (column 1)", "a (column 2) (column 2)", "a (column 2)")),
])  # fmt: skip
def test_every_column_has_a_name_of_its_own(header: list[str], names: tuple[str, ...]) -> None:
    assert distinct_names(header) == names


@pytest.mark.parametrize(("write", "name"), [(csv_file, "a.csv"), (excel_file, "a.xlsx")])
def test_repeated_and_absent_names_that_nobody_uses_do_not_matter(
    tmp_path: Path, write: Callable[[Path, list[str], list[list[str]]], Path], name: str
) -> None:
    path = write(tmp_path / name, HEADER, ROWS)
    answers = read(path)
    assert answers.patterns.tolist() == PATTERNS
    assert answers.account is not None
    assert answers.account.notes == ("no_role_column",)
    answers = read(path, by=["Kommentar (column 4)"])
    assert answers.keys["Kommentar (column 4)"].levels == ("nej",)


def test_a_repeated_name_of_a_column_that_is_used_is_refused(tmp_path: Path) -> None:
    header = [name or "forklare" for name in HEADER[:-1]]
    path = csv_file(tmp_path / "a.csv", header, [row[:-1] for row in ROWS])
    with pytest.raises(DataError, match=r"'forklare', which is read as 'forklare', stands more than once .*\(column 3\)\""):
        read(path)
    book = tmp_path / "book.toml"
    book.write_text('[columns]\nforklare = "forklare (column 3)"\n', encoding="utf-8")
    assert read(path, codebook=book).patterns.tolist() == PATTERNS


def test_a_repeated_leader_is_refused_although_nobody_maps_it(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", ["leader", "leader", *NAMES], [["a", "b", *"12345"]])
    with pytest.raises(DataError, match=r"'leader', which is read as 'leader', stands more than once"):
        read(path)


@pytest.mark.parametrize("make", [
    lambda header, rows: pd.DataFrame(rows, columns=header),
    lambda header, rows: pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=header),
])  # fmt: skip
def test_frames_with_repeated_names(make: Callable[[list[str], list[list[str]]], object]) -> None:
    assert read(make(HEADER, ROWS)).patterns.tolist() == PATTERNS


def test_a_mistyped_name_is_named_and_no_background_variable(read_text: Reader) -> None:
    text = "q1,leder_id," + ",".join(NAMES[1:]) + "\n1,L1,2,3,4,5\n"
    with pytest.raises(DataError, match=r"\[columns\] names 'kompetancer', .* Did you mean 'kompetencer'\?"):
        read_text(text, codebook='[columns]\nkompetancer = "q1"\n')
    for typed in ("leder", "Leader", "leadr"):
        with pytest.raises(DataError, match=rf"\[columns\] names '{typed}', .* Did you mean 'leader'\?"):
            read_text(text, codebook=f'[columns]\nkompetencer = "q1"\n{typed} = "leder_id"\n')
    for other in ("ledertype", "enhed"):
        answers = read_text(text, codebook=f'[columns]\nkompetencer = "q1"\n{other} = "leder_id"\n')
        assert answers.keys[other].levels == ("L1",)


def test_a_name_like_one_that_has_a_column_is_a_background_variable(read_text: Reader) -> None:
    text = "leader,leder_alder," + ",".join(NAMES) + "\nL1,50,1,2,3,4,5\n"
    assert read_text(text, codebook='[columns]\nleder = "leder_alder"\n').keys["leder"].levels == ("50",)


def test_lines_that_are_written_the_other_way_round(read_text: Reader) -> None:
    text = "q1," + ",".join(NAMES[1:]) + "\n1,2,3,4,5\n"
    with pytest.raises(DataError, match=r"other way round: our name comes first, as in kompetencer = \"q1\""):
        read_text(text, codebook='[columns]\nq1 = "kompetencer"\n')
