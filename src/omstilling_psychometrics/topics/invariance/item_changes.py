"""What became of each item in another group, as in another form: worse, only shifted, or no difference found.

Items that differ are those that partial invariance sets free. Such an item is worse where its loading is lower, better where
it is higher (the test of `loading_difference` below LEVEL over the number of items), only shifted where answers differ at equal
latent values and the loading does not show it, and unclear where neither shows how it differs. All is read beside the items
that were set free, so that one that differs does not disturb what is said of the others (docs/studies/item_verdicts.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...core.results import Statistic
from .numerics.ladder import CONTINUOUS, ORDINAL

Change = Literal["worse", "better", "shifted", "unclear", "no_difference", "not_evaluated"]

# Items are judged at this level, divided by the number of those judged together (Bonferroni).
LEVEL = 0.05

# Prefix of the methods of a ladder, and the step whose items are set free; ordered answers come first.
_LADDERS = (("", ORDINAL[3]), ("continuous/", f"continuous/{CONTINUOUS[2]}"), ("fiml/", f"fiml/{CONTINUOUS[2]}"))


@dataclass(frozen=True, kw_only=True)
class ItemChange:
    """One item in one pair of groups (`b~a`: b less a).

    test: of setting it free, beside those set free before it; set_free: whether the test did; loading, shift: rows
    `loading_difference` and `expected_score_bias`; reason: the note that says why nothing is known.
    """

    item: str
    pair: str
    change: Change
    test: Statistic | None
    set_free: bool
    loading: Statistic | None
    shift: Statistic | None
    reason: str | None = None


def item_changes(statistics: Iterable[Statistic]) -> list[ItemChange]:
    """Of the rows of `invariance`, item by item and pair by pair; nothing where no ladder was fitted."""
    rows = list(statistics)
    for prefix, step in _LADDERS:
        if alone := [row for row in rows if row.quantity == "item_difference" and row.method == step]:
            level = LEVEL / len(alone)
            return [change for row in alone for change in _of_item(rows, row, prefix, step, level)]
    return []


def _of_item(rows: Sequence[Statistic], alone: Statistic, prefix: str, step: str, level: float) -> list[ItemChange]:
    own = [row for row in rows if row.item == alone.item]
    in_turn = _judged(own, "partial_invariance", step)
    test = in_turn or _judged(own, "item_difference", f"{step}/beside") or _judged(own, "item_difference", step)
    reason = None if test is None or test.p_value is not None else test.note or "not_computed"
    # Beside the items that were set free; by itself where none was.
    ways = ("partial/", "beside/", "")
    shifts = next((found for way in ways if (found := _in_pairs(own, "expected_score_bias", prefix + way))), {})
    loadings = {row.method: row for row in own if row.quantity == "loading_difference"}
    changes: dict[str, Change] = dict.fromkeys(shifts, "not_evaluated" if reason or test is None else "no_difference")
    if in_turn is not None and reason is None:
        changes = {pair: _change(loadings.get(shift.method), shift, level) for pair, shift in shifts.items()}
        if set(changes.values()) == {"no_difference"}:  # of no pair of groups it is said how it differs
            changes = dict.fromkeys(shifts, "unclear")
    if not shifts:
        changes, reason = {"": "not_evaluated"}, alone.note or "not_computed"
    return [
        ItemChange(
            item=alone.item or "",
            pair=pair,
            change=change,
            test=test,
            set_free=in_turn is not None,
            loading=loadings.get(shifts[pair].method) if pair in shifts else None,
            shift=shifts.get(pair),
            reason=reason,
        )
        for pair, change in changes.items()
    ]


def _judged(rows: Sequence[Statistic], quantity: str, step: str) -> Statistic | None:
    """The test that allows for small samples, where there is one."""
    tests = {row.method: row for row in rows if row.quantity == quantity}
    allowing = tests.get(f"{step}/small_sample")
    return allowing if allowing is not None and allowing.p_value is not None else tests.get(step)


def _in_pairs(rows: Sequence[Statistic], quantity: str, prefix: str) -> dict[str, Statistic]:
    """Rows whose method is this prefix and a pair of groups, by the pair."""
    methods = {row.method: row for row in rows if row.quantity == quantity and row.method is not None}
    own = {method.removeprefix(prefix): row for method, row in methods.items() if method.startswith(prefix)}
    return {pair: row for pair, row in own.items() if "/" not in pair}


def _change(loading: Statistic | None, shift: Statistic, level: float) -> Change:
    """Of an item that was set free, in one pair of groups."""
    if loading is not None and loading.p_value is not None and loading.p_value < level:
        return "worse" if (loading.estimate or 0.0) < 0 else "better"
    low, high = shift.confidence_interval()
    return "shifted" if low > 0 or high < 0 else "no_difference"
