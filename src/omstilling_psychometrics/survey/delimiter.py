"""The records of a text table, and the delimiter between its fields."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..core.errors import DataError
from .codebook import DELIMITERS, FileForm
from .header import Sought
from .text import quoted

# Rows that are looked at.
_ROWS = 20

# Characters of a text that is not to be taken apart.
_LONGEST_NAME = 1000


class Record(NamedTuple):
    """One record of a text: its cells, and where it ends in bytes."""

    cells: list[str]
    end: int


def records(text: str, delimiter: str, number: int) -> list[Record]:
    """The first records of a text, blank ones among them, quoted line breaks respected. The last may be broken off."""
    ended: list[Record] = []
    lines = _Lines(text)
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            ended.append(Record(record, lines.bytes))
            if len(ended) == number:
                break
    except csv.Error:  # a field beyond the parser's limit: what was found before must do
        pass
    return ended or [Record([text[:_LONGEST_NAME]], 0)]


class _Lines:
    """The lines of a text, one after the other; `bytes` is how many bytes have been given."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text, newline="")
        self.bytes = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.bytes += len(line.encode())
            yield line


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows of a text in which anything stands, without the last, which may be broken off."""
    rows = [record.cells for record in records(text, delimiter, _ROWS) if record.cells]
    return rows[:-1] or rows


def likely_delimiter(text: str, wanted: Sought) -> str:
    """The delimiter under which a row holds most of the wanted columns; then the one that gives all rows, or those from the
    earliest row on, the same number of fields; then the one that gives most."""

    def merit(delimiter: str) -> tuple[int, bool, bool, int, int]:
        rows = _first_rows(text, delimiter)
        widths = [len(row) for row in rows]
        even = next(place for place in range(len(rows)) if len(set(widths[place:])) == 1)
        some = widths[-1] > 1
        return _found(rows, wanted), some and not even, widths[0] > 1, -even if some else -len(rows), widths[-1]

    return max(DELIMITERS, key=merit)


def _found(rows: Iterable[Sequence[str]], wanted: Sought) -> int:
    return max(map(wanted.found_in, rows))


def refuse_other_delimiter(text: str, form: FileForm, delimiter: str, wanted: Sought, name: str) -> None:
    """DataError where another delimiter than the codebook says, or than is known, is evidently the right one."""
    rows = _first_rows(text, form.delimiter or delimiter)
    if any(len(row) > 1 for row in rows) and _found(rows, wanted) >= _found(_first_rows(text, delimiter), wanted):
        return
    for other in (delimiter, *dict.fromkeys(re.sub(r"[\w\s\"'.-]", "", text.split("\n", 1)[0]))):
        widths = {len(row) for row in _first_rows(text, other)}
        if other != form.delimiter and other.isascii() and len(widths) == 1 and widths.pop() > 1:
            subject = f"is not {quoted(form.delimiter)}, which the codebook says, but" if form.delimiter else "seems to be"
            line = other.replace("\t", "\\t")
            raise DataError(
                f'{name}: the delimiter {subject} {quoted(other)}. Say delimiter = "{line}" under [file] in the codebook.'
            )
