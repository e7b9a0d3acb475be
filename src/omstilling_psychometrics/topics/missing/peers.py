"""Patterns of non-answers and Little's test, beside base R and norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import CLOSED_FORM, COUNT, Case, Comparison, Pair, Pairs
from .analysis import missingness


def _pattern_counts(case: Case, stored: Any) -> Iterator[Pair]:
    ours = {row.item: row.estimate for row in case.run(missingness).find("pattern_count")}
    for pattern in sorted(ours.keys() | stored.keys()):
        yield pattern, ours.get(pattern), stored.get(pattern)


def _little(aspect: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(case.run(missingness).get("little_mcar"), aspect), stored[name]

    return pairs


COMPARISONS = (
    Comparison(
        domain="missingness", path="missingness/patterns", quantity="pattern_count", peer="base::table",
        tolerance=COUNT, pairs=_pattern_counts,
    ),
    *(
        Comparison(
            domain="classical", path="missingness/little_tight_ML", quantity="little_mcar", aspect=aspect,
            peer="norm::em.norm", tolerance=COUNT if aspect == "df" else CLOSED_FORM, pairs=_little(aspect, name),
        )
        for aspect, name in (("statistic", "d2"), ("df", "df"), ("p_value", "p"))
    ),
)  # fmt: skip
