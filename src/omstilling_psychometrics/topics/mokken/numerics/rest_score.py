"""Groups of respondents by rest score, as in Molenaar & Sijtsma (2000): adjacent rest scores joined until a group has at
least `minimum_size` answers; what is left over at the top joins the last group. mokken forms the same groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .scalability import Codes


def default_minimum_size(n: int) -> int:
    """n/10 from 500 answers, n/5 from 251, n/3 from 150, else 50 (Molenaar & Sijtsma 2000)."""
    if n >= 500:
        return n // 10
    if n > 250:
        return n // 5
    return n // 3 if n >= 150 else 50


def rest_score_groups(rest: Codes, counts: Floats, minimum_size: int) -> NDArray[np.int64]:
    """(p,) group of each pattern, 0 the lowest; rest (p,) rest scores. Raises EstimationError without two groups."""
    n = round(float(counts.sum()))
    if minimum_size < 1 or minimum_size > n / 2:
        raise EstimationError("too_few_for_groups", f"n = {n}")
    scores, position = np.unique(rest, return_inverse=True)
    cumulative = np.bincount(position, weights=counts).cumsum()
    ends: list[int] = []
    reached = 0
    while n - reached >= minimum_size:
        last = int(np.searchsorted(cumulative, reached + minimum_size - 0.5))
        ends.append(last)
        reached = round(float(cumulative[last]))
    # The highest closed group takes what is left over.
    return np.asarray(np.searchsorted(np.array(ends[:-1], dtype=np.int64), np.arange(scores.size), side="left")[position])
