"""The change of leaders' means from one wave to another, with its error.

    d_j = y_j2 - y_j1
    Var(d_j) = v_1/n_j1 + v_2/n_j2 - 2 r_j c/(n_j1 n_j2)

v_1, v_2: mean squares within leaders in each of the two waves, c: covariance within leaders of the two scores of those who
answered about the leader both times, r_j of them about this one; all three are pooled over leaders, as the error of a single
mean is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats, Ints

# Of fewer people who returned (less one for each leader), c would be noise.
FEWEST_RETURNING = 10


@dataclass(frozen=True)
class MeanOfWave:
    """n (L,), mean (L,) and sum of squares within (L,) of the scores about each leader in one wave; n is 0 where nobody
    answered."""

    n: Floats
    mean: Floats
    within: Floats

    @property
    def freedom(self) -> float:
        return float((self.n[self.n > 0] - 1).sum())

    @property
    def mean_square(self) -> float:
        """NaN where there are no two answers about one leader; 0 where nobody differs but for rounding."""
        square = float(self.within.sum())
        if square <= 1e-14 * float(self.n @ (1 + self.mean**2)):
            square = 0.0
        return square / self.freedom if self.freedom > 0 else np.nan


@dataclass(frozen=True)
class Change:
    """difference (L,) and variance (L,) of its error, NaN of leaders without a mean in one of the waves; df of the mean
    squares; covariance c, None where too few returned, and all people were taken as independent."""

    difference: Floats
    variance: Floats
    df: float
    covariance: float | None


def change(first: MeanOfWave, second: MeanOfWave, leader: Ints, scores: Floats) -> Change:
    """From the first wave to the second; leader (r,) and scores (r, 2) of those who answered both times."""
    leaders = len(first.n)
    both = (first.n > 0) & (second.n > 0)
    times = np.bincount(leader, minlength=leaders)
    # Deviations from the mean of those who returned: whoever answered once only says nothing of the covariance.
    total = np.stack([np.bincount(leader, scores[:, wave], minlength=leaders) for wave in (0, 1)])
    apart = scores - (total / np.maximum(times, 1)).T[leader]
    freedom = int((times[times > 0] - 1).sum())
    v1, v2 = first.mean_square, second.mean_square
    covariance = None
    if freedom >= FEWEST_RETURNING:
        limit = float(np.sqrt(v1 * v2))
        covariance = min(max(float(apart[:, 0] @ apart[:, 1]) / freedom, -limit), limit)
    with np.errstate(invalid="ignore", divide="ignore"):
        shared = 2 * times * (covariance or 0.0) / (first.n * second.n)
        return Change(
            np.where(both, second.mean - first.mean, np.nan),
            np.where(both, v1 / first.n + v2 / second.n - shared, np.nan),
            first.freedom + second.freedom,
            covariance,
        )
