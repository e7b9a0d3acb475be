"""Two roles beside each other: over all of their answers, and over the leaders whom both answered about."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from ...analysis.by_role import several_leaders
from ...analysis.declared_rows import completed
from ...analysis.groups import Groups, groups_of
from ...core.errors import EstimationError
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.item_rest import Correlation, pearson
from ...core.numerics.sandwich import Clusters, meat, quadratic_variance
from ...core.numerics.tally import distinct
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from .analysis_scores import score_of
from .numerics.paired_groups import UnitMeans, unit_clusters, unit_means

# Fisher's z of a correlation has no variance below this.
_FEWEST_CORRELATED = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class PairedLeaders:
    """Mean scores of two roles about each leader (in each wave) whom both answered about.

    Parameters
    ----------
    first : UnitMeans
        Answers of the first role about each, and their mean (u,).
    second : UnitMeans
        The same of the second role.
    clusters : Clusters
        The leaders; one in several waves is one cluster.
    note : str or None
        What must be said of their errors.
    """

    first: UnitMeans = field(repr=False)
    second: UnitMeans = field(repr=False)
    clusters: Clusters = field(repr=False)
    note: str | None

    @property
    def units(self) -> Floats:
        """Each leader (in a wave) once (u,)."""
        return np.ones(len(self.first.n))

    @property
    def n(self) -> int:
        """Answers about them."""
        return round(float(self.first.n.sum() + self.second.n.sum()))

    @property
    def differences(self) -> Floats:
        """Mean of the first role less that of the second (u,), in scale points."""
        return self.first.mean - self.second.mean

    @property
    def correlation(self) -> Correlation:
        """Of both means. Raises EstimationError with fewer than four leaders, or where one role's means are all the same."""
        self.require(_FEWEST_CORRELATED)
        correlation = pearson(self.first.mean, self.second.mean, self.units)
        if math.isnan(correlation.estimate):
            raise EstimationError("no_variance")
        return correlation

    def require(self, leaders: int) -> None:
        """Raises EstimationError with fewer leaders than so many.

        Parameters
        ----------
        leaders : int
            How many are needed.

        Returns
        -------
        None
            Where there are enough.
        """
        if len(self.units) < leaders:
            raise EstimationError("too_few_leaders_with_both", len(self.units))


@dataclass(frozen=True, eq=False, kw_only=True)
class RolePair:
    """The scale scores of two roles.

    Parameters
    ----------
    first : str
        The role whose scores are compared.
    second : str
        The role that they are compared with.
    answers : ResponsePatterns
        Of both, and perhaps of others.
    """

    first: str
    second: str
    answers: ResponsePatterns = field(repr=False)

    @property
    def method(self) -> str:
        """Name of the comparison in rows, `first~second`."""
        return f"{self.first}~{self.second}"

    @cached_property
    def _places(self) -> list[int]:
        """Where both are among the roles, in their order."""
        levels = self.answers.keys["role"].levels
        return sorted(levels.index(role) for role in (self.first, self.second))

    @cached_property
    def _cells(self) -> Mask:
        """Their cells among the answers (m,)."""
        return np.isin(self.answers.keys["role"].codes, self._places)

    @cached_property
    def _every(self) -> Groups:
        """All roles; answers of which no leader is known are independent of each other."""
        leader = self.answers.keys.get("leader")
        known = leader is not None and bool((leader.codes[self._cells] >= 0).any())
        return groups_of(self.answers, cluster="leader" if known else None)

    @cached_property
    def _occurs(self) -> Mask:
        """The patterns that either gave."""
        return np.asarray((self._every.counts[self._places] > 0).any(axis=0))

    @cached_property
    def score(self) -> Floats:
        """Of each pattern that either gave (p,), NaN where there is none."""
        return score_of(self.answers)[self._occurs]

    @cached_property
    def note(self) -> str | None:
        """What must be said of errors that are added up within leaders over both roles."""
        return several_leaders(self.answers, "leader", self._cells)

    @cached_property
    def groups(self) -> Groups:
        """Both roles' counts of the patterns, and clusters that reach across them."""
        every = self._every
        columns = np.isin(np.arange(len(every.names)), self._places)[:, None] & self._occurs
        return Groups(
            names=tuple(every.names[place] for place in self._places),
            counts=every.counts[self._places][:, self._occurs],
            clusters=every.clusters and every.clusters.restrict(columns.ravel()),
            cluster=every.cluster,
            note=self.note if every.cluster is not None else None,
        )

    @cached_property
    def _rows(self) -> list[int]:
        return [self.groups.names.index(role) for role in (self.first, self.second)]

    @cached_property
    def weights(self) -> Floats:
        """Scores of each role by pattern (2, p)."""
        return np.where(~np.isnan(self.score), self.groups.counts[self._rows], 0.0)

    @property
    def sizes(self) -> Floats:
        """Scores of each role (2,)."""
        return np.asarray(self.weights.sum(axis=1))

    @property
    def n(self) -> int:
        """Scores of both roles."""
        return round(float(self.sizes.sum()))

    @cached_property
    def _value(self) -> Floats:
        return np.where(np.isnan(self.score), 0.0, self.score)

    @cached_property
    def means(self) -> Floats:
        """Mean score of each role (2,). Raises EstimationError with fewer than two scores of either."""
        if self.sizes.min() < 2:
            raise EstimationError("too_few_answers")
        return np.array([weights @ self._value / size for weights, size in zip(self.weights, self.sizes, strict=True)])

    @cached_property
    def variances(self) -> Floats:
        """Variance of each role's scores (2,), divisor n."""
        parts = zip(self.weights, self.sizes, self.means, strict=True)
        return np.array([weights @ (self._value - mean) ** 2 / size for weights, size, mean in parts])

    @property
    def difference(self) -> float:
        """Of the means, in scale points."""
        return float(self.means[0] - self.means[1])

    @property
    def pooled_variance(self) -> float:
        """Of both roles about their means, divisor n - 2."""
        return float((self.sizes @ self.variances) / (self.sizes.sum() - 2))

    @property
    def standardized_difference(self) -> float:
        """The difference in pooled standard deviations. Raises EstimationError where nothing varies."""
        if self.pooled_variance == 0:
            raise EstimationError("no_variance")
        return self.difference / math.sqrt(self.pooled_variance)

    @cached_property
    def covariance(self) -> Floats:
        """Covariance (2, 2) of the difference and the pooled variance, added up within leaders over both roles."""
        p = len(self.score)
        scored = ~np.isnan(self.score)
        influence = np.zeros((self.groups.stacked.size, 2))
        parts = zip(self._rows, self.sizes, self.means, self.variances, (1, -1), strict=True)
        for row, size, mean, variance, sign in parts:
            away = self._value - mean
            part = slice(row * p, (row + 1) * p)
            influence[part, 0] = np.where(scored, sign * away / size, 0.0)
            influence[part, 1] = np.where(scored, (away**2 - variance) / (self.sizes.sum() - 2), 0.0)
        return meat(influence, self.groups.stacked, self.groups.clusters)

    @cached_property
    def leaders(self) -> PairedLeaders:
        """Those whom both roles answered about, in each wave. Raises EstimationError where leaders are not known."""
        if "leader" not in self.answers.keys:
            raise EstimationError("no_leaders")
        leader, wave, role = (self.answers.keys.get(name) for name in ("leader", "wave", "role"))
        assert leader is not None
        assert role is not None
        known = leader.codes >= 0
        columns, widths = [leader.codes[known]], [len(leader.levels)]
        if wave is not None:
            columns, widths = [*columns, wave.codes[known] + 1], [*widths, len(wave.levels) + 1]
        about, unit = distinct(columns, widths)
        score = score_of(self.answers)[self.answers.pattern[known]]
        counts = self.answers.counts[known].astype(np.float64)

        def means(name: str) -> UnitMeans:
            of_role = role.codes[known] == role.levels.index(name)
            return unit_means(score[of_role], counts[of_role], unit[of_role], len(about[0]))

        first, second = means(self.first), means(self.second)
        both = (first.n > 0) & (second.n > 0)
        return PairedLeaders(
            first=UnitMeans(first.n[both], first.mean[both]),
            second=UnitMeans(second.n[both], second.mean[both]),
            clusters=unit_clusters(about[0][both]),
            note=self.note,
        )


def rows(pair: RolePair) -> Iterator[Statistic]:
    """Differences over all answers, and over the leaders whom both answered about."""
    yield from completed(_over_answers(pair), declared_over_answers(pair))
    yield from completed(_over_leaders(pair), declared_over_leaders(pair))


def declared_over_answers(pair: RolePair) -> Iterator[Statistic]:
    """The rows over all answers, whether or not there are enough of them."""
    for quantity in ("mean_difference", "standardized_difference"):
        yield Statistic(quantity=quantity, method=pair.method, n=pair.n)


def declared_over_leaders(pair: RolePair) -> Iterator[Statistic]:
    """The rows over leaders, whether or not these are known."""
    n = pair.leaders.n if "leader" in pair.answers.keys else 0
    for quantity in ("leader_difference", "leader_share_above", "leader_correlation"):
        yield Statistic(quantity=quantity, method=pair.method, n=n)


def _over_answers(pair: RolePair) -> Iterator[Statistic]:
    groups, n, units = pair.groups, pair.n, intervals.degrees_of_freedom(pair.groups.clusters)
    difference = pair.difference
    yield groups.difference("mean_difference", pair.method, difference, float(pair.covariance[0, 0]), units, n)
    standardized, pooled = pair.standardized_difference, pair.pooled_variance
    slopes = np.array([1 / math.sqrt(pooled), -difference / (2 * pooled**1.5)])
    spread = quadratic_variance(slopes, pair.covariance)
    yield groups.difference("standardized_difference", pair.method, standardized, spread, units, n)


def _over_leaders(pair: RolePair) -> Iterator[Statistic]:
    leaders = pair.leaders
    yield Statistic(quantity="leaders_with_both", method=pair.method, estimate=float(len(leaders.units)), n=leaders.n)
    leaders.require(2)
    differences = leaders.differences
    yield _mean_over_leaders("leader_difference", pair.method, differences, leaders)
    yield _mean_over_leaders("leader_share_above", pair.method, (differences > 0).astype(float), leaders)
    correlation = leaders.correlation
    error_of_r = intervals.influence_error(correlation.influence, leaders.units, leaders.clusters)
    df = intervals.degrees_of_freedom(leaders.clusters)
    yield Statistic(
        quantity="leader_correlation",
        method=pair.method,
        cluster="leader",
        estimate=correlation.estimate,
        std_error=error_of_r,
        interval=partial(intervals.fisher_z, correlation=correlation.estimate, std_error=error_of_r, df=df),
        n=leaders.n,
        note=leaders.note,
    )


def _mean_over_leaders(quantity: str, method: str, values: Floats, leaders: PairedLeaders) -> Statistic:
    mean = float(values.mean())
    error = intervals.influence_error(values - mean, leaders.units, leaders.clusters)
    df = intervals.degrees_of_freedom(leaders.clusters)
    bounds = partial(intervals.wald, estimate=mean, std_error=error, df=df)
    if quantity == "leader_share_above":
        bounds = partial(intervals.wilson, share=mean, n=len(values), std_error=error, df=df)
    return Statistic(
        quantity=quantity,
        method=method,
        cluster="leader",
        estimate=mean,
        std_error=error,
        interval=bounds,
        n=leaders.n,
        note=leaders.note,
    )
