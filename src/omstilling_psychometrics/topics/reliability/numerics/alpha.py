"""Coefficient alpha and its influence function.

    alpha = k/(k − 1) (1 − tr S / 1'S1)                                     Cronbach (1951)
    IF    = −k/(k − 1) (Σ_i IF(s_ii) / T − tr S · Σ_ij IF(s_ij) / T²),  T = 1'S1

The second line is the delta method in the covariances (Yuan & Bentler 2002; Maydeu-Olivares et al. 2007), valid for any
distribution, and for clustered answers once influence values are added up within clusters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats
from ....core.numerics.bootstrap import SharedDraws, bootstrap_sums
from ....core.numerics.item_rest import pearson
from ....core.numerics.moments import complete, covariance, pairwise_covariance
from ....core.numerics.sandwich import Clusters


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """An alpha and what moves it.

    Parameters
    ----------
    estimate : float
        NaN where nothing varies.
    influence : ndarray, shape (p,)
        Of each pattern on it; 0 for patterns that are not used.
    n : int
        Answers used.
    """

    estimate: float
    influence: Floats
    n: int


def alpha_of(covariances: Floats) -> float:
    """Alpha of a (k, k) covariance matrix; NaN without variance of the sum."""
    k = len(covariances)
    total = covariances.sum()
    if k < 2 or not total > 1e-12 * np.trace(covariances):  # at most rounding is left of the variance of the sum
        return math.nan
    return float(k / (k - 1) * (1 - np.trace(covariances) / total))


def _influence(covariances: Floats, of_trace: Floats, of_total: Floats) -> Floats:
    k, total = len(covariances), covariances.sum()
    return np.asarray(-k / (k - 1) * (of_trace / total - np.trace(covariances) * of_total / total**2))


def listwise_alpha(values: Floats, counts: Floats) -> Alpha:
    """Alpha of the complete rows; values (p, k), counts (p,)."""
    used = complete(values)
    x, weights = values[used], counts[used]
    n = round(weights.sum())
    influence = np.zeros(len(values))
    covariances = covariance(x, weights)
    estimate = alpha_of(covariances)
    if not math.isnan(estimate):
        centred = x - weights @ x / n
        # Alpha does not change when S is rescaled, so the values average to zero without subtracting S.
        scale = n / (n - 1)
        influence[used] = _influence(covariances, (centred**2).sum(axis=1) * scale, centred.sum(axis=1) ** 2 * scale)
    return Alpha(estimate=estimate, influence=influence, n=n)


def one_item_fewer(alpha: Alpha, k: int) -> Alpha:
    """The alpha to expect of k - 1 of k equally good items: (k - 1) alpha/(k - alpha) (Spearman 1910; Brown 1910)."""
    slope = k * (k - 1) / (k - alpha.estimate) ** 2
    estimate = (k - 1) * alpha.estimate / (k - alpha.estimate)
    return Alpha(estimate=estimate, influence=slope * alpha.influence, n=alpha.n)


def pairwise_alpha(values: Floats, counts: Floats) -> Alpha:
    """Alpha of covariances that each use the rows answering both items; n counts rows with an answer."""
    answered = ~np.isnan(values)
    n = round(counts[answered.any(axis=1)].sum())
    covariances = pairwise_covariance(values, counts)
    estimate = alpha_of(covariances)
    k = values.shape[1]
    of_trace, of_total = np.zeros(len(values)), np.zeros(len(values))
    if not math.isnan(estimate):
        for i in range(k):
            for j in range(i, k):
                both = answered[:, i] & answered[:, j]
                weights = counts[both]
                size = weights.sum()
                x, y = values[both, i], values[both, j]
                product = (x - weights @ x / size) * (y - weights @ y / size)
                # d s_xy per answer; the last factor is the divisor size − 1 of s_xy.
                value = (product - weights @ product / size) * (n / size) * (size / (size - 1))
                of_total[both] += value if i == j else 2 * value
                if i == j:
                    of_trace[both] += value
    influence = _influence(covariances, of_trace, of_total) if not math.isnan(estimate) else of_total
    return Alpha(estimate=estimate, influence=influence, n=n)


def standardized_alpha(values: Floats, counts: Floats) -> Alpha:
    """Alpha of the correlations of the complete rows: k r̄/(1 + (k − 1) r̄), r̄ their mean."""
    used = complete(values)
    k = values.shape[1]
    x = np.where(used[:, None], values, np.nan)
    pairs = [pearson(x[:, i], x[:, j], counts) for i in range(k) for j in range(i + 1, k)]
    n = round(float(counts[used].sum()))
    mean = float(np.mean([pair.estimate for pair in pairs]))
    if not 1 + (k - 1) * mean > 1e-12:  # no variance of the sum of standardized items, or no correlations
        return Alpha(estimate=math.nan, influence=np.zeros(len(values)), n=n)
    slope = k / (1 + (k - 1) * mean) ** 2
    influence = slope * np.mean([pair.influence for pair in pairs], axis=0)
    return Alpha(estimate=k * mean / (1 + (k - 1) * mean), influence=influence, n=n)


def alpha_draws(
    values: Floats,
    counts: Floats,
    clusters: Clusters | None,
    draws: int,
    rng: np.random.Generator,
    shared: SharedDraws | None = None,
) -> Floats:
    """(draws,) listwise alpha of bootstrap draws of answers, or of whole clusters, or of `shared` draws of either; NaN where
    a draw has no variance."""
    used = complete(values)
    x, weights = values[used], counts[used]
    k = values.shape[1]
    # About the overall mean the sums stay small, and alpha needs only n, the items' sums and squares and the total's square.
    centred = x - weights @ x / weights.sum()
    total = centred.sum(axis=1)
    terms = np.column_stack([np.ones(len(x)), centred, (centred**2).sum(axis=1), total**2])
    drawn = None if shared is None else shared.of(used)
    sums = bootstrap_sums(terms, weights, clusters and clusters.restrict(used), draws, rng, drawn)
    n, means = sums[:, 0], sums[:, 1 : k + 1] / sums[:, [0]]
    trace = sums[:, k + 1] - n * (means**2).sum(axis=1)
    of_total = sums[:, k + 2] - n * means.sum(axis=1) ** 2
    varied = of_total > 1e-9 * n
    return np.where(varied, k / (k - 1) * (1 - trace / np.where(varied, of_total, 1.0)), np.nan)
