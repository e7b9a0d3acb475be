"""The scale score that people give a leader on average, as a function of the leader's factor.

    P(y_k > c | theta, u) = Phi(loading_k theta + between_k u - threshold_kc),   theta, u independent standard normal

    g(u) = E(score | u) = mean over items of v_1 + sum_c (v_{c+1} - v_c) Phi((between_k u - threshold_kc)/sqrt(1 + loading_k^2))

v are the values of the categories: g is in scale points. It is what the mean of infinitely many answers about the leader would
be if everybody answered all items.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats

# Leaders beyond it are fewer than one in 10^15; a step of it changes the inverse by less than 1e-5.
_GRID = np.linspace(-8.0, 8.0, 3201)
# Where the curve ends in a bound of the scale, rounding alone makes it fall.
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class ExpectedScore:
    """loading (k,) on the factor of people, loading_between (k,) on that of leaders, thresholds (k, c - 1), infinite beyond
    categories that do not occur; values (c,) of the categories, ascending."""

    loading: Floats
    loading_between: Floats
    thresholds: Floats
    values: Floats

    def items(self, u: Floats) -> Floats:
        """(…, k) expected answer to each item."""
        scale = np.sqrt(1 + self.loading**2)
        # Item by item, so that many leaders at many nodes do not need k(c - 1) times their memory.
        step = np.diff(self.values)
        expected = np.empty((*u.shape, len(scale)))
        for k, of_item in enumerate(scale):
            limits = (self.loading_between[k] * u[..., None] - self.thresholds[k]) / of_item
            expected[..., k] = self.values[0] + ndtr(limits) @ step
        return expected

    def __call__(self, u: Floats) -> Floats:
        """g(u) (…,)."""
        return np.asarray(self.items(u).mean(axis=-1))

    @cached_property
    def _curve(self) -> Floats:
        return self(_GRID)

    @property
    def increasing(self) -> bool:
        """Does g rise throughout? Otherwise no score stands for one value of the factor."""
        return bool((np.diff(self._curve) > -_FLAT).all() and self._curve[-1] > self._curve[0])

    def inverse(self, score: Floats) -> Floats:
        """u of a score (…,), infinite beyond what a leader can have."""
        return np.interp(score, self._curve, _GRID, left=-np.inf, right=np.inf)
