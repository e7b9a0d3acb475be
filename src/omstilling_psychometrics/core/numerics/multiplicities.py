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
# P(more) is less than 1e-20 for any mean up to 1.
_LARGEST = 21
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
    singles, kinds, left = _drawn(single, alike, mean, draws, rng)
    while (again := np.flatnonzero(left < 0)).size:
        singles[:, again], kinds[:, again], left[again] = _drawn(single, alike, mean, again.size, rng)
    draw = np.repeat(np.arange(draws), left)
    unit = rng.integers(0, n, size=draw.size)
    inside = unit < single
    np.add.at(singles.reshape(-1), unit[inside] * draws + draw[inside], np.float32(1))
    kind = np.repeat(np.arange(len(alike)), alike)[unit[~inside] - single]
    np.add.at(kinds.reshape(-1), kind * draws + draw[~inside], 1)
    return singles, kinds


def _drawn(single: int, alike: Ints, mean: float, draws: int, rng: np.random.Generator) -> tuple[Singles, Ints, Ints]:
    """Poisson numbers of both sorts of units, and how many units of each draw are left to be drawn (draws,)."""
    singles = np.empty((single, draws), dtype=np.float32)
    kinds = rng.poisson(mean * alike[:, None], size=(len(alike), draws))
    left = single + alike.sum() - kinds.sum(axis=0)
    table = _table(mean)
    rows = max(_PIECE // draws, 1)
    for start in range(0, single, rows):
        piece = singles[start : start + rows]
        piece[:] = table.drawn(piece.size, rng).reshape(piece.shape)
        left -= (np.ones(len(piece), dtype=np.float32) @ piece).astype(np.int64)
    return singles, kinds, left


@dataclass(frozen=True)
class _PoissonTable:
    """The Poisson number of each value of the first bits, and P(k or fewer) of every k."""

    found: Singles
    below: NDArray[np.float64]

    def drawn(self, size: int, rng: np.random.Generator) -> Singles:
        """(size,) by inversion."""
        bits = rng.integers(0, _CELLS, size=size, dtype=np.uint16)
        place = self.found[bits]
        undecided = np.flatnonzero(place == _UNDECIDED)
        uniform = (bits[undecided] + rng.random(undecided.size)) / _CELLS
        place[undecided] = np.searchsorted(self.below, uniform, side="right")
        return place


@lru_cache(maxsize=8)
def _table(mean: float) -> _PoissonTable:
    below = pdtr(np.arange(_LARGEST), mean)
    edges = np.arange(_CELLS + 1) / _CELLS
    low, high = np.searchsorted(below, edges[:-1], side="right"), np.searchsorted(below, edges[1:], side="left")
    return _PoissonTable(np.where(low == high, low, _UNDECIDED).astype(np.float32), below)
