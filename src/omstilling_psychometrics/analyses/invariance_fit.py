"""Answers of several groups and the models that invariance fits to them, by least squares or likelihood."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..numerics.cfa.difference import Difference, normal_difference, ordinal_difference, parameters_at
from ..numerics.cfa.model import FactorModel, Floats
from ..numerics.cfa.normal_fit import NormalFit, NormalSample, fit_normal
from ..numerics.cfa.ordinal_fit import OrdinalFit, OrdinalSample, fit_ordinal, without_undetermined
from ..numerics.cfa.tests_of_fit import NormalTests, OrdinalTests
from ..numerics.few_clusters import ScaledTest, difference_test, fit_test
from ..numerics.sandwich import Clusters


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
    def item_determined(self, item: int) -> NDArray[np.bool_]:
        """(g,) does each group's use of the categories determine all of the item's parameters?"""

    @abstractmethod
    def fit(self, model: FactorModel, start: F | None = None) -> F:
        """From the estimates of a similar model, if given. Raises ValueError where there is no minimum, or no single one."""

    @abstractmethod
    def tests(self, fit: F) -> OrdinalTests | NormalTests: ...

    @abstractmethod
    def difference(self, wider: F, narrower: F) -> Difference:
        """Scaled test. Raises ValueError where the models do not differ."""

    def small_sample(self, fit: F, wider: F | None = None) -> ScaledTest | None:
        """Test of fit, or against a wider model, that allows for few clusters; None where there is nothing to allow for: the
        likelihood's tests are scaled by a mean only. Raises ValueError where chance leaves no variance."""
        return None


def _start(model: FactorModel, near: GroupFit | None) -> Floats | None:
    return None if near is None else parameters_at(model, near.model.elements(near.theta))


def _check(converged: bool, theta: Floats, information: Floats) -> None:
    if not converged or not np.isfinite(theta).all():
        raise ValueError("not_converged")
    scale = np.sqrt(np.clip(np.diag(information), 0, None))
    if (scale == 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        raise ValueError("not_identified")


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

    def item_determined(self, item: int) -> NDArray[np.bool_]:
        cuts = self.sample.c - 1
        rows = self.sample.determined.reshape(self.sample.g, -1)
        return np.asarray(rows[:, item * cuts : (item + 1) * cuts].all(axis=1))

    def fit(self, model: FactorModel, start: OrdinalFit | None = None) -> OrdinalFit:
        self.sample.refuse()
        known = without_undetermined(model, self.sample)
        found = fit_ordinal(known, self.sample, start=_start(known, start))
        _check(found.converged, found.theta, found.information)
        return found

    def tests(self, fit: OrdinalFit) -> OrdinalTests:
        return OrdinalTests(fit, self.clusters)

    def difference(self, wider: OrdinalFit, narrower: OrdinalFit) -> Difference:
        return ordinal_difference(wider, narrower, self.clusters)

    def small_sample(self, fit: OrdinalFit, wider: OrdinalFit | None = None) -> ScaledTest | None:
        if self.clusters is None:
            return None
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

    def item_determined(self, item: int) -> NDArray[np.bool_]:
        return np.ones(self.sample.g, dtype=bool)

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
