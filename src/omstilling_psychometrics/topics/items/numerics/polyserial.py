"""Polyserial correlation of a score with an ordinal item, two-step.

    rho = s_xy / (s_x D),   D = sum_j phi(tau_j),   tau_j = Phi^-1(share of answers up to category j)

y counts 1, 2, ... through the categories that occur. Olsson, Drasgow & Dorans (1982, Psychometrika 47, 337-347, eq. 26).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ....core.numerics.arrays import Floats
from ....core.numerics.moments import complete


@dataclass(frozen=True, kw_only=True)
class Polyserial:
    """estimate; influence (p,) of each pattern on it (0 for patterns that are not used); n answers used."""

    estimate: float
    influence: Floats
    n: int


def polyserial(score: Floats, item: Floats, counts: Floats) -> Polyserial:
    """Two-step polyserial correlation of a score with an item, (p,) each, NaN where missing; counts (p,).

    NaN where the score does not vary or the item has one category. polycor::polyserial(ML = FALSE) agrees.
    """
    used: NDArray[np.bool_] = ~(np.isnan(score) | np.isnan(item)) & (counts > 0)
    influence = np.zeros(len(score))
    weights, n = counts[used], round(float(counts[used].sum()))
    if n < 2:
        return Polyserial(estimate=math.nan, influence=influence, n=n)
    categories, rank = np.unique(item[used], return_inverse=True)
    x, y = score[used] - weights @ score[used] / n, rank - weights @ rank / n
    variance = float(weights @ x**2 / n)
    if len(categories) < 2 or variance <= 1e-24 * max(1.0, float(np.abs(score[used]).max())) ** 2:
        return Polyserial(estimate=math.nan, influence=influence, n=n)
    below = rank[:, None] <= np.arange(len(categories) - 1)
    shares = weights @ below / n
    thresholds = ndtri(shares)
    density = float(np.exp(-(thresholds**2) / 2).sum() / math.sqrt(2 * math.pi))
    covariance = float(weights @ (x * y) / n)
    estimate = covariance / (math.sqrt(variance) * density)
    # d phi(tau_j) = -tau_j phi(tau_j) d tau_j, and d tau_j = d share_j / phi(tau_j).
    of_density = -(below - shares) @ thresholds
    of_covariance = (x * y - covariance) / (math.sqrt(variance) * density)
    influence[used] = of_covariance - estimate * ((x**2 - variance) / (2 * variance) + of_density / density)
    return Polyserial(estimate=estimate, influence=influence, n=n)


def item_rest_polyserial(values: Floats, counts: Floats, item: int) -> Polyserial:
    """Item (column) against the mean of the others, complete rows; values (p, k), counts (p,)."""
    rest = np.delete(values, item, axis=1).mean(axis=1)
    return polyserial(rest, np.where(complete(values), values[:, item], np.nan), counts)
