"""How a value is distributed over leaders, and scores over respondents: histograms that show no bar of too few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .style import GRID, INK, SERIES, margins, number_axis
from .wording import Wording

_ABREAST = 3
# A long scale has more possible scores than bars that can be told apart.
_MOST_BARS = 41

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_histograms(
    figure: Figure,
    values: Sequence[tuple[str, NDArray[np.float64], tuple[float, float]]],
    wording: Wording,
    *,
    minimum: int,
    bins: int = 20,
) -> Axes:
    """One panel per (label, known values over leaders, ends of the axis, whatever the values are).

    Bars of fewer than `minimum` leaders are left out, the median is marked; values beyond the ends are in the outermost bars.
    """
    columns = min(2, len(values))
    rows = -(-len(values) // columns)
    panels = figure.subplots(rows, columns, squeeze=False)
    margins(figure, left=0.5, top=0.3, bottom=0.5, wspace=0.25, hspace=0.75)
    for panel, (label, known, (low, high)) in zip(panels.flat, values, strict=False):
        known = np.clip(known, low, high)
        heights, edges = np.histogram(known, bins=bins, range=(low, high))
        shown = np.where(heights >= minimum, heights, 0)
        panel.bar(edges[:-1], shown, width=np.diff(edges), align="edge", color=SERIES[0], edgecolor="white", linewidth=0.5)
        panel.axvline(float(np.median(known)), color=INK, linewidth=1.2, linestyle="--")
        panel.set_title(label, fontsize=9)
        panel.locator_params(axis="y", nbins=4, integer=True)
        panel.grid(axis="y", color=GRID)
        panel.set_xlabel("")
        panel.set_xlim(low, high)
        number_axis(panel.xaxis, wording)
    for empty in list(panels.flat)[len(values) :]:
        empty.set_axis_off()
    first: Axes = panels.flat[0]
    return first


def score_distributions_height(panels: int) -> float:
    """Inches that the plot needs."""
    return 0.6 + 1.9 * -(-panels // _ABREAST)


def draw_score_distributions(
    figure: Figure,
    distributions: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64]]],
    wording: Wording,
    *,
    items: int,
    categories: Sequence[int],
    minimum: int,
) -> Axes:
    """One panel per (label, scores, counts): a bar for each score that complete answers can have, lowest and highest possible
    in another colour, the mean marked; bars of fewer than `minimum` respondents are left out."""
    low, high = float(min(categories)), float(max(categories))
    bars = min(items * (len(categories) - 1) + 1, _MOST_BARS)
    half = (high - low) / (bars - 1) / 2
    rows = -(-len(distributions) // _ABREAST)
    panels = figure.subplots(rows, min(_ABREAST, len(distributions)), squeeze=False)
    margins(figure, left=0.5, top=0.3, bottom=0.5, wspace=0.25, hspace=0.75)
    for panel, (label, score, counts) in zip(panels.flat, distributions, strict=False):
        heights, edges = np.histogram(score, bins=bars, range=(low - half, high + half), weights=counts)
        shown = np.where(heights >= minimum, heights, 0) / counts.sum()
        colours = [SERIES[1], *[SERIES[0]] * (bars - 2), SERIES[1]]
        panel.bar(edges[:-1], shown, width=np.diff(edges), align="edge", color=colours, edgecolor="white", linewidth=0.5)
        panel.axvline(float(counts @ score / counts.sum()), color=INK, linewidth=1.2, linestyle="--")
        panel.set_title(label, fontsize=9)
        panel.locator_params(axis="y", nbins=4)
        panel.grid(axis="y", color=GRID)
        panel.set_xlabel(wording.text("axis_scale_score"))
        number_axis(panel.xaxis, wording)
        number_axis(panel.yaxis, wording, shares=True)
    for empty in list(panels.flat)[len(distributions) :]:
        empty.set_axis_off()
    first: Axes = panels.flat[0]
    return first
