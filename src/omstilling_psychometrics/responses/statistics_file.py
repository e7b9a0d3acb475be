"""SPSS (.sav, .zsav) and Stata (.dta) files: values, value labels and user-missing values, each kept apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..errors import DataError
from ..files import sha256
from .account import Source
from .codebook import FileForm
from .coding import ValueLabels
from .frames import FrameTable
from .statistics_process import Crashed, StatisticsProcess
from .statistics_reader import Metadata, Request, Unreadable, metadata_in
from .table import ROWS_TOLD, Grouped
from .text import canonical, normalised, raw_text

if TYPE_CHECKING:
    import pyarrow as pa

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

    def tally(self, column: str, at_most: int) -> dict[object, int] | None:
        """Rows per raw value of `column`; None where it has more than `at_most`."""
        return self._read([column]).tally(column, at_most)

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
        request = Request(path=str(path), columns=None if columns is None else list(columns), rows=rows)
        try:
            return process.ask(request)
        except Unreadable as error:
            # Such a file states its encoding itself; the codebook's is for text files, and for where the statement is wrong.
            if form.encoding is not None:
                with suppress(Unreadable):
                    return process.ask(replace(request, encoding=form.encoding))
            raise DataError(
                f"{path.name}: cannot be read as a file of {program} ({error}). It may be cut off, or have "
                "another encoding than it says ([file] encoding in the codebook); export it again."
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
    return StatisticsTable(
        name=path.name,
        columns=columns,
        labels={name: labels for name in columns if (labels := _labels(name, about)) is not None},
        source=Source(name=path.name, sha256=sha256(path)),
        load=ask,
        descriptions={name: normalised(text) for name, text in about.column_names_to_labels.items()},
        facts={"format": f"{program} file", "encoding": about.file_encoding or "not stated"},
        notes=() if process.own else ("read_without_process",),
    )


def _labels(name: str, about: Metadata) -> ValueLabels | None:
    labels = {
        canonical(text): normalised(str(label))
        for value, label in about.variable_value_labels.get(name, {}).items()
        if (text := raw_text(value)) is not None
    }
    missing = {canonical(text) for value in _missing_values(name, about, labels) if (text := raw_text(value)) is not None}
    return ValueLabels(labels, frozenset(missing)) if labels or missing else None


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
