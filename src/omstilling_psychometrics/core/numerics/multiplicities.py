"""How often each unit is drawn when as many are drawn, with replacement, as there are: a multinomial draw.

Many units are drawn by Poisson's law. Given their sum T, independent Poisson numbers are multinomial of T draws; n - T draws
more, each of one unit, make them multinomial of n. Their mean is taken so that T seldom exceeds n, and where it does they are
drawn again, which changes nothing given T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from .arrays import Ints

Singles = NDArray[np.float32]

# Fewer units than this are drawn one by one.
MANY = 1 << 14
# The mean of T is so many of its standard deviations below n.
_ROOM = 2.0

# A uniform number is looked up by its first 16 bits; where these do not settle it, the table says so and further bits decide.
_CELLS = 1 << 16
_UNDECIDED = 255
# Poisson numbers of larger means do not come from tables.
_TABLED = 64
# Numbers that stay in the cache together.
_PIECE = 1 << 18


def one_by_one(units: int, draws: int, rng: np.random.Generator) -> Ints:
    """(draws, units) how often each unit is drawn."""
    drawn = rng.integers(0, units, size=(draws, units)) + np.arange(draws)[:, None] * units
    return np.bincount(drawn.ravel(), minlength=draws * units).reshape(draws, units)


def by_poisson(single: int, alike: Ints, draws: int, rng: np.random.Generator) -> tuple[Singles, Ints]:
    """How often each of `single` units is drawn (single, draws), and how many of each kind of those that cannot be told apart
    (kinds, draws), of which there are `alike` (kinds,); as many draws as units of both sorts."""
    n = single + int(alike.sum())
    mean = max(1 - _ROOM / math.sqrt(n), 0.0)
    own, kinds, left = _drawn(single, alike, mean, draws, rng)
    while (again := np.flatnonzero(left < 0)).size:
        own[:, again], kinds[:, again], left[again] = _drawn(single, alike, mean, again.size, rng)
    draw = np.repeat(np.arange(draws), left)
    unit = rng.integers(0, n, size=draw.size)
    inside = unit < single
    np.add.at(own.reshape(-1), unit[inside] * draws + draw[inside], np.float32(1))
    kind = np.repeat(np.arange(len(alike)), alike)[unit[~inside] - single]
    np.add.at(kinds.reshape(-1), kind * draws + draw[~inside], 1)
    return own, kinds


def _drawn(single: int, alike: Ints, mean: float, draws: int, rng: np.random.Generator) -> tuple[Singles, Ints, Ints]:
    """Poisson numbers of both sorts of units, and how many units of each draw are left to be drawn (draws,)."""
    own = np.empty((single, draws), dtype=np.float32)
    kinds = np.empty((len(alike), draws), dtype=np.int64)
    for size in np.unique(alike[alike <= _TABLED]).tolist():
        few = np.flatnonzero(alike == size)
        kinds[few] = _table(mean * size).drawn(few.size * draws, rng).reshape(few.size, draws)
    many = np.flatnonzero(alike > _TABLED)
    kinds[many] = rng.poisson(mean * alike[many, None], size=(many.size, draws))
    left = single + alike.sum() - kinds.sum(axis=0)
    table = _table(mean)
    rows = max(_PIECE // draws, 1)
    for start in range(0, single, rows):
        piece = own[start : start + rows]
        piece[:] = table.drawn(piece.size, rng).reshape(piece.shape)
        left -= (np.ones(len(piece), dtype=np.float32) @ piece).astype(np.int64)
    return own, kinds, left


@dataclass(frozen=True)
class _PoissonTable:
    """The Poisson number of each value of the first bits, and P(k or fewer) of every k."""

    found: NDArray[np.uint8]
    below: NDArray[np.float64]

    def drawn(self, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """(size,) by inversion."""
        bits = rng.integers(0, 2**64, size=-(-size // 4), dtype=np.uint64).view(np.uint16)[:size]
        found = self.found.take(bits, mode="wrap")  # no index is too large, and none is looked at for that
        undecided = np.flatnonzero(found == _UNDECIDED)
        uniform = (bits[undecided] + rng.random(undecided.size)) / _CELLS
        found[undecided] = np.searchsorted(self.below, uniform, side="right")
        return found


@lru_cache(maxsize=2 * _TABLED)
def _table(mean: float) -> _PoissonTable:
    # The chance of more is less than 1e-20.
    below = pdtr(np.arange(round(mean + 12 * math.sqrt(mean)) + 10), mean)
    cell = np.minimum(below * _CELLS, _CELLS).astype(np.int64)
    found = np.repeat(np.arange(below.size + 1, dtype=np.uint8), np.diff(cell, prepend=0, append=_CELLS))
    found[cell[cell < _CELLS]] = _UNDECIDED
    return _PoissonTable(found, below)
