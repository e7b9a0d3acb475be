"""CPR numbers and e-mail addresses are found in whatever spelling; ten digits that are a date by chance are not."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import numpy as np
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.identifiers import kind_of_values
from omstilling_psychometrics.survey.patterns import ResponsePatterns

Reader = Callable[..., ResponsePatterns]

CPR = "CPR numbers"


def cpr_numbers(count: int, seed: int = 1) -> list[str]:
    rng = np.random.default_rng(seed)
    parts = zip(
        rng.integers(1, 29, count), rng.integers(1, 13, count), rng.integers(0, 100, count), rng.integers(0, 10_000, count),
        strict=True,
    )  # fmt: skip
    return [f"{day:02}{month:02}{year:02}{last:04}" for day, month, year, last in parts]


def random_numbers(count: int, seed: int, low: int = 0, high: int = 10**10) -> list[str]:
    digits = 9 if high == 10**9 else 10
    return [f"{number:0{digits}}" for number in np.random.default_rng(seed).integers(low, high, count)]


@pytest.mark.parametrize("between", ["-", " - ", "–", "—", " – ", "\u2010", "\u2011", "\u2212", "/", " / ", " "])
def test_any_dash_between_the_six_and_four_digits(between: str) -> None:
    assert kind_of_values(["x", None, f"se 010170{between}1234."]) == CPR


@pytest.mark.parametrize(
    "value", ["0101701234", "DK0101701234", "id-0101701234", "0101701234.0", "101701234", "101701234,0", "6101701234"]
)
def test_one_of_one_whatever_stands_around_it(value: str) -> None:
    assert kind_of_values([value, *(f"r{place}" for place in range(99))]) == CPR


@pytest.mark.parametrize(
    "value",
    ["20260102 1200", "20260102120000", "202601021200", "2026-01-02 12:00", "5701010112345", "12345678", "0.0101701234",
     "1,0101701234", "1100000001", "3213000000"],
)  # fmt: skip
def test_times_and_other_numbers_are_none(value: str) -> None:
    assert kind_of_values([value]) is None


def test_a_part_of_a_column_is_enough() -> None:
    numbers = cpr_numbers(25)
    assert kind_of_values([*numbers, *random_numbers(75, 2)]) == CPR
    assert kind_of_values([*numbers[:12], *(str(9_900_000_000 + place) for place in range(88))]) == CPR
    assert kind_of_values([*numbers[:2], "9912345678", "9812345678", "5555555555"]) == CPR
    assert kind_of_values([*numbers[:4], *(str(9_900_000_000 + place) for place in range(96))]) is None
    assert kind_of_values([number.lstrip("0") for number in numbers]) == CPR


def test_numbers_in_sequence_are_none() -> None:
    for first in (1_000_000_001, 2_600_000_001, 4_512_000_001, 900_000_001):
        assert kind_of_values(str(first + place) for place in range(500)) is None


@pytest.mark.parametrize(
    ("count", "low", "high", "most"),
    [(5, 0, 10**10, 0.05), (20, 0, 10**10, 0.02), (200, 0, 10**10, 0.01), (2000, 10**9, 10**10, 0.01),
     (200, 10**9, 2**31, 0.01), (20, 10**8, 10**9, 0.02), (2000, 10**8, 10**9, 0.01)],
)  # fmt: skip
def test_random_numbers_are_rarely_refused(count: int, low: int, high: int, most: float) -> None:
    draws = 200 if count <= 200 else 20
    refused = [kind_of_values(random_numbers(count, seed, low, high)) is not None for seed in range(draws)]
    assert np.mean(refused) <= most


def test_a_mapped_column_with_some_cpr_numbers_is_refused(read_text: Reader) -> None:
    respondents = [*cpr_numbers(5), *(f"r{place}" for place in range(15))]
    lines = "".join(f"{respondent},1,2,3,4,5\n" for respondent in respondents)
    with pytest.raises(DataError, match="'respondent', read as 'respondent', holds CPR numbers"):
        read_text("respondent,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n" + lines)


def hexadecimal(count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(count)]


@pytest.mark.parametrize(
    "numbers",
    [
        hexadecimal(20_000, 1),
        [one.replace("-", "") for one in hexadecimal(2_000, 2)],
        random_numbers(5, 3, 1_000_000_000, 1_030_000_000),
        [f"{one[:6]}-{one[6:]}" for one in random_numbers(100, 4)],
        [f"{place}{one[4:]}" for place in ("0101", "0265", "0751") for one in random_numbers(100, 5)],
    ],
    ids=["uuid", "hexadecimal", "workplaces", "six and four digits", "municipalities"],
)
def test_identifiers_of_other_kinds_are_none(numbers: list[str]) -> None:
    assert kind_of_values(numbers) is None


def test_a_time_is_none_where_it_is_the_time_of_completion(read_text: Reader) -> None:
    head = "respondent,completed,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"
    assert read_text(head + "a,040325 1007,1,2,3,4,5\nb,050325 1008,1,2,3,4,5\n").n == 2
