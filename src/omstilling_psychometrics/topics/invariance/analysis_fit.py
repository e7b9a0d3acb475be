"""Answers of several groups and the models that invariance fits to them, by least squares or likelihood."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...analysis.by_role import note_of
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ..factor.numerics import indices
from ..factor.numerics.difference import Difference, normal_difference, ordinal_difference, parameters_at
from ..factor.numerics.model import FactorModel
from ..factor.numerics.normal_fit import NormalFit, NormalSample, fit_normal
from ..factor.numerics.ordinal_fit import OrdinalFit, OrdinalSample, fit_ordinal, without_undetermined
from ..factor.numerics.robust_fit import RobustFit, complete_robust_fit, incomplete_robust_fit, ordinal_robust_fit
from ..factor.numerics.small_sample_tests import ScaledTest, difference_test, fit_test
from ..factor.numerics.tests_of_fit import NormalTests, OrdinalTests


class GroupFit(Protocol):
    """What both kinds of fit have."""

    @property
    def model(self) -> FactorModel: ...
    @property
    def theta(self) -> Floats: ...
    @property
    def chi2(self) -> float: ...
    @property
    def df(self) -> int: ...
    def robust_covariance(self, clusters: Clusters | None = None) -> Floats: ...


F = TypeVar("F", bound=GroupFit)

# A standardized loading beyond .999 in a fit that did not settle is on its way to 1.
_NO_UNIQUE_VARIANCE = 1 - 0.999**2


class GroupedAnswers(ABC, Generic[F]):
    """One estimator's view of the groups' answers."""

    clusters: Clusters | None

    @property
    @abstractmethod
    def n(self) -> int: ...

    @property
    @abstractmethod
    def index_n(self) -> int:
        """N of RMSEA."""

    @property
    @abstractmethod
    def moments(self) -> int:
        """Sample moments, which clusters must exceed for a test of fit."""

    @abstractmethod
    def shares(self) -> Floats:
        """(g,) each group's share of the answers."""

    @abstractmethod
    def matrices(self, fit: F) -> list[tuple[Floats, Floats]]:
        """Sample and implied covariances or, ordinal, correlations (k, k) of each group."""

    @abstractmethod
    def robust(self, tests: OrdinalTests | NormalTests) -> RobustFit:
        """What the robust indices are made of. Raises ValueError where they are not defined."""

    def srmr(self, fit: F) -> float:
        """Mean over the groups, weighted by their size, as in lavaan."""
        own = [indices.srmr(sample, implied) for sample, implied in self.matrices(fit)]
        return float(self.shares() @ own)

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
        """From the estimates of a similar model, if given. Raises ValueError where there is no minimum, or no single one."""

    @abstractmethod
    def tests(self, fit: F) -> OrdinalTests | NormalTests: ...

    @abstractmethod
    def difference(self, wider: F, narrower: F) -> Difference:
        """Scaled test. Raises ValueError where the models do not differ."""

    @abstractmethod
    def small_sample(self, fit: F, wider: F | None = None) -> ScaledTest:
        """Test of fit, or against a wider model, that allows for small samples and few clusters. Raises ValueError where
        chance leaves no variance."""


def _start(model: FactorModel, near: GroupFit | None) -> Floats | None:
    return None if near is None else parameters_at(model, near.model.elements(near.theta))


def _check(converged: bool, theta: Floats, information: Floats) -> None:
    if not converged or not np.isfinite(theta).all():
        raise ValueError("not_converged")
    scale = np.sqrt(np.clip(np.diag(information), 0, None))
    if (scale == 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        raise ValueError("not_identified")


def _shares(fit: GroupFit) -> Floats:
    """(g, k) share of each item's variance (ordinal: of the variable behind it) that the factor leaves."""
    model = fit.model
    elements = model.elements(fit.theta)
    loadings, variances = model.matrix("loadings", elements)[..., 0], model.matrix("latent_variances", elements)
    residual = model.residual_variances(elements)
    return np.asarray(residual / (loadings**2 * variances + residual))


def _without_unique_variance(fit: GroupFit) -> str | None:
    """The reason why there is no minimum, as `heywood: item@group, ...` by number, where that is it: residual variances of 1 by
    convention cannot become 0, and the fit goes on improving as the loading grows."""
    if not np.isfinite(fit.theta).all():
        return None
    found = [f"{item + 1}@{group + 1}" for group, item in np.argwhere(_shares(fit) < _NO_UNIQUE_VARIANCE)]
    return f"heywood: {', '.join(found)}" if found else None


def improper(fit: GroupFit) -> list[tuple[int, int]]:
    """Items and groups whose residual variance is estimated below 0, where it is free to be so."""
    return [(int(item), int(group)) for group, item in np.argwhere(_shares(fit) < 0)]


@dataclass(frozen=True)
class OrdinalGroups(GroupedAnswers[OrdinalFit]):
    """Thresholds and polychoric correlations, diagonally weighted."""

    sample: OrdinalSample
    clusters: Clusters | None

    @property
    def n(self) -> int:
        return self.sample.n

    @property
    def index_n(self) -> int:
        # The weights have n_g - 1, as in lavaan.
        return self.sample.n - self.sample.g

    @property
    def moments(self) -> int:
        return int(self.sample.determined.sum())

    def shares(self) -> Floats:
        return np.asarray(self.sample.group_sizes / self.sample.group_sizes.sum())

    def matrices(self, fit: OrdinalFit) -> list[tuple[Floats, Floats]]:
        found = []
        for one, sigma in zip(self.sample.groups, fit.model.covariance(fit.model.elements(fit.theta)), strict=True):
            scale = np.sqrt(np.diag(sigma))
            found.append((one.matrix(), np.asarray(sigma / np.outer(scale, scale))))
        return found

    def robust(self, tests: OrdinalTests | NormalTests) -> RobustFit:
        if not isinstance(tests, OrdinalTests):
            raise TypeError("ordinal groups have tests of an ordinal fit")
        # The robust discrepancy is that of the correlations: it says nothing of thresholds that the model restricts.
        model = tests.fit.model
        cuts = self.sample.determined.reshape(self.sample.g, -1)[:, : model.k * model.t]
        own = model.free[:, model.parts["thresholds"]][cuts]
        if (own < 0).any() or len(np.unique(own)) < own.size:
            raise ValueError("thresholds_restricted")
        return ordinal_robust_fit(tests)

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
        found = fit_ordinal(known, self.sample, start=_start(known, start))
        try:
            _check(found.converged, found.theta, found.information)
        except ValueError as error:
            raise ValueError(_without_unique_variance(found) or note_of(error)) from error
        return found

    def tests(self, fit: OrdinalFit) -> OrdinalTests:
        return OrdinalTests(fit, self.clusters)

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

    @property
    def index_n(self) -> int:
        return self.sample.n

    @property
    def moments(self) -> int:
        return self.sample.g * (self.sample.k + self.sample.k * (self.sample.k + 1) // 2)

    def shares(self) -> Floats:
        sizes = np.array([group.total.sum() for group in self.sample.likelihood.groups], dtype=float)
        return np.asarray(sizes / sizes.sum())

    def matrices(self, fit: NormalFit) -> list[tuple[Floats, Floats]]:
        _, covariances = self.sample.unpack(self.sample.saturated)
        return list(zip(covariances, fit.model.covariance(fit.model.elements(fit.theta)), strict=True))

    def robust(self, tests: OrdinalTests | NormalTests) -> RobustFit:
        if not isinstance(tests, NormalTests):
            raise TypeError("groups of numbers have tests of a likelihood fit")
        if self.sample.complete:
            return complete_robust_fit(tests.exact, tests.baseline)
        return incomplete_robust_fit(tests)

    def outside(self, item: int) -> Floats | None:
        return None

    def unused(self, item: int) -> NDArray[np.bool_]:
        return np.zeros(self.sample.g, dtype=bool)

    def contradicted(self, fit: NormalFit) -> list[tuple[int, int]]:
        return []

    def fit(self, model: FactorModel, start: NormalFit | None = None) -> NormalFit:
        found = fit_normal(model, self.sample, start=_start(model, start))
        _check(found.converged, found.theta, found.expected_information)
        return found

    def tests(self, fit: NormalFit) -> NormalTests:
        return NormalTests(fit, self.clusters)

    def difference(self, wider: NormalFit, narrower: NormalFit) -> Difference:
        result = normal_difference(wider, narrower, self.clusters)
        if math.isnan(result.statistic):
            # The scaling of 2001 came out negative; that of 2010 cannot.
            return normal_difference(wider, narrower, self.clusters, strictly_positive=True)
        return result

    def small_sample(self, fit: NormalFit, wider: NormalFit | None = None) -> ScaledTest:
        return fit_test(fit, self.clusters) if wider is None else difference_test(wider, fit, self.clusters)
