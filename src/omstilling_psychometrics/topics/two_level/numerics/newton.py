"""Maximum of a log-likelihood by Newton steps with its exact Hessian.

Where the Hessian is not negative definite, its eigenvalues are taken as negative (in units of the parameters' own curvature),
which always leads uphill and away from saddle points. Every step is halved until the log-likelihood rises. Converged means that
the Newton decrement (twice the rise still to be had) is below 1e-10: estimates are then within 1e-5 of their standard errors of
the maximum.
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
# Directions that are flatter, or curve the wrong way, are taken as so much curved at least.
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


def _step(there: Derivatives) -> tuple[Floats, bool]:
    """Direction uphill, and whether it is a Newton step."""
    information = -there.hessian
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    newton = bool(values[0] > _POOREST)
    if not newton:
        values = np.maximum(np.abs(values), _FLATTEST)
    return np.asarray(scale * (vectors @ (vectors.T @ (scale * there.gradient) / values))), newton


def _climb(function: LogLikelihood, at: Floats, there: Derivatives, step: Floats) -> tuple[Floats, Derivatives] | None:
    """The first point along the step, halved as often as needed, where the log-likelihood is higher; None if none is. Most
    steps are not halved: the first is tried with all derivatives at once."""
    length = min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
    for halvings in range(_HALVINGS):
        ahead = at + length * step
        if function.inside(ahead):
            reached = None if halvings else function.derivatives(ahead)
            rise = (function.value(ahead) if reached is None else reached.value) - there.value
            # Rises below the rounding error of the sum cannot be seen; a step that short is taken on trust.
            if rise > 0 or length * float(there.gradient @ step) < 1e-12 * abs(there.value):
                return ahead, reached or function.derivatives(ahead)
        length /= 2
    return None


def maximum(function: LogLikelihood, start: Floats) -> Maximum:
    """From `start` (f,) uphill."""
    parameters, there = start, function.derivatives(start)
    for iterations in range(_ITERATIONS):
        step, newton = _step(there)
        if float(there.gradient @ step) < _DECREMENT:
            return Maximum(parameters, there, iterations, None if newton else Note("not_identified"))
        higher = None if function.too_far(parameters) else _climb(function, parameters, there, step)
        if higher is None:
            break
        parameters, there = higher
    return Maximum(parameters, there, iterations, Note("not_converged"))
