"""Manifest monotonicity: the share at or above each category must not fall from one rest-score group to a higher one.

Reported per item, over its steps and pairs of groups, with the conventions of MSP5 (Molenaar & Sijtsma 2000) and
mokken::check.monotonicity: falls of more than `minimum_violation` are violations; each is tested by the normal
approximation to the hypergeometric distribution, one-sided at .05; crit sums up their seriousness (80 and more: serious).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ....core.numerics.arrays import Floats
from .rest_score import default_minimum_size, rest_score_groups
from .scalability import Codes, coefficients, step_counts

SIGNIFICANT = float(ndtri(0.95))


@dataclass(frozen=True)
class Violations:
    """Of one item: comparisons made, violations, the largest and their sum, the largest test statistic, how many are
    significant, and crit."""

    comparisons: int
    violations: int
    largest: float
    total: float
    largest_statistic: float
    significant: int
    crit: float


def crit(
    h: float, comparisons: int, violations: int, largest: float, total: float, statistic: float, significant: int
) -> float:
    """Molenaar & Sijtsma (2000, p. 49), rounded down and not below 0, as mokken prints it; 0 without violations. Infinite where
    the largest statistic is, NaN where H_i is."""
    if violations == 0 or comparisons == 0:
        return 0.0
    value = (
        50 * (0.30 - h)
        + np.sqrt(violations)
        + 100 * violations / comparisons
        + 100 * largest
        + 10 * np.sqrt(total)
        + 1000 * total / comparisons
        + 5 * statistic
        + 10 * np.sqrt(significant)
        + 100 * significant / comparisons
    )
    return math.nan if math.isnan(value) else max(0.0, float(np.floor(value)))


def monotonicity(
    patterns: Codes, counts: Floats, categories: int, *, minimum_violation: float = 0.03, minimum_size: int | None = None
) -> list[Violations]:
    """Violations of each item, complete patterns (p, k) coded 1 … c. Raises EstimationError with too few answers for groups."""
    n = round(float(counts.sum()))
    size = default_minimum_size(n) if minimum_size is None else minimum_size
    sums = patterns.sum(axis=1)
    h = coefficients(patterns, counts, categories).item
    return [
        _of_item(patterns[:, item], sums - patterns[:, item], counts, categories, float(h[item]), minimum_violation, size)
        for item in range(patterns.shape[1])
    ]


def _of_item(
    answers: Codes, rest: Codes, counts: Floats, categories: int, h: float, minimum_violation: float, size: int
) -> Violations:
    group = rest_score_groups(rest, counts, size)
    groups = int(group.max()) + 1
    above = np.array([step_counts(answers[group == place], counts[group == place], categories) for place in range(groups)])
    sizes = np.bincount(group, weights=counts)[:, None]
    below = sizes - above
    lower, higher = np.triu_indices(groups, 1)
    # A step that all in the lower group fail, or all in the higher one pass, cannot be violated by that pair.
    comparisons = int(((above[lower] > 0) & (below[higher] > 0)).sum())
    fall = (above / sizes)[lower] - (above / sizes)[higher]
    violated = fall > minimum_violation
    statistic = (
        2
        * np.abs(np.sqrt((above[higher] + 1) * (below[lower] + 1)) - np.sqrt(below[higher] * above[lower]))
        / np.sqrt(sizes[lower] + sizes[higher] - 1)
    )[violated]
    violations = (
        comparisons,
        int(violated.sum()),
        float(fall[violated].max(initial=0.0)),
        float(fall[violated].sum()),
        float(statistic.max(initial=0.0)),
        int((statistic > SIGNIFICANT).sum()),
    )
    return Violations(*violations, crit(h, *violations))
