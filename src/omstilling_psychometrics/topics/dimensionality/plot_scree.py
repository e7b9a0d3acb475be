"""Eigenvalues against those of unrelated items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.rows import Row
from ...present.style import GRID, INK, MUTED, SERIES, legend_above, margins, number_axis
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_scree(figure: Figure, rows: Sequence[Row], wording: Wording, *, kind: str | None = None) -> Axes:
    """One unit. kind: None for Pearson correlations, 'polychoric' for polychoric ones."""
    observed = [row for row in find.where(rows, quantity="eigenvalue", method=kind) if row["estimate"] is not None]
    limits = [row for row in find.where(rows, quantity="parallel_threshold", method=kind) if row["estimate"] is not None]
    means = [
        row
        for row in find.where(rows, quantity="parallel_threshold", method="mean" if kind is None else f"mean/{kind}")
        if row["estimate"] is not None
    ]
    ax = figure.subplots()
    margins(figure, left=0.6, top=0.3)
    ax.plot(
        [row["category"] for row in observed],
        [row["estimate"] for row in observed],
        marker="o",
        color=SERIES[0],
        label=wording.quantity("eigenvalue"),
    )
    if limits:
        ax.plot(
            [row["category"] for row in limits],
            [row["estimate"] for row in limits],
            marker="s",
            markersize=4,
            color=SERIES[1],
            linestyle="--",
            linewidth=1.1,
            label=wording.text("scree_limit"),
        )
    if limits and len(means) == len(limits):
        ax.fill_between(
            [row["category"] for row in means],
            [row["estimate"] for row in means],
            [row["estimate"] for row in limits],
            color=SERIES[1],
            alpha=0.25,
            linewidth=0,
        )
    for row in observed:
        ax.annotate(
            wording.decimal(row["estimate"], 2),
            (row["category"], row["estimate"]),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    ax.axhline(1, color=MUTED, linewidth=0.8, linestyle=":")
    ax.set_xticks([row["category"] for row in observed])
    ax.set_ylim(bottom=0)
    ax.set_xlabel(wording.text("axis_factor"))
    ax.grid(axis="y", color=GRID)
    number_axis(ax.yaxis, wording)
    legend_above(ax, 2)
    return ax
