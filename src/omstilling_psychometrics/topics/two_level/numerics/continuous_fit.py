"""Two-level factor models of answers as numbers by maximum likelihood, with robust inference by leader.

A model says what it makes of each level: one factor, any covariances (`saturated`), or none at all (`independent`). It is a
factor model of two groups, within and between, of which the means belong to the second.

Sums over groups throughout. Shapes: S = 2 (k + v) moments, q parameters, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Literal

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, meat
from ...factor.numerics.curvature import curvature
from ...factor.numerics.fit import identified
from ...factor.numerics.minimise import minimise
from ...factor.numerics.model import FactorModel, one_factor
from ...factor.numerics.start import starting_values
from ...factor.numerics.tests_of_fit import FitTest, mean_scaled
from .continuous_groups import GroupedAnswers
from .continuous_likelihood import TwoLevelNormal
from .continuous_part import Levels

Structure = Literal["factor", "saturated", "independent"]
WITHIN, BETWEEN = 0, 1

# How far the log-likelihood may be below its maximum: where Newton's steps take over, and at the end.
_NEAR = 0.1
_THERE = 1e-11
# What starting values take for granted: correlations of the items, and the share of variances between groups.
_CORRELATED, _BETWEEN = 0.5, 0.15


def free_loadings(k: int, within: Structure = "factor", between: Structure = "factor") -> FactorModel:
    """Each level with a structure of its own; factors have variance 1."""
    model = one_factor("continuous", k, groups=2).fix("intercepts", 0.0, groups=[WITHIN])
    for level, structure in ((WITHIN, within), (BETWEEN, between)):
        if structure != "factor":
            model = model.fix("loadings", 0.0, groups=[level]).fix("latent_variances", 0.0, groups=[level])
        if structure == "saturated":
            cells = list(combinations_with_replacement(range(k), 2))
            model = model.release("residual_covariances", cells=cells, groups=[level])
    return model


def equal_loadings(k: int) -> FactorModel:
    """One loading per item at both levels: on a factor of variance 1 within, and of a free variance between."""
    return free_loadings(k).equal("loadings").release("latent_variances", groups=[BETWEEN])


def equal_loadings_at_zero(k: int) -> FactorModel:
    """The same without any variance of the factor between groups."""
    return equal_loadings(k).fix("latent_variances", 0.0, groups=[BETWEEN])


@dataclass(frozen=True, kw_only=True)
class TwoLevelFit:
    """parameters (q,) at the maximum; moments (S,) and jacobian (S, q) there."""

    model: FactorModel
    likelihood: TwoLevelNormal
    parameters: Floats
    log_likelihood: float

    @property
    def answers(self) -> GroupedAnswers:
        return self.likelihood.answers

    @cached_property
    def moments(self) -> Floats:
        return np.asarray(self.model.moments(self.parameters))

    @cached_property
    def jacobian(self) -> Floats:
        return np.asarray(self.model.jacobian(self.parameters))

    @property
    def levels(self) -> Levels:
        """The moments as matrices."""
        return Levels.of(self.moments, self.model.k)

    @property
    def determined(self) -> int:
        """Moments that there are: means, and covariances at both levels."""
        return self.model.g * self.model.s - self.model.k

    @property
    def df(self) -> int:
        return self.determined - self.model.q

    @cached_property
    def observed_information(self) -> Floats:
        """(q, q)"""
        bent = curvature(self.model, self.parameters, -self.likelihood.slope(self.moments))
        return self.likelihood.information(self.moments, self.jacobian) + bent

    @cached_property
    def scores(self) -> Floats:
        """(G, q) of each group's log-likelihood."""
        return np.asarray(self.likelihood.scores(self.moments) @ self.jacobian)

    def covariance(self, units: Clusters | None) -> Floats:
        """(q, q) sandwich with the scores of each unit's groups added up; without units the inverse observed information, which
        takes the model and normality to hold."""
        if units is None:
            return np.asarray(np.linalg.inv(self.observed_information))
        return meat(self.influence, np.ones(len(self.scores)), units)

    @property
    def influence(self) -> Floats:
        """(G, q) of each group on the parameters."""
        return np.asarray(np.linalg.solve(self.observed_information, self.scores.T).T)

    def trace(self, units: Clusters | None) -> float:
        """Of the sandwich over the inverse observed information: what robust tests of fit are scaled by."""
        middle = meat(self.scores, np.ones(len(self.scores)), units)
        return float(np.trace(np.linalg.solve(self.observed_information, middle)))


def difference(fit: TwoLevelFit, wider: TwoLevelFit, units: Clusters | None) -> FitTest:
    """Twice the difference of the log-likelihoods, and scaled (Yuan & Bentler 2000, as Mplus; Satorra & Bentler 2001)."""
    chi2 = max(2 * (wider.log_likelihood - fit.log_likelihood), 0.0)
    return mean_scaled(chi2, fit.df - wider.df, wider.trace(units) - fit.trace(units))


def fit_two_levels(model: FactorModel, likelihood: TwoLevelNormal, start: Floats) -> TwoLevelFit:
    """Maximum likelihood from moments (S,) that suggest where to start. Raises EstimationError where no maximum is found.

    Residual variances between groups may be negative, and of few groups, or a model that is far off, they may go so far that
    the likelihood grows without bound: then there is none.
    """
    k, n = model.k, likelihood.answers.n
    levels = Levels.of(start, k)
    covariances = np.stack([levels.within, levels.between])
    first = starting_values(model, np.stack([np.zeros(k), levels.mean]), covariances)
    # Scoring finds the way, from anywhere and in a sample of the groups; Newton's steps find the end of it.
    part = likelihood.of_sample()
    near = minimise(model, part, first[None], exact=False, tolerance=_NEAR / part.answers.n)
    there = minimise(model, likelihood, near.parameters, tolerance=_THERE / n) if near.converged[0] else near
    if not there.converged[0]:
        raise EstimationError("not_converged")
    fit = TwoLevelFit(
        model=model, likelihood=likelihood, parameters=there.parameters[0],
        log_likelihood=likelihood.log_likelihood(np.asarray(model.moments(there.parameters[0]))),
    )  # fmt: skip
    if not (identified(fit.observed_information) and np.linalg.eigvalsh(fit.observed_information)[0] > 0):
        raise EstimationError("not_converged")
    return fit


def starting_moments(answers: GroupedAnswers) -> Floats:
    """Means and variances of all answers, these divided up between the levels with covariances of half a correlation, (S,)."""
    k = answers.k
    first, second = np.triu_indices(k)
    on = np.flatnonzero(first == second)
    n, sums, squares = np.zeros((3, k))
    for part in answers.parts:
        counts, totals, products = part.totals
        n += counts @ part.observed
        sums += totals.sum(axis=0)
        squares += products[:, on].sum(axis=0)
    mean = sums / n
    spread = np.sqrt(squares / n - mean**2)
    covariance = np.outer(spread, spread)[first, second] * np.where(first == second, 1.0, _CORRELATED)
    centre = answers.parts[0].centre
    return np.concatenate([np.zeros(k), covariance * (1 - _BETWEEN), centre + mean, covariance * _BETWEEN])
