"""Reliability of the observed mean score at both levels, from the parameters of a two-level ordinal factor model.

    P(y_k > c | theta, u, v) = Phi(loading_k theta + between_k u + v_k - threshold_kc)

theta of the person and u of the leader are standard normal; v_k, of an item and a leader, has the variance residual_k, which is
0 unless an item differs between leaders beyond what the items have in common. The score is the mean of the K items. Parts of
its variance:

    V_B    of E(score | u)                            leaders
    V_R    of E(score | u, v), beyond V_B             residuals of items between leaders
    V_T    of E(score | theta, u, v), beyond both     persons within leaders
    V_E    of the score beyond all of these           error

    omega within          V_T/(V_T + V_E)                            one person's score, among people of the same leader
    leader reliability    (V_B + V_R)/(V_B + V_R + (V_T + V_E)/n)    the mean of n answers; these items
    omega between         V_B/(V_B + V_R + (V_T + V_E)/n)            the mean of n answers; what the items have in common

Lai (2021), with observed categories in place of continuous items as Green & Yang (2009, eq. 21) have them for one level. All
parts are sums over pairs of thresholds of bivariate normal probabilities, since two indicators y_k > c and y_l > d have latent
correlations that are known: with s_k^2 = 1 + loading_k^2 + between_k^2 + residual_k, and residual_k/s_k^2 more where k = l,

    between_k between_l/(s_k s_l)                            two persons of one leader
    (loading_k loading_l + between_k between_l)/(s_k s_l)    one person twice, independently given theta, u and v
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ....core.errors import EstimationError
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
    """Variances of the mean score: of leaders, by what the items have in common and by residuals of items; of persons within
    leaders; error. gradient (4, P) of the four by the parameters: loadings (K), loadings between (K), thresholds (K C - K),
    item by item, and where they are given the residuals (K)."""

    between: float
    residual: float
    within: float
    error: float
    gradient: Floats

    @property
    def omega_within(self) -> Reliability:
        return _share(self.within, self.error, self.gradient[2], self.gradient[3])

    def leader_reliability(self, answers: float) -> Reliability:
        """Of the mean of so many answers about a leader: everything between leaders is the leader's."""
        noise = (self.within + self.error) / answers
        by_noise = (self.gradient[2] + self.gradient[3]) / answers
        return _share(self.between + self.residual, noise, self.gradient[0] + self.gradient[1], by_noise)

    def omega_between(self, answers: float) -> Reliability:
        """The same with residuals of items between leaders as error."""
        noise = self.residual + (self.within + self.error) / answers
        by_noise = self.gradient[1] + (self.gradient[2] + self.gradient[3]) / answers
        return _share(self.between, noise, self.gradient[0], by_noise)


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


def score_variances(
    loading: Floats, loading_between: Floats, thresholds: Floats, values: Floats, residual: Floats | None = None
) -> ScoreVariances:
    """Of the mean of K items with loading (K,), loading_between (K,), thresholds (K, C - 1), ascending and infinite beyond
    categories that do not occur, the values (C,) of the categories, ascending, and residual (K,), 0 unless given. Raises
    EstimationError where residuals below 0 leave no possible correlations."""
    k, steps = thresholds.shape
    psi = np.zeros(k) if residual is None else residual
    variance_behind = 1 + loading**2 + loading_between**2 + psi
    if (variance_behind <= 0).any():
        raise EstimationError("negative_residual_variance")
    scale = np.sqrt(variance_behind)
    within, between, own = loading / scale, loading_between / scale, psi / scale**2
    limit = -np.clip(thresholds, -_FAR, _FAR) / scale[:, None]
    step = np.diff(values)
    latent = _Latent(limit.ravel(), np.repeat(np.arange(k), steps), np.tile(step / k, k))

    def slopes(by_limit: Floats, by_within: Floats, by_between: Floats, by_own: Floats) -> Floats:
        """By the parameters, from the slopes by limits and by standardised parameters."""
        h = by_limit.reshape(k, steps)
        # Everything is divided by the scale, own by its square; the slope of the scale by a loading is loading/scale.
        shrinks = (h * limit).sum(axis=1) + by_within * within + by_between * between + 2 * by_own * own
        parts = [
            (by_within - within * shrinks) / scale,
            (by_between - between * shrinks) / scale,
            (-h / scale[:, None]).ravel(),
            (by_own - shrinks / 2) / scale**2,
        ]
        return np.concatenate(parts if residual is not None else parts[:3])

    def variance(shared: Floats, *, items: bool = True, same_item: bool = False) -> tuple[float, Floats]:
        """Where the answers have u in common, theta by the standardised loadings `shared`, and v if `items`."""
        correlation = np.outer(between, between) + np.outer(shared, shared) + items * np.diag(own)
        # Negative residuals may leave correlations behind the answers that cannot be.
        if not (np.abs(correlation) <= 1).all():
            raise EstimationError("negative_residual_variance")
        value, by_limit, by_correlation = latent.variance(correlation, same_item)
        by_own = items * np.diag(by_correlation)
        return value, slopes(by_limit, 2 * (by_correlation @ shared), 2 * (by_correlation @ between), by_own)

    nothing = np.zeros(k)
    v_common, of_common = variance(nothing, items=False)
    v_leader, of_leader = (v_common, of_common) if residual is None else variance(nothing)
    v_true, of_true = variance(within)
    v_same, of_same = variance(within, same_item=True)
    v_items, of_limits = _variance_of_items(limit, values)
    of_items = slopes(of_limits.ravel(), nothing, nothing, nothing)
    return ScoreVariances(
        between=v_common,
        residual=v_leader - v_common,
        within=v_true - v_leader,
        error=v_items - v_same,
        gradient=np.stack([of_common, of_leader - of_common, of_true - of_leader, of_items - of_same]),
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
