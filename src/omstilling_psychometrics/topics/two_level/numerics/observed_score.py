"""Reliability of the observed mean score at both levels, from the parameters of a two-level ordinal factor model.

    P(y_k > c | theta, u) = Phi(loading_k theta + between_k u - threshold_kc),   theta, u independent standard normal

The score is the mean of the K items, theta belongs to the person and u to the leader. Its variance has three parts:

    V_B    of E(score | u)                  leaders
    V_T    of E(score | theta, u) given u   persons within leaders
    V_E    of score given theta and u       error

    omega within           V_T/(V_T + V_E)                of one person's score among those of the same leader
    leader reliability     V_B/(V_B + (V_T + V_E)/n)      of the mean of n answers about a leader

Lai (2021), with observed categories in place of continuous items as Green & Yang (2009, eq. 21) have them for one level. All
parts are sums over pairs of thresholds of bivariate normal probabilities, since two indicators y_k > c and y_l > d have latent
correlations that are known: with s_k^2 = 1 + loading_k^2 + between_k^2,

    between_k between_l/(s_k s_l)                            two persons of one leader
    (loading_k loading_l + between_k between_l)/(s_k s_l)    one person twice, independently given theta and u
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.bivariate_normal import bivariate_normal_cdf, bivariate_normal_density

# A threshold that nobody crosses, for one that is infinite: finite, so that nothing is undefined.
_FAR = 1e3


@dataclass(frozen=True)
class Reliability:
    """estimate; gradient (P,) by the parameters."""

    estimate: float
    gradient: Floats

    def std_error(self, covariance: Floats) -> float:
        """By the delta method, from the covariance (P, P) of the parameters."""
        return math.sqrt(float(self.gradient @ covariance @ self.gradient))


@dataclass(frozen=True)
class ScoreVariances:
    """Variances of the mean score: between leaders, within them, and error; gradient (3, P) of the three by the parameters:
    loadings (K), loadings between (K), thresholds (K C - K), item by item."""

    between: float
    within: float
    error: float
    gradient: Floats

    @property
    def omega_within(self) -> Reliability:
        return _share(self.within, self.error, self.gradient[1], self.gradient[2])

    def leader_reliability(self, answers: float) -> Reliability:
        """Of the mean of so many answers about a leader."""
        noise = (self.within + self.error) / answers
        return _share(self.between, noise, self.gradient[0], (self.gradient[1] + self.gradient[2]) / answers)


def _share(part: float, rest: float, by_part: Floats, by_rest: Floats) -> Reliability:
    """part/(part + rest)."""
    total = part + rest
    if not total > 0:
        return Reliability(math.nan, np.full_like(by_part, math.nan))
    return Reliability(part / total, (rest * by_part - part * by_rest) / total**2)


@dataclass(frozen=True)
class _Latent:
    """Of each indicator y_k > c (q,): limit, threshold over the latent standard deviation, with the sign that makes it
    P = Phi(limit); item, its number; weight, its part of the score."""

    limit: Floats
    item: Ints
    weight: Floats

    def variance(self, correlation: Floats, same_item: bool) -> tuple[float, Floats, Floats]:
        """Sum of weighted covariances of the indicators, at correlation (K, K) of the items; all of them, or of the same item
        only. With its slopes by the limits (q,) and by the correlations (K, K)."""
        h, rho = self.limit, correlation[np.ix_(self.item, self.item)]
        weight = np.outer(self.weight, self.weight)
        if same_item:
            weight = np.where(self.item[:, None] == self.item, weight, 0.0)
        probability, density = ndtr(h), np.exp(-h * h / 2) / math.sqrt(2 * math.pi)
        covariance = bivariate_normal_cdf(h[:, None], h, rho) - np.outer(probability, probability)
        beyond = ndtr((h - rho * h[:, None]) / np.sqrt((1 - rho) * (1 + rho))) - probability
        by_limit = 2 * density * (weight * beyond).sum(axis=1)
        of_items = self.item[:, None] == np.arange(len(correlation))
        by_correlation = of_items.T @ (weight * bivariate_normal_density(h[:, None], h, rho)) @ of_items
        return float((weight * covariance).sum()), by_limit, by_correlation


def score_variances(loading: Floats, loading_between: Floats, thresholds: Floats, values: Floats) -> ScoreVariances:
    """Of the mean of K items with loading (K,), loading_between (K,), thresholds (K, C - 1), ascending and infinite beyond
    categories that do not occur, and the values (C,) of the categories, ascending."""
    k, steps = thresholds.shape
    scale = np.sqrt(1 + loading**2 + loading_between**2)
    within, between = loading / scale, loading_between / scale
    limit = -np.clip(thresholds, -_FAR, _FAR) / scale[:, None]
    step = np.diff(values)
    latent = _Latent(limit.ravel(), np.repeat(np.arange(k), steps), np.tile(step / k, k))

    def slopes(by_limit: Floats, by_within: Floats, by_between: Floats) -> Floats:
        """By the parameters, from the slopes by limits and by standardised loadings."""
        h = by_limit.reshape(k, steps)
        # Every standardised quantity is divided by the scale, whose slope by a loading is loading/scale.
        shrinks = (h * limit).sum(axis=1) + by_within * within + by_between * between
        return np.concatenate(
            [
                (by_within - within * shrinks) / scale,
                (by_between - between * shrinks) / scale,
                (-h / scale[:, None]).ravel(),
            ]
        )

    def variance(shared: Floats, same_item: bool = False) -> tuple[float, Floats]:
        """Where the answers have u in common, and theta by these standardised loadings (K,)."""
        correlation = np.outer(between, between) + np.outer(shared, shared)
        variance, by_limit, by_correlation = latent.variance(correlation, same_item)
        return variance, slopes(by_limit, 2 * (by_correlation @ shared), 2 * (by_correlation @ between))

    v_leader, of_leader = variance(np.zeros(k))
    v_true, of_true = variance(within)
    v_same, of_same = variance(within, same_item=True)
    v_items, of_limits = _variance_of_items(limit, values)
    of_items = slopes(of_limits.ravel(), np.zeros(k), np.zeros(k))
    return ScoreVariances(
        between=v_leader,
        within=v_true - v_leader,
        error=v_items - v_same,
        gradient=np.stack([of_leader, of_true - of_leader, of_items - of_same]),
    )


def _variance_of_items(limit: Floats, values: Floats) -> tuple[float, Floats]:
    """Sum of the variances of the items over K^2, with its slopes by the limits (K, C - 1)."""
    k = len(limit)
    above = values - values[0]
    probability, density = ndtr(limit), np.exp(-(limit**2) / 2) / math.sqrt(2 * math.pi)
    step, square = np.diff(above), np.diff(above**2)
    mean = probability @ step
    return (
        float((probability @ square - mean**2).sum()) / k**2,
        density * (square - 2 * mean[:, None] * step) / k**2,
    )
