"""The mean of the answers about each leader, in each wave, and what may be said of it beside others.

    y_j = mean of the scale scores about leader j;   SE = sqrt(MSW / n_j);   reliability = n_j ICC / (1 + (n_j - 1) ICC)

MSW, the mean square within leaders (one-way analysis of variance, N - J degrees of freedom), is that of all leaders of the
role, as in generalizability theory (Brennan 1995): the standard deviation of the few answers about one leader is too uncertain
by itself (with five it is off by a third), and nought where they agree. The interval is that of t with its degrees of
freedom. ICC(1) is the REML one of `multilevel`, and so is the reliability (Spearman-Brown).

Leaders are compared with each other among those about whom numbers are written, and with nobody else: a mean that held one
leader more would be that leader's, once the others' are taken from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.errors import EstimationError, estimating
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats, Mask
from ...survey.disclosure import SUPPRESSED, Disclosure
from ...survey.patterns import ResponsePatterns
from .analysis_change import change_rows
from .analysis_factor import factor_rows, leader_factors, no_factor_rows
from .compared import compared
from .role_leaders import RoleLeaders, role_leaders
from .score_rows import ScoreRows, ScoreTable, score_table
from .shown_leaders import shown_leaders


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """marks: scores that leaders may lie above; similar: the variable whose values leaders in a similar job share; least:
    reliability under which nothing but intervals is told of a leader."""

    marks: tuple[float, ...] = ()
    similar: str | None = None
    least: float | None = None


@dataclass(frozen=True, eq=False)
class LeaderMeans:
    """mean, error and reliability (G,) of the leaders of a role in each wave; df of the errors; note (G,)."""

    mean: Floats
    error: Floats
    reliability: Floats
    df: float
    note: np.ndarray[tuple[int], np.dtype[np.object_]]


def leader_scores(answers: ResponsePatterns, role: str, wanted: Comparisons, policy: Disclosure) -> ScoreTable:
    """Of one role's answers: the rows about each leader in each wave."""
    leaders = role_leaders(answers, role)
    if leaders is None:
        return score_table([ScoreRows({"role": role, "method": "mean", "note": "no_leaders"}, np.zeros(1, dtype=np.int64))])
    shown = shown_leaders(np.minimum(leaders.respondents, leaders.n), leaders.wave, policy)
    means = leader_means(leaders)
    reliability, of_factor = _by_the_model(leaders, means, shown, wanted, policy)
    blocks = [_mean_rows(leaders, means, shown, policy), *of_factor, *change_rows(leaders, shown, policy)]
    if wanted.similar is not None:
        blocks.append(_similar_rows(leaders, means, shown, wanted.similar, policy))
    return score_table([_only_intervals(block, reliability, wanted.least, shown) for block in blocks])


def leader_means(leaders: RoleLeaders) -> LeaderMeans:
    """The mean of the scores about each leader in each wave."""
    rows, sums = leaders.place_of_rated, leaders.rated.sums
    mean, error, reliability = (np.full(leaders.size, np.nan) for _ in range(3))
    note, df = np.full(leaders.size, "no_answers", dtype=object), np.inf
    mean[rows], note[rows] = sums.mean, None
    try:
        within = leaders.rated.anova
        error[rows], df = np.sqrt(within.within / sums.n), within.df_within
        icc = leaders.rated.icc1
    except EstimationError as reason:
        note[rows] = reason.note
    else:
        reliability[rows] = [icc.reliability(size) for size in sums.n]
        if icc.at_zero:
            note[rows] = "variance_at_zero"
    return LeaderMeans(mean, error, reliability, df, note)


def _mean_rows(leaders: RoleLeaders, means: LeaderMeans, shown: Mask, policy: Disclosure) -> ScoreRows:
    place = np.arange(leaders.size)
    columns = {
        "score": np.where(shown, means.mean, np.nan),
        "method": "mean",
        "std_error": np.where(shown, means.error, np.nan),
        "df": means.df,
        "reliability": np.where(shown, means.reliability, np.nan),
        "n": [int(n) if seen else None for n, seen in zip(leaders.n, shown, strict=True)],
        "note": np.where(shown, means.note, SUPPRESSED),
        "organisation": leaders.organisation(policy),
    }
    return ScoreRows({**leaders.columns(place), **columns}, place)


def _by_the_model(
    leaders: RoleLeaders, means: LeaderMeans, shown: Mask, wanted: Comparisons, policy: Disclosure
) -> tuple[Floats, list[ScoreRows]]:
    """Reliability (G,) of the means, which is the model's where there is one, and the rows that rest on the model."""
    if not shown.any():
        return means.reliability, []
    try:
        with estimating():
            factors = leader_factors(leaders)
            return factors.reliability, [*factor_rows(factors, shown, wanted.marks, policy)]
    except EstimationError as error:
        return means.reliability, [*no_factor_rows(leaders, wanted.marks, error.reason)]


def _similar_rows(leaders: RoleLeaders, means: LeaderMeans, shown: Mask, name: str, policy: Disclosure) -> ScoreRows:
    """How far a leader's mean lies from that of the others in a similar job, in the same wave."""
    place = np.flatnonzero(shown)
    mean, variance = means.mean[place], means.error[place] ** 2
    beside = compared(mean, variance, leaders.together(name, place, policy), policy, leaders.n[place], name)
    columns = {
        "score": beside.difference(mean),
        "method": f"similar/{name}",
        "std_error": beside.error(variance),
        "df": means.df,
        "n": leaders.n[place],
        "fewest": beside.fewest,
        "note": beside.note,
    }
    return ScoreRows({**leaders.columns(place), **columns}, place)


def _only_intervals(block: ScoreRows, reliability: Floats, least: float | None, shown: Mask) -> ScoreRows:
    """The rows, nothing of which but intervals is told where the leader's mean is less reliable than was asked for."""
    if least is None:
        return block
    few = np.append(shown & ~(reliability >= least), False)  # the last place is that of rows about nobody
    given = np.broadcast_to(np.asarray(block.columns.get("note"), dtype=object), block.place.shape)
    hidden = few[block.place] & (given != SUPPRESSED)
    under = Note("under_least_reliability", f"{least:g}")
    note = given.copy()
    note[hidden] = [joined(one, under) for one in given[hidden]]
    return replace(block, columns={**block.columns, "interval_only": hidden, "note": note})
