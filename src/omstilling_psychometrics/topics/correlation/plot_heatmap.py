"""Values of pairs of items as a coloured triangle with the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...present.rows import Row
from ...present.style import INK, label_margin, margins, readable_on, rows_on_y, wrapped
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Brown for below zero, white for zero, blue for above: told apart by every kind of colour vision.
_BELOW_ZERO_ABOVE = ("#8c510a", "#f7f7f7", "#01538f")


def heatmap_height(items: int) -> float:
    """Inches that the plot needs."""
    return 0.75 + 0.5 * (items - 1)


def draw_pairs(figure: Figure, rows: Sequence[Row], items: Sequence[str], wording: Wording, *, limit: float) -> Axes:
    """One unit. rows: one per pair of items; limit: the value with the strongest colour, on both sides."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
    from matplotlib.patches import Rectangle

    colours, scale = LinearSegmentedColormap.from_list("pairs", _BELOW_ZERO_ABOVE), Normalize(-limit, limit, clip=True)
    place = {item: position for position, item in enumerate(items)}
    ax = figure.subplots()
    labels = [wording.item(item) for item in items]
    margins(figure, left=label_margin(labels[1:]), right=0.15, top=0.1, bottom=0.62)
    for row in rows:
        if row["estimate"] is None:
            continue
        first, second = sorted(place[item] for item in row["item"].split("~"))
        colour = to_hex(colours(scale(row["estimate"])))
        ax.add_patch(Rectangle((first - 0.5, second - 1.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.5))
        ax.text(
            first,
            second - 1,
            wording.decimal(row["estimate"], 2).replace("-", "\N{MINUS SIGN}"),
            ha="center",
            va="center",
            fontsize=9,
            color=readable_on(colour),
        )
    rows_on_y(ax, labels[1:])
    for rule in ax.lines:
        rule.set_visible(False)
    ax.set_xlim(-0.5, len(items) - 1.5)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    for position, label in enumerate(labels[:-1]):
        for number, line in enumerate(wrapped(label, 13, 3)):
            ax.annotate(
                line,
                (position, 0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0, -5 - 10.5 * number),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=8.5,
                color=INK,
                annotation_clip=False,
            )
    return ax
