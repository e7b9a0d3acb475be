"""Test-retest reliability: the scores of the same people in two waves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering, fitted_by_role, missing
from ...analysis.sample import interval
from ...analysis.standard_errors import few_clusters
from ...core.errors import EstimationError, UsageError
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Ints
from ...core.numerics.intervals import BoundsOf
from ...core.numerics.sandwich import Clusters
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import distinct
from ...core.results import Interval, Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ...survey.wave_order import in_time
from ..invariance.analysis import InvarianceResult, invariance
from ..reliability.analysis_alpha_comparison import FEWEST_TWICE
from .numerics.two_occasions import TwoOccasions

_QUANTITIES = ("test_retest_icc", "test_retest_error")
_KINDS = ("agreement", "consistency")


@dataclass(frozen=True, eq=False, kw_only=True)
class RetestedPeople:
    """The people of one role who have a score in several waves, each about the same leader where leaders are known.

    Parameters
    ----------
    patterns : ResponsePatterns
        All answers of the role.
    clustering : Clustering
        The key within whose values people depend on each other.
    waves : tuple of str
        Those that occur.
    unit : ndarray of int, shape (m,)
        Whose each cell of the answers is, -1 where the person or the wave is not known.
    scores : ndarray, shape (u, w)
        Score of each person in each wave, NaN where there is none.
    """

    patterns: ResponsePatterns = field(repr=False)
    clustering: Clustering
    waves: tuple[str, ...]
    unit: Ints = field(repr=False)
    scores: Floats = field(repr=False)

    @property
    def n(self) -> int:
        """People with a score in two waves at least."""
        return int(np.count_nonzero((~np.isnan(self.scores)).sum(axis=1) > 1))

    def both(self, first: str, second: str) -> Ints:
        """Who has a score in both waves.

        Parameters
        ----------
        first : str
            A wave.
        second : str
            Another.

        Returns
        -------
        ndarray of int
            Their rows of `scores`.

        Raises
        ------
        UsageError
            For a wave that there is not.
        """
        for wave in (first, second):
            if wave not in self.waves:
                raise UsageError(f"wave '{wave}' does not occur; there are: {', '.join(self.waves)}.")
        chosen = self.scores[:, [self.waves.index(first), self.waves.index(second)]]
        return np.flatnonzero(~np.isnan(chosen).any(axis=1))

    def answers(self, first: str, second: str) -> ResponsePatterns:
        """The answers of these people in both waves.

        Parameters
        ----------
        first : str
            A wave.
        second : str
            Another.

        Returns
        -------
        ResponsePatterns
            With the keys that the role's answers have.

        Raises
        ------
        UsageError
            For a wave that there is not.
        """
        wave = self.patterns.keys["wave"]
        wanted = [wave.levels.index(one) for one in (first, second) if one in wave.levels]
        rows = np.isin(self.unit, self.both(first, second)) & np.isin(wave.codes, wanted)
        keys = {name: key.take(rows) for name, key in self.patterns.keys.items()}
        codes = self.patterns.patterns[self.patterns.pattern[rows]]
        return ResponsePatterns.count(self.patterns.instrument, codes, keys, self.patterns.counts[rows])

    def clusters(self, people: Ints) -> Clusters | None:
        """The cluster of each of some people.

        Parameters
        ----------
        people : ndarray of int
            Rows of `scores`.

        Returns
        -------
        Clusters or None
            A column for each; None where people are independent.
        """
        if self.clustering.key is None:
            return None
        key = self.patterns.keys[self.clustering.key]
        of_unit = np.full(len(self.scores), -1)
        inside = self.unit >= 0
        of_unit[self.unit[inside]] = key.codes[inside]
        of_unit = of_unit[people]
        known = of_unit >= 0
        counts = csr_array(
            (np.ones(int(known.sum())), (of_unit[known], np.flatnonzero(known))), shape=(len(key.levels), len(people))
        )
        return Clusters(counts, (~known).astype(float))


@dataclass(frozen=True, kw_only=True)
class RetestResult(Result):
    """Intraclass correlations and standard errors of measurement of the same people in two waves (method `.../first~second`).

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; nothing is fitted.
    models : mapping, optional
        `RetestedPeople` by role; roles in which nobody answered twice are not there.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "retest"
    headline: ClassVar[tuple[str, ...]] = _QUANTITIES

    models: Mapping[str, RetestedPeople] = field(default_factory=dict, repr=False, compare=False)

    def invariance(self, first: str, second: str, *, role: str | None = None, estimator: str = "WLSMV") -> InvarianceResult:
        """Longitudinal invariance: one factor in the two waves of those who answered both, with ever more of it held equal.

        The waves are groups, and answers of one person (or about one leader) depend on each other: scores of all groups are
        summed within them before errors and tests are computed, which allows for any dependence. It is no model of that
        dependence: what an item shares with itself over time is no parameter, and estimates are somewhat less precise than
        those of a model with both waves in one matrix.

        Parameters
        ----------
        first : str
            A wave.
        second : str
            Another.
        role : str, optional
            Whose; not needed where there is one.
        estimator : {"WLSMV", "MLR", "FIML"}, default "WLSMV"
            As of `op.invariance`.

        Returns
        -------
        InvarianceResult
            The ladder; null rows with fewer than 100 people.

        Raises
        ------
        UsageError
            For a wave or a role that there is not.
        """
        people: RetestedPeople = self.model(role)
        cluster = "leader" if people.clustering.key == "leader" else "respondent"
        found = invariance(people.answers(first, second), by="wave", estimator=estimator, cluster=cluster)
        return replace(found, settings={**found.settings, "same_respondents": True})


@takes_answers
def retest(patterns: ResponsePatterns, *, cluster: str | None = "default") -> RetestResult:
    """Reliability of the scale score over waves, from those who answered twice.

    Of every two waves, the people of a role who have a score in both (about the same leader, where leaders are known): ICC(A,1)
    of agreement, for which a shift of everybody counts as error, and ICC(C,1) of consistency, for which it does not (McGraw &
    Wong 1996), and the standard error of measurement of both kinds. Change of the people in between counts as error: it is a
    reliability only if the scores were to stay the same.

    Intervals are those of McGraw and Wong where people are independent; where leaders are known, from influence values added
    up within leaders, on Fisher's z, with McGraw and Wong's beside (`.../mcgraw_wong`). psych::ICC agrees.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the keys `respondent` and `wave`.
    cluster : str or None, default "default"
        Key within whose values people depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent. None takes all people as independent.

    Returns
    -------
    RetestResult
        `test_retest_icc` and `test_retest_error` (in scale points), methods `agreement/first~second` and
        `consistency/first~second`; n is the number of people. `invariance(first, second)` has the same people's longitudinal
        invariance.

    Raises
    ------
    UsageError
        For a cluster key that the data do not have.

    See Also
    --------
    reliability : From one occasion, with the standard error of measurement of internal consistency.
    invariance : Whether the waves can be compared at all.
    alpha_comparison : Alpha in two waves, with the test of those who answered both.

    References
    ----------
    McGraw, K. O., & Wong, S. P. (1996). Forming inferences about some intraclass correlation coefficients. Psychological
    Methods, 1, 30–46.

    de Vet, H. C. W., Terwee, C. B., Knol, D. L., & Bouter, L. M. (2006). When to use agreement versus reliability measures.
    Journal of Clinical Epidemiology, 59, 1033–1039.

    Examples
    --------
    Twelve people, who all answer one point higher the second time.

    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> score = [1, 2, 3, 4] * 3
    >>> frame = pd.DataFrame({"a": score + [one + 1 for one in score], "wave": ["1"] * 12 + ["2"] * 12})
    >>> frame = frame.assign(b=frame["a"], respondent=list(range(12)) * 2)
    >>> result = op.retest(op.read(frame, items=["a", "b"], categories=range(1, 6)))
    >>> round(result.value("test_retest_icc", method="consistency/1~2"), 3)
    1.0
    >>> round(result.value("test_retest_icc", method="agreement/1~2"), 3)
    0.732
    """
    statistics, models = fitted_by_role(patterns, retested, _rows, cluster=cluster)
    return RetestResult(
        statistics=statistics,
        settings={"cluster": cluster},
        models={role: people for role, people in models.items() if people.n},
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> RetestResult:
    """All rows of the analysis (nothing in it is random)."""
    return retest(patterns)


def retested(patterns: ResponsePatterns, clustering: Clustering) -> RetestedPeople:
    """The people of one role, wave by wave."""
    respondent, wave, leader = (patterns.keys.get(name) for name in ("respondent", "wave", "leader"))
    m = len(patterns.counts)
    unit = np.full(m, -1)
    if respondent is None or wave is None:
        return RetestedPeople(
            patterns=patterns, clustering=clustering, waves=() if wave is None else wave.levels, unit=unit,
            scores=np.empty((0, 0)),
        )  # fmt: skip
    known = (respondent.codes >= 0) & (wave.codes >= 0)
    about = np.full(m, -1) if leader is None else leader.codes
    widths = [len(respondent.levels), 1 + (0 if leader is None else len(leader.levels))]
    people, place = distinct([respondent.codes[known], about[known]], widths, [0, -1])
    unit[known] = place
    score = scale_score(patterns.values(), patterns.instrument.minimum_answered)[patterns.pattern]
    scored = known & ~np.isnan(score)
    shape = (len(people[0]), len(wave.levels))
    total, times = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (unit[scored], wave.codes[scored]), (patterns.counts * score)[scored])
    np.add.at(times, (unit[scored], wave.codes[scored]), patterns.counts[scored])
    with np.errstate(invalid="ignore"):
        scores = total / times
    return RetestedPeople(patterns=patterns, clustering=clustering, waves=wave.levels, unit=unit, scores=scores)


def _rows(people: RetestedPeople) -> Iterator[Statistic]:
    if "respondent" not in people.patterns.keys or len(people.waves) < 2:
        reason = "one_wave" if len(people.waves) < 2 else "no_respondents"
        for quantity in _QUANTITIES:
            for kind in _KINDS:
                yield missing(reason, quantity=quantity, method=kind, n=0)
        return
    for first, second in combinations(in_time(people.waves), 2):
        yield from _of_waves(people, first, second)


def _of_waves(people: RetestedPeople, first: str, second: str) -> Iterator[Statistic]:
    chosen = people.both(first, second)
    n = len(chosen)
    try:
        if n < FEWEST_TWICE:
            raise EstimationError("too_few_retested", f"n = {n} < {FEWEST_TWICE}")
        waves = [people.waves.index(wave) for wave in (first, second)]
        scores = TwoOccasions(people.scores[chosen][:, waves])
    except EstimationError as error:
        for quantity in _QUANTITIES:
            for kind in _KINDS:
                yield missing(error.reason, quantity=quantity, method=f"{kind}/{first}~{second}", n=n)
        return
    sample = _Sample(scores, people.clusters(chosen), people.clustering)
    method = f"{{}}/{first}~{second}".format
    yield from sample.icc(method("agreement"), scores.agreement, scores.agreement_influence(), scores.agreement_bounds)
    yield from sample.icc(method("consistency"), scores.consistency, scores.consistency_influence(), scores.consistency_bounds)
    yield sample.error(method("agreement"), scores.error_agreement, scores.error_agreement_influence)
    yield sample.error(method("consistency"), scores.error_consistency, scores.error_consistency_influence)


@dataclass(frozen=True)
class _Sample:
    """From a number and its influence values to rows."""

    scores: TwoOccasions
    clusters: Clusters | None
    clustering: Clustering

    def _statistic(
        self, quantity: str, value: float, influence: Floats, bounds: BoundsOf, exact: Interval | None, method: str
    ) -> Statistic:
        """exact: the interval of independent people, where there is one."""
        error = intervals.influence_error(influence, np.ones(self.scores.n), self.clusters)
        robust = interval(bounds, value, error, intervals.degrees_of_freedom(self.clusters))
        return Statistic(
            quantity=quantity,
            method=method,
            estimate=value,
            std_error=error,
            interval=exact if exact is not None and self.clusters is None else robust,
            cluster=None if self.clusters is None else self.clustering.key,
            n=self.scores.n,
            note=joined(few_clusters(self.clusters), self.clustering.note),
        )

    def icc(self, method: str, value: float, influence: Floats, exact: Interval) -> Iterator[Statistic]:
        yield self._statistic("test_retest_icc", value, influence, intervals.fisher_z, exact, method)
        if self.clusters is not None:
            n = self.scores.n
            yield Statistic(quantity="test_retest_icc", method=f"{method}/mcgraw_wong", estimate=value, interval=exact, n=n)

    def error(self, method: str, value: float, influence: Callable[[], Floats]) -> Statistic:
        if not value > 0:
            return Statistic(quantity="test_retest_error", method=method, estimate=0.0, n=self.scores.n, note="no_change")
        return self._statistic("test_retest_error", value, influence(), intervals.log_wald, None, method)
