"""Reliability of the mean score of two levels from a linear factor model.

With w and b the variances of the sum of the items due to the factors within and between groups, W and B its whole variances at
the levels, and m answers about a group (Lai 2021):

    within       w/W                    a person's score, compared with others of the group
    two_level    (w + b)/(W + B)        a person's score, compared with anybody
    between      b/(B + W/m)            the observed mean of a group, as a measure of the factor
    means        B/(B + W/m)            the same, when what items have of their own between groups is no error
    latent       b/B                    what infinitely many answers would show (Geldhof, Preacher & Zyphur 2014)

Variances are those of the model or, as semTools has it, of the saturated moments. All functions take stacks of complex numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats
from ...factor.numerics.model import FactorModel, Numbers
from .continuous_fit import BETWEEN, WITHIN


@dataclass(frozen=True)
class SumVariances:
    """w, b, W and B (...)."""

    factor_within: Numbers
    factor_between: Numbers
    within: Numbers
    between: Numbers

    @classmethod
    def of(cls, model: FactorModel, parameters: Numbers, moments: Numbers | None = None) -> SumVariances:
        """At parameters (..., q) of a model of both levels; the whole variances at other moments (..., S) where given."""
        elements = model.elements(parameters)
        sums = model.matrix("loadings", elements)[..., 0].sum(axis=-1)
        factors = sums**2 * model.matrix("latent_variances", elements)[..., 0]
        whole = model.covariance(elements).sum(axis=(-2, -1)) if moments is None else _whole(moments, model.k)
        return cls(factors[..., WITHIN], factors[..., BETWEEN], whole[..., WITHIN], whole[..., BETWEEN])

    @property
    def omega_within(self) -> Numbers:
        return np.asarray(self.factor_within / self.within)

    @property
    def omega_two_level(self) -> Numbers:
        return np.asarray((self.factor_within + self.factor_between) / (self.within + self.between))

    def omega_between(self, answers: float) -> Numbers:
        return np.asarray(self.factor_between / (self.between + self.within / answers))

    def reliability_of_means(self, answers: float) -> Numbers:
        return np.asarray(self.between / (self.between + self.within / answers))

    @property
    def omega_latent(self) -> Numbers:
        return np.asarray(self.factor_between / self.between)


def _whole(moments: Numbers, k: int) -> Numbers:
    """(..., 2) sums of all elements of both covariance matrices."""
    first, second = np.triu_indices(k)
    times = np.where(first == second, 1.0, 2.0)
    return np.asarray(moments.reshape(*moments.shape[:-1], 2, -1)[..., k:] @ times)


def harmonic_mean(sizes: Floats) -> float:
    """Of the answers about each group."""
    return len(sizes) / float((1 / sizes).sum())
