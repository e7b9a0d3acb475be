"""Confidence intervals as functions of the level, and the standard error of a mean of influence values.

With G clusters the normal quantile is replaced by that of t with G − 1 degrees of freedom (Cameron & Miller 2015, sec. VI.D).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import fdtri, ndtri, stdtrit

from .arrays import Floats
from .sandwich import Clusters, meat

Bounds = tuple[float, float]
# From level, estimate, standard error and degrees of freedom.
BoundsOf = Callable[[float, float, float, float], Bounds]


def influence_error(influence: Floats, counts: Floats, clusters: Clusters | None = None) -> float:
    """Standard error of an estimate with influence values (p,) per pattern: sqrt(B)/n, B from `sandwich.meat`."""
    n = float(counts.sum())
    if n < 2:
        return math.nan
    return math.sqrt(float(meat(influence[:, None], counts, clusters)[0, 0])) / n


def degrees_of_freedom(clusters: Clusters | None) -> float:
    """G − 1, or infinity for independent answers."""
    return math.inf if clusters is None else clusters.size - 1


def quantile(level: float, df: float = math.inf) -> float:
    """Two-sided normal or t quantile."""
    upper = (1 + level) / 2
    if math.isinf(df):
        return float(ndtri(upper))
    return float(stdtrit(df, upper)) if df >= 1 else math.nan


def exp(value: float) -> float:
    """e to a power, infinite beyond what a double holds: the bound of an interval that says nothing."""
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def wald(level: float, estimate: float, std_error: float, df: float = math.inf) -> Bounds:
    """estimate ± q · std_error."""
    margin = quantile(level, df) * std_error
    return estimate - margin, estimate + margin


def log_wald(level: float, estimate: float, std_error: float, df: float = math.inf) -> Bounds:
    """Wald on the logarithm, for positive quantities."""
    low, high = wald(level, math.log(estimate), std_error / estimate, df)
    return exp(low), exp(high)


def logit_wald(level: float, estimate: float, std_error: float, df: float = math.inf) -> Bounds:
    """Wald on the logit, for shares of variance; NaN at 0 and 1."""
    if not 0 < estimate < 1:
        return math.nan, math.nan
    low, high = wald(level, math.log(estimate / (1 - estimate)), std_error / (estimate * (1 - estimate)), df)
    return 1 / (1 + exp(-low)), 1 / (1 + exp(-high))


def fisher_z(level: float, correlation: float, std_error: float, df: float = math.inf) -> Bounds:
    """Wald on artanh(r), standard error by the delta method: std_error/(1 − r²) (Fisher 1921)."""
    if not abs(correlation) < 1:
        return math.nan, math.nan
    low, high = wald(level, math.atanh(correlation), std_error / (1 - correlation**2), df)
    return math.tanh(low), math.tanh(high)


def log_complement(level: float, estimate: float, std_error: float, df: float = math.inf) -> Bounds:
    """Wald on log(1 − estimate), for reliability coefficients, which are skewed towards low values."""
    if not estimate < 1:
        return math.nan, math.nan
    factor = exp(quantile(level, df) * std_error / (1 - estimate))
    return 1 - (1 - estimate) * factor, 1 - (1 - estimate) / factor


def feldt(level: float, alpha: float, n: float, k: int) -> Bounds:
    """Exact interval of alpha under parallel normal items: (1 − α)/(1 − α̂) is F with n − 1 and (n − 1)(k − 1) degrees of
    freedom (Feldt 1965)."""
    if n < 2 or not alpha < 1:
        return math.nan, math.nan
    df1, df2 = n - 1, (n - 1) * (k - 1)
    tail = (1 - level) / 2
    return 1 - (1 - alpha) * float(fdtri(df1, df2, 1 - tail)), 1 - (1 - alpha) * float(fdtri(df1, df2, tail))


def bonett(level: float, alpha: float, n: float, k: int) -> Bounds:
    """Normal interval on log(1 − α̂) with variance 2k/((k − 1)(n − 2)) and bias term log(n/(n − 1)) (Bonett 2002, eq. 5)."""
    if n < 3 or not alpha < 1:
        return math.nan, math.nan
    margin = quantile(level) * math.sqrt(2 * k / ((k - 1) * (n - 2)))
    centre = math.log(1 - alpha) - math.log(n / (n - 1))
    return 1 - exp(centre + margin), 1 - exp(centre - margin)


def wilson(level: float, share: float, n: float, std_error: float = math.nan, df: float = math.inf) -> Bounds:
    """Score interval of a proportion (Wilson 1927).

    With a clustered std_error the effective size share(1 − share)/std_error², at most n and shrunk by (z/t)², takes the place
    of n (Korn & Graubard 1998; Franco et al. 2019, sec. 2.3). At shares of 0 and 1 no design effect can be seen: n stays.
    """
    if not n > 0 or math.isnan(share):
        return math.nan, math.nan
    z = quantile(level)
    if std_error > 0:
        n = min(n, share * (1 - share) / std_error**2)
    if not math.isinf(df):
        t = quantile(level, df)
        if math.isnan(t):
            return math.nan, math.nan
        n *= (z / t) ** 2
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    margin = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # At the ends the bound is the share itself, which rounding misses.
    return 0.0 if share <= 0 else max(0.0, centre - margin), 1.0 if share >= 1 else min(1.0, centre + margin)


def percentile(level: float, draws: Floats) -> Bounds:
    """Quantiles of bootstrap draws that were finite (Efron & Tibshirani 1993, ch. 13)."""
    finite = draws[np.isfinite(draws)]
    if finite.size < 2:
        return math.nan, math.nan
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
