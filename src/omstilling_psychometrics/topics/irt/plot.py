"""Curves of item response models: categories of each item, information of each item, the error of a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing
from ...present.rows import Row, Unit
from ...present.wording import Wording
from .analysis_groups import IrtGroupsResult
from .curves import ItemCurves
from .plot_curves import FINE_THETA, ErrorCurve, category_curves_height, draw_category_curves, draw_information
from .plot_information import draw_item_information, item_information_height


def categories(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(curves: ItemCurves) -> Drawing:
        height = category_curves_height(len(curves.varying))
        return Drawing(height, lambda figure: draw_category_curves(figure, curves, wording))

    return _per_model(result, rows, wording, make)


def information(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(curves: ItemCurves) -> Drawing:
        height = item_information_height(len(curves.varying))
        return Drawing(height, lambda figure: draw_item_information(figure, curves, wording))

    return _per_model(result, rows, wording, make)


def errors(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    """All units in one panel."""
    units = [(unit, _model(result, unit)) for unit in find.units(rows)]
    without_band = np.full(len(FINE_THETA), np.nan)
    curves = [
        ErrorCurve(wording.unit(*unit), model.conditional_standard_error(FINE_THETA), without_band, without_band)
        for unit, model in units
        if isinstance(model, ItemCurves) and model.varying
    ]
    return [Drawing(3.0, lambda figure: draw_information(figure, curves, wording))] if curves else []


def _per_model(result: Result, rows: Sequence[Row], wording: Wording, make: Callable[[ItemCurves], Drawing]) -> list[Drawing]:
    """One of each role, or of the groups that were fitted together."""
    found = []
    for unit in find.units(rows):
        curves = _model(result, unit)
        if isinstance(curves, ItemCurves) and curves.varying:
            one = make(curves)
            found.append(Drawing(one.height, one.draw, wording.unit(*unit)))
    return found


def _model(result: Result, unit: Unit) -> object:
    return result.models.get((unit[1] or "") if isinstance(result, IrtGroupsResult) else unit[0])


KINDS = {"categories": categories, "information": information, "errors": errors}
