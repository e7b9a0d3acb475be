"""Wald tests with a covariance that may come from few clusters.

chi2 = b' V^-1 b;   p from chi-square(q), or from F(q, G - 1) of chi2/q with G clusters (Cameron & Miller 2015, sec. VI.D)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from ..errors import EstimationError
from .arrays import Floats

# An eigenvalue of the correlations of the estimates below this is a linear dependence, whatever rounding makes of it.
_DEPENDENT = 1e-10


@dataclass(frozen=True, kw_only=True)
class WaldTest:
    """chi2 with df degrees of freedom, and its p-value."""

    chi2: float
    df: int
    p_value: float


def wald_test(estimates: Floats, covariance: Floats, df_denominator: float = math.inf) -> WaldTest:
    """Are estimates (q,) with covariance (q, q) all 0? df_denominator: clusters less one, or infinity for independent answers.

    Raises EstimationError where there are no more clusters than q, and where the covariance is not finite or of lower rank.
    """
    q = len(estimates)
    if df_denominator < 1:
        raise EstimationError("one_cluster")
    if q > df_denominator:
        raise EstimationError("clusters_do_not_exceed_moments", f"{round(df_denominator) + 1} <= {q}")
    scale = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if not np.isfinite(covariance).all() or (scale == 0).any():
        raise EstimationError("covariance_singular")
    standard = covariance / np.outer(scale, scale)
    if np.linalg.matrix_rank(standard, tol=_DEPENDENT, hermitian=True) < q:
        raise EstimationError("covariance_singular")
    z = estimates / scale
    chi2 = float(z @ np.linalg.solve(standard, z))
    p = float(chdtrc(q, chi2)) if math.isinf(df_denominator) else float(fdtrc(q, df_denominator, chi2 / q))
    return WaldTest(chi2=chi2, df=q, p_value=p)
