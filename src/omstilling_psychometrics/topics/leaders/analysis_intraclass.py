"""Intraclass correlations of the scale score by leader, the reliability of a leader's mean, and the design effect of a mean.

Rows of `multilevel`, derived from `ScoresByLeader` and `RatedLeaders`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ...analysis.by_role import missing
from ...core.errors import EstimationError
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.intervals import Bounds
from ...core.results import Statistic
from .analysis_role import IntraclassCorrelation, RatedLeaders, ScoresByLeader
from .numerics import jackknife
from .numerics import variance_components as components
from .numerics.variance_components import Anova

# Reliabilities that are marked on the curve, and numbers of answers at which the curve is tabulated.
RELIABILITIES = (0.70, 0.80)
ANSWERS = (2, 3, 5, 7, 10, 15, 20, 30, 50)


# ---------------------------------------------------------------- intraclass correlations


def _icc1_by_jackknife(level: float, fitted: Anova, error: float, size: float) -> Bounds:
    return components.icc1_from_f(jackknife.jackknife_bounds(level, fitted.f, error, fitted.leaders), size)


def _icc1_by_f(level: float, fitted: Anova, size: float) -> Bounds:
    return components.icc1_from_f(components.f_bounds(level, fitted), size)


def _icc2_by_jackknife(level: float, fitted: Anova, error: float) -> Bounds:
    return components.icc2_from_f(jackknife.jackknife_bounds(level, fitted.f, error, fitted.leaders))


def _icc2_by_f(level: float, fitted: Anova) -> Bounds:
    return components.icc2_from_f(components.f_bounds(level, fitted))


def intraclass(leaders: ScoresByLeader) -> Iterator[Statistic]:
    """ICC(1) and ICC(2) by analysis of variance and by REML."""
    n, pooled = leaders.n, leaders.pooled
    try:
        fitted = leaders.anova
    except EstimationError as error:
        for quantity, methods in (("icc1", ("anova", "n0", "reml")), ("icc2", ("anova", "reml"))):
            for method in methods:
                yield missing(error.note, quantity=quantity, method=method, n=n)
        return
    error_of_log, f = leaders.log_f_error, fitted.f
    note = joined("jackknife_undefined" if math.isnan(error_of_log) else None, pooled)
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
            std_error=error_of_log * f * size / (f + size - 1) ** 2,
            interval=partial(_icc1_by_jackknife, fitted=fitted, error=error_of_log, size=size),
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
        yield from _by_reml(leaders)
        return
    yield Statistic(
        quantity="icc2",
        method="anova",
        estimate=fitted.icc2,
        std_error=error_of_log / f,
        interval=partial(_icc2_by_jackknife, fitted=fitted, error=error_of_log),
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
    yield from _by_reml(leaders)


def _by_reml(leaders: ScoresByLeader) -> Iterator[Statistic]:
    n = leaders.n
    sizes = {"reml": leaders.size, "reml/harmonic": leaders.harmonic_size}
    try:
        icc = leaders.icc1
    except EstimationError as error:
        yield missing(error.note, quantity="icc1", method="reml", n=n)
        for method in sizes:
            yield missing(error.note, quantity="icc2", method=method, n=n)
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


def _at_size(icc: IntraclassCorrelation, size: float, **fields: str | float | None) -> Statistic:
    """Spearman-Brown at a number of answers, with the delta method and the bounds of ICC(1)."""
    slope = size / (1 + (size - 1) * icc.estimate) ** 2
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=icc.reliability(size),
        std_error=slope * icc.std_error,
        interval=partial(icc.reliability_bounds, answers=size),
        cluster=icc.cluster,
        note=icc.note,
    )


# ---------------------------------------------------------------- reliability of a leader's mean


def reliability_of_means(leaders: ScoresByLeader) -> Iterator[Statistic]:
    """The Spearman-Brown curve, the answers it takes to reach a reliability, and the share of leaders who have them."""
    n = leaders.n
    try:
        icc = leaders.icc1
    except EstimationError as error:
        for answers in ANSWERS:
            yield missing(error.note, quantity="leader_mean_reliability", category=answers, n=n)
        for reliability in RELIABILITIES:
            for quantity in ("answers_needed", "leaders_reliable"):
                yield missing(error.note, quantity=quantity, category=reliability, n=n)
        return
    for answers in ANSWERS:
        yield _at_size(icc, answers, quantity="leader_mean_reliability", category=answers, n=n)
    reliabilities = icc.reliability(leaders.sums.n)
    for reliability in RELIABILITIES:
        needed = icc.answers_needed(reliability)
        interval = partial(icc.answers_needed_bounds, reliability=reliability)
        unbounded = math.isinf(interval(0.95)[1]) and not icc.at_zero
        yield Statistic(
            quantity="answers_needed",
            category=reliability,
            estimate=needed if math.isfinite(needed) else math.nan,
            interval=interval,
            cluster=icc.cluster,
            n=n,
            note=joined("no_upper_bound" if unbounded else None, icc.note),
        )
        yield Statistic(
            quantity="leaders_reliable",
            category=reliability,
            estimate=float((reliabilities >= reliability).mean()),
            n=n,
            note=joined("variance_at_zero" if icc.at_zero else None, leaders.pooled),
        )


# ---------------------------------------------------------------- design effect of a mean


def design_effects(leaders: RatedLeaders) -> Iterator[Statistic]:
    """1 + (sum m^2/sum m - 1) ICC(1) of one wave's mean score, and the ratio of the variances the sandwich gives, of the mean
    over waves."""
    n, sizes = leaders.n, leaders.sums.n
    try:
        fitted = leaders.anova
    except EstimationError as error:
        for method in (None, "reml", "sandwich"):
            yield missing(error.note, quantity="design_effect", method=method, n=n)
        return
    size = float(sizes @ sizes) / leaders.sums.total
    effect = 1 + (size - 1) * fitted.icc1(fitted.mean_size)
    yield Statistic(quantity="design_effect", estimate=effect, n=n, note=leaders.pooled)
    try:
        effect = 1 + (size - 1) * leaders.icc1.estimate
    except EstimationError as error:
        yield missing(error.note, quantity="design_effect", method="reml", n=n)
    else:
        yield Statistic(quantity="design_effect", method="reml", estimate=effect, n=n, note=leaders.pooled)
    scored = ~np.isnan(leaders.score)
    score, weights = leaders.score[scored], leaders.counts[scored]
    deviation = score - weights @ score / weights.sum()
    errors = [intervals.influence_error(deviation, weights, units) for units in (leaders.by_leader.restrict(scored), None)]
    ratio = (errors[0] / errors[1]) ** 2
    used = round(float(weights.sum()))
    note = "mean_over_waves" if leaders.pooled else None
    yield Statistic(quantity="design_effect", method="sandwich", estimate=ratio, cluster="leader", n=used, note=note)
