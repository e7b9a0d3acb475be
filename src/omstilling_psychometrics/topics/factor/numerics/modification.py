"""Modification indices: what freeing one fixed element would gain, without fitting again.

    MI = s^2/d,  EPC = s/d,   s = x' f',  d = x' V x - x' V J (J' V J)^-1 J' V x

x is the derivative of the moments by the element, f' the slope and V the expected information of the moments (Sorbom 1989).
Least squares: V = W, f' = W (s - beta), and the index times (n - g)/n, as in lavaan::modindices, which agrees; its expected
change has that factor too and misses the minimum by it, ours has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .model import Cell, Part
from .normal_fit import NormalFit
from .ordinal_fit import OrdinalFit


@dataclass(frozen=True, kw_only=True)
class Modification:
    """index (expected fall of chi2, one degree of freedom) and expected change of the parameter."""

    index: float
    change: float


def modifications(fit: NormalFit | OrdinalFit, part: Part, cells: Sequence[Cell], *, group: int = 0) -> list[Modification]:
    """Of fixed elements, one by one; NaN where the free parameters already do what one would."""
    model = fit.model
    columns = np.zeros((model.g, model.s, len(cells)))
    columns[group] = model.element_jacobian(model.elements(fit.theta))[group][:, model.elements_of(part, cells)]
    x = columns.reshape(model.g * model.s, len(cells))
    if isinstance(fit, NormalFit):
        slope, _, information = fit.moment_derivatives
        weighted, score, inner, share = information @ x, -(slope @ x), fit.expected_information, 1.0
    else:
        weighted, score = fit.weights[:, None] * x, (fit.weights * fit.residuals) @ x
        inner, share = fit.information, (fit.n - fit.sample.g) / fit.n
    own = (x * weighted).sum(axis=0)
    cross = fit.jacobian.T @ weighted
    left = own - (cross * np.linalg.solve(inner, cross)).sum(axis=0)
    # An element that the free ones can already imitate gains nothing.
    left = np.where(left > 1e-10 * own, left, np.nan)
    return [
        Modification(index=float(index), change=float(change))
        for index, change in zip(score**2 / left * share, score / left, strict=True)
    ]
