"""Intraclass correlations of the scale score by leader, the reliability of a leader's mean, and the design effect of a mean.

Rows of `multilevel`. With several waves a group is a leader in a wave, about the mean of the wave, and all errors come from
leaving out whole leaders: what takes groups as independent (F interval, profile likelihood) has no place there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...analysis.by_role import missing, note_of
from ...analysis.raters import WAVES_POOLED
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.intervals import Bounds, exp
from ...core.numerics.sandwich import Clusters
from ...core.results import Statistic
from .numerics import jackknife
from .numerics import variance_components as components
from .numerics.variance_components import Anova, GroupSums

# Reliabilities that are marked on the curve, and numbers of answers at which the curve is tabulated.
RELIABILITIES = (0.70, 0.80)
ANSWERS = (2, 3, 5, 7, 10, 15, 20, 30, 50)


def waves_pooled(sums: GroupSums) -> str | None:
    """The note that several waves give one estimate, if they do."""
    return WAVES_POOLED if sums.groups and sums.waves > 1 else None


# ---------------------------------------------------------------- intraclass correlations


def _icc1_by_jackknife(level: float, fitted: Anova, error: float, size: float) -> Bounds:
    return components.icc1_from_f(jackknife.jackknife_bounds(level, fitted.f, error, fitted.leaders), size)


def _icc1_by_f(level: float, fitted: Anova, size: float) -> Bounds:
    return components.icc1_from_f(components.f_bounds(level, fitted), size)


def _icc2_by_jackknife(level: float, fitted: Anova, error: float) -> Bounds:
    return components.icc2_from_f(jackknife.jackknife_bounds(level, fitted.f, error, fitted.leaders))


def _icc2_by_f(level: float, fitted: Anova) -> Bounds:
    return components.icc2_from_f(components.f_bounds(level, fitted))


@dataclass(frozen=True)
class RemlIcc:
    """ICC(1) by REML with its standard error and bounds(level): profile likelihood, or left-out leaders where there are
    several waves."""

    estimate: float
    std_error: float
    bounds: Callable[[float], Bounds]
    cluster: str | None
    note: str | None


def reml_icc(sums: GroupSums) -> RemlIcc | str:
    """ICC(1) by REML, or why it is not defined."""
    try:
        fitted = components.reml(sums)
    except ValueError as reason:
        return note_of(reason)
    pooled = waves_pooled(sums)
    zero = "variance_at_zero" if fitted.between == 0 else None
    if not pooled:
        profile = partial(components.profile_bounds, fitted=fitted)
        return RemlIcc(fitted.icc1, components.icc1_error(fitted), profile, None, zero)
    log_f, error = jackknife.jackknife_reml(fitted)
    size = sums.total / sums.groups
    f = 1 + size * fitted.between / fitted.within
    return RemlIcc(
        fitted.icc1,
        math.nan if zero else error * f * size / (f + size - 1) ** 2,
        partial(_icc1_of_reml, log_f=log_f, error=error, leaders=sums.leaders, size=size),
        "leader",
        joined(zero, "jackknife_undefined" if math.isnan(error) else None, pooled),
    )


def _icc1_of_reml(level: float, log_f: float, error: float, leaders: int, size: float) -> Bounds:
    """Jackknife bounds of ICC(1) by REML, which is not below 0."""
    low, high = components.icc1_from_f(jackknife.jackknife_bounds(level, exp(log_f), error, leaders), size)
    return (low, high) if math.isnan(low) else (max(low, 0.0), max(high, 0.0))


def intraclass(sums: GroupSums, by_reml: RemlIcc | str) -> Iterator[Statistic]:
    """ICC(1) and ICC(2) by analysis of variance and by REML."""
    n, pooled = round(sums.total), waves_pooled(sums)
    try:
        fitted = components.anova(sums)
    except ValueError as reason:
        for quantity, methods in (("icc1", ("anova", "n0", "reml")), ("icc2", ("anova", "reml"))):
            for method in methods:
                yield missing(note_of(reason), quantity=quantity, method=method, n=n)
        return
    error = jackknife.jackknife_log_f(sums)
    f = fitted.f
    note = joined("jackknife_undefined" if math.isnan(error) else None, pooled)
    test: dict[str, Any] = {"statistic": f, "df": float(fitted.df_between)}
    # The F test and its interval take groups as independent.
    by_f: dict[str, Any] = {"note": joined("groups_depend", pooled)} if pooled else {}
    if not pooled:
        test["p_value"] = fitted.p_value
    for method, size in (("anova", fitted.mean_size), ("n0", fitted.n0)):
        yield Statistic(
            quantity="icc1",
            method=method,
            estimate=fitted.icc1(size),
            std_error=error * f * size / (f + size - 1) ** 2,
            interval=partial(_icc1_by_jackknife, fitted=fitted, error=error, size=size),
            cluster="leader",
            n=n,
            note=note,
            **test,
        )
    yield Statistic(
        quantity="icc1",
        method="anova/f",
        estimate=fitted.icc1(fitted.mean_size),
        interval=None if pooled else partial(_icc1_by_f, fitted=fitted, size=fitted.mean_size),
        n=n,
        **test,
        **by_f,
    )
    if fitted.between == 0:
        for method in ("anova", "anova/f"):
            yield missing("no_variance_between", quantity="icc2", method=method, n=n)
        yield from _by_reml(sums, by_reml)
        return
    yield Statistic(
        quantity="icc2",
        method="anova",
        estimate=fitted.icc2,
        std_error=error / f,
        interval=partial(_icc2_by_jackknife, fitted=fitted, error=error),
        cluster="leader",
        n=n,
        note=note,
        **test,
    )
    yield Statistic(
        quantity="icc2",
        method="anova/f",
        estimate=fitted.icc2,
        interval=None if pooled else partial(_icc2_by_f, fitted=fitted),
        n=n,
        **test,
        **by_f,
    )
    yield from _by_reml(sums, by_reml)


def _by_reml(sums: GroupSums, icc: RemlIcc | str) -> Iterator[Statistic]:
    n = round(sums.total)
    sizes = {"reml": sums.total / sums.groups, "reml/harmonic": sums.groups / float((1 / sums.n).sum())}
    if isinstance(icc, str):
        yield missing(icc, quantity="icc1", method="reml", n=n)
        for method in sizes:
            yield missing(icc, quantity="icc2", method=method, n=n)
        return
    yield Statistic(
        quantity="icc1",
        method="reml",
        estimate=icc.estimate,
        std_error=icc.std_error,
        interval=icc.bounds,
        cluster=icc.cluster,
        n=n,
        note=icc.note,
    )
    for method, size in sizes.items():
        yield _at_size(icc, size, quantity="icc2", method=method, n=n)


def _at_size(icc: RemlIcc, size: float, **fields: str | float | None) -> Statistic:
    """Spearman-Brown at a number of answers, with the delta method and the bounds of ICC(1)."""
    slope = size / (1 + (size - 1) * icc.estimate) ** 2
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=components.spearman_brown(icc.estimate, size),
        std_error=slope * icc.std_error,
        interval=partial(_reliability_bounds, bounds=icc.bounds, answers=size),
        cluster=icc.cluster,
        note=icc.note,
    )


def _reliability_bounds(level: float, bounds: Callable[[float], Bounds], answers: float) -> Bounds:
    low, high = bounds(level)
    return components.spearman_brown(low, answers), components.spearman_brown(high, answers)


# ---------------------------------------------------------------- reliability of a leader's mean


def reliability_of_means(sums: GroupSums, icc: RemlIcc | str) -> Iterator[Statistic]:
    """The Spearman-Brown curve, the answers it takes to reach a reliability, and the share of leaders who have them."""
    n = round(sums.total)
    if isinstance(icc, str):
        for answers in ANSWERS:
            yield missing(icc, quantity="leader_mean_reliability", category=answers, n=n)
        for reliability in RELIABILITIES:
            for quantity in ("answers_needed", "leaders_reliable"):
                yield missing(icc, quantity=quantity, category=reliability, n=n)
        return
    for answers in ANSWERS:
        yield _at_size(icc, answers, quantity="leader_mean_reliability", category=answers, n=n)
    own = np.array([components.spearman_brown(icc.estimate, size) for size in sums.n])
    zero = "variance_at_zero" if icc.estimate == 0 else None
    for reliability in RELIABILITIES:
        needed = components.answers_needed(icc.estimate, reliability)
        interval = partial(_needed, bounds=icc.bounds, reliability=reliability)
        unbounded = math.isinf(interval(0.95)[1])
        yield Statistic(
            quantity="answers_needed",
            category=reliability,
            estimate=needed if math.isfinite(needed) else math.nan,
            interval=interval,
            cluster=icc.cluster,
            n=n,
            note=icc.note if zero else joined("no_upper_bound" if unbounded else None, icc.note),
        )
        share = float((own >= reliability).mean())
        yield Statistic(
            quantity="leaders_reliable",
            category=reliability,
            estimate=share,
            n=n,
            note=joined(zero, waves_pooled(sums)),
        )


def _needed(level: float, bounds: Callable[[float], Bounds], reliability: float) -> Bounds:
    low, high = bounds(level)
    if math.isnan(low):
        return low, high
    return components.answers_needed(high, reliability), components.answers_needed(low, reliability)


# ---------------------------------------------------------------- design effect of a mean


def design_effects(
    sums: GroupSums, by_reml: RemlIcc | str, score: Floats, counts: Floats, by_leader: Clusters
) -> Iterator[Statistic]:
    """1 + (sum m^2/sum m - 1) ICC(1) of one wave's mean score, and the ratio of the variances the sandwich gives, of the mean
    over waves."""
    n, pooled = round(sums.total), waves_pooled(sums)
    try:
        fitted = components.anova(sums)
    except ValueError as reason:
        for method in (None, "reml", "sandwich"):
            yield missing(note_of(reason), quantity="design_effect", method=method, n=n)
        return
    size = float(sums.n @ sums.n) / sums.total
    effect = 1 + (size - 1) * fitted.icc1(fitted.mean_size)
    yield Statistic(quantity="design_effect", estimate=effect, n=n, note=pooled)
    if isinstance(by_reml, str):
        yield missing(by_reml, quantity="design_effect", method="reml", n=n)
    else:
        effect = 1 + (size - 1) * by_reml.estimate
        yield Statistic(quantity="design_effect", method="reml", estimate=effect, n=n, note=pooled)
    scored = ~np.isnan(score)
    weights = counts[scored]
    deviation = score[scored] - weights @ score[scored] / weights.sum()
    errors = [intervals.influence_error(deviation, weights, units) for units in (by_leader.restrict(scored), None)]
    ratio = (errors[0] / errors[1]) ** 2
    used = round(float(weights.sum()))
    note = "mean_over_waves" if pooled else None
    yield Statistic(quantity="design_effect", method="sandwich", estimate=ratio, cluster="leader", n=used, note=note)
