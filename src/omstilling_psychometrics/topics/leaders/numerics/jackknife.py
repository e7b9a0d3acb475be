"""Errors of variance components and of means over groups by leaving out leaders, each with all of its groups.

    se = sqrt((L - 1)/L * sum over leaders of (theta_(l) - mean theta_(.))^2)

Both kinds of variance components are taken on log F, which for REML is log(1 + m tau2/sigma2), m the plain mean size: with
equal sizes the two are one number. There tau2 is let below 0, where the restricted likelihood still has a maximum: estimates
that stop at 0 would vary too little. Neither normality nor equal sizes are assumed (Arvesen & Schmitz 1970).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.intervals import Bounds, exp, quantile
from ....core.numerics.tally import numbered
from .variance_components import GroupSums, Reml

# log F beyond which hardly anything is within groups; precision of its roots; leaders that are worked on at once.
_HIGHEST = 25.0
_PRECISION = 1e-12
# Sums of squares that are no larger, relative to those with everybody, are zero but for rounding.
_ROUNDING = 1e-12
_ITERATIONS = 100
_LEADERS_AT_ONCE = 4096


def jackknife_error(left_out: Floats) -> float:
    """Standard error from the estimates (L,) with each leader left out; NaN where one of them is not defined."""
    size = len(left_out)
    if size < 2 or not np.isfinite(left_out).all():
        return math.nan
    return math.sqrt((size - 1) / size * float(((left_out - left_out.mean()) ** 2).sum()))


def jackknife_bounds(level: float, f: float, log_f_error: float, leaders: int) -> Bounds:
    """Bounds of the population's F, E(MSB)/E(MSW): t with L - 1 degrees of freedom on log F."""
    margin = quantile(level, leaders - 1) * log_f_error
    return f * exp(-margin), f * exp(margin)


def mean_over_groups(values: Floats, leader: Ints) -> tuple[float, int]:
    """Standard error of the mean of values (J,) of groups, and how many leaders they have; NaN with one leader, 0 where all
    values are the same but for rounding."""
    _, place = numbered(leader)
    groups = np.bincount(place)
    if len(groups) < 2:
        return math.nan, len(groups)
    if np.ptp(values) <= 1e-12 * (1 + np.abs(values).max()):
        return 0.0, len(groups)
    if len(groups) == len(values):
        return float(values.std(ddof=1)) / math.sqrt(len(values)), len(groups)
    total = np.bincount(place, weights=values)
    return jackknife_error((values.sum() - total) / (len(values) - groups)), len(groups)


@dataclass(frozen=True)
class _Wave:
    """Groups of one wave by leader, 0 where a leader has none: n, mean about the wave's, within, each (L,)."""

    n: Floats
    mean: Floats
    within: Floats

    @property
    def has(self) -> Floats:
        return (self.n > 0).astype(float)


def _waves(sums: GroupSums) -> list[_Wave]:
    waves = []
    for members in sums.by_wave:
        n, mean, within = np.zeros((3, sums.leaders))
        leader = sums.leader[members]
        n[leader], within[leader] = sums.n[members], sums.within[members]
        mean[leader] = sums.mean[members] - float(sums.n[members] @ sums.mean[members]) / float(sums.n[members].sum())
        waves.append(_Wave(n, mean, within))
    return waves


@dataclass(frozen=True)
class _Left:
    """What is left without each leader, each (L,): answers, groups, waves that still have one."""

    answers: Floats
    groups: Floats
    waves: Floats

    @staticmethod
    def out_of(sums: GroupSums, waves: list[_Wave]) -> _Left:
        has = [wave.has for wave in waves]
        return _Left(
            sums.total - np.sum([wave.n for wave in waves], axis=0),
            sums.groups - np.sum(has, axis=0),
            np.sum([present.sum() > present for present in has], axis=0).astype(float),
        )


def jackknife_log_f(sums: GroupSums) -> float:
    """Standard error of log F of the analysis of variance; all leave-one-out F come from sums at once."""
    waves = _waves(sums)
    left = _Left.out_of(sums, waves)
    square: Floats = np.zeros(sums.leaders)
    whole = 0.0
    for wave in waves:
        first, second = wave.n * wave.mean, wave.n * wave.mean**2
        whole += float(second.sum())
        rest = wave.n.sum() - wave.n
        away = np.where(rest > 0, (first.sum() - first) ** 2 / np.where(rest > 0, rest, 1), 0.0)
        square = square + np.where(rest > 0, second.sum() - second - away, 0.0)
    within = sums.within.sum() - np.sum([wave.within for wave in waves], axis=0)
    df_between, df_within = left.groups - left.waves, left.answers - left.groups
    usable = (df_between > 0) & (df_within > 0) & (square > _ROUNDING * whole) & (within > _ROUNDING * sums.within.sum())
    if not usable.all():
        return math.nan
    return jackknife_error(np.log((square / df_between) / (within / df_within)))


def jackknife_reml(fitted: Reml) -> tuple[float, float]:
    """log F of the REML estimates, tau2 let below 0, and its standard error; NaN where one is not defined."""
    sums = fitted.sums
    waves = _waves(sums)
    left = _Left.out_of(sums, waves)
    if not ((left.groups > left.waves) & (left.answers > left.groups)).all():
        return math.nan, math.nan
    size = sums.total / sums.groups
    start = math.log1p(size * fitted.between / fitted.within)
    nobody = [_Wave(*np.zeros((3, 1))) for _ in waves]
    everything = _Left(np.array([sums.total]), np.array([float(sums.groups)]), np.array([float(sums.waves)]))
    centre = float(_roots(_Slope(sums, nobody, everything, size), np.array([start]))[0])
    if math.isnan(centre):
        return math.nan, math.nan
    logs = np.full(sums.leaders, np.nan)
    for first in range(0, sums.leaders, _LEADERS_AT_ONCE):
        part = slice(first, first + _LEADERS_AT_ONCE)
        parts = [_Wave(wave.n[part], wave.mean[part], wave.within[part]) for wave in waves]
        these = _Left(left.answers[part], left.groups[part], left.waves[part])
        logs[part] = _roots(_Slope(sums, parts, these, size), np.full(len(these.answers), centre))
    return centre, jackknife_error(logs)


class _Slope:
    """Derivative in tau2/sigma2 of the deviance without each of some leaders, at values of log F (L,).

    Groups enter by their size alone: how many of a wave have it, and the sum and the sum of squares of their means.
    """

    def __init__(self, sums: GroupSums, out: list[_Wave], left: _Left, size: float) -> None:
        self.out, self.left, self.size = out, left, size
        self.within = sums.total_within - np.sum([wave.within for wave in out], axis=0)
        self.largest = float(sums.n.max())
        self.cells = [(cell.size, cell.powers) for cell in sums.by_size]

    def __call__(self, log_f: Floats) -> Floats:
        ratio = np.expm1(log_f) / self.size
        trace: Floats = np.zeros(len(log_f))
        pull, square = trace, self.within
        for (sizes, powers), left_out in zip(self.cells, self.out, strict=True):
            weights = sizes / (1 + sizes * ratio[:, None])
            mine = left_out.n / (1 + left_out.n * ratio)
            own_powers = np.stack([left_out.mean**power for power in range(3)], axis=1)
            first = weights @ powers - mine[:, None] * own_powers
            second = weights**2 @ powers - (mine**2)[:, None] * own_powers
            some = powers[:, 0].sum() > left_out.has  # does the wave still have a group?
            total = np.where(some, first[:, 0], 1.0)
            mean = first[:, 1] / total
            trace = trace + np.where(some, total - second[:, 0] / total, 0.0)
            square = square + np.where(some, first[:, 2] - total * mean**2, 0.0)
            pull = pull + np.where(some, second[:, 2] - 2 * mean * second[:, 1] + mean**2 * second[:, 0], 0.0)
        square = np.where(square > 0, square, np.nan)
        return np.asarray(trace - (self.left.answers - self.left.waves) * pull / square)

    @property
    def lowest(self) -> float:
        """log F towards which the weight of the largest group grows without bound."""
        return math.log1p(-self.size / self.largest * (1 - 1e-9))


def _roots(slope: _Slope, start: Floats) -> Floats:
    """Where the slope turns positive, nearest to each start (L,); NaN where it does so nowhere."""
    at_start = slope(start)
    # From the start to the right while the slope is negative, to the left while it is positive, in ever longer steps.
    ahead = np.where(at_start < 0, 1.0, -1.0)
    before, at_before, after, at_after = start, at_start, start, at_start
    going, step = at_start != 0, 0.05
    while going.any():
        before, at_before = np.where(going, after, before), np.where(going, at_after, at_before)
        after = np.where(going, np.clip(after + ahead * step, slope.lowest, _HIGHEST), after)
        at_after = slope(after)
        going = going & (at_after * ahead < 0) & (after > slope.lowest) & (after < _HIGHEST)
        step *= 2
    crossing = at_after * ahead >= 0
    # The Illinois variant of the rule of false position (Dowell & Jarratt 1971).
    for _ in range(_ITERATIONS):
        apart = at_after - at_before
        new = np.where(apart == 0, after, after - at_after * (after - before) / np.where(apart == 0, 1.0, apart))
        at_new = slope(new)
        moved = np.abs(new - after)
        crossed = at_new * at_after < 0
        before, at_before = np.where(crossed, after, before), np.where(crossed, at_after, at_before / 2)
        after, at_after = new, at_new
        if not (moved[crossing] > _PRECISION).any():
            break
    return np.where(crossing, after, np.nan)
