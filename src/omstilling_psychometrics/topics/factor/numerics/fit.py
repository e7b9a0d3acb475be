"""What every fit of a factor model offers, whatever it minimises: moments, discrepancy, derivatives and inference.

A new estimator is a class with these members: tests of fit and of differences, modification indices and the analyses take any.

Shapes: r patterns over all groups, S = g s moments, q parameters, k items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters
from .model import FactorModel

# A matrix of information, scaled to a diagonal of ones, of a larger condition has parameters that imitate each other.
_IMITATED = 1e12


class CountedRows(Protocol):
    """counts (r,): how often each pattern occurs."""

    @property
    def counts(self) -> Floats: ...


@dataclass(frozen=True)
class WeighedMoments:
    """What chi2 weighs the moments with, W (S, S): the least-squares weights, or the information of the saturated moments;
    influence (r, S) of the patterns on the moments. studentised: T is divided by an estimate of its own spread."""

    weight: Floats
    influence: Floats
    studentised: bool


class FactorFit(Protocol):
    """A factor model at its estimates."""

    # ---------------------------------------------------------------- model and moments

    @property
    def model(self) -> FactorModel: ...
    @property
    def sample(self) -> CountedRows: ...
    @property
    def parameters(self) -> Floats:
        """(q,)"""

    @property
    def moments(self) -> Floats:
        """(S,) that the model implies."""

    @property
    def jacobian(self) -> Floats:
        """(S, q) of the moments by the parameters."""

    @property
    def determined(self) -> int:
        """Sample moments that there are, which clusters must exceed for a test of fit."""

    def matrices(self) -> list[tuple[Floats, Floats]]:
        """Of each group (k, k), of the sample and implied: covariances or, of ordinal items, correlations."""

    def loading_sizes(self) -> Floats:
        """(k,) of the first group, in standard deviations of the items; with `theta` as shares of it, below 1."""

    # ---------------------------------------------------------------- discrepancy

    @property
    def n(self) -> int: ...
    @property
    def index_n(self) -> int:
        """The N of RMSEA: the answers, less one for each group where chi2 has that factor."""

    @property
    def chi2(self) -> float: ...
    @property
    def df(self) -> int: ...
    @property
    def converged(self) -> bool: ...

    # ---------------------------------------------------------------- derivatives

    @property
    def information(self) -> Floats:
        """(q, q) expected: J'VJ with what chi2 expects of the moments, V."""

    def weighed(self, x: Floats) -> Floats:
        """V x of changes of the moments (S, p)."""

    def score_along(self, x: Floats) -> Floats:
        """(p,) by how much half of chi2 falls at first along changes of the moments (S, p)."""

    # ---------------------------------------------------------------- inference

    @property
    def influence(self) -> Floats:
        """(r, q) of one answer on the parameters."""

    def robust_covariance(self, clusters: Clusters | None = None) -> Floats:
        """(q, q) of the parameters, whatever the distribution of the answers."""

    def weighed_moments(self) -> WeighedMoments:
        """Taken where tests hold their level in small samples (`small_sample_tests`)."""


def identified(information: Floats) -> bool:
    """Whether the parameters can be told apart."""
    scale = np.sqrt(np.clip(np.diag(information), 0, None))
    if not np.isfinite(scale).all() or (scale == 0).any():
        return False
    return bool(np.linalg.cond(information / np.outer(scale, scale)) <= _IMITATED)
