"""Which plot belongs to which analysis: what `result.plot()` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..core.registry import part
from ..core.results import Result
from ..core.vocabulary import Language
from ..survey.instrument import Instrument
from .drawings import Drawing, estimates
from .style import WIDTH, look
from .wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_result(
    result: Result,
    *,
    language: Language = "en",
    instrument: Instrument | None = None,
    role: str | None = None,
    level: float = 0.95,
    figure: Figure | None = None,
) -> Axes:
    """Draw the plot of a result; what roles cannot share comes below each other, a part for each.

    language: of the labels; instrument: its labels in the place of keys; role: only this one; level: of the intervals;
    figure: where to draw, by default a new pyplot figure. Returns the first Axes; its `.figure` holds the rest. Raises
    UsageError where there is nothing to draw.
    """
    all_rows = result.rows(level)
    rows = [row for row in all_rows if role is None or row["role"] == role]
    module = part(result.analysis, "plot")
    draw = estimates if module is None else module.drawings
    drawings: list[Drawing] = draw(result, rows, Wording(language, instrument))
    if not drawings:
        known = ", ".join(dict.fromkeys(row["role"] for row in all_rows)) or "none"
        raise UsageError(f"nothing in this result can be drawn for role {role or 'any'}: no estimates. Roles in it: {known}.")
    heading = 0.3 if len(drawings) > 1 else 0.0
    heights = [drawing.height + heading for drawing in drawings]
    with look():
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure(figsize=(WIDTH, sum(heights)))
        if len(drawings) == 1:
            return drawings[0].draw(figure)
        panels = []
        parts: Any = figure.subfigures(len(drawings), 1, height_ratios=heights)
        for drawing, outer, height in zip(drawings, parts, heights, strict=True):
            head, body = outer.subfigures(2, 1, height_ratios=(heading, height - heading))
            head.text(0.01, 0.3, drawing.title, fontweight="bold")
            panels.append(drawing.draw(body))
        return panels[0]
