"""Invariant item ordering, method MIIO (Ligtvoet, van der Ark, te Marvelde & Sijtsma 2010), and coefficient H^T.

Items are put in the order of their means. For each pair the mean of the easier item must not fall below that of the harder
one in any group by the rest score without both; a difference of more than `minimum_violation` is a violation, tested by a
paired one-sided t test at .05 (two categories: McNemar's z). Items are then removed, the one with most significant
violations first (of several, the one whose removal leaves the highest H), until none is left. mokken::check.iio with
method MIIO; its number of comparisons per pair, groups - 1, is kept because crit divides by it.

    H^T = sum over pairs of respondents of cov(x_r, x_s) / sum of the largest covariances their answers allow

Both sums are bilinear, so that they cost one pass over the patterns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .monotonicity import Violations, crit
from .rest_score import default_minimum_size, rest_score_groups
from .scalability import Codes, coefficients

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class ItemOrdering:
    """items: violations of each; order: items from easiest to hardest; removed: items in the order of their removal;
    ht: H^T of the items that are left."""

    items: list[Violations]
    order: tuple[int, ...]
    removed: tuple[int, ...]
    ht: float


@dataclass(frozen=True)
class _Pair:
    comparisons: int
    violations: int
    largest: float
    total: float
    statistic: float
    significant: int


def coefficient_ht(patterns: Codes, counts: Floats) -> float:
    """H^T of complete patterns (p, k); NaN when no respondent distinguishes the items."""
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    ordered = np.sort(centred, axis=1)
    # Sum over pairs of different respondents = square of the sum - sum of the squares.
    variance = float(counts @ (centred**2).sum(axis=1))
    covariance = float(((counts @ centred) ** 2).sum()) - variance
    maximum = float(((counts @ ordered) ** 2).sum()) - variance
    return covariance / maximum if maximum > 1e-9 * max(variance, 1.0) else math.nan


def item_ordering(
    patterns: Codes,
    counts: Floats,
    categories: int,
    *,
    minimum_violation: float | None = None,
    minimum_size: int | None = None,
) -> ItemOrdering:
    """MIIO for complete patterns (p, k) coded 1 … c, k at least 3; minimum_violation defaults to .03 per item step.

    Raises EstimationError for fewer than three items or too few answers for rest-score groups.
    """
    k = patterns.shape[1]
    if k < 3:
        raise EstimationError("needs_three_items")
    n = round(float(counts.sum()))
    size = default_minimum_size(n) if minimum_size is None else minimum_size
    least = 0.03 * (categories - 1) if minimum_violation is None else minimum_violation
    means = counts @ patterns / max(n, 1)
    order = tuple(int(item) for item in np.argsort(means, kind="stable")[::-1])
    sums = patterns.sum(axis=1)
    pairs: dict[tuple[int, int], _Pair] = {}
    for place, easier in enumerate(order):
        for harder in order[place + 1 :]:
            first, second = patterns[:, easier], patterns[:, harder]
            group = rest_score_groups(sums - first - second, counts, size)
            pairs[easier, harder] = _compare(first, second, counts, group, categories, least)
    h = coefficients(patterns, counts, categories).item
    items = [_of_item(item, pairs, float(h[item])) for item in range(k)]
    removed = _remove(patterns, counts, categories, pairs)
    left = [item for item in range(k) if item not in removed]
    return ItemOrdering(items, order, removed, coefficient_ht(patterns[:, left], counts))


def _compare(
    easier: Codes, harder: Codes, counts: Floats, group: NDArray[np.int64], categories: int, minimum_violation: float
) -> _Pair:
    difference = (harder - easier).astype(float)
    sizes = np.bincount(group, weights=counts)
    means = np.bincount(group, weights=counts * difference) / sizes
    violated = np.flatnonzero(means > minimum_violation)
    statistics, significant = [], 0
    for place in violated:
        inside = group == place
        test = _mcnemar if categories == 2 else _paired_t
        statistic, p_value = test(difference[inside], counts[inside])
        statistics.append(statistic)
        significant += p_value < SIGNIFICANCE
    return _Pair(
        comparisons=sizes.size - 1,
        violations=violated.size,
        largest=float(means[violated].max(initial=0.0)),
        total=float(means[violated].sum()),
        statistic=max(statistics, default=0.0),
        significant=significant,
    )


def _paired_t(difference: Floats, counts: Floats) -> tuple[float, float]:
    """t statistic and one-sided p value of a mean difference above 0."""
    n = float(counts.sum())
    mean = float(counts @ difference) / n
    square = float(counts @ (difference - mean) ** 2)
    if square == 0:
        return math.inf, 0.0
    t = mean / math.sqrt(square / (n - 1) / n)
    return t, float(stdtr(n - 1, -t))


def _mcnemar(difference: Floats, counts: Floats) -> tuple[float, float]:
    """Normal approximation to the sign test of the answers that differ (Molenaar & Sijtsma 2000)."""
    up, down = float(counts[difference > 0].sum()), float(counts[difference < 0].sum())
    fewer, n = min(up, down), up + down
    correction = ((2 * fewer + 1 - n) ** 2 - 10 * n) / (12 * n)
    # With very few answers the correction can exceed what it corrects; the square root is then that of zero.
    roots = (max(0.0, 2 * fewer + 2 + correction), max(0.0, 2 * n - 2 * fewer + correction))
    z = abs(math.sqrt(roots[0]) - math.sqrt(roots[1]))
    return z, float(ndtr(-z))


def _of_item(item: int, pairs: dict[tuple[int, int], _Pair], h: float) -> Violations:
    of_item = [pair for key, pair in pairs.items() if item in key]
    violations = (
        sum(pair.comparisons for pair in of_item),
        sum(pair.violations for pair in of_item),
        max(pair.largest for pair in of_item),
        sum(pair.total for pair in of_item),
        max(pair.statistic for pair in of_item),
        sum(pair.significant for pair in of_item),
    )
    return Violations(*violations, crit(h, *violations))


def _remove(patterns: Codes, counts: Floats, categories: int, pairs: dict[tuple[int, int], _Pair]) -> tuple[int, ...]:
    left = list(range(patterns.shape[1]))
    removed: list[int] = []
    while True:
        violated = [key for key, pair in pairs.items() if pair.significant and set(key) <= set(left)]
        conflicts = {item: sum(item in key for key in violated) for item in left}
        worst = max(conflicts.values())
        if worst == 0:
            return tuple(removed)
        candidates = [item for item in left if conflicts[item] == worst]

        def remaining(item: int) -> float:
            others = [one for one in left if one != item]
            h = coefficients(patterns[:, others], counts, categories).scale
            return -math.inf if math.isnan(h) else h

        out = max(candidates, key=remaining)
        removed.append(out)
        left.remove(out)
