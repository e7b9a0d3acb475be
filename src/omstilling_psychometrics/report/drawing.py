"""Plots for the page: drawn per role or for all roles, as SVG with a title and a description for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..plots import rows as find
from ..plots.dots import Dot, dots_height, draw_dots
from ..plots.style import WIDTH, look, number_axis
from ..plots.svg import new_figure, to_svg
from .blocks import Plot
from .tables import Line
from .view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(
    key: str, draw_on: Callable[[Figure], object], *, height: float, title: str, description: str, width: float = WIDTH
) -> Plot:
    """One plot. key: names its SVG ids; title: its caption; description: what it shows, in words."""
    figure = new_figure(width, height)
    with look():
        draw_on(figure)
    svg = to_svg(figure, key=re.sub(r"[^a-z0-9-]+", "-", key.lower()), title=title, description=description)
    return Plot(svg=Markup(svg), caption=title)  # noqa: S704 - our own drawing, its labels escaped by the SVG writer


def dot_plot(
    view: View,
    key: str,
    rows: Sequence[find.Row],
    lines: Sequence[Line],
    *,
    title: str,
    xlabel: str,
    reference: Sequence[float] = (),
    shares: bool = False,
) -> Plot | None:
    """Estimates with intervals: one line per (label, wanted columns), one series per unit. None if nothing can be drawn."""
    units = find.units(rows)
    dots, words = [], []
    for series, unit in enumerate(units):
        own = find.of(rows, unit)
        for line, (label, wanted) in enumerate(lines):
            row = find.one(own, **wanted)
            if row is not None and row["estimate"] is not None:
                dots.append(Dot(line, series, row["estimate"], row["conf_low"], row["conf_high"]))
                words.append(f"{view.unit(unit)}, {label}: {view.wording.number(row['quantity'], row['estimate'])}")
    if not dots:
        return None

    def draw_on(figure: Figure) -> None:
        axes = draw_dots(figure, dots, lines=[label for label, _ in lines], series=[view.unit(unit) for unit in units],
                         xlabel=xlabel, reference=reference)  # fmt: skip
        number_axis(axes.xaxis, view.wording, shares=shares)

    height = dots_height(len(lines), len(units))
    return draw(key, draw_on, height=height, title=title, description="; ".join(words))
