"""What the analyses that compare groups share: pairs of groups in the place of roles."""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Plot
from ...present.drawing import dot_plot
from ...present.rows import Row
from ...present.tables import Line
from ...present.view import View
from .comparability import FIRST


def index_name(view: View, quantity: str) -> str:
    """An index of fit by its name ('robust CFI'), a change of one by its symbol ('ΔCFI')."""
    return view.wording.symbol(quantity) if quantity.endswith("_change") else view.wording.quantity(quantity)


def step_name(view: View, step: str) -> str:
    """What a step of the ladder of invariance asks for."""
    return view.wording.text("invariance_one_factor") if step == FIRST else view.wording.method(step)


def pairs_as_units(view: View, rows: list[Row]) -> list[Row]:
    """The rows with the pair of groups, which their method names, in the place of the role: plots and tables then put pairs
    beside each other."""
    return [{**row, "role": view.wording.method(row["method"]), "method": None} for row in rows]


def pair_dots(view: View, key: str, rows: list[Row], *, title: str, xlabel: str) -> Plot | None:
    """Values of items, one series per pair of groups, with a line at zero."""
    named = pairs_as_units(view, rows)
    lines: list[Line] = [(view.wording.item(item), {"item": item}) for item in find.distinct(named, "item")]
    return dot_plot(view, key, named, lines, title=title, xlabel=xlabel, reference=(0.0,))
