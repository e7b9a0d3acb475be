"""Scaled tests of the difference between two nested models on the same sample.

Least squares: mean-and-variance adjusted difference of chi2 (Satorra 2000; Asparouhov & Muthen 2006), scaled and shifted. With
the Jacobian J1 of the wider model, J0 = J1 H of the narrower one and A the restrictions (A H = 0),

    U = W J1 P^-1 A' (A P^-1 A')^-1 A P^-1 J1' W,   P = J1' W J1,

Normal likelihood: (T0 - T1)/c, c = (d0 c0 - d1 c1)/(d0 - d1) (Satorra & Bentler 2001), or with c1 of the wider model taken at
the estimates of the narrower one, which cannot be negative (Satorra & Bentler 2010). The latter depends on how the wider model
is identified, since observed information away from a maximum does. lavaan::lavTestLRT agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters
from .model import FactorModel
from .normal_fit import NormalFit
from .ordinal_fit import OrdinalFit
from .tests_of_fit import NormalTests, chi2_tail, scaled_and_shifted

# Scalings are near 1; one of this size is that of clusters which do not differ.
_NO_SPREAD = 1e-9


@dataclass(frozen=True, kw_only=True)
class Difference:
    """statistic, df; scaling by which the plain difference of chi2 was divided."""

    statistic: float
    df: int
    scaling: float

    @property
    def p_value(self) -> float:
        return chi2_tail(self.statistic, self.df)


def _restrictions(wider: Floats, narrower: Floats) -> Floats:
    """A (d, q1), rows orthogonal to the column space of H, from both Jacobians."""
    how, *_ = np.linalg.lstsq(wider, narrower, rcond=None)
    return np.asarray(null_space(how.T).T)


def ordinal_difference(wider: OrdinalFit, narrower: OrdinalFit, clusters: Clusters | None = None) -> Difference:
    """Raises EstimationError where the models differ by no parameter."""
    df = narrower.df - wider.df
    if df <= 0:
        raise EstimationError("models_not_nested")
    return least_squares_difference(
        narrower.chi2 - wider.chi2,
        df,
        wider=wider.jacobian,
        narrower=narrower.jacobian,
        weights=wider.weights,
        covariance=wider.sample.covariance(clusters),
    )


def least_squares_difference(
    plain: float, df: int, *, wider: Floats, narrower: Floats, weights: Floats, covariance: Floats
) -> Difference:
    """From the plain difference of chi2, both Jacobians (S, q) and the weights (S,) and covariance (S, S) of the moments."""
    weighted = wider * weights[:, None]
    restrictions = _restrictions(wider, narrower)
    spread = np.linalg.solve(weighted.T @ wider, restrictions.T)
    # U = L (A P^-1 A')^-1 L' with L = W J1 P^-1 A': the traces of U O are those of a matrix of as many rows as restrictions.
    left = weighted @ spread
    product = np.asarray(np.linalg.solve(restrictions @ spread, left.T @ covariance @ left))
    test = scaled_and_shifted(plain, df, product)
    return Difference(statistic=test.scaled, df=df, scaling=1 / test.factor)


def normal_difference(
    wider: NormalFit, narrower: NormalFit, clusters: Clusters | None = None, *, strictly_positive: bool = False
) -> Difference:
    """Satorra & Bentler 2001, or 2010 with strictly_positive. The statistic is NaN where the scaling is not positive."""
    df = narrower.df - wider.df
    if df <= 0:
        raise EstimationError("models_not_nested")
    tests = NormalTests(wider, clusters)
    trace = _trace_at(wider, narrower, tests) if strictly_positive else tests.trace(wider)
    scaling = (tests.trace(narrower) - trace) / df
    plain = narrower.chi2 - wider.chi2
    return Difference(statistic=plain / scaling if scaling > _NO_SPREAD else float("nan"), df=df, scaling=scaling)


def parameters_at(model: FactorModel, elements: Floats) -> Floats:
    """parameters (q,) of a model whose elements (g, e) have these values."""
    parameters = np.empty(model.q)
    free = model.free >= 0
    parameters[model.free[free]] = elements[free]
    return parameters


def _trace_at(wider: NormalFit, narrower: NormalFit, tests: NormalTests) -> float:
    """tr(A1^-1 B1) - tr(A0^-1 B0) of the wider model at the estimates of the narrower one."""
    parameters = parameters_at(wider.model, narrower.model.elements(narrower.parameters))
    at = NormalFit(
        model=wider.model,
        sample=wider.sample,
        parameters=parameters,
        moments=narrower.moments,
        jacobian=wider.model.jacobian(parameters),
        log_likelihood=narrower.log_likelihood,
        saturated_log_likelihood=wider.saturated_log_likelihood,
        converged=narrower.converged,
    )
    return tests.trace(at)


def plain_difference(wider: NormalFit, narrower: NormalFit) -> Difference:
    """Likelihood ratio, for normal items."""
    return Difference(statistic=narrower.chi2 - wider.chi2, df=narrower.df - wider.df, scaling=1.0)
