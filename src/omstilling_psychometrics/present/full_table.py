"""Every row of a unit in one table, a line each, with every column that has a value in any of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..core.results import NUMBERS
from .blocks import Cell, Table
from .rows import Row
from .tables import Footnotes, head_cell, number_cell, row_cell, shown
from .view import View

_KEY = ("item", "category", "method")


def full_table(view: View, analysis: str, rows: Sequence[Row], said: Collection[str] = ()) -> Table:
    """The rows of one unit with every column that has a value in any of them; said: columns that are told of elsewhere."""
    wording = view.wording

    def told(name: str) -> bool:
        return name not in said and any(row[name] is not None for row in rows)

    keys, clustered = list(filter(told, _KEY)), told("cluster")
    values = list(filter(told, NUMBERS)) or ["estimate"]  # which says why there is none
    notes = Footnotes(wording)
    head = [head_cell(wording.column("quantity"), number=False)]
    head += [head_cell(wording.column(name), number=False) for name in keys]
    head += [head_cell(wording.column(name)) for name in values]
    if clustered:
        head.append(head_cell(wording.column("cluster"), number=False))
    body = []
    for row in rows:
        line = [row_cell(wording.quantity(row["quantity"]))]
        line += [Cell(text=_key_text(view, row, name), number=name == "category") for name in keys]
        for name in values:
            line.append(number_cell(_value_text(view, row, name), marks=notes.mark(row["note"]) if name == values[0] else ()))
        if clustered:
            line.append(Cell(text=wording.key(row["cluster"]) if row["cluster"] else ""))
        body.append(line)
    unit = view.unit((rows[0]["role"], rows[0]["group"]))
    caption = wording.text("all_numbers", analysis=wording.analysis(analysis), unit=unit)
    return Table(caption=caption, head=[head], body=body, notes=notes.listed(), wide=True)


def _key_text(view: View, row: Row, name: str) -> str:
    value = row[name]
    if value is None:
        return ""
    if name == "item":
        return view.wording.item(value)
    if name == "method":
        return view.wording.method(value)
    return view.wording.decimal(value, 0 if float(value).is_integer() else 1)


def _value_text(view: View, row: Row, name: str) -> str:
    if name == "estimate" and row["estimate"] is None and row["statistic"] is not None:
        return ""
    if name in ("conf_low", "conf_high") and row[name] is not None:
        return view.wording.number(row["quantity"], row[name])
    return shown(view.wording, row, name)  # type: ignore[arg-type]
