"""Random numbers whose bits do not depend on the version of numpy.

numpy promises the raw output of its bit generators for ever, but not the algorithms on top of them. Everything here is made
from raw output: uniform doubles, and every distribution by its inverse.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..core.numerics.arrays import Floats, Ints


class Stream:
    """Draws from one bit generator."""

    def __init__(self, bits: np.random.BitGenerator) -> None:
        self._bits = bits

    @classmethod
    def component(cls, seed: int, *place: int) -> Stream:
        """The stream of one component of a simulation; components with other places never change it."""
        return cls(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=place)))

    @classmethod
    def of(cls, rng: int | np.random.Generator) -> Stream:
        """A stream seeded by a seed or by what a Generator draws next."""
        # Not the Generator's own bits: some bit generators have raw output of 32 bits.
        words = np.random.default_rng(rng).integers(0, 1 << 32, size=4, dtype=np.uint64)
        return cls(np.random.PCG64(np.random.SeedSequence([int(word) for word in words])))

    def uniform(self, *shape: int) -> Floats:
        """Uniform on (0, 1), the ends excluded."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), dtype=np.uint64)
        return np.asarray(((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)

    def normal(self, *shape: int) -> Floats:
        """Standard normal."""
        return np.asarray(ndtri(self.uniform(*shape)))

    def happens(self, probability: float, *shape: int) -> NDArray[np.bool_]:
        """True with a probability."""
        return np.asarray(self.uniform(*shape) < probability)

    def category(self, probabilities: Sequence[float] | Floats, *shape: int) -> Ints:
        """0, 1, … with the given probabilities."""
        bounds = np.cumsum(probabilities)[:-1]
        return np.asarray(np.searchsorted(bounds, self.uniform(*shape), side="right"), dtype=np.int64)


def negative_binomial(size: float, mean: float, maximum: int) -> Floats:
    """P(0), …, P(maximum) of a negative binomial, everything beyond the maximum put on it; (maximum + 1,)."""
    p = size / (size + mean)
    mass = np.empty(maximum + 1)
    mass[0] = p**size
    for x in range(maximum):
        mass[x + 1] = mass[x] * (size + x) / (x + 1) * (1 - p)
    mass[-1] = 1 - mass[:-1].sum()
    return mass
