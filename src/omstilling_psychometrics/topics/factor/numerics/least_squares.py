"""Least squares on thresholds and polychoric correlations: f = (beta - s)' W (beta - s) / 2 with diagonal W.

DWLS: W = 1/(N var(s)), so that 2 N f is the sum of squared residuals over their variances (Muthen, du Toit & Spisic 1997).
ULS: W = n_g/N for every moment of group g. Moments that the data do not determine have weight 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core.numerics.arrays import Floats


@dataclass(frozen=True)
class LeastSquares:
    """sample, weights (b, S): sample moments and the diagonal of W, group after group."""

    sample: Floats
    weights: Floats

    def value(self, moments: Floats) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):
            height = 0.5 * (self.weights * (moments - self.sample) ** 2).sum(axis=-1)
        return np.where(np.isfinite(height), height, np.inf)

    def derivatives(self, moments: Floats, *, exact: bool = True) -> tuple[Floats, Floats, Floats]:
        size = self.weights.shape[-1]
        second = self.weights[:, :, None] * np.eye(size)
        return self.weights * (moments - self.sample), second, second

    def take(self, chosen: Any) -> LeastSquares:
        return LeastSquares(self.sample[chosen], self.weights[chosen])
