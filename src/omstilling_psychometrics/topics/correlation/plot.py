"""Polychoric correlations of pairs of items."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_heatmap import draw_pairs, heatmap_height


def drawings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return _pairs(find.where(rows, quantity="polychoric", method=None), wording, limit=1.0)


def _pairs(rows: Sequence[Row], wording: Wording, *, limit: float) -> list[Drawing]:
    items = list(dict.fromkeys(item for row in rows for item in row["item"].split("~")))

    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in own):
            return None
        return Drawing(heatmap_height(len(items)), lambda figure: draw_pairs(figure, own, items, wording, limit=limit))

    return per_unit(rows, wording, make)
