"""Diagonally weighted and unweighted least squares fit of a factor model to thresholds and polychoric correlations.

    chi2 = (s - beta)' W (s - beta),   W = diag(var s)^-1 (DWLS) or diag(n_g - 1) (ULS)

Thresholds are those the instrument declares: one that no answer of a group determines (a category below the lowest or above the
highest used) has no moment there, and a parameter only where another group determines it. A category between used ones that
*no* group uses has one threshold, not two: the upper one is no moment of its own, and its parameter is that of the lower. Where
only some groups do not use it, their two thresholds are two moments with equal values, as counted: that they are equal is what
contradicts the other groups. The covariance of such moments is singular, which does no harm: no test inverts it.
Nothing is relabelled. The covariance of s comes from influence values of patterns (`polychoric_influence`), summed over
respondents or, times G/(G - 1), over clusters, and always times n/(n - g), as lavaan has it; the weights have n_g - 1 in the
same way. Shapes: r patterns over all groups, S = g s moments, q parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, meat
from ...correlation.numerics.polychoric import BOUNDARY, pairs
from ...correlation.numerics.polychoric_influence import OrdinalMoments, ordinal_moments
from .fit import WeighedMoments
from .least_squares import LeastSquares
from .minimise import minimise
from .model import FactorModel
from .start import starting_values

Weights = Literal["DWLS", "ULS"]


@dataclass(frozen=True)
class OrdinalSample:
    """codes (r, k) of 1 … c or below 1 for no answer, counts (r,) and group (r,) of the patterns, c declared categories."""

    codes: NDArray[np.integer]
    counts: Floats
    group: NDArray[np.int64]
    c: int

    @property
    def n(self) -> int:
        return round(float(self.counts.sum()))

    @property
    def g(self) -> int:
        return int(self.group.max(initial=0)) + 1

    @property
    def k(self) -> int:
        return int(self.codes.shape[1])

    @cached_property
    def group_sizes(self) -> Floats:
        return np.bincount(self.group, weights=self.counts, minlength=self.g).astype(float)

    @cached_property
    def groups(self) -> list[OrdinalMoments]:
        """Two-step estimates of each group."""
        return [ordinal_moments(self.codes[self.group == g], self.counts[self.group == g], self.c) for g in range(self.g)]

    def of_items(self, keep: Sequence[int]) -> OrdinalSample:
        """The same rows with some of the items, in their order; those without an answer to these are counted as none. What is
        known of the items and their pairs is not computed again."""
        codes = self.codes[:, list(keep)]
        sample = OrdinalSample(codes, np.where((codes > 0).any(axis=1), self.counts, 0.0), self.group, self.c)
        vars(sample)["groups"] = [group.of_items(keep) for group in self.groups]
        return sample

    @cached_property
    def moments(self) -> Floats:
        """s (S,): thresholds item by item, then correlations, group after group."""
        return np.concatenate([np.concatenate([group.thresholds.ravel(), group.correlations]) for group in self.groups])

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """(g, k, c) categories of the items that each group uses."""
        return np.stack([group.item_counts > 0 for group in self.groups])

    @cached_property
    def skipped(self) -> NDArray[np.bool_]:
        """(g, k, c) categories that a group does not use although it uses lower and higher ones."""
        return _between(self.used)

    @cached_property
    def repeated(self) -> NDArray[np.bool_]:
        """(k, c-1) True for the upper threshold of a category that no group uses, between categories that are used."""
        return _between(np.asarray(self.used.any(axis=0)))[:, :-1]

    @cached_property
    def determined(self) -> NDArray[np.bool_]:
        """(S,) False for thresholds outside the categories used, and for those that repeat another."""
        again = np.concatenate([self.repeated.ravel(), np.zeros(self.k * (self.k - 1) // 2, dtype=bool)])
        return np.asarray(np.isfinite(self.moments) & ~np.tile(again, self.g))

    @cached_property
    def variances(self) -> Floats:
        """(S,) variance of each moment with independent answers, with n/(n - 1) for each group's n."""
        return np.concatenate(
            [
                np.concatenate([group.threshold_variance().ravel(), group.correlation_variance()]) * size / (size - 1)
                for group, size in zip(self.groups, self.group_sizes, strict=True)
            ]
        )

    @cached_property
    def influence(self) -> Floats:
        """(r, S) of the patterns on the moments."""
        return self._influence(self.groups)

    def influence_at(self, moments: Floats) -> Floats:
        """(r, S) where the population has these moments (S,) instead of the sample's."""
        k, t, width = self.k, self.c - 1, len(moments) // self.g
        there = []
        for group, group_moments in zip(self.groups, moments.reshape(self.g, width), strict=True):
            there.append(group.at(group_moments[: k * t].reshape(k, t), group_moments[k * t :]))
        return self._influence(there)

    def _influence(self, groups: list[OrdinalMoments]) -> Floats:
        width = len(self.moments) // self.g
        out = np.zeros((len(self.codes), self.g * width))
        for g, group in enumerate(groups):
            rows = np.flatnonzero(self.group == g)
            out[rows, g * width : (g + 1) * width] = group.influence(self.codes[rows])
        return out

    def covariance(self, clusters: Clusters | None = None) -> Floats:
        """Covariance (S, S) of the moments."""
        if clusters not in self._covariances:
            self._covariances[clusters] = meat(self.influence, self.counts, clusters) * self.n / (self.n - self.g)
        return self._covariances[clusters]

    @cached_property
    def _covariances(self) -> dict[Clusters | None, Floats]:
        return {}

    def refuse(self) -> None:
        """Raise EstimationError where the correlations that a factor model needs are not there."""
        for group in self.groups:
            used = (group.item_counts > 0).sum(axis=-1)
            if (used == 0).any():
                raise EstimationError("item_without_answers", int(np.flatnonzero(used == 0)[0]) + 1)
            if (used < 2).any():
                raise EstimationError("constant_item", int(np.flatnonzero(used < 2)[0]) + 1)
            if (group.pair_counts == 0).any():
                raise EstimationError("items_never_answered_together")
            if np.isnan(group.correlations).any():
                raise EstimationError("no_variance")
            if (perfect := np.abs(group.correlations) >= BOUNDARY).any():
                first, second = (int(item[perfect][0]) + 1 for item in pairs(self.k))
                raise EstimationError("perfect_correlation", f"{first}~{second}")


def _between(used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(..., c) what is not used, between categories that are."""
    before = np.logical_or.accumulate(used, axis=-1)
    after = np.logical_or.accumulate(used[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray(~used & before & after)


def ordinal_sample(
    codes: NDArray[np.integer], counts: Floats, c: int, group: NDArray[np.int64] | None = None
) -> tuple[OrdinalSample, NDArray[np.bool_]]:
    """The sample and which rows of codes (r, k) are in it: those with an answer and a count."""
    used = (codes > 0).any(axis=1) & (counts > 0)
    where = np.zeros(len(codes), dtype=np.int64) if group is None else group
    return OrdinalSample(codes[used], counts[used], where[used], c), used


def without_undetermined(model: FactorModel, sample: OrdinalSample) -> FactorModel:
    """The model without the threshold parameters that no group's answers determine: fixed at 0, with no moment to fit; or, of a
    threshold that repeats the one below it, the parameter of that one."""
    for item, cut in np.argwhere(sample.repeated):
        model = model.follow("thresholds", (int(item), int(cut)), (int(item), int(cut) - 1))
    cuts = sample.determined.reshape(sample.g, -1)[:, : model.k * model.t]
    place = model.parts["thresholds"]
    known = np.unique(model.free[:, place][cuts])
    for group in range(model.g):
        lost = [
            (cut // model.t, cut % model.t)
            for cut in range(model.k * model.t)
            if not cuts[group, cut] and model.free[group, place.start + cut] not in known
        ]
        if lost:
            model = model.fix("thresholds", 0.0, cells=lost, groups=[group])
            cuts_left = model.free[:, place][cuts]
            known = np.unique(cuts_left)
    return model


@dataclass(frozen=True, kw_only=True)
class OrdinalFit:
    """parameters (q,) at the minimum of 2 N f = chi2; moments (S,) and jacobian (S, q) there; weights (S,). The last two
    are 0 where undetermined."""

    model: FactorModel
    sample: OrdinalSample
    parameters: Floats
    moments: Floats
    jacobian: Floats
    weights: Floats
    estimator: Weights
    converged: bool

    @property
    def n(self) -> int:
        return self.sample.n

    @property
    def index_n(self) -> int:
        """The N of RMSEA: the weights have n - 1 of every group, as in lavaan."""
        return self.n - self.sample.g

    @property
    def determined(self) -> int:
        """Sample moments that the answers determine, which clusters must exceed for a test of fit."""
        return int(self.sample.determined.sum())

    @property
    def df(self) -> int:
        return self.determined - self.model.q

    def matrices(self) -> list[tuple[Floats, Floats]]:
        """Correlations of each group (k, k), polychoric and implied."""
        pairs = []
        for group, sigma in zip(self.sample.groups, self.model.covariance(self.model.elements(self.parameters)), strict=True):
            scale = np.sqrt(np.diag(sigma))
            pairs.append((group.matrix(), np.asarray(sigma / np.outer(scale, scale))))
        return pairs

    def loading_sizes(self) -> Floats:
        """(k,) of the first group, standardized (`theta`) or as they are (`delta`, whose items have variance 1)."""
        loadings = np.abs(self.model.matrix("loadings", self.model.elements(self.parameters))[0, :, 0])
        return np.asarray(loadings / np.sqrt(1 + loadings**2) if self.model.kind == "theta" else loadings)

    @property
    def residuals(self) -> Floats:
        """s - beta (S,), 0 for infinite thresholds."""
        known = np.isfinite(self.sample.moments)
        return np.where(known, np.where(known, self.sample.moments, 0.0) - self.moments, 0.0)

    @property
    def chi2(self) -> float:
        return float(self.weights @ self.residuals**2)

    @cached_property
    def information(self) -> Floats:
        """J' W J (q, q)"""
        return np.asarray((self.jacobian * self.weights[:, None]).T @ self.jacobian)

    def weighed(self, x: Floats) -> Floats:
        """W x of changes of the moments (S, p)."""
        return np.asarray(self.weights[:, None] * x)

    def score_along(self, x: Floats) -> Floats:
        """(p,) first fall of half of chi2 along changes of the moments (S, p)."""
        return np.asarray((self.weights * self.residuals) @ x)

    @cached_property
    def gain(self) -> Floats:
        """(q, S) how the estimates follow the moments: (J' W J)^-1 J' W."""
        return np.asarray(np.linalg.solve(self.information, (self.jacobian * self.weights[:, None]).T))

    def robust_covariance(self, clusters: Clusters | None = None) -> Floats:
        """Covariance of the parameters from that of the moments (Muthen 1984; Satorra & Bentler 1994)."""
        return np.asarray(self.gain @ self.sample.covariance(clusters) @ self.gain.T)

    @property
    def influence(self) -> Floats:
        """(r, q) of one answer on the parameters."""
        return np.asarray(self.sample.influence @ self.gain.T)

    def weighed_moments(self) -> WeighedMoments:
        """Halfway between the sample's moments and the model's."""
        halfway = self.sample.moments - self.residuals / 2
        return WeighedMoments(np.diag(self.weights), self.sample.influence_at(halfway), studentised=True)


def weights_of(sample: OrdinalSample, estimator: Weights) -> Floats:
    """(S,)"""
    if estimator == "ULS":
        weights = np.repeat(sample.group_sizes - 1, len(sample.moments) // sample.g)
    else:
        with np.errstate(divide="ignore"):
            weights = 1 / sample.variances
    return np.where(sample.determined, weights, 0.0)


def fit_ordinal(
    model: FactorModel, sample: OrdinalSample, *, estimator: Weights = "DWLS", start: Floats | None = None
) -> OrdinalFit:
    """Least squares. Raises EstimationError for items without variance, pairs without answers and perfect correlations."""
    sample.refuse()
    model = without_undetermined(model, sample)
    weights = weights_of(sample, estimator)
    target = np.where(sample.determined, sample.moments, 0.0)
    if start is None:
        thresholds = np.stack([group.thresholds for group in sample.groups])
        matrices = np.stack([group.matrix() for group in sample.groups])
        start = starting_values(model, np.zeros((sample.g, sample.k)), matrices, thresholds)
    minimum = minimise(model, LeastSquares(target[None], weights[None] / sample.n), start[None])
    parameters = minimum.parameters[0]
    return OrdinalFit(
        model=model,
        sample=sample,
        parameters=parameters,
        moments=model.moments(parameters),
        jacobian=np.where(sample.determined[:, None], model.jacobian(parameters), 0.0),
        weights=weights,
        estimator=estimator,
        converged=bool(minimum.converged[0]),
    )
