"""Little's test of missing completely at random.

    d2 = sum over missing-data patterns m of n_m (mean_m - mu)' Sigma_m^-1 (mean_m - mu),   df = sum k_m - k

mu and Sigma are maximum likelihood estimates (divisor n), Sigma_m that of the items observed in pattern m.
Little (1988, JASA 83, 1198-1202).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .incomplete_moments import IncompleteMoments, incomplete_moments, observed_moments


@dataclass(frozen=True, kw_only=True)
class LittleTest:
    """d2, df, p_value; n answers with at least one item; n_patterns missing-data patterns, smallest of `smallest` answers."""

    d2: float
    df: int
    p_value: float
    n: int
    n_patterns: int
    smallest: int


def little_test(values: Floats, counts: Floats, moments_of_all: Callable[[], IncompleteMoments] | None = None) -> LittleTest:
    """Little's test on values (p, k), NaN where missing, with counts (p,); moments_of_all: where they are kept already.

    Raises EstimationError where it is not defined: nothing missing, one missing-data pattern only, moments not determined.
    """
    moments = observed_moments(values, counts)
    df = int(moments.observed.sum()) - values.shape[1]
    if len(moments.n) == 0:
        raise EstimationError("no_answers")
    if moments.observed.all():
        raise EstimationError("nothing_missing")
    estimates = moments_of_all() if moments_of_all else incomplete_moments(values, counts)
    if not estimates.converged:
        raise EstimationError("not_converged")
    if df <= 0:
        raise EstimationError("no_degrees_of_freedom")
    d2 = 0.0
    for observed, n, mean in zip(moments.observed, moments.n, moments.mean, strict=True):
        deviation = (mean - estimates.mean)[observed]
        d2 += n * float(deviation @ np.linalg.solve(estimates.covariance[np.ix_(observed, observed)], deviation))
    return LittleTest(
        d2=d2,
        df=df,
        p_value=float(chdtrc(df, d2)),
        n=estimates.n,
        n_patterns=len(moments.n),
        smallest=round(float(moments.n.min())),
    )
