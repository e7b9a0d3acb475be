"""Guttman's lower bounds to the reliability of a sum score, from the covariance matrix of its items.

    lambda1 = 1 - tr S / t                      t = 1'S1, the variance of the sum
    lambda2 = lambda1 + sqrt(k/(k-1) q) / t     q = sum of squared covariances
    lambda3 = k/(k-1) lambda1                   (coefficient alpha)
    lambda4 = max over splits 1 - a'Sa / t      a = +1 or -1 per item, by half
    lambda5 = lambda1 + 2 sqrt(m) / t           m = largest column sum of squared covariances
    lambda6 = 1 - sum(1 / diag(S^-1)) / t       error = residual variance given the other items

Guttman (1945, Psychometrika 10, 255-282). Every bound comes with its gradient in S, from which standard errors follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.moments import weighted_mean

# lambda4 looks at every split: 2^(k-1) of them. 24 items are 8 million splits, a fraction of a second; beyond, refuse.
MOST_ITEMS_FOR_ALL_SPLITS = 24
_SPLITS_AT_ONCE = 1 << 20

# Variances that differ by less than this share of the largest differ by rounding only.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class CovarianceFunction:
    """A number computed from a covariance matrix S: value, and gradient (k, k), symmetric: d value = sum(gradient * dS)."""

    value: float
    gradient: Floats


def influence(gradient: Floats, values: Floats, counts: Floats) -> Floats:
    """(p,) influence of complete rows, values (p, k) with counts (p,), on a function of their covariance matrix.

    The gradient, taken at S with divisor n - 1, times n/(n - 1) [(x - mean)(x - mean)' less the mean of these].
    """
    n = counts.sum()
    centred = values - weighted_mean(values, counts)
    square = ((centred @ gradient) * centred).sum(axis=1)
    return np.asarray((square - counts @ square / n) * n / (n - 1))


def total_variance(covariance: Floats) -> float:
    """Variance of the sum. Raises EstimationError where there is none to explain."""
    total = float(covariance.sum())
    if not np.isfinite(total) or total <= _ROUNDING * float(np.trace(covariance)):
        raise EstimationError("total_variance_not_positive")
    return total


def from_error(error: float, error_gradient: Floats, total: float) -> CovarianceFunction:
    """The bound 1 - error/total for an error variance with gradient (k, k)."""
    share = error / total
    return CovarianceFunction(1 - share if share > _ROUNDING else 1.0, share / total - error_gradient / total)


def _add_root(bound: CovarianceFunction, square: float, square_gradient: Floats, total: float) -> CovarianceFunction:
    """bound + sqrt(square)/total; at square = 0 the root has no gradient, and none is added."""
    root = float(np.sqrt(square))
    if root == 0:
        return bound
    gradient = square_gradient / (2 * root * total) - root / total**2
    return CovarianceFunction(bound.value + root / total, bound.gradient + gradient)


def _off_diagonal(covariance: Floats) -> Floats:
    return covariance - np.diag(np.diag(covariance))


def lambda1(covariance: Floats) -> CovarianceFunction:
    """Guttman's lambda1 of a covariance matrix (k, k)."""
    return from_error(float(np.trace(covariance)), np.eye(len(covariance)), total_variance(covariance))


def lambda2(covariance: Floats) -> CovarianceFunction:
    """Guttman's lambda2 of a covariance matrix (k, k)."""
    k, off = len(covariance), _off_diagonal(covariance)
    scale = k / (k - 1)
    return _add_root(lambda1(covariance), scale * float((off**2).sum()), 2 * scale * off, total_variance(covariance))


def lambda3(covariance: Floats) -> CovarianceFunction:
    """Guttman's lambda3, coefficient alpha, of a covariance matrix (k, k)."""
    k, first = len(covariance), lambda1(covariance)
    return CovarianceFunction(k / (k - 1) * first.value, k / (k - 1) * first.gradient)


def lambda4(covariance: Floats) -> CovarianceFunction:
    """The largest split-half reliability of a covariance matrix (k, k), over every split into two non-empty parts.

    Raises EstimationError beyond MOST_ITEMS_FOR_ALL_SPLITS items: a search over some of the splits would be another statistic.
    """
    if len(covariance) > MOST_ITEMS_FOR_ALL_SPLITS:
        raise EstimationError("too_many_splits", f"{len(covariance)} > {MOST_ITEMS_FOR_ALL_SPLITS}")
    total = total_variance(covariance)
    split = best_split(covariance)
    return from_error(float(split @ covariance @ split), np.outer(split, split), total)


def lambda5(covariance: Floats) -> CovarianceFunction:
    """Guttman's lambda5 of a covariance matrix (k, k)."""
    off = _off_diagonal(covariance)
    sums = (off**2).sum(axis=0)
    item = int((sums >= sums.max() * (1 - _ROUNDING)).argmax())  # of equal ones the first
    gradient = np.zeros_like(off)
    gradient[:, item] = 4 * off[:, item]
    gradient[item, :] = 4 * off[item, :]
    return _add_root(lambda1(covariance), 4 * float(sums[item]), gradient, total_variance(covariance))


def lambda6(covariance: Floats) -> CovarianceFunction:
    """Guttman's lambda6 of a covariance matrix (k, k). Raises EstimationError for a singular one."""
    total = total_variance(covariance)
    scale = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if (scale == 0).any() or np.linalg.cond(covariance / np.outer(scale, scale)) > 1e12:
        raise EstimationError("covariance_singular")
    precision = np.linalg.solve(covariance, np.eye(len(covariance)))
    weights = precision / np.diag(precision)
    return from_error(float((1 / np.diag(precision)).sum()), weights @ weights.T, total)


def _signs(items: int) -> Floats:
    """Every vector of +1 and -1, (2^items, items)."""
    codes = np.arange(1 << items)[:, None] >> np.arange(items) & 1
    return np.asarray(1.0 - 2.0 * codes, dtype=np.float64)


def best_split(covariance: Floats) -> Floats:
    """(k,) of +1 and -1: the split into two non-empty parts with the smallest variance of the difference a'Sa.

    With the items in two blocks, a'Sa = u'S11u + v'S22v + 2u'S12v: one matrix product covers all pairs (u, v).
    """
    k = len(covariance)
    first = k // 2 if k > 2 else 1
    left, right = _signs(first), _signs(k - first)
    right = right[: len(right) // 2]  # a and -a are the same split
    within_left = ((left @ covariance[:first, :first]) * left).sum(axis=1)
    within_right = ((right @ covariance[first:, first:]) * right).sum(axis=1)
    between = 2 * covariance[:first, first:] @ right.T
    best, chosen = np.inf, np.ones(k)
    rounding = _ROUNDING * float(np.abs(covariance).sum())
    rows = max(1, _SPLITS_AT_ONCE // len(right))
    for start in range(0, len(left), rows):
        part = left[start : start + rows]
        variance = within_left[start : start + rows, None] + within_right + part @ between
        if start == 0:
            variance[0, 0] = np.inf  # everything in one part is no split
        at = int((variance <= variance.min() + rounding).argmax())  # of equally good splits the first
        if variance.flat[at] < best - rounding:
            best = float(variance.flat[at])
            chosen = np.concatenate([part[at // len(right)], right[at % len(right)]])
    return chosen
