"""The item models by name: one set of functions each, all with the same arguments and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ....core.numerics.arrays import Floats
from . import gpcm, graded


@dataclass(frozen=True, kw_only=True)
class ItemModel:
    """Functions of items (k, m) and theta (q,). baseline: intercepts start with d_0, so m = c + 1 instead of c;
    equal_slopes: one slope for all items."""

    name: str
    baseline: bool
    equal_slopes: bool
    valid: Callable[[Floats], bool]
    log_probabilities: Callable[[Floats, Floats], Floats]
    parameter_derivatives: Callable[[Floats, Floats], Floats]
    complete_hessian: Callable[[Floats, Floats, Floats], Floats]
    theta_derivatives: Callable[[Floats, Floats], tuple[Floats, Floats]]
    mixed_derivatives: Callable[[Floats, Floats], Floats]
    difficulty_contrasts: Callable[[int], Floats]

    def width(self, c: int) -> int:
        """Parameters m of an item with c categories."""
        return c + 1 if self.baseline else c

    def probabilities(self, items: Floats, theta: Floats) -> Floats:
        """Category curves (k, c, q)."""
        return np.exp(self.log_probabilities(items, theta))


GRADED = ItemModel(
    name="graded",
    baseline=False,
    equal_slopes=False,
    valid=graded.valid,
    log_probabilities=graded.log_probabilities,
    parameter_derivatives=graded.parameter_derivatives,
    complete_hessian=graded.complete_hessian,
    theta_derivatives=graded.theta_derivatives,
    mixed_derivatives=graded.mixed_derivatives,
    difficulty_contrasts=graded.difficulty_contrasts,
)
GPCM = ItemModel(
    name="gpcm",
    baseline=True,
    equal_slopes=False,
    valid=gpcm.valid,
    log_probabilities=gpcm.log_probabilities,
    parameter_derivatives=gpcm.parameter_derivatives,
    complete_hessian=gpcm.complete_hessian,
    theta_derivatives=gpcm.theta_derivatives,
    mixed_derivatives=gpcm.mixed_derivatives,
    difficulty_contrasts=gpcm.difficulty_contrasts,
)
PCM = replace(GPCM, name="pcm", equal_slopes=True)

MODELS = {model.name: model for model in (GRADED, GPCM, PCM)}
