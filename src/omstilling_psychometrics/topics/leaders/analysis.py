"""Employees within leaders: does a leader's mean mean something, how precise is it, and do the answers agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role, missing
from ...core.note import Note, joined
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_agreement import agreement_rows
from .analysis_intraclass import design_effects, intraclass, reliability_of_means
from .analysis_role import RatedLeaders, rated_leaders


@dataclass(frozen=True, kw_only=True)
class MultilevelResult(Result):
    """Variance between and within leaders, reliability of a leader's mean, and agreement; `model(role)` is a `RatedLeaders`.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        `RatedLeaders` by role: variance components, intraclass correlation and values of each leader; roles whose leaders are
        not known are not there.
    """

    analysis: ClassVar[str] = "multilevel"
    headline: ClassVar[tuple[str, ...]] = (
        "leader_count",
        "answers_per_leader",
        "icc1",
        "icc2",
        "design_effect",
        "rwg_j",
        "a_wg",
        "ad",
    )

    models: Mapping[str, RatedLeaders] = field(default_factory=dict, compare=False, repr=False)


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
        scale points). `model(role)` has the variance components, the reliability of any other number of answers
        (`icc1.reliability`) and the values of each leader.

    Raises
    ------
    UsageError
        For anything else than answers.

    See Also
    --------
    role_comparison : Scores of several roles about the same leaders.
    reliability : Reliability of a person's score instead of a leader's mean.
    draw_team : Answers with known variances between leaders.

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
    statistics, models = fitted_by_role(patterns, lambda answers, _: rated_leaders(answers), _rows)
    return MultilevelResult(
        statistics=statistics, models={role: leaders for role, leaders in models.items() if leaders.sums.groups}
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> MultilevelResult:
    """All rows of the analysis of leaders (nothing in it is random)."""
    return multilevel(patterns)


def _rows(leaders: RatedLeaders) -> Iterator[Statistic]:
    for statistic in (
        *_leader_count(leaders),
        *intraclass(leaders),
        *reliability_of_means(leaders),
        *design_effects(leaders),
        *agreement_rows(leaders.complete),
    ):
        no_leaders = statistic.note == "no_answers" and leaders.unknown > 0
        yield replace(statistic, note="no_leaders") if no_leaders else statistic


def _leader_count(leaders: RatedLeaders) -> Iterator[Statistic]:
    """Leaders with a scale score, and how many scores there are about each (in a wave)."""
    n, sizes = leaders.n, leaders.sums.n
    unknown = Note("leader_unknown", f"n = {leaders.unknown}") if leaders.unknown else None
    note = joined(unknown, *leaders.raters.notes) or (None if n else "no_answers")
    if not leaders.has_leaders:
        note = "no_leaders"
    yield Statistic(quantity="leader_count", estimate=float(leaders.sums.leaders), n=n, note=note)
    for method in ("arithmetic", "median"):
        if not n:
            yield missing("no_answers", quantity="answers_per_leader", method=method, n=0)
            continue
        size = n / leaders.sums.groups if method == "arithmetic" else float(np.median(sizes))
        yield Statistic(quantity="answers_per_leader", method=method, estimate=size, n=n, note=leaders.pooled)
