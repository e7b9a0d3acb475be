"""Generalizability of leaders' means by the number of answers, a line for each number of items."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.style import GRID, MARKERS, MUTED, SERIES, legend_above, margins, number_axis
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_QUANTITY = "generalizability_coefficient"
HEIGHT = 3.2
# Coefficients that are marked.
MARKED = (0.70, 0.80)


def lines(rows: Sequence[Row], wording: Wording) -> list[tuple[str, list[Row]]]:
    """Label and rows with a number of the instrument's own items, and of other numbers of items."""
    own = [row for row in find.where(rows, quantity=_QUANTITY) if row["estimate"] is not None]
    methods = [method for method in find.distinct(own, "method") if method.split("/items_")[0] == "pairwise"]
    return [(_label(method, wording), find.where(own, method=method)) for method in methods]


def _label(method: str, wording: Wording) -> str:
    _, _, other = method.partition("/")
    return wording.method(other) if other else wording.text("generalizability_own_items")


def draw_generalizability(figure: Figure, drawn: Sequence[tuple[str, Sequence[Row]]], wording: Wording) -> Axes:
    """Lines over the answers per leader, with the interval of the first, and the marked coefficients."""
    ax = figure.subplots()
    margins(figure, top=0.55)
    for position, (label, rows) in enumerate(drawn):
        answers, colour = [row["category"] for row in rows], SERIES[position % len(SERIES)]
        if position == 0 and all(row["conf_low"] is not None for row in rows):
            low, high = ([row[end] for row in rows] for end in ("conf_low", "conf_high"))
            ax.fill_between(answers, low, high, color=colour, alpha=0.18, linewidth=0)
        marker = MARKERS[position % len(MARKERS)]
        ax.plot(answers, [row["estimate"] for row in rows], color=colour, marker=marker, markersize=4, label=label)
    most = max(row["category"] for _, rows in drawn for row in rows)
    for value in MARKED:
        ax.axhline(value, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.text(1.2, value, wording.decimal(value, 2), ha="left", va="bottom", fontsize=8.5)
    ax.set_xlim(1, most)
    ax.set_ylim(0, 1)
    ax.set_xlabel(wording.text("axis_answers_per_leader"))
    ax.set_ylabel(wording.quantity(_QUANTITY))
    ax.grid(color=GRID)
    number_axis(ax.yaxis, wording)
    legend_above(ax, 3)
    return ax


def coefficients(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(of_unit: list[Row]) -> Drawing | None:
        drawn = lines(of_unit, wording)
        return Drawing(HEIGHT, partial(draw_generalizability, drawn=drawn, wording=wording)) if drawn else None

    return per_unit(rows, wording, make)


KINDS = {"coefficients": coefficients}
