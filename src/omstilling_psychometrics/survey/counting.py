"""Distinct rows of a polars frame and how often each occurs: batch by batch, every row as one integer or a few.

The same as the engine's own GROUP BY over the columns, at less cost where most rows differ. Texts are numbered as they stream
by, a row is packed into words of 62 bits, and sorting numbers is cheaper than looking up rows of several columns in a large
hash table.
Memory follows the number of distinct rows and one buffer, not the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ..core.numerics.arrays import Ints
from ..core.numerics.tally import pieces, run_lengths, tally
from .table import Grouped, RawColumn, TooManyValues

if TYPE_CHECKING:
    import polars as pl

# Rows that a batch asks of the engine, and rows that wait until they are sorted (8 bytes each).
_BATCH_ROWS = 1 << 19
_BUFFER_ROWS = 1 << 24

# Rows that a batch of very many columns has at least.
_LEAST_BATCH_ROWS = 1 << 12

# Where a batch has fewer distinct rows than this share, the engine's hash table stays small and is the faster way.
_FEW_DISTINCT = 0.25

# Bits of a word; the sign stays free.
_BITS = 62

# Integers spread over more values than this are found by sorting instead of in a table of all values between.
_TABLE = 1 << 22


# Distinct rows as words of 62 bits (n,) each, the last of them first.
Words = list[Ints]


class _ForTheEngine(Exception):
    """Few rows of the first batch are distinct, or the integers of a column are spread too widely for one word."""


class _Column:
    """One column: field 0 is null, field v stands for the integer `low` + v - 1, or for the text of that number where there are
    `categories`. `bits` is what the fields seen so far need."""

    def __init__(self, name: str, categories: Any = None) -> None:
        self.name = name
        self.categories = categories
        self.low: int | None = None if categories is None else 0
        self.bits = 1

    def expression(self) -> pl.Expr:
        """What the engine computes: fields of texts (they are numbered from 0), integers as they are."""
        import polars as pl

        if self.categories is None:
            return pl.col(self.name).cast(pl.Int64)
        return (pl.col(self.name).cast(self.categories).to_physical() + 1).fill_null(0)

    def meets(self, values: pl.Series) -> tuple[int, int]:
        """Takes a batch into account; (how much the fields of earlier rows grow by, bits they had)."""
        bits, shift = self.bits, 0
        least, top = cast("tuple[int | None, int]", (values.min(), values.max()))
        if least is None:
            return shift, bits
        if self.categories is None:
            if self.low is None or least < self.low:
                shift, self.low = (0 if self.low is None else self.low - least), least
            top += 1 - self.low
        # The largest field of earlier rows grows with the others.
        self.bits = max(self.bits, top.bit_length(), ((1 << bits) - 1 + shift).bit_length())
        return shift, bits

    def fields(self, values: pl.Series) -> NDArray[Any]:
        if self.categories is not None:
            return values.to_numpy()
        if self.low is None:
            return np.zeros(len(values), dtype=np.int64)
        return np.asarray(values.fill_null(self.low - 1).to_numpy() - (self.low - 1))

    def values(self, fields: Ints) -> list[object]:
        """The raw values of ascending fields."""
        import polars as pl

        numbers = fields[fields > 0] + ((self.low or 0) - 1)
        values: list[object] = list(numbers.tolist())
        if self.categories is not None:
            values = pl.Series(numbers.astype(np.uint32)).cat.to(self.categories).cast(pl.String).to_list()
        return [None, *values] if fields.size and fields[0] == 0 else values


def count_values(frame: pl.LazyFrame, at_most: int) -> dict[str, dict[object, int] | None]:
    """Rows per value of every column of a frame, which is gone through once, batch by batch; None for a column once it has
    more than `at_most` different values."""
    names = frame.collect_schema().names()
    counts: dict[str, dict[object, int] | None] = {name: {} for name in names}
    rows_at_once = max(_BATCH_ROWS // max(len(names), 1), _LEAST_BATCH_ROWS)
    for batch in frame.collect_batches(chunk_size=rows_at_once, maintain_order=False, engine="streaming"):
        for column in batch.iter_columns():
            counts[column.name] = _added(counts[column.name], column, at_most)
    return counts


def _added(counted: dict[object, int] | None, column: pl.Series, at_most: int) -> dict[object, int] | None:
    """Rows per value with those of another batch."""
    if counted is None:
        return None
    found = column.rename("value").value_counts(name="rows")
    if found.height > at_most:
        return None
    for value, rows in found.iter_rows():
        counted[value] = counted.get(value, 0) + rows
    return counted if len(counted) <= at_most else None


def count_rows(frame: pl.LazyFrame, columns: Sequence[str], at_most: Mapping[str, int] | None = None) -> Grouped | None:
    """Distinct rows of `columns` and how many rows are equal to each; None where the engine's own GROUP BY is the way: few
    distinct rows, columns of other types than text and integers, or integers that are spread over more than 62 bits.

    Raises TooManyValues for a column with more different values than `at_most` gives it, as soon as a batch shows them. Where
    the first batch sends everything to the engine, no later one is looked at.
    """
    import polars as pl

    limits = at_most or {}
    schema = frame.select(*columns).collect_schema()
    coded, alive = [], []
    for name, dtype in schema.items():
        if dtype == pl.String or isinstance(dtype, (pl.Categorical, pl.Enum)):
            numbered = pl.Categorical(pl.Categories.random())
            # Texts keep their numbers as long as something of this type is in use.
            alive.append(pl.Series([None], dtype=numbered))
            coded.append(_Column(name, numbered))
        elif dtype.is_integer() and dtype not in (pl.UInt64, pl.Int128, pl.UInt128):
            coded.append(_Column(name))
        else:
            first = frame.select(*limits).head(_BATCH_ROWS).collect(engine="streaming")
            for limited, most in limits.items():
                if first.get_column(limited).n_unique() > most:
                    raise TooManyValues(limited)
            return None
    try:
        rows, counts = _distinct(frame.select(column.expression() for column in coded), coded, limits)
    except _ForTheEngine:
        return None
    places = _places([column.bits for column in coded])
    found = {column.name: _raw(column, rows[word], place) for column, (word, place) in zip(coded, places, strict=True)}
    return Grouped({name: found[name] for name in columns}, counts)


def _raw(column: _Column, rows: Ints, place: int) -> RawColumn:
    """One column of packed rows, whose fields begin at bit `place` of this word, as codes into its raw values."""
    mask = (1 << column.bits) - 1
    if mask >= _TABLE:
        present, inverse = np.unique(rows >> place & mask, return_inverse=True)
        return RawColumn(inverse, column.values(present))
    seen = np.zeros(mask + 1, dtype=bool)
    for piece in pieces(rows.size):
        seen[rows[piece] >> place & mask] = True
    present = np.flatnonzero(seen)
    narrow = np.uint8 if present.size <= 256 else np.uint32
    code: NDArray[np.unsignedinteger[Any]] = np.zeros(mask + 1, dtype=narrow)
    code[present] = np.arange(present.size, dtype=narrow)
    codes = np.empty_like(code, shape=rows.size)
    for piece in pieces(rows.size):
        codes[piece] = code[rows[piece] >> place & mask]
    return RawColumn(codes, column.values(present))


def _places(bits: Sequence[int]) -> list[tuple[int, int]]:
    """Where a row has the field of each column, given their bits: which of its words, counted from the last, and at which bit
    of it. The last column is in the lowest bits of the last word."""
    found = []
    word = place = 0
    for number in reversed(bits):
        if place + number > _BITS:
            word, place = word + 1, 0
        found.append((word, place))
        place += number
    return found[::-1]


def _distinct(frame: pl.LazyFrame, columns: Sequence[_Column], at_most: Mapping[str, int]) -> tuple[Words, Ints]:
    """Packed distinct rows in ascending order, and their counts."""
    counts = np.zeros(0, dtype=np.int64)
    rows = _repacked([], columns, [(0, column.bits) for column in columns])
    waiting: list[Words] = []
    for batch in frame.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=False, engine="streaming"):
        grown = [column.meets(batch.get_column(column.name)) for column in columns]
        for column in columns:
            most = at_most.get(column.name)
            if most is not None and 1 << column.bits > most and batch.get_column(column.name).n_unique() > most:
                raise TooManyValues(column.name)
            if column.bits > _BITS:
                raise _ForTheEngine
        if not counts.size and not waiting and batch.hash_rows().n_unique() < _FEW_DISTINCT * batch.height:
            raise _ForTheEngine
        if any(shift or bits < column.bits for column, (shift, bits) in zip(columns, grown, strict=True)):
            rows = _repacked(rows, columns, grown)
            waiting = [_repacked(one, columns, grown) for one in waiting]
        packed = [np.zeros(batch.height, dtype=np.int64) for _ in rows]
        for column, (word, place) in zip(columns, _places([column.bits for column in columns]), strict=True):
            packed[word] |= column.fields(batch.get_column(column.name)).astype(np.int64) << place
        waiting.append(packed)
        if sum(len(one[0]) for one in waiting) >= max(_BUFFER_ROWS, counts.size // 2):
            rows, counts = _merged(rows, counts, waiting)
    return _merged(rows, counts, waiting)


def _repacked(rows: Words, columns: Sequence[_Column], grown: Sequence[tuple[int, int]]) -> Words:
    """Rows packed with the bits from before, packed with those of now."""
    before, now = _places([bits for _, bits in grown]), _places([column.bits for column in columns])
    result = [np.zeros(len(rows[0]) if rows else 0, dtype=np.int64) for _ in range(now[0][0] + 1)]
    if not rows:
        return result
    for (shift, bits), (old_word, old_place), (word, place) in zip(grown, before, now, strict=True):
        field = rows[old_word] >> old_place & ((1 << bits) - 1)
        if shift:
            field[field > 0] += shift
        result[word] |= field << place
    return result


def _merged(rows: Words, counts: Ints, waiting: list[Words]) -> tuple[Words, Ints]:
    """Distinct rows with the waiting ones merged in; the list of waiting rows is empty afterwards."""
    if not waiting:
        return rows, counts
    if len(rows) > 1:
        everything = [np.concatenate(word) for word in zip(rows, *waiting, strict=True)]
        times = np.concatenate([counts, np.ones(everything[0].size - counts.size, dtype=np.int64)])
        waiting.clear()
        found, counts = tally(everything[::-1], [1 << _BITS] * len(rows), times)
        return found[::-1], counts
    new = np.concatenate([word for (word,) in waiting])
    waiting.clear()
    new.sort()
    new, times = run_lengths(new)
    if not counts.size:
        return [new], times
    both, total = np.concatenate([rows[0], new]), np.concatenate([counts, times])
    order = np.argsort(both, kind="stable")  # two ascending runs are merged, not sorted
    both, lengths = run_lengths(both[order])
    return [both], np.add.reduceat(total[order], np.cumsum(lengths) - lengths)
