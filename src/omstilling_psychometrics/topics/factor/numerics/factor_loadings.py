"""Loadings of one factor by weighted least squares, for many drawn samples at once.

    f = sum_{i<j} w_ij (r_ij - lambda_i lambda_j)^2 / 2

Its derivatives are sums over items, so a step of Newton's method costs (k, k) a sample, where `minimise`, which finds the same
minimum for any model, works on matrices of all pairs. It starts anew where the plain steps taken here do not settle.
Shapes: b samples, k items, m pairs of items.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats, Mask
from .least_squares import LeastSquares
from .minimise import minimise
from .model import one_factor

# From a start within a standard error or so of the solution three or four steps do; what needs more goes to `minimise`.
_ITERATIONS = 15


def loadings_of(
    correlations: Floats, weights: Floats, start: Floats, tolerance: float, largest: float = np.inf
) -> tuple[Floats, Mask]:
    """Loadings (b, k) at the least weighted squares, and whether there are any (b,); correlations, weights (b, m); start (k,).
    Loadings that pass `largest` in size have no minimum within reach."""
    b, k = len(correlations), len(start)
    first, second = np.triu_indices(k, 1)
    matrices = np.zeros((2, b, k, k))
    matrices[:, :, first, second] = matrices[:, :, second, first] = correlations, weights
    starts = np.repeat(start[None], b, axis=0)
    loadings, found = least_squares_loadings(matrices[0], matrices[1], starts, tolerance)
    found &= (np.abs(loadings) <= largest).all(axis=1)
    left = np.flatnonzero(~found)
    if left.size:
        problem = LeastSquares(correlations[left], weights[left])
        anew = minimise(one_factor("delta", k), problem, starts[left], largest=largest)
        loadings[left], found[left] = anew.parameters, anew.converged
    return loadings, found


def least_squares_loadings(correlations: Floats, weights: Floats, start: Floats, tolerance: float) -> tuple[Floats, Mask]:
    """Loadings (b, k) at the least sum_{i<j} w_ij (r_ij - lambda_i lambda_j)^2 / 2 by Newton's method, and whether they were
    found (b,): half the decrement below `tolerance`. correlations, weights (b, k, k); start (b, k)."""
    k = start.shape[1]
    i = np.arange(k)
    weights = weights.copy()
    weights[:, i, i] = 0.0
    loadings = start.copy()
    found = np.zeros(len(start), dtype=bool)
    active = np.arange(len(start))
    for _ in range(_ITERATIONS):
        if not active.size:
            break
        at, w, r = loadings[active], weights[active], correlations[active]
        with np.errstate(all="ignore"):  # as above
            implied = at[:, :, None] * at[:, None, :]
            gradient = (w * (implied - r) * at[:, None, :]).sum(axis=2)
            hessian = w * (2 * implied - r)
            hessian[:, i, i] = (w * at[:, None, :] ** 2).sum(axis=2)
            step = solutions(hessian, -gradient)
            decrement = -(gradient * step).sum(axis=1) / 2
        going = np.isfinite(decrement) & (decrement >= 0)
        loadings[active[going]] += step[going]
        found[active] = at_minimum(hessian, going & (decrement < tolerance))
        active = active[going & (decrement >= tolerance)]
    return loadings, found


def solutions(matrices: Floats, right: Floats) -> Floats:
    """Solutions (b, q); NaN where a matrix is singular to the last digit."""
    try:
        return np.asarray(np.linalg.solve(matrices, right[..., None])[..., 0])
    except np.linalg.LinAlgError:
        if len(right) == 1:
            return np.full_like(right, np.nan)
        return np.concatenate([solutions(matrices[n : n + 1], right[n : n + 1]) for n in range(len(right))])


def at_minimum(hessians: Floats, settled: Mask) -> Mask:
    """Which of the settled (b,) are at a minimum: a saddle, such as that where all loadings are 0, has no slope either."""
    place = np.flatnonzero(settled)
    out = settled.copy()
    try:
        np.linalg.cholesky(hessians[place])
    except np.linalg.LinAlgError:
        out[place] = np.linalg.eigvalsh(hessians[place])[:, 0] > 0
    return out
