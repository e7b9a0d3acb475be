"""Two levels: reliability of a leader's mean by the number of answers, and what each item measures at both levels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ...core.numerics.arrays import Floats
from ...core.results import Result
from ...present import rows as find
from ...present.dots import Dot, dots_height, draw_dots
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.style import number_axis
from ...present.wording import Wording
from ..leaders.analysis_intraclass import RELIABILITIES
from ..leaders.numerics.variance_components import spearman_brown
from ..leaders.plot_reliability_of_means import Curve, draw_reliability_of_means
from ..leaders.report_floor import needed
from .analysis_role import TwoLevelRole
from .analysis_rows import METHODS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 3.2
# What is drawn of each item: quantity and method, and the words for it.
SLOPES = (
    ("loading", "free", "two_level_slope_within"),
    ("loading_between", "free", "two_level_slope_between"),
    ("loading_between", "equal", "two_level_slope_equal"),
)


def reliability_of(single: Row, answers: Floats) -> tuple[Floats, tuple[Floats, Floats] | None]:
    """Reliability of so many answers, and both ends of its interval, from the row of one answer: the interval is one of the
    logit, to which n answers add log n."""
    estimate, low, high = (single[name] for name in ("estimate", "conf_low", "conf_high"))
    band = None if low is None or high is None else (spearman_brown(low, answers), spearman_brown(high, answers))
    return spearman_brown(estimate, answers), band


def reliability_curves(rows: Sequence[Row], wording: Wording) -> list[Curve]:
    """Of one unit, loadings equal and free, with the interval of the first; as far as there are rows."""
    curves: list[Curve] = []
    for method in METHODS:
        own = [row for row in find.where(rows, quantity="leader_reliability", method=method) if row["estimate"] is not None]
        if single := find.one(own, category=1):
            answers = np.arange(1.0, max(row["category"] for row in own) + 1)
            estimate, band = reliability_of(single, answers)
            curves.append(Curve(wording.text(f"two_level_{method}"), answers, estimate, None if curves else band))
    return curves


def slope_dots(rows: Sequence[Row], items: Sequence[str]) -> list[Dot]:
    """Of one unit: a line for each item, a series for each of SLOPES."""
    dots = []
    for series, (quantity, method, _) in enumerate(SLOPES):
        for line, item in enumerate(items):
            row = find.one(rows, quantity=quantity, method=method, item=item)
            if row is not None and row["estimate"] is not None:
                dots.append(Dot(line, series, row["estimate"], row["conf_low"], row["conf_high"]))
    return dots


def slopes_height(items: Sequence[str], wording: Wording) -> float:
    return dots_height(len(items), _series(wording))


def draw_slopes(figure: Figure, dots: Sequence[Dot], items: Sequence[str], wording: Wording) -> Axes:
    """Slopes within and between leaders side by side."""
    axes = draw_dots(
        figure,
        dots,
        lines=[wording.item(item) for item in items],
        series=_series(wording),
        xlabel=wording.text("two_level_axis_slope"),
        reference=(0.0,),
    )
    number_axis(axes.xaxis, wording)
    return axes


def _series(wording: Wording) -> list[str]:
    return [wording.text(word) for _, _, word in SLOPES]


def reliability(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(of_unit: list[Row]) -> Drawing | None:
        curves = reliability_curves(of_unit, wording)
        role = result.models.get(of_unit[0]["role"])
        usual = float(role.answers.answers.mean()) if isinstance(role, TwoLevelRole) else None
        draw = partial(
            draw_reliability_of_means,
            curves=curves,
            wording=wording,
            marked=RELIABILITIES,
            floor=needed(result.answers),
            usual=usual,
        )
        return Drawing(HEIGHT, draw) if curves else None

    return per_unit(rows, wording, make)


def slopes(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(of_unit: list[Row]) -> Drawing | None:
        items = find.distinct(find.where(of_unit, quantity="loading"), "item")
        dots = slope_dots(of_unit, items)
        draw = partial(draw_slopes, dots=dots, items=items, wording=wording)
        return Drawing(slopes_height(items, wording), draw) if dots else None

    return per_unit(rows, wording, make)


KINDS = {"reliability": reliability, "slopes": slopes}
