"""Keys: the columns by which answers are grouped, such as role, wave and leader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import suggestion
from ..core.numerics.arrays import Ints
from ..core.numerics.tally import looked_up
from .text import listed, quoted

# Keys in the order in which cells are sorted; background variables follow, by name.
KEY_ORDER = ("role", "wave", "form", "organisation", "leader", "respondent")


@dataclass(frozen=True)
class Key:
    """One grouping column of the cells: codes (m,) into levels, −1 where the value is not known."""

    codes: Ints
    levels: tuple[str, ...]

    def take(self, rows: NDArray[Any]) -> Key:
        return Key(self.codes[rows], self.levels)

    def of_cells(self, rows: NDArray[Any]) -> Key:
        """The key of some of the cells, with only the levels that occur there, in the order in which they are."""
        codes = self.codes[rows]
        seen = np.zeros(len(self.levels) + 1, dtype=bool)  # the last place serves the code −1
        seen[codes] = True
        seen[-1] = False
        if seen[:-1].all():
            return Key(codes, self.levels)
        recode = np.where(seen, np.cumsum(seen) - 1, -1)
        return Key(looked_up(recode, codes), tuple(compress(self.levels, seen.tolist())))

    @staticmethod
    def of(values: Sequence[str | None], order: Sequence[str] = ()) -> Key:
        """Codes for labels; levels in `order` first, the rest sorted. None is not known."""
        seen = set(values) - {None}
        first = [level for level in order if level in seen]
        levels = (*first, *sorted(str(level) for level in seen - set(first)))
        position = {level: code for code, level in enumerate(levels)}
        return Key(np.array([-1 if value is None else position[value] for value in values], dtype=np.int64), levels)


def key_of_many(texts: Sequence[str | None]) -> Key:
    """`Key.of` texts by the engine, which sorts a million of them in a moment; codes in as few bytes as they need."""
    import polars as pl

    given = pl.Series(texts, dtype=pl.String)
    order = given.arg_sort(nulls_last=True)
    ascending = given.gather(order).head(len(given) - given.null_count())
    new = (ascending != ascending.shift(1)).fill_null(True)
    levels = tuple(ascending.filter(new).to_list())
    codes = np.full(len(given), -1, dtype=np.min_scalar_type(-1 - len(levels)))
    codes[order.to_numpy()[: len(ascending)]] = new.cum_sum().to_numpy().astype(codes.dtype) - 1
    return Key(codes, levels)


def in_order(key: Key, order: Sequence[str]) -> Key:
    """The key with only the levels that occur: those in `order` first, the rest sorted."""
    seen = np.zeros(len(key.levels) + 1, dtype=bool)  # the last place serves the code −1
    seen[key.codes] = True
    if not order and seen[:-1].all() and sorted(key.levels) == list(key.levels):
        return key
    occurring = np.flatnonzero(seen[:-1]).tolist()
    sequence = sorted(occurring, key=key.levels.__getitem__)
    if order:
        sequence.sort(key=lambda code: order.index(key.levels[code]) if key.levels[code] in order else len(order))
    if sequence == list(range(len(key.levels))):
        return key
    recode = np.full(len(key.levels) + 1, -1, dtype=np.int64)
    recode[sequence] = np.arange(len(sequence))
    return Key(looked_up(recode, key.codes), tuple(key.levels[code] for code in sequence))


def no_such_level(name: str, wanted: str, levels: Sequence[str]) -> str:
    """People are counted and not named, as in what is printed of answers."""
    if name in ("leader", "respondent"):
        return f"{name} {quoted(wanted)} does not occur; there are {len(levels)} values."
    short = [level for level in levels if quoted(level) == quoted(level, whole=True)]
    return f"{name} {quoted(wanted)} does not occur; there are: {listed(levels)}.{suggestion(wanted, short)}"


def is_known(keys: Mapping[str, Key], name: str) -> bool:
    """Is there such a key, and a value of it?"""
    return name in keys and bool(keys[name].levels)


def without_role(keys: Mapping[str, Key]) -> dict[str, Key]:
    return {name: key for name, key in keys.items() if name != "role"}
