"""Which wave comes first."""

from __future__ import annotations

import pytest

from omstilling_psychometrics.survey.wave_order import in_time, told_by_number


@pytest.mark.parametrize(
    "waves",
    [
        ["8", "9", "10", "11"],
        ["-2", "-1", "0", "1"],
        ["2024-2", "2024-10", "2025-1"],
        ["uge 9", "uge 10"],
        ["09", "10"],
        ["a", "b"],
        ["01", "1"],
        ["first", "²", "uge 1"],
        ["spring 2024", "autumn 2025", "2026"],
        ["9" * 5000, "1" + "0" * 5000],
        [""],
        [],
    ],
)
def test_waves_follow_each_other_by_the_numbers_in_their_names(waves: list[str]) -> None:
    assert in_time(reversed(waves)) == in_time(waves) == waves


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("9", "10", True), ("before", "after", False), ("2024 spring", "2024 autumn", False), ("spring 24", "autumn 25", True)],
)
def test_the_alphabet_is_no_clock(first: str, second: str, told: bool) -> None:
    assert told_by_number(first, second) == told
    assert told_by_number(second, first) == told
