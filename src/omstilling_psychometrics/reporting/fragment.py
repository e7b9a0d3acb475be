"""Blocks of the report outside a report: as a fragment of HTML for a notebook, and as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.vocabulary import Language
from ..present.blocks import Block, Bullets, Cell, Details, Findings, Heading, Links, Paragraph, Plot, Plots, Table
from ..present.grid import places
from .html import _environment

# A notebook has no style of ours; this much keeps labels to the left and figures under each other.
_STYLE = (
    "<style>.op-blocks table{font-variant-numeric:tabular-nums}.op-blocks caption{text-align:left;font-weight:600}"
    ".op-blocks :is(td,th):not(.n){text-align:left}.op-blocks :is(td,th).n{text-align:right}"
    ".op-blocks figure{margin:0}</style>"
)

_STATES = {"met": "✔ ", "not_met": "✘ ", "inconclusive": "≈ ", "not_evaluated": "○ "}


def to_html(blocks: Iterable[Block], language: Language) -> str:
    """The blocks as one <div>, by the same macros as the report; everything in them is escaped."""
    macros: Any = _environment(language).get_template("blocks.html.j2").module
    parts = (str(macros.block(block)) for block in blocks)
    lines = [line for part in parts for line in part.splitlines() if line.strip()]
    return "\n".join([_STYLE, '<div class="op-blocks">', *lines, "</div>"])


def to_text(blocks: Iterable[Block], width: int | None = None) -> str:
    """The blocks as text: tables with aligned columns, plots by their captions. width: characters of a line; a table that has
    more is written row by row, a line for every cell."""
    return "\n\n".join(_text(block, width) for block in blocks)


def _text(block: Block, width: int | None) -> str:
    match block:
        case Table():
            return _table(block, width)
        case Paragraph() | Heading():
            return block.text
        case Bullets():
            return "\n".join(f"- {text}" for text in block.texts)
        case Findings():
            return "\n".join(f"- {_STATES[one.state] if one.state else ''}{one.unit}: {one.text}" for one in block.findings)
        case Links():
            return f"{block.text}: {', '.join(title for title, _ in block.links)}"
        case Plot():
            return f"[plot: {block.caption}]"
        case Plots():
            return "\n".join(_text(plot, width) for plot in block.plots)
        case Details():
            return f"{block.summary}\n{to_text(block.blocks, width)}"


def _cell(cell: Cell) -> str:
    marks = "".join(f" ({mark})" for mark in cell.marks)
    # What stands on a line of its own on the page is set apart; an interval goes with its number.
    between = " " if cell.number or cell.detail.startswith("[") else " · "
    detail = f"{between}{cell.detail}" if cell.detail else ""
    return f"{_STATES[cell.state] if cell.state else ''}{cell.text}{detail}{marks}".strip()


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[tuple[str, bool]]]:
    """(text, is a number) of every place; a cell over several columns or rows stands in the first, the others are empty."""
    grid: list[list[tuple[str, bool]]] = []
    hanging: dict[int, int] = {}  # column to rows that a cell above still covers
    for row in rows:
        line: list[tuple[str, bool]] = []
        cells = list(row)
        while cells or hanging.get(len(line)):
            if hanging.get(len(line)):
                hanging[len(line)] -= 1
                line.append(("", False))
                continue
            cell = cells.pop(0)
            for place in range(cell.columns):
                hanging[len(line)] = cell.rows - 1
                line.append((_cell(cell) if place == 0 else "", cell.number))
        grid.append(line)
    return grid


def _table(table: Table, width: int | None) -> str:
    head, body = _grid(table.head), _grid(table.body)
    columns = max((len(line) for line in head + body), default=0)
    lines = [[*line, *[("", False)] * (columns - len(line))] for line in head + body]
    # A heading over several columns may be wider than its first; it flows to the right.
    measured = body + head[-1:]
    widths = [max((len(line[place][0]) for line in measured if place < len(line)), default=0) for place in range(columns)]
    printed = [_line(line, widths) for line in lines]
    widest = max((len(line) for line in printed), default=0)
    if width is not None and widest > width:
        rule, printed, head = "-" * width, _stacked(table, lines[: len(head)]), []
    else:
        rule = "-" * widest
    notes = [f"({mark}) {text}" for mark, text in table.notes]
    remark = [table.remark] if table.remark else []
    headed = [*printed[: len(head)], rule] if head else []
    return "\n".join([table.caption, rule, *headed, *printed[len(head) :], rule, *remark, *notes])


def _stacked(table: Table, head: Sequence[Sequence[tuple[str, bool]]]) -> list[str]:
    """Every row under its first cell: its other cells behind the names of their columns, without those that are empty; one over
    all the columns has no name."""
    names = [", ".join(dict.fromkeys(filter(None, column))) for column in zip(*_spread(head), strict=True)]
    longest = max(map(len, names[1:]), default=0)
    stacked = []
    for first, *others in places(table.body):
        stacked.append(_cell(first.cell))
        for place in others:
            if not place.below and (text := _cell(place.cell)):
                over_all = place.cell.columns > 1 and place.cell.columns == len(names) - 1
                stacked.append(f"  {text}" if over_all else f"  {names[place.column]:<{longest}}  {text}")
    return stacked


def _spread(head: Sequence[Sequence[tuple[str, bool]]]) -> list[list[str]]:
    """The texts of a head, those over several columns in each of them."""
    spread = []
    for place, line in enumerate(head):
        texts = [text for text, _ in line]
        if place < len(head) - 1:
            for column in range(1, len(texts)):
                texts[column] = texts[column] or texts[column - 1]
        spread.append(texts)
    return spread


def _line(line: Sequence[tuple[str, bool]], widths: Sequence[int]) -> str:
    text, edge = "", 0
    for (cell, number), width in zip(line, widths, strict=True):
        padded = cell.rjust(width) if number else cell
        text = text.ljust(edge) + padded
        edge += width + 2
        if len(text) >= edge:  # wider than its column: what follows begins a little later
            text += "  "
    return text.rstrip()
