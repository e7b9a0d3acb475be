"""Differences of items, a series per pair of groups."""

from __future__ import annotations

from collections.abc import Sequence

from ...present import rows as find
from ...present.drawings import Drawing, by_item
from ...present.rows import Row
from ...present.wording import Wording


def by_pair_of_groups(rows: Sequence[Row], wording: Wording, quantity: str) -> list[Drawing]:
    own = find.where(rows, quantity=quantity)
    pairs = [row for row in own if row["method"] and "/" not in row["method"]]
    named = [{**row, "role": wording.method(row["method"]), "method": None} for row in pairs]
    return by_item(named, wording, quantity, None, (0.0,))
