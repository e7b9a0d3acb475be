"""Which parameters are free: equality within and across groups, and what the chosen categories leave unidentified.

A free parameter may serve several places (a common slope; the same item in two groups; the two intercepts around a
category that nobody chose). A place may be fixed: +inf or -inf where every category on one side was never chosen, slope 0
for an item whose answers are all the same, mean 0 and variance 1 of the first group.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .models import ItemModel

Invariance = Literal["configural", "metric", "scalar"]

# A place of an item is served by a free parameter (any key) or fixed at a number.
_Place = Hashable | float


@dataclass(frozen=True, eq=False)
class Layout:
    """index: (g, P) the free parameter that serves each place, -1 where fixed; fixed: (g, P); size: free parameters f;
    shape: (k, m), where P = k m + 2."""

    index: NDArray[np.int64]
    fixed: Floats
    size: int
    shape: tuple[int, int]

    def expand(self, free: Floats) -> tuple[Floats, Floats]:
        """Items (g, k, m) and latent means and variances (g, 2)."""
        full = np.where(self.index >= 0, np.append(free, 0.0)[self.index], self.fixed)
        k, m = self.shape
        return full[:, : k * m].reshape(-1, k, m), full[:, k * m :]

    def selection(self, group: int) -> Floats:
        """S (P, f) of zeros and ones: gradient by the free parameters = S' gradient by the group's P."""
        chosen = np.zeros((self.index.shape[1], self.size + 1))
        chosen[np.arange(self.index.shape[1]), self.index[group]] = 1.0
        return chosen[:, : self.size]

    def free(self, full: Floats) -> Floats:
        """Free parameters (f,) as the mean of the values (g, P) at the places that each serves."""
        served = self.index >= 0
        total = np.bincount(self.index[served], weights=full[served], minlength=self.size)
        return np.asarray(total / np.bincount(self.index[served], minlength=self.size))


def _graded_intercepts(chosen: Sequence[int], c: int) -> list[_Place]:
    """Places of d_1 … d_(c-1): served by the boundary they draw among the categories chosen (0 … c - 1)."""
    places: list[_Place] = []
    for boundary in range(1, c):
        below = sum(category < boundary for category in chosen)
        places.append(np.inf if below == 0 else -np.inf if below == len(chosen) else below)
    return places


def _baseline_intercepts(chosen: Sequence[int], c: int) -> list[_Place]:
    """Places of d_0 … d_(c-1): 0 for the lowest category chosen, -inf for those not chosen."""
    return [category if category in chosen[1:] else 0.0 if category in chosen[:1] else -np.inf for category in range(c)]


def _item_places(model: ItemModel, observed: NDArray[np.bool_]) -> list[_Place]:
    """Slope and intercepts of one item; observed (c,). Keys are small integers, fixed places are floats."""
    c = observed.size
    chosen = [int(category) for category in np.flatnonzero(observed)] or [0]
    intercepts = _baseline_intercepts(chosen, c) if model.baseline else _graded_intercepts(chosen, c)
    return [0.0 if len(chosen) == 1 else -1, *intercepts]


def layout(
    model: ItemModel,
    observed: NDArray[np.bool_],
    *,
    invariance: Invariance = "configural",
    noninvariant: Sequence[int] = (),
) -> Layout:
    """Free parameters of g groups; observed (g, k, c): the categories chosen.

    configural: every group its own items, latent mean 0 and variance 1. metric: one slope for all groups, latent
    variances free from the second group on. scalar: intercepts too, and latent means free. Items in `noninvariant` keep
    parameters of their own in every group. What one group did not choose is identified through the others where tied.
    """
    g, k, c = observed.shape
    m = model.width(c)
    keys: dict[Hashable, int] = {}
    index = np.full((g, k * m + 2), -1, dtype=np.int64)
    fixed = np.zeros((g, k * m + 2))
    fixed[:, -1] = 1.0
    for group in range(g):
        for item in range(k):
            own = group if item in noninvariant else None
            slope_group = group if invariance == "configural" else own
            intercept_group = own if invariance == "scalar" else group
            seen = np.asarray(observed[:, item].any(axis=0) if intercept_group is None else observed[group, item])
            for position, place in enumerate(_item_places(model, seen)):
                at = item * m + position
                if isinstance(place, float):
                    fixed[group, at] = place
                else:
                    tied = ("slope", None if model.equal_slopes else item, slope_group)
                    key: Hashable = tied if position == 0 else (item, place, intercept_group)
                    index[group, at] = keys.setdefault(key, len(keys))
        if group > 0 and invariance == "scalar":
            index[group, -2] = keys.setdefault(("mean", group), len(keys))
        if group > 0 and invariance != "configural":
            index[group, -1] = keys.setdefault(("variance", group), len(keys))
    return Layout(index, fixed, len(keys), (k, m))
