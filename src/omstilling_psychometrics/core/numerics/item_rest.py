"""Correlation of an item with the sum of the other items, and its influence function.

r = s_xy / sqrt(s_xx s_yy);  IF = z_x z_y − r (z_x² + z_y²)/2            Devlin, Gnanadesikan & Kettenring (1975)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .moments import complete

# So near to 1 only rounding keeps a correlation from it.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """estimate; influence (p,) of each pattern on it (0 for patterns not used); n answers used."""

    estimate: float
    influence: Floats
    n: int


def unrounded(correlation: float) -> float:
    """The correlation, exactly 1 or -1 where it is that but for rounding."""
    return math.copysign(1.0, correlation) if abs(correlation) > 1 - _ROUNDING else correlation


def pearson(x: Floats, y: Floats, counts: Floats) -> Correlation:
    """Product-moment correlation of two columns (p,), NaN where either is missing."""
    used = ~(np.isnan(x) | np.isnan(y))
    influence = np.zeros(len(x))
    weights = counts[used]
    n = round(weights.sum())
    if n < 2:
        return Correlation(estimate=math.nan, influence=influence, n=n)
    a, b = (column[used] - weights @ column[used] / n for column in (x, y))
    scale_a, scale_b = math.sqrt(weights @ a**2 / n), math.sqrt(weights @ b**2 / n)
    if scale_a == 0 or scale_b == 0:
        return Correlation(estimate=math.nan, influence=influence, n=n)
    a, b = a / scale_a, b / scale_b
    estimate = unrounded(float(weights @ (a * b) / n))
    influence[used] = a * b - estimate * (a**2 + b**2) / 2
    return Correlation(estimate=estimate, influence=influence, n=n)


def item_rest_correlation(values: Floats, counts: Floats, item: int) -> Correlation:
    """Item (column) against the sum of the others, complete rows; values (p, k), counts (p,)."""
    rest = np.delete(values, item, axis=1).sum(axis=1)
    return pearson(np.where(complete(values), values[:, item], np.nan), rest, counts)
