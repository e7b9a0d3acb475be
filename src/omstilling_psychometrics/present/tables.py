"""Tables from rows: units (roles) side by side, footnotes for what is missing, numbers in cells of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..core.note import Note, joined, notes_in
from . import rows as find
from .blocks import Cell, Scope, Table
from .dots import Line as Line
from .rows import Row, Unit
from .view import View
from .wording import Wording

Field = Literal["estimate", "std_error", "interval", "statistic", "df", "p_value", "n"]

# More figures than this in one line do not fit on a page; units are stacked then.
SIDE_BY_SIDE = 9

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def parts(note: str | None) -> list[str]:
    """The single notes of a row."""
    return [str(part) for part in notes_in(note)]


# Details of a note that are spelled out below a table; where there are more, the lists of every number have them.
_SPELLED_OUT = 3


@dataclass
class Footnotes:
    """Letters for the notes of one table, in the order in which they are met; one letter whatever the details."""

    wording: Wording
    known: dict[str, list[str]] = field(default_factory=dict)

    def mark(self, note: str | None, besides: Collection[str] = ()) -> tuple[str, ...]:
        """Letters of the parts of a note, without the parts in `besides`."""
        return tuple(dict.fromkeys(self._letter(part) for part in notes_in(note) if str(part) not in besides))

    def _letter(self, note: Note) -> str:
        details = self.known.setdefault(note.key, [])
        if note.detail and note.detail not in details:
            details.append(note.detail)
        place = list(self.known).index(note.key)
        return _LETTERS[place] if place < 26 else _LETTERS[place // 26 - 1] + _LETTERS[place % 26]

    def listed(self) -> list[tuple[str, str]]:
        return [(self._letter(Note(key)), self._text(key, details)) for key, details in list(self.known.items())]

    def _text(self, key: str, details: list[str]) -> str:
        if not details:
            return self.wording.note(key)
        if len(details) > _SPELLED_OUT:
            return f"{self.wording.note(key)} ({self.wording.text('details_in_the_list')})"
        return self.wording.note(str(Note(key, " | ".join(details))))


def head_cell(
    text: str, *, columns: int = 1, rows: int = 1, number: bool = True, starts_group: bool = False, marks: tuple[str, ...] = ()
) -> Cell:
    scope: Scope = "colgroup" if columns > 1 else "col"
    return Cell(text=text, scope=scope, columns=columns, rows=rows, number=number, starts_group=starts_group, marks=marks)


def row_cell(text: str, *, rows: int = 1, columns: int = 1, marks: tuple[str, ...] = ()) -> Cell:
    return Cell(text=text, scope="rowgroup" if rows > 1 else "row", rows=rows, columns=columns, marks=marks)


def number_cell(text: str, *, marks: tuple[str, ...] = (), starts_group: bool = False) -> Cell:
    return Cell(text=text, number=True, marks=marks, starts_group=starts_group)


@dataclass(frozen=True)
class Column:
    """What is printed of one row: `shows` of the row with the columns `wanted` (beside those that the line wants)."""

    heading: str
    shows: Field = "estimate"
    wanted: Mapping[str, object] = field(default_factory=dict)


def estimate_and_interval(view: View, heading: str, **wanted: object) -> list[Column]:
    """The two columns of an estimate: number and interval."""
    return [Column(heading, "estimate", wanted), Column(view.interval_name, "interval", wanted)]


def shown(wording: Wording, row: Row, what: Field) -> str:
    """The text of one cell."""
    if what == "interval":
        return wording.interval(row["quantity"], row["conf_low"], row["conf_high"])
    value = row[what]
    if value is None:
        return "–" if what == "estimate" else ""
    if what == "p_value":
        return wording.p_value(value)
    if what == "n":
        return wording.count(value)
    if what == "df":
        return wording.decimal(value, 0 if float(value).is_integer() else 1)
    if what == "statistic":
        return wording.decimal(value, 3 if abs(value) < 10 else 2)
    return wording.number(row["quantity"], value)


def table(
    view: View,
    rows: Sequence[Row],
    *,
    caption: str,
    key_heading: str,
    lines: Sequence[Line],
    columns: Sequence[Column],
    side_by_side: bool = True,
    remark: str = "",
) -> Table:
    """One line per (label, wanted columns of the row) and unit. Units stand side by side, each with all columns, where they
    fit on a page; else one below the other."""
    units = find.units(rows)
    sheet = _Sheet(view, {unit: find.of(rows, unit) for unit in units}, lines, columns, Footnotes(view.wording))
    fits = side_by_side and len(units) * len(columns) <= SIDE_BY_SIDE
    head, body = sheet.side_by_side(key_heading) if fits or units == [("all", None)] else sheet.stacked(key_heading)
    return Table(caption=caption, head=head, body=body, notes=sheet.notes.listed(), remark=remark, wide=len(head[-1]) > 8)


@dataclass(frozen=True)
class _Sheet:
    view: View
    by_unit: Mapping[Unit, Sequence[Row]]
    lines: Sequence[Line]
    columns: Sequence[Column]
    notes: Footnotes

    def _common(self, unit: Unit) -> list[str]:
        """Notes that every row of a unit carries; they are said once, at its name."""
        wanted = ({**line, **column.wanted} for _, line in self.lines for column in self.columns)
        rows = [row for each in wanted if (row := find.one(self.by_unit[unit], **each)) is not None]
        if len({id(row) for row in rows}) < 2:
            return []
        return [part for part in parts(rows[0]["note"]) if all(part in parts(row["note"]) for row in rows)]

    def side_by_side(self, key_heading: str) -> tuple[list[list[Cell]], list[list[Cell]]]:
        units = list(self.by_unit)
        common = {unit: self._common(unit) if units != [("all", None)] else [] for unit in units}
        marks = {unit: self.notes.mark(joined(*common[unit])) for unit in units}
        headings = [
            head_cell(column.heading, starts_group=place == 0) for _ in units for place, column in enumerate(self.columns)
        ]
        if units == [("all", None)]:
            head = [[head_cell(key_heading, number=False), *headings]]
        elif len(self.columns) == 1:
            over = [head_cell(self.view.unit(unit), starts_group=True, marks=marks[unit]) for unit in units]
            head = [[head_cell(key_heading, number=False), *over]]
        else:
            width = len(self.columns)
            over = [head_cell(self.view.unit(unit), columns=width, starts_group=True, marks=marks[unit]) for unit in units]
            head = [[head_cell(key_heading, number=False, rows=2), *over], headings]
        body = [
            [row_cell(label), *(cell for unit in units for cell in self._cells(self.by_unit[unit], wanted, common[unit]))]
            for label, wanted in self.lines
        ]
        return head, body

    def stacked(self, key_heading: str) -> tuple[list[list[Cell]], list[list[Cell]]]:
        words = [self.view.wording.text("unit_heading"), key_heading]
        head = [[*(head_cell(word, number=False) for word in words), *(head_cell(column.heading) for column in self.columns)]]
        body = []
        for unit, own in self.by_unit.items():
            common = self._common(unit)
            marks = self.notes.mark(joined(*common))
            for place, (label, wanted) in enumerate(self.lines):
                first = [row_cell(self.view.unit(unit), rows=len(self.lines), marks=marks)] if place == 0 else []
                body.append([*first, row_cell(label), *self._cells(own, wanted, common)])
        return head, body

    def _cells(self, rows: Iterable[Row], wanted: Mapping[str, object], common: Collection[str]) -> list[Cell]:
        cells = []
        for place, column in enumerate(self.columns):
            row = find.one(rows, **{**wanted, **column.wanted})
            if row is None:
                cells.append(number_cell("", starts_group=place == 0))
                continue
            # The letter stands in the cell that is missing, or beside the last figure, so that figures stay numbers.
            marks = self.notes.mark(row["note"], common) if self._carries_note(place, row) else ()
            cells.append(number_cell(shown(self.view.wording, row, column.shows), marks=marks, starts_group=place == 0))
        return cells

    def _carries_note(self, place: int, row: Row) -> bool:
        column = self.columns[place]
        if column.shows == "estimate" and row["estimate"] is None:
            return True
        same = [other.shows for other in self.columns if other.wanted == column.wanted]
        if row["estimate"] is None and "estimate" in same:
            return False
        return column.shows == ("interval" if "interval" in same else same[0])
