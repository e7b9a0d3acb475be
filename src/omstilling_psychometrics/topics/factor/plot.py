"""Standardized loadings, as points or on the arrows of a path diagram, and what the factor leaves of each pair."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, by_item, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from ..correlation.plot import pairs
from .plot_path_diagram import draw_path_diagram, path_diagram_height, paths_of

# Of what a factor leaves of a pair: as large a residual correlation as this, or larger, has the strongest colour.
STRONGEST_COLOUR = 0.1


def _method(rows: Sequence[Row]) -> str | None:
    """The estimator that is drawn."""
    methods = find.distinct(find.where(rows, quantity="loading_standardized"), "method")
    return "WLSMV" if "WLSMV" in methods else next(iter(methods), None)


def loadings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    method = _method(rows)
    return [] if method is None else by_item(rows, wording, "loading_standardized", method)


def path_diagram(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        paths = paths_of(own, wording)
        return (
            Drawing(path_diagram_height(len(paths)), lambda figure: draw_path_diagram(figure, paths, wording))
            if paths
            else None
        )

    return per_unit(find.where(rows, method=_method(rows)), wording, make)


def residuals(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return pairs(result, rows, wording, quantity="residual_correlation", method=_method(rows), limit=STRONGEST_COLOUR)


KINDS = {"loadings": loadings, "path_diagram": path_diagram, "residuals": residuals}
