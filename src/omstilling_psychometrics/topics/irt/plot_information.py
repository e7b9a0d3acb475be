"""What each item tells along the latent variable, and the answer that is expected there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...present.style import GRID, SERIES, margins, number_axis, wrapped
from ...present.wording import Wording
from .curves import ItemCurves
from .plot_curves import END_OF_THETA, GRID_OF_THETA, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEGEND_COLUMNS = 2


def _legend_height(items: int) -> float:
    return 0.12 + 0.2 * (-(-items // _LEGEND_COLUMNS))


def item_information_height(items: int) -> float:
    """Inches that the plot needs."""
    return 2.45 + _legend_height(items)


def draw_item_information(figure: Figure, curves: ItemCurves, wording: Wording) -> Axes:
    """One unit: information (left) and expected answer (right) of every item that varies."""
    items = [curves.names[item] for item in curves.varying]
    left, right = figure.subplots(1, 2)
    margins(figure, left=0.5, right=0.1, top=_legend_height(len(items)) + 0.1, bottom=0.5, wspace=0.28)
    information = curves.item_information(GRID_OF_THETA)[curves.varying]
    expected = curves.expected_scores(GRID_OF_THETA)[curves.varying]
    for position, item in enumerate(items):
        look = {"color": SERIES[position % len(SERIES)], "linestyle": LINES[position % len(LINES)]}
        left.plot(GRID_OF_THETA, information[position], label=wrapped(wording.item(item), 34, 1)[0], **look)
        right.plot(GRID_OF_THETA, expected[position], **look)
    left.set_ylim(bottom=0)
    left.set_ylabel(wording.text("axis_information"))
    right.set_ylim(curves.values[0], curves.values[-1])
    right.set_ylabel(wording.text("axis_expected_answer"))
    for panel in (left, right):
        panel.set_xlim(-END_OF_THETA, END_OF_THETA)
        panel.set_xlabel(wording.text("axis_theta"))
        panel.grid(color=GRID)
        number_axis(panel.xaxis, wording)
        number_axis(panel.yaxis, wording)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="upper left",
        ncols=_LEGEND_COLUMNS,
        bbox_to_anchor=(0.01, 1),
        columnspacing=0.9,
        handlelength=1.6,
        handletextpad=0.4,
        borderaxespad=0.1,
        borderpad=0,
    )
    axes: Axes = left
    return axes
