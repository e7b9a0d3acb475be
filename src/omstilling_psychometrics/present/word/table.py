"""A table as Word has it: header rows that repeat on every page, cells over rows and columns, widths by what is in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ...core.vocabulary import Language
from ..blocks import Cell, Table
from ..grid import Place, places
from .elements import INK, MUTED, STATES, Element, element, link, run, runs

# Twentieths of a point: what Word measures in.
POINT = 20
# A letter is so many times as wide as high, on average and in the widest font that may take the place of ours; bold ones more.
_LETTER, _BOLD = 0.6, 1.12
# Space on each side of a cell, and what a column is given besides, since short texts may have wide letters only.
_MARGIN, _SPARE = 2 * POINT, 4 * POINT
# Letters that a text gets on a line if it has them, and those beyond which it goes over lines anyway.
_NEEDED, _MOST = 16, 120
# Letters that what is to be filled in may take, and how high its line is.
_BLANK, _LINE = 60, 28 * POINT
# Share of the page that every table takes: what is to be filled in needs room.
_LEAST = 0.5
# Points: of most tables, and the smallest that a crowded one gets.
_SIZE, _SMALLEST = 8.5, 6.5
_STYLE = "Tabletext"


def table_element(table: Table, language: Language, width: int, *, dense: float | None = None) -> Element:
    """The table without its caption and notes; width: of the page; dense: points of one whose rows should be low."""
    head, body = places(table.head), places(table.body)
    size, widths = _widths([*head, *body], width, dense or _SIZE, _blank_columns(head, body))
    style = _STYLE if dense is None else f"{_STYLE} Dense"
    rows = [_row(line, widths, size, language, style, heads=True) for line in head]
    rows += [_row(line, widths, size, language, style, heads=False) for line in body]
    line = {"val": "single", "space": 0}
    borders = element(
        "tblBorders",
        element("top", sz=12, color=INK, **line),
        element("bottom", sz=12, color=INK, **line),
        element("insideH", sz=4, color="D3D9DF", **line),
    )
    properties = element(
        "tblPr",
        element("tblW", w=sum(widths), type="dxa"),
        borders,
        element("tblLayout", type="fixed"),
        element("tblCellMar", element("left", w=_MARGIN, type="dxa"), element("right", w=_MARGIN, type="dxa")),
        element("tblLook", firstRow=1, lastRow=0, firstColumn=1, lastColumn=0, noHBand=1, noVBand=1),
        element("tblCaption", val=table.caption),
        element("tblDescription", val=table.remark or table.caption),
    )
    return element("tbl", properties, element("tblGrid", *(element("gridCol", w=one) for one in widths)), *rows)


def _blank_columns(head: Sequence[Sequence[Place]], body: Sequence[Sequence[Place]]) -> set[int]:
    """Columns that have a head and nothing below it: there something is to be filled in."""
    filled = {column for line in body for place in line if place.cell.text or place.below for column in place.columns}
    return {column for line in head for place in line for column in place.columns} - filled if body else set()


def _widths(grid: Sequence[Sequence[Place]], width: int, largest: float, blank: Collection[int]) -> tuple[float, list[int]]:
    """Size of the letters (points), and the width of every column: what its longest word needs, and of the room that is left a
    share by how much its texts reach beyond that on average, so that no column makes the lines high alone."""
    columns = max((place.column + place.cell.columns for line in grid for place in line), default=1)
    needed = [2] * columns
    wanted: list[list[int]] = [[] for _ in range(columns)]
    several = []
    for place in (place for line in grid for place in line if not place.below):
        need, want = (round(letters * (_BOLD if _bold(place.cell) else 1)) for letters in _letters(place.cell))
        if place.cell.columns == 1:
            needed[place.column] = max(needed[place.column], need, 0 if place.cell.number else min(want, _NEEDED))
            wanted[place.column].append(_BLANK if place.column in blank else min(want, _MOST))
        else:
            several.append((place, need))
    for place, need in several:
        lacking = need - sum(needed[column] for column in place.columns)
        if lacking > 0:
            for column in place.columns:
                needed[column] += -(-lacking // place.cell.columns)
    size = largest
    while size > _SMALLEST and sum(_twips(needed, size)) > width:
        size -= 0.5
    widths = _twips(needed, size)
    if sum(widths) > width:
        return size, [one * width // sum(widths) for one in widths]
    beyond = [[max(0, want - need) for want in wants] for need, wants in zip(needed, wanted, strict=True)]
    shares = [sum(one) / max(1, len(one)) for one in beyond]
    most = _twips([need + max(one, default=0) for need, one in zip(needed, beyond, strict=True)], size)
    for _ in range(columns):  # what one column has no use for goes to the others
        open_ = [share if high > low else 0.0 for share, high, low in zip(shares, most, widths, strict=True)]
        room, total = width - sum(widths), sum(open_)
        if room <= 0 or not total:
            break
        widths = [min(high, low + int(room * one / total)) for high, low, one in zip(most, widths, open_, strict=True)]
    lacking = round(_LEAST * width) - sum(widths)
    return size, [one + max(0, lacking) // columns for one in widths]


def _twips(letters: Sequence[int], size: float) -> list[int]:
    return [round(one * size * _LETTER * POINT) + 2 * _MARGIN + _SPARE for one in letters]


def _bold(cell: Cell) -> bool:
    return cell.scope is not None and cell.scope != "row"


def _letters(cell: Cell) -> tuple[int, int]:
    """Of the longest word of a cell, and of its text; figures stand on one line."""
    text = f"{STATES[cell.state][0]} {cell.text}" if cell.state else cell.text
    marks = len(cell.marks)
    if cell.number and cell.scope is None:
        longest = max(len(text) + marks, len(cell.detail))
        return longest, longest
    if cell.code:
        return min(24, len(text)), len(text)
    words = [len(word) for word in re.split(r"[ \u2010-\u2015/]|(?<=-)", f"{text} {cell.detail}")]
    return max(words, default=0) + marks, max(len(text) + marks, len(cell.detail))


def _row(line: Sequence[Place], widths: Sequence[int], size: float, language: Language, style: str, *, heads: bool) -> Element:
    properties = [element("cantSplit")]
    if not heads and any(place.cell == Cell(text="") for place in line):
        properties.append(element("trHeight", val=_LINE, hRule="atLeast"))
    if heads:
        properties.append(element("tblHeader"))
    cells = [_cell(place, sum(widths[one] for one in place.columns), size, language, style, heads=heads) for place in line]
    return element("tr", element("trPr", *properties), *cells)


def _cell(place: Place, width: int, size: float, language: Language, style: str, *, heads: bool) -> Element:
    cell = place.cell
    properties = [element("tcW", w=width, type="dxa")]
    if cell.columns > 1:
        properties.append(element("gridSpan", val=cell.columns))
    if cell.rows > 1:
        properties.append(element("vMerge") if place.below else element("vMerge", val="restart"))
    borders = [element("left", val="single", sz=4, space=0, color="D3D9DF")] if cell.starts_group else []
    borders += [element("bottom", val="single", sz=6, space=0, color=INK)] if heads else []
    if borders:
        properties.append(element("tcBorders", *borders))
    properties.append(element("vAlign", val="bottom" if heads else "top"))
    side = "center" if cell.scope == "colgroup" else "right" if cell.number else "left"
    shape = element("pPr", element("pStyle", val=style.replace(" ", "")), element("keepNext"), element("jc", val=side))
    if not heads:
        shape.remove(shape[1])
    content = [] if place.below else _content(cell, size, language, low=style != _STYLE)
    return element("tc", element("tcPr", *properties), element("p", shape, *content))


def _content(cell: Cell, size: float, language: Language, *, low: bool) -> list[Element]:
    if cell.state:
        sign, colour = STATES[cell.state]
        content = [run(f"{sign} {cell.text}", bold=True, colour=colour, size=size)]
    elif cell.code:
        content = [run(cell.text, size=size - 0.5, code=True)]
    else:
        content = runs(cell.text, language, bold=_bold(cell), size=size)
    if cell.anchor and content:
        content = [link(cell.anchor, content)]
    if cell.detail:
        # In a table that should be low it goes on behind the name of its line.
        apart = run("  ", size=size) if low and cell.scope == "row" else element("r", element("br"))
        content += [apart, *runs(cell.detail, language, colour=MUTED, size=size - 0.5)]
    return content + [run(mark, position="sup", colour="0B4F85", size=size) for mark in cell.marks]
