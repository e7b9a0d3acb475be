"""Tables as an Excel workbook: a sheet each, figures as numbers with the decimals that they are shown with."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from ..core.vocabulary import Language
from .blocks import Cell, Table
from .grid import places
from .office import without_times
from .wording import Wording, clean

# What a sheet may not be called, and how long its name may be.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST = 31
_WIDEST = 60


def content(title: str, tables: Mapping[str, Table], language: Language) -> bytes:
    """The workbook as bytes; equal tables give equal ones."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = clean(title), "omstilling_psychometrics"
    for name, table in tables.items():
        _fill(book.create_sheet(_sheet_name(name, book.sheetnames)), table, language)
    buffer = io.BytesIO()
    book.save(buffer)
    return without_times(buffer.getvalue())


def _sheet_name(name: str, taken: list[str]) -> str:
    known = {one.casefold() for one in taken}
    wanted = _FORBIDDEN.sub(" ", clean(name)).strip()[:_LONGEST] or "1"
    found, number = wanted, 1
    while found.casefold() in known:
        number += 1
        found = f"{wanted[: _LONGEST - len(str(number)) - 1]} {number}"
    return found


def _fill(sheet: Any, table: Table, language: Language) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter

    bold, line = Font(bold=True), Side(style="thin")
    _text(sheet.cell(1, 1), table.caption).font = bold
    wording, row, widths = Wording(language), 2, dict[int, int]()
    for rows, heads in ((table.head, True), (table.body, False)):
        for content in places(rows):
            for place in (one for one in content if not one.below):
                cell = _write(sheet.cell(row, place.column + 1), place.cell, wording)
                if heads:
                    cell.font, cell.border = bold, Border(bottom=line)
                cell.alignment = Alignment(
                    horizontal="right" if place.cell.number else "left", vertical="bottom" if heads else "top", wrap_text=heads
                )
                if place.cell.columns == 1:
                    widths[place.column] = max(widths.get(place.column, 0), len(place.cell.text) + len(place.cell.marks))
            row += 1
    sheet.freeze_panes = sheet.cell(2 + len(table.head), 1)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(_WIDEST, 3 + width)
    for text in [table.remark] * bool(table.remark) + [f"{mark}: {text}" for mark, text in table.notes]:
        _text(sheet.cell(row, 1), text)
        row += 1


def _write(cell: Any, content: Cell, wording: Wording) -> Any:
    """A figure as a number, the letters of its footnotes being part of its form; anything else as text, and never a formula."""
    marks = "".join(f" ({mark})" for mark in content.marks)
    number = wording.parsed(content.text) if content.number else None
    if number is None:
        return _text(cell, f"{content.text}{f' {content.detail}' if content.detail else ''}{marks}")
    cell.value, decimals = number
    share = content.text.endswith("%")
    decimals -= 2 * share
    form = f"#,##0.{'0' * decimals}" if decimals > 0 else "#,##0"
    cell.number_format = form + "%" * share + (f'"{marks}"' if marks else "")
    return cell


def _text(cell: Any, text: str) -> Any:
    cell.value = clean(text)
    cell.data_type = "s"  # whatever it begins with
    return cell
