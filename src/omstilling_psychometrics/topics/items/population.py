"""Population values of items and of the scale score."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...analysis.pattern_distribution import Name, PatternDistribution, name
from ...core.numerics.arrays import Floats
from ..reliability.population import alpha


def _moments(x: Floats, weights: Floats) -> tuple[float, float, float, float]:
    """Mean, sd, skewness, excess kurtosis."""
    share = weights / weights.sum()
    mean = share @ x
    d = x - mean
    m2, m3, m4 = (share @ d**order for order in (2, 3, 4))
    return float(mean), float(np.sqrt(m2)), float(m3 / m2**1.5), float(m4 / m2**2 - 3)


def scores(population: PatternDistribution) -> Floats:
    """Scale score of each pattern by the scoring rule of the instrument, NaN where too few items are answered."""
    answered = population.codes > 0
    number = answered.sum(axis=1)
    total = np.where(answered, population.codes, 0).sum(axis=1)
    return np.where(number >= population.instrument.minimum_answered, total / np.maximum(number, 1), np.nan)


def values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    yield from _items(population)
    yield from _scale(population)
    yield from _without_one(population.complete)


def _items(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    codes, weights, categories = population.codes, population.weights, population.instrument.categories
    for j, item in enumerate(population.instrument.item_keys):
        answered = codes[:, j] > 0
        x, w = codes[answered, j].astype(float), weights[answered]
        for quantity, value in zip(("mean", "sd", "skewness", "kurtosis"), _moments(x, w), strict=True):
            yield name(quantity, item), value
        shares = [float(w[x == category].sum() / w.sum()) for category in categories]
        for category, share in zip(categories, shares, strict=True):
            yield name("proportion", item, category), share
        yield name("floor", item), shares[0]
        yield name("ceiling", item), shares[-1]


def _scale(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    score, categories = scores(population), population.instrument.categories
    scored = ~np.isnan(score)
    s, w = score[scored], population.weights[scored]
    mean, sd, _, _ = _moments(s, w)
    yield name("scale_mean"), mean
    yield name("scale_sd"), sd
    yield name("scale_floor"), float(w[s == categories[0]].sum() / w.sum())
    yield name("scale_ceiling"), float(w[s == categories[-1]].sum() / w.sum())


def _without_one(complete: PatternDistribution) -> Iterator[tuple[Name, float]]:
    s = complete.covariance
    total = s.sum(axis=1)
    for j, item in enumerate(complete.instrument.item_keys):
        rest = total[j] - s[j, j]
        rest_variance = s.sum() - 2 * total[j] + s[j, j]
        yield name("item_rest_correlation", item), float(rest / np.sqrt(s[j, j] * rest_variance))
        others = np.delete(np.delete(s, j, axis=0), j, axis=1)
        yield name("alpha_if_dropped", item), alpha(others)
