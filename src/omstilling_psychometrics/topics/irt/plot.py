"""Category curves of each item."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_curves import category_curves_height, draw_category_curves, parameters


def drawings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    models = [method for method in find.distinct(find.where(rows, quantity="discrimination"), "method") if method]

    def make(own: list[Row]) -> Drawing | None:
        items, values = parameters(own, models[0])
        if not items:
            return None
        categories = wording.instrument.categories if wording.instrument else tuple(range(1, _categories(own, models[0]) + 1))
        return Drawing(
            category_curves_height(len(items)),
            lambda figure: draw_category_curves(figure, items, values, categories, wording, method=models[0]),
        )

    return per_unit(rows, wording, make) if models else []


def _categories(rows: Sequence[Row], model: str) -> int:
    return 1 + len(find.distinct(find.where(rows, quantity="intercept", method=model), "category"))
