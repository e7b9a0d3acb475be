"""Employees within leaders: does a leader's mean mean something, how precise is it, and do the answers agree?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from ...analysis.by_role import Clustering, by_role, missing
from ...analysis.raters import Raters, raters
from ...core.note import joined
from ...core.numerics import moments
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ...core.numerics.scale_score import scale_score
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_agreement import Agreeing, agreement_rows
from .analysis_intraclass import RemlIcc, design_effects, intraclass, reliability_of_means, reml_icc, waves_pooled
from .numerics import agreement
from .numerics import variance_components as components
from .numerics.agreement import AnswerTable
from .numerics.variance_components import GroupSums


@dataclass(frozen=True, kw_only=True)
class LeaderValues:
    """Values of each leader (in each wave), for distributions in plots.

    answers (J,) number of scale scores; mean_score (J,); reliability (J,) of that mean, Spearman-Brown with the REML ICC(1),
    NaN where that is not defined. rwg_j (uniform null), r_star_wg_j, a_wg, ad: (J2,), the leaders with two complete answers
    or more; complete (J2,) how many they have.
    """

    answers: Floats
    mean_score: Floats
    reliability: Floats
    complete: Floats
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

    Raters are people: the group is a leader in a wave, and a person counts once in it. Several waves give one estimate over
    these groups about the means of the waves, with a note; all errors are then from leaving out whole leaders, since a
    leader's groups depend on each other. `design_effect` is of one wave's mean, its method `sandwich` of the mean over waves.

    A role without leaders, or whose leaders have one answer each (in every wave), gives null rows that say so.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the key `leader`.

    Returns
    -------
    MultilevelResult
        `leader_count`, `answers_per_leader`, `icc1`, `icc2`, `design_effect`; `leader_mean_reliability` per number of
        answers, `answers_needed` and `leaders_reliable` per reliability (category); `rwg_j`, `r_star_wg_j`, `a_wg`, `ad` (in
        scale points). `leaders` has the values of each leader, `reliability_curve` any other number of answers.

    Raises
    ------
    UsageError
        For anything else than answers.

    References
    ----------
    Bliese, P. D. (2000). Within-group agreement, non-independence, and reliability: Implications for data aggregation and
    analysis. In K. J. Klein & S. W. J. Kozlowski (Eds.), Multilevel theory, research, and methods in organizations (pp.
    349–381). Jossey-Bass.

    James, L. R., Demaree, R. G., & Wolf, G. (1984). Estimating within-group interrater reliability with and without response
    bias. Journal of Applied Psychology, 69, 85–98.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.multilevel(load_case("lq2002_lead"))
    >>> round(result.value("icc1", method="anova"), 4)
    0.0827
    >>> round(result.value("icc2", method="reml"), 3)
    0.829
    """
    leaders: list[LeaderValues] = []

    def compute(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        values, counts = one.values(), one.table()[1]
        score = scale_score(values, one.instrument.minimum_answered)
        scored = ~np.isnan(score)
        who = raters(one, scored)
        sums = components.group_sums(score, who.counts, who.leader, who.wave)
        complete = raters(one, moments.complete(values))
        categories = np.asarray(one.instrument.categories, dtype=float)
        every = agreement.answer_table(values, complete.counts, categories, at_least=0)
        groups = Agreeing.of(every, complete, sums)
        no_key = "leader" not in one.keys
        by_leader = Clusters(who.counts, counts) if no_key else one.clusters("leader")
        without = round(float(by_leader.singles[scored].sum()))
        by_reml = reml_icc(sums)
        leaders.append(_leader_values(sums, by_reml, groups.table))
        for statistic in (
            *_leader_count(who, sums, without, no_key),
            *intraclass(sums, by_reml),
            *reliability_of_means(sums, by_reml),
            *design_effects(sums, by_reml, score, counts, by_leader),
            *agreement_rows(groups),
        ):
            no_leaders = statistic.note == "no_answers" and without > 0
            yield replace(statistic, note="no_leaders") if no_leaders else statistic

    statistics = by_role(patterns, compute)
    return MultilevelResult(statistics=statistics, leaders=dict(zip(patterns.roles, leaders, strict=True)))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> MultilevelResult:
    """All rows of the analysis of leaders (nothing in it is random)."""
    return multilevel(patterns)


def _leader_count(raters: Raters, sums: GroupSums, without: int, no_key: bool) -> Iterator[Statistic]:
    """Leaders with a scale score, and how many scores there are about each (in a wave)."""
    n = round(sums.total)
    unknown = f"leader_unknown: n = {without}" if without else None
    note = "no_leaders" if no_key else joined(unknown, *raters.notes) or (None if n else "no_answers")
    yield Statistic(quantity="leader_count", estimate=float(sums.leaders), n=n, note=note)
    if not n:
        yield from (
            missing("no_answers", quantity="answers_per_leader", method=method, n=0) for method in ("arithmetic", "median")
        )
        return
    for method, size in (("arithmetic", n / sums.groups), ("median", float(np.median(sums.n)))):
        yield Statistic(quantity="answers_per_leader", method=method, estimate=size, n=n, note=waves_pooled(sums))


def _leader_values(sums: GroupSums, by_reml: RemlIcc | str, table: AnswerTable) -> LeaderValues:
    icc = math.nan if isinstance(by_reml, str) else by_reml.estimate
    uniform = agreement.null_variance("uniform", table.categories)
    return LeaderValues(
        answers=sums.n,
        mean_score=sums.mean,
        reliability=np.array([components.spearman_brown(icc, size) for size in sums.n]),
        complete=table.n,
        rwg_j=agreement.rwg_j(table, uniform),
        r_star_wg_j=agreement.r_star_wg_j(table, uniform),
        a_wg=agreement.a_wg(table),
        ad=agreement.average_deviation(table),
    )
