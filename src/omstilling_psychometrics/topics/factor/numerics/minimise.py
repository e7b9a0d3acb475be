"""Minimise a discrepancy between implied and sample moments over the parameters of a factor model.

    F(p) = f(beta(p)),   gradient J' f',   Hessian J' f'' J + sum_s f'_s d2 beta_s / dp dp',   p the parameters

Damped Newton with analytic first and second derivatives, on a stack of problems at once (bootstrap draws), each with its own
step length. Where the Hessian is not positive definite its eigenvalues are replaced by their sizes (Nocedal & Wright 2006,
sec. 3.4), so every step goes downhill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .curvature import curvature
from .model import FactorModel

# Convergence: half the squared Newton decrement, an estimate of how far F is above its minimum. F is of the order of chi2/N, so
# this leaves an error in chi2 of about N * 1e-15.
_DECREMENT = 1e-15
_ITERATIONS = 80
_HALVINGS = 40
# From a warm start that is all that is needed; a drawn sample that needs more has no proper solution.
_ITERATIONS_WARM = 60
_HALVINGS_WARM = 12
# Eigenvalues of the scaled Hessian below this share of the largest are directions that the data do not determine.
_FLAT = 1e-8
# Longest step in units of the parameters' own curvature scale: keeps the first steps from leaving the valley.
_LONGEST = 10.0


class Discrepancy(Protocol):
    """f as a function of moments (b, S) for a stack of b problems."""

    def value(self, moments: Floats) -> Floats:
        """f (b,); infinite where the moments are not admissible."""
        ...

    def derivatives(self, moments: Floats, *, exact: bool = True) -> tuple[Floats, Floats, Floats]:
        """f' (b, S), f'' (b, S, S) and its expectation under the model (b, S, S), positive semi-definite. Without `exact` the
        expectation may stand for f'' itself."""
        ...

    def take(self, chosen: NDArray[np.intp]) -> Discrepancy:
        """The problems at these places of the stack."""
        ...


@dataclass(frozen=True)
class Minimum:
    """parameters (b, q), f (b,), converged (b,)."""

    parameters: Floats
    value: Floats
    converged: NDArray[np.bool_]


def _direction(gradient: Floats, hessian: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Downhill steps (b, q) and half their decrements (b,), scaled by the curvature of the expected Hessian."""
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", expected), 1e-12))
    scaled = hessian / (scale[:, :, None] * scale[:, None, :])
    scaled = np.where(np.isfinite(scaled), scaled, np.eye(gradient.shape[1]))
    step = _positive_solve(scaled, -gradient / scale)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    step = step * np.minimum(1.0, _LONGEST / np.maximum(length, 1e-300))
    step = step / scale
    return step, -np.einsum("bi,bi->b", gradient, step) / 2


def _positive_solve(matrices: Floats, right: Floats) -> Floats:
    """Solutions (b, q), with the eigenvalues of matrices (b, q, q) replaced by their sizes where they are not positive."""
    try:
        root = np.linalg.cholesky(matrices)
        # A pivot is the share of an eigenvalue at most: none below the limit means that no direction is flat.
        if (np.einsum("bii->bi", root) ** 2).min() > _FLAT:
            return np.asarray(np.linalg.solve(matrices, right[..., None])[..., 0])
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(matrices)
    floor = _FLAT * np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12)
    inside = np.einsum("bij,bi->bj", vectors, right) / np.maximum(np.abs(values), floor)
    return np.asarray(np.einsum("bij,bj->bi", vectors, inside))


def minimise(
    model: FactorModel,
    discrepancy: Discrepancy,
    start: Floats,
    *,
    exact: bool = True,
    tolerance: float = _DECREMENT,
    largest: float = np.inf,
) -> Minimum:
    """Minimum from starting values (b, q), to an excess of F of about `tolerance`. exact=False leaves out the second
    derivatives of the moments (Fisher scoring or Gauss-Newton), which is cheaper per step and good enough from a warm start.
    A problem one of whose parameters passes `largest` in size is given up: it has no minimum within reach."""
    parameters = start.astype(float).copy()
    value = discrepancy.value(model.moments(parameters))
    converged = np.zeros(len(parameters), dtype=bool)
    active = np.flatnonzero(np.isfinite(value))
    iterations, halvings = (_ITERATIONS, _HALVINGS) if exact else (_ITERATIONS_WARM, _HALVINGS_WARM)
    for _ in range(iterations):
        if not active.size:
            break
        problem = discrepancy.take(active)
        point = parameters[active]
        moments, jacobian = model.moments(point), model.jacobian(point)
        slope, second, expected_second = problem.derivatives(moments, exact=exact)
        gradient = np.einsum("bs,bsq->bq", slope, jacobian)
        expected = np.swapaxes(jacobian, 1, 2) @ expected_second @ jacobian
        hessian = expected
        if exact:
            hessian = np.swapaxes(jacobian, 1, 2) @ second @ jacobian + curvature(model, point, slope)
        step, decrement = _direction(gradient, hessian, expected)
        done = decrement < tolerance
        size = np.where(done, 0.0, 1.0)
        settled = done.copy()
        best = value[active].copy()
        accepted = point.copy()
        for _halving in range(halvings):
            trying = np.flatnonzero(~settled)
            if not trying.size:
                break
            tried = point[trying] + size[trying, None] * step[trying]
            height = problem.take(trying).value(model.moments(tried))
            # Sufficient decrease (Armijo), with room for rounding near the minimum.
            enough = height <= best[trying] - 1e-4 * size[trying] * decrement[trying] + 1e-15 * np.abs(best[trying])
            good = trying[enough]
            accepted[good], best[good] = tried[enough], height[enough]
            settled[good] = True
            size[trying[~enough]] /= 2
        # No decrease along a downhill direction: rounding has been reached if the step was already tiny.
        stuck = ~settled
        parameters[active], value[active] = accepted, best
        converged[active[done]] = True
        converged[active[stuck & (decrement < 1e-10)]] = True
        active = active[~done & ~stuck & (np.abs(accepted) <= largest).all(axis=1)]
    return Minimum(parameters, value, converged)
