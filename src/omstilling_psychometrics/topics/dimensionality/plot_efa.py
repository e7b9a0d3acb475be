"""Loadings of exploratory factor analysis."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, by_item
from ...present.rows import Row
from ...present.wording import Wording


def loadings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    first = find.distinct(find.where(rows, quantity="loading"), "method")[:1]
    return by_item(rows, wording, "loading", first[0]) if first else []


KINDS = {"loadings": loadings}
