"""Is there anything to factor? Kaiser-Meyer-Olkin's measure and Bartlett's test of sphericity, from correlations (k, k).

    KMO = sum r^2 / (sum r^2 + sum q^2),   chi2 = -(n - 1 - (2k + 5)/6) ln |R|

over pairs of items, r correlations and q partial correlations given all other items (Kaiser & Rice 1974; Bartlett 1951).
psych::KMO and psych::cortest.bartlett give the same. Both raise EstimationError("covariance_singular") for a matrix without
inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats

# Below this an eigenvalue of a correlation matrix is a linear dependence among items.
SINGULAR = 1e-10


def require_positive_definite(correlations: Floats) -> None:
    """Raises EstimationError("covariance_singular")."""
    if np.linalg.eigvalsh(correlations)[0] < SINGULAR:
        raise EstimationError("covariance_singular")


@dataclass(frozen=True)
class SamplingAdequacy:
    """KMO of the scale and of each item (k,)."""

    overall: float
    items: Floats


def kaiser_meyer_olkin(correlations: Floats) -> SamplingAdequacy:
    """KMO; NaN where an item correlates with none."""
    require_positive_definite(correlations)
    inverse = np.linalg.solve(correlations, np.eye(len(correlations)))
    root = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(root, root)
    off = ~np.eye(len(correlations), dtype=bool)
    simple, given_others = (correlations**2 * off).sum(axis=0), (partial**2 * off).sum(axis=0)
    with np.errstate(invalid="ignore"):
        items = simple / (simple + given_others)
        overall = simple.sum() / (simple.sum() + given_others.sum())
    return SamplingAdequacy(float(overall), items)


def bartlett(correlations: Floats, n: int) -> tuple[float, int, float]:
    """(chi2, df, p) of the hypothesis that no items correlate; n answers."""
    require_positive_definite(correlations)
    k = len(correlations)
    statistic = -(n - 1 - (2 * k + 5) / 6) * float(np.linalg.slogdet(correlations)[1])
    df = k * (k - 1) // 2
    return statistic, df, float(chdtrc(df, max(0.0, statistic)))
