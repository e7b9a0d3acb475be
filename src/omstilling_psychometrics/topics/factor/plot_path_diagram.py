"""Path diagram of the one-factor model: the factor, its standardized loadings, what they leave of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.rows import Row
from ...present.style import INK, MUTED, SERIES, wrapped
from ...present.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FACTOR, _BOX, _RESIDUAL = 1.0, 5.2, 9.1  # where they stand from left to right
_BOX_WIDTH = 3.9


@dataclass(frozen=True)
class Path:
    """An item with its standardized loading and the residual variance that goes with it; extra: residual correlations."""

    item: str
    loading: float
    residual: float


def paths_of(rows: Sequence[Row], wording: Wording) -> list[Path]:
    """The paths of one unit and estimator; none where a loading has no number."""
    loadings = find.where(rows, quantity="loading_standardized")
    if any(row["estimate"] is None for row in loadings):
        return []
    return [Path(wording.item(row["item"]), row["estimate"], 1 - row["estimate"] ** 2) for row in loadings]


def path_diagram_height(items: int) -> float:
    """Inches that the plot needs."""
    return 0.25 + 0.55 * items


def draw_path_diagram(figure: Figure, paths: Sequence[Path], wording: Wording) -> Axes:
    """One unit: arrows from the factor to the items, as thick as the loading is strong."""
    from matplotlib.patches import Ellipse, Rectangle

    ax = figure.subplots()
    figure.subplots_adjust(left=0.005, right=0.995, top=0.99, bottom=0.01)
    ax.set_axis_off()
    ax.set_xlim(0, 10)
    ax.set_ylim(len(paths) - 0.5, -0.5)
    middle = (len(paths) - 1) / 2
    ax.add_patch(Ellipse((_FACTOR, middle), 1.9, 1.15, facecolor="white", edgecolor=INK, linewidth=1.3, zorder=3))
    ax.text(_FACTOR, middle, wording.text("factor_word"), ha="center", va="center", fontsize=9, zorder=4)
    for place, path in enumerate(paths):
        ax.annotate(
            "",
            xy=(_BOX - 0.02, place),
            xytext=(_FACTOR + 0.93, middle),
            zorder=2,
            arrowprops={
                "arrowstyle": "-|>",
                "color": SERIES[0],
                "linewidth": 0.6 + 2.2 * abs(path.loading),
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        x, y = _FACTOR + 0.93 + 0.66 * (_BOX - _FACTOR - 0.95), middle + 0.66 * (place - middle)
        ax.text(
            x,
            y,
            _number(wording, path.loading),
            ha="center",
            va="center",
            fontsize=9,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        )
        ax.add_patch(
            Rectangle((_BOX, place - 0.36), _BOX_WIDTH - 0.75, 0.72, facecolor="white", edgecolor=INK, linewidth=1.1, zorder=3)
        )
        lines = wrapped(path.item, 24)
        for number, line in enumerate(lines):
            ax.annotate(
                line,
                (_BOX + (_BOX_WIDTH - 0.75) / 2, place),
                xytext=(0, 5.3 * (len(lines) - 1) - 10.6 * number),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=8.5,
                zorder=4,
            )
        ax.annotate(
            "",
            xy=(_BOX + _BOX_WIDTH - 0.73, place),
            xytext=(_RESIDUAL - 0.05, place),
            arrowprops={"arrowstyle": "-|>", "color": MUTED, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0},
        )
        ax.text(_RESIDUAL, place, _number(wording, path.residual), ha="left", va="center", fontsize=9, color=INK)
    return ax


def _number(wording: Wording, value: float) -> str:
    return wording.decimal(value, 2).replace("-", "\N{MINUS SIGN}")
