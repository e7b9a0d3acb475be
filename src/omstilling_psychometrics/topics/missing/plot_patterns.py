"""Which items are left unanswered together: bars of how often, above a grid of filled (answered) and open dots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.rows import Row
from ...present.style import GRID, INK, SERIES, label_margin, margins, rows_on_y
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 14


def incomplete_patterns(rows: Sequence[Row]) -> list[Row]:
    """`pattern_count` rows with an item unanswered, the most frequent first; joined rare patterns last."""
    counts = [row for row in find.where(rows, quantity="pattern_count") if row["estimate"] is not None]
    named = [row for row in counts if set(row["item"]) <= {"0", "1"} and "0" in row["item"]]
    return sorted(named, key=lambda row: (-row["estimate"], row["item"])) + find.where(counts, item="other")


def answer_patterns_height(items: int) -> float:
    """Inches that the plot needs."""
    return 1.6 + 0.34 * items


def draw_answer_patterns(figure: Figure, rows: Sequence[Row], items: Sequence[str], wording: Wording) -> Axes:
    """One unit. items: keys in the order of the pattern's digits."""
    found = incomplete_patterns(rows)
    shown = [row for row in found if row["item"] != "other"][:MOST]
    rest = sum(row["estimate"] for row in found if row not in shown)
    heights = [row["estimate"] for row in shown] + ([rest] if rest else [])
    bars: Axes
    bars, grid = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 0.34 * len(items)))
    margins(figure, left=label_margin([wording.item(key) for key in items]), top=0.12, bottom=0.1, hspace=0.08)
    bars.bar(range(len(heights)), heights, width=0.62, color=SERIES[0])
    for place, height in enumerate(heights):
        bars.text(place, height, wording.count(height), ha="center", va="bottom", fontsize=8)
    bars.set_ylabel(wording.text("axis_respondents"))
    bars.set_ylim(0, 1.18 * max(heights, default=1.0))
    bars.locator_params(axis="y", nbins=4, integer=True)
    bars.grid(axis="y", color=GRID)
    bars.tick_params(axis="x", length=0)
    rows_on_y(grid, [wording.item(key) for key in items])
    for place, row in enumerate(shown):
        open_dots = [line for line, answered in enumerate(row["item"]) if answered == "0"]
        filled = [line for line, answered in enumerate(row["item"]) if answered == "1"]
        grid.plot([place] * len(filled), filled, "o", color="#c6ccd3", markersize=5)
        grid.plot([place] * len(open_dots), open_dots, "o", color=INK, markersize=7.5)
        grid.plot([place] * 2, [min(open_dots), max(open_dots)], color=INK, linewidth=1.6)
    if rest:
        grid.text(
            len(shown), (len(items) - 1) / 2, wording.text("other_patterns"), rotation=90, ha="center", va="center", fontsize=8
        )
    grid.set_xlim(-0.6, max(0.6, len(heights) - 0.4))
    grid.set_xticks([])
    grid.spines["bottom"].set_visible(False)
    return bars
