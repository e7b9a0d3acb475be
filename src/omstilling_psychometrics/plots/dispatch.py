"""Which plot belongs to which analysis: what `result.plot()` shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..instrument import Instrument, Language
from ..results import Result
from . import rows as find
from .answer_patterns import answer_patterns_height, draw_answer_patterns, incomplete_patterns
from .curves import draw_reliability_of_means, intraclass_correlations
from .distributions import distributions_height, draw_distributions
from .dots import Line, collect_dots, dots_height, draw_dots
from .rows import Row, Unit
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
        for drawing, outer, height in zip(drawings, figure.subfigures(len(drawings), 1, height_ratios=heights), heights, strict=True):
            head, body = outer.subfigures(2, 1, height_ratios=(heading, height - heading))
            head.text(0.01, 0.3, drawing.title, fontweight="bold")
            panels.append(drawing.draw(body))
        return panels[0]


def _per_unit(rows: Sequence[Row], wording: Wording, make: Callable[[list[Row]], Drawing | None]) -> list[Drawing]:
    made: list[tuple[Unit, Drawing | None]] = [(unit, make(find.of(rows, unit))) for unit in find.units(rows)]
    return [Drawing(one.height, one.draw, wording.unit(*unit)) for unit, one in made if one is not None]


def _dots(rows: Sequence[Row], lines: Sequence[Line], wording: Wording, xlabel: str, reference: Sequence[float] = ()) -> list[Drawing]:
    dots = collect_dots(rows, lines)
    if not dots:
        return []
    series = [wording.unit(*unit) for unit in find.units(rows)]

    def draw(figure: Figure) -> Axes:
        ax = draw_dots(figure, dots, lines=[label for label, _ in lines], series=series, xlabel=xlabel, reference=reference)
        number_axis(ax.xaxis, wording)
        return ax

    return [Drawing(dots_height(len(lines), len(series)), draw)]


def _by_item(rows: Sequence[Row], wording: Wording, quantity: str, method: str | None, reference: Sequence[float] = ()) -> list[Drawing]:
    own = find.where(rows, quantity=quantity, method=method)
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(own, "item")]
    return _dots(own, lines, wording, plain(wording.quantity(quantity)), reference)


def _items(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        shares = find.where(own, quantity="proportion")
        if all(row["estimate"] is None for row in shares):
            return None
        return Drawing(distributions_height(len(find.distinct(shares, "item"))), lambda figure: draw_distributions(figure, shares, (), wording))

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
        if row["item"] is None and row["conf_low"] is not None and "/" not in (row["method"] or "") and row["quantity"] not in errors
    ]
    return _dots(coefficients, _lines(coefficients, wording), wording, wording.text("axis_coefficient"))


def _mokken(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return _by_item(rows, wording, "h_item", "listwise", (0.3,))


def _multilevel(rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    units = intraclass_correlations(rows, wording)
    if not units:
        return []
    return [Drawing(3.2, lambda figure: draw_reliability_of_means(figure, units, wording, marked=(0.70, 0.80), floor=5))]


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
}
