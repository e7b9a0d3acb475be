"""Mokken scale analysis beside the R package mokken."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...reference.comparison import CLOSED_FORM, COUNT, ROUNDED, Case, Comparison, Pair, Pairs
from ...survey.patterns import ResponsePatterns
from .analysis import mokken
from .numerics.selection import mokken_z

# Columns of mokken's summaries of violations, and our quantities.
_VIOLATIONS = {
    "comparisons": "#ac", "violations": "#vi", "largest": "maxvi", "total": "sum", "largest_statistic": "max",
    "significant": "sig", "crit": "crit",
}  # fmt: skip


def _listwise(case: Case) -> str:
    """The rows with errors for independent answers, as mokken's."""
    return "listwise/independent" if "leader" in case.patterns.keys else "listwise"


def _coefficient(quantity: str, aspect: str) -> Pairs:
    prefix = "" if aspect == "estimate" else "se."

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result, method = case.run(mokken), _listwise(case)
        if quantity == "h":
            value = stored[f"{prefix}H"]
            yield (
                "",
                getattr(result.get("h", method=method), aspect),
                value["values"][0][0] if isinstance(value, dict) else value,
            )
        elif quantity == "h_item":
            for item, row in zip(case.items, stored[f"{prefix}Hi"]["values"], strict=True):
                yield item, getattr(result.get("h_item", item=item, method=method), aspect), row[0]
        else:
            for (i, first), (j, second) in combinations(enumerate(case.items), 2):
                one = result.get("h_pair", item=f"{first}~{second}", method=method)
                yield f"{first}~{second}", getattr(one, aspect), stored[f"{prefix}Hij"]["values"][i][j]

    return pairs


def _two_level(part: str, letter: str, aspect: str) -> Pairs:
    prefix = "" if aspect == "estimate" else "se."

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result, method = case.run(mokken), f"two_level/{part}/koopman"
        for quantity, table, suffix in (("h", "H", ""), ("h_item", "Hi", "i"), ("h_pair", "Hij", "ij")):
            for row in stored[table]:
                item = row["row"].replace(" ", "~") if suffix else None
                ours = getattr(result.get(quantity, item=item, method=method), aspect)
                yield item or "", ours, row[f"{prefix}H{letter}{suffix}"]

    return pairs


def _level_two(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(mokken).get("h", method="two_level/within/koopman").std_error, stored


def _monotonicity(field: str) -> Pairs:
    column = {"max": "zmax", "sig": "#zsig"}.get(_VIOLATIONS[field], _VIOLATIONS[field])

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(mokken)
        for row in stored:
            if row["#ac"] or field == "comparisons":
                yield row["row"], result.value(f"monotonicity_{field}", item=row["row"]), row[column]

    return pairs


def _item_ordering(field: str) -> Pairs:
    column = {"max": "tmax", "sig": "#tsig"}.get(_VIOLATIONS[field], _VIOLATIONS[field])

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result, summary = case.run(mokken), stored["item.summary"]
        for item, row in zip(summary["rows"], summary["values"], strict=True):
            yield item, result.value(f"item_ordering_{field}", item=item), row[summary["cols"].index(column)]

    return pairs


def _position(case: Case, stored: Any) -> Iterator[Pair]:
    for position, item in enumerate(stored["item.summary"]["rows"], start=1):
        yield item, case.run(mokken).value("item_ordering_position", item=item), position


def _removed(case: Case, stored: Any) -> Iterator[Pair]:
    """Backward selection leaves an item's last column empty once it is removed."""
    result, backward = case.run(mokken), stored["backward"]
    for item, row in zip(backward["rows"], backward["values"], strict=True):
        yield item, float(result.value("item_ordering_removed", item=item) > 0), float(row[-1] is None)


def _ht(case: Case, stored: Any) -> Iterator[Pair]:
    # mokken gives that of the items left after the removals.
    result = case.run(mokken)
    method = "after_removal" if result.find("ht", method="after_removal") else None
    yield "", result.value("ht", method=method), stored["HT"]


def _selection(case: Case, stored: Any) -> Iterator[Pair]:
    """With leaders known ours tests otherwise than mokken."""
    result = case.run(mokken, cluster=None)
    for item, row in zip(case.items, stored["values"], strict=True):
        yield item, result.value("aisp_scale", item=item), row[0]


def _z_of(patterns: ResponsePatterns) -> tuple[Any, Any, float]:
    codes, counts = patterns.table()
    complete = (codes > 0).all(axis=1)
    return mokken_z(codes[complete].astype(np.int64), counts[complete])


def _z(case: Case, stored: Any) -> Iterator[Pair]:
    of_pairs, of_items, scale = case.run(_z_of)
    yield "", scale, stored["Z"]
    for item, ours in zip(case.items, of_items, strict=True):
        yield item, ours, stored["Zi"][item]
    for (i, first), (j, second) in combinations(enumerate(case.items), 2):
        yield f"{first}~{second}", of_pairs[i, j], stored["Zij"]["values"][i][j]


COMPARISONS = (
    *(
        Comparison(
            domain="mokken", path="mokken/coefH", quantity=quantity, method="listwise", aspect=aspect, peer="mokken::coefH",
            tolerance=CLOSED_FORM, pairs=_coefficient(quantity, aspect),
        )
        for quantity in ("h", "h_item", "h_pair")
        for aspect in ("estimate", "std_error")
    ),
    *(
        Comparison(
            domain="mokken", path="mokken/MLcoefH", quantity="h", method=f"two_level/{part}/koopman", aspect=aspect,
            peer="mokken::MLcoefH", tolerance=CLOSED_FORM, pairs=_two_level(part, letter, aspect),
        )
        for part, letter in (("within", "W"), ("between", "B"), ("ratio", "BW"))
        for aspect in ("estimate", "std_error")
    ),
    Comparison(
        domain="mokken", path="mokken/coefH_level2se/se.H", quantity="h", method="two_level/within/koopman",
        aspect="std_error", peer="mokken::coefH(level.two.var)", tolerance=CLOSED_FORM, pairs=_level_two,
    ),
    Comparison(
        domain="mokken", path="mokken/coefZ", quantity="z", peer="mokken::coefZ", tolerance=CLOSED_FORM, pairs=_z
    ),
    Comparison(
        domain="mokken", path="mokken/aisp", quantity="aisp_scale", peer="mokken::aisp", tolerance=COUNT,
        pairs=_selection,
    ),
    *(
        Comparison(
            domain="mokken", path="mokken/monotonicity", quantity=f"monotonicity_{field}", peer="mokken::check.monotonicity",
            tolerance=ROUNDED, pairs=_monotonicity(field),
        )
        for field in _VIOLATIONS
    ),
    Comparison(
        domain="mokken", path="mokken/iio", quantity="item_ordering_position", peer="mokken::check.iio", tolerance=COUNT,
        pairs=_position,
    ),
    *(
        Comparison(
            domain="mokken", path="mokken/iio", quantity=f"item_ordering_{field}", peer="mokken::check.iio",
            tolerance=ROUNDED, pairs=_item_ordering(field),
        )
        for field in _VIOLATIONS
    ),
    Comparison(
        domain="mokken", path="mokken/iio", quantity="item_ordering_removed", peer="mokken::check.iio", tolerance=COUNT,
        pairs=_removed,
    ),
    Comparison(domain="mokken", path="mokken/iio", quantity="ht", peer="mokken::check.iio", tolerance=CLOSED_FORM, pairs=_ht),
)  # fmt: skip
