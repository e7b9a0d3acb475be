"""How a value is distributed over leaders: histograms that show no bar of too few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .style import GRID, INK, SERIES, margins, number_axis
from .wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_histograms(
    figure: Figure, values: Sequence[tuple[str, NDArray[np.float64]]], wording: Wording, *, minimum: int, bins: int = 20
) -> Axes:
    """One panel per (label, values over leaders); bars of fewer than `minimum` leaders are left out, the median is marked."""
    columns = min(2, len(values))
    rows = -(-len(values) // columns)
    panels = figure.subplots(rows, columns, squeeze=False)
    margins(figure, left=0.5, top=0.3, bottom=0.5, wspace=0.25, hspace=0.75)
    for panel, (label, every) in zip(panels.flat, values, strict=False):
        known = every[np.isfinite(every)]
        low, high = min(0.0, float(known.min())), max(1.0, float(known.max()))
        heights, edges = np.histogram(known, bins=bins, range=(low, high))
        shown = np.where(heights >= minimum, heights, 0)
        panel.bar(edges[:-1], shown, width=np.diff(edges), align="edge", color=SERIES[0], edgecolor="white", linewidth=0.5)
        panel.axvline(float(np.median(known)), color=INK, linewidth=1.2, linestyle="--")
        panel.set_title(label, fontsize=9)
        panel.locator_params(axis="y", nbins=4, integer=True)
        panel.grid(axis="y", color=GRID)
        panel.set_xlabel("")
        number_axis(panel.xaxis, wording)
    for empty in list(panels.flat)[len(values) :]:
        empty.set_axis_off()
    first: Axes = panels.flat[0]
    return first
