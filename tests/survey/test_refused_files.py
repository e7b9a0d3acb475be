"""Reading: what is refused, and what the message says of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey import counting
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from tidy_file import FIVE, HEADER, rows

Reader = Callable[..., ResponsePatterns]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rows("leder,L1,r1,o1,1,A,1,2,3,4,99"), r"'itsikkerhed': '99' in row 2 \(the header is row 1\)"),
        (rows("leder,L1,r1,o1,1,A,1,2,3,4,NA"), '"blank"'),
        (rows("leder,L1,r1,o1,1,A,1,2,3,4,inf"), "'inf'"),
        (rows('leder,L1,r1,o1,1,A,1,2,3,4,"3,5"'), "'3,5'"),
        (rows("leder,L1,r1,o1,1,A,1,2,3,4,Ã¸nsker ikke at oplyse"), "looks like 'ønsker ikke at oplyse'"),
        (rows("chef,L1,r1,o1,1,A,1,2,3,4,5"), r"'chef' in row 2"),
        (rows(",L1,r1,o1,1,A,1,2,3,4,5"), "an empty cell"),
        (rows("leder,L1,r1,o1,1,A,1,2,3,4"), "row 2 .* has 10 fields and the header has 11"),
        (rows("leder,L1,r1,o1,1,A,1,2,3,4,5,6"), "has 12 fields"),
        ("role,role,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n", "more than once"),
        ("role,kompetencer,forklare,vaerdi,kulturr,itsikkerhed\nleder,1,2,3,4,5\n", "Did you mean 'kulturr'"),
        (rows("leder,010203-1234,r1,o1,1,A,1,2,3,4,5"), "holds CPR numbers"),
        (rows("leder,L1,a.b@c.dk,o1,1,A,1,2,3,4,5"), "holds e-mail addresses"),
        (rows("leder,0102031234,r1,o1,1,A,1,2,3,4,5"), "holds CPR numbers"),
        (HEADER, "no respondents"),
        (rows("leder,L1,r1,o1,1,A,,,,,"), r"no respondents: all 1 rows are left out \(not_shown: 1\)"),
        ("", "empty"),
        (" \n\n", "empty"),
        ("\ufeff", "empty|no column"),
        ("<!DOCTYPE html><html></html>", "HTML"),
        ("x", "no column for the item"),
    ],
)
def test_what_the_contract_refuses(read_text: Reader, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_text(text)


def test_identifiers_are_never_repeated_in_a_message(read_text: Reader) -> None:
    with pytest.raises(DataError) as caught:
        read_text(rows("leder,010203-1234,r1,o1,1,A,1,2,3,4,99"))
    assert "1234" not in str(caught.value)


def test_identifier_columns_that_nobody_maps_are_listed(read_text: Reader) -> None:
    text = "Navn,kontakt,nr,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nBo,a@b.dk,311299-1234,1,2,3,4,5\n"
    answers = read_text(text)
    assert answers.account is not None
    assert answers.account.notes == ("no_role_column", "identifiers_not_read: Navn, kontakt, nr")


def test_ten_digit_numbers_by_chance_are_no_cpr_numbers(read_text: Reader) -> None:
    lines = [f"leder,{9900000000 + place},r{place},o1,1,A,1,2,3,4,5" for place in range(40)]
    assert read_text(rows(*lines)).n == 40


def test_workplace_numbers_are_no_cpr_numbers(read_text: Reader) -> None:
    lines = [f"leder,L1,r{place},{1003400000 + 7 * place},1,A,1,2,3,4,5" for place in range(40)]
    assert read_text(rows(*lines)).n == 40


@pytest.mark.parametrize("value", ["inf", "3;5", "3e0", "3.5", "+2", "ved ikke!"])
def test_what_may_be_a_mistake_is_no_example_of_an_answer(read_text: Reader, value: str) -> None:
    with pytest.raises(DataError, match="Correct the file where a value is a mistake; where it has a meaning") as caught:
        read_text(rows(f"leder,L1,r1,o1,1,A,1,2,3,4,{value}"))
    assert 'as in "the value" = 1 (a category number, or one of ved_ikke, oensker' in str(caught.value)
    assert str(caught.value).count(value) == 1


@pytest.mark.parametrize(("value", "meaning"), [("99", "ved_ikke"), ("-1", "ved_ikke"), ("NA", "blank")])
def test_what_may_be_a_code_is_the_example(read_text: Reader, value: str, meaning: str) -> None:
    with pytest.raises(DataError, match=f"""for example '{value}' = "{meaning}" \\(a category number"""):
        read_text(rows(f"leder,L1,r1,o1,1,A,1,2,3,4,{value}"))


def test_an_empty_cell_can_be_given_another_meaning(read_text: Reader) -> None:
    text = "kompetencer,forklare,vaerdi,kultur,itsikkerhed\n1,2,3,,5\n"
    assert read_text(text, codebook='[codes]\n"" = "not_shown"\n').patterns.tolist() == [[1, 2, 3, -2, 5]]


def test_many_problems_are_told_at_once_and_briefly(read_text: Reader) -> None:
    with pytest.raises(DataError) as caught:
        read_text(rows(*(f"leder,L1,r{place},o1,1,A,1,2,3,{place + 90},x{place}" for place in range(20))))
    assert str(caught.value).count("\n") == 12
    assert "and 30 more values" in str(caught.value)


def test_a_message_names_the_first_rows_and_the_number_of_rows(read_text: Reader) -> None:
    with pytest.raises(DataError, match=r"'99' in 5 rows, first in rows 2, 3, 4 \(the header is row 1\) has no meaning"):
        read_text(rows(*(f"leder,L1,r{place},o1,1,A,1,2,3,4,99" for place in range(5))))


def test_a_codebook_that_names_columns_that_are_not_there(read_text: Reader) -> None:
    with pytest.raises(DataError, match=r"'role' from the column 'rolle'.*Did you mean 'role'"):
        read_text(rows("leder,L1,r1,o1,1,A,1,2,3,4,5"), codebook='[columns]\nrole = "rolle"\n')
    with pytest.raises(DataError, match=r"\[not_shown\] names the column 'tema'"):
        read_text(rows("leder,L1,r1,o1,1,A,1,2,3,4,5"), codebook='[not_shown]\ncolumn = "tema"\nvalues = ["nej"]\n')


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, "a\0b.csv"):
        with pytest.raises(DataError, match=r"cannot be read|is a folder"):
            read(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
def test_pipes_are_refused_since_they_are_read_more_than_once(tmp_path: Path) -> None:
    pipe, answers = tmp_path / "pipe", tmp_path / "answers.csv"
    os.mkfifo(pipe)
    answers.write_text(rows("leder,L1,r1,o1,1,A,1,2,3,4,5"), encoding="utf-8")
    for options in ({"source": pipe}, {"source": answers, "codebook": pipe}, {"source": answers, "instrument": pipe}):
        with pytest.raises(DataError, match=r"'.*pipe' cannot be read: it is a pipe or a device.* Save it as a file"):
            read(**options)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="is a pipe or a device"):
        read("/dev/null")


@pytest.mark.parametrize("first", ["010180", "311299", "610101"])
def test_cpr_numbers_without_a_hyphen_are_refused(read_text: Reader, first: str) -> None:
    lines = [f"leder,L1,{first}{1000 + place},o1,1,A,1,2,3,4,5" for place in range(20)]
    with pytest.raises(DataError, match="'respondent', read as 'respondent', holds CPR numbers"):
        read_text(rows(*lines))


def test_a_column_with_more_different_values_than_answers_is_refused_as_such(read_text: Reader) -> None:
    header = "kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
    text = header + "".join(f"x{place},2,3,4,5\n" for place in range(28))
    told = (
        r"'kompetencer': 28 different values without a meaning \('x0', 'x1', 'x10', …\), and a column of answers has 27 at most"
    )
    with pytest.raises(DataError, match=told):
        read_text(text)
    codes = "".join(f"x{place} = 1\n" for place in range(28))
    assert read_text(text, codebook=f"[codes]\n{codes}").patterns.tolist() == [[1, 2, 3, 4, 5]]


def test_a_column_of_very_many_values_is_refused_before_everything_is_counted(
    read_text: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "role,leader,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
    monkeypatch.setattr(counting, "_BATCH_ROWS", 15_000)

    def never(*arguments: object) -> None:
        raise AssertionError("counted everything")

    monkeypatch.setattr(counting, "_merged", never)
    told = r"'kultur': more than 10000 different values \('t0', 't1', 't2', …\), and a column of answers has 27 at most"
    with pytest.raises(DataError, match=told):
        read_text(header + "".join(f"leder,L{place},1,2,3,t{place},5\n" for place in range(12_000)))
    told = r"'role', read as 'role': more than 10000 different values \('0', '1', '2', …\), which cannot be roles"
    with pytest.raises(DataError, match=told):
        read_text(header + "".join(f"{place},L{place},1,2,3,4,5\n" for place in range(12_000)))


def test_a_column_whose_later_rows_show_that_it_holds_no_answers(read_text: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_BATCH_ROWS", 12_000)
    lines = [f"leder,L{place},1,2,3,{'4' if place < 12_000 else f't{place}'},5\n" for place in range(36_000)]
    with pytest.raises(DataError, match=r"'kultur': (more than 10000|24001) different values \('(4|t12000)'"):
        read_text("role,leader,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n" + "".join(lines))


def test_what_identifies_people_is_said_instead_of_shown(read_text: Reader) -> None:
    lines = [f"anna{place}@kommune.dk,2,3,4,5\n" for place in range(12_000)]
    with pytest.raises(DataError, match="'kompetencer', read as 'kompetencer', holds e-mail addresses") as caught:
        read_text("kompetencer,forklare,vaerdi,kultur,itsikkerhed\n" + "".join(lines))
    assert "@" not in str(caught.value)


def test_messages_name_nobody(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{FIVE}\n0101901234,2,3,4,5\n1,2,jens@firma.dk,4,5\n1,2,3,4,5\n1,2,3,4,5\n2,2,3,4,5\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read(path)
    assert "0101901234" not in str(refused.value)
    assert "jens" not in str(refused.value)


def test_a_file_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Give the file another name"):
        read(str(tmp_path / "x\udcff.csv"))
