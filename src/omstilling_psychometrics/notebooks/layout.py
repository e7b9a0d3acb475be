"""Which rows of a result stand in the lines of a table, and which in its columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import UsageError
from ..core.note import Note, joined, notes_in
from ..present import rows as find
from ..present.blocks import Cell, Paragraph, Table
from ..present.dots import Line
from ..present.rows import Row, Unit
from ..present.tables import Column, Field, head_cell, number_cell, row_cell, table
from ..present.view import View
from ..present.wording import Wording
from ..survey.unreleased import refuse_unreleased

if TYPE_CHECKING:
    import pandas as pd

# More different details of one note than this are left out below a table.
MOST_DETAILS = 4

KEYS = ("quantity", "item", "category", "method")

# A column of a table: a quantity, a quantity and its method, or the wanted values of several keys.
Wanted = str | tuple[str, str] | Mapping[str, object]


def laid_out(
    view: View,
    rows: Sequence[Row],
    *,
    lines: Sequence[str],
    columns: Sequence[Wanted],
    only: Mapping[str, object],
    caption: str,
    interval: bool,
    heading: str | None,
) -> Table | Paragraph:
    """A table with one line per different value of the keys `lines` and, for each of `columns`, what its rows hold.

    Without columns, the keys that are not lines have one value per line. `only` keeps rows with a value, or with one of a
    list. heading: of the column of lines.
    """
    for key in [*lines, *only]:
        if key not in KEYS:
            raise UsageError(f"'{key}' is not a key of a row; there are: {', '.join(KEYS)}.")
    wanted = [_keys(column) for column in columns] or [{}]
    kept = [row for row in rows if _fits(row, only) and any(_fits(row, column) for column in wanted)]
    kept, without = _with_numbers(view, kept)
    if not kept:
        return Paragraph(text=left_out(view.wording, caption, [row for rows in without.values() for row in rows]))
    kept = _without_many_details(kept)
    tabled: list[Column] = []
    for column in wanted:
        tabled += _columns(view, [row for row in kept if _fits(row, column)], column, lines, interval=interval)
    sizes, remark = _sizes(view, kept, lines, wanted)
    return table(
        view,
        kept,
        caption=caption,
        key_heading=" · ".join(view.wording.column(key) for key in lines) if heading is None else heading,
        lines=_lines(view.wording, kept, lines),
        columns=[*tabled, *sizes],
        remark=" ".join(part for part in (remark, _left_out_units(view, without)) if part),
    )


def _empty(row: Row) -> bool:
    return row["estimate"] is None and row["statistic"] is None


def _with_numbers(view: View, rows: Sequence[Row]) -> tuple[list[Row], dict[Unit, list[Row]]]:
    """The rows of units that have a number, and by unit the rows of those that have none."""
    by_unit = {unit: find.of(rows, unit) for unit in find.units(rows)}
    without = {unit: unit_rows for unit, unit_rows in by_unit.items() if all(_empty(row) for row in unit_rows)}
    return [row for row in rows if (row["role"], row["group"]) not in without], without


def left_out(wording: Wording, caption: str, rows: Sequence[Row]) -> str:
    """A sentence in the place of a table or plot without numbers, with the reasons that its rows give."""
    return wording.text("left_out_table", caption=caption, reasons=_reasons(wording, rows))


def _reasons(wording: Wording, rows: Sequence[Row]) -> str:
    keys = dict.fromkeys(note.key for row in rows for note in notes_in(row["note"]))
    return "; ".join(wording.note(key) for key in keys or ("not_computed",))


def _left_out_units(view: View, without: Mapping[Unit, Sequence[Row]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for unit, rows in without.items():
        by_reason.setdefault(_reasons(view.wording, rows), []).append(view.unit(unit))
    if not by_reason:
        return ""
    units = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    return view.wording.text("left_out_units", units=units)


def _without_many_details(rows: Sequence[Row]) -> list[Row]:
    """The rows, where the details of a note would fill the foot of the table, without these details."""
    details: dict[str, set[str]] = {}
    for row in rows:
        for note in notes_in(row["note"]):
            details.setdefault(note.key, set()).add(note.detail)
    many = {key for key, known in details.items() if len(known) > MOST_DETAILS}

    def shortened(text: str | None) -> str | None:
        return joined(*(Note(note.key) if note.key in many else note for note in notes_in(text)))

    return [{**row, "note": shortened(row["note"])} for row in rows]


def _keys(wanted: Wanted) -> dict[str, object]:
    if isinstance(wanted, str):
        return {"quantity": wanted}
    if isinstance(wanted, tuple):
        return {"quantity": wanted[0], "method": wanted[1]}
    return dict(wanted)


def _fits(row: Row, wanted: Mapping[str, object]) -> bool:
    return all(row[key] in value if isinstance(value, (list, tuple)) else row[key] == value for key, value in wanted.items())


def _lines(wording: Wording, rows: Sequence[Row], keys: Sequence[str]) -> list[Line]:
    combinations = dict.fromkeys(tuple(row[key] for key in keys) for row in rows)
    return [
        (_label(wording, dict(zip(keys, values, strict=True))), dict(zip(keys, values, strict=True))) for values in combinations
    ]


def _label(wording: Wording, values: Mapping[str, Any]) -> str:
    """What a line is called: 'coefficient alpha (complete rows)', 'item · 3'."""
    parts = []
    if values.get("quantity") is not None:
        parts.append(wording.quantity(values["quantity"]))
    if values.get("item") is not None:
        parts.append(wording.item(values["item"]))
    if (category := values.get("category")) is not None:
        parts.append(f"{category:g}")
    words = " · ".join(parts)
    if (method := values.get("method")) is None:
        return words or "–"
    return f"{words} ({wording.method(method)})" if words else wording.method(method)


def _columns(
    view: View, rows: Sequence[Row], wanted: Mapping[str, object], lines: Sequence[str], *, interval: bool
) -> list[Column]:
    """The columns that the rows of one kind need: estimate and interval, and the three of a test."""
    wording = view.wording

    def any_of(field: str) -> bool:
        return any(row[field] is not None for row in rows)

    quantities = find.distinct(rows, "quantity")
    named = wanted or ({"quantity": quantities[0]} if len(quantities) == 1 and "quantity" not in lines else {})
    tested = any_of("statistic")
    # A fit statistic that is its own estimate is printed once.
    estimated = not tested or (any_of("estimate") and any(row["estimate"] != row["statistic"] for row in rows))
    name = _heading(wording, named)
    fields: list[tuple[str, Field]] = []
    if estimated:
        fields.append((name or wording.column("estimate"), "estimate"))
        if interval and any_of("conf_low"):
            fields.append((view.interval_name, "interval"))
        elif interval and any_of("std_error"):
            fields.append((wording.column("std_error"), "std_error"))
    if tested:
        fields.append((wording.column("statistic") if estimated else name or wording.column("statistic"), "statistic"))
        fields += [(wording.column(field), field) for field in ("df", "p_value") if any_of(field)]
    return [Column(heading, field, dict(wanted)) for heading, field in fields]


def _heading(wording: Wording, wanted: Mapping[str, object]) -> str:
    quantity, method = wanted.get("quantity"), wanted.get("method")
    words = [wording.quantity(str(quantity))] if isinstance(quantity, str) else []
    words += [wording.item(item)] if isinstance(item := wanted.get("item"), str) else []
    words += [f"{category:g}"] if isinstance(category := wanted.get("category"), (int, float)) else []
    if isinstance(method, str):
        return f"{' '.join(words)} ({wording.method(method)})" if words else wording.method(method)
    return " · ".join(words)


def _sizes(
    view: View, rows: Sequence[Row], lines: Sequence[str], wanted: Sequence[Mapping[str, object]]
) -> tuple[list[Column], str]:
    """How many answers the numbers rest on: below the table where it is the same for all of a role, a column where it is for
    all of a line, nothing where columns differ."""
    known = [row for row in rows if row["n"] is not None]
    units = {unit: {row["n"] for row in find.of(known, unit)} for unit in find.units(known)}
    if units and all(len(sizes) == 1 for sizes in units.values()):
        parts = [f"{view.wording.count(min(sizes))} ({view.unit(unit)})" for unit, sizes in units.items()]
        if len(parts) == 1:
            parts = [view.wording.count(known[0]["n"])]
        return [], view.wording.text("rests_on", sizes=", ".join(parts))
    for unit in units:
        of_unit = find.of(known, unit)
        for values in dict.fromkeys(tuple(row[key] for key in lines) for row in of_unit):
            if len({row["n"] for row in of_unit if tuple(row[key] for key in lines) == values}) > 1:
                return [], ""
    return ([Column("n", "n", dict(wanted[0]))] if units else []), ""


def of_frame(frame: pd.DataFrame, caption: str, wording: Wording, digits: int) -> Table:
    """A data frame as a table; the levels of its index head the lines, a level that repeats the line above is left empty.

    Roles, items and quantities, in a level or column of that name, are called what they are called everywhere else.
    """
    refuse_unreleased(frame, "a page")
    levels = frame.index.nlevels
    spoken = {"role": wording.role, "item": wording.item, "quantity": wording.quantity}
    names = ["" if name is None else str(name) for name in frame.index.names]
    numeric = [frame.iloc[:, place].dtype.kind in "iufb" for place in range(frame.shape[1])]
    head = [head_cell(name, number=False) for name in names]
    head += [head_cell(str(name), number=number) for name, number in zip(frame.columns, numeric, strict=True)]
    body, before = [], [""] * levels
    known = frame.astype(object).where(frame.notna(), math.nan)
    for key, values in zip(frame.index, known.itertuples(index=False), strict=True):
        given = [str(part) for part in key] if levels > 1 else [str(key)]
        keys = [spoken[name](part) if name in spoken else part for name, part in zip(names, given, strict=True)]
        same = [keys[: place + 1] == before[: place + 1] and place < levels - 1 for place in range(levels)]
        line = [row_cell("" if repeated else text) for text, repeated in zip(keys, same, strict=True)]
        for name, value, number in zip(frame.columns, values, numeric, strict=True):
            words = spoken[name](value) if name in spoken and isinstance(value, str) else value
            line.append(_own_cell(words, number, wording, digits))
        body.append(line)
        before = keys
    return Table(caption=caption, head=[head], body=body)


def _own_cell(value: Any, number: bool, wording: Wording, digits: int) -> Cell:
    if number:
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        return number_cell(wording.count(int(value)) if whole else wording.decimal(float(value), digits))
    return Cell(text="" if value is None or value != value else str(value))
