"""How far a leader's mean generalises, at other numbers of answers and items: decision studies from variance components.

With the components l, i, l:i, p, e of `crossed_items`, n persons about a leader, K items, and each person answering m of them,

    Delta^2 = (i + l:i)(1/K + g/n) + p/n + e E(1/m)/n           absolute error,   g = E(1/m) - 1/K
    delta^2 = Delta^2 - i/K                                     relative error
    Phi     = l/(l + Delta^2)        dependability
    E rho^2 = l/(l + delta^2)        generalizability           Brennan (2001, sec. 4.1)

Where all items are answered, m = K and g = 0: the usual formulas. Otherwise persons about one leader answer other items than
those about another, so that a part of the differences between items comes into comparisons of leaders.

Both coefficients are functions of the ratio of two linear forms in the components, whose intervals are taken on log(1 - rho):
there the variance between leaders may be at or below 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import comb

from ....core.numerics import intervals
from ....core.numerics.arrays import Floats
from ....core.numerics.intervals import Bounds
from .crossed_items import Components

# relative, absolute: items and persons are samples. items_fixed: these items are all there are. persons_fixed: so
# many persons answer that only the items are a sample.
Kind = Literal["relative", "absolute", "items_fixed", "persons_fixed"]

# Variances so small a part of all are nought, which differences of sums of squares miss by their last bits.
_ROUNDING = 1e-10
# Answers that nobody has: a reliability that is not reached with them never is.
_MOST_ANSWERS = 1_000_000


@dataclass(frozen=True)
class Design:
    """answers n about a leader, items K, and inverse E(1/m) of the number of them that a person answers."""

    answers: float
    items: int
    inverse: float

    @staticmethod
    def complete(answers: float, items: int) -> Design:
        """All items answered."""
        return Design(answers, items, 1 / items)


def mean_inverse_answered(items: int, rate: float, minimum: int) -> float:
    """E(1/m) where each item is left unanswered with that probability, and at least `minimum` are answered."""
    answered = np.arange(minimum, items + 1)
    probability = comb(items, answered) * (1 - rate) ** answered * rate ** (items - answered)
    return float(probability @ (1 / answered) / probability.sum())


def _weights(kind: Kind, design: Design) -> tuple[Floats, Floats]:
    """Of the components (5,): what is to be generalised, and error."""
    n, k = design.answers, design.items
    if kind == "persons_fixed":
        return np.array([1.0, 0, 0, 0, 0]), np.array([0, 0, 1 / k, 0, 0])
    uneven = (design.inverse - 1 / k) / n
    fixed = 1 / k if kind == "items_fixed" else 0.0  # what belongs to the leader
    of_items = 1 / k if kind == "absolute" else 0.0
    error = np.array([0, of_items + uneven, 1 / k - fixed + uneven, 1 / n, design.inverse / n])
    return np.array([1.0, 0, fixed, 0, 0]), error


@dataclass(frozen=True)
class Coefficient:
    """estimate; std_error; bounds: from a level."""

    estimate: float
    std_error: float
    leaders: int

    def bounds(self, level: float) -> Bounds:
        return intervals.log_complement(level, self.estimate, self.std_error, self.leaders - 1)


def with_leaders(components: Components, leaders: int) -> Components:
    """The same components as so many leaders would tell them: variances of estimates are inverse to the number of leaders."""
    return replace(components, covariance=components.covariance * components.leaders / leaders, leaders=leaders)


def coefficient(components: Components, kind: Kind, design: Design) -> Coefficient:
    """The share of the variance of leaders' means that is to be generalised; NaN where the variance is not positive."""
    universe, error = _weights(kind, design)
    total = universe + error
    expected, of_error = float(components.values @ total), float(components.values @ error)
    rounding = _ROUNDING * float(np.abs(components.values).sum())
    of_error = 0.0 if abs(of_error) <= rounding else of_error
    if not expected > rounding or not of_error >= 0:
        return Coefficient(math.nan, math.nan, components.leaders)
    slope = (error - of_error / expected * total) / expected
    variance = float(np.maximum(slope @ components.covariance @ slope, 0.0))  # NaN stays
    return Coefficient(1 - of_error / expected, math.sqrt(variance), components.leaders)


def fewest_answers(reached: Callable[[int], bool]) -> float:
    """The smallest number of answers for which `reached` is true, as it is for all larger ones; infinite if it never is."""
    if not reached(_MOST_ANSWERS):
        return math.inf
    low, high = 0, 1
    while not reached(high):
        low, high = high, min(2 * high, _MOST_ANSWERS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return float(high)
