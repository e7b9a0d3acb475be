"""Which of many independent units (leaders with all their answers, or single answers) are drawn for all of them.

Units that alone are a noticeable share of the sum of squared sizes, which the covariance of anything comes from, are all drawn.
Of the others, in the order of their sizes, one of so many neighbours is: the one that brings the sum of squares nearest to what
it should be, given the sum of sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Ints

# So many answers, so many of them in the rarest category (but not more than so many answers), and so many units of equal size
# are enough to see how samples deviate.
_ANSWERS = 2_500
_RAREST = 40
_MOST_ANSWERS = 5_000
_UNITS = 100
# A unit with a larger share of the sum of squares is drawn for itself.
_LARGE = 0.01


@dataclass(frozen=True)
class Part:
    """chosen: places of the units that are drawn, the first `large` of which stand for themselves alone; share: answers of the
    others that are drawn among all answers of such units."""

    chosen: NDArray[np.intp]
    large: int
    share: float


def part_of(sizes: Ints, rarest: float) -> Part | None:
    """The part to draw of units with these numbers of answers (u,), of which this share is in the rarest category of an item;
    None where it would be all of them."""
    sizes = sizes.astype(float)
    squares = sizes**2
    alone = squares > _LARGE * squares.sum()
    large, others = np.flatnonzero(alone), np.flatnonzero(~alone)
    if not others.size:
        return None
    n, total = sizes[others].sum(), squares[others].sum()
    answers = min(max(_ANSWERS, _RAREST / rarest), _MOST_ANSWERS)
    share = max(answers / n, _UNITS * total / n**2)
    if share >= 1:
        return None
    order = others[np.argsort(-sizes[others], kind="stable")]
    # 0 in sum over all, so that the squares are what the sizes make them.
    excess = squares[order] - total / n * sizes[order]
    ends = (np.arange(1, math.ceil(share * order.size) + 1) * (order.size / math.ceil(share * order.size))).astype(np.intp)
    wanted = share * np.cumsum(excess)[ends - 1]
    chosen, found, start = [], 0.0, 0
    for end, target in zip(ends.tolist(), wanted.tolist(), strict=True):
        place = start + int(np.argmin(np.abs(found + excess[start:end] - target)))
        chosen.append(place)
        found += float(excess[place])
        start = end
    drawn = order[chosen]
    return Part(np.concatenate([large, np.sort(drawn)]), large.size, float(sizes[drawn].sum() / n))
