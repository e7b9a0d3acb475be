"""Category curves of each item."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing
from ...present.rows import Row, Unit
from ...present.wording import Wording
from .analysis_groups import IrtGroupsResult
from .curves import ItemCurves
from .plot_curves import category_curves_height, draw_category_curves


def drawings(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    """Those of each role, or of the groups that were fitted together."""
    parts = [_drawing(result, unit, wording) for unit in find.units(rows)]
    return [part for part in parts if part is not None]


def _drawing(result: Result, unit: Unit, wording: Wording) -> Drawing | None:
    curves = result.models.get((unit[1] or "") if isinstance(result, IrtGroupsResult) else unit[0])
    if not isinstance(curves, ItemCurves) or not curves.varying:
        return None
    return Drawing(
        category_curves_height(len(curves.varying)),
        lambda figure: draw_category_curves(figure, curves, wording),
        wording.unit(*unit),
    )
