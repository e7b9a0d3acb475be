"""SPSS (.sav, .zsav) and Stata (.dta) files: values, value labels and user-missing values, each kept apart."""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import DataError
from ..core.files import sha256
from .account import Source
from .codebook import FileForm
from .coding import ValueLabels
from .frames import FrameTable
from .statistics_process import Crashed, StatisticsProcess
from .statistics_reader import Metadata, Request, Unreadable, metadata_in
from .table import ROWS_TOLD, Grouped
from .text import canonical, normalised, quoted, raw_text, without_mojibake

if TYPE_CHECKING:
    import pyarrow as pa

# Values that are held at once where every column is looked at: the file is gone through once for that many.
_CELLS_AT_ONCE = 1 << 24

_PROGRAMS = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata"}


@dataclass(frozen=True, kw_only=True)
class StatisticsTable:
    """An SPSS or Stata file whose metadata are known; columns are read when they are asked for, and no others."""

    name: str
    columns: tuple[str, ...]
    labels: Mapping[str, ValueLabels]
    source: Source | None
    load: Callable[[Sequence[str], int], pa.Table]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def _read(self, columns: Sequence[str], rows: int = 0) -> FrameTable:
        import narwhals as nw

        return FrameTable(frame=nw.from_native(self.load(columns, rows)), name=self.name, columns=tuple(columns))

    def group(self, columns: Sequence[str], at_most: Mapping[str, int] | None = None) -> Grouped:
        """Distinct rows of `columns` and how many rows are equal to each."""
        return self._read(columns).group(columns, at_most)

    @property
    def problems(self) -> Mapping[str, str]:
        return {}

    def tallies(self, columns: Sequence[str], at_most: int) -> dict[str, dict[object, int] | None]:
        """Rows per raw value of each of `columns`; None where one has more than `at_most`."""
        at_once = max(1, _CELLS_AT_ONCE // max(self.rows(), 1))
        counts: dict[str, dict[object, int] | None] = {}
        for start in range(0, len(columns), at_once):
            block = columns[start : start + at_once]
            counts |= self._read(block).tallies(block, at_most)
        return counts

    def rows(self) -> int:
        """The number of rows."""
        return self._read(self.columns[:1]).rows()

    def head(self, columns: Sequence[str], rows: int) -> dict[str, list[object]]:
        """The first `rows` rows of `columns`."""
        return self._read(columns, rows).head(columns, rows)

    def where(self, column: str, value: object, rows: int = ROWS_TOLD) -> str:
        """The first rows in which `column` holds `value`."""
        return self._read([column]).where(column, value, rows)


def open_statistics_file(path: Path, form: FileForm) -> StatisticsTable:
    """An SPSS or Stata file, its metadata read. Raises DataError where it is damaged."""
    program = _PROGRAMS[path.suffix.lower()]
    process = StatisticsProcess()

    def ask(columns: Sequence[str] | None = None, rows: int = 0) -> pa.Table:
        asked = None if columns is None else list(columns)
        # Such a file states its encoding itself; the codebook's is for where the statement is wrong.
        request = Request(path=str(path), encoding=_encoding(form.encoding), columns=asked, rows=rows)
        try:
            return process.ask(request)
        except Unreadable as error:
            encoding = (
                f" with the encoding {quoted(form.encoding)} that the codebook gives" if form.encoding is not None else ""
            )
            other = "another encoding" if form.encoding is not None else "another encoding than it says"
            raise DataError(
                f"{path.name}: cannot be read as a file of {program}{encoding} ({error}). It may be cut off, or have "
                f'{other} (encoding = "cp1252" or another one under [file] in the codebook); export it again.'
            ) from error
        except Crashed as error:
            raise DataError(
                f"{path.name}: damaged: what reads files of {program} ended in the middle of it. Export the file again from "
                f"{program}, or as CSV."
            ) from error

    about = metadata_in(ask())
    columns = tuple(about.column_names)
    if not columns:
        raise DataError(f"{path.name}: the file has no variables. Export it again from {program}.")
    labels = {name: labels for name in columns if (labels := _labels(name, about)) is not None}
    descriptions = {name: normalised(text) for name, text in about.column_names_to_labels.items()}
    words = (*columns, *descriptions.values(), *(label for one in labels.values() for label in one.labels.values()))
    garbled = next((word for word in words if without_mojibake(word) != word), None)
    notes = () if garbled is None else (f"mojibake_in_labels: {garbled} → {without_mojibake(garbled)}".replace(";", ","),)
    return StatisticsTable(
        name=path.name,
        columns=columns,
        labels=labels,
        source=Source(name=path.name, sha256=sha256(path)),
        load=ask,
        descriptions=descriptions,
        facts={"format": f"{program} file", "encoding": about.file_encoding or "not stated"},
        notes=notes if process.own else (*notes, "read_without_process"),
    )


# What the reader calls encodings that Python calls otherwise.
_READERS_NAMES = {"mac-roman": "MACINTOSH", "utf-8-sig": "utf-8"}


def _encoding(name: str | None) -> str | None:
    """The name of an encoding as the reader knows it."""
    if name is None:
        return None
    known = codecs.lookup(name).name
    return _READERS_NAMES.get(known, known)


def _labels(name: str, about: Metadata) -> ValueLabels | None:
    labels = {
        canonical(text): normalised(str(label))
        for value, label in about.variable_value_labels.get(name, {}).items()
        if (text := raw_text(value)) is not None
    }
    missing = {canonical(text) for value in _missing_values(name, about, labels) if (text := raw_text(value)) is not None}
    # Stata's .a to .z are known to be there only when the values have been read.
    tagged = about.file_format == "dta" and about.readstat_variable_types[name] != "string"
    return ValueLabels(labels, frozenset(missing), tagged) if labels or missing or tagged else None


def _missing_values(name: str, about: Metadata, labels: Mapping[str, str]) -> Iterable[object]:
    """User-missing values: those named one by one, and the whole numbers and labelled values of a range."""
    yield from about.missing_user_values.get(name, ())
    for bounds in about.missing_ranges.get(name, ()):
        low, high = bounds["lo"], bounds["hi"]
        if isinstance(low, str) or isinstance(high, str) or low == high:
            yield low
            continue
        yield from (label for label in labels if _number(label) is not None and low <= float(label) <= high)
        # A range may be open to one side ("LOWEST THRU 0"); whole numbers around a rating scale are what can matter.
        yield from range(math.ceil(max(low, -1000)), math.floor(min(high, 1000)) + 1)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
