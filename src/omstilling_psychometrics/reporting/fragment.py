"""Blocks of the report outside a report: as a fragment of HTML for a notebook, and as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..instrument import Language
from .blocks import Block, Bullets, Cell, Details, Heading, Paragraph, Plot, Plots, Table
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
    template = _environment(language).get_template("blocks.html.j2")
    parts = (str(template.module.block(block)) for block in blocks)  # type: ignore[attr-defined]
    lines = [line for part in parts for line in part.splitlines() if line.strip()]
    return "\n".join([_STYLE, '<div class="op-blocks">', *lines, "</div>"])


def to_text(blocks: Iterable[Block]) -> str:
    """The blocks as text: tables with aligned columns, plots by their captions."""
    return "\n\n".join(_text(block) for block in blocks)


def _text(block: Block) -> str:
    match block:
        case Table():
            return _table(block)
        case Paragraph() | Heading():
            return block.text
        case Bullets():
            return "\n".join(f"- {text}" for text in block.texts)
        case Plot():
            return f"[plot: {block.caption}]"
        case Plots():
            return "\n".join(_text(plot) for plot in block.plots)
        case Details():
            return f"{block.summary}\n{to_text(block.blocks)}"


def _cell(cell: Cell) -> str:
    marks = "".join(f" ({mark})" for mark in cell.marks)
    detail = f" {cell.detail}" if cell.detail else ""
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


def _table(table: Table) -> str:
    head, body = _grid(table.head), _grid(table.body)
    columns = max((len(line) for line in head + body), default=0)
    lines = [[*line, *[("", False)] * (columns - len(line))] for line in head + body]
    # A heading over several columns may be wider than its first; it flows to the right.
    measured = body + head[-1:]
    widths = [max((len(line[place][0]) for line in measured if place < len(line)), default=0) for place in range(columns)]
    printed = [_line(line, widths) for line in lines]
    rule = "-" * max((len(line) for line in printed), default=0)
    notes = [f"({mark}) {text}" for mark, text in table.notes]
    remark = [table.remark] if table.remark else []
    return "\n".join([table.caption, rule, *printed[: len(head)], rule, *printed[len(head) :], rule, *remark, *notes])


def _line(line: Sequence[tuple[str, bool]], widths: Sequence[int]) -> str:
    text, edge = "", 0
    for (cell, number), width in zip(line, widths, strict=True):
        padded = cell.rjust(width) if number else cell
        text = text.ljust(edge) + padded
        edge += width + 2
        if len(text) >= edge:  # wider than its column: what follows begins a little later
            text += "  "
    return text.rstrip()
