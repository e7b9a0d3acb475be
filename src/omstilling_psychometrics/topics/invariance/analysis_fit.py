"""Answers of several groups and the models that invariance fits to them, by least squares or likelihood."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...core.errors import EstimationError, estimating
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ..factor.analysis_model import FitTests
from ..factor.numerics import indices
from ..factor.numerics.difference import Difference, normal_difference, ordinal_difference, parameters_at
from ..factor.numerics.fit import FactorFit, identified
from ..factor.numerics.model import FactorModel
from ..factor.numerics.normal_fit import NormalFit, NormalSample, fit_normal
from ..factor.numerics.ordinal_fit import OrdinalFit, OrdinalSample, fit_ordinal, without_undetermined
from ..factor.numerics.robust_fit import RobustFit, complete_robust_fit, incomplete_robust_fit, ordinal_robust_fit
from ..factor.numerics.small_sample_tests import ScaledTest, difference_test, fit_test
from ..factor.numerics.tests_of_fit import NormalTests, OrdinalTests


class GroupTests(FitTests, Protocol):
    """Of a fit and of its baseline model."""

    def robust_fit(self) -> RobustFit:
        """What the robust indices are made of. Raises EstimationError where they are not defined."""


F = TypeVar("F", bound=FactorFit)

# A standardized loading beyond .999 in a fit that did not settle is on its way to 1.
_NO_UNIQUE_VARIANCE = 1 - 0.999**2


class GroupedAnswers(ABC, Generic[F]):
    """One estimator's view of the groups' answers."""

    clusters: Clusters | None

    @property
    @abstractmethod
    def n(self) -> int: ...

    @abstractmethod
    def shares(self) -> Floats:
        """(g,) each group's share of the answers."""

    def srmr(self, fit: F) -> float:
        """Mean over the groups, weighted by their size, as in lavaan."""
        by_group = [indices.srmr(sample, implied) for sample, implied in fit.matrices()]
        return float(self.shares() @ by_group)

    @abstractmethod
    def outside(self, item: int) -> Floats | None:
        """(g, t) minus or plus infinity at thresholds below or above all categories that a group uses of an item, else 0."""

    @abstractmethod
    def unused(self, item: int) -> NDArray[np.bool_]:
        """(g,) does a group leave a category of an item unused that matters to the model?"""

    @abstractmethod
    def contradicted(self, fit: F) -> list[tuple[int, int]]:
        """Items and categories (from 0) that a group does not use, between categories that it uses, although the model gives
        it the thresholds of a group that does."""

    @abstractmethod
    def fit(self, model: FactorModel, start: F | None = None) -> F:
        """From the estimates of a similar model, if given. Raises EstimationError where there is no minimum, or several."""

    @abstractmethod
    def tests(self, fit: F) -> GroupTests: ...

    @abstractmethod
    def difference(self, wider: F, narrower: F) -> Difference:
        """Scaled test. Raises EstimationError where the models do not differ."""

    @abstractmethod
    def small_sample(self, fit: F, wider: F | None = None) -> ScaledTest:
        """Test of fit, or against a wider model, that allows for small samples and few clusters. Raises EstimationError where
        chance leaves no variance."""


def _start(model: FactorModel, near: FactorFit | None) -> Floats | None:
    return None if near is None else parameters_at(model, near.model.elements(near.parameters))


def _check(fit: FactorFit) -> None:
    if not fit.converged or not np.isfinite(fit.parameters).all():
        raise EstimationError("not_converged")
    if not identified(fit.information):
        raise EstimationError("not_identified")


def _shares(fit: FactorFit) -> Floats:
    """(g, k) share of each item's variance (ordinal: of the variable behind it) that the factor leaves."""
    model = fit.model
    elements = model.elements(fit.parameters)
    loadings, variances = model.matrix("loadings", elements)[..., 0], model.matrix("latent_variances", elements)
    residual = model.residual_variances(elements)
    return np.asarray(residual / (loadings**2 * variances + residual))


def _without_unique_variance(fit: FactorFit) -> EstimationError | None:
    """The reason why there is no minimum, as `heywood: item@group, ...` by number, where that is it: residual variances of 1 by
    convention cannot become 0, and the fit goes on improving as the loading grows."""
    if not np.isfinite(fit.parameters).all():
        return None
    places = [f"{item + 1}@{group + 1}" for group, item in np.argwhere(_shares(fit) < _NO_UNIQUE_VARIANCE)]
    return EstimationError("heywood", ", ".join(places)) if places else None


def improper(fit: FactorFit) -> list[tuple[int, int]]:
    """Items and groups whose residual variance is estimated below 0, where it is free to be so."""
    return [(int(item), int(group)) for group, item in np.argwhere(_shares(fit) < 0)]


class OrdinalGroupTests(OrdinalTests):
    """Of thresholds and polychoric correlations of several groups."""

    def robust_fit(self) -> RobustFit:
        """The robust discrepancy is that of the correlations: it says nothing of thresholds that the model restricts."""
        model, sample = self.fit.model, self.fit.sample
        cuts = sample.determined.reshape(sample.g, -1)[:, : model.k * model.t]
        parameters = model.free[:, model.parts["thresholds"]][cuts]
        if (parameters < 0).any() or len(np.unique(parameters)) < parameters.size:
            raise EstimationError("thresholds_restricted")
        with estimating():
            return ordinal_robust_fit(self)


class NormalGroupTests(NormalTests):
    """Of answers of several groups as numbers."""

    def robust_fit(self) -> RobustFit:
        """From the tests themselves where no answer is missing."""
        if self.fit.sample.complete:
            return complete_robust_fit(self.exact, self.baseline)
        with estimating():
            return incomplete_robust_fit(self)


@dataclass(frozen=True)
class OrdinalGroups(GroupedAnswers[OrdinalFit]):
    """Thresholds and polychoric correlations, diagonally weighted."""

    sample: OrdinalSample
    clusters: Clusters | None

    @property
    def n(self) -> int:
        return self.sample.n

    def shares(self) -> Floats:
        return np.asarray(self.sample.group_sizes / self.sample.group_sizes.sum())

    def outside(self, item: int) -> Floats | None:
        cuts = np.stack([one.thresholds[item] for one in self.sample.groups])
        return np.where(np.isfinite(cuts), 0.0, cuts)

    def unused(self, item: int) -> NDArray[np.bool_]:
        return np.asarray(~self.sample.used[:, item].all(axis=-1))

    def contradicted(self, fit: OrdinalFit) -> list[tuple[int, int]]:
        model, found = fit.model, set()
        cuts = model.free[:, model.parts["thresholds"]].reshape(model.g, model.k, model.t)
        for group, item, category in np.argwhere(self.sample.skipped):
            own = cuts[:, item, category - 1 : category + 1]
            alike = (own == own[group]).all(axis=1) & self.sample.used[:, item, category]
            if alike.any():
                found.add((int(item), int(category)))
        return sorted(found)

    def fit(self, model: FactorModel, start: OrdinalFit | None = None) -> OrdinalFit:
        self.sample.refuse()
        known = without_undetermined(model, self.sample)
        fit = fit_ordinal(known, self.sample, start=_start(known, start))
        try:
            _check(fit)
        except EstimationError as error:
            raise _without_unique_variance(fit) or error from error
        return fit

    def tests(self, fit: OrdinalFit) -> OrdinalGroupTests:
        return OrdinalGroupTests(fit, self.clusters)

    def difference(self, wider: OrdinalFit, narrower: OrdinalFit) -> Difference:
        return ordinal_difference(wider, narrower, self.clusters)

    def small_sample(self, fit: OrdinalFit, wider: OrdinalFit | None = None) -> ScaledTest:
        return fit_test(fit, self.clusters) if wider is None else difference_test(wider, fit, self.clusters)


@dataclass(frozen=True)
class NormalGroups(GroupedAnswers[NormalFit]):
    """Answers as numbers, by likelihood."""

    sample: NormalSample
    clusters: Clusters | None

    @property
    def n(self) -> int:
        return self.sample.n

    def shares(self) -> Floats:
        sizes = np.array([group.total.sum() for group in self.sample.likelihood.groups], dtype=float)
        return np.asarray(sizes / sizes.sum())

    def outside(self, item: int) -> Floats | None:
        return None

    def unused(self, item: int) -> NDArray[np.bool_]:
        return np.zeros(self.sample.g, dtype=bool)

    def contradicted(self, fit: NormalFit) -> list[tuple[int, int]]:
        return []

    def fit(self, model: FactorModel, start: NormalFit | None = None) -> NormalFit:
        fit = fit_normal(model, self.sample, start=_start(model, start))
        _check(fit)
        return fit

    def tests(self, fit: NormalFit) -> NormalGroupTests:
        return NormalGroupTests(fit, self.clusters)

    def difference(self, wider: NormalFit, narrower: NormalFit) -> Difference:
        result = normal_difference(wider, narrower, self.clusters)
        if math.isnan(result.statistic):
            # The scaling of 2001 came out negative; that of 2010 cannot.
            return normal_difference(wider, narrower, self.clusters, strictly_positive=True)
        return result

    def small_sample(self, fit: NormalFit, wider: NormalFit | None = None) -> ScaledTest:
        return fit_test(fit, self.clusters) if wider is None else difference_test(wider, fit, self.clusters)
