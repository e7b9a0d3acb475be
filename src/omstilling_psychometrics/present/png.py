"""A figure as PNG, for a notebook or for paper: the same input gives the same bytes, and nothing stays open."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from .style import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Dots per inch.
SHOWN, PRINTED = 100, 300


def figure_png(figure: Figure, dots_per_inch: int) -> bytes:
    """The figure as it is."""
    buffer = BytesIO()
    with look():
        figure.savefig(buffer, format="png", dpi=dots_per_inch, metadata={"Software": None})
    return buffer.getvalue()


def to_png(axes: Axes) -> bytes:
    """The whole figure that `axes` belong to. It is closed, so that pyplot does not show it once more."""
    import matplotlib.pyplot as plt

    figure = axes.figure.figure  # of a part of a figure too
    content = figure_png(figure, SHOWN)
    plt.close(figure)
    return content
