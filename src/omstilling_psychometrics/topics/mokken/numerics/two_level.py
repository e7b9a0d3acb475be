"""Two-level scalability coefficients: errors within and between the raters of the same leader.

    H^W = 1 - F^W / E,   H^B = 1 - F^B / E,   and their ratio H^B / H^W

F^W: weighted Guttman errors between two answers of one rater; F^B: between the answers of two different raters of the same
leader, over all such pairs; E: expected under marginal independence over all raters. With several waves each has its own
popularity of item steps and its own margins, so that a shift between waves is no scalability: shares are means over waves,
by raters in H^W and by pairs of raters in H^B. Snijders (2001), for polytomous items
Crisan, van de Pol & van der Ark (2016), pairs weighted by group size as in Koopman, Zijlstra & van der Ark (2021). Leaders
with one rater say nothing about pairs of raters and are left out. mokken::MLcoefH gives the same coefficients.

Two standard errors:
sandwich: G/(G - 1) times the sum of squared leader totals, over waves, of the influence values.
koopman: the delta method of Koopman, Zijlstra & van der Ark (2020), as mokken prints it. It puts the sampled shares of each
    leader in the place of that leader's expected shares, and so counts the variation among a leader's raters twice: with no
    dependence between raters it is too large by about sqrt(2). It takes groups as independent: not for several waves.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.sandwich import after_cancellation
from ....core.numerics.tally import numbered
from .scalability import Codes, step_counts


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
    """Shares of errors in a wave and how they change; sums of these over pairs of items are those of an item or the scale.

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
    """One wave: complete patterns (p, k) coded 1 … c and how often each leader with at least two raters gave each, (G, p);
    leader (G,): whose group each is."""

    patterns: Codes
    categories: int
    counts: csr_array
    sizes: Floats
    leader: Ints

    @cached_property
    def n(self) -> float:
        return float(self.sizes.sum())

    @cached_property
    def frequency(self) -> Floats:
        """(p,) how often each pattern occurs."""
        return np.asarray(self.counts.sum(axis=0)).ravel()

    @cached_property
    def pairs_of_each(self) -> Floats:
        """(G,) pairs of raters."""
        return self.sizes * (self.sizes - 1)

    @cached_property
    def rater_pairs(self) -> float:
        return float(self.pairs_of_each.sum())

    @cached_property
    def chosen(self) -> list[Floats]:
        """(G, c) of every item: how many raters of each leader chose each category."""
        steps = np.arange(1, self.categories + 1)
        return [np.asarray(self.counts @ (column[:, None] == steps).astype(float)) for column in self.patterns.T]

    @cached_property
    def chosen_beside(self) -> list[Floats]:
        """(p, c) of every item: how many raters of the leaders of those who gave a pattern chose each category."""
        return [np.asarray(self.counts.T @ chosen) for chosen in self.chosen]


def groups(patterns: Codes, counts: csr_array, categories: int, leader: Ints | None = None) -> Groups:
    """The groups (G,) with at least two raters, and the patterns that they gave; counts (G, p), each a leader of its own where
    leader (G,) is not given. Raises EstimationError when no group has two."""
    sizes = np.round(np.asarray(counts.sum(axis=1)).ravel(), 9)
    used = np.flatnonzero(sizes > 1)
    kept = csr_array(counts[used])
    if kept.shape[0] == 0:
        raise EstimationError("one_answer_per_cluster")
    occurring = np.flatnonzero(np.asarray(kept.sum(axis=0)).ravel() > 0)
    answers = csr_array(kept[:, occurring]).astype(float)
    leaders = np.arange(used.size) if leader is None else leader[used]
    return Groups(patterns[occurring], categories, answers, sizes[used].astype(float), leaders)


def groups_by_wave(patterns: Codes, counts: csr_array, categories: int, leader: Ints, wave: Ints) -> list[Groups]:
    """The same for each wave (G,) in which a leader has two raters."""
    waves = []
    for value in numbered(wave)[0]:
        inside = np.flatnonzero(wave == value)
        with contextlib.suppress(EstimationError):
            waves.append(groups(patterns, csr_array(counts[inside]), categories, leader[inside]))
    if not waves:
        raise EstimationError("one_answer_per_cluster")
    return waves


def _leaders(waves: Sequence[Groups]) -> tuple[int, list[Ints]]:
    """How many leaders have two raters in some wave, and which of them the groups of each wave (G,) are about."""
    everyone, place = numbered(np.concatenate([wave.leader for wave in waves]))
    return len(everyone), np.split(place, np.cumsum([len(wave.leader) for wave in waves])[:-1])


def leader_count(waves: Sequence[Groups]) -> int:
    """Leaders with two raters in some wave."""
    return _leaders(waves)[0]


def _pair_errors(data: Groups, i: int, j: int) -> _Errors:
    x, y = data.patterns[:, i] - 1, data.patterns[:, j] - 1
    frequency, n, by_category = data.frequency, data.n, data.chosen
    weights = guttman_weights(
        step_counts(data.patterns[:, i], frequency, data.categories),
        step_counts(data.patterns[:, j], frequency, data.categories),
    )
    weight = weights[x, y]
    share_x, share_y = by_category[i].sum(axis=0) / n, by_category[j].sum(axis=0) / n
    between_sums = ((by_category[i] @ weights) * by_category[j]).sum(axis=1) - data.counts @ weight
    # Koopman et al. (2020) differentiate the errors between raters by the first rater's answer alone.
    between_slopes = ((data.chosen_beside[j] * weights[x]).sum(axis=1) / frequency - weight) / data.rater_pairs
    return _Errors(
        within=float(frequency @ weight) / n,
        between=float(between_sums.sum()) / data.rater_pairs,
        expected=float(share_x @ weights @ share_y),
        between_sums=between_sums,
        within_slopes=weight / n,
        between_slopes=between_slopes,
        expected_slopes=((weights @ share_y)[x] + (share_x @ weights)[y]) / n,
    )


def _coefficients(data: Sequence[Groups], errors: list[_Errors], leaders: int, places: list[Ints]) -> TwoLevel:
    """The coefficients from the errors in each wave. leaders, places: as `_leaders` gives them."""
    raters, pairs = sum(wave.n for wave in data), sum(wave.rater_pairs for wave in data)
    by_raters, by_pairs = [wave.n / raters for wave in data], [wave.rater_pairs / pairs for wave in data]

    def mean(weights: list[float], shares: list[float]) -> float:
        return sum(weight * share for weight, share in zip(weights, shares, strict=True))

    inside = mean(by_raters, [wave_errors.within for wave_errors in errors])
    among = mean(by_pairs, [wave_errors.between for wave_errors in errors])
    expected_inside = mean(by_raters, [wave_errors.expected for wave_errors in errors])
    expected_among = mean(by_pairs, [wave_errors.expected for wave_errors in errors])
    if not (expected_inside > 0 and expected_among > 0):
        missing = Coefficient(math.nan, math.nan, math.nan)
        return TwoLevel(missing, missing, missing)
    within, between = _complement(inside / expected_inside), _complement(among / expected_among)

    # Leader totals of the influence values: shares are ratios of sums over leaders.
    totals = np.zeros((2, leaders))
    for wave, wave_errors, place, share, share_of_pairs in zip(data, errors, places, by_raters, by_pairs, strict=True):
        sizes = wave.pairs_of_each
        slope = wave.counts @ (wave_errors.expected_slopes - (wave_errors.expected + expected_inside) / wave.n)
        moved = wave.counts @ (wave_errors.within_slopes - inside / wave.n) - inside / expected_inside * slope
        totals[0, place] += -share * moved / expected_inside
        slope = wave.counts @ (wave_errors.expected_slopes - 2 * wave_errors.expected / wave.n)
        slope = slope + (wave_errors.expected - expected_among) * sizes / wave.rater_pairs
        moved = (wave_errors.between_sums - among * sizes) / wave.rater_pairs - among / expected_among * slope
        totals[1, place] += -share_of_pairs * moved / expected_among
    by_leader = list(totals)
    by_pattern = [
        np.concatenate([-share * slopes / expected for share, slopes in zip(shares, of_waves, strict=True)])
        for shares, of_waves, expected in (
            (
                by_raters,
                [wave_errors.within_slopes - inside / expected_inside * wave_errors.expected_slopes for wave_errors in errors],
                expected_inside,
            ),
            (
                by_pairs,
                [wave_errors.between_slopes - among / expected_among * wave_errors.expected_slopes for wave_errors in errors],
                expected_among,
            ),
        )
    ]
    ratio = between / within if within != 0 else math.nan
    for values in (by_leader, by_pattern):
        values.append((values[1] - ratio * values[0]) / within if within != 0 else np.full_like(values[0], math.nan))
    counts = np.concatenate([wave.frequency for wave in data])
    coefficients = [
        Coefficient(estimate, _sandwich(sums, counts @ slopes**2), _koopman(data[0], slopes) if len(data) == 1 else math.nan)
        for estimate, sums, slopes in zip((within, between, ratio), by_leader, by_pattern, strict=True)
    ]
    return TwoLevel(*coefficients)


def _complement(share: float) -> float:
    """1 - share, 0 where the two are the same but for rounding."""
    return 0.0 if abs(1 - share) < 1e-12 else 1 - share


def _sandwich(totals: Floats, independent: float) -> float:
    """Root of the variance of leaders' totals (G,); independent: the variance if no two answers had a leader in common."""
    units = totals.size
    if units < 2:
        return math.nan
    return math.sqrt(units / (units - 1) * float(after_cancellation(totals @ totals, np.asarray(independent))))


def _koopman(data: Groups, slopes: Floats) -> float:
    """Koopman et al. (2020, eq. 52): S nu ((nu - 1) cov of leaders' shares + cov within), nu the harmonic mean size."""
    leaders = data.sizes.size
    size = leaders / float((1 / data.sizes).sum())
    share = data.frequency / data.n
    mean = float(share @ slopes)
    of_leaders = (data.counts @ slopes) / data.sizes
    among = float(data.sizes @ of_leaders**2) / data.n - mean**2
    inside = float(share @ slopes**2) - mean**2
    return math.sqrt(max(0.0, leaders * size * ((size - 1) * among + inside)))


def two_level(*waves: Groups) -> Iterator[tuple[tuple[int, ...], TwoLevel]]:
    """(items, coefficients) for every pair (i, j), every item (i,) and the scale (), from the groups of each wave."""
    k = waves[0].patterns.shape[1]
    leaders, places = _leaders(waves)
    sums: dict[tuple[int, ...], list[_Errors]] = {}
    for i in range(k):
        for j in range(i + 1, k):
            errors = [_pair_errors(wave, i, j) for wave in waves]
            yield (i, j), _coefficients(waves, errors, leaders, places)
            parts: tuple[tuple[int, ...], ...] = ((i,), (j,), ())
            for items in parts:
                before = sums.get(items)
                sums[items] = (
                    errors if before is None else [earlier + more for earlier, more in zip(before, errors, strict=True)]
                )
    for items in sorted(sums, key=lambda items: (-len(items), items)):
        yield items, _coefficients(waves, sums[items], leaders, places)
