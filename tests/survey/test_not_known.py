"""Key columns: what is not known, what may be a value, and identifiers that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.anonymise import anonymise
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read, read_all

Reader = Callable[..., ResponsePatterns]

NAMES = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
ITEMS = ",".join(NAMES)


def table(name: str, *values: str) -> str:
    """Different answers beside each value of one key column."""
    lines = [f"{value},{1 + n % 5},{1 + n // 5 % 5},3,4,5" for n, value in enumerate(values)]
    return "\n".join([f"{name},{ITEMS}", *lines, ""])


def levels(answers: ResponsePatterns, name: str) -> tuple[tuple[str, ...], int]:
    """The known values of a key, and the answers without one."""
    key = answers.keys[name]
    return key.levels, int(answers.counts[key.codes < 0].sum())


@pytest.mark.parametrize("sign", ["NA", "NaN", "NULL", "#N/A", "#NULL!"])
@pytest.mark.parametrize("name", ["leader", "respondent", "organisation", "wave", "form", "alder"])
def test_signs_are_not_known_and_noted(read_text: Reader, name: str, sign: str) -> None:
    answers = read_text(table(name, "a", sign, sign, "b", ""), by=["alder"] if name == "alder" else [])
    assert levels(answers, name) == (("a", "b"), 3)
    assert answers.n == 5
    assert answers.account is not None
    assert f"sign_for_nothing: {name} '{sign}' (2)" in answers.account.notes


@pytest.mark.parametrize("sign", ["NA", "#NULL!"])
def test_signs_in_frames_are_the_same(sign: str) -> None:
    columns = {"leader": ["a", sign, None, "b"], **{name: [1, 2, 3, 4] for name in NAMES}}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pl.LazyFrame(columns)):
        answers = read(frame)
        assert levels(answers, "leader") == (("a", "b"), 2)
        assert answers.account is not None
        assert f"sign_for_nothing: leader '{sign}' (1)" in answers.account.notes


def test_a_part_of_a_cell_is_no_sign(read_text: Reader) -> None:
    answers = read_text(table("leader", "NA1", "N A", "team NA", "NULL-5"))
    assert levels(answers, "leader") == (("N A", "NA1", "NULL-5", "team NA"), 0)


def test_na_may_be_a_name(read_text: Reader) -> None:
    answers = read_text(table("leader", "NA", "na", "b"), codebook="[file]\nna_is_a_value = true\n")
    assert levels(answers, "leader") == (("NA", "b", "na"), 0)
    with pytest.raises(DataError, match=r"'\.' in 1 row"):
        read_text(table("leader", "NA", "."), codebook="[file]\nna_is_a_value = true\n")


@pytest.mark.parametrize("sign", [".", "-", "--", "n/a", "N/A", "na", "nan", "Null", "None", "<NA>", "NaT", "–", "?", "...",
                                  "_", "n.a.", "(blank)", "(tom)", r"\N", "#VALUE!", "#NAVN?", "#DIV/0!", "#I/T"])  # fmt: skip
def test_other_signs_are_refused_with_the_line_that_settles_them(read_text: Reader, sign: str) -> None:
    text = table("leader", "a", sign, sign)
    with pytest.raises(DataError, match="may be a sign") as caught:
        read_text(text)
    message = str(caught.value)
    assert f"column 'leader', read as 'leader': '{sign}' in 2 rows, first in rows 3, 4" in message
    line = message.partition("[not_known] ")[2].partition("].")[0] + "]"
    answers = read_text(text, codebook=f"[not_known]\n{line}\n")
    assert levels(answers, "leader") == (("a",), 2)


def test_none_is_a_value_of_background(read_text: Reader) -> None:
    assert levels(read_text(table("børn", "None", "two"), by=["børn"]), "børn") == (("None", "two"), 0)


def test_marks_are_values_of_background(read_text: Reader) -> None:
    assert levels(read_text(table("stjerner", "**", "***"), by=["stjerner"]), "stjerner") == (("**", "***"), 0)


def test_names_of_letters_and_marks_are_values(read_text: Reader) -> None:
    names = ("#1", "(a)", "-x-", "?b", "_c")
    assert levels(read_text(table("leader", *names)), "leader") == (tuple(sorted(names)), 0)


@pytest.mark.parametrize(("numbers", "noted"), [(("1", "2", "999"), "999"), (("1", "-1"), "-1"), (("98", "99", "100"), None),
                                                (("L1", "L2", "99"), "99"), (("1", "9", "17"), None)])  # fmt: skip
def test_numbers_that_may_say_not_known_are_noted(read_text: Reader, numbers: tuple[str, ...], noted: str | None) -> None:
    answers = read_text(table("leader", *numbers))
    assert levels(answers, "leader") == (tuple(sorted(numbers)), 0)
    assert answers.account is not None
    found = [note for note in answers.account.notes if note.startswith("perhaps")]
    assert found == ([] if noted is None else [f"perhaps_not_known: leader '{noted}' (1)"])


def test_labels_of_the_file_may_be_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"leader": [1.0, 2.0, 999.0], **{name: [1.0, 2.0, 3.0] for name in NAMES}})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"leader": {999: "Ukendt", 1: "Nord"}})
    (tmp_path / "book.toml").write_text('[not_known]\nleader = ["ukendt"]\n', encoding="utf-8")
    assert levels(read(tmp_path / "a.sav", codebook=tmp_path / "book.toml"), "leader") == (("1", "2"), 1)


def test_values_that_the_codebook_names_are_not_known(read_text: Reader) -> None:
    book = '[columns]\nalder = "age"\n[not_known]\nleader = [".", 999, "Ukendt"]\nalder = [-1]\n'
    text = "leader," + table("age", "30", "-1", "-1.0", "40").replace("\n", "\n999.0,", 3).replace("\n40", "\nukendt,40")
    answers = read_text(text, codebook=book)
    assert levels(answers, "leader") == ((), 4)
    assert levels(answers, "alder") == (("30", "40"), 2)
    assert answers.account is not None
    assert not any(note.startswith("sign") for note in answers.account.notes)


def test_names_under_not_known_are_keys_of_the_file(read_text: Reader) -> None:
    with pytest.raises(DataError, match=r"\[not_known\] names 'leder', which is no key column; .*Did you mean 'leader'"):
        read_text(table("leader", "a"), codebook='[not_known]\nleder = ["."]\n')
    read_text(table("leader", "a"), codebook='[not_known]\nwave = ["."]\n')


def test_words_for_not_known_are_noted(read_text: Reader) -> None:
    answers = read_text(table("leader", "Ukendt", "a", "Ukendt"))
    assert levels(answers, "leader") == (("Ukendt", "a"), 0)
    assert answers.account is not None
    assert "perhaps_not_known: leader 'Ukendt' (2)" in answers.account.notes


def test_declared_missing_values_of_spss_and_stata(tmp_path: Path) -> None:
    frame = pd.DataFrame({"leader": [1.0, 2.0, 99.0, 98.0, None], **{name: [1.0, 2.0, 3.0, 4.0, 5.0] for name in NAMES}})
    missing = {"leader": [{"lo": 98, "hi": 99}]}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges=missing)
    answers = read(tmp_path / "a.sav")
    assert levels(answers, "leader") == (("1", "2"), 3)
    assert answers.account is not None
    assert "sign_for_nothing: leader '98' (1), '99' (1)" in answers.account.notes
    tagged = frame.astype({"leader": object}).head(4)
    tagged["leader"] = [1, 2, "a", "z"]
    pyreadstat.write_dta(tagged, tmp_path / "a.dta", missing_user_values={"leader": ["a", "z"]})
    assert levels(read(tmp_path / "a.dta"), "leader") == (("1", "2"), 2)


def test_letters_of_a_text_column_in_stata_are_values(tmp_path: Path) -> None:
    frame = pd.DataFrame({"leader": ["a", "b", ""], **{name: [1.0, 2.0, 3.0] for name in NAMES}})
    pyreadstat.write_dta(frame, tmp_path / "a.dta")
    assert levels(read(tmp_path / "a.dta"), "leader") == (("a", "b"), 1)


@pytest.mark.parametrize("cut", ["1,18E+11", "1.18E+11", "1.2e+05", "9,00000001E+12", "1E+11", "1,18e11", "1.18E7", "-1.5E+05"])
@pytest.mark.parametrize("name", ["respondent", "leader", "organisation"])
def test_identifiers_in_scientific_notation_are_refused(read_text: Reader, name: str, cut: str) -> None:
    with pytest.raises(DataError, match=f"column '{name}'.* in 1 row, first in row 3 .*scientific notation"):
        read_text(table(name, "a", f'"{cut}"', "b"))


@pytest.mark.parametrize("whole", ["3E10", "1E+5", "12.5E+3", "1.5E-3", "x1.5E+3", "E+11"])
def test_identifiers_that_only_look_like_it_are_read(read_text: Reader, whole: str) -> None:
    assert levels(read_text(table("leader", "a", whole)), "leader")[0] == tuple(sorted(("a", whole)))


def repeated(times: int, rows: int, *, same: bool = False) -> str:
    """`rows` rows, of which `times` are of one respondent; each completed at a time of its own."""
    lines = []
    for n in range(rows):
        who = "x" if n < times else f"r{n}"
        lines.append(f"{who},{n},{1 if same else 1 + n % 5},2,3,4,5")
    return "\n".join([f"respondent,completed,{ITEMS}", *lines, ""])


@pytest.mark.parametrize("same", [True, False])
def test_a_respondent_who_is_no_person_is_refused(read_text: Reader, same: bool) -> None:
    """Of 60 rows a tenth, 6, may go."""
    answers = read_text(repeated(7, 60, same=same))
    assert answers.n == 54
    with pytest.raises(DataError, match=r"7 of 60 rows would be dropped .*\[not_known\] respondent") as caught:
        read_text(repeated(8, 60, same=same))
    assert "'x'" not in str(caught.value)
    answers = read_text(repeated(8, 60, same=same), codebook='[not_known]\nrespondent = ["x"]\n')
    assert answers.n == 60
    assert read_text(repeated(40, 49, same=same)).n == 10


def test_a_respondent_about_several_leaders_is_a_person(read_text: Reader) -> None:
    lines = [f"boss,L{n},1,2,3,4,5" for n in range(60)]
    assert read_text("\n".join([f"respondent,leader,{ITEMS}", *lines, ""])).n == 60


def test_a_respondent_who_is_no_person_over_several_files(tmp_path: Path) -> None:
    paths = []
    for n in range(12):
        path = tmp_path / f"{n}.csv"
        path.write_text(table("respondent", "x", *(f"r{n}-{m}" for m in range(4))), encoding="utf-8")
        paths.append(path)
    with pytest.raises(DataError, match="11 of 60 rows"):
        read_all(paths)


def test_anonymising_reads_the_same(tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_text(table("leader", *"aaabbbccc", "NA", ".", "."), encoding="utf-8")
    book = tmp_path / "book.toml"
    book.write_text('[not_known]\nleader = ["."]\n', encoding="utf-8")
    account = anonymise(raw, tmp_path / "out.csv", key_file=tmp_path / "key", codebook=book)
    assert account.pseudonymous == {"leader": 3}
    assert read(tmp_path / "out.csv").counts[read(tmp_path / "out.csv").keys["leader"].codes < 0].sum() == 3
