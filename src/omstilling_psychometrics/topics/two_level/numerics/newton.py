"""Maximum of a log-likelihood by Newton steps with its exact Hessian.

Where the Hessian is not negative definite, the step is taken with the sum of outer products of scores instead (Berndt et al.
1974), which always leads uphill. Every step is halved until the log-likelihood rises. Converged means that the Newton decrement
(twice the rise still to be had) is below 1e-10: estimates are then within 1e-5 of their standard errors of the maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....core.note import Note
from ....core.numerics.arrays import Floats
from .marginal import Derivatives

_DECREMENT = 1e-10
_ITERATIONS = 100
_HALVINGS = 30
# No parameter moves further than this in one step.
_LONGEST_STEP = 1.0
# Smallest eigenvalue of the information, in units of its diagonal, below which the data say nothing about a parameter.
_POOREST = 1e-8


@dataclass(frozen=True, eq=False)
class Maximum:
    """parameters (f,); there: value and derivatives; iterations; reason: why it is none, None where it is one."""

    parameters: Floats
    there: Derivatives
    iterations: int
    reason: Note | None

    @property
    def information(self) -> Floats:
        return -self.there.hessian


def _step(there: Derivatives, weights: Floats) -> tuple[Floats, bool]:
    """Direction uphill, and whether it is a Newton step."""
    information = -there.hessian
    newton = _is_definite(information)
    if not newton:
        information = (there.scores * weights[:, None]).T @ there.scores
        information[np.diag_indices_from(information)] *= 1 + 1e-6
        information += np.eye(len(information)) * 1e-8 * max(float(np.diag(information).max()), 1.0)
    return np.asarray(np.linalg.solve(information, there.gradient)), newton


def _is_definite(information: Floats) -> bool:
    diagonal = np.diag(information)
    if not (diagonal > 0).all():
        return False
    scale = 1 / np.sqrt(diagonal)
    return bool(np.linalg.eigvalsh(information * np.outer(scale, scale))[0] > _POOREST)


def maximum(
    value: Callable[[Floats], float],
    derivatives: Callable[[Floats], Derivatives],
    weights: Floats,
    start: Floats,
    too_far: Callable[[Floats], bool],
) -> Maximum:
    """From `start` (f,) uphill; value is -inf outside the parameter space; weights (g,) of the units whose scores the
    derivatives hold; too_far: parameters on their way to infinity, which are not followed."""
    parameters, there = start, derivatives(start)
    for iterations in range(_ITERATIONS):
        step, newton = _step(there, weights)
        decrement = float(there.gradient @ step)
        if decrement < _DECREMENT:
            return Maximum(parameters, there, iterations, None if newton else Note("not_identified"))
        if too_far(parameters):
            break
        length = min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
        for _ in range(_HALVINGS):
            height = value(parameters + length * step)
            # Rises below the rounding error of the sum cannot be seen; a step that short is taken on trust.
            if height > there.value or (length * decrement < 1e-12 * abs(there.value) and height > -np.inf):
                break
            length /= 2
        else:
            break
        parameters = parameters + length * step
        there = derivatives(parameters)
    return Maximum(parameters, there, iterations, Note("not_converged"))
