"""Variance components beside the mean squares that R's analyses of variance give of the score and of each item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import CLOSED_FORM, Case, Comparison, Pair, Pairs
from .analysis_generalizability import generalizability


def _parts(stored: Any) -> tuple[float, float]:
    """Variance between and within of a one-way layout."""
    return (stored["MSB"] - stored["MSW"]) / stored["n0"], stored["MSW"]


def _component(quantity: str, within: bool, of_items: bool) -> Pairs:
    """Of the score comes what is common to the items, and their K-th part of what is not; of the items their sum."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        k = len(stored)
        score = _parts(case.stored("multilevel", "multilevel/scale").value)[within]
        items = sum(_parts(item)[within] for item in stored.values()) / k
        apart = (items - score) * k / (k - 1)
        found = case.run(generalizability).value(quantity, method="listwise")
        yield "", found, apart if of_items else items - apart

    return pairs


COMPARISONS = tuple(
    Comparison(
        domain="multilevel", path="multilevel/items", quantity=quantity, method="listwise", peer="stats::aov",
        tolerance=CLOSED_FORM, pairs=_component(quantity, within, of_items),
    )
    for quantity, within, of_items in (
        ("leader_variance", False, False),
        ("leader_item_variance", False, True),
        ("person_variance", True, False),
        ("person_item_variance", True, True),
    )
)  # fmt: skip
