"""One record per respondent, leader, wave and role, against a plain loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.records import Completed, Moment, latest_records, moment

Reader = Callable[..., ResponsePatterns]

Row = tuple[str | None, str | None, str, int, int]  # respondent, leader, background, answer, time

rows = st.lists(
    st.tuples(
        st.sampled_from(["r1", "r2", "r3", None]),
        st.sampled_from(["L1", "L2", None]),
        st.sampled_from(["x", "y"]),
        st.integers(1, 2),
        st.integers(0, 9),
    ),
    max_size=30,
)


def expected(content: list[Row]) -> tuple[list[tuple[str | None, str | None, str, int]], int, int] | None:
    """(records that stay, duplicates, superseded), None where the last is not known."""
    kept = [row[:4] for row in content if row[0] is None]
    owners: dict[tuple[str, str | None], dict[tuple[str, int], int]] = defaultdict(dict)
    known = 0
    for respondent, leader, background, answer, time in content:
        if respondent is not None:
            known += 1
            said = owners[respondent, leader]
            said[background, answer] = max(said.get((background, answer), -1), time)
    duplicates = known - sum(map(len, owners.values()))
    superseded = 0
    for (respondent, leader), said in owners.items():
        latest = [what for what, time in said.items() if time == max(said.values())]
        if len(latest) > 1:
            return None
        kept.append((respondent, leader, *latest[0]))
        superseded += len(said) - 1
    return sorted(kept, key=str), duplicates, superseded


@given(rows)
@settings(max_examples=80, deadline=None)
def test_the_last_record_stays_and_identical_ones_collapse(content: list[Row]) -> None:
    answers = np.array([[row[3]] for row in content], dtype=np.int8).reshape(-1, 1)
    keys = {name: Key.of([row[place] for row in content]) for place, name in enumerate(("respondent", "leader", "alder"))}
    counts = np.ones(len(content), dtype=np.int64)
    completed = Completed(
        np.array([row[4] for row in content], dtype=np.int64),
        [f"2025-01-0{1 + place}" for place in range(9)] + ["2025-02-01"],
    )
    wanted = expected(content)
    if wanted is None:
        with pytest.raises(DataError, match="is the same"):
            latest_records(answers, keys, counts, completed, lambda _: "", "x")
        return
    kept = latest_records(answers, keys, counts, completed, lambda _: "", "x")
    found = sorted((content[row][:4] for row, count in zip(kept.rows, kept.counts, strict=True) for _ in range(count)), key=str)
    assert (found, kept.duplicates, kept.superseded) == wanted


def test_moments_sort() -> None:
    assert moment("2025-03-04 10:00") == moment("4.3.2025 10:00")
    assert moment("2025-03-04T10:00:00+02:00") == moment("2025-03-04 08:00")
    assert moment("20250304") == moment("2025-03-04")
    assert moment(45_000.5) == Moment(False, 45_000.5) == moment("45000,5")
    for nothing in ("", None, "i går", "31-02-2025", True, float("nan")):
        assert moment(nothing) is None


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("999", None, 999), ("1000", None, 1000), ("1.000", None, None), ("12,345", None, None), ("0.125", None, 0.125),
        ("45000.125", None, 45_000.125), ("1.000.000", None, 1_000_000), ("1.000,5", None, 1000.5),
        ("1.000", ",", 1000), ("1.000", ".", 1), ("1,000", ".", 1000), ("20.250.304", ",", 20_250_304),
        ("1.000,5", ",", 1000.5), ("2.5", ",", 2.5), ("1.000.000", ".", None),
    ],
)  # fmt: skip
def test_numbers_are_compared_as_numbers_where_their_marks_are_clear(
    text: str, decimal: str | None, number: float | None
) -> None:
    assert moment(text, decimal) == (None if number is None else Moment(False, number))


def test_the_decimal_mark_of_the_codebook_tells_which_record_is_the_last(tmp_path: Path) -> None:
    answers, book = tmp_path / "x.csv", tmp_path / "x.toml"
    answers.write_text(
        "respondent,completed,kompetencer,forklare,vaerdi,kultur,itsikkerhed\na,999,1,1,1,1,1\na,1.000,2,2,2,2,2\n", "utf-8"
    )
    with pytest.raises(DataError, match=r"'1\.000', which `completed` holds, may be for thousands or decimals: say `decimal`"):
        read(answers)
    for decimal, last in ((",", 2), (".", 1)):
        book.write_text(f'[file]\ndecimal = "{decimal}"\n', "utf-8")
        assert read(answers, codebook=book).patterns.tolist() == [[last] * 5]


def test_a_month_that_comes_first_anywhere_in_the_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    head = "respondent,completed,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
    rows = ["a,3/4/2025 10:00,1,1,1,1,1", "a,4/3/2025 10:00,5,5,5,5,5", "b,3/25/2025 10:00,1,2,3,4,5"]
    file.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"month first \('3/25/2025 10:00'\): write 2025-03-25"):
        read(file)
    file.write_text(head + "\n".join(rows[:2]) + "\n", encoding="utf-8")
    assert read(file).patterns.tolist() == [[1, 1, 1, 1, 1]]  # day first: the third of April is after the fourth of March


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        ("2025/09/30 08:00:00 AM GMT+2", "2025/09/30 09:00:00 PM GMT+2", "counts twelve hours .*write 20:05 for 8:05 PM"),
        ("30-09-2025 8:00 a.m.", "30-09-2025 8:00 p.m.", "counts twelve hours"),
        ("9/30/2025 8:00", "10/1/2025 8:00", "has the month first"),
        ("9/30/2025 8:00 AM", "10/1/2025 8:00 PM", "month first|twelve hours"),
        ("45930.25", "2025-09-30", "holds dates and numbers"),
        ("tirsdag", "onsdag", "is no time that can be told"),
        ("2025-09-30", "", "it is empty"),
    ],
)
def test_a_refused_time_names_the_forms_that_are_accepted(read_text: Reader, one: str, other: str, problem: str) -> None:
    head = "respondent,completed,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
    with pytest.raises(DataError, match=problem) as caught:
        read_text(f"{head}a,{one},1,1,1,1,1\na,{other},2,2,2,2,2\n")
    message = str(caught.value)
    assert "Accepted are 2025-03-25 14:30 (ISO 8601" in message
    assert "25-03-2025 14:30 (the day first" in message
    assert "Map a column" not in message


def test_records_of_different_people_or_leaders_all_stay_as_they_are() -> None:
    people, leaders = Key.of(["b", "a", "a", None, None]), Key.of(["L1", "L1", "L2", "L1", "L1"])
    answers, counts = np.ones((5, 1), dtype=np.int8), np.array([1, 1, 1, 3, 1])
    kept = latest_records(answers, {"respondent": people, "leader": leaders}, counts, None, lambda _: "", "x")
    assert (kept.rows.tolist(), kept.counts.tolist(), kept.duplicates, kept.superseded) == (
        [0, 1, 2, 3, 4],
        [1, 1, 1, 3, 1],
        0,
        0,
    )
    # The same person about the same leader, in one row that stands for two, and in two rows.
    twice = latest_records(
        answers, {"respondent": people, "leader": leaders}, np.array([2, 1, 1, 3, 1]), None, lambda _: "", "x"
    )
    assert (twice.duplicates, twice.counts.sum()) == (1, 7)
    assert latest_records(answers, {"respondent": people}, counts, None, lambda _: "", "x").duplicates == 1
