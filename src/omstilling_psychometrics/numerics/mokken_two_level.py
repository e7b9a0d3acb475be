"""Two-level scalability coefficients: errors within and between the raters of the same leader.

    H^W = 1 - F^W / E,   H^B = 1 - F^B / E,   and their ratio H^B / H^W

F^W: weighted Guttman errors between two answers of one rater; F^B: between the answers of two different raters of the same
leader, over all such pairs; E: expected under marginal independence over all raters. Snijders (2001), for polytomous items
Crisan, van de Pol & van der Ark (2016), pairs weighted by group size as in Koopman, Zijlstra & van der Ark (2021). Leaders
with one rater say nothing about pairs of raters and are left out. mokken::MLcoefH gives the same coefficients.

Two standard errors:
sandwich: G/(G - 1) times the sum of squared leader totals of the influence values.
koopman: the delta method of Koopman, Zijlstra & van der Ark (2020), as mokken prints it. It puts the sampled shares of each
    leader in the place of that leader's expected shares, and so counts the variation among a leader's raters twice: with no
    dependence between raters it is too large by about sqrt(2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from .mokken import Codes, Floats, step_counts
from .sandwich import after_cancellation


def guttman_weights(first_steps: Floats, second_steps: Floats) -> Floats:
    """(c, c) weighted Guttman errors of answers x, y to two items whose steps are passed by the given counts (c - 1,).

    An error is an easier step failed and a harder one passed; the weight is the number of such pairs of steps. Steps of
    equal popularity count half in each order (Kuijpers et al. 2013, eq. 4; mokken averages over the orders).
    """
    c = first_steps.size + 1
    passed = np.arange(c)[:, None] > np.arange(c - 1)
    easier = (1 + np.sign(first_steps[:, None] - second_steps[None, :])) / 2
    failed = 1.0 - passed
    return np.asarray(failed @ easier @ passed.T + passed @ (1 - easier) @ failed.T)


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with both standard errors."""

    estimate: float
    sandwich: float
    koopman: float


@dataclass(frozen=True)
class TwoLevel:
    """The three coefficients of a pair of items, an item or the scale."""

    within: Coefficient
    between: Coefficient
    ratio: Coefficient


@dataclass(frozen=True)
class _Errors:
    """Shares of errors and how they change; sums of these over pairs of items are those of an item or the scale.

    between_sums: (G,) weighted errors over pairs of raters; *_slopes: (p,) derivative of each share by a pattern's count.
    """

    within: float
    between: float
    expected: float
    between_sums: Floats
    within_slopes: Floats
    between_slopes: Floats
    expected_slopes: Floats

    def __add__(self, other: _Errors) -> _Errors:
        return _Errors(
            self.within + other.within,
            self.between + other.between,
            self.expected + other.expected,
            self.between_sums + other.between_sums,
            self.within_slopes + other.within_slopes,
            self.between_slopes + other.between_slopes,
            self.expected_slopes + other.expected_slopes,
        )


@dataclass(frozen=True)
class Groups:
    """Complete patterns (p, k) coded 1 … c and how often each leader with at least two raters gave each, (G, p)."""

    patterns: Codes
    categories: int
    counts: csr_array
    sizes: Floats

    @property
    def n(self) -> float:
        return float(self.sizes.sum())

    @property
    def rater_pairs(self) -> float:
        return float((self.sizes * (self.sizes - 1)).sum())


def groups(patterns: Codes, counts: csr_array, categories: int) -> Groups:
    """The leaders with at least two raters, and the patterns that they gave. Raises ValueError when no leader has two."""
    sizes = np.asarray(counts.sum(axis=1)).ravel()
    kept = csr_array(counts[np.flatnonzero(sizes > 1)])
    if kept.shape[0] == 0:
        raise ValueError("no cluster has two answers")
    occurring = np.flatnonzero(np.asarray(kept.sum(axis=0)).ravel() > 0)
    return Groups(patterns[occurring], categories, csr_array(kept[:, occurring]).astype(float), sizes[sizes > 1].astype(float))


def _pair_errors(data: Groups, i: int, j: int, by_category: list[Floats]) -> _Errors:
    x, y = data.patterns[:, i] - 1, data.patterns[:, j] - 1
    frequency = np.asarray(data.counts.sum(axis=0)).ravel()
    n = data.n
    weights = guttman_weights(
        step_counts(data.patterns[:, i], frequency, data.categories),
        step_counts(data.patterns[:, j], frequency, data.categories),
    )
    weight = weights[x, y]
    share_x, share_y = by_category[i].sum(axis=0) / n, by_category[j].sum(axis=0) / n
    between_sums = ((by_category[i] @ weights) * by_category[j]).sum(axis=1) - data.counts @ weight
    # Koopman et al. (2020) differentiate the errors between raters by the first rater's answer alone.
    second = data.counts.T @ by_category[j]
    between_slopes = ((second * weights[x]).sum(axis=1) / frequency - weight) / data.rater_pairs
    return _Errors(
        within=float(frequency @ weight) / n,
        between=float(between_sums.sum()) / data.rater_pairs,
        expected=float(share_x @ weights @ share_y),
        between_sums=between_sums,
        within_slopes=weight / n,
        between_slopes=between_slopes,
        expected_slopes=((weights @ share_y)[x] + (share_x @ weights)[y]) / n,
    )


def _coefficients(data: Groups, errors: _Errors) -> TwoLevel:
    expected = errors.expected
    if not expected > 0:
        missing = Coefficient(math.nan, math.nan, math.nan)
        return TwoLevel(missing, missing, missing)
    within, between = _complement(errors.within / expected), _complement(errors.between / expected)

    # Leader totals of the influence values: shares are ratios of sums over leaders.
    pairs = data.sizes * (data.sizes - 1)
    expected_totals = data.counts @ (errors.expected_slopes - 2 * expected / data.n)
    within_totals = data.counts @ (errors.within_slopes - errors.within / data.n)
    between_totals = (errors.between_sums - errors.between * pairs) / data.rater_pairs
    by_leader = [
        -(totals - share / expected * expected_totals) / expected
        for totals, share in ((within_totals, errors.within), (between_totals, errors.between))
    ]
    by_pattern = [
        -(slopes - share / expected * errors.expected_slopes) / expected
        for slopes, share in ((errors.within_slopes, errors.within), (errors.between_slopes, errors.between))
    ]
    ratio = between / within if within != 0 else math.nan
    for values in (by_leader, by_pattern):
        values.append((values[1] - ratio * values[0]) / within if within != 0 else np.full_like(values[0], math.nan))
    made = [
        Coefficient(estimate, _sandwich(data, totals, slopes), _koopman(data, slopes))
        for estimate, totals, slopes in zip((within, between, ratio), by_leader, by_pattern, strict=True)
    ]
    return TwoLevel(*made)


def _complement(share: float) -> float:
    """1 - share, 0 where the two are the same but for rounding."""
    return 0.0 if abs(1 - share) < 1e-12 else 1 - share


def _sandwich(data: Groups, totals: Floats, slopes: Floats) -> float:
    units = totals.size
    if units < 2:
        return math.nan
    independent = np.asarray(data.counts.sum(axis=0)).ravel() @ slopes**2
    return math.sqrt(units / (units - 1) * float(after_cancellation(totals @ totals, independent)))


def _koopman(data: Groups, slopes: Floats) -> float:
    """Koopman et al. (2020, eq. 52): S nu ((nu - 1) cov of leaders' shares + cov within), nu the harmonic mean size."""
    leaders = data.sizes.size
    size = leaders / float((1 / data.sizes).sum())
    share = np.asarray(data.counts.sum(axis=0)).ravel() / data.n
    mean = float(share @ slopes)
    of_leaders = (data.counts @ slopes) / data.sizes
    among = float(data.sizes @ of_leaders**2) / data.n - mean**2
    inside = float(share @ slopes**2) - mean**2
    return math.sqrt(max(0.0, leaders * size * ((size - 1) * among + inside)))


def two_level(data: Groups) -> Iterator[tuple[tuple[int, ...], TwoLevel]]:
    """(items, coefficients) for every pair (i, j), every item (i,) and the scale ()."""
    k = data.patterns.shape[1]
    answers = [
        np.asarray(data.counts @ (data.patterns[:, item][:, None] == np.arange(1, data.categories + 1)).astype(float))
        for item in range(k)
    ]
    sums: dict[tuple[int, ...], _Errors] = {}
    for i in range(k):
        for j in range(i + 1, k):
            errors = _pair_errors(data, i, j, answers)
            yield (i, j), _coefficients(data, errors)
            parts: tuple[tuple[int, ...], ...] = ((i,), (j,), ())
            for items in parts:
                sums[items] = sums[items] + errors if items in sums else errors
    for items in sorted(sums, key=lambda items: (-len(items), items)):
        yield items, _coefficients(data, sums[items])
