"""Two scores of each of n people: a two-way layout of people and occasions (McGraw & Wong 1996).

    MSR = (v1 + v2)/2 + c        people         v, c: variances and covariance of the two scores, divisor n - 1
    MSE = (v1 + v2)/2 - c        error
    MSC = n d^2/2                occasions      d: difference of the two means

    ICC(C,1) = (MSR - MSE)/(MSR + MSE)                            consistency
    ICC(A,1) = (MSR - MSE)/(MSR + MSE + 2/n (MSC - MSE))          agreement
    SEM consistency = sqrt(MSE);   SEM agreement = sqrt(MSE + max(0, (MSC - MSE)/n))   (de Vet et al. 2006)

Intervals of McGraw & Wong (1996, Table 7) are exact or nearly so for independent people with normal scores; influence values
serve where people depend on each other. psych::ICC agrees (ICC2 and ICC3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import fdtri

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.intervals import Bounds


@dataclass(frozen=True)
class TwoOccasions:
    """scores (n, 2). Raises EstimationError where nobody differs from anybody."""

    scores: Floats

    def __post_init__(self) -> None:
        if not self.people + self.error > 1e-20 * (1 + float(np.abs(self.scores).max()) ** 2):
            raise EstimationError("no_variance")

    @property
    def n(self) -> int:
        return len(self.scores)

    @cached_property
    def _moments(self) -> tuple[float, float, float, float]:
        """v1, v2, c and d."""
        covariance = np.cov(self.scores.T)
        first, second = self.scores.mean(axis=0)
        return float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1]), float(first - second)

    @property
    def people(self) -> float:
        """MSR."""
        v1, v2, c, _ = self._moments
        return (v1 + v2) / 2 + c

    @cached_property
    def error(self) -> float:
        """MSE; 0 where everybody changed alike, which sums of rounded numbers miss by a little."""
        v1, v2, c, _ = self._moments
        found = (v1 + v2) / 2 - c
        return found if found > 1e-14 * (1 + float(np.abs(self.scores).max()) ** 2) else 0.0

    @property
    def occasions(self) -> float:
        """MSC."""
        return self.n * self._moments[3] ** 2 / 2

    @cached_property
    def _influence(self) -> tuple[Floats, Floats, Floats]:
        """(n,) of v1 + v2, c and d."""
        centred = self.scores - self.scores.mean(axis=0)
        inflated = self.n / (self.n - 1)
        v1, v2, c, _ = self._moments
        variances = inflated * (centred**2).sum(axis=1) - (v1 + v2)
        return variances, inflated * centred[:, 0] * centred[:, 1] - c, centred[:, 0] - centred[:, 1]

    # ---------------------------------------------------------------- intraclass correlations

    @property
    def consistency(self) -> float:
        return (self.people - self.error) / (self.people + self.error)

    @property
    def agreement(self) -> float:
        return (self.people - self.error) / self._total

    @property
    def _total(self) -> float:
        return self.people + self.error + 2 / self.n * (self.occasions - self.error)

    def consistency_influence(self) -> Floats:
        """(n,)"""
        variances, covariance, _ = self._influence
        return np.asarray((2 * covariance - self.consistency * variances) / (self.people + self.error))

    def agreement_influence(self) -> Floats:
        """(n,)"""
        variances, covariance, difference = self._influence
        total = variances + 2 * self._moments[3] * difference - 2 / self.n * (variances / 2 - covariance)
        return np.asarray((2 * covariance - self.agreement * total) / self._total)

    def consistency_bounds(self, level: float) -> Bounds:
        """Case 3, ICC(C,1)."""
        df, upper = self.n - 1, (1 + level) / 2
        if not self.error > 0:
            return math.nan, math.nan
        quantile = float(fdtri(df, df, upper))
        low, high = self.people / self.error / quantile, self.people / self.error * quantile
        return (low - 1) / (low + 1), (high - 1) / (high + 1)

    def agreement_bounds(self, level: float) -> Bounds:
        """Case 2, ICC(A,1); k = 2 occasions."""
        n, rho, upper = self.n, self.agreement, (1 + level) / 2
        if not rho < 1:
            return math.nan, math.nan
        a, b = 2 * rho / (n * (1 - rho)), 1 + 2 * rho * (n - 1) / (n * (1 - rho))
        parts = a * self.occasions, b * self.error
        v = sum(parts) ** 2 / (parts[0] ** 2 + parts[1] ** 2 / (n - 1))
        below, above = float(fdtri(n - 1, v, upper)), float(fdtri(v, n - 1, upper))
        rest = 2 * self.occasions + (n - 2) * self.error
        low = n * (self.people - below * self.error) / (below * rest + n * self.people)
        high = n * (above * self.people - self.error) / (rest + n * above * self.people)
        return low, high

    # ---------------------------------------------------------------- errors of measurement

    @property
    def error_consistency(self) -> float:
        return math.sqrt(self.error)

    @property
    def error_agreement(self) -> float:
        return math.sqrt(self.error + max(0.0, (self.occasions - self.error) / self.n))

    def error_consistency_influence(self) -> Floats:
        """(n,)"""
        variances, covariance, _ = self._influence
        return np.asarray((variances / 2 - covariance) / (2 * self.error_consistency))

    def error_agreement_influence(self) -> Floats:
        """(n,)"""
        variances, covariance, difference = self._influence
        of_error = variances / 2 - covariance
        square = of_error
        if self.occasions > self.error:
            square = of_error * (1 - 1 / self.n) + self._moments[3] * difference
        return np.asarray(square / (2 * self.error_agreement))
