"""Score distributions side by side: from the 10th to the 90th percentile, the middle half, the median and the mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.rows import Row
from ...present.style import GRID, INK, SERIES, label_margin, margins, number_axis, rows_on_y
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def quantiles_height(units: int) -> float:
    """Inches that the plot needs."""
    return 0.75 + 0.5 * units


def draw_quantiles(figure: Figure, rows: Sequence[Row], wording: Wording, *, categories: Sequence[int] = ()) -> Axes:
    """rows: `score_quantile` (category = share) and `score_mean` of each unit; categories: of the scale, for the axis."""
    known = [row for row in find.where(rows, quantity="score_quantile") if row["estimate"] is not None]
    units = find.units(known)
    labels = [wording.unit(*unit) for unit in units]
    ax = figure.subplots()
    margins(figure, left=label_margin(labels), top=0.1)
    rows_on_y(ax, labels)
    for line, unit in enumerate(units):
        at = {row["category"]: row["estimate"] for row in find.of(known, unit)}
        colour = SERIES[line % len(SERIES)]
        ax.plot([at[min(at)], at[max(at)]], [line, line], color=colour, linewidth=1.6, solid_capstyle="butt")
        ax.plot(
            [at.get(0.25, at[min(at)]), at.get(0.75, at[max(at)])],
            [line, line],
            color=colour,
            linewidth=9,
            alpha=0.45,
            solid_capstyle="butt",
        )
        if 0.5 in at:
            ax.plot([at[0.5]] * 2, [line - 0.2, line + 0.2], color=INK, linewidth=1.6)
        mean = find.estimate(find.of(rows, unit), quantity="score_mean")
        if mean is not None:
            ax.plot(mean, line, marker="D", markersize=5.5, color=colour, markeredgecolor="white", markeredgewidth=0.8)
    if categories:
        ax.set_xlim(min(categories), max(categories))
    ax.set_xlabel(wording.text("axis_scale_score"))
    ax.grid(axis="x", color=GRID)
    number_axis(ax.xaxis, wording)
    return ax
