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

from .fit import FactorFit
from .model import Cell, Part


@dataclass(frozen=True, kw_only=True)
class Modification:
    """index (expected fall of chi2, one degree of freedom) and expected change of the parameter."""

    index: float
    change: float


def modifications(fit: FactorFit, part: Part, cells: Sequence[Cell], *, group: int = 0) -> list[Modification]:
    """Of fixed elements, one by one; NaN where the free parameters already do what one would."""
    model = fit.model
    columns = np.zeros((model.g, model.s, len(cells)))
    columns[group] = model.element_jacobian(model.elements(fit.parameters))[group][:, model.elements_of(part, cells)]
    x = columns.reshape(model.g * model.s, len(cells))
    weighed, score, share = fit.weighed(x), fit.score_along(x), fit.index_n / fit.n
    alone = (x * weighed).sum(axis=0)
    cross = fit.jacobian.T @ weighed
    left = alone - (cross * np.linalg.solve(fit.information, cross)).sum(axis=0)
    # An element that the free ones can already imitate gains nothing.
    left = np.where(left > 1e-10 * alone, left, np.nan)
    return [
        Modification(index=float(index), change=float(change))
        for index, change in zip(score**2 / left * share, score / left, strict=True)
    ]
