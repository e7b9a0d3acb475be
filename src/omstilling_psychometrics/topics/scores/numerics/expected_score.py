"""The scale score that people give a leader on average, as a function of the leader's factor.

    P(y_k > c | theta, u) = Phi(loading_k theta + between_k u - threshold_kc),   theta, u independent standard normal

    g(u) = E(score | u), the mean over items of v_1 + sum_c (v_c+1 - v_c) Phi((between_k u - threshold_kc)/s_k)

s_k^2 = 1 + loading_k^2, and v are the values of the categories: g is in scale points. It is what the mean of infinitely many
answers about the leader would be if everybody answered all items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats

# Leaders beyond it are fewer than one in 10^15; a step of it changes the inverse by less than 1e-5.
_GRID = np.linspace(-8.0, 8.0, 3201)
# A threshold that nobody crosses.
_FAR = 1e3
# Where the curve ends in a bound of the scale, rounding alone makes it fall.
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class ExpectedScore:
    """loading (k,) on the factor of people, loading_between (k,) on that of leaders, thresholds (k, c - 1), infinite beyond the
    categories that occur; values (c,) of the categories, ascending."""

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

    def by_parameters(self, u: Floats) -> Floats:
        """Derivatives (q, 2 k + k(c - 1)) of g(u) (q,) by loading, loading_between and thresholds, item by item."""
        k, step = len(self.loading), np.diff(self.values)
        scale = np.sqrt(1 + self.loading**2)
        # Infinite thresholds stay where they are.
        limit = np.clip((self.loading_between * u[:, None])[..., None] - self.thresholds, -_FAR, _FAR) / scale[:, None]
        weighted = np.exp(-(limit**2) / 2) / math.sqrt(2 * math.pi) * step / k
        by_loading = -(weighted * limit).sum(axis=-1) * self.loading / scale**2
        by_between = weighted.sum(axis=-1) * u[:, None] / scale
        by_thresholds = -weighted / scale[:, None]
        return np.hstack([by_loading, by_between, by_thresholds.reshape(len(u), -1)])

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
