"""Population values of scalability."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...analysis.pattern_distribution import Name, PatternDistribution, name


def values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    """H = covariance over the largest covariance that the same margins allow (both items in one order)."""
    keys, codes, s = population.instrument.item_keys, population.complete.codes, population.complete.covariance
    k = len(keys)
    share = population.complete.weights / population.complete.weights.sum()
    categories = np.asarray(population.instrument.categories)
    margins = np.array([[share[codes[:, j] == category].sum() for category in categories] for j in range(k)])
    above = 1 - np.cumsum(margins, axis=1)[:, :-1]
    largest = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            largest[i, j] = (np.minimum.outer(above[i], above[j]) - np.outer(above[i], above[j])).sum()
    off = ~np.eye(k, dtype=bool)
    yield name("h", method="listwise"), float(s[off].sum() / largest[off].sum())
    for j, item in enumerate(keys):
        yield name("h_item", item, None, "listwise"), float(s[j][off[j]].sum() / largest[j][off[j]].sum())
    for i in range(k):
        for j in range(i + 1, k):
            yield name("h_pair", f"{keys[i]}~{keys[j]}", None, "listwise"), float(s[i, j] / largest[i, j])
