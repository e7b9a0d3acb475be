"""Curves over a grid: reliability of a leader's mean by the number of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...present import rows as find
from ...present.rows import Row
from ...present.style import GRID, MUTED, SERIES, legend_above, margins, number_axis
from ...present.wording import Wording
from .numerics.variance_components import spearman_brown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class DrawnIcc:
    """ICC(1) of a unit, with its interval where it has one."""

    name: str
    estimate: float
    low: float | None
    high: float | None


def intraclass_correlations(rows: Sequence[Row], wording: Wording) -> list[DrawnIcc]:
    """ICC(1) by REML of the units that have one."""
    return [
        DrawnIcc(wording.unit(row["role"], row["group"]), row["estimate"], row["conf_low"], row["conf_high"])
        for row in find.where(rows, quantity="icc1", method="reml")
        if row["estimate"] is not None
    ]


def draw_reliability_of_means(
    figure: Figure,
    units: Sequence[DrawnIcc],
    wording: Wording,
    *,
    marked: Sequence[float],
    floor: int,
    most: int = 50,
) -> Axes:
    """Spearman-Brown curves with bands; `marked` reliabilities as lines, the anonymity floor as a vertical line."""
    ax = figure.subplots()
    margins(figure, top=0.35 if len(units) > 1 else 0.12)
    answers = np.arange(1.0, most + 1)
    for position, unit in enumerate(units):
        colour = SERIES[position % len(SERIES)]
        if unit.low is not None and unit.high is not None:
            ax.fill_between(
                answers,
                spearman_brown(unit.low, answers),
                spearman_brown(unit.high, answers),
                color=colour,
                alpha=0.18,
                linewidth=0,
            )
        ax.plot(
            answers,
            spearman_brown(unit.estimate, answers),
            color=colour,
            linestyle=LINES[position % len(LINES)],
            label=unit.name,
        )
    for value in marked:
        ax.axhline(value, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.text(most, value, wording.decimal(value, 2), ha="right", va="bottom", fontsize=8.5)
    ax.axvline(floor, color=MUTED, linewidth=1.0, linestyle=":")
    ax.text(floor + 0.5, 0.02, wording.text("leaders_floor_mark", floor=floor), ha="left", va="bottom", fontsize=8.5)
    ax.set_xlim(1, most)
    ax.set_ylim(0, 1)
    ax.set_xlabel(wording.text("axis_answers_per_leader"))
    ax.set_ylabel(wording.text("axis_reliability_of_mean"))
    ax.grid(color=GRID)
    number_axis(ax.yaxis, wording)
    if len(units) > 1:
        legend_above(ax, 3)
    return ax
