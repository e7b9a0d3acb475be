"""Plots for the page: drawn per role or for all roles, as SVG with a title and a description for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from markupsafe import Markup

from . import rows as find
from .blocks import Plot
from .dots import Line, collect_dots, dots_height, draw_dots
from .style import WIDTH, look, number_axis
from .svg import new_figure, to_svg
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
    name = f"{re.sub(r'[^a-z0-9-]+', '-', key.lower())}-{crc32(key.encode('utf-8')):x}"  # keys may hold roles and groups
    svg = to_svg(figure, key=name, title=title, description=description)
    return Plot(svg=Markup(svg), caption=title)


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
    dots = collect_dots(rows, lines)
    words = [
        f"{view.unit(units[dot.series])}, {lines[dot.line][0]}: {view.wording.number(rows[0]['quantity'], dot.estimate)}"
        for dot in dots
    ]
    if not dots:
        return None

    def draw_on(figure: Figure) -> None:
        axes = draw_dots(
            figure,
            dots,
            lines=[label for label, _ in lines],
            series=[view.unit(unit) for unit in units],
            xlabel=xlabel,
            reference=reference,
        )
        number_axis(axes.xaxis, view.wording, shares=shares)

    height = dots_height(len(lines), [view.unit(unit) for unit in units])
    return draw(key, draw_on, height=height, title=title, description="; ".join(words))
