"""Excel workbooks: size checked before anything is unpacked, cells whose value would be lost found, one sheet chosen."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from ..core.errors import DataError
from ..core.files import sha256
from .account import Source
from .codebook import MOST_HEADER_ROWS, FileForm
from .coding import ValueLabels
from .columns import distinct_names
from .described_sheets import DescribedSheet, described_sheet, describes
from .frames import FrameTable
from .header import ROWS_LOOKED_AT, Sought, header_of
from .table import ROWS_TOLD, Grouped
from .text import briefly, listed, quoted

if TYPE_CHECKING:
    import pyarrow as pa

# The fullest sheet of ordinary survey answers unpacks to less; a small file that unpacks to more is made to exhaust memory.
MAXIMUM_BYTES = 1 << 30
_MAXIMUM_RATIO = 200
_RATIO_MATTERS_FROM = 1 << 26
_MAXIMUM_PARTS = 10_000

_BLOCK = 1 << 22
_OVERLAP = 1 << 16

# A sheet is held as a rectangle from its first to its last cell. One far cell makes a small file fill the memory.
_MAXIMUM_ROWS = 1 << 20
_MAXIMUM_CELLS = 1 << 28
_SPARSE_FROM = 1 << 24
_SPARSE_RATIO = 50
# Rows of merged cells that a message may name.
_MERGED_ROWS = 100

# A cell that shows another error, a formula that was never computed, and cells merged into one: all would be read as empty.
_REFERENCE = rb"""\br=["']([A-Z]{1,3})([0-9]+)["']"""
_LOST = "an error such as #N/A or a formula that was never computed, or are merged with others"
_CELL = rb"<(?:\w+:)?c\s"
# A cell that says that a value is not there, by a formula or typed. What that means is for the codebook, as in a text file.
_NOTHING = re.compile(
    _CELL
    + rb"""(?=[^>]*\bt=["']e["'])[^>]*?"""
    + _REFERENCE
    + rb"[^>]*>\s*(?:<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?"
    rb"<(?:\w+:)?v>(#N/A|#NULL!)</(?:\w+:)?v>"
)
_ERROR_CELL = re.compile(_CELL + rb"""(?=[^>]*\bt=["']e["'])[^>]*?""" + _REFERENCE)
_FORMULA = re.compile(
    _CELL + rb"""(?![^>]*\bt=["']str["'])[^>]*?""" + _REFERENCE + rb"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["']([A-Z]{1,3})([0-9]+):([A-Z]{1,3})([0-9]+)["']""")
_FIRST_CELL = re.compile(_CELL + rb"[^>]*?" + _REFERENCE)
_COLUMN_OF_CELL = re.compile(_CELL + rb"""[^>]*?\br=["']([A-Z]{1,3})[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]+)["']""")


@dataclass(frozen=True)
class _Sheet:
    """Where a worksheet begins, the rows of cells whose value would be lost, by column number, and the cells that hold a sign
    for nothing, by row and column."""

    first_row: int = 1
    first_column: int = 0
    lost: Mapping[int, list[int]] = field(default_factory=dict)
    nothing: Mapping[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WorkbookTable:
    """One sheet of a workbook, its cells as text, down to the last row in which anything stands; empty_at_end: the rows below
    it."""

    inner: FrameTable
    lost: Mapping[str, list[int]]
    empty_at_end: int = 0
    labels: Mapping[str, ValueLabels] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def columns(self) -> tuple[str, ...]:
        return self.inner.columns

    @property
    def source(self) -> Source | None:
        return self.inner.source

    @property
    def descriptions(self) -> Mapping[str, str]:
        return self.inner.descriptions

    @property
    def facts(self) -> Mapping[str, str]:
        return self.inner.facts

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def group(self, columns: Sequence[str], at_most: Mapping[str, int] | None = None) -> Grouped:
        """Distinct rows of `columns`. DataError where a cell of theirs holds an error or a formula without value."""
        self._refuse_lost(columns)
        return replace(self.inner.group(columns, at_most), empty_at_end=self.empty_at_end)

    @property
    def problems(self) -> Mapping[str, str]:
        """Columns with cells whose value is lost."""
        return {name: f"cells that hold {_LOST} ({_rows_told(rows)})" for name, rows in self.lost.items()}

    def tallies(self, columns: Sequence[str], at_most: int) -> dict[str, dict[object, int] | None]:
        """Rows per raw value of each of `columns`, lost ones as empty; None where one has more than `at_most`."""
        return self.inner.tallies(columns, at_most)

    def rows(self) -> int:
        """The number of rows down to the last one in which anything stands."""
        return self.inner.rows()

    def _refuse_lost(self, columns: Sequence[str]) -> None:
        for name in columns:
            if name in self.lost:
                raise DataError(
                    f"{self.name}: column {quoted(name)}: {len(self.lost[name])} cell(s) hold {_LOST} "
                    f"({_rows_told(self.lost[name])}). Correct them in Excel, or save the sheet with values only."
                )

    def head(self, columns: Sequence[str], rows: int) -> dict[str, list[object]]:
        """The first `rows` rows of `columns`."""
        return self.inner.head(columns, rows)

    def where(self, column: str, value: object, rows: int = ROWS_TOLD) -> str:
        """The first rows in which `column` holds `value`."""
        return self.inner.where(column, value, rows)


def _rows_told(rows: Sequence[int]) -> str:
    return f"rows {', '.join(str(row) for row in rows[:ROWS_TOLD])}"


def open_workbook(path: Path, form: FileForm, wanted: Sought) -> WorkbookTable:
    """The sheet of a workbook that holds the wanted items. Raises DataError where there is none or more than one."""
    import fastexcel
    import narwhals as nw
    import pyarrow as pa

    parts = _worksheets(path)
    try:
        reader = fastexcel.read_excel(str(path))
        names = list(reader.sheet_names)
        described = _described(reader, names)
        chosen = described.sheet if described is not None else _chosen(path, reader, names, wanted)
        batch = reader.load_sheet(chosen, header_row=None, dtypes="string", schema_sample_rows=1).to_arrow()
    except fastexcel.FastExcelError as error:
        raise _damaged(path, error) from error
    table = pa.Table.from_batches([batch])
    if not table.num_rows or not table.num_columns:
        raise DataError(f"{path.name}: the sheet {quoted(chosen)} is empty. Export the answers again.")
    sheet = parts.get(chosen, _Sheet())
    first = table.slice(0, ROWS_LOOKED_AT)
    looked_at = list(zip(*([cell or "" for cell in column.to_pylist()] for column in first.columns), strict=True))
    header = header_of(looked_at, form, wanted, path.name, sheet.first_row)
    columns = distinct_names(header.names)
    rows = table.slice(header.rows - sheet.first_row + 1).rename_columns(list(columns))
    filled = _filled(rows)
    rows = _with_signs(rows, sheet, header.rows + 1)
    inner = FrameTable(
        frame=nw.from_native(rows.slice(0, filled)),
        name=path.name,
        columns=columns,
        source=Source(name=path.name, sha256=sha256(path)),
        descriptions={columns[place]: text for place, text in header.texts.items()}
        | {name: text for name, text in (described.descriptions if described is not None else {}).items() if name in columns},
        facts={"format": "Excel workbook", "sheet": chosen},
        first_row=header.rows + 1,
    )
    lost = {
        columns[column - sheet.first_column]: below
        for column, numbers in sheet.lost.items()
        if 0 <= column - sheet.first_column < len(columns) and (below := [row for row in numbers if row > header.rows])
    }
    labels = described.labels if described is not None else {}
    return WorkbookTable(inner=inner, lost=lost, empty_at_end=rows.num_rows - filled, labels=labels)


def _described(reader: Any, names: Sequence[str]) -> DescribedSheet | None:
    """The sheet that others describe. Sheets are read whole only where one looks like a description."""
    if len(names) == 1 or not any(describes(_rows(reader, name, 1)) for name in names):
        return None
    return described_sheet({name: _rows(reader, name, None) for name in names})


def _rows(reader: Any, name: str, number: int | None) -> list[list[str]]:
    batch = reader.load_sheet(name, header_row=None, n_rows=number, dtypes="string", schema_sample_rows=1).to_arrow()
    return [[value or "" for value in row.values()] for row in batch.to_pylist()]


def _with_signs(rows: pa.Table, sheet: _Sheet, first_row: int) -> pa.Table:
    """The table with the signs for nothing in their cells, which the reader leaves empty."""
    import pyarrow as pa

    signs: dict[int, dict[int, str]] = {}
    for (row, column), sign in sheet.nothing.items():
        if row >= first_row and 0 <= column - sheet.first_column < rows.num_columns:
            signs.setdefault(column - sheet.first_column, {})[row - first_row] = sign
    for place, cells in signs.items():
        texts = rows.column(place).to_pylist()
        for row, sign in cells.items():
            if row < len(texts):
                texts[row] = texts[row] or sign
        rows = rows.set_column(place, rows.schema.names[place], pa.array(texts, pa.large_string()))
    return rows


def _filled(rows: pa.Table) -> int:
    """The number of rows down to the last one in which anything stands. Rows below are left by what was deleted, formatted or
    prepared with formulas; nobody answered in them."""
    import pyarrow.compute as pc

    last = 0
    for column in rows.columns:
        places = np.flatnonzero(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False).to_numpy())
        last = max(last, int(places[-1]) + 1 if places.size else 0)
    return last


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path.name}: cannot be read as an Excel workbook ({briefly(error)}). It may be cut off or protected by a password; "
        "save it again as .xlsx."
    )


def _chosen(path: Path, reader: Any, names: Sequence[str], wanted: Sought) -> str:
    """The one sheet that holds every wanted item in one of its first rows; the only sheet, whatever it holds."""
    if not names:
        raise DataError(f"{path.name}: the workbook has no sheet. Export the answers again.")
    if len(names) == 1:
        return names[0]
    fitting = []
    for name in names:
        if max(map(wanted.found_in, _rows(reader, name, MOST_HEADER_ROWS)), default=0) == len(wanted.items):
            fitting.append(name)
    if len(fitting) > 1:
        raise DataError(
            f"{path.name}: several sheets hold answers ({listed(fitting)}). Save the one that is meant as a workbook of its "
            "own."
        )
    return fitting[0] if fitting else names[0]


def _worksheets(path: Path) -> dict[str, _Sheet]:
    """Every worksheet by name, read through once in blocks. Raises DataError for a damaged or oversized workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            packed = max(1, path.stat().st_size)
            if (
                len(parts) > _MAXIMUM_PARTS
                or total > MAXIMUM_BYTES
                or (total > _RATIO_MATTERS_FROM and total > _MAXIMUM_RATIO * packed)
            ):
                raise DataError(
                    f"{path.name}: the workbook unpacks to {total / 1e6:.0f} MB in {len(parts)} parts, which no survey "
                    "export needs. It was not "
                    "opened. Save the answers as CSV if the file is what it should be."
                )
            sheets = {part.filename: _scanned(archive, part) for part in parts if _is_worksheet(part.filename)}
            names = _sheet_names(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        KeyError,
    ) as error:
        raise _damaged(path, error) from error
    return {name: sheets[part] for name, part in names.items() if part in sheets}


def _is_worksheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _scanned(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> _Sheet:
    lost: dict[int, set[int]] = {}
    nothing: dict[tuple[int, int], str] = {}
    first_row, first_column = 0, 1 << 14
    columns: set[bytes] = set()
    last_row = cells = 0
    with archive.open(part) as stream:
        text = b""
        while block := stream.read(_BLOCK):
            text = text[-_OVERLAP:] + block
            for letters, row, sign in _NOTHING.findall(text):
                nothing[int(row), _column_number(letters)] = sign.decode()
            for pattern in (_ERROR_CELL, _FORMULA):
                for letters, row in pattern.findall(text):
                    lost.setdefault(_column_number(letters), set()).add(int(row))
            for left, top, right, bottom in _MERGED.findall(text):
                if int(bottom) <= first_row:
                    continue  # a title or header over the answers
                for column in range(_column_number(left), min(_column_number(right), 1 << 14) + 1):
                    lost.setdefault(column, set()).update(range(int(top), min(int(bottom), int(top) + _MERGED_ROWS) + 1))
            for letters, row in _FIRST_CELL.findall(text) if first_row == 0 else ():
                first_row = first_row or int(row)
                first_column = min(first_column, _column_number(letters))
            references = _COLUMN_OF_CELL.findall(text)
            columns.update(references)
            cells += len(references)
            last_row = max([last_row, *map(int, _ROW.findall(text))])
    width = max(map(_column_number, columns), default=0) + 1
    extent = width * last_row
    if last_row > _MAXIMUM_ROWS or extent > max(_SPARSE_FROM, min(_MAXIMUM_CELLS, _SPARSE_RATIO * cells)):
        raise DataError(
            f"{Path(archive.filename or '').name}: a cell far from the others makes the sheet {last_row} rows by {width} "
            f"columns, with {cells} cells filled. Delete the rows and columns without answers in Excel, or save the answers as "
            "CSV."
        )
    kept = {column: sorted(row for row in rows if (row, column) not in nothing) for column, rows in lost.items()}
    return _Sheet(first_row or 1, 0 if first_row == 0 else first_column, kept, nothing)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _sheet_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name to the part that holds it."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<Relationship\s[^>]*>", relations):
        marked, target = re.search(r'\bId="([^"]*)"', tag), re.search(r'\bTarget="([^"]*)"', tag)
        if marked and target:
            place = unquote(target[1]).removeprefix("/")
            targets[marked[1]] = place if place.startswith("xl/") else f"xl/{place}"
    names = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        name, relation = re.search(r'\bname="([^"]*)"', tag), re.search(r'\br:id="([^"]*)"', tag)
        if name and relation and relation[1] in targets:
            names[_unescaped(name[1])] = targets[relation[1]]
    return names


def _unescaped(text: str) -> str:
    from html import unescape

    return unescape(text)
