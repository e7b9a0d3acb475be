"""Item response models: category curves, information with the standard error, items and persons on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.numerics.arrays import Floats
from ...present.style import (
    GRID,
    INK,
    MARKERS,
    MUTED,
    SERIES,
    category_colours,
    label_margin,
    legend_above,
    margins,
    number_axis,
    rows_on_y,
    wrapped,
)
from ...present.wording import Wording
from .analysis_role import FittedRole
from .curves import ItemCurves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


END_OF_THETA = 4.0
GRID_OF_THETA = np.linspace(-END_OF_THETA, END_OF_THETA, 81)
FINE_THETA = np.linspace(-3.0, 3.0, 121)
LINES = ("-", "--", "-.", ":")


def category_curves_height(items: int) -> float:
    """Inches that the plot needs."""
    return 0.75 + 1.35 * (-(-items // 2))


def draw_category_curves(figure: Figure, curves: ItemCurves, wording: Wording) -> Axes:
    """One unit: for every item that varies how likely each category is along the latent variable."""
    items = [curves.names[item] for item in curves.varying]
    columns = min(2, len(items))
    panels = figure.subplots(-(-len(items) // columns), columns, squeeze=False, sharex=True, sharey=True)
    margins(figure, left=0.5, right=0.1, top=0.5, bottom=0.5, wspace=0.1, hspace=0.32)
    colours = category_colours(len(curves.values))
    all_panels = list(panels.flat)
    for panel, item, probabilities in zip(
        all_panels, items, curves.category_curves(GRID_OF_THETA)[curves.varying], strict=False
    ):
        for position, (category, probability) in enumerate(zip(curves.values, probabilities, strict=True)):
            # The middle grey of the bars is too pale for a line.
            colour = MUTED if colours[position] == category_colours(3)[1] else colours[position]
            panel.plot(
                GRID_OF_THETA,
                probability,
                color=colour,
                linestyle=LINES[position % 4],
                label=wording.category(category),
                linewidth=1.4,
            )
        panel.set_title(wrapped(wording.item(item), 34, 1)[0], fontsize=8.5, fontweight="normal")
        panel.set_ylim(0, 1)
        panel.set_xlim(-END_OF_THETA, END_OF_THETA)
        panel.set_yticks((0, 0.5, 1))
        panel.grid(color=GRID)
        number_axis(panel.yaxis, wording)
        number_axis(panel.xaxis, wording)
    for empty in all_panels[len(items) :]:
        empty.set_axis_off()
    for panel in all_panels[max(0, len(items) - columns) : len(items)]:
        panel.set_xlabel(wording.text("axis_theta"))
        panel.tick_params(labelbottom=True)
    handles, labels = all_panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="upper left",
        ncols=min(5, len(labels)),
        bbox_to_anchor=(0.01, 1),
        columnspacing=0.9,
        handlelength=1.6,
        handletextpad=0.4,
        borderaxespad=0.1,
        borderpad=0,
    )
    first: Axes = all_panels[0]
    return first


@dataclass(frozen=True)
class ErrorCurve:
    """The standard error of a unit at `FINE_THETA`, and both ends of its interval, NaN where it has none."""

    name: str
    error: Floats
    low: Floats
    high: Floats

    @staticmethod
    def of(role: FittedRole, name: str, level: float) -> ErrorCurve:
        """Its interval is that of the information turned round."""
        least, most = role.information_bounds(FINE_THETA, level)
        return ErrorCurve(name, role.conditional_standard_error(FINE_THETA), 1 / np.sqrt(most), 1 / np.sqrt(least))


def draw_information(figure: Figure, curves: Sequence[ErrorCurve], wording: Wording) -> Axes:
    """Units together: conditional standard error 1/sqrt(information) along the latent variable."""
    ax = figure.subplots()
    margins(figure, top=0.35 if len(curves) > 1 else 0.12)
    for position, curve in enumerate(curves):
        colour = SERIES[position % len(SERIES)]
        if np.isfinite([curve.low, curve.high]).all():
            ax.fill_between(FINE_THETA, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(FINE_THETA, curve.error, color=colour, linestyle=LINES[position % 4], label=curve.name)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(wording.text("axis_theta"))
    ax.set_ylabel(wording.text("axis_standard_error"))
    ax.grid(color=GRID)
    number_axis(ax.xaxis, wording)
    number_axis(ax.yaxis, wording)
    if len(curves) > 1:
        legend_above(ax, 3)
    return ax


@dataclass(frozen=True)
class Persons:
    """Scores (r,) on the latent variable and how many respondents have each (r,)."""

    theta: Floats
    counts: Floats


def item_person_height(items: int) -> float:
    """Inches that the plot needs."""
    return 1.9 + 0.36 * items


def draw_item_person_map(
    figure: Figure, curves: ItemCurves, persons: Persons | None, wording: Wording, *, minimum: int
) -> Axes:
    """One unit: where respondents are (bars of fewer than `minimum` left out), and below where each item's thresholds are."""
    thresholds = [(curves.names[item], curves.difficulties()[item]) for item in placed(curves)]
    labels = [wording.item(item) for item, _ in thresholds]
    top: Axes
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.15, 0.36 * len(labels)))
    margins(figure, left=label_margin(labels), top=0.1, hspace=0.1)
    edges = np.linspace(-END_OF_THETA, END_OF_THETA, 33)
    if persons is not None:
        heights, _ = np.histogram(np.clip(persons.theta, edges[0], edges[-1]), bins=edges, weights=persons.counts)
        shown = np.where(heights >= minimum, heights, 0)
        top.bar(edges[:-1], shown, width=0.25, align="edge", color=SERIES[0], edgecolor="white", linewidth=0.4)
        if not shown.any():
            top.set_yticks([])
    top.set_ylim(bottom=0)
    top.set_ylabel(wording.text("axis_respondents"))
    if top.get_yticks().size:
        top.locator_params(axis="y", nbins=3, integer=True)
    top.tick_params(axis="x", length=0)
    rows_on_y(bottom, labels)
    for line, (_, difficulties) in enumerate(thresholds):
        steps = [(step, float(place)) for step, place in enumerate(difficulties, start=1) if np.isfinite(place)]
        _off_the_scale(bottom, line, steps, wording)
        for step, place in steps:
            if abs(place) > END_OF_THETA:
                continue
            bottom.plot(place, line, marker=MARKERS[(step - 1) % len(MARKERS)], color=INK, markersize=5)
            bottom.annotate(
                wording.count(step),
                (place, line),
                xytext=(0, 4.5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7.5,
            )
    bottom.set_xlim(-END_OF_THETA, END_OF_THETA)
    bottom.grid(axis="x", color=GRID)
    bottom.set_xlabel(wording.text("axis_theta"))
    number_axis(bottom.xaxis, wording)
    return top


def placed(curves: ItemCurves) -> list[int]:
    """Places of the items that have a threshold on the map."""
    return [int(item) for item in np.flatnonzero(np.isfinite(curves.difficulties()).any(axis=1))]


def _off_the_scale(ax: Axes, line: int, steps: Sequence[tuple[int, float]], wording: Wording) -> None:
    """Thresholds beyond the ends of the axis: their numbers at the edge, with an arrow."""
    for side, arrow in ((-1, "◂ {}"), (1, "{} ▸")):
        beyond = [wording.count(step) for step, place in steps if side * place > END_OF_THETA]
        if beyond:
            place = (side * END_OF_THETA, line)
            align = "left" if side < 0 else "right"
            ax.annotate(
                arrow.format(", ".join(beyond)),
                place,
                xytext=(-3 * side, 0),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=7.5,
            )
