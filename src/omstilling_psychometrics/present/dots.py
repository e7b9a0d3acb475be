"""Dot plot: one estimate with its interval per line, series (roles) side by side in each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import rows as find
from .rows import Row
from .style import GRID, MARKERS, MUTED, ROW, SERIES, label_margin, legend_above, margins, rows_on_y

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Dot:
    """An estimate on line `line` of series `series`, with its interval where it has one."""

    line: int
    series: int
    estimate: float
    low: float | None = None
    high: float | None = None


# Of one series: two lines of a label.
_ROW_OF_ONE = 0.32

Line = tuple[str, Mapping[str, object]]


def collect_dots(rows: Sequence[Row], lines: Sequence[Line]) -> list[Dot]:
    """The estimates of the rows: one line per (label, wanted columns), one series per unit."""
    dots = []
    for series, unit in enumerate(find.units(rows)):
        unit_rows = find.of(rows, unit)
        for line, (_, wanted) in enumerate(lines):
            row = find.one(unit_rows, **wanted)
            if row is not None and row["estimate"] is not None:
                dots.append(Dot(line, series, row["estimate"], row["conf_low"], row["conf_high"]))
    return dots


def dots_height(lines: int, series: Sequence[str]) -> float:
    """Inches that the plot needs."""
    row = ROW if len(series) > 1 else _ROW_OF_ONE
    return 0.6 + _legend_height(series) + lines * max(row, 0.16 * len(series) + 0.1)


def _legend_columns(series: Sequence[str]) -> int:
    """How many names fit side by side above the panel."""
    return max(1, min(len(series), 4, round(58 / (6 + max(map(len, series))))))


def _legend_height(series: Sequence[str]) -> float:
    return 0.1 if len(series) < 2 else 0.12 + 0.2 * -(-len(series) // _legend_columns(series))


def draw_dots(
    figure: Figure,
    dots: Sequence[Dot],
    *,
    lines: Sequence[str],
    series: Sequence[str],
    xlabel: str,
    reference: Sequence[float] = (),
) -> Axes:
    """Draw the dots; `reference` values get a dashed line (a cut-off)."""
    ax = figure.subplots()
    margins(figure, left=label_margin(lines), top=_legend_height(series))
    rows_on_y(ax, lines)
    spread = 0.62 if len(series) > 1 else 0.0
    for value in reference:
        ax.axvline(value, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    for position, name in enumerate(series):
        offset = spread * (position / max(1, len(series) - 1) - 0.5)
        dots_here = [dot for dot in dots if dot.series == position]
        colour = SERIES[position % len(SERIES)]
        for dot in dots_here:
            if dot.low is not None and dot.high is not None:
                ax.plot([dot.low, dot.high], [dot.line + offset] * 2, color=colour, solid_capstyle="butt", zorder=2)
        ax.plot(
            [dot.estimate for dot in dots_here],
            [dot.line + offset for dot in dots_here],
            linestyle="none",
            marker=MARKERS[position % len(MARKERS)],
            markersize=5.5,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            label=name,
            zorder=3,
        )
    ax.set_xlabel(xlabel)
    ax.locator_params(axis="x", nbins=6)
    ax.grid(axis="x", color=GRID)
    if len(series) > 1:
        legend_above(ax, _legend_columns(series), figure=figure)
    return ax
