"""One leader: the plain mean and the model's estimate with their intervals, above the middle half of other leaders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.numerics.arrays import Floats
from ...present.style import GRID, INK, MUTED, ROW, SERIES, label_margin, margins, number_axis, rows_on_y
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of fewer leaders no distribution is shown.
FEWEST_LEADERS = 10


@dataclass(frozen=True)
class DrawnScore:
    """A score of the leader with its interval; NaN in place of the score where nothing but the interval is told."""

    name: str
    score: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class DrawnLeaders:
    """Mean scores of leaders in the same wave."""

    name: str
    means: Floats


def leader_height(lines: int) -> float:
    """Inches that the plot needs."""
    return 0.6 + lines * ROW


def draw_leader(
    figure: Figure,
    scores: Sequence[DrawnScore],
    others: Sequence[DrawnLeaders],
    wording: Wording,
    *,
    ends: tuple[float, float],
    xlabel: str,
    title: str | None,
) -> Axes:
    """Scores as points with intervals, other leaders as a bar from quartile to quartile with a line at the median."""
    ax = figure.subplots()
    lines = [*(each.name for each in scores), *(each.name for each in others)]
    margins(figure, left=label_margin(lines), top=0.1 if title is None else 0.35)
    rows_on_y(ax, lines)
    for line, each in enumerate(scores):
        ax.plot([each.low, each.high], [line, line], color=SERIES[line], solid_capstyle="butt", zorder=2)
        ax.plot([each.score], [line], linestyle="none", marker="o", markersize=5.5, color=SERIES[line], zorder=3)
    for line, leaders in enumerate(others, start=len(scores)):
        low, middle, high = np.quantile(leaders.means, [0.25, 0.5, 0.75])
        ax.barh(line, high - low, left=low, height=0.4, color=GRID, edgecolor=MUTED, linewidth=0.6)
        ax.plot([middle, middle], [line - 0.2, line + 0.2], color=INK)
    ax.set_xlim(*ends)
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color=GRID)
    number_axis(ax.xaxis, wording)
    if title is not None:
        ax.set_title(title)
    return ax
