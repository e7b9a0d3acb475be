"""Patterns of non-answers and Little's test, beside base R and norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import CLOSED_FORM, COUNT, IDENTITY, Case, Comparison, Pair, Pairs
from .analysis import missingness
from .numerics.incomplete_moments import incomplete_moments


def _pattern_counts(case: Case, stored: Any) -> Iterator[Pair]:
    ours = {row.item: row.estimate for row in case.run(missingness).find("pattern_count")}
    for pattern in sorted(ours.keys() | stored.keys()):
        yield pattern, ours.get(pattern), stored.get(pattern)


def _rates(case: Case, stored: Any) -> Iterator[Pair]:
    """Of items, out of the counts of patterns."""
    for place, item in enumerate(case.items):
        missing = sum(count for pattern, count in stored.items() if pattern[place] == "0")
        yield item, case.run(missingness).value("rate", item=item, method="any"), missing / sum(stored.values())


def _rated(case: Case, stored: Any) -> Iterator[Pair]:
    for item in case.items:
        yield item, case.run(missingness).get("rate", item=item, method="any").n, sum(stored.values())


def _moments(case: Case, stored: Any) -> Iterator[Pair]:
    """Means and covariances of greatest likelihood, which Little's test stands on."""
    fitted = incomplete_moments(case.patterns.values(), case.patterns.table()[1])
    for i, (item, mean) in enumerate(stored["mu"].items()):
        yield item, fitted.mean[i], mean
        for j, covariance in enumerate(stored["sigma"]["values"][i]):
            yield f"{item}~{case.items[j]}", fitted.covariance[i, j], covariance


def _little(aspect: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(case.run(missingness).get("little_mcar"), aspect), stored[name]

    return pairs


COMPARISONS = (
    Comparison(
        domain="missingness", path="missingness/patterns", quantity="pattern_count", peer="base::table",
        tolerance=COUNT, pairs=_pattern_counts,
    ),
    Comparison(
        domain="missingness", path="missingness/patterns", quantity="rate", method="any", peer="base::table",
        tolerance=IDENTITY, pairs=_rates,
    ),
    Comparison(
        domain="missingness", path="missingness/patterns", quantity="rate", method="any", aspect="n", peer="base::table",
        tolerance=COUNT, pairs=_rated,
    ),
    Comparison(
        domain="classical", path="missingness/little_tight_ML", quantity="covariance", method="ML", aspect="moments",
        peer="norm::em.norm", tolerance=CLOSED_FORM, pairs=_moments,
    ),
    *(
        Comparison(
            domain="classical", path="missingness/little_tight_ML", quantity="little_mcar", aspect=aspect,
            peer="norm::em.norm", tolerance=COUNT if aspect == "df" else CLOSED_FORM, pairs=_little(aspect, name),
        )
        for aspect, name in (("statistic", "d2"), ("df", "df"), ("p_value", "p"))
    ),
)  # fmt: skip
