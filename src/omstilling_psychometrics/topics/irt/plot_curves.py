"""Item response models: category curves, information with the standard error, items and persons on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.numerics.arrays import Floats
from ...present import rows as find
from ...present.rows import Row
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
from .numerics.models import MODELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


END_OF_THETA = 4.0
GRID_OF_THETA = np.linspace(-END_OF_THETA, END_OF_THETA, 81)
LINES = ("-", "--", "-.", ":")


def parameters(rows: Sequence[Row], method: str = "graded") -> tuple[list[str], Floats]:
    """Items that can be drawn and their parameters (k, m) from rows. A category that nobody chose has no probability: see
    `numerics.irt.graded` and `gpcm` for how it keeps its place."""
    own = find.where(rows, method=method)
    items, values = [], []
    for slope in find.where(own, quantity="discrimination"):
        steps = sorted(find.where(own, quantity="intercept", item=slope["item"]), key=lambda row: row["category"])
        known = [row["estimate"] for row in steps]
        if slope["estimate"] is None or all(one is None for one in known):
            continue
        items.append(slope["item"])
        values.append([slope["estimate"], *(_cumulative(known) if item_model(method) == "graded" else _relative(known))])
    return items, np.array(values, dtype=float)


def item_model(method: str) -> str:
    """The model that a method such as `graded/scalar` speaks of."""
    return method.partition("/")[0]


def _cumulative(known: Sequence[float | None]) -> list[float]:
    """Graded intercepts: infinite where every category on one side was not chosen."""
    first = next(place for place, one in enumerate(known) if one is not None)
    return [(np.inf if place < first else -np.inf) if one is None else one for place, one in enumerate(known)]


def _relative(known: Sequence[float | None]) -> list[float]:
    """Partial credit intercepts from the lowest category on."""
    return [0.0, *(-np.inf if one is None else one for one in known)]


def category_curves_height(items: int, columns: int = 2) -> float:
    """Inches that the plot needs."""
    return 0.75 + 1.35 * (-(-items // columns))


def draw_category_curves(
    figure: Figure, items: Sequence[str], values: Floats, categories: Sequence[int], wording: Wording, *, method: str = "graded"
) -> Axes:
    """One unit: for every item how likely each category is along the latent variable."""
    columns = min(2, len(items))
    panels = figure.subplots(-(-len(items) // columns), columns, squeeze=False, sharex=True, sharey=True)
    margins(figure, left=0.5, right=0.1, top=0.5, bottom=0.5, wspace=0.1, hspace=0.32)
    curves = MODELS[item_model(method)].probabilities(values, GRID_OF_THETA)
    colours = category_colours(len(categories))
    every = list(panels.flat)
    for panel, item, curve in zip(every, items, curves, strict=False):
        for position, (category, probability) in enumerate(zip(categories, curve, strict=True)):
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
    for empty in every[len(items) :]:
        empty.set_axis_off()
    for panel in every[max(0, len(items) - columns) : len(items)]:
        panel.set_xlabel(wording.text("axis_theta"))
        panel.tick_params(labelbottom=True)
    handles, labels = every[0].get_legend_handles_labels()
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
    first: Axes = every[0]
    return first


def draw_information(figure: Figure, rows: Sequence[Row], wording: Wording, model: str = "graded") -> Axes:
    """Units together: conditional standard error 1/sqrt(information) along the latent variable."""
    from scipy.interpolate import PchipInterpolator

    ax = figure.subplots()
    units = find.units(rows)
    margins(figure, top=0.35 if len(units) > 1 else 0.12)
    for position, unit in enumerate(units):
        own = [row for row in find.where(find.of(rows, unit), quantity="information", method=model) if row["estimate"]]
        if len(own) < 2:
            continue
        theta = np.array([row["category"] for row in own], dtype=float)
        fine = np.linspace(theta[0], theta[-1], 121)
        colour = SERIES[position % len(SERIES)]
        bounds = [np.array([row[name] or np.nan for row in own], dtype=float) for name in ("conf_low", "conf_high")]
        if all(np.isfinite(one).all() for one in bounds):
            low, high = (PchipInterpolator(theta, 1 / np.sqrt(one))(fine) for one in bounds)
            ax.fill_between(fine, low, high, color=colour, alpha=0.18, linewidth=0)
        error = PchipInterpolator(theta, 1 / np.sqrt(np.array([row["estimate"] for row in own], dtype=float)))(fine)
        ax.plot(fine, error, color=colour, linestyle=LINES[position % 4], label=wording.unit(*unit))
    ax.set_ylim(bottom=0)
    ax.set_xlabel(wording.text("axis_theta"))
    ax.set_ylabel(wording.text("axis_standard_error"))
    ax.grid(color=GRID)
    number_axis(ax.xaxis, wording)
    number_axis(ax.yaxis, wording)
    if len(units) > 1:
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
    figure: Figure, rows: Sequence[Row], persons: Persons | None, wording: Wording, *, minimum: int, model: str = "graded"
) -> Axes:
    """One unit: where respondents are (bars of fewer than `minimum` left out), and below where each item's thresholds are."""
    steps = [row for row in find.where(rows, quantity="difficulty", method=model) if row["estimate"] is not None]
    items = find.distinct(steps, "item")
    top: Axes
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.15, 0.36 * len(items)))
    margins(figure, left=label_margin([wording.item(item) for item in items]), top=0.1, hspace=0.1)
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
    rows_on_y(bottom, [wording.item(item) for item in items])
    for line, item in enumerate(items):
        of_item = find.where(steps, item=item)
        _off_the_scale(bottom, line, of_item, wording)
        for row in of_item:
            if abs(row["estimate"]) > END_OF_THETA:
                continue
            position = int(row["category"]) - 1
            bottom.plot(row["estimate"], line, marker=MARKERS[position % len(MARKERS)], color=INK, markersize=5)
            bottom.annotate(
                wording.count(row["category"]),
                (row["estimate"], line),
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


def _off_the_scale(ax: Axes, line: int, steps: Sequence[Row], wording: Wording) -> None:
    """Thresholds beyond the ends of the axis: their numbers at the edge, with an arrow."""
    for side, arrow in ((-1, "◂ {}"), (1, "{} ▸")):
        beyond = [wording.count(row["category"]) for row in steps if side * row["estimate"] > END_OF_THETA]
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
