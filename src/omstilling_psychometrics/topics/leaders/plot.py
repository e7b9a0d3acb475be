"""Reliability of a leader's mean by the number of answers."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present.drawings import Drawing
from ...present.rows import Row
from ...present.wording import Wording
from .analysis_intraclass import RELIABILITIES
from .plot_reliability_of_means import draw_reliability_of_means, spearman_brown_curves, usual_size
from .report_floor import needed


def reliability_of_means(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    curves = spearman_brown_curves(rows, wording)
    if not curves:
        return []
    floor, usual = needed(result.answers), usual_size(rows)
    return [
        Drawing(
            3.2,
            lambda figure: draw_reliability_of_means(figure, curves, wording, marked=RELIABILITIES, floor=floor, usual=usual),
        )
    ]


KINDS = {"reliability_of_means": reliability_of_means}
