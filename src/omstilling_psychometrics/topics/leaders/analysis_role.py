"""The scale scores and the complete answers of one role, by leader: what its rows are derived from.

With several waves a group is a leader in a wave, about the mean of the wave, and all errors come from leaving out whole
leaders: what takes groups as independent (F interval, profile likelihood) has no place there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from ...analysis.raters import WAVES_POOLED, Raters, raters
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import moments
from ...core.numerics.arrays import Floats, Ints
from ...core.numerics.intervals import Bounds, exp
from ...core.numerics.sandwich import Clusters
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import number_of_values
from ...survey.patterns import ResponsePatterns
from .numerics import agreement, jackknife
from .numerics import variance_components as components
from .numerics.agreement import AnswerTable
from .numerics.variance_components import Anova, GroupSums, Number


@dataclass(frozen=True, kw_only=True)
class IntraclassCorrelation:
    """ICC(1) by REML, and the reliability of means that follows from it.

    Parameters
    ----------
    estimate : float
        Share of the variance of the scale score that lies between leaders; not below 0.
    std_error : float
        From the curvature of the profile likelihood, or by leaving out leaders where there are several waves.
    bounds : callable
        From a level to both bounds: profile likelihood, or left-out leaders.
    cluster : str or None
        `leader` where leaders were left out.
    note : str or None
        What must be known to read it.
    """

    estimate: float
    std_error: float
    bounds: Callable[[float], Bounds] = field(repr=False)
    cluster: str | None
    note: str | None

    @property
    def at_zero(self) -> bool:
        """Does nothing of the variance lie between leaders?"""
        return self.estimate == 0

    def reliability(self, answers: Number) -> Number:
        """Reliability of the mean of so many answers about a leader (Spearman-Brown).

        Parameters
        ----------
        answers : float or ndarray
            How many; one number or several.

        Returns
        -------
        float or ndarray
            Between 0 and 1.
        """
        return components.spearman_brown(self.estimate, answers)

    def reliability_bounds(self, level: float, answers: float) -> Bounds:
        """Interval of that reliability.

        Parameters
        ----------
        level : float
            Of the interval, between 0 and 1.
        answers : float
            How many.

        Returns
        -------
        tuple of float
            Those of the intraclass correlation, turned into reliabilities.
        """
        low, high = self.bounds(level)
        return components.spearman_brown(low, answers), components.spearman_brown(high, answers)

    def answers_needed(self, reliability: float) -> float:
        """Answers about a leader whose mean is at least that reliable.

        Parameters
        ----------
        reliability : float
            Between 0 and 1.

        Returns
        -------
        float
            A whole number; infinite where nothing lies between leaders.
        """
        return components.answers_needed(self.estimate, reliability)

    def answers_needed_bounds(self, level: float, reliability: float) -> Bounds:
        """Interval of that number.

        Parameters
        ----------
        level : float
            Of the interval, between 0 and 1.
        reliability : float
            Between 0 and 1.

        Returns
        -------
        tuple of float
            NaN where the intraclass correlation has no interval.
        """
        low, high = self.bounds(level)
        if math.isnan(low):
            return low, high
        return components.answers_needed(high, reliability), components.answers_needed(low, reliability)


@dataclass(frozen=True, eq=False)
class ScoresByLeader:
    """Scale scores by leader (in each wave): how much of their variance lies between leaders.

    Parameters
    ----------
    sums : GroupSums
        Number, mean and sum of squares of the scores of each group.
    """

    sums: GroupSums

    @property
    def n(self) -> int:
        """Scores about leaders who are known."""
        return round(self.sums.total)

    @property
    def size(self) -> float:
        """Mean number of scores in a group."""
        return self.sums.total / self.sums.groups

    @property
    def harmonic_size(self) -> float:
        """Harmonic mean of the numbers of scores."""
        return self.sums.groups / float((1 / self.sums.n).sum())

    @property
    def pooled(self) -> str | None:
        """The note that several waves give one estimate, if they do."""
        return WAVES_POOLED if self.sums.groups and self.sums.waves > 1 else None

    @cached_property
    def anova(self) -> Anova:
        """One-way analysis of variance. Raises EstimationError where it is not defined."""
        return components.anova(self.sums)

    @cached_property
    def log_f_error(self) -> float:
        """Standard error of log F by leaving out leaders; NaN where it is not defined."""
        return jackknife.jackknife_log_f(self.sums)

    @cached_property
    def icc1(self) -> IntraclassCorrelation:
        """ICC(1) by REML. Raises EstimationError where it is not defined."""
        fitted = components.reml(self.sums)
        zero = "variance_at_zero" if fitted.between == 0 else None
        if not self.pooled:
            return IntraclassCorrelation(
                estimate=fitted.icc1,
                std_error=components.icc1_error(fitted),
                bounds=partial(components.profile_bounds, fitted=fitted),
                cluster=None,
                note=zero,
            )
        log_f, error = jackknife.jackknife_reml(fitted)
        size = self.size
        f = 1 + size * fitted.between / fitted.within
        return IntraclassCorrelation(
            estimate=fitted.icc1,
            std_error=math.nan if zero else error * f * size / (f + size - 1) ** 2,
            bounds=partial(_icc1_bounds, log_f=log_f, error=error, leaders=self.sums.leaders, size=size),
            cluster="leader",
            note=joined(zero, "jackknife_undefined" if math.isnan(error) else None, self.pooled),
        )


def _icc1_bounds(level: float, log_f: float, error: float, leaders: int, size: float) -> Bounds:
    """Jackknife bounds of ICC(1) by REML, which is not below 0."""
    low, high = components.icc1_from_f(jackknife.jackknife_bounds(level, exp(log_f), error, leaders), size)
    return (low, high) if math.isnan(low) else (max(low, 0.0), max(high, 0.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class CompleteAnswers:
    """The groups with at least two complete answers, between which agreement is computed: a leader in a wave each.

    Parameters
    ----------
    table : AnswerTable
        Counts (J2, k, c) of the answers of each group to each item.
    leader : ndarray of int, shape (J2,)
        Whose group each is.
    one_answer : int
        Groups with a single complete answer, left out.
    nothing : Note or None
        Why there is no group, if so.
    pooled : str or None
        The note that several waves give one estimate.
    """

    table: AnswerTable = field(repr=False)
    leader: Ints = field(repr=False)
    one_answer: int
    nothing: Note | None
    pooled: str | None


@dataclass(frozen=True, kw_only=True)
class LeaderValues:
    """Values of each leader (in each wave), for distributions.

    Parameters
    ----------
    answers : ndarray, shape (J,)
        Number of scale scores.
    mean_score : ndarray, shape (J,)
        Their mean, in scale points.
    reliability : ndarray, shape (J,)
        Of that mean: Spearman-Brown with the REML ICC(1), NaN where that is not defined.
    complete : ndarray, shape (J2,)
        Complete answers of the leaders who have two or more.
    rwg_j : ndarray, shape (J2,)
        r_wg(j) under the uniform null.
    r_star_wg_j : ndarray, shape (J2,)
        r*_wg(j).
    a_wg : ndarray, shape (J2,)
        a_wg; NaN where it is not defined.
    ad : ndarray, shape (J2,)
        Average deviation, in scale points.
    """

    answers: Floats
    mean_score: Floats
    reliability: Floats
    complete: Floats
    rwg_j: Floats
    r_star_wg_j: Floats
    a_wg: Floats
    ad: Floats


@dataclass(frozen=True, eq=False)
class RatedLeaders(ScoresByLeader):
    """The leaders whom one role answered about: their scale scores, and how far answers about one agree.

    Parameters
    ----------
    sums : GroupSums
        Number, mean and sum of squares of the scores of each group: a leader, in a wave.
    complete : CompleteAnswers
        The complete answers of groups that have at least two.
    score : ndarray, shape (p,)
        Scale score of each answer pattern, NaN where there is none.
    counts : ndarray, shape (p,)
        How often each occurs.
    by_leader : Clusters
        The patterns by leader.
    raters : Raters
        Who answered about whom, each person once in a group.
    has_leaders : bool
        Do the answers say about whom they are at all?

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> leaders = op.multilevel(load_case("lq2002_lead")).model()
    >>> round(leaders.icc1.reliability(10), 3)
    0.538
    >>> [round(bound, 3) for bound in leaders.icc1.reliability_bounds(0.95, 10)]
    [0.402, 0.669]
    """

    complete: CompleteAnswers
    score: Floats = field(repr=False)
    counts: Floats = field(repr=False)
    by_leader: Clusters = field(repr=False)
    raters: Raters = field(repr=False)
    has_leaders: bool

    @property
    def unknown(self) -> int:
        """Scores of which it is not known about whom they are."""
        return round(float(self.by_leader.singles[~np.isnan(self.score)].sum()))

    @cached_property
    def values(self) -> LeaderValues:
        """Values of each leader."""
        table = self.complete.table
        uniform = agreement.null_variance("uniform", table.categories)
        try:
            reliability = self.icc1.reliability(self.sums.n)
        except EstimationError:
            reliability = np.full(self.sums.groups, math.nan)
        return LeaderValues(
            answers=self.sums.n,
            mean_score=self.sums.mean,
            reliability=reliability,
            complete=table.n,
            rwg_j=agreement.rwg_j(table, uniform),
            r_star_wg_j=agreement.r_star_wg_j(table, uniform),
            a_wg=agreement.a_wg(table),
            ad=agreement.average_deviation(table),
        )


def rated_leaders(answers: ResponsePatterns) -> RatedLeaders:
    """The leaders whom one role answered about."""
    values, counts = answers.values(), answers.table()[1]
    score = scale_score(values, answers.instrument.minimum_answered)
    who = raters(answers, ~np.isnan(score))
    sums = components.group_sums(score, who.counts, who.leader, who.wave)
    known = "leader" in answers.keys
    return RatedLeaders(
        sums,
        complete=_complete_answers(answers, values, sums),
        score=score,
        counts=counts,
        by_leader=answers.clusters("leader") if known else Clusters(who.counts, counts),
        raters=who,
        has_leaders=known,
    )


def _complete_answers(answers: ResponsePatterns, values: Floats, sums: GroupSums) -> CompleteAnswers:
    """sums are those of the scale score."""
    who = raters(answers, moments.complete(values))
    categories = np.asarray(answers.instrument.categories, dtype=float)
    table = agreement.answer_table(values, who.counts, categories, at_least=0)
    several = table.n >= 2
    return CompleteAnswers(
        table=AnswerTable(table.counts[several], categories),
        leader=who.leader[several],
        one_answer=int((table.n == 1).sum()),
        nothing=None if several.any() else _nothing(sums),
        pooled=WAVES_POOLED if number_of_values(who.wave[several]) > 1 else None,
    )


def _nothing(sums: GroupSums) -> Note:
    """Why no leader has two complete answers."""
    if not sums.n.any():
        return Note("no_answers")
    return Note("one_answer_per_leader" if sums.n.max() <= 1 else "one_answer_per_cluster")
