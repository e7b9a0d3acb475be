"""Between and within group variance of a score: one-way analysis of variance and REML, from sums per group.

    y = mu_w + u_j + e,   Var u = tau2,  Var e = sigma2,   ICC(1) = tau2/(tau2 + sigma2)

    ANOVA   (MSB - MSW)/(MSB + (m - 1) MSW), m the plain mean size or n0 = (N - sum_w sum_j n_j^2/N_w)/(J - W)
            ICC(2) = (MSB - MSW)/MSB
    REML    maximum of the restricted likelihood, tau2 >= 0

A group j is a leader in a wave w. Each of the W waves has a mean of its own, so that a shift between waves is no variance
between leaders; with one wave everything is the usual one-way layout. That the groups of one leader depend on each other
leaves the estimates as they are, and concerns their errors (`jackknife`).

Bliese (2000, eq. 1 and 2); Searle, Casella & McCulloch (1992, sec. 3.6 and 6.6). Fits use sums per size of group only, so that
they are free of the number of answers and of groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.special import fdtrc, fdtri, ndtri

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.intervals import Bounds
from ....core.numerics.tally import number_of_values, numbered

Number = TypeVar("Number", float, Floats)

# The ratio tau2/sigma2 is searched as an ICC on this grid first; the derivative's root is then found to full precision.
_GRID = np.concatenate([[0.0], np.linspace(1e-4, 0.99, 60), 1 - np.logspace(-2.5, -9, 14)])


@dataclass(frozen=True)
class SizeSums:
    """Groups of a wave that have the same size enter the restricted likelihood together: size (S,), and of the means of the
    groups of each size, about centre, the powers 0, 1 and 2 added up (S, 3)."""

    size: Floats
    centre: float
    powers: Floats


@dataclass(frozen=True)
class GroupSums:
    """Per group that has answers: n (J,), mean (J,) and within (J,), the sum of squares about the group mean; leader (J,) and
    wave (J,), numbered from 0."""

    n: Floats
    mean: Floats
    within: Floats
    leader: Ints
    wave: Ints

    @property
    def groups(self) -> int:
        return len(self.n)

    @cached_property
    def leaders(self) -> int:
        return number_of_values(self.leader)

    @cached_property
    def by_wave(self) -> list[slice | Ints]:
        """The groups of each wave."""
        waves = range(int(self.wave.max(initial=0)) + 1)
        return [slice(None)] if len(waves) == 1 else [np.flatnonzero(self.wave == wave) for wave in waves]

    @cached_property
    def by_size(self) -> list[SizeSums]:
        """The groups of each wave by their size."""
        found = []
        for one in self.by_wave:
            n, mean = self.n[one], self.mean[one]
            size, place = np.unique(n, return_inverse=True)
            centre = float(n @ mean) / float(n.sum())
            powers = [np.bincount(place, weights=(mean - centre) ** power, minlength=len(size)) for power in range(3)]
            found.append(SizeSums(size, centre, np.column_stack(powers)))
        return found

    @property
    def waves(self) -> int:
        return len(self.by_wave)

    @cached_property
    def total(self) -> float:
        return float(self.n.sum())

    @cached_property
    def total_within(self) -> float:
        return float(self.within.sum())


def group_sums(score: Floats, counts: csr_array, leader: Ints | None = None, wave: Ints | None = None) -> GroupSums:
    """Sums of a score (p,), NaN where there is none, over groups with counts (J, p); each a leader of its own in one wave where
    leader (J,) and wave (J,) are not given."""
    scored = ~np.isnan(score)
    centre = float(score[scored].mean()) if scored.any() else 0.0  # keeps the squares accurate
    value = np.where(scored, score - centre, 0.0)
    n, total, square = (np.asarray(counts @ column) for column in (scored.astype(float), value, value**2))
    n = np.round(n, 9)  # the parts of a person who answered several times add up to one
    used = n > 0
    n, total, square = n[used], total[used], square[used]
    leader = np.arange(len(used)) if leader is None else leader
    wave = np.zeros(len(used), dtype=np.int64) if wave is None else wave
    codes = [numbered(code[used])[1] for code in (leader, wave)]
    return GroupSums(n, centre + total / n, np.clip(square - total**2 / n, 0.0, None), *codes)


@dataclass(frozen=True, kw_only=True)
class Anova:
    """Mean squares between (df_between) and within (df_within) `groups` groups, of `leaders` leaders, of `n` answers; mean_size
    N/J; n0, its correction for unequal sizes."""

    between: float
    within: float
    df_between: int
    df_within: float
    groups: int
    leaders: int
    n: float
    mean_size: float
    n0: float

    @property
    def f(self) -> float:
        return self.between / self.within if self.within > 0 else math.inf

    @property
    def p_value(self) -> float:
        return float(fdtrc(self.df_between, self.df_within, self.f))

    def icc1(self, size: float) -> float:
        return (self.between - self.within) / (self.between + (size - 1) * self.within)

    @property
    def icc2(self) -> float:
        return (self.between - self.within) / self.between if self.between > 0 else math.nan


def require_spread(sums: GroupSums) -> None:
    """Raises EstimationError where between and within variance cannot be told apart, or there is none."""
    if sums.groups == 0:
        raise EstimationError("no_answers")
    if sums.groups <= sums.waves:
        raise EstimationError("one_leader" if sums.leaders == 1 else "one_leader_per_wave")
    if sums.total <= sums.groups:
        raise EstimationError("one_answer_per_leader")
    scale = float(np.abs(sums.mean).max()) ** 2 + 1.0
    if sums.total_within <= 1e-20 * scale and _alike(sums):
        raise EstimationError("no_variance")


def _alike(sums: GroupSums) -> bool:
    """Are all group means of a wave the same, but for rounding?"""
    apart = max(float(np.ptp(sums.mean[members])) for members in sums.by_wave)
    return apart <= 1e-10 * math.sqrt(float(np.abs(sums.mean).max()) ** 2 + 1.0)


def anova(sums: GroupSums) -> Anova:
    """One-way analysis of variance. Raises EstimationError where it is not defined. multilevel::ICC1 and ICC2 agree."""
    require_spread(sums)
    groups, total, freedom = sums.groups, sums.total, sums.groups - sums.waves
    between, squares = 0.0, 0.0
    for members in sums.by_wave:
        n, mean = sums.n[members], sums.mean[members]
        in_wave = float(n.sum())
        between += float(n @ (mean - float(n @ mean) / in_wave) ** 2)
        squares += float(n @ n) / in_wave
    return Anova(
        between=0.0 if _alike(sums) else between / freedom,
        within=sums.total_within / (total - groups),
        df_between=freedom,
        df_within=total - groups,
        groups=groups,
        leaders=sums.leaders,
        n=total,
        mean_size=total / groups,
        n0=(total - squares) / freedom,
    )


def f_bounds(level: float, fitted: Anova) -> Bounds:
    """Bounds of the population's F, E(MSB)/E(MSW), exact for normal scores and equal sizes (Searle 1971, p. 414).

    NaN where the group means are all the same: no normal scores are.
    """
    if fitted.between == 0:
        return math.nan, math.nan
    df1, df2 = fitted.df_between, fitted.df_within
    tail = (1 - level) / 2
    return fitted.f / float(fdtri(df1, df2, 1 - tail)), fitted.f / float(fdtri(df1, df2, tail))


def icc1_from_f(bounds: Bounds, size: float) -> Bounds:
    """ICC(1) at both bounds of F."""
    low, high = ((f - 1) / (f + size - 1) for f in bounds)
    return low, high


def icc2_from_f(bounds: Bounds) -> Bounds:
    """ICC(2) at both bounds of F."""
    low, high = (1 - 1 / f if f > 0 else math.nan for f in bounds)
    return low, high


def spearman_brown(icc1: float, answers: Number) -> Number:
    """Reliability of a mean of `answers` answers (one number or several) with intraclass correlation icc1 (Spearman 1910; Brown
    1910)."""
    return answers * icc1 / (1 + (answers - 1) * icc1)


def answers_needed(icc1: float, reliability: float) -> float:
    """Answers per group for which Spearman-Brown gives at least `reliability`, rounded up; infinite unless ICC(1) > 0."""
    if not icc1 > 0:
        return math.inf
    return float(math.ceil(reliability * (1 - icc1) / ((1 - reliability) * icc1) - 1e-9))


@dataclass(frozen=True, kw_only=True)
class Reml:
    """Restricted maximum likelihood estimates; mean (W,) and mean_error (W,) of the waves; `sums` are kept for the profile of
    the likelihood."""

    mean: Floats
    mean_error: Floats
    between: float
    within: float
    log_likelihood: float
    sums: GroupSums

    @property
    def icc1(self) -> float:
        return self.between / (self.between + self.within)


@dataclass(frozen=True)
class _Weighted:
    """The groups weighted by n/(1 + n ratio): of each wave (W,) the sums of the weights, of their squares and of their cubes,
    the mean that they give, and the mean's slope in the ratio; square: the sum of squares Q about these means, within and
    between; pull, twist: those between by squared and cubed weights."""

    weight: Floats
    squared: Floats
    cubed: Floats
    mean: Floats
    slope: Floats
    square: float
    pull: float
    twist: float


def _weighted(sums: GroupSums, ratio: float) -> _Weighted:
    waves, squares = [], np.zeros(3)
    for one in sums.by_size:
        weights = one.size / (1 + one.size * ratio)
        # Rows: by the weights, their squares and their cubes; columns: powers of the group means about centre.
        moments = np.stack([weights, weights**2, weights**3]) @ one.powers
        mean = moments[0, 1] / moments[0, 0]
        squares += moments[:, 2] - 2 * mean * moments[:, 1] + mean**2 * moments[:, 0]
        slope = (mean * moments[1, 0] - moments[1, 1]) / moments[0, 0]
        waves.append((*moments[:, 0], one.centre + mean, slope))
    weight, squared, cubed, means, slopes = np.array(waves).T
    square, pull, twist = (float(one) for one in squares)
    return _Weighted(weight, squared, cubed, means, slopes, sums.total_within + square, pull, twist)


def _deviance(sums: GroupSums, ratio: float) -> float:
    """-2 log restricted likelihood, maximised over mu_w and sigma2, at tau2/sigma2 = ratio."""
    weighted = _weighted(sums, ratio)
    freedom = sums.total - sums.waves
    scale = freedom * (1 + math.log(2 * math.pi * weighted.square / freedom))
    of_groups = sum(float(cell.powers[:, 0] @ np.log1p(cell.size * ratio)) for cell in sums.by_size)
    return of_groups + float(np.log(weighted.weight).sum()) + scale


def _slope(sums: GroupSums, ratio: float) -> float:
    """Derivative of the deviance in the ratio."""
    weighted = _weighted(sums, ratio)
    trace = float((weighted.weight - weighted.squared / weighted.weight).sum())
    return trace - (sums.total - sums.waves) * weighted.pull / weighted.square


def _curvature(sums: GroupSums, ratio: float) -> float:
    """Second derivative of the deviance in the ratio: that of each weight w is -w^2, and that of Q is -pull."""
    weighted = _weighted(sums, ratio)
    weight, squared = weighted.weight, weighted.squared
    trace = float((-squared + 2 * weighted.cubed / weight - (squared / weight) ** 2).sum())
    bend = -2 * weighted.twist + 2 * float(weight @ weighted.slope**2)
    relative = weighted.pull / weighted.square
    return trace - (sums.total - sums.waves) * (bend / weighted.square + relative**2)


def _ratio(icc: float) -> float:
    return icc / (1 - icc)


def reml(sums: GroupSums) -> Reml:
    """REML estimates. Raises EstimationError where they are not defined. lme4::lmer(y ~ 1 + (1 | group)) agrees, with several
    waves lmer(y ~ wave + (1 | group))."""
    require_spread(sums)
    if sums.total_within <= 1e-14 * float(sums.n @ (sums.mean - sums.mean.mean()) ** 2):
        raise EstimationError("no_variance_within")
    deviances = np.array([_deviance(sums, _ratio(icc)) for icc in _GRID])
    best = int(deviances.argmin())
    icc = _root(sums, _GRID[max(0, best - 1)], _GRID[min(best + 1, len(_GRID) - 1)])
    ratio = _ratio(icc)
    weighted = _weighted(sums, ratio)
    within = weighted.square / (sums.total - sums.waves)
    return Reml(
        mean=weighted.mean,
        mean_error=np.sqrt(within / weighted.weight),
        between=ratio * within,
        within=within,
        log_likelihood=-_deviance(sums, ratio) / 2,
        sums=sums,
    )


def _root(sums: GroupSums, low: float, high: float) -> float:
    """ICC between two neighbours of the best grid point where the deviance is smallest; 0 where it rises from there."""
    slope = [_slope(sums, _ratio(icc)) for icc in (low, high)]
    if slope[0] >= 0:
        return low
    if slope[1] <= 0:
        return high
    return float(brentq(lambda icc: _slope(sums, _ratio(icc)), low, high, xtol=1e-15, rtol=8.9e-16))


def icc1_error(fitted: Reml) -> float:
    """Standard error of the REML ICC(1) from the curvature of its profile deviance; NaN at the boundary 0."""
    if fitted.between == 0:
        return math.nan
    ratio = fitted.between / fitted.within
    curvature = _curvature(fitted.sums, ratio)
    # d ratio/d icc = (1 + ratio)^2, and the deviance is twice the negative log-likelihood.
    return math.sqrt(2 / curvature) / (1 + ratio) ** 2 if curvature > 0 else math.nan


def profile_bounds(level: float, fitted: Reml) -> Bounds:
    """ICC(1) whose profile deviance lies within the chi-square(1) quantile of the smallest one; from 0 where 0 does."""
    limit = -2 * fitted.log_likelihood + float(ndtri((1 + level) / 2)) ** 2

    def excess(icc: float) -> float:
        return _deviance(fitted.sums, _ratio(icc)) - limit

    low = 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, fitted.icc1, xtol=1e-12))
    highest = float(_GRID[-1])
    high = 1.0 if excess(highest) <= 0 else float(brentq(excess, fitted.icc1, highest, xtol=1e-12))
    return low, high
