"""A figure as PNG for a notebook: the same input gives the same bytes, and nothing stays open."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from .style import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS_PER_INCH = 100


def to_png(axes: Axes) -> bytes:
    """The whole figure that `axes` belong to. It is closed, so that pyplot does not show it once more."""
    import matplotlib.pyplot as plt

    figure = axes.figure.figure  # of a part of a figure too
    buffer = BytesIO()
    with look():
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()
