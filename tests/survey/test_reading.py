"""Reading: which rows count, and which are left out and why."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.survey.instrument import load_instrument, parse_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read, read_all
from tidy_file import FIVE, rows

Reader = Callable[..., ResponsePatterns]


def test_the_tidy_file(read_text: Reader) -> None:
    answers = read_text(
        rows(
            "medarbejder,L1,r1,o1,1,A,1,2,3,4,5",
            "medarbejder,L1,r2,o1,1,A,5,ved_ikke,,oensker_ikke_at_oplyse,1",
            "leder,,L1,o1,1,A,3,3,3,3,3",
        )
    )
    assert answers.n == 3
    assert answers.roles == ("medarbejder", "leder")
    assert list(answers.keys) == ["role", "wave", "form", "organisation", "leader", "respondent"]
    assert answers.patterns.tolist() == [[1, 2, 3, 4, 5], [3, 3, 3, 3, 3], [5, -3, -1, -4, 1]]
    assert answers.keys["leader"].codes.tolist() == [0, 0, -1]
    assert answers.account is not None
    assert (answers.account.rows_read, answers.account.rows_analysed, dict(answers.account.left_out)) == (3, 3, {})
    assert answers.account.sources[0].name == "answers.csv"
    assert len(answers.account.sources[0].sha256) == 64


def test_no_role_column_is_a_note(read_text: Reader) -> None:
    answers = read_text("kompetencer,forklare,vaerdi,kultur,itsikkerhed\n1,2,3,4,5\n,,,,\n")
    assert answers.roles == ("all",)
    assert answers.n == 2  # somebody who left everything blank is a respondent
    assert answers.account is not None
    assert answers.account.notes == ("no_role_column",)


def test_an_instrument_without_roles_does_not_use_a_role_column(read_text: Reader) -> None:
    answers = read_text("role,a,b\nx,0,1\n,1,1\n", instrument=plain_instrument((0, 1), ("a", "b")))
    assert answers.roles == ("all",)
    assert answers.n == 2
    assert answers.account is not None
    assert answers.account.notes == ("no_roles_in_instrument",)


def test_reversed_items_are_stored_scored(read_text: Reader) -> None:
    head = '[instrument]\nkey = "x"\n[scale]\ncategories = [0, 1, 2, 3]\n'
    scale = parse_instrument((head + '[[items]]\nkey = "a"\nreversed = true\n[[items]]\nkey = "b"\n').encode())
    answers = read_text("a,b\n0,0\n3,3\n,1\n", instrument=scale)
    assert answers.values().tolist()[1:] == [[0.0, 3.0], [3.0, 0.0]]
    assert answers.patterns[0].tolist() == [-1, 2]


def test_background_enters_only_when_asked_for(read_text: Reader) -> None:
    text = "alder,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n30,1,2,3,4,5\n,1,2,3,4,5\n"
    assert list(read_text(text).keys) == []
    assert read_text(text, by=["alder"]).keys["alder"].levels == ("30",)
    assert list(read_text(text, codebook='[columns]\nage = "alder"\n').keys) == ["age"]
    with pytest.raises(UsageError, match="Did you mean 'alder'"):
        read_text(text, by=["alde"])
    with pytest.raises(UsageError, match="is read as 'age'"):
        read_text(text, codebook='[columns]\nage = "alder"\n', by=["alder"])


def test_columns_mapped_elsewhere_are_not_read_under_their_own_name(read_text: Reader) -> None:
    text = "leader,role,leder_id,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nx,leder,L1,1,2,3,4,5\n"
    answers = read_text(text, codebook='[columns]\nleader = "leder_id"\nskole = "leader"\n')
    assert answers.keys["leader"].levels == ("L1",)
    assert answers.keys["skole"].levels == ("x",)


# ---------------------------------------------------------------- left out


def test_roles_are_mapped_or_left_out(read_text: Reader) -> None:
    text = "role,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nChef,1,1,1,1,1\nKollega,abc,,,,\nEmployee,2,2,2,2,2\n"
    answers = read_text(text, codebook='[roles]\n"Chef" = "overordnet"\n"Kollega" = "left_out"\n')
    assert answers.roles == ("medarbejder", "overordnet")
    assert answers.account is not None
    assert answers.account.left_out == {"role": 1}


def test_empty_rows_under_a_table_are_left_out(read_text: Reader) -> None:
    answers = read_text(rows("leder,L1,r1,o1,1,A,1,2,3,4,5", ",,,,,,,,,,", ",,,,,,,,,,"))
    assert answers.account is not None
    assert answers.account.left_out == {"empty": 2}


def test_rows_where_the_theme_was_not_shown(read_text: Reader) -> None:
    text = "role,tema,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nleder,JA,1,2,3,4,5\nleder,nej,,,,,\nleder,,1,1,1,1,1\n"
    answers = read_text(text, codebook='[not_shown]\ncolumn = "tema"\nvalues = ["Nej"]\n')
    assert answers.account is not None
    assert answers.account.left_out == {"not_shown": 1}
    assert "theme_not_shown: 1" in answers.account.notes
    assert answers.n == 2
    answers = read_text(text, codebook='[not_shown]\ncolumn = "tema"\nvalues = ["nej", ""]\n')
    assert answers.account is not None
    assert answers.account.left_out == {"not_shown": 2}


def test_a_silent_organisation_was_not_shown_the_theme(read_text: Reader) -> None:
    answers = read_text(
        rows(
            "leder,L1,r1,o1,1,A,1,2,3,4,5",
            "leder,L1,r2,o1,1,A,,,,,",
            "leder,L2,r3,o2,1,A,,,,,",
            "leder,L2,r4,o2,1,A,,,,,",
            "leder,L2,r3,o2,2,A,1,1,1,1,1",
            "leder,L3,r5,,1,A,,,,,",
        )
    )
    assert answers.account is not None
    assert answers.account.left_out == {"not_shown": 2}
    assert answers.account.notes == ("organisation_not_shown: 1 (2)",)
    assert answers.n == 4  # unknown organisations are never taken for one


def test_deleting_an_organisations_theme_changes_no_other_answer(read_text: Reader) -> None:
    kept = [f"medarbejder,L1,r{place},o1,1,A,{1 + place % 5},2,ved_ikke,,5" for place in range(6)]
    silent = [f"medarbejder,L2,s{place},o2,1,A,,,,," for place in range(6)]
    assert read_text(rows(*kept)) == read_text(rows(*kept, *silent))


def test_an_item_that_was_not_in_the_survey(read_text: Reader) -> None:
    text = "kompetencer,forklare,vaerdi,itsikkerhed\n1,2,3,4\n"
    answers = read_text(text, codebook='[columns]\nkultur = "not_shown"\n')
    assert answers.patterns.tolist() == [[1, 2, 3, -2, 4]]
    assert answers.account is not None
    assert "item_not_shown: kultur" in answers.account.notes


def test_a_code_for_not_shown_keeps_the_item_out_of_that_row(read_text: Reader) -> None:
    text = "kompetencer,forklare,vaerdi,kultur,itsikkerhed\n1,2,3,x,5\nx,x,x,x,x\n"
    answers = read_text(text, codebook='[codes]\nx = "not_shown"\n')
    assert answers.patterns.tolist() == [[1, 2, 3, -2, 5]]
    assert answers.account is not None
    assert answers.account.left_out == {"not_shown": 1}


# ---------------------------------------------------------------- repeated records


REPEATED = "role,leader,respondent,afsluttet,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
COMPLETED = '[columns]\ncompleted = "afsluttet"\n'


def test_identical_records_collapse_without_a_time(read_text: Reader) -> None:
    line = "leder,L1,r1,,1,2,3,4,5\n"
    answers = read_text(REPEATED + line * 3 + "leder,L2,r1,,1,2,3,4,5\nleder,L1,,,1,1,1,1,1\nleder,L1,,,1,1,1,1,1\n")
    assert answers.account is not None
    assert answers.account.left_out == {"duplicate": 2}
    assert answers.n == 4  # two leaders of r1, and two records of people who are not known


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-03-04 09:00:00", "2025-03-04T09:00:01"),
        ("31-12-2024", "01-01-2025"),
        ("04.03.2025 09:00", "04.03.2025 10:00"),
        ("4/3/2025 9.05", "4/3/2025 10.01"),
        ("2025-03-04T23:00:00+01:00", "2025-03-05"),
        ("7", "31"),
    ],
)
def test_the_last_of_differing_records_stays(read_text: Reader, first: str, last: str) -> None:
    before = f"leder,L1,r1,{first},1,1,1,1,1\n"
    after = f"leder,L1,r1,{last},5,5,5,5,5\n"
    for lines in (before + after, after + before, before + after + before):
        answers = read_text(REPEATED + lines, codebook=COMPLETED)
        assert answers.patterns.tolist() == [[5, 5, 5, 5, 5]]
        assert answers.account is not None
        assert answers.account.left_out["superseded"] == 1


@pytest.mark.parametrize(
    ("lines", "codebook", "message"),
    [
        ("leder,L1,r1,2025-01-01,1,1,1,1,1\nleder,L1,r1,2025-01-02,5,5,5,5,5\n", None, "no `completed` column"),
        ("leder,L1,r1,2025-01-01,1,1,1,1,1\nleder,L1,r1,2025-01-01,5,5,5,5,5\n", COMPLETED, "is the same"),
        ("leder,L1,r1,2025-01-01,1,1,1,1,1\nleder,L1,r1,,5,5,5,5,5\n", COMPLETED, "is no time"),
        ("leder,L1,r1,2025-01-01,1,1,1,1,1\nleder,L1,r1,13/13/2025,5,5,5,5,5\n", COMPLETED, "is no time"),
    ],
)
def test_differing_records_without_a_last_one_are_refused(
    read_text: Reader, lines: str, codebook: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_text(REPEATED + lines, codebook=codebook)


def test_records_that_are_refused_are_named_by_their_rows(read_text: Reader) -> None:
    lines = "leder,L1,Anna Jensen,x,1,1,1,1,1\nleder,L1,Bo,x,1,1,1,1,1\nleder,L1,Anna Jensen,x,5,5,5,5,5\n"
    with pytest.raises(DataError, match=r"`completed` column, first in rows 2, 4 \(the header is row 1\)\. Map") as caught:
        read_text(REPEATED + lines)
    assert "Anna" not in str(caught.value)
    frame = pd.read_csv(StringIO(REPEATED + lines))
    with pytest.raises(DataError, match=r"`completed` column, first in rows 1, 3\. Map"):
        read(frame)
    with pytest.raises(DataError, match=r"`completed` column\. Map"):
        read(pl.from_pandas(frame).lazy())


# ---------------------------------------------------------------- not refused


@pytest.mark.parametrize(
    "text",
    [
        rows("leder,,,,,,1,2,3,4,5"),
        rows("medarbejder,L1,r1,o1,1,A,ved_ikke,ved_ikke,ved_ikke,ved_ikke,ved_ikke"),
        rows("medarbejder,L1,r1,o1,1,A,1,,,,"),
    ],
)
def test_one_respondent_one_role_or_only_non_answers_are_no_errors(read_text: Reader, text: str) -> None:
    assert read_text(text).n == 1


def test_hostile_texts_are_only_texts(read_text: Reader) -> None:
    nasty = '=cmd|"/c calc"!A1'
    header = 'role,leader,"<script>alert(1)</script>",kompetencer,forklare,vaerdi,kultur,itsikkerhed\n'
    cells = ["../../etc/passwd", "'; drop table x; --", "{{7*7}}", "\u202eabc", "💥" * 50]
    lines = [f'leder,"{cell}",a,1,2,3,4,5\n' for cell in cells] + [
        f'leder,"{nasty.replace(chr(34), chr(34) * 2)}",a,1,2,3,4,5\n'
    ]
    answers = read_text(header + "".join(lines), by=["<script>alert(1)</script>"])
    assert answers.n == 6
    assert nasty in answers.keys["leader"].levels


# ---------------------------------------------------------------- properties


cell = st.sampled_from(["1", "2", "5", "", "ved_ikke", "Helt enig", "3.0"])


record = st.tuples(
    st.sampled_from(["leder", "medarbejder"]), st.sampled_from(["L1", "L2", "", "æ ø"]), cell, cell, cell, cell, cell
)


@given(st.lists(record, min_size=1, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_shuffled_rows_give_the_same_counts(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[str, ...]], random: object
) -> None:
    folder = tmp_path_factory.mktemp("shuffle")
    header = "role,leader,kompetencer,forklare,vaerdi,kultur,itsikkerhed"
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = []
    for name, content in (("a.csv", records), ("b.csv", shuffled)):
        path = folder / name
        path.write_text("\n".join([header, *map(",".join, content)]) + "\n", encoding="utf-8")
        found.append(read(path))
    assert found[0] == found[1]
    assert found[0].n == len(records)


def test_several_files_are_added(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    lines = [f"leder,L{place},r{place},o1,1,A,{1 + place % 5},2,3,4,5" for place in range(20)]
    one.write_text(rows(*lines[:8]), encoding="utf-8")
    other.write_text(rows(*lines[8:]), encoding="utf-8")
    both = tmp_path / "both.csv"
    both.write_text(rows(*lines), encoding="utf-8")
    together = read_all([one, other])
    assert together == read(both)
    assert together.account is not None
    assert [source.name for source in together.account.sources] == ["one.csv", "other.csv"]
    with pytest.raises(DataError, match="given twice"):
        read_all([one, one])
    with pytest.raises(UsageError, match="no file"):
        read_all([])


def test_files_with_different_columns_share_what_both_have(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(rows("leder,L1,r1,o1,1,A,1,2,3,4,5"), encoding="utf-8")
    other.write_text("role,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nleder,1,1,1,1,1\n", encoding="utf-8")
    together = read_all([one, other])
    assert list(together.keys) == ["role"]
    assert together.account is not None
    assert "keys_not_in_all: form, leader, organisation, respondent, wave" in together.account.notes
    assert np.array_equal(together.counts, [1, 1])


def test_a_role_column_that_is_not_used_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("role,a,b\n" + "".join(f"r{place},1,2\n" for place in range(11_000)), encoding="utf-8")
    assert read(path, instrument=plain_instrument((1, 2), ("a", "b"))).n == 11_000


def test_the_instrument_may_be_named_by_its_file(tmp_path: Path) -> None:
    scale, answers = tmp_path / "scale.toml", tmp_path / "answers.csv"
    scale.write_text(
        '[instrument]\nkey = "s"\n[scale]\ncategories = [0, 1]\n[[items]]\nkey = "a"\n[[items]]\nkey = "b"\n', "utf-8"
    )
    answers.write_text("a,b\n0,1\n", "utf-8")
    for path in (scale, str(scale)):
        assert read(answers, instrument=path).instrument == load_instrument(scale)


def test_a_record_in_several_files_counts_once(tmp_path: Path) -> None:
    header = f"respondent,leader,{FIVE}\n"
    one, other, changed = (tmp_path / name for name in ("1.csv", "2.csv", "3.csv"))
    one.write_text(header + "a,x,1,2,3,4,5\nb,x,2,2,3,4,5\n", encoding="utf-8")
    other.write_text(header + "b,x,2,2,3,4,5\nb,y,2,2,3,4,5\nc,x,3,3,3,3,3\n", encoding="utf-8")
    changed.write_text(header + "b,x,5,5,5,5,5\n", encoding="utf-8")
    together = read_all([one, other])
    assert together.n == 4
    assert together.account is not None
    assert (together.account.rows_read, together.account.left_out) == (5, {"duplicate": 1})
    with pytest.raises(DataError, match="the files together: a respondent has a record"):
        read_all([one, changed])
