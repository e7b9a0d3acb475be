"""Observed indices of fit beside cut-offs made for the data: a panel per index, a line per unit, worse fit to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing
from ...present.rows import Row
from ...present.style import GRID, INK, MUTED, SERIES, label_margin, margins, number_axis, rows_on_y
from ...present.wording import Wording
from .fit_systems import fixed_cutoffs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Indices that are drawn, those judged by first.
INDICES = (("cfi_robust", "rmsea_robust", "srmr"), ("cfi_scaled", "rmsea_scaled", "srmr"), ("cfi", "rmsea", "srmr"))

_LEGEND, _BETWEEN, _BOTTOM, _LINE = 0.75, 0.62, 0.35, 0.32


def drawn_methods(rows: Sequence[Row]) -> list[str]:
    """The methods (estimator/index) of the panels: the first set of indices that were observed."""
    methods = find.distinct(find.where(rows, quantity="dynamic_observed"), "method")
    for wanted in INDICES:
        methods_of_index = [method for index in wanted for method in methods if method.rpartition("/")[2] == index]
        if len(methods_of_index) > 1:
            return methods_of_index
    return []


def cutoffs_height(panels: int, units: int) -> float:
    """Inches that the plot needs."""
    return _LEGEND + panels * units * _LINE + (panels - 1) * _BETWEEN + _BOTTOM


def draw_cutoffs(
    figure: Figure, rows: Sequence[Row], methods: Sequence[str], wording: Wording, *, fixed: Mapping[str, float]
) -> Axes:
    """fixed: the fixed cut-off of an index, by its name without a variant."""
    units = find.units(find.where(rows, quantity="dynamic_observed"))
    panels = figure.subplots(len(methods), 1, squeeze=False)[:, 0]
    names = [wording.unit(*unit) for unit in units]
    margins(
        figure,
        left=label_margin(names),
        top=_LEGEND,
        bottom=_BOTTOM,
        hspace=_BETWEEN / (len(units) * _LINE),
    )
    for ax, method in zip(panels, methods, strict=True):
        rows_on_y(ax, names)
        index = method.rpartition("/")[2]
        of_method = find.where(rows, method=method)
        for line, unit in enumerate(units):
            _draw_line(ax, find.of(of_method, unit), line)
        known = fixed.get(index.partition("_")[0])
        if known is not None:
            ax.axvline(known, color=MUTED, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
        ax.set_title(wording.method(index))
        ax.margins(x=0.06)
        if index.startswith("cfi"):
            ax.invert_xaxis()
        ax.locator_params(axis="x", nbins=6)
        ax.grid(axis="x", color=GRID)
        number_axis(ax.xaxis, wording)
    _legend(figure, wording)
    first: Axes = panels[0]
    return first


def _draw_line(ax: Axes, rows: Sequence[Row], line: int) -> None:
    cuts = [row for row in find.where(rows, quantity="dynamic_cutoff") if row["estimate"] is not None]
    places = [row["estimate"] for row in cuts]
    if places:
        ax.plot([places[0], places[-1]], [line, line], color=GRID, linewidth=3, solid_capstyle="butt", zorder=1)
    for row in cuts:
        if row["category"] == 0:
            ax.plot(row["estimate"], line, marker="|", markersize=13, markeredgewidth=1.6, color=SERIES[2], zorder=2)
            continue
        ax.plot(row["estimate"], line, marker="o", markersize=11, color=SERIES[1], zorder=2)
        ax.annotate(
            str(row["category"]),
            (row["estimate"], line),
            ha="center",
            va="center_baseline",
            fontsize=8,
            color="white",
            zorder=3,
        )
    observed = find.estimate(rows, quantity="dynamic_observed")
    if observed is not None:
        ax.plot(observed, line, marker="D", markersize=6, color=SERIES[0], markeredgecolor="white", zorder=4)


def _legend(figure: Figure, wording: Wording) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="none", marker="D", markersize=6, color=SERIES[0], label=wording.text("cutoffs_observed")),
        Line2D(
            [],
            [],
            linestyle="none",
            marker="|",
            markersize=11,
            markeredgewidth=1.6,
            color=SERIES[2],
            label=wording.text("cutoffs_limit"),
        ),
        Line2D([], [], linestyle="none", marker="o", markersize=9, color=SERIES[1], label=wording.text("cutoffs_level")),
        Line2D([], [], color=MUTED, linewidth=1.1, linestyle=(0, (4, 3)), label=wording.text("cutoffs_fixed")),
    ]
    figure.legend(
        handles=handles, loc="upper left", ncols=2, columnspacing=0.9, handlelength=1.1, handletextpad=0.4, labelcolor=INK
    )


def cutoffs(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    methods = drawn_methods(rows)
    if not methods:
        return []
    height = cutoffs_height(len(methods), len(find.units(find.where(rows, quantity="dynamic_observed"))))
    return [Drawing(height, lambda figure: draw_cutoffs(figure, rows, methods, wording, fixed=fixed_cutoffs()))]


KINDS = {"cutoffs": cutoffs}
