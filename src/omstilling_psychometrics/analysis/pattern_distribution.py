"""How probable each answer pattern is in a population, and what the values of statistics there are called.

The values themselves stand in `population.py` of each topic, as plain functionals of this distribution: written for
populations, and apart from the estimators of this package, which are checked against them. Divisors are n.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.numerics.arrays import Floats
from ..survey.scale import Instrument

# Quantity, item, category and method, as in results.json.
Name = tuple[str, str | None, int | None, str | None]
Values = dict[Name, float]

Codes = NDArray[np.int8]


def name(quantity: str, item: str | None = None, category: int | None = None, method: str | None = None) -> Name:
    return quantity, item, category, method


def covariance(x: Floats, weights: Floats) -> Floats:
    """(k, k) covariance of columns, divisor the sum of the weights."""
    share = weights / weights.sum()
    d = x - share @ x
    return np.asarray(d.T @ (d * share[:, None]))


@dataclass(frozen=True, eq=False)
class PatternDistribution:
    """codes (p, k) to the items of the instrument, and their weights (p,), of any sum."""

    instrument: Instrument
    codes: Codes
    weights: Floats

    @cached_property
    def complete(self) -> PatternDistribution:
        """Of those who answer all items."""
        kept = (self.codes > 0).all(axis=1)
        return PatternDistribution(self.instrument, self.codes[kept], self.weights[kept])

    @cached_property
    def covariance(self) -> Floats:
        """(k, k) of the codes."""
        return covariance(self.codes.astype(float), self.weights)
