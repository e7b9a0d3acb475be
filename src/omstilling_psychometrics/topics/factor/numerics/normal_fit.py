"""Maximum likelihood fit of a factor model to continuous or ordered answers, complete (ML, MLR) or not (FIML).

Sums over answers throughout, never averages: information and scores add up over groups, chi2 = 2 (log-likelihood of the
saturated moments - log-likelihood of the model) = N F. Shapes: r patterns over all groups, S = g s moments, q parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, Span, meat
from ....core.numerics.tally import distinct_flags
from ...missing.numerics.incomplete_moments import incomplete_moments
from .curvature import curvature
from .fit import WeighedMoments
from .minimise import minimise
from .model import FactorModel
from .normal import GroupMoments, Normal, group_moments, precision
from .start import starting_values


@dataclass(frozen=True)
class NormalSample:
    """values (r, k) with NaN, counts (r,) and group (r,) of the patterns; every row has an answer."""

    values: Floats
    counts: Floats
    group: NDArray[np.int64]

    @property
    def n(self) -> int:
        return round(float(self.counts.sum()))

    @property
    def g(self) -> int:
        return int(self.group.max(initial=0)) + 1

    @property
    def k(self) -> int:
        return int(self.values.shape[1])

    @cached_property
    def complete(self) -> bool:
        return not np.isnan(self.values).any()

    @cached_property
    def likelihood(self) -> Normal:
        return Normal([self._moments(group) for group in range(self.g)])

    def _moments(self, group: int) -> GroupMoments:
        chosen = self.group == group
        return group_moments(self.values[chosen], self.counts[chosen])

    @cached_property
    def saturated(self) -> Floats:
        """Maximum likelihood means and covariances (S,), group after group. Raises EstimationError where there are none."""
        first, second = np.triu_indices(self.k)
        parts = []
        for index, group in enumerate(self.likelihood.groups):
            if len(group.observed) == 1 and group.observed.all():
                mean, covariance = group.mean[0, 0], group.covariance[0, 0]
            else:
                chosen = self.group == index
                estimate = incomplete_moments(self.values[chosen], self.counts[chosen])
                mean, covariance = estimate.mean, estimate.covariance
            parts.append(np.concatenate([mean, covariance[first, second]]))
        return np.concatenate(parts)

    def saturated_sandwich(self, clusters: Clusters | None = None) -> tuple[Floats, Floats]:
        """Observed information and cross products of the scores (S, S) at the saturated moments."""
        if clusters not in self._sandwiches:
            _, second, _ = self.likelihood.derivatives(self.saturated[None])
            cross = self.meat(self.scores(self.saturated), clusters)
            self._sandwiches[clusters] = self.counts.sum() * second[0], cross
        return self._sandwiches[clusters]

    def meat(self, scores: Floats, clusters: Clusters | None = None) -> Floats:
        """Cross products (q, q) of combinations (r, q) of scores by the moments, at any moments, summed by cluster."""
        if not self.complete:
            return meat(scores, self.counts, clusters)
        if clusters not in self._spans:
            self._spans[clusters] = Span(self._products, self.counts, clusters)
        return self._spans[clusters].meat(scores)

    @cached_property
    def _spans(self) -> dict[Clusters | None, Span]:
        return {}

    @property
    def _products(self) -> Floats:
        """(r, S + g) 1, deviations from the means and their products, group by group: scores of complete answers are
        combinations of these, whatever the moments are."""
        first, second = np.triu_indices(self.k)
        members = self.group[:, None] == np.arange(self.g)
        deviations = self.values - self.unpack(self.saturated)[0][self.group]
        columns = np.column_stack([np.ones(len(self.values)), deviations, deviations[:, first] * deviations[:, second]])
        return np.asarray(members[:, :, None] * columns[:, None]).reshape(len(columns), -1)

    @cached_property
    def _sandwiches(self) -> dict[Clusters | None, tuple[Floats, Floats]]:
        return {}

    def unpack(self, moments: Floats) -> tuple[Floats, Floats]:
        """Means (g, k) and covariances (g, k, k) from moments (S,)."""
        first, second = np.triu_indices(self.k)
        rows = moments.reshape(self.g, -1)
        sigma = np.empty((self.g, self.k, self.k))
        sigma[:, first, second] = sigma[:, second, first] = rows[:, self.k :]
        return rows[:, : self.k], sigma

    def scores(self, moments: Floats) -> Floats:
        """(r, S) derivative of one answer's log-likelihood by the moments, at moments (S,)."""
        first, second = np.triu_indices(self.k)
        half = np.where(first == second, 0.5, 1.0)
        mu, sigma = self.unpack(moments)
        size = self.k + len(first)
        out = np.zeros((len(self.values), self.g * size))
        answered = ~np.isnan(self.values)
        for group in range(self.g):
            rows = np.flatnonzero(self.group == group)
            observed, place = distinct_flags(answered[rows])
            inverse, _ = precision(observed, sigma[group])
            inverse = inverse[place]
            residual = np.where(answered[rows], self.values[rows] - mu[group], 0.0)
            pulled = np.einsum("rij,rj->ri", inverse, residual)
            start = group * size
            out[rows, start : start + self.k] = pulled
            out[rows, start + self.k : start + size] = (pulled[:, first] * pulled[:, second] - inverse[:, first, second]) * half
        return out


def normal_sample(
    values: Floats, counts: Floats, group: NDArray[np.int64] | None = None
) -> tuple[NormalSample, NDArray[np.bool_]]:
    """The sample and which rows of values (r, k) are in it: those with an answer and a count."""
    used = ~np.isnan(values).all(axis=1) & (counts > 0)
    where = np.zeros(len(values), dtype=np.int64) if group is None else group
    return NormalSample(values[used], counts[used], where[used]), used


@dataclass(frozen=True, kw_only=True)
class NormalFit:
    """parameters (q,) at the maximum; moments (S,) and jacobian (S, q) there; log_likelihood of the model and saturated."""

    model: FactorModel
    sample: NormalSample
    parameters: Floats
    moments: Floats
    jacobian: Floats
    log_likelihood: float
    saturated_log_likelihood: float
    converged: bool

    @property
    def n(self) -> int:
        return self.sample.n

    @property
    def df(self) -> int:
        return self.model.df

    @property
    def index_n(self) -> int:
        """The N of RMSEA."""
        return self.n

    @property
    def determined(self) -> int:
        """Sample moments, which clusters must exceed for a test of fit."""
        return self.model.g * self.model.s

    @property
    def chi2(self) -> float:
        return max(2 * (self.saturated_log_likelihood - self.log_likelihood), 0.0)  # a saturated model may round below 0

    def matrices(self) -> list[tuple[Floats, Floats]]:
        """Covariances of each group (k, k), of the sample and implied."""
        _, covariances = self.sample.unpack(self.sample.saturated)
        return list(zip(covariances, self.model.covariance(self.model.elements(self.parameters)), strict=True))

    def loading_sizes(self) -> Floats:
        """(k,) of the first group, in standard deviations of the items."""
        loadings = np.abs(self.model.matrix("loadings", self.model.elements(self.parameters))[0, :, 0])
        return np.asarray(loadings / np.sqrt(np.einsum("gii->gi", self.sample.unpack(self.sample.saturated)[1])[0]))

    @cached_property
    def moment_derivatives(self) -> tuple[Floats, Floats, Floats]:
        """Slope (S,), observed and expected information (S, S) of the moments, as sums over answers."""
        slope, second, expected = self.sample.likelihood.derivatives(self.moments[None])
        n = self.sample.counts.sum()
        return n * slope[0], n * second[0], n * expected[0]

    @cached_property
    def expected_information(self) -> Floats:
        return np.asarray(self.jacobian.T @ self.moment_derivatives[2] @ self.jacobian)

    @property
    def information(self) -> Floats:
        """The expected one."""
        return self.expected_information

    def weighed(self, x: Floats) -> Floats:
        """V x of changes of the moments (S, p), V their expected information."""
        return np.asarray(self.moment_derivatives[2] @ x)

    def score_along(self, x: Floats) -> Floats:
        """(p,) first rise of the log-likelihood along changes of the moments (S, p)."""
        return -np.asarray(self.moment_derivatives[0] @ x)

    @cached_property
    def observed_information(self) -> Floats:
        slope, second, _ = self.moment_derivatives
        return np.asarray(self.jacobian.T @ second @ self.jacobian + curvature(self.model, self.parameters, slope))

    @cached_property
    def scores(self) -> Floats:
        """(r, q)"""
        return np.asarray(self.sample.scores(self.moments) @ self.jacobian)

    @property
    def influence(self) -> Floats:
        """(r, q) of one answer on the parameters."""
        return np.asarray(np.linalg.solve(self.observed_information, self.scores.T).T)

    def score_covariance(self, clusters: Clusters | None = None) -> Floats:
        """Cross products of the scores (q, q), summed by cluster."""
        if clusters not in self._score_covariances:
            self._score_covariances[clusters] = self.sample.meat(self.scores, clusters)
        return self._score_covariances[clusters]

    @cached_property
    def _score_covariances(self) -> dict[Clusters | None, Floats]:
        return {}

    def expected_covariance(self) -> Floats:
        """Covariance of the parameters if the model and normality hold: inverse expected information (ML)."""
        return _inverse(self.expected_information)

    def robust_covariance(self, clusters: Clusters | None = None) -> Floats:
        """A^-1 B A^-1 with observed information A and cross products of scores B, summed by cluster (MLR)."""
        # Summing the outer products of influences, not sandwiching their sum, keeps variances from rounding to below 0.
        return self.sample.meat(self.scores @ _inverse(self.observed_information), clusters)

    def weighed_moments(self) -> WeighedMoments:
        """At the model's moments, as score tests have it, with the information expected there."""
        sample = self.sample
        _, second, _ = sample.likelihood.derivatives(self.moments[None])
        information = sample.counts.sum() * second[0]
        influence = np.linalg.solve(information, sample.scores(self.moments).T).T
        return WeighedMoments(information, influence, studentised=False)


def _different_values(sample: NormalSample, item: int) -> list[int]:
    """How many values of an item occur in each group."""
    columns = [sample.values[sample.group == group, item] for group in range(sample.g)]
    return [len(np.unique(column[~np.isnan(column)])) for column in columns]


def _inverse(information: Floats) -> Floats:
    return np.asarray(np.linalg.solve(information, np.eye(len(information))))


def fit_normal(model: FactorModel, sample: NormalSample, start: Floats | None = None) -> NormalFit:
    """Maximum likelihood. Raises EstimationError where an item has no variance or the saturated covariance is singular."""
    for item in range(sample.k):
        if (fewest := min(_different_values(sample, item))) < 2:
            raise EstimationError("constant_item" if fewest else "item_without_answers", item + 1)
    saturated = sample.saturated
    means, covariances = sample.unpack(saturated)
    if (np.linalg.eigvalsh(covariances)[:, 0] <= 1e-10 * np.einsum("gii->g", covariances)).any():
        raise EstimationError("covariance_singular")
    likelihood = sample.likelihood
    first = starting_values(model, means, covariances) if start is None else start
    minimum = minimise(model, likelihood, first[None])
    parameters = minimum.parameters[0]
    moments = model.moments(parameters)
    return NormalFit(
        model=model,
        sample=sample,
        parameters=parameters,
        moments=moments,
        jacobian=model.jacobian(parameters),
        log_likelihood=float(likelihood.log_likelihood(moments[None])[0]),
        saturated_log_likelihood=float(likelihood.log_likelihood(saturated[None])[0]),
        converged=bool(minimum.converged[0]),
    )
