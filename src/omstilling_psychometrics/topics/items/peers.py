"""Items and the scale score, beside base R, psych and polycor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import CLOSED_FORM, COUNT, IDENTITY, Case, Comparison, Pair, Pairs
from .analysis import items


def _of_items(quantity: str, column: str | None = None) -> Pairs:
    """A number per item, stored as a vector or as the column of a table with a row per item."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(items)
        if column is not None:
            values = {row["row"]: row[column] for row in stored}
        else:
            values = stored if isinstance(stored, dict) else dict(zip(case.items, stored, strict=True))
        for item in case.items:
            yield item, result.value(quantity, item=item), values[item]

    return pairs


def _shares(case: Case, stored: Any) -> Iterator[Pair]:
    result = case.run(items)
    for item in case.items:
        counts = {label: count for label, count in stored[item].items() if label != "_"}
        for value in case.patterns.instrument.categories:
            share = result.value("proportion", item=item, category=value)
            yield f"{item}={value}", share, counts.get(str(value), 0) / sum(counts.values())


def _answered(case: Case, stored: Any) -> Iterator[Pair]:
    result, lowest = case.run(items), case.patterns.instrument.categories[0]
    for item in case.items:
        answered = sum(count for label, count in stored[item].items() if label != "_")
        yield item, result.get("proportion", item=item, category=lowest).n, answered


def _end(quantity: str, place: int) -> Pairs:
    """Share of the lowest (0) or the highest category (-1)."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        value = str(case.patterns.instrument.categories[place])
        for item in case.items:
            answered = sum(count for label, count in stored[item].items() if label != "_")
            yield item, case.run(items).value(quantity, item=item), stored[item].get(value, 0) / answered

    return pairs


def _scale(quantity: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", case.run(items).value(quantity), stored[name]

    return pairs


def _scored(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(items).get("scale_mean").n, stored["n"]


def _polyserial(case: Case, stored: Any) -> Iterator[Pair]:
    result = case.run(items)
    for row in stored:
        yield row["item"], result.value("item_rest_polyserial", item=row["item"]), row["polycor_2step"]


COMPARISONS = (
    *(
        Comparison(
            domain="items", path=f"descriptives/{path}", quantity=quantity, peer=peer,
            tolerance=CLOSED_FORM, pairs=_of_items(quantity),
        )
        for quantity, path, peer in (
            ("mean", "mean", "base::colMeans"),
            ("sd", "sd", "stats::sd"),
            ("skewness", "skew_type2", "psych::skew"),
            ("kurtosis", "kurt_type2", "psych::kurtosi"),
        )
    ),
    Comparison(
        domain="items", path="descriptives/counts", quantity="proportion", peer="base::table", tolerance=IDENTITY, pairs=_shares
    ),
    Comparison(
        domain="items", path="descriptives/counts", quantity="proportion", aspect="n", peer="base::table", tolerance=COUNT,
        pairs=_answered,
    ),
    *(
        Comparison(
            domain="items", path="descriptives/counts", quantity=quantity, peer="base::table", tolerance=IDENTITY,
            pairs=_end(quantity, place),
        )
        for quantity, place in (("floor", 0), ("ceiling", -1))
    ),
    Comparison(
        domain="items", path="reliability/alpha_complete/item_stats", quantity="item_rest_correlation", peer="psych::alpha",
        tolerance=CLOSED_FORM, pairs=_of_items("item_rest_correlation", "r.drop"),
    ),
    Comparison(
        domain="items", path="reliability/alpha_complete/alpha_drop", quantity="alpha_if_dropped", peer="psych::alpha",
        tolerance=CLOSED_FORM, pairs=_of_items("alpha_if_dropped", "raw_alpha"),
    ),
    Comparison(
        domain="classical", path="correlation/polyserial_rest", quantity="item_rest_polyserial", peer="polycor::polyserial",
        tolerance=IDENTITY, pairs=_polyserial,
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_mean", peer="base::rowMeans",
        tolerance=CLOSED_FORM, pairs=_scale("scale_mean", "mean"),
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_mean", aspect="n", peer="base::rowMeans",
        tolerance=COUNT, pairs=_scored,
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_sd", peer="stats::sd",
        tolerance=CLOSED_FORM, pairs=_scale("scale_sd", "sd"),
    ),
)  # fmt: skip
