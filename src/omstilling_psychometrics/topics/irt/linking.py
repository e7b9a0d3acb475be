"""Two item response models of the same items, fitted apart, on one latent scale: theta_onto = slope theta_of + intercept.

    sum over items and categories of  integral (P_onto(theta) - P_of((theta - intercept) / slope))^2 phi(theta) dtheta  = least

over slope > 0 and intercept, for the items that are taken as equal (Haebara 1980, here with the curve of every category). Each
model has latent mean 0 and variance 1, so that slope and intercept are standard deviation and mean of one group in units of the
other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ...core.numerics.arrays import Floats
from .curves import ItemCurves
from .numerics.quadrature import NODES

# Two items at least carry a linking.
LEAST = 2


@dataclass(frozen=True)
class Linking:
    """slope, intercept: of the straight line from one latent scale to the other."""

    slope: float
    intercept: float

    def back(self, theta: Floats) -> Floats:
        """Points of the scale linked onto, on the scale that was linked."""
        return (theta - self.intercept) / self.slope


def linking(of: ItemCurves, onto: ItemCurves, equal: Collection[str]) -> Linking | None:
    """By the items that are taken as equal and whose categories were chosen in both; None where they are fewer than LEAST."""
    from scipy.optimize import least_squares

    places = [(of.names.index(name), onto.names.index(name)) for name in onto.names if name in of.names and name in set(equal)]
    used = [
        (mine, theirs)
        for mine, theirs in places
        if mine in of.varying and theirs in onto.varying and np.array_equal(of.observed[mine], onto.observed[theirs])
    ]
    if len(used) < LEAST:
        return None
    mine, theirs = (list(one) for one in zip(*used, strict=True))
    wanted, weight = onto.category_curves(NODES)[theirs], np.exp(-(NODES**2) / 4)

    def apart(line: Floats) -> Floats:
        theta = Linking(float(np.exp(line[0])), float(line[1])).back(NODES)
        return np.asarray(((of.category_curves(theta)[mine] - wanted) * weight).ravel())

    found = least_squares(apart, np.zeros(2))
    return Linking(float(np.exp(found.x[0])), float(found.x[1])) if found.success else None
