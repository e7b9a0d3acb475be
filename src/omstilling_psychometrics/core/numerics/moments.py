"""Moments of items from response patterns: values (p, k) with NaN where there is no answer, counts (p,)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats


def complete(values: Floats) -> NDArray[np.bool_]:
    """(p,) whether every item is answered."""
    return np.asarray(~np.isnan(values).any(axis=1))


def weighted_mean(values: Floats, counts: Floats) -> Floats:
    """Column means of values without NaN."""
    return np.asarray(counts @ values / counts.sum())


def covariance(values: Floats, counts: Floats) -> Floats:
    """(k, k) covariance, divisor n − 1, of values without NaN; NaN with fewer than two answers."""
    n = counts.sum()
    if n < 2:
        return np.full((values.shape[1],) * 2, np.nan)
    centred = values - weighted_mean(values, counts)
    return np.asarray((centred * counts[:, None]).T @ centred / (n - 1))


def pairwise_covariance(values: Floats, counts: Floats) -> Floats:
    """(k, k) each covariance, divisor n − 1, from the answers to both items, about the means of those answers."""
    k = values.shape[1]
    result = np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i, k):
            both = ~np.isnan(values[:, [i, j]]).any(axis=1)
            result[i, j] = result[j, i] = covariance(values[both][:, [i, j]], counts[both])[0, 1]
    return result


def correlation(covariances: Floats) -> Floats:
    """Correlations of a covariance matrix; NaN for items without variance."""
    variance = np.diag(covariances)
    scale = np.sqrt(np.where(variance > 0, variance, np.nan))
    result = covariances / np.outer(scale, scale)
    np.fill_diagonal(result, np.where(variance > 0, 1.0, np.nan))
    return np.asarray(result)


def central_moment(values: Floats, counts: Floats, order: int) -> float:
    """Mean of (x − mean)^order for one column without NaN."""
    return float(counts @ (values - counts @ values / counts.sum()) ** order / counts.sum())


def _constant(values: Floats) -> bool:
    """Is there nothing that varies? Asked of the values, since the mean of equal fractions is not always exactly theirs."""
    return values.size == 0 or bool(values.min() == values.max())


def standard_deviation(values: Floats, counts: Floats) -> float:
    """Divisor n − 1; NaN with fewer than two answers."""
    n = counts.sum()
    if n < 2:
        return math.nan
    return 0.0 if _constant(values) else math.sqrt(central_moment(values, counts, 2) * n / (n - 1))


def skewness(values: Floats, counts: Floats) -> float:
    """G1, type 2 of Joanes & Gill (1998): g1 sqrt(n(n − 1))/(n − 2). NaN with n < 3 or no variance."""
    n = counts.sum()
    if n < 3 or _constant(values):
        return math.nan
    variance = central_moment(values, counts, 2)
    return float(central_moment(values, counts, 3) / variance**1.5 * math.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Floats, counts: Floats) -> float:
    """Excess kurtosis G2, type 2 of Joanes & Gill (1998): (n − 1)/((n − 2)(n − 3)) ((n + 1) g2 + 6). NaN with n < 4."""
    n = counts.sum()
    if n < 4 or _constant(values):
        return math.nan
    variance = central_moment(values, counts, 2)
    excess = central_moment(values, counts, 4) / variance**2 - 3
    return float(((n + 1) * excess + 6) * (n - 1) / ((n - 2) * (n - 3)))
