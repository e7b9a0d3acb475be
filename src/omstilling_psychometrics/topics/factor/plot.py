"""Standardized loadings."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, by_item
from ...present.rows import Row
from ...present.wording import Wording


def drawings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    methods = find.distinct(find.where(rows, quantity="loading_standardized"), "method")
    if not methods:
        return []
    return by_item(rows, wording, "loading_standardized", "WLSMV" if "WLSMV" in methods else methods[0])
