"""Modification indices: what freeing one fixed element would gain, without fitting again.

    MI = s^2/d,  EPC = s/d,   s = x' f',  d = x' V x - x' V J (J' V J)^-1 J' V x

x is the derivative of the moments by the element, f' the slope and V the expected information of the moments (Sorbom 1989).
Least squares: V = W, f' = W (s - beta). lavaan::modindices agrees: there the index carries (n - 1)/n, which the weights already
have once, and the expected change too, which then is not the minimum of the quadratic; ours is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import Cell, FactorModel, Floats, Part
from .normal_fit import NormalFit
from .ordinal_fit import OrdinalFit


@dataclass(frozen=True, kw_only=True)
class Modification:
    """index (expected fall of chi2, one degree of freedom) and expected change of the parameter."""

    index: float
    change: float


def _column(model: FactorModel, theta: Floats, part: Part, cell: Cell, group: int) -> Floats:
    """Derivative (S,) of all moments by one element."""
    element = int(model.elements_of(part, [cell])[0])
    column = np.zeros(model.g * model.s)
    column[group * model.s : (group + 1) * model.s] = model.element_jacobian(model.elements(theta))[group, :, element]
    return column


def _score_test(column: Floats, slope: Floats, information: Floats, jacobian: Floats) -> tuple[float, float]:
    """s and d."""
    weighted = information @ column
    cross = jacobian.T @ weighted
    own = float(column @ weighted)
    left = own - float(cross @ np.linalg.solve(jacobian.T @ information @ jacobian, cross))
    # An element that the free ones can already imitate gains nothing.
    return float(column @ slope), left if left > 1e-10 * own else float("nan")


def modification(fit: NormalFit | OrdinalFit, part: Part, cell: Cell, *, group: int = 0) -> Modification:
    """Of one fixed element; NaN where the free parameters already do what it would."""
    column = _column(fit.model, fit.theta, part, cell, group)
    if isinstance(fit, NormalFit):
        slope, _, information = fit.moment_derivatives
        score, curvature = _score_test(column, -slope, information, fit.jacobian)
        return Modification(index=score**2 / curvature, change=score / curvature)
    score, curvature = _score_test(column, fit.weights * fit.residuals, np.diag(fit.weights), fit.jacobian)
    return Modification(index=score**2 / curvature * (fit.n - fit.sample.g) / fit.n, change=score / curvature)
