"""Which plot belongs to which analysis: what `result.plot()` shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..criteria import fixed_cutoffs
from ..errors import UsageError
from ..instrument import Instrument, Language
from ..results import Result
from . import rows as find
from .answer_patterns import answer_patterns_height, draw_answer_patterns, incomplete_patterns
from .curves import draw_reliability_of_means, intraclass_correlations
from .cutoffs import cutoffs_height, draw_cutoffs, drawn_methods
from .distributions import distributions_height, draw_distributions
from .dots import Line, collect_dots, dots_height, draw_dots
from .heatmap import draw_pairs, heatmap_height
from .item_response import category_curves_height, draw_category_curves, parameters
from .quantiles import draw_quantiles, quantiles_height
from .rows import Row, Unit
from .scree import draw_scree
from .style import WIDTH, look, number_axis
from .wording import Wording, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """A plot that knows how high it has to be (inches) and how it is drawn; title: whose numbers it shows."""

    height: float
    draw: Callable[[Figure], Axes]
    title: str = ""


Maker = Callable[[Sequence[Row], Wording], list[Drawing]]

# Estimates beyond this are not drawn where an analysis has no plot of its own.
_MOST_LINES = 40


def plot_result(
    result: Result,
    *,
    language: Language = "en",
    instrument: Instrument | None = None,
    role: str | None = None,
    level: float = 0.95,
    figure: Figure | None = None,
) -> Axes:
    """Draw the plot of a result; what roles cannot share comes below each other, a part for each.

    language: of the labels; instrument: its labels in the place of keys; role: only this one; level: of the intervals;
    figure: where to draw, by default a new pyplot figure. Returns the first Axes; its `.figure` holds the rest. Raises
    UsageError where there is nothing to draw.
    """
    every = result.rows(level)
    rows = [row for row in every if role is None or row["role"] == role]
    drawings = _MAKERS.get(result.analysis, _estimates)(rows, Wording(language, instrument))
    if not drawings:
        known = ", ".join(dict.fromkeys(row["role"] for row in every)) or "none"
        raise UsageError(f"nothing in this result can be drawn for role {role or 'any'}: no estimates. Roles in it: {known}.")
    heading = 0.3 if len(drawings) > 1 else 0.0
    heights = [one.height + heading for one in drawings]
    with look():
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure(figsize=(WIDTH, sum(heights)))
        if len(drawings) == 1:
            return drawings[0].draw(figure)
        panels = []
        parts: Any = figure.subfigures(len(drawings), 1, height_ratios=heights)
        for drawing, outer, height in zip(drawings, parts, heights, strict=True):
            head, body = outer.subfigures(2, 1, height_ratios=(heading, height - heading))
            head.text(0.01, 0.3, drawing.title, fontweight="bold")
            panels.append(drawing.draw(body))
        return panels[0]


def _per_unit(rows: Sequence[Row], wording: Wording, make: Callable[[list[Row]], Drawing | None]) -> list[Drawing]:
    made: list[tuple[Unit, Drawing | None]] = [(unit, make(find.of(rows, unit))) for unit in find.units(rows)]
    return [Drawing(one.height, one.draw, wording.unit(*unit)) for unit, one in made if one is not None]


def _dots(
    rows: Sequence[Row], lines: Sequence[Line], wording: Wording, xlabel: str, reference: Sequence[float] = ()
) -> list[Drawing]:
    dots = collect_dots(rows, lines)
    if not dots:
        return []
    series = [wording.unit(*unit) for unit in find.units(rows)]

    def draw(figure: Figure) -> Axes:
        ax = draw_dots(figure, dots, lines=[label for label, _ in lines], series=series, xlabel=xlabel, reference=reference)
        number_axis(ax.xaxis, wording)
        return ax

    return [Drawing(dots_height(len(lines), series), draw)]


def _by_item(
    rows: Sequence[Row], wording: Wording, quantity: str, method: str | None, reference: Sequence[float] = ()
) -> list[Drawing]:
    own = find.where(rows, quantity=quantity, method=method)
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(own, "item")]
    return _dots(own, lines, wording, plain(wording.quantity(quantity)), reference)


def _items(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        shares = find.where(own, quantity="proportion")
        if all(row["estimate"] is None for row in shares):
            return None
        return Drawing(
            distributions_height(len(find.distinct(shares, "item"))),
            lambda figure: draw_distributions(figure, shares, (), wording),
        )

    return _per_unit(rows, wording, make)


def _missingness(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    items = find.distinct(find.where(rows, quantity="rate"), "item")

    def make(own: list[Row]) -> Drawing | None:
        if not incomplete_patterns(own):
            return None
        return Drawing(answer_patterns_height(len(items)), lambda figure: draw_answer_patterns(figure, own, items, wording))

    return _per_unit(rows, wording, make)


def _reliability(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    errors = ("standard_error_of_measurement", "smallest_detectable_change")  # in scale points
    coefficients = [
        row
        for row in rows
        if row["item"] is None
        and row["conf_low"] is not None
        and ("/" not in (row["method"] or "") or "~" in (row["method"] or ""))  # of the variants, those with a pair free
        and row["quantity"] not in errors
    ]
    return _dots(coefficients, _lines(coefficients, wording), wording, wording.text("axis_coefficient"))


def _mokken(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return _by_item(rows, wording, "h_item", "listwise", (0.3,))


def _multilevel(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    units = intraclass_correlations(rows, wording)
    if not units:
        return []
    return [Drawing(3.2, lambda figure: draw_reliability_of_means(figure, units, wording, marked=(0.70, 0.80), floor=5))]


def _correlation(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return _pairs(find.where(rows, quantity="polychoric", method=None), wording, limit=1.0)


def _pairs(rows: Sequence[Row], wording: Wording, *, limit: float) -> list[Drawing]:
    items = list(dict.fromkeys(item for row in rows for item in row["item"].split("~")))

    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in own):
            return None
        return Drawing(heatmap_height(len(items)), lambda figure: draw_pairs(figure, own, items, wording, limit=limit))

    return _per_unit(rows, wording, make)


def _dimensionality(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        if all(row["estimate"] is None for row in find.where(own, quantity="eigenvalue", method=None)):
            return None
        return Drawing(2.6, lambda figure: draw_scree(figure, own, wording))

    return _per_unit(rows, wording, make)


def _efa(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    first = find.distinct(find.where(rows, quantity="loading"), "method")[:1]
    return _by_item(rows, wording, "loading", first[0]) if first else []


def _cfa(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    methods = find.distinct(find.where(rows, quantity="loading_standardized"), "method")
    if not methods:
        return []
    return _by_item(rows, wording, "loading_standardized", "WLSMV" if "WLSMV" in methods else methods[0])


def _dynamic_cutoffs(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    methods = drawn_methods(rows)
    if not methods:
        return []
    height = cutoffs_height(len(methods), len(find.units(find.where(rows, quantity="dynamic_observed"))))
    return [Drawing(height, lambda figure: draw_cutoffs(figure, rows, methods, wording, fixed=fixed_cutoffs()))]


def _irt(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
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

    return _per_unit(rows, wording, make) if models else []


def _categories(rows: Sequence[Row], model: str) -> int:
    return 1 + len(find.distinct(find.where(rows, quantity="intercept", method=model), "category"))


def _role_comparison(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    known = [row for row in find.where(rows, quantity="score_quantile") if row["estimate"] is not None]
    if not known:
        return []
    return [Drawing(quantiles_height(len(find.units(known))), lambda figure: draw_quantiles(figure, rows, wording))]


def _alpha_comparison(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    own = [row for row in find.where(rows, quantity="alpha_difference") if "/" not in (row["method"] or "")]
    lines: list[Line] = [(wording.method(method), {"method": method}) for method in find.distinct(own, "method")]
    return _dots(own, lines, wording, wording.quantity("alpha_difference"), (0.0,))


def _by_pair_of_groups(quantity: str) -> Maker:
    def make(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
        own = [row for row in find.where(rows, quantity=quantity) if row["method"] and "/" not in row["method"]]
        named = [{**row, "role": wording.method(row["method"]), "method": None} for row in own]
        return _by_item(named, wording, quantity, None, (0.0,))

    return make


def _lines(rows: Sequence[Row], wording: Wording) -> list[Line]:
    kinds = dict.fromkeys((row["quantity"], row["item"], row["category"], row["method"]) for row in rows)
    lines: list[Line] = []
    for quantity, item, category, method in list(kinds)[:_MOST_LINES]:
        name = plain(wording.quantity(quantity))
        parts = [wording.item(item), "" if category is None else wording.decimal(category, 0), wording.method(method)]
        label = ", ".join([name, *(part for part in parts if part)])
        lines.append((label, {"quantity": quantity, "item": item, "category": category, "method": method}))
    return lines


def _estimates(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    """Where no plot of its own belongs to an analysis: its first quantity that has intervals."""
    with_interval = [row for row in rows if row["conf_low"] is not None and row["estimate"] is not None]
    if not with_interval:
        return []
    quantity = with_interval[0]["quantity"]
    own = find.where(with_interval, quantity=quantity)
    return _dots(own, _lines(own, wording), wording, plain(wording.quantity(quantity)))


_MAKERS: dict[str, Maker] = {
    "items": _items,
    "missingness": _missingness,
    "reliability": _reliability,
    "mokken": _mokken,
    "multilevel": _multilevel,
    "correlation": _correlation,
    "dimensionality": _dimensionality,
    "efa": _efa,
    "cfa": _cfa,
    "dynamic_cutoffs": _dynamic_cutoffs,
    "irt": _irt,
    "alpha_comparison": _alpha_comparison,
    "role_comparison": _role_comparison,
    "invariance": _by_pair_of_groups("expected_score_bias"),
    "dif": _by_pair_of_groups("expected_score_difference"),
}
