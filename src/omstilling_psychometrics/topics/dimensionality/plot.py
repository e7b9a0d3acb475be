"""Eigenvalues beside those of parallel analysis."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_scree import draw_scree


def drawings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in find.where(own, quantity="eigenvalue", method=None)):
            return None
        return Drawing(2.6, lambda figure: draw_scree(figure, own, wording))

    return per_unit(rows, wording, make)
