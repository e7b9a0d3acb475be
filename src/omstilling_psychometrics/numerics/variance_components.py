"""Between and within group variance of a score: one-way analysis of variance and REML, from sums per group.

    y = mu + u_j + e,   Var u = tau2,  Var e = sigma2,   ICC(1) = tau2/(tau2 + sigma2)

    ANOVA   (MSB - MSW)/(MSB + (m - 1) MSW), m the plain mean size or n0 = (N - sum n_j^2/N)/(J - 1)
            ICC(2) = (MSB - MSW)/MSB
    REML    maximum of the restricted likelihood, tau2 >= 0

Bliese (2000, eq. 1 and 2); Searle, Casella & McCulloch (1992, sec. 3.6 and 6.6). Fits use sums per group only, so that they
are linear in groups and free of the number of answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.special import fdtrc, fdtri, ndtri

from .intervals import Bounds, exp, quantile
from .moments import Floats

# The ratio tau2/sigma2 is searched as an ICC on this grid first; the derivative's root is then found to full precision.
_GRID = np.concatenate([[0.0], np.linspace(1e-4, 0.99, 60), 1 - np.logspace(-2.5, -9, 14)])


@dataclass(frozen=True)
class GroupSums:
    """Per group that has answers: n (J,), mean (J,) and within (J,), the sum of squares about the group mean."""

    n: Floats
    mean: Floats
    within: Floats

    @property
    def groups(self) -> int:
        return len(self.n)

    @property
    def total(self) -> float:
        return float(self.n.sum())


def group_sums(score: Floats, counts: csr_array) -> GroupSums:
    """Sums of a score (p,), NaN where there is none, over groups with counts (J, p)."""
    scored = ~np.isnan(score)
    centre = float(score[scored].mean()) if scored.any() else 0.0  # keeps the squares accurate
    value = np.where(scored, score - centre, 0.0)
    n, total, square = (np.asarray(counts @ column) for column in (scored.astype(float), value, value**2))
    used = n > 0
    n, total, square = n[used], total[used], square[used]
    return GroupSums(n, centre + total / n, np.clip(square - total**2 / n, 0.0, None))


@dataclass(frozen=True, kw_only=True)
class Anova:
    """Mean squares between and within `groups` groups of `n` answers; mean_size N/J; n0, its correction for unequal sizes."""

    between: float
    within: float
    groups: int
    n: float
    mean_size: float
    n0: float

    @property
    def f(self) -> float:
        return self.between / self.within if self.within > 0 else math.inf

    @property
    def p_value(self) -> float:
        return float(fdtrc(self.groups - 1, self.n - self.groups, self.f))

    def icc1(self, size: float) -> float:
        return (self.between - self.within) / (self.between + (size - 1) * self.within)

    @property
    def icc2(self) -> float:
        return (self.between - self.within) / self.between if self.between > 0 else math.nan


def require_spread(sums: GroupSums) -> None:
    """Raises ValueError where between and within variance cannot be told apart, or there is none."""
    if sums.groups == 0:
        raise ValueError("no_answers")
    if sums.groups < 2:
        raise ValueError("one_leader")
    if sums.total <= sums.groups:
        raise ValueError("one_answer_per_leader")
    scale = float(np.abs(sums.mean).max()) ** 2 + 1.0
    if float(sums.within.sum()) <= 1e-20 * scale and _alike(sums):
        raise ValueError("no_variance")


def _alike(sums: GroupSums) -> bool:
    """Are all group means the same, but for rounding?"""
    return float(np.ptp(sums.mean)) <= 1e-10 * math.sqrt(float(np.abs(sums.mean).max()) ** 2 + 1.0)


def anova(sums: GroupSums) -> Anova:
    """One-way analysis of variance. Raises ValueError where it is not defined. multilevel::ICC1 and ICC2 agree."""
    require_spread(sums)
    groups, total = sums.groups, sums.total
    grand = float(sums.n @ sums.mean) / total
    return Anova(
        between=0.0 if _alike(sums) else float(sums.n @ (sums.mean - grand) ** 2) / (groups - 1),
        within=float(sums.within.sum()) / (total - groups),
        groups=groups,
        n=total,
        mean_size=total / groups,
        n0=(total - float(sums.n @ sums.n) / total) / (groups - 1),
    )


def f_bounds(level: float, fitted: Anova) -> Bounds:
    """Bounds of the population's F, E(MSB)/E(MSW), exact for normal scores and equal sizes (Searle 1971, p. 414).

    NaN where the group means are all the same: no normal scores are.
    """
    if fitted.between == 0:
        return math.nan, math.nan
    df1, df2 = fitted.groups - 1, fitted.n - fitted.groups
    tail = (1 - level) / 2
    return fitted.f / float(fdtri(df1, df2, 1 - tail)), fitted.f / float(fdtri(df1, df2, tail))


def jackknife_bounds(level: float, fitted: Anova, log_f_error: float) -> Bounds:
    """The same from the jackknifed standard error of log F, t with J - 1 degrees of freedom: neither normality nor equal
    sizes are assumed (Arvesen & Schmitz 1970)."""
    margin = quantile(level, fitted.groups - 1) * log_f_error
    return fitted.f * exp(-margin), fitted.f * exp(margin)


def icc1_from_f(bounds: Bounds, size: float) -> Bounds:
    """ICC(1) at both bounds of F."""
    low, high = ((f - 1) / (f + size - 1) for f in bounds)
    return low, high


def icc2_from_f(bounds: Bounds) -> Bounds:
    """ICC(2) at both bounds of F."""
    low, high = (1 - 1 / f if f > 0 else math.nan for f in bounds)
    return low, high


def jackknife_log_f(sums: GroupSums) -> float:
    """Standard error of log F when groups are left out one by one; all J leave-one-out F come from sums at once."""
    groups, total = sums.groups - 1, sums.total - sums.n
    centred = sums.mean - float(sums.n @ sums.mean) / sums.total
    first, second = sums.n * centred, sums.n * centred**2
    between = (
        (second.sum() - second - (first.sum() - first) ** 2 / total) / (groups - 1)
        if groups > 1
        else np.full(len(sums.n), np.nan)
    )
    freedom = total - groups
    within = np.where(freedom > 0, (sums.within.sum() - sums.within) / np.where(freedom > 0, freedom, 1), np.nan)
    usable = (between > 0) & (within > 0)
    if not usable.all():
        return math.nan
    logs = np.log(between / within)
    return math.sqrt(groups / sums.groups * float(((logs - logs.mean()) ** 2).sum()))


def spearman_brown(icc1: float, answers: float) -> float:
    """Reliability of a mean of `answers` answers with intraclass correlation icc1 (Spearman 1910; Brown 1910)."""
    return answers * icc1 / (1 + (answers - 1) * icc1)


def answers_needed(icc1: float, reliability: float) -> float:
    """Answers per group for which Spearman-Brown gives at least `reliability`, rounded up; infinite unless ICC(1) > 0."""
    if not icc1 > 0:
        return math.inf
    return float(math.ceil(reliability * (1 - icc1) / ((1 - reliability) * icc1) - 1e-9))


@dataclass(frozen=True, kw_only=True)
class Reml:
    """Restricted maximum likelihood estimates; `sums` are kept for the profile of the likelihood."""

    mean: float
    mean_error: float
    between: float
    within: float
    log_likelihood: float
    sums: GroupSums

    @property
    def icc1(self) -> float:
        return self.between / (self.between + self.within)


def _weights(sums: GroupSums, ratio: float) -> tuple[Floats, float, float]:
    """n/(1 + n ratio) per group, the mean they give, and the sum of squares Q about it (within and between)."""
    weights = sums.n / (1 + sums.n * ratio)
    mean = float(weights @ sums.mean / weights.sum())
    return weights, mean, float(sums.within.sum() + weights @ (sums.mean - mean) ** 2)


def _deviance(sums: GroupSums, ratio: float) -> float:
    """-2 log restricted likelihood, maximised over mu and sigma2, at tau2/sigma2 = ratio."""
    weights, _, square = _weights(sums, ratio)
    freedom = sums.total - 1
    scale = freedom * (1 + math.log(2 * math.pi * square / freedom))
    return float(np.log1p(sums.n * ratio).sum()) + math.log(float(weights.sum())) + scale


def _slope(sums: GroupSums, ratio: float) -> float:
    """Derivative of the deviance in the ratio."""
    weights, mean, square = _weights(sums, ratio)
    pull = float(weights**2 @ (sums.mean - mean) ** 2)
    return float(weights.sum() - (weights**2).sum() / weights.sum()) - (sums.total - 1) * pull / square


def _ratio(icc: float) -> float:
    return icc / (1 - icc)


def reml(sums: GroupSums) -> Reml:
    """REML estimates. Raises ValueError where they are not defined. lme4::lmer(y ~ 1 + (1 | group)) agrees."""
    require_spread(sums)
    if float(sums.within.sum()) <= 1e-14 * float(sums.n @ (sums.mean - sums.mean.mean()) ** 2):
        raise ValueError("no_variance_within")
    deviances = np.array([_deviance(sums, _ratio(icc)) for icc in _GRID])
    best = int(deviances.argmin())
    icc = _root(sums, _GRID[max(0, best - 1)], _GRID[min(best + 1, len(_GRID) - 1)])
    ratio = _ratio(icc)
    weights, mean, square = _weights(sums, ratio)
    within = square / (sums.total - 1)
    return Reml(
        mean=mean,
        mean_error=math.sqrt(within / float(weights.sum())),
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
    step = 1e-5 * ratio
    curvature = (_slope(fitted.sums, ratio + step) - _slope(fitted.sums, ratio - step)) / (2 * step)
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
