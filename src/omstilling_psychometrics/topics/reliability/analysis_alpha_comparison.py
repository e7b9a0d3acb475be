"""Is coefficient alpha the same in several groups (roles, waves, forms)?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import ClassVar

import numpy as np

from ...analysis.by_role import several_leaders
from ...analysis.declared_rows import attempted, completed
from ...analysis.groups import (
    GroupAnswers,
    Groups,
    groups_of,
    mixed_on_purpose,
    noted,
    require_groups,
    require_unmixed_roles,
)
from ...analysis.standard_errors import remarked
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.item_rest import pearson
from ...core.numerics.moments import complete
from ...core.numerics.sandwich import quadratic_variance
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics import alpha_comparison as compare
from .numerics.alpha import Alpha, listwise_alpha
from .numerics.alpha_comparison import Comparison

# A t test of alphas says nothing with fewer respondents who answered twice, and speaks of a group too small to speak of.
FEWEST_TWICE = 10


@dataclass(frozen=True, kw_only=True)
class AlphaComparisonResult(Result):
    """Differences of alpha between groups; methods name the pair of groups as `a~b`.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; nothing is fitted in steps that may not end.
    models : mapping, optional
        By group, its alpha of complete rows, with influence values and the answers used.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "alpha_comparison"
    headline: ClassVar[tuple[str, ...]] = ("alpha_equality",)


@takes_answers
def alpha_comparison(patterns: ResponsePatterns, *, by: str = "role", cluster: str | None = "default") -> AlphaComparisonResult:
    """Compare coefficient alpha (complete rows) between the groups of `by`.

    `alpha_equality`: Wald test of equal log(1 - alpha), covariance from a jackknife that leaves out one leader at a time from
    all groups, F with G - 1 denominator degrees of freedom; `alpha_equality` by `feldt_woodruff_salih` assumes independent
    groups of independent respondents and parallel normal items. `alpha_difference` of each pair, and Feldt's (1969) W as
    method `a~b/feldt`, under the same assumptions (df is the numerator's, the note has the denominator's). Where waves or
    forms are compared and respondents are known, those who gave one complete answer in both have Feldt's (1980) t as method
    `a~b/same_respondents`; the tests of independent groups then carry the note `same_respondents`. cocron (R) gives the same
    values of these three.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    by : str, default "role"
        Key of the data whose values are the groups.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other, over all groups at once: the leader where it is known. None
        takes all answers as independent.

    Returns
    -------
    AlphaComparisonResult
        `alpha_equality` (statistic, df, p_value) and `alpha_difference` per pair (method `a~b`).

    Raises
    ------
    UsageError
        For a key that the data do not have, fewer than two groups, or several roles when `by` is another key.

    See Also
    --------
    reliability : Alpha and other coefficients of each role by themselves.
    invariance : Whether the groups' factors can be compared at all.
    role_comparison : Compare scores instead of their reliability.

    References
    ----------
    Feldt, L. S., Woodruff, D. J., & Salih, F. A. (1987). Statistical inference for coefficient alpha. Applied Psychological
    Measurement, 11, 93–103.

    Feldt, L. S. (1980). A test of the hypothesis that Cronbach's alpha reliability coefficient is the same for two tests
    administered to the same sample. Psychometrika, 45, 99–105.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.alpha_comparison(load_case("datCat"), by="group")
    >>> round(result.value("alpha_difference", method="female~male"), 4)
    -0.0096
    """
    return _compared(require_groups(require_unmixed_roles(patterns, by), by, "alpha_comparison"), by, cluster)


def _compared(patterns: ResponsePatterns, by: str, cluster: str | None = "default") -> AlphaComparisonResult:
    groups = groups_of(patterns, by, cluster)
    values = patterns.values()
    alphas = {name: listwise_alpha(values, counts) for name, counts in zip(groups.names, groups.counts, strict=True)}
    statistics = remarked(patterns, _rows(patterns, groups, list(alphas.values()), by))
    return AlphaComparisonResult(statistics=statistics, settings={"by": by}, models=alphas)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator, by: str = "role") -> AlphaComparisonResult:
    """All rows of the comparison (nothing in it is random)."""
    answers, note = mixed_on_purpose(patterns, by)
    result = _compared(answers, by)
    return replace(result, statistics=tuple(noted(one, note) for one in result.statistics))


def _rows(patterns: ResponsePatterns, groups: Groups, alphas: list[Alpha], by: str) -> Iterator[Statistic]:
    values = patterns.values()
    estimates, n = np.array([one.estimate for one in alphas]), np.array([one.n for one in alphas])
    usable = np.flatnonzero(~np.isnan(estimates) & (estimates < 1))
    answers = GroupAnswers(names=groups.names, items=patterns.items, answers=groups.counts @ ~np.isnan(values), usable=n)
    total = round(float(n[usable].sum()))
    if len(usable) < 2:
        yield from completed((), declared(total), joined("fewer_than_two_groups", answers.lost) or "")
        return
    rows = complete(values)
    clusters = groups.clusters and groups.clusters.restrict(np.tile(rows, len(groups.names)))
    covariance = compare.jackknife_covariance(values[rows], groups.counts[:, rows], clusters)
    units = intervals.degrees_of_freedom(clusters)
    left_out = None
    if len(usable) < len(estimates):
        left_out = joined(Note("groups_left_out", str(len(estimates) - len(usable))), answers.lost)
    pairs = [(int(first), int(second)) for first, second in combinations(usable, 2)]
    twice = {pair: _answered_twice(patterns, by, *(groups.names[one] for one in pair)) for pair in pairs}
    same = "same_respondents" if any(both.n for both in twice.values()) else None
    chosen = estimates[usable]

    def robust() -> Comparison:
        return compare.wald_equality(chosen, covariance[np.ix_(usable, usable)], units)

    def independent() -> Comparison:
        return compare.feldt_woodruff_salih(chosen, n[usable].astype(float), np.full(len(usable), float(values.shape[1])))

    by_clusters, by_respondents = declared(total)
    for row, cluster, test, notes in (
        (by_clusters, groups.cluster, robust, (left_out, groups.note)),
        (by_respondents, None, independent, (left_out, same)),
    ):
        yield attempted(row, partial(_equality, row, test, cluster=cluster, note=joined(*notes)))
    for (first, second), both in twice.items():
        compared = replace(
            groups, note=several_leaders(patterns, groups.cluster, np.isin(patterns.keys[by].codes, (first, second)))
        )
        yield from _pair(compared, estimates, n, covariance, units, first, second, same=both.n)
        if both.n:
            yield _same_respondents(f"{groups.names[first]}~{groups.names[second]}", both)


def declared(n: int) -> Iterator[Statistic]:
    """The tests of equal alphas in n complete rows, whether or not there are groups to compare."""
    yield from (Statistic(quantity="alpha_equality", method=method, n=n) for method in (None, "feldt_woodruff_salih"))


def _equality(row: Statistic, test: Callable[[], Comparison], *, cluster: str | None, note: str | None) -> Statistic:
    result = test()
    tested = replace(row, statistic=result.statistic, df=result.df, p_value=result.p_value)
    return replace(tested, cluster=cluster, note=note)


@dataclass(frozen=True)
class _Twice:
    """Values (n, k) in the first and in the second group of those who gave one complete answer in each."""

    first: Floats
    second: Floats

    @property
    def n(self) -> int:
        return len(self.first)


def _answered_twice(patterns: ResponsePatterns, by: str, first: str, second: str) -> _Twice:
    """Nobody where roles are compared (one person in two roles answers about two leaders) or respondents are not known."""
    values = patterns.values()
    nobody = np.empty((0, values.shape[1]))
    if by == "role" or "respondent" not in patterns.keys or by not in patterns.keys:
        return _Twice(nobody, nobody)
    respondent, group = patterns.keys["respondent"].codes, patterns.keys[by]
    leader = patterns.keys["leader"].codes if "leader" in patterns.keys else np.zeros_like(respondent)
    usable = complete(values)[patterns.pattern] & (respondent >= 0) & (patterns.counts == 1)
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    for name in (first, second):
        here = np.flatnonzero(usable & (group.codes == group.levels.index(name)))
        person = respondent[here] * (int(leader.max(initial=0)) + 2) + leader[here] + 1
        once, place, times = np.unique(person, return_index=True, return_counts=True)
        rows.append((once[times == 1], here[place[times == 1]]))
    (people, cells), (others, other_cells) = rows
    _, left, right = np.intersect1d(people, others, assume_unique=True, return_indices=True)
    return _Twice(values[patterns.pattern[cells[left]]], values[patterns.pattern[other_cells[right]]])


def _same_respondents(method: str, both: _Twice) -> Statistic:
    row = Statistic(quantity="alpha_difference", method=f"{method}/same_respondents", n=both.n)
    return attempted(row, partial(_compared_within, row, both))


def _compared_within(row: Statistic, both: _Twice) -> Statistic:
    if both.n < FEWEST_TWICE:
        raise EstimationError("too_few_answers", f"n = {both.n} < {FEWEST_TWICE}")
    once = np.ones(both.n)
    first, second = (listwise_alpha(values, once).estimate for values in (both.first, both.second))
    correlation = pearson(both.first.sum(axis=1), both.second.sum(axis=1), once).estimate
    if not np.isfinite([first, second, correlation]).all():
        raise EstimationError("alpha_not_comparable")
    test = compare.feldt_1980((first, second), both.n, correlation)
    return replace(row, estimate=first - second, statistic=test.statistic, df=test.df, p_value=test.p_value)


def _pair(
    groups: Groups, alphas: Floats, n: np.ndarray, covariance: Floats, units: float, first: int, second: int, *, same: int
) -> Iterator[Statistic]:
    method = f"{groups.names[first]}~{groups.names[second]}"
    both = round(float(n[first] + n[second]))
    difference = float(alphas[first] - alphas[second])
    pair = [first, second]
    slopes = np.array([1 - alphas[first], -(1 - alphas[second])])  # d alpha = -(1 - alpha) d log(1 - alpha)
    variance = quadratic_variance(slopes, covariance[np.ix_(pair, pair)])
    yield groups.difference("alpha_difference", method, difference, variance, units, both)
    test = compare.feldt_1969((float(alphas[first]), float(alphas[second])), (int(n[first]), int(n[second])))
    yield Statistic(
        quantity="alpha_difference",
        method=f"{method}/feldt",
        estimate=difference,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        n=both,
        note=joined(Note("denominator_df", str(test.df_denominator)), "same_respondents" if same else None),
    )
