"""Plots for the page: drawn per role or for all roles, with a title and a description for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from markupsafe import Markup

from . import rows as find
from .blocks import Plot
from .dots import Line, collect_dots, dots_height, draw_dots
from .png import PRINTED, figure_png
from .style import WIDTH, look, number_axis
from .svg import new_figure, to_svg
from .view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A figure that is drawn when asked for. key: names its SVG ids; title, description: for those who cannot see it."""

    key: str
    draw_on: Callable[[Figure], object]
    width: float
    height: float
    title: str
    description: str

    def _figure(self) -> Figure:
        figure = new_figure(self.width, self.height)
        with look():
            self.draw_on(figure)
        return figure

    def svg(self) -> Markup:
        """For a page."""
        # Keys may hold roles and groups.
        name = f"{re.sub(r'[^a-z0-9-]+', '-', self.key.lower())}-{crc32(self.key.encode('utf-8')):x}"
        return Markup(to_svg(self._figure(), key=name, title=self.title, description=self.description))

    def png(self) -> bytes:
        """For paper."""
        return figure_png(self._figure(), PRINTED)


def draw(
    key: str, draw_on: Callable[[Figure], object], *, height: float, title: str, description: str, width: float = WIDTH
) -> Plot:
    """One plot. key: names its SVG ids; title: its caption; description: what it shows, in words."""
    return Plot(picture=Drawn(key, draw_on, width, height, title, description), caption=title, description=description)


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
