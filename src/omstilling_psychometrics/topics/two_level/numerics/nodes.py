"""Nodes of the trapezoidal rule for products of normal ogives with a normal density, as many as their slopes ask for.

Such a product is a normal probability, as a function of the factor as smooth as a normal density of precision p: its Fourier
transform falls off as exp(-w^2/2p) or faster. The trapezoidal rule of spacing h errs by the transform at 2 pi/h and beyond
(Trefethen & Weideman 2014), which is _NEGLIGIBLE of the integral for

    h = 2 pi / sqrt(2 p log(1/_NEGLIGIBLE))

    given the leader's factor, people       p = 1 + sum of squared slopes
    n people about a leader                 p = 1 + n b'(I + l l')^-1 b,   l, b the slopes within and between

All nodes have positive weights and are shared by all leaders of a block: large teams have finer ones. They reach from 0 as far
as there is any probability after the answers: a large team that says the same throughout may put its leader anywhere, and so
may the same rare answer to many items the person.
"""

from __future__ import annotations

import math

import numpy as np

from ....core.numerics.arrays import Floats

_NEGLIGIBLE = 1e-12
# Where the densities of people's and of leaders' factors are cut off, at 2e-11 and 2e-16 of their height: as far as nearly all
# need; and how much further where some need more.
OF_PERSON, OF_LEADER = 7.0, 8.5
FURTHER = 1.3
# What may be left out of a factor after the answers, at either end.
_LEFT_OUT = 1e-10


def spaced(precision: float, farthest: float, finer: float = 1.0) -> tuple[Floats, float]:
    """Nodes (q,) on both sides of 0, and their spacing; finer: so many times as many."""
    widest = 2 * math.pi / math.sqrt(2 * precision * -math.log(_NEGLIGIBLE)) / finer
    steps = math.ceil(farthest / widest)
    return np.linspace(-farthest, farthest, 2 * steps + 1), farthest / steps


def cut_off(joint: Floats, total: Floats) -> bool:
    """Is any row of joint densities (r, q) at nodes, which add up to `total` (r,), cut off at either end? Concave on the log
    scale, they tell there of what lies beyond."""
    return bool((joint[:, [0, -1]] > _LEFT_OUT * total[:, None]).any())


def log_normal(values: Floats) -> Floats:
    """Log of the standard normal density."""
    return np.asarray(-0.5 * values**2 - 0.5 * math.log(2 * math.pi))


def precision_within(within: Floats) -> float:
    """Of a person's factor, at most, from slopes (k,)."""
    return 1 + float(within @ within)


def precision_of_one(within: Floats, between: Floats) -> float:
    """What one person's answers tell of the leader's factor, at most: b'(I + l l')^-1 b."""
    return float(between @ between) - float(within @ between) ** 2 / (1 + float(within @ within))
