"""Population values of correlations between items: of the answers as numbers, and of the latent responses behind them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...analysis.pattern_distribution import Name, PatternDistribution, covariance, name
from ...core.numerics.arrays import Floats
from .numerics.polychoric import pairs
from .numerics.polychoric_influence import OrdinalMoments, ordinal_moments


def pairwise_covariance(population: PatternDistribution) -> Floats:
    """(k, k), of each pair from those who answer both."""
    codes = population.codes
    k = codes.shape[1]
    s = np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            both = (codes[:, i] > 0) & (codes[:, j] > 0)
            s[i, j] = s[j, i] = covariance(codes[both][:, [i, j]].astype(float), population.weights[both])[0, 1]
    return s


def values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    keys, codes = population.instrument.item_keys, population.codes
    for i, first in enumerate(keys):
        for j in range(i + 1, len(keys)):
            both = (codes[:, i] > 0) & (codes[:, j] > 0)
            pair = covariance(codes[both][:, [i, j]].astype(float), population.weights[both])
            yield name("pearson", f"{first}~{keys[j]}"), float(pair[0, 1] / np.sqrt(pair[0, 0] * pair[1, 1]))


def ordinal(population: PatternDistribution) -> OrdinalMoments:
    """Thresholds from all answers to an item, correlations from the answers to both."""
    return ordinal_moments(population.codes, population.weights, len(population.instrument.categories))


def latent_values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    keys, moments = population.instrument.item_keys, ordinal(population)
    for j, item in enumerate(keys):
        for step, threshold in enumerate(moments.thresholds[j].tolist(), start=1):
            yield name("threshold", item, step), threshold
    for i, j, value in zip(*pairs(len(keys)), moments.correlations.tolist(), strict=True):
        yield name("polychoric", f"{keys[i]}~{keys[j]}"), value
