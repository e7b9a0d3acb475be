"""Tables as CSV text that no spreadsheet program takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What spreadsheet programs start to compute at, the full-width forms of East Asian keyboards among it; tab, carriage return and
# line feed because they skip them first.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


# A negative number computes to itself.
_NUMBER = re.compile(r"-[0-9]+([.,][0-9]+)?")


def safe_cell(value: object) -> object:
    """Text that a spreadsheet program would compute gets an apostrophe in front, which reading takes away again, and so does
    text that has such apostrophes already; None is an empty cell."""
    if isinstance(value, str) and value.lstrip("'").startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value):
        return "'" + value
    return "" if value is None else value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Comma-separated text with a header; cells are quoted where they must be."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in columns])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return stream.getvalue()
