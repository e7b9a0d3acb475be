"""Correlation matrices of bootstrap draws: answers or whole clusters drawn with replacement. d draws, k items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from ....core.numerics.bootstrap import bootstrap_sums
from ....core.numerics.sandwich import Clusters
from .polychoric import pairs, polychoric, thresholds_of


def pearson_draws(values: Floats, counts: Floats, clusters: Clusters | None, draws: int, rng: np.random.Generator) -> Floats:
    """(d, k, k) Pearson correlations of complete patterns with values (p, k); NaN for items without variance in a draw."""
    k = values.shape[1]
    # About the observed means, so that the products lose no digits.
    centred = values - counts @ values / counts.sum()
    first, second = np.triu_indices(k)
    terms = np.column_stack([np.ones(len(values)), centred, centred[:, first] * centred[:, second]])
    sums = bootstrap_sums(terms, counts, clusters, draws, rng)
    n, means = sums[:, :1], sums[:, 1 : 1 + k] / sums[:, :1]
    covariance = np.empty((draws, k, k))
    covariance[:, first, second] = sums[:, 1 + k :] / n - means[:, first] * means[:, second]
    covariance[:, second, first] = covariance[:, first, second]
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    root = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    return np.asarray(covariance / (root[:, :, None] * root[:, None, :]))


def polychoric_draws(
    patterns: NDArray[np.integer], counts: Floats, c: int, clusters: Clusters | None, draws: int, rng: np.random.Generator
) -> Floats:
    """(d, k, k) two-step polychoric correlations of complete patterns (p, k) coded 1 … c."""
    k = patterns.shape[1]
    first, second = pairs(k)
    cell = (patterns[:, first].astype(np.intp) - 1) * c + patterns[:, second] - 1
    terms = (cell[:, :, None] == np.arange(c * c)).reshape(len(patterns), -1).astype(float)
    tables = bootstrap_sums(terms, counts, clusters, draws, rng).reshape(draws, first.size, c, c)
    rho = polychoric(tables, thresholds_of(tables.sum(axis=-1)), thresholds_of(tables.sum(axis=-2)))
    matrix = np.broadcast_to(np.eye(k), (draws, k, k)).copy()
    matrix[:, first, second] = matrix[:, second, first] = rho
    return matrix
