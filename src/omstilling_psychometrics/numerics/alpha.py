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

from .moments import Floats, complete, covariance, pairwise_covariance


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """estimate; influence (p,) of each pattern on it (0 for patterns that are not used); n answers used."""

    estimate: float
    influence: Floats
    n: int


def alpha_of(covariances: Floats) -> float:
    """Alpha of a (k, k) covariance matrix; NaN without variance of the sum."""
    k = len(covariances)
    total = covariances.sum()
    if k < 2 or not total > 0:
        return math.nan
    return float(k / (k - 1) * (1 - np.trace(covariances) / total))


def standardized_alpha(correlations: Floats) -> float:
    """Alpha of a correlation matrix: k r̄/(1 + (k − 1) r̄)."""
    return alpha_of(correlations)


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
