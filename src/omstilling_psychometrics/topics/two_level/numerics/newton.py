"""Maximum of a log-likelihood by Newton steps with its exact Hessian.

Where the Hessian is not negative definite, the step is taken with the sizes of its eigenvalues in place of the eigenvalues
(Nocedal & Wright 2006, sec. 3.4), which always leads uphill, however few the groups; from a saddle, along its steepest axis.
Every step is halved until the log-likelihood rises. Converged means that the Newton decrement (twice the rise still to be had)
is below 1e-10: estimates are then within 1e-5 of their standard errors of the maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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
# Directions that are not known to be curved are taken to be so much, in the same units.
_FLATTEST = 1e-2


class LogLikelihood(Protocol):
    """Of free parameters (f,): whether they are inside the parameter space; value and derivatives there; whether they are on
    their way to infinity and not to be followed."""

    def inside(self, parameters: Floats) -> bool: ...
    def value(self, parameters: Floats) -> float: ...
    def derivatives(self, parameters: Floats) -> Derivatives: ...
    def too_far(self, parameters: Floats) -> bool: ...


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

    def turned(self, signs: Floats) -> Maximum:
        """The same maximum in parameters times signs (f,)."""
        gradient, hessian = self.there.gradient * signs, self.there.hessian * np.outer(signs, signs)
        there = Derivatives(self.there.value, self.there.scores * signs, gradient, hessian)
        return Maximum(self.parameters * signs, there, self.iterations, self.reason)


def _step(there: Derivatives) -> tuple[Floats, float, bool]:
    """Direction uphill, twice the rise to be had along it, and whether it is a Newton step."""
    information = -there.hessian
    diagonal = np.abs(np.diag(information))
    scale = 1 / np.sqrt(np.maximum(diagonal, _POOREST * diagonal.max()))
    curvatures, axes = np.linalg.eigh(information * np.outer(scale, scale))
    newton = bool(curvatures[0] > _POOREST)
    sizes = curvatures if newton else np.maximum(np.abs(curvatures), _FLATTEST)
    step = scale * (axes @ ((axes.T @ (scale * there.gradient)) / sizes))
    decrement = float(there.gradient @ step)
    if decrement < _DECREMENT and curvatures[0] < -_FLATTEST:
        return scale * axes[:, 0], -float(curvatures[0]), False
    return step, decrement, newton


def _climb(
    function: LogLikelihood, at: Floats, there: Derivatives, step: Floats, decrement: float
) -> tuple[Floats, Derivatives] | None:
    """The first point along the step, halved as often as needed, where the log-likelihood is higher; None if none is. Most
    steps are not halved: the first is tried with all derivatives at once."""
    length = min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
    for halvings in range(_HALVINGS):
        ahead = at + length * step
        if function.inside(ahead):
            reached = None if halvings else function.derivatives(ahead)
            rise = (function.value(ahead) if reached is None else reached.value) - there.value
            # Rises below the rounding error of the sum cannot be seen; a step that short is taken on trust.
            if rise > 0 or length * decrement < 1e-12 * abs(there.value):
                return ahead, reached or function.derivatives(ahead)
        length /= 2
    return None


def maximum(function: LogLikelihood, start: Floats) -> Maximum:
    """From `start` (f,) uphill."""
    parameters, there = start, function.derivatives(start)
    for iterations in range(_ITERATIONS):
        step, decrement, newton = _step(there)
        if decrement < _DECREMENT:
            return Maximum(parameters, there, iterations, None if newton else Note("not_identified"))
        higher = None if function.too_far(parameters) else _climb(function, parameters, there, step, decrement)
        if higher is None:
            break
        parameters, there = higher
    return Maximum(parameters, there, iterations, Note("not_converged"))
