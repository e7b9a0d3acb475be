"""Scalability of each item."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.criteria import threshold
from ...core.results import Result
from ...present.drawings import Drawing, by_item
from ...present.rows import Row
from ...present.wording import Wording


def scalability(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return by_item(rows, wording, "h_item", "listwise", (threshold("mokken_scale"),))


KINDS = {"h_item": scalability}
