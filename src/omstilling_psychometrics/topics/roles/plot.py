"""Quantiles of the scale score of each role."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing
from ...present.rows import Row
from ...present.wording import Wording
from .plot_quantiles import draw_quantiles, quantiles_height


def quantiles(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    known = [row for row in find.where(rows, quantity="score_quantile") if row["estimate"] is not None]
    if not known:
        return []
    return [Drawing(quantiles_height(len(find.units(known))), lambda figure: draw_quantiles(figure, rows, wording))]


KINDS = {"quantiles": quantiles}
