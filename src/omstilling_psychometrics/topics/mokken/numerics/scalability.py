"""Loevinger's scalability coefficients H_ij, H_i and H for polytomous items, from response patterns.

    H_ij = 1 - F_ij / E_ij = C_ij / M_ij,   H_i = sum_j C_ij / sum_j M_ij,   H = sum_{i<j} C_ij / sum_{i<j} M_ij

F and E are observed and expected weighted Guttman errors (Molenaar 1991); E - F is the covariance C of the two items and
E the largest covariance M that their marginal distributions allow, so that with P_g, Q_h the shares at or above each
category (the item steps)

    M_ij = sum_{g,h} min(P_g, Q_h) - P_g Q_h.

Category numbers play no part, only their order does. Moments have divisor n. Influence values are the derivatives of C
and M with respect to the pattern shares; the delta method of Kuijpers, van der Ark & Croon (2013) is their sum of squares.
Steps of equal popularity: M has a kink there and its derivative is the mean of the two one-sided ones, which is also what
mokken::coefH does by averaging the weights over the possible orders.

With missing answers each C_ij and M_ij comes from the answers to both items (all three distributions from the same rows),
and sums run over these per-answer quantities, not over counts. Under data missing completely at random for each pair,
every C_ij and M_ij is consistent for its complete-data value, and so are H_i and H; without missing answers nothing changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats, Mask
from ....core.numerics.item_rest import unrounded

Codes = NDArray[np.integer]


@dataclass(frozen=True)
class Scalability:
    """Covariance and maximal covariance of a pair of items, or sums of them over pairs.

    covariance_scores, maximum_scores: (p,) first-order change of each when one more answer has the pattern, so that the
    variance of a smooth function of them is the sum over answers of its squared scores. used: (p,) patterns that enter.
    """

    covariance: float
    maximum: float
    covariance_scores: Floats
    maximum_scores: Floats
    used: Mask

    @property
    def estimate(self) -> float:
        """H; NaN where the marginal distributions allow no covariance (an item without variance)."""
        return unrounded(self.covariance / self.maximum) if self.maximum > 0 else math.nan

    def influence(self, counts: Floats) -> Floats:
        """(p,) influence values of H, in the scale in which its standard error is sqrt(sum of squares)/n, n answers used."""
        if not self.maximum > 0:
            return np.full(counts.size, math.nan)
        scores = (self.covariance_scores - self.estimate * self.maximum_scores) / self.maximum
        return np.asarray(scores * counts[self.used].sum())

    def __add__(self, other: Scalability) -> Scalability:
        return Scalability(
            self.covariance + other.covariance,
            self.maximum + other.maximum,
            self.covariance_scores + other.covariance_scores,
            self.maximum_scores + other.maximum_scores,
            self.used | other.used,
        )


def total(pairs: Iterable[Scalability], size: int) -> Scalability:
    """The sum over pairs of items. Without any pair all sums are 0, for `size` patterns, and the coefficient is undefined."""
    zero = np.zeros(size)
    result = Scalability(0.0, 0.0, zero, zero, np.zeros(size, dtype=bool))
    for pair in pairs:
        result = result + pair
    return result


def step_counts(answers: Codes, counts: Floats, categories: int) -> Floats:
    """(c - 1,) answers at or above category 2 … c; answers (p,) coded 1 … c."""
    frequency = np.bincount(answers - 1, weights=counts, minlength=categories)
    return np.asarray(frequency[::-1].cumsum()[::-1][1:])


def pair_scalability(first: Codes, second: Codes, counts: Floats, categories: int) -> Scalability:
    """C_ij and M_ij of two items from the answers to both; first, second (p,) coded 1 … c, below 1 where not answered."""
    used = (first > 0) & (second > 0)
    x, y, weights = first[used], second[used], counts[used]
    n = float(weights.sum())
    covariance_scores, maximum_scores = np.zeros(counts.size), np.zeros(counts.size)
    if n == 0:
        return Scalability(0.0, 0.0, covariance_scores, maximum_scores, used)
    deviation_x, deviation_y = x - weights @ x / n, y - weights @ y / n
    covariance = float(weights @ (deviation_x * deviation_y)) / n
    covariance_scores[used] = (deviation_x * deviation_y - covariance) / n

    steps_x, steps_y = step_counts(x, weights, categories), step_counts(y, weights, categories)
    p, q = steps_x / n, steps_y / n
    maximum = float((np.minimum(p[:, None], q) - np.outer(p, q)).sum())
    # Counts are whole numbers, so that equality is exact; +1 where the first item's step is the rarer one, 0 at ties.
    rarer = np.sign(steps_y[None, :] - steps_x[:, None])
    slope_x = ((1 + rarer) / 2 - q[None, :]).sum(axis=1)
    slope_y = ((1 - rarer) / 2 - p[:, None]).sum(axis=0)
    # An answer in category x has passed its x - 1 first steps.
    passed_x = np.concatenate([[0.0], slope_x.cumsum()])[x - 1] - slope_x @ p
    passed_y = np.concatenate([[0.0], slope_y.cumsum()])[y - 1] - slope_y @ q
    maximum_scores[used] = (passed_x + passed_y) / n
    return Scalability(covariance, maximum, covariance_scores, maximum_scores, used)


@dataclass(frozen=True)
class Coefficients:
    """H_ij (k, k, diagonal NaN), H_i (k,) and H, without standard errors, of complete patterns."""

    pair: Floats
    item: Floats
    scale: float


def coefficients(patterns: Codes, counts: Floats, categories: int) -> Coefficients:
    """H of complete patterns (p, k) coded 1 … c; NaN for items without variance, which then add nothing to the others."""
    covariance, maximum = covariance_matrices(patterns, counts, categories)
    np.fill_diagonal(covariance, 0.0)
    np.fill_diagonal(maximum, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pair = np.where(maximum > 0, covariance / maximum, np.nan)
        item = np.where(maximum.sum(axis=0) > 0, covariance.sum(axis=0) / maximum.sum(axis=0), np.nan)
        scale = float(covariance.sum() / maximum.sum()) if maximum.sum() > 0 else math.nan
    return Coefficients(pair, item, scale)


def covariance_matrices(patterns: Codes, counts: Floats, categories: int) -> tuple[Floats, Floats]:
    """(k, k) covariances and the largest that the margins allow, divisor n, of complete patterns; zeros without any."""
    n = counts.sum()
    k = patterns.shape[1]
    if n == 0:
        return np.zeros((k, k)), np.zeros((k, k))
    centred = patterns - counts @ patterns / n
    covariance = (centred * counts[:, None]).T @ centred / n
    shares = np.array([step_counts(column, counts, categories) for column in patterns.T]) / n
    smaller = np.minimum(shares[:, None, :, None], shares[None, :, None, :]).sum(axis=(2, 3))
    passed = shares.sum(axis=1)
    return np.asarray(covariance), np.asarray(smaller - np.outer(passed, passed))
