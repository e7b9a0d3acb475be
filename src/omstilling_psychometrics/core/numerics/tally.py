"""Distinct rows of integer columns and how often each occurs: rows packed into one integer each, counted or sorted.

Shapes: columns (n,) each, codes low … low + width − 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Ints

# Counting by direct addressing is linear in the number of answers; beyond this many addresses it would cost more memory
# than sorting does (2^24 int64 = 128 MB).
_DIRECT_ADDRESSES = 1 << 24

# Integers below this are packed; the sign and a bit stay free.
_TOO_WIDE = 1 << 62

# Long columns are worked through in pieces of this many rows. Their intermediate results then stay in the cache; as whole
# columns, getting the memory for them would cost more time than computing them.
_PIECE_ROWS = 1 << 16


def pieces(rows: int) -> Iterator[slice]:
    """Slices that together are all rows."""
    return (slice(start, min(start + _PIECE_ROWS, rows)) for start in range(0, rows, _PIECE_ROWS))


def looked_up(table: NDArray[Any], codes: NDArray[np.integer[Any]]) -> NDArray[Any]:
    """table[codes], in pieces."""
    values = np.empty(codes.size, dtype=table.dtype)
    for piece in pieces(codes.size):
        values[piece] = table[codes[piece]]
    return values


def _pack(columns: Sequence[NDArray[Any]], widths: Sequence[int], low: Sequence[int]) -> NDArray[Any] | None:
    """Columns of codes low … low + width − 1 as one integer per row, or None where 62 bits are too few."""
    addresses = math.prod(widths)
    if addresses >= _TOO_WIDE:
        return None
    code = np.empty(len(columns[0]), dtype=np.int32 if addresses < 1 << 31 else np.int64)
    for piece in pieces(code.size):
        part = np.zeros(code[piece].size, dtype=np.int64)
        for column, width, least in zip(columns, widths, low, strict=True):
            part *= width
            part += column[piece]
            part -= least
        code[piece] = part
    return code


def _unpack(code: NDArray[Any], widths: Sequence[int], low: Sequence[int]) -> list[Ints]:
    columns = [np.empty(code.size, dtype=np.int64) for _ in widths]
    for piece in pieces(code.size):
        part = code[piece]
        for column, width, least in zip(reversed(columns), reversed(widths), reversed(low), strict=True):
            rest = part // width  # faster by far than divmod
            column[piece] = part - rest * width + least
            part = rest
    return columns


def _addressable(widths: Sequence[int], n: int) -> bool:
    return math.prod(widths) <= max(_DIRECT_ADDRESSES >> 4, min(_DIRECT_ADDRESSES, 4 * n))


def _starts(columns: Sequence[NDArray[Any]], widths: Sequence[int], low: Sequence[int]) -> tuple[Ints, Ints]:
    """Order of the rows by all columns, and where in that order each distinct row begins. Rows that do not fit into one integer
    are packed as far as they do and ranked, and the ranks packed with what follows: sorting integers is much faster than
    sorting rows."""
    code, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column, width, least in zip(columns, widths, low, strict=True):
        own = column.astype(np.int64) - least
        if size * width > _TOO_WIDE:
            code, size = _ranks(code)
        if size * width > _TOO_WIDE:
            own, width = _ranks(own)
        code = code * width + own
        size *= width
    order, new = _ascending(code)
    return order, np.flatnonzero(new)


def _ascending(code: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Order of the codes, and whether each in that order is another one than before."""
    order = np.argsort(code)
    new = np.ones(code.size, dtype=bool)
    ascending = code[order]
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    return order, new


def _ranks(code: Ints) -> tuple[Ints, int]:
    """The codes as 0, 1, … in the same order, and how many there are."""
    order, new = _ascending(code)
    ranks = np.empty_like(code)
    ranks[order] = np.cumsum(new) - 1
    return ranks, max(1, int(np.count_nonzero(new)))


def run_lengths(ascending: Ints) -> tuple[Ints, Ints]:
    """Distinct values of an ascending column, in the same memory, and how often each occurs."""
    new = np.ones(ascending.size, dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    starts = np.flatnonzero(new)
    lengths = np.empty(starts.size, dtype=np.int64)
    for piece in pieces(starts.size):  # a run never begins before the place of its value
        ascending[piece] = ascending[starts[piece]]
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1:] = ascending.size - starts[-1:]
    return ascending[: starts.size], lengths


def numbered(codes: NDArray[np.integer[Any]]) -> tuple[Ints, Ints]:
    """Which codes from 0 occur, ascending, and the place of each code (n,) among them."""
    (found,), place = distinct([codes], [int(codes.max(initial=0)) + 1])
    return found, place


def number_of_values(codes: NDArray[np.integer[Any]]) -> int:
    """How many codes from 0 occur."""
    return int(np.count_nonzero(np.bincount(codes)))


def distinct(
    columns: Sequence[NDArray[Any]], widths: Sequence[int], low: Sequence[int] | None = None
) -> tuple[list[Ints], Ints]:
    """Distinct rows of integer columns in lexicographic order, and the distinct row (n,) of each row.

    columns: codes low … low + width − 1, (n,) each; low is 0 where not given.
    """
    least = [0] * len(widths) if low is None else low
    code = _pack(columns, widths, least)
    if code is None:
        order, starts = _starts(columns, widths, least)
        place = np.zeros(len(order), dtype=np.int64)
        place[starts[1:]] = 1
        inverse = np.empty_like(place)
        inverse[order] = np.cumsum(place)
        return [column[order[starts]].astype(np.int64) for column in columns], inverse
    if _addressable(widths, code.size):
        seen = np.zeros(math.prod(widths), dtype=bool)
        for piece in pieces(code.size):
            seen[code[piece]] = True
        occupied = np.flatnonzero(seen)
        position = np.zeros(seen.size, dtype=np.int32)
        position[occupied] = np.arange(occupied.size, dtype=np.int32)
        return _unpack(occupied, widths, least), looked_up(position, code)
    unique, inverse = np.unique(code, return_inverse=True)
    return _unpack(unique, widths, least), inverse.astype(np.int64)


def distinct_flags(flags: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Ints]:
    """Distinct rows (u, k) of flags (n, k) in lexicographic order, and the distinct row (n,) of each row."""
    k = flags.shape[1]
    combinations, place = distinct(list(flags.T.astype(np.int8)), [2] * k)
    return np.column_stack(combinations).astype(bool), place


def tally(
    columns: Sequence[NDArray[Any]], widths: Sequence[int], weights: Ints | None, low: Sequence[int] | None = None
) -> tuple[list[Ints], Ints]:
    """Distinct rows of integer columns in lexicographic order, and how often each occurs (or the sum of its weights).

    columns and low as in `distinct`; weights (n,) positive.
    """
    least = [0] * len(widths) if low is None else low
    code = _pack(columns, widths, least)
    if code is not None and _addressable(widths, code.size):
        total = np.zeros(math.prod(widths), dtype=np.int64)
        for piece in pieces(code.size):
            np.add.at(total, code[piece], 1 if weights is None else weights[piece])
        unique = np.flatnonzero(total)
        return _unpack(unique, widths, least), total[unique]
    if code is not None and weights is None:
        code.sort()
        code, lengths = run_lengths(code)
        return _unpack(code, widths, least), lengths
    bits = 0 if weights is None else int(weights.max(initial=0)).bit_length()
    if code is not None and weights is not None and math.prod(widths) << bits < 1 << 62:
        return _sorted_with_weights(code, bits, widths, weights, least)
    order, starts = _starts(columns, widths, least)
    ones = np.ones(len(order), dtype=np.int64) if weights is None else weights
    counts = np.add.reduceat(ones[order], starts) if len(starts) else ones
    return [column[order[starts]].astype(np.int64) for column in columns], counts


def _sorted_with_weights(
    code: NDArray[Any], bits: int, widths: Sequence[int], weights: Ints, low: Sequence[int]
) -> tuple[list[Ints], Ints]:
    """`tally` of packed rows with the weight of each in the lowest bits: sorting numbers is much faster than finding the
    order that sorts them."""
    both = code.astype(np.int64, copy=False)
    for piece in pieces(both.size):
        both[piece] <<= bits
        both[piece] |= weights[piece]
    both.sort()
    counts = np.empty(both.size, dtype=np.int64)
    for piece in pieces(both.size):
        counts[piece] = both[piece] & ((1 << bits) - 1)
        both[piece] >>= bits
    if (both[1:] == both[:-1]).any():
        both, lengths = run_lengths(both)
        counts = np.add.reduceat(counts, np.cumsum(lengths) - lengths)
    return _unpack(both, widths, low), counts
