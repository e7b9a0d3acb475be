"""Eigenvalues beside those of parallel analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_scree import draw_scree


def scree(result: Result, rows: Sequence[Row], wording: Wording, *, correlation: str | None = None) -> list[Drawing]:
    """correlation: None for Pearson's, or polychoric."""

    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in find.where(own, quantity="eigenvalue", method=correlation)):
            return None
        return Drawing(2.6, lambda figure: draw_scree(figure, own, wording, kind=correlation))

    return per_unit(rows, wording, make)


KINDS: dict[str, Callable[[Result, Sequence[Row], Wording], list[Drawing]]] = {
    "scree": scree,
    "scree_polychoric": partial(scree, correlation="polychoric"),
}
