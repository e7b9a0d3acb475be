"""Stacked distributions: the answers of those who answered, and beside them how many did not answer, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.rows import Row
from ...present.style import (
    GRID,
    REASON_FILLS,
    ROW,
    category_colours,
    label_margin,
    margins,
    readable_on,
    rows_on_y,
    size_in_inches,
)
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Narrower segments have no room for their percentage.
_ROOM = 0.07


def draw_distributions(figure: Figure, items: Sequence[Row], rates: Sequence[Row], wording: Wording) -> Axes:
    """One unit: shares of the categories among the answers (left), non-answers among those shown the item (right).

    items: rows of `items` with `proportion`; rates: rows of `missingness` with `rate`, may be empty.
    """
    shares = find.where(items, quantity="proportion")
    keys = find.distinct(shares, "item")
    rates = [row for row in rates if row["quantity"] == "rate" and row["method"] != "any" and row["estimate"] is not None]
    panels = figure.subplots(1, 2, width_ratios=(3, 1.1), sharey=True) if rates else [figure.subplots()]
    margins(
        figure, left=label_margin([wording.item(key) for key in keys]), top=0.3 + 0.2 * bool(rates), bottom=0.5, wspace=0.14
    )
    left = panels[0]
    _answers(left, shares, keys, wording)
    _legend(figure, left, line=0)
    if rates:
        _non_answers(panels[1], rates, keys, wording)
        _legend(figure, panels[1], line=1)
    return left


def distributions_height(items: int) -> float:
    """Inches that the plot needs."""
    return 1.05 + ROW * items


def _legend(figure: Figure, ax: Axes, *, line: int) -> None:
    """A legend in one line across the whole figure."""
    handles, labels = ax.get_legend_handles_labels()
    width, height = size_in_inches(figure)
    figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.08 / width, 1 - 0.2 * line / height),
        ncols=len(labels),
        columnspacing=0.9,
        handlelength=1.1,
        handletextpad=0.4,
        borderaxespad=0.1,
        borderpad=0,
    )


def _percent_axis(ax: Axes, wording: Wording) -> None:
    from matplotlib.ticker import FuncFormatter

    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.share(value, 0)))
    ax.grid(axis="x", color=GRID)


def _answers(ax: Axes, shares: Sequence[Row], keys: Sequence[str], wording: Wording) -> None:
    categories = sorted(find.distinct(shares, "category"))
    colours = category_colours(len(categories))
    rows_on_y(ax, [wording.item(key) for key in keys])
    ax.set_xticks((0, 0.5, 1))
    start = [0.0] * len(keys)
    for category, colour in zip(categories, colours, strict=True):
        widths = [find.estimate(shares, item=key, category=category) or 0.0 for key in keys]
        ax.barh(
            range(len(keys)),
            widths,
            left=start,
            height=0.68,
            color=colour,
            edgecolor="white",
            linewidth=0.6,
            label=wording.category(category),
        )
        for line, width in enumerate(widths):
            if width >= _ROOM:
                ax.text(
                    start[line] + width / 2,
                    line,
                    wording.decimal(100 * width, 0),
                    ha="center",
                    va="center",
                    color=readable_on(colour),
                    fontsize=8,
                )
        start = [before + width for before, width in zip(start, widths, strict=True)]
    ax.set_xlim(0, 1)
    _percent_axis(ax, wording)
    # The axis of the non-answers begins where this one ends: their labels keep apart.
    ax.get_xticklabels()[-1].set_horizontalalignment("right")
    ax.set_xlabel(wording.text("axis_share_of_answers"))


def _non_answers(ax: Axes, rates: Sequence[Row], keys: Sequence[str], wording: Wording) -> None:
    from matplotlib.ticker import MaxNLocator

    start = [0.0] * len(keys)
    for position, reason in enumerate(find.distinct(rates, "method")):
        fill, hatch = REASON_FILLS[position % len(REASON_FILLS)]
        widths = [find.estimate(rates, item=key, method=reason) or 0.0 for key in keys]
        ax.barh(
            range(len(keys)),
            widths,
            left=start,
            height=0.68,
            color=fill,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.6,
            label=wording.reason(reason),
        )
        start = [before + width for before, width in zip(start, widths, strict=True)]
    for line, total in enumerate(start):
        ax.text(total, line, f" {wording.share(total, 1)}", ha="left", va="center", fontsize=8)
    limit = max(0.02, 1.45 * max(start, default=0.0))
    ax.set_xlim(0, limit)
    ax.set_xticks([tick for tick in MaxNLocator(nbins=2).tick_values(0, limit) if tick <= limit])
    _percent_axis(ax, wording)
    ax.get_xticklabels()[0].set_horizontalalignment("left")
    ax.set_xlabel(wording.text("axis_unanswered"))
    ax.spines["left"].set_visible(True)
