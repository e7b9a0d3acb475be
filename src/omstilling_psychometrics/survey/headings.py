"""Headings between the rows of answers ('Afdeling Nord', and nothing else in the row), which would count as people who left
everything blank."""

from __future__ import annotations

from ..core.errors import DataError
from .codebook import Codebook, LeftOut
from .codebook_lines import Line
from .columns import Plan
from .header import shape
from .statistics_file import StatisticsTable
from .table import Table
from .text import canonical, listed, quoted, raw_text
from .weights import HEAD_ROWS

# A table with fewer columns has rows of one cell for other reasons.
_FEWEST_COLUMNS = 4


class HeadingsBetween(DataError):
    """Headings stand between the rows of answers. `rule` is the [[left_out]] that takes them out."""

    def __init__(self, message: str, rule: LeftOut) -> None:
        super().__init__(message)
        self.rule = rule


def refuse_headings(table: Table, plan: Plan, codebook: Codebook) -> None:
    """HeadingsBetween where rows hold one cell alone, a text of another shape than the other cells of its column, and would
    be read as answers. Only the first rows are looked at."""
    # Statistics programs have no headings among their cases.
    if isinstance(table, StatisticsTable) or len(table.columns) < _FEWEST_COLUMNS or not plan.item_columns:
        return
    items = table.head(plan.item_columns, HEAD_ROWS)
    silent = [place for place, cells in enumerate(zip(*items.values(), strict=True)) if not any(map(raw_text, cells))]
    if not silent:
        return
    head = {name: [raw_text(value) for value in values] for name, values in table.head(table.columns, HEAD_ROWS).items()}
    left_out = {canonical(str(value)) for rule in codebook.left_out for value in rule.values}
    alone: dict[str, list[int]] = {}
    for place in silent:
        filled = [name for name, texts in head.items() if texts[place] is not None]
        if len(filled) == 1 and (filled[0] in plan.mapped or not plan.keys):
            alone.setdefault(filled[0], []).append(place)
    for column, places in alone.items():
        shapes = {shape(text) for place, text in enumerate(head[column]) if text is not None and place not in places}
        texts = dict.fromkeys(text for place in places if (text := head[column][place]) is not None)
        lines = [text for text in texts if canonical(text) not in left_out and "a" in shape(text) and shape(text) not in shapes]
        if shapes and lines:
            raise HeadingsBetween(
                f"{table.name}: column {quoted(column)}: rows in which {listed(lines)} stands alone look like headings between "
                "the answers, and would count as people who left everything blank. Leave them out in the codebook: [[left_out]]"
                f' {Line("column", column)} {Line("values", tuple(lines))} reason = "heading"; or take them out of the file.',
                LeftOut(column, tuple(lines), "heading"),
            )
