"""Infit and outfit at the EAP of each respondent (Wright & Masters 1982, ch. 5), items not answered left out.

    outfit = mean of z^2,   infit = sum of (y - E)^2 / sum of W,   z^2 = (y - E)^2 / W

E, W and C are the mean, variance and fourth central moment of the item score given theta. The standardised values are
the cube root transformation to a normal. Under a model with slopes of their own both tend to lie below 1, since EAP
scores are fitted to the same answers: read them side by side rather than against fixed bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .models import ItemModel


@dataclass(frozen=True)
class MeanSquares:
    """outfit, infit and their standardised values, n answers; NaN where nobody's answer has a variance."""

    outfit: float
    outfit_z: float
    infit: float
    infit_z: float
    n: float


def _standardised(mean_square: float, spread: float) -> float:
    """Wilson & Hilferty's cube root of a mean square with standard deviation `spread`."""
    return (np.cbrt(mean_square) - 1) * 3 / spread + spread / 3 if spread > 0 else float("nan")


def mean_squares(
    model: ItemModel, items: Floats, answers: NDArray[np.int64], counts: Floats, theta: Floats
) -> list[MeanSquares]:
    """For every item; answers (r, k), counts (r,), theta (r,) of each pattern. Agrees with mirt::itemfit("infit")."""
    p = model.probabilities(items, theta)
    scores = np.arange(p.shape[1])
    results = []
    for item in range(p.shape[0]):
        rows = answers[:, item] > 0
        weight, given = counts[rows], p[item][:, rows]
        mean = scores @ given
        deviation = scores[:, None] - mean
        variance, fourth = (deviation**2 * given).sum(axis=0), (deviation**4 * given).sum(axis=0)
        spread_out = variance > 0
        weight, variance, fourth = weight[spread_out], variance[spread_out], fourth[spread_out]
        n = float(weight.sum())
        if n == 0:
            results.append(MeanSquares(np.nan, np.nan, np.nan, np.nan, 0.0))
            continue
        square = (answers[rows, item] - 1 - mean)[spread_out] ** 2
        outfit = float(weight @ (square / variance)) / n
        infit = float(weight @ square) / float(weight @ variance)
        outfit_spread = np.sqrt(max(0.0, float(weight @ (fourth / variance**2)) / n**2 - 1 / n))
        infit_spread = np.sqrt(max(0.0, float(weight @ (fourth - variance**2)))) / float(weight @ variance)
        results.append(MeanSquares(outfit, _standardised(outfit, outfit_spread), infit, _standardised(infit, infit_spread), n))
    return results
