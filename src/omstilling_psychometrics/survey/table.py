"""What every source of answers offers, whatever its format or engine: distinct raw rows with counts, and where values stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.numerics.arrays import Ints
from ..core.numerics.tally import looked_up
from .account import Source
from .coding import ValueLabels
from .text import raw_texts

if TYPE_CHECKING:
    import pyarrow as pa


# Rows that a message names when it says where a value stands.
ROWS_TOLD = 3


@dataclass(frozen=True)
class RawColumn:
    """One column of distinct raw rows: codes (m,) into `values`, the distinct raw values, None where empty."""

    codes: NDArray[np.integer[Any]]
    values: list[object]

    @cached_property
    def texts(self) -> Sequence[str | None]:
        """`values` as text, None where empty."""
        return raw_texts(self.values)

    def occurring(self, counts: Ints) -> Ints:
        """How many rows hold each of `values`, given the number of rows that each distinct row stands for (m,)."""
        return np.bincount(self.codes, weights=counts, minlength=len(self.values)).astype(np.int64)

    def take(self, rows: NDArray[np.bool_]) -> RawColumn:
        """The column in some of the rows (m,), with the values that occur there."""
        taken = self.codes[rows]
        there = np.zeros(len(self.values), dtype=bool)
        there[taken] = True
        if there.all():
            return RawColumn(taken, self.values)
        place = np.cumsum(there, dtype=self.codes.dtype) - 1
        return RawColumn(looked_up(place, taken), list(compress(self.values, there.tolist())))


class TooManyValues(Exception):
    """A column has more different values than it may have."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


@dataclass(frozen=True)
class Grouped:
    """Distinct raw rows: a column per name and how many rows are equal to each (m,). empty_at_end: rows under the last one in
    which anything stands, where the format has such; they are not among the rows."""

    columns: Mapping[str, RawColumn]
    counts: Ints
    empty_at_end: int = 0

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    def take(self, rows: NDArray[np.bool_]) -> Grouped:
        """Some of the distinct rows (m,), as if there had been no others."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Grouped(columns, self.counts[rows], self.empty_at_end)


def grouped_from_arrow(table: pa.Table, count: str) -> Grouped:
    """The result of a GROUP BY as an Arrow table: every column but `count` is dictionary-encoded."""
    import pyarrow as pa

    columns = {}
    for name in table.column_names:
        if name == count:
            continue
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_null(column.type):
            columns[name] = RawColumn(np.zeros(table.num_rows, dtype=np.int32), [None])
            continue
        encoded = column.dictionary_encode(null_encoding="encode").combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):  # an empty table has no chunk to combine
            encoded = pa.concat_arrays(encoded.chunks) if encoded.chunks else pa.array([], type=encoded.type)
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        columns[name] = RawColumn(codes, encoded.dictionary.to_pylist())
    return Grouped(columns, table.column(count).to_numpy().astype(np.int64))


class Table(Protocol):
    """A source of answers that has been opened but not read."""

    @property
    def name(self) -> str:
        """How errors and the account call it: a file's name without its folder."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in the order of the source."""

    @property
    def source(self) -> Source | None:
        """The file and its checksum; None for a data frame."""

    @property
    def labels(self) -> Mapping[str, ValueLabels]:
        """Value labels and user-missing values by column, where the format has such."""

    @property
    def descriptions(self) -> Mapping[str, str]:
        """The question text of a column, where the format has such."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What was found out about the form of the source: format, encoding, delimiter, sheet, in words."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed while opening it."""

    def group(self, columns: Sequence[str], at_most: Mapping[str, int] | None = None) -> Grouped:
        """Distinct rows of these columns and their counts. Raises TooManyValues where a column has more different values than
        `at_most` gives it, if that is seen before everything is counted."""

    @property
    def problems(self) -> Mapping[str, str]:
        """What stands in the way of reading a column, in words, where something does."""

    def tallies(self, columns: Sequence[str], at_most: int) -> dict[str, dict[object, int] | None]:
        """Rows per raw value of each column, the source being read once; None for a column that has more different values than
        that, of which no more are counted, or that holds no single values. Nothing is refused here."""

    def rows(self) -> int:
        """The number of rows."""

    def head(self, columns: Sequence[str], rows: int) -> dict[str, list[object]]:
        """The first rows of these columns."""

    def where(self, column: str, value: object, rows: int = ROWS_TOLD) -> str:
        """The first rows in which a raw value stands, in words for a message; '' where rows have no order."""
