"""Curves over a grid: reliability of a leader's mean by the number of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.numerics.arrays import Floats
from ...present import rows as find
from ...present.rows import Row
from ...present.style import GRID, MUTED, SERIES, legend_above, margins, number_axis
from ...present.wording import Wording
from .numerics.variance_components import spearman_brown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")
# As far as the curves of ICC(1) go.
_MOST = 50


@dataclass(frozen=True, eq=False)
class Curve:
    """Reliability over numbers of answers; band: both ends of its interval, where it has one."""

    name: str
    answers: Floats
    estimate: Floats
    band: tuple[Floats, Floats] | None = None


def spearman_brown_curves(rows: Sequence[Row], wording: Wording) -> list[Curve]:
    """From ICC(1) by REML and its interval, of the units that have one."""
    answers = np.arange(1.0, _MOST + 1)
    curves = []
    for row in find.where(rows, quantity="icc1", method="reml"):
        if row["estimate"] is None:
            continue
        estimate, low, high = (
            None if row[column] is None else spearman_brown(row[column], answers)
            for column in ("estimate", "conf_low", "conf_high")
        )
        band = None if low is None or high is None else (low, high)
        curves.append(Curve(wording.unit(row["role"], row["group"]), answers, np.asarray(estimate), band))
    return curves


def usual_size(rows: Sequence[Row]) -> float | None:
    """Answers about a leader on average, where the rows are of one unit."""
    return find.estimate(rows, quantity="answers_per_leader", method="arithmetic") if len(find.units(rows)) == 1 else None


def draw_reliability_of_means(
    figure: Figure,
    curves: Sequence[Curve],
    wording: Wording,
    *,
    marked: Sequence[float],
    floor: int,
    usual: float | None = None,
) -> Axes:
    """Curves with bands; `marked` reliabilities as lines across, the anonymity floor and the usual number of answers as lines
    upwards."""
    ax = figure.subplots()
    margins(figure, top=0.35 if len(curves) > 1 else 0.12)
    most = max(curve.answers[-1] for curve in curves)
    for position, curve in enumerate(curves):
        colour = SERIES[position % len(SERIES)]
        if curve.band is not None:
            ax.fill_between(curve.answers, *curve.band, color=colour, alpha=0.18, linewidth=0)
        ax.plot(curve.answers, curve.estimate, color=colour, linestyle=LINES[position % len(LINES)], label=curve.name)
    for value in marked:
        ax.axhline(value, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.text(1 + 0.01 * most, value, wording.decimal(value, 2), ha="left", va="bottom", fontsize=8.5)
    uprights = [(float(floor), wording.text("leaders_floor_mark", floor=floor), ":")]
    if usual is not None and usual < most:
        uprights.append((usual, wording.text("leaders_usual_mark", size=wording.decimal(usual, 1)), "-."))
    for place, (answers, label, dashes) in enumerate(uprights):
        ax.axvline(answers, color=MUTED, linewidth=1.0, linestyle=dashes)
        # A line of the other may run behind the words.
        words = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        ax.text(answers + 0.01 * most, 0.02 + 0.08 * place, label, ha="left", va="bottom", fontsize=8.5, bbox=words)
    ax.set_xlim(1, most)
    ax.set_ylim(0, 1)
    ax.set_xlabel(wording.text("axis_answers_per_leader"))
    ax.set_ylabel(wording.text("axis_reliability_of_mean"))
    ax.grid(color=GRID)
    number_axis(ax.yaxis, wording)
    if len(curves) > 1:
        legend_above(ax, 3)
    return ax
