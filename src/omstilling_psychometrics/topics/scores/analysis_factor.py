"""Each leader's score from the two-level model: shrunken, and how probable it is that it lies above a mark.

The model is that of `two_level` with loadings equal across levels. The score is the expected scale score g(u) of the leader,
averaged over what all answers about the leader say of the factor u: answers of few people pull it little away from the mean of
all leaders, and items left out are taken as they are. Its interval is between quantiles of g(u), widened by the error of the
estimated parameters; its reliability is that of the plain mean of the answers that there are.

P(above a mark) = P(g(u) > mark | answers). The mark is a score that was declared, or the mean of the others of the leader's
organisation in the wave. Of many leaders with P = .8, eight in ten lie above: over the population of leaders, which the model
takes to be one whatever the organisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...analysis.by_role import clustering
from ...analysis.standard_errors import FEW_CLUSTERS
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats, Ints, Mask
from ...survey.disclosure import Disclosure
from ...survey.keys import is_known
from ..two_level.analysis_role import TwoLevelModel, fit_role
from .compared import compared
from .numerics.expected_score import ExpectedScore
from .numerics.factor_score import FactorScores, factor_scores
from .numerics.observed_mean import answer_covariances, observed_mean_reliability
from .numerics.posterior import probability_above
from .role_leaders import RoleLeaders
from .score_rows import ScoreRows


@dataclass(frozen=True, eq=False)
class LeaderFactors:
    """The leaders of a role under a fitted model: place (J,): which of `leaders` each of the model's groups is."""

    leaders: RoleLeaders
    model: TwoLevelModel
    place: Ints

    @cached_property
    def expected(self) -> ExpectedScore:
        """Of the items that somebody answered."""
        model, used = self.model, self._used
        values = np.array(model.answers.values, dtype=float)
        return ExpectedScore(model.loading[used], model.loading_between[used], model.thresholds[used], values)

    @cached_property
    def _used(self) -> Ints:
        return np.flatnonzero(self.model.answers.observed.any(axis=1))

    @cached_property
    def scores(self) -> FactorScores:
        """Of the model's groups."""
        k, steps = self.model.thresholds.shape
        of_items = (2 * k + steps * self._used[:, None] + np.arange(steps)).ravel()
        slopes = self.model.gradient[np.concatenate([self._used, k + self._used, of_items])]
        return factor_scores(self.model.fit, self.expected, slopes, self.model.fit.covariance(self.model.units))

    @cached_property
    def reliability(self) -> Floats:
        """(G,) of each leader's mean score, from the answers that it is the mean of."""
        scored = self.leaders.scored
        answered = self.leaders.answers.patterns[:, self._used] > 0
        found = np.full(self.leaders.size, np.nan)
        covariances = answer_covariances(self.expected)
        found[self.leaders.place_of_rated] = observed_mean_reliability(covariances, answered, scored.counts)
        return found

    @cached_property
    def remark(self) -> str | None:
        """What must be known to read the errors."""
        leaders = self.model.answers.leaders
        few = Note("few_clusters", f"{leaders} < {FEW_CLUSTERS}") if leaders < FEW_CLUSTERS else None
        return joined("one_cluster" if np.isnan(self.scores.parameter_error).any() else None, few)


def leader_factors(leaders: RoleLeaders) -> LeaderFactors:
    """Raises EstimationError where there is no model, or nothing varies between leaders."""
    model = fit_role(leaders.answers, clustering(leaders.answers, leaders.role), only_equal=True).equal
    if model.reason is not None:
        raise EstimationError(model.reason.key, model.reason.detail)
    if model.at_bound:
        raise EstimationError("variance_at_zero")
    found = LeaderFactors(leaders, model, leaders.places(model.answers.leader, model.answers.wave))
    if not found.expected.increasing:
        raise EstimationError("not_increasing")
    return found


def factor_rows(factors: LeaderFactors, shown: Mask, marks: tuple[float, ...], policy: Disclosure) -> Iterator[ScoreRows]:
    """The score of each leader, and the probability that it lies above each mark and the mean of the others."""
    leaders, scores = factors.leaders, factors.scores
    group = np.full(leaders.size, -1)
    group[factors.place] = np.arange(len(factors.place))
    place = np.flatnonzero(shown & (group >= 0))
    rows = group[place]
    columns = {**leaders.columns(place), "n": np.round(factors.model.answers.answers[rows]).astype(np.int64)}
    posterior, widened = scores.posterior.take(rows), scores.widened.take(rows)

    def bounds(level: float) -> tuple[Floats, Floats]:
        tail = (1 - level) / 2
        return factors.expected(widened.quantile(tail)), factors.expected(widened.quantile(1 - tail))

    yield ScoreRows(
        {
            **columns,
            "score": scores.score[rows],
            "method": "two_level",
            "std_error": scores.error[rows],
            "reliability": factors.reliability[place],
            "note": factors.remark,
        },
        place,
        bounds,
    )
    for mark in marks:
        exact = np.full(len(rows), mark)
        probability = probability_above(widened, factors.expected, exact, np.zeros(len(rows)))
        yield ScoreRows({**columns, "method": above(mark), "score": probability}, place)
    if is_known(leaders.answers.keys, "organisation"):
        unit = leaders.together("organisation", place, policy)
        beside = compared(scores.score[rows], scores.spread[rows] ** 2, unit, policy, columns["n"], "organisation")
        # An error of the parameters moves a leader and the others alike.
        of_others = np.where(beside.usable, beside.rest.mean, np.nan)
        probability = probability_above(posterior, factors.expected, of_others, np.sqrt(beside.rest.variance))
        compared_rows = {"score": probability, "fewest": beside.fewest, "note": beside.note}
        yield ScoreRows({**columns, "method": "above/organisation", **compared_rows}, place)


def no_factor_rows(leaders: RoleLeaders, marks: tuple[float, ...], reason: Note) -> Iterator[ScoreRows]:
    """A row of the role that says why there is no score, and one why there is no probability of each mark."""
    for method in ("two_level", *map(above, marks)):
        yield ScoreRows({"role": leaders.role, "method": method, "note": str(reason)}, np.array([leaders.size]))


def above(mark: float) -> str:
    """The method, with all digits of the mark, so that no two have one name."""
    return f"above/{mark:.15g}"
