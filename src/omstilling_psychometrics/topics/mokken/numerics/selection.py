"""Automated item selection (Mokken 1971, ch. 5; Sijtsma & Molenaar 2002, ch. 5), as mokken::aisp with search "normal".

A scale starts with the pair of items of the highest H_ij that differs significantly from 0 and is at least the lower
bound. Among the items with no negative H_ij to those already in, the one joins that gives the highest H of the scale while
its own H_i is at least the lower bound and significantly above 0. When none qualifies, the next scale starts from the
items left. The significance level is divided by the number of tests made in the scale so far (Bonferroni).

Tests are those of Mokken's Z for independent answers, H/standard error where answers are clustered.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ....core.numerics.arrays import Floats
from ....core.numerics.intervals import influence_error
from ....core.numerics.sandwich import Clusters
from .scalability import Codes, Scalability, coefficients, covariance_matrices, pair_scalability, total


def mokken_z(patterns: Codes, counts: Floats) -> tuple[Floats, Floats, float]:
    """Z_ij (k, k), Z_i (k,) and Z (Mokken 1971, p. 160-164): covariances in units of their standard errors if the items
    were independent given their margins; complete patterns. mokken::coefZ. NaN for items without variance."""
    n = counts.sum()
    centred = patterns - counts @ patterns / n
    covariance = (centred * counts[:, None]).T @ centred / (n - 1)
    variance = np.diag(covariance)
    products = np.outer(variance, variance)
    np.fill_diagonal(covariance, 0.0)
    np.fill_diagonal(products, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pair = covariance / np.sqrt(products)
        item = covariance.sum(axis=0) / np.sqrt(products.sum(axis=0))
        scale = covariance.sum() / 2 / np.sqrt(products.sum() / 2)
    np.fill_diagonal(pair, 0.0)
    root = math.sqrt(n - 1)
    return pair * root, item * root, float(scale * root)


def _wald_z(part: Scalability, counts: Floats, clusters: Clusters) -> float:
    error = influence_error(part.influence(counts), counts, clusters)
    return part.estimate / error if error > 0 else math.nan


def select_items(
    patterns: Codes,
    counts: Floats,
    categories: int,
    *,
    lower_bound: float = 0.3,
    level: float = 0.05,
    clusters: Clusters | None = None,
) -> NDArray[np.int64]:
    """(k,) the scale of each item, 1, 2, …; 0 for items that fit in none. Complete patterns (p, k) coded 1 … c.

    Items without variance are never selected.
    """
    return _Search(patterns, counts, categories, lower_bound, level, clusters).run()


class _Search:
    def __init__(
        self, patterns: Codes, counts: Floats, categories: int, lower_bound: float, level: float, clusters: Clusters | None
    ) -> None:
        self.patterns, self.counts, self.categories = patterns, counts, categories
        self.lower_bound, self.level, self.clusters = lower_bound, level, clusters
        k = patterns.shape[1]
        self.varies = np.diag(covariance_matrices(patterns, counts, categories)[0]) > 0
        self.h = coefficients(patterns, counts, categories).pair
        self.z = np.array([[self._z(i, [j]) if i != j else math.nan for j in range(k)] for i in range(k)])

    def _z(self, item: int, others: list[int]) -> float:
        """Test statistic of the item's H_i in the scale of the item and the others."""
        if self.clusters is None:
            return float(mokken_z(self.patterns[:, [item, *others]], self.counts)[1][0])
        codes = self.patterns[:, item]
        pairs = (pair_scalability(codes, self.patterns[:, other], self.counts, self.categories) for other in others)
        return _wald_z(total(pairs, self.counts.size), self.counts, self.clusters)

    def run(self) -> NDArray[np.int64]:
        scale = np.zeros(self.varies.size, dtype=np.int64)
        number = 0
        while True:
            free = [int(item) for item in np.flatnonzero((scale == 0) & self.varies)]
            # mokken counts every item that is left among the tests, also those that cannot be selected.
            tests = int((scale == 0).sum()) * (int((scale == 0).sum()) - 1) / 2
            if len(free) < 2:
                return scale
            start = self._start(free, tests)
            if start is None:
                return scale
            number += 1
            scale[start] = number
            members = start
            while True:
                available = [item for item in free if scale[item] == 0 and not (self.h[item, members] < 0).any()]
                tests += len(available)
                chosen = self._best(available, members, tests)
                if chosen is None:
                    break
                members = [*members, chosen]
                scale[chosen] = number

    def _critical(self, tests: float) -> float:
        return abs(float(ndtri(self.level / tests)))

    def _start(self, free: list[int], tests: float) -> list[int] | None:
        pairs = [
            (i, j) for place, i in enumerate(free) for j in free[place + 1 :] if abs(self.z[i, j]) >= self._critical(tests)
        ]
        if not pairs:
            return None
        best = max(pairs, key=lambda pair: (self.h[pair], -pair[1]))
        return list(best) if self.h[best] >= self.lower_bound else None

    def _best(self, available: list[int], members: list[int], tests: float) -> int | None:
        best, highest = None, self.lower_bound
        for item in available:
            result = coefficients(self.patterns[:, [*members, item]], self.counts, self.categories)
            if result.item[-1] < self.lower_bound or not self._z(item, members) >= self._critical(tests):
                continue
            if result.scale > highest or (best is None and result.scale >= highest):
                best, highest = item, result.scale
        return best
