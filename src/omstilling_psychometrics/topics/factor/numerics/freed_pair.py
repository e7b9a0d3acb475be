"""Does one more pair of items share something besides the factor? A test of its residual covariance with one degree of freedom
that holds whatever the answers' distribution and dependence, and the residual correlation to expect if it were free.

Least squares: the model is fitted with the pair free, and the fall of chi2 is scaled (`difference`; lavaan::lavTestLRT). A free
pair says nothing of the other parameters, so its correlation gets no weight, and all pairs are fitted at once. The scaling is
estimated from what is tested, so that with G clusters p is that of F(1, G - 1) (`wald`; Cameron & Miller 2015, sec. VI.D).

Likelihood: the generalised score test (Boos 1992) and one step of Newton's method, since a fit for every pair would take long
where answers are missing. With s_r an answer's derivative of its log-likelihood by the covariance and t_r those by the free
parameters, A the observed information,

    u_r = s_r - A_st A_tt^-1 t_r,   T = (sum u_r)^2 / sum over units (sum in the unit of u_r)^2

which is the modification index over its scaling, with p of chi-square(1): the score's spread is that under the model, which
makes up for few clusters. Without the sandwich (`robust=False`) it is the index itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from ....core.numerics.arrays import Floats
from ....core.numerics.intervals import degrees_of_freedom
from ....core.numerics.sandwich import Clusters
from ...correlation.numerics.polychoric import pairs as pairs_of
from .difference import least_squares_difference, parameters_at
from .least_squares import LeastSquares
from .minimise import minimise
from .model import Cell, FactorModel
from .normal_fit import NormalFit
from .ordinal_fit import OrdinalFit
from .standardize import delta_method, residual_correlations_of
from .tests_of_fit import chi2_tail

# Numbers in the largest array of the pairs that are fitted together: tens of megabytes.
_BLOCK = 2_000_000


@dataclass(frozen=True, kw_only=True)
class FreedPair:
    """statistic (one degree of freedom, df_denominator for its scaling), correlation of the residuals and its standard error;
    NaN where there is none."""

    statistic: float
    correlation: float
    std_error: float
    df_denominator: float = math.inf

    @property
    def p_value(self) -> float:
        if math.isnan(self.statistic):
            return math.nan
        if math.isinf(self.df_denominator):
            return chi2_tail(self.statistic, 1)
        return float(fdtrc(1, self.df_denominator, max(self.statistic, 0.0)))


_NONE = FreedPair(statistic=math.nan, correlation=math.nan, std_error=math.nan)


def freed_by_difference(fit: OrdinalFit, cells: Sequence[Cell], clusters: Clusters | None = None) -> list[FreedPair]:
    """Of pairs of items that a model of one group does not free, one by one, by least squares."""
    if not cells:
        return []
    k, t = fit.model.k, fit.model.t
    first, second = pairs_of(k)
    place = {(int(i), int(j)): number for number, (i, j) in enumerate(zip(first, second, strict=True))}
    chosen = np.array([place[min(cell), max(cell)] for cell in cells])
    # Thresholds of one group are those of the sample whatever the model: correlations alone are fitted.
    model = fit.model.without_thresholds()
    parameters = parameters_at(model, fit.model.elements(fit.parameters)[:, : model.free.shape[1]])
    sample, weights = fit.sample.moments[k * t :], fit.weights[k * t :]
    covariance = fit.sample.covariance(clusters)[k * t :, k * t :]
    jacobian = model.jacobian(parameters)
    together = max(1, _BLOCK // len(sample) ** 2)
    out = []
    for start in range(0, len(cells), together):
        pairs_here = chosen[start : start + together]
        b = len(pairs_here)
        without = np.repeat(weights[None], b, axis=0)
        without[np.arange(b), pairs_here] = 0.0
        problem = LeastSquares(np.repeat(sample[None], b, axis=0), without / fit.n)
        minimum = minimise(model, problem, np.repeat(parameters[None], b, axis=0))
        for number, pair in enumerate(pairs_here.tolist()):
            if not minimum.converged[number]:
                out.append(_NONE)
                continue
            at = minimum.parameters[number]
            residuals = np.where(np.arange(len(sample)) == pair, 0.0, sample - model.moments(at))
            wider, where = _with_pair(model, at, (int(first[pair]), int(second[pair])), float(sample[pair]))
            wider_jacobian = wider.jacobian(where)
            difference = least_squares_difference(
                fit.chi2 - float(weights @ residuals**2), 1, wider=wider_jacobian, narrower=jacobian, weights=weights,
                covariance=covariance,
            )  # fmt: skip
            weighted = (wider_jacobian * weights[:, None]).T
            gain = np.linalg.solve(weighted @ wider_jacobian, weighted)

            def correlation(parameters: Floats, wider: FactorModel = wider, pair: int = pair) -> Floats:
                return residual_correlations_of(wider, parameters)[..., 0, first[pair], second[pair]]

            value, error = delta_method(correlation, where, gain @ covariance @ gain.T)
            out.append(
                FreedPair(
                    statistic=difference.statistic, correlation=float(value), std_error=float(error),
                    df_denominator=degrees_of_freedom(clusters),
                )
            )  # fmt: skip
    return out


def _with_pair(model: FactorModel, parameters: Floats, cell: Cell, correlation: float) -> tuple[FactorModel, Floats]:
    """The model with the pair free, and its parameters: the pair has the sample's correlation, the others are as given."""
    elements = model.elements(parameters)
    (element,) = model.elements_of("residual_covariances", [cell])
    change = model.element_jacobian(elements)[0, :, element]
    moment = int(np.flatnonzero(change)[0])
    elements[0, element] += (correlation - model.moments(parameters)[moment]) / change[moment]
    wider = model.release("residual_covariances", cells=[cell])
    return wider, parameters_at(wider, elements)


def freed_by_score(
    fit: NormalFit, cells: Sequence[Cell], clusters: Clusters | None = None, *, robust: bool = True
) -> list[FreedPair]:
    """Of pairs of items that a model of one group does not free, one by one, by likelihood."""
    if not cells:
        return []
    model, elements = fit.model, fit.model.elements(fit.parameters)
    x = model.element_jacobian(elements)[0][:, model.elements_of("residual_covariances", cells)]
    slope, observed, expected = fit.moment_derivatives
    score = -(slope @ x)
    # How the free parameters give way, for each unit of covariance (q, p), and what is left of its information. The step takes
    # the expected information: the observed one, far from the maximum, leads astray.
    cross = fit.jacobian.T @ expected @ x
    follow = np.linalg.solve(fit.expected_information, cross)
    left = np.einsum("sp,st,tp->p", x, expected, x) - np.einsum("qp,qp->p", cross, follow)
    spread = left
    if robust:
        explained = np.linalg.solve(fit.observed_information, fit.jacobian.T @ observed @ x)
        unexplained = fit.sample.scores(fit.moments) @ x - fit.scores @ explained
        spread = np.diag(fit.sample.meat(unexplained, clusters))
    out = []
    for number, (i, j) in enumerate(cells):
        change = score[number] / left[number]
        variances = model.residual_variances(model.elements(fit.parameters - follow[:, number] * change))[0]
        size = math.sqrt(variances[i] * variances[j]) if min(variances[i], variances[j]) > 0 else math.nan
        out.append(
            FreedPair(
                statistic=float(score[number] ** 2 / spread[number]),
                correlation=float(change / size),
                std_error=float(math.sqrt(spread[number]) / abs(left[number]) / size),
            )
        )
    return out
