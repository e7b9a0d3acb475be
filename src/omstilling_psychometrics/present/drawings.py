"""What `result.plot()` draws: its parts, and what most topics draw them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.results import Result
from . import rows as find
from .dots import Line, collect_dots, dots_height, draw_dots
from .rows import Row, Unit
from .style import number_axis
from .wording import Wording, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Estimates beyond this are not drawn where an analysis has no plot of its own.
_MOST_LINES = 40


@dataclass(frozen=True)
class Drawing:
    """A plot that knows how high it has to be (inches) and how it is drawn; title: whose numbers it shows."""

    height: float
    draw: Callable[[Figure], Axes]
    title: str = ""


def per_unit(rows: Sequence[Row], wording: Wording, make: Callable[[list[Row]], Drawing | None]) -> list[Drawing]:
    drawings: list[tuple[Unit, Drawing | None]] = [(unit, make(find.of(rows, unit))) for unit in find.units(rows)]
    return [Drawing(drawing.height, drawing.draw, wording.unit(*unit)) for unit, drawing in drawings if drawing is not None]


def dots(
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


def by_item(
    rows: Sequence[Row], wording: Wording, quantity: str, method: str | None, reference: Sequence[float] = ()
) -> list[Drawing]:
    of_quantity = find.where(rows, quantity=quantity, method=method)
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(of_quantity, "item")]
    return dots(of_quantity, lines, wording, plain(wording.quantity(quantity)), reference)


def lines_of(rows: Sequence[Row], wording: Wording, most: int = _MOST_LINES, *, named: bool = True) -> list[Line]:
    """A line per kind of row. Not named: without the name of the quantity, and the method or category that all share, where the
    axis says what is drawn and names are cut that are long."""
    kinds = list(dict.fromkeys((row["quantity"], row["item"], row["category"], row["method"]) for row in rows))
    shared = set() if named else {0, *(place for place in (2, 3) if len({kind[place] for kind in kinds}) == 1)}
    lines: list[Line] = []
    for quantity, item, category, method in kinds[:most]:
        name = plain(wording.quantity(quantity))
        parts = [name, wording.item(item), "" if category is None else wording.decimal(category, 0), wording.method(method)]
        label = ", ".join(part for place, part in enumerate(parts) if part and place not in shared) or name
        lines.append((label, {"quantity": quantity, "item": item, "category": category, "method": method}))
    return lines


def of_quantity(rows: Sequence[Row], wording: Wording, quantity: str) -> list[Drawing]:
    """Every estimate of a quantity, with its interval where it has one."""
    own = [row for row in find.where(rows, quantity=quantity) if row["estimate"] is not None]
    lines = lines_of(own, wording, len(own), named=False)
    return dots(own, lines, wording, plain(wording.quantity(quantity))) if own else []


def first_with_intervals(rows: Sequence[Row]) -> list[Row]:
    """The rows of the first quantity that has intervals, those with one: what is drawn where nothing else is said."""
    with_interval = [row for row in rows if row["conf_low"] is not None and row["estimate"] is not None]
    return find.where(with_interval, quantity=with_interval[0]["quantity"]) if with_interval else []


def estimates(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    """Where no plot of its own belongs to an analysis: its first quantity that has intervals."""
    shown = first_with_intervals(rows)
    return dots(shown, lines_of(shown, wording), wording, plain(wording.quantity(shown[0]["quantity"]))) if shown else []
