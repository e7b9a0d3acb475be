"""Correlations of pairs of items, a triangle per kind of correlation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_heatmap import draw_pairs, heatmap_height


def pairs(
    result: Result, rows: Sequence[Row], wording: Wording, *, quantity: str, method: str | None = None, limit: float = 1.0
) -> list[Drawing]:
    """A triangle per unit; limit: the value with the strongest colour."""
    own = find.where(rows, quantity=quantity, method=method)
    items = list(dict.fromkeys(item for row in own for item in row["item"].split("~")))

    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in own):
            return None
        return Drawing(heatmap_height(len(items)), lambda figure: draw_pairs(figure, own, items, wording, limit=limit))

    return per_unit(own, wording, make)


KINDS: dict[str, Callable[[Result, Sequence[Row], Wording], list[Drawing]]] = {
    name: partial(pairs, quantity=name) for name in ("polychoric", "pearson", "spearman")
}
