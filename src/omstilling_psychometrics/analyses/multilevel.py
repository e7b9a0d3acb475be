"""Employees within leaders: does a leader's mean mean something, how precise is it, and do the answers agree?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..numerics import agreement, intervals
from ..numerics import variance_components as components
from ..numerics.agreement import AnswerTable
from ..numerics.intervals import Bounds
from ..numerics.moments import Floats
from ..numerics.sandwich import Clusters
from ..numerics.scale_score import scale_score
from ..numerics.variance_components import Anova, GroupSums, Reml
from ..responses.patterns import ResponsePatterns
from ..responses.takes_answers import takes_answers
from ..results import Result, Statistic
from .by_role import Clustering, by_role, missing
from .raters import raters_of_leaders, waves_pooled

# Reliabilities that are marked on the curve, and numbers of answers at which the curve is tabulated.
RELIABILITIES = (0.70, 0.80)
ANSWERS = (2, 3, 5, 7, 10, 15, 20, 30, 50)


@dataclass(frozen=True, kw_only=True)
class LeaderValues:
    """Values of each leader, for distributions in plots.

    answers (J,) number of scale scores; mean_score (J,); reliability (J,) of that mean, Spearman-Brown with the REML ICC(1),
    NaN where that is not defined. rwg_j (uniform null), r_star_wg_j, a_wg, ad: (J2,), the leaders with two complete answers
    or more.
    """

    answers: Floats
    mean_score: Floats
    reliability: Floats
    rwg_j: Floats
    r_star_wg_j: Floats
    a_wg: Floats
    ad: Floats


@dataclass(frozen=True, kw_only=True)
class MultilevelResult(Result):
    """Variance between and within leaders, reliability of a leader's mean, agreement within leaders; `leaders` by role."""

    analysis: ClassVar[str] = "multilevel"

    leaders: Mapping[str, LeaderValues] = field(default_factory=dict, compare=False, repr=False)

    def reliability_curve(self, answers: Floats, *, role: str = "all") -> Floats:
        """Reliability of a leader's mean of so many answers (m,): Spearman-Brown with the REML ICC(1) of a role."""
        icc = self.value("icc1", method="reml", role=role)
        return np.array([components.spearman_brown(icc, number) for number in np.asarray(answers, dtype=float)])


@takes_answers
def multilevel(patterns: ResponsePatterns) -> MultilevelResult:
    """Intraclass correlations of the scale score and agreement within leaders, in each role.

    ICC(1) and ICC(2) by analysis of variance (plain mean size, and n0) and by REML; r_wg(j) under six nulls, r*wg(j), a_wg
    and average deviation as means over leaders with at least two complete answers. Intervals: ANOVA, jackknife over leaders
    on log F (`anova/f` has the F interval, exact for normal scores and equal sizes); REML, profile likelihood; means over
    leaders, t with J - 1 degrees of freedom. multilevel and lme4 (R) give the same estimates.

    A role without leaders, or whose leaders have one answer each (in every wave), gives null rows that say so. Several waves
    of a team are taken together, with a note: look at each by itself where leaders change.
    """
    leaders: list[LeaderValues] = []

    def compute(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        values, counts = one.values(), one.table()[1]
        categories = np.asarray(one.instrument.categories, dtype=float)
        by_leader = raters_of_leaders(one)
        score = scale_score(values, one.instrument.minimum_answered)
        sums = components.group_sums(score, by_leader.counts)
        every = agreement.answer_table(values, by_leader.counts, categories, at_least=1)
        several = AnswerTable(every.counts[every.n >= 2], categories)
        leaders.append(_leader_values(sums, several))
        without = round(float(by_leader.singles[~np.isnan(score)].sum()))
        statistics = [
            _leader_count(one, score, without),
            *_intraclass(sums),
            *_reliability_of_means(sums),
            *_design_effects(sums, score, counts, by_leader),
            *_agreement(several, one_answer=len(every.n) - len(several.n), nothing=_no_agreement(sums, several)),
        ]
        pooled = waves_pooled(one)
        for statistic in statistics:
            if statistic.note == "no_answers" and without > 0:
                yield replace(statistic, note="no_leaders")
            elif statistic.estimate is None or math.isnan(statistic.estimate):
                yield statistic
            else:
                yield replace(statistic, note="; ".join(filter(None, (statistic.note, pooled))) or None)

    statistics = by_role(patterns, compute)
    return MultilevelResult(statistics=statistics, leaders=dict(zip(patterns.roles, leaders, strict=True)))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> MultilevelResult:
    """All rows of the analysis of leaders (nothing in it is random)."""
    return multilevel(patterns)


def _leader_count(patterns: ResponsePatterns, score: Floats, without: int) -> Statistic:
    note = f"leader_unknown: n = {without}" if without else None
    if "leader" not in patterns.keys:
        return Statistic(quantity="leader_count", estimate=0.0, n=0, note="no_leaders")
    answers = patterns.clusters("leader").counts @ (~np.isnan(score)).astype(float)
    n = round(float(answers.sum()))
    return Statistic(
        quantity="leader_count", estimate=float((answers > 0).sum()), n=n, note=note or (None if n else "no_answers")
    )


# ---------------------------------------------------------------- intraclass correlations


def _icc1_by_jackknife(level: float, fitted: Anova, error: float, size: float) -> Bounds:
    return components.icc1_from_f(components.jackknife_bounds(level, fitted, error), size)


def _icc1_by_f(level: float, fitted: Anova, size: float) -> Bounds:
    return components.icc1_from_f(components.f_bounds(level, fitted), size)


def _icc2_by_jackknife(level: float, fitted: Anova, error: float) -> Bounds:
    return components.icc2_from_f(components.jackknife_bounds(level, fitted, error))


def _icc2_by_f(level: float, fitted: Anova) -> Bounds:
    return components.icc2_from_f(components.f_bounds(level, fitted))


def _transformed(level: float, fitted: Reml, function: Callable[[float], float]) -> Bounds:
    """Profile bounds of ICC(1), put through a rising function of it."""
    low, high = components.profile_bounds(level, fitted)
    return function(low), function(high)


def _intraclass(sums: GroupSums) -> Iterator[Statistic]:
    n = round(sums.total)
    try:
        fitted = components.anova(sums)
    except ValueError as reason:
        for quantity, methods in (("icc1", ("anova", "n0", "reml")), ("icc2", ("anova", "reml"))):
            for method in methods:
                yield missing(str(reason), quantity=quantity, method=method, n=n)
        return
    error = components.jackknife_log_f(sums)
    f = fitted.f
    note = "jackknife_undefined" if math.isnan(error) else None
    test: dict[str, Any] = {"statistic": f, "df": float(fitted.groups - 1), "p_value": fitted.p_value}
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
        interval=partial(_icc1_by_f, fitted=fitted, size=fitted.mean_size),
        n=n,
        **test,
    )
    if fitted.between == 0:
        for method in ("anova", "anova/f"):
            yield missing("no_variance_between", quantity="icc2", method=method, n=n)
        yield from _by_reml(sums, n)
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
        quantity="icc2", method="anova/f", estimate=fitted.icc2, interval=partial(_icc2_by_f, fitted=fitted), n=n, **test
    )
    yield from _by_reml(sums, n)


def _by_reml(sums: GroupSums, n: int) -> Iterator[Statistic]:
    sizes = {"reml": sums.total / sums.groups, "reml/harmonic": sums.groups / float((1 / sums.n).sum())}
    try:
        fitted = components.reml(sums)
    except ValueError as reason:
        yield missing(str(reason), quantity="icc1", method="reml", n=n)
        for method in sizes:
            yield missing(str(reason), quantity="icc2", method=method, n=n)
        return
    note = "variance_at_zero" if fitted.between == 0 else None
    error = components.icc1_error(fitted)
    yield Statistic(
        quantity="icc1",
        method="reml",
        estimate=fitted.icc1,
        std_error=error,
        interval=partial(components.profile_bounds, fitted=fitted),
        n=n,
        note=note,
    )
    for method, size in sizes.items():
        yield _at_size(fitted, size, error, quantity="icc2", method=method, n=n, note=note)


def _at_size(fitted: Reml, size: float, error: float, **fields: str | float | None) -> Statistic:
    """Spearman-Brown at a number of answers, with the delta method and the profile bounds of ICC(1)."""
    slope = size / (1 + (size - 1) * fitted.icc1) ** 2
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=components.spearman_brown(fitted.icc1, size),
        std_error=slope * error,
        interval=partial(_transformed, fitted=fitted, function=partial(_reliability_at, size)),
    )


def _reliability_at(answers: float, icc1: float) -> float:
    return components.spearman_brown(icc1, answers)


# ---------------------------------------------------------------- reliability of a leader's mean


def _reliability_of_means(sums: GroupSums) -> Iterator[Statistic]:
    """The Spearman-Brown curve, the answers it takes to reach a reliability, and the share of leaders who have them."""
    n = round(sums.total)
    try:
        fitted = components.reml(sums)
    except ValueError as reason:
        for answers in ANSWERS:
            yield missing(str(reason), quantity="leader_mean_reliability", category=answers, n=n)
        for reliability in RELIABILITIES:
            for quantity in ("answers_needed", "leaders_reliable"):
                yield missing(str(reason), quantity=quantity, category=reliability, n=n)
        return
    error = components.icc1_error(fitted)
    note = "variance_at_zero" if fitted.between == 0 else None
    for answers in ANSWERS:
        yield _at_size(fitted, answers, error, quantity="leader_mean_reliability", category=answers, n=n, note=note)
    own = np.array([components.spearman_brown(fitted.icc1, size) for size in sums.n])
    for reliability in RELIABILITIES:
        needed = components.answers_needed(fitted.icc1, reliability)
        interval = partial(_needed, fitted=fitted, reliability=reliability)
        bounded = math.isfinite(interval(0.95)[1])
        yield Statistic(
            quantity="answers_needed",
            category=reliability,
            estimate=needed if math.isfinite(needed) else math.nan,
            interval=interval,
            n=n,
            note="variance_at_zero" if math.isinf(needed) else None if bounded else "no_upper_bound",
        )
        share = float((own >= reliability).mean())
        yield Statistic(quantity="leaders_reliable", category=reliability, estimate=share, n=n, note=note)


def _needed(level: float, fitted: Reml, reliability: float) -> Bounds:
    low, high = components.profile_bounds(level, fitted)
    return components.answers_needed(high, reliability), components.answers_needed(low, reliability)


def _design_effects(sums: GroupSums, score: Floats, counts: Floats, by_leader: Clusters) -> Iterator[Statistic]:
    """1 + (m - 1) ICC(1) of the mean score at the plain mean size, and the ratio of the variances the sandwich gives."""
    n = round(sums.total)
    mean_size = sums.total / max(sums.groups, 1)
    for method, icc in ((None, _anova_icc), ("reml", _reml_icc)):
        try:
            yield Statistic(quantity="design_effect", method=method, estimate=1 + (mean_size - 1) * icc(sums), n=n)
        except ValueError as reason:
            yield missing(str(reason), quantity="design_effect", method=method, n=n)
    try:
        components.require_spread(sums)
    except ValueError as reason:
        yield missing(str(reason), quantity="design_effect", method="sandwich", n=n)
        return
    scored = ~np.isnan(score)
    weights = counts[scored]
    deviation = score[scored] - weights @ score[scored] / weights.sum()
    errors = [intervals.influence_error(deviation, weights, units) for units in (by_leader.restrict(scored), None)]
    ratio = (errors[0] / errors[1]) ** 2
    used = round(float(weights.sum()))
    yield Statistic(quantity="design_effect", method="sandwich", estimate=ratio, cluster="leader", n=used)


def _anova_icc(sums: GroupSums) -> float:
    fitted = components.anova(sums)
    return fitted.icc1(fitted.mean_size)


def _reml_icc(sums: GroupSums) -> float:
    return components.reml(sums).icc1


# ---------------------------------------------------------------- agreement


def _agreement(table: AnswerTable, one_answer: int, nothing: str | None) -> Iterator[Statistic]:
    uniform = agreement.null_variance("uniform", table.categories)
    for null in agreement.NULLS:
        try:
            variance = agreement.null_variance(null, table.categories)
        except ValueError as reason:
            for quantity in ("rwg_j", "rwg_j_set_to_zero"):
                yield missing(str(reason), quantity=quantity, method=null)
            continue
        zero = agreement.out_of_range(table, variance)
        mean = _over_leaders(agreement.rwg_j(table, variance), table, one_answer, nothing, quantity="rwg_j", method=null)
        yield replace(mean, note="; ".join(filter(None, (mean.note, "all_set_to_zero")))) if len(zero) and zero.all() else mean
        yield _share_of_leaders(zero, table, nothing, quantity="rwg_j_set_to_zero", method=null)
    yield _over_leaders(agreement.r_star_wg_j(table, uniform), table, one_answer, nothing, quantity="r_star_wg_j")
    yield _over_leaders(agreement.a_wg(table), table, one_answer, nothing, quantity="a_wg")
    yield _over_leaders(agreement.average_deviation(table), table, one_answer, nothing, quantity="ad")


def _no_agreement(sums: GroupSums, several: AnswerTable) -> str | None:
    """Why no leader has two complete answers, if so."""
    if len(several.n):
        return None
    if not sums.n.any():
        return "no_answers"
    return "one_answer_per_leader" if sums.n.max() <= 1 else "one_answer_per_cluster"


def _over_leaders(values: Floats, table: AnswerTable, one_answer: int, nothing: str | None, **fields: str | None) -> Statistic:
    """Mean over leaders whose value is defined, leaders being the independent units."""
    defined = ~np.isnan(values)
    leaders = int(defined.sum())
    n = round(float(table.n[defined].sum()))
    if leaders == 0:
        return missing(nothing or f"a_wg_undefined: {len(values)}", n=n, **fields)
    mean = float(values[defined].mean())
    error = float(values[defined].std(ddof=1)) / math.sqrt(leaders) if leaders > 1 else math.nan
    # Where every leader has the same value, nothing is known of how much it varies.
    interval = partial(intervals.wald, estimate=mean, std_error=error, df=leaders - 1) if error > 0 else None
    notes = [f"leaders_left_out: {one_answer}"] if one_answer else []
    notes += [f"a_wg_undefined: {len(values) - leaders}"] if leaders < len(values) else []
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=mean,
        std_error=error,
        interval=interval,
        cluster="leader",
        n=n,
        note="; ".join(notes) or ("one_leader" if leaders == 1 else None),
    )


def _share_of_leaders(hit: np.ndarray, table: AnswerTable, nothing: str | None, **fields: str | None) -> Statistic:
    n = round(float(table.n.sum()))
    if nothing:
        return missing(nothing, n=n, **fields)
    share = float(hit.mean())
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=share,
        interval=partial(intervals.wilson, share=share, n=len(hit)),
        n=n,
    )


def _leader_values(sums: GroupSums, table: AnswerTable) -> LeaderValues:
    try:
        icc = _reml_icc(sums)
    except ValueError:
        icc = math.nan
    uniform = agreement.null_variance("uniform", table.categories)
    return LeaderValues(
        answers=sums.n,
        mean_score=sums.mean,
        reliability=np.array([components.spearman_brown(icc, size) for size in sums.n]),
        rwg_j=agreement.rwg_j(table, uniform),
        r_star_wg_j=agreement.r_star_wg_j(table, uniform),
        a_wg=agreement.a_wg(table),
        ad=agreement.average_deviation(table),
    )
