"""Indices of how relevant experts find an item: content validity index, modified kappa, Aiken's V.

I-CVI (Lynn 1986): share of the experts who find the item relevant. Modified kappa (Polit, Beck & Owen 2007): I-CVI corrected
for the chance that exactly so many of N experts agree when each tosses a coin, pc = C(N, A) / 2^N. V (Aiken 1985): the mean
rating as a share of the range; its score interval (Penfield & Giacobbi 2004) takes n·k points of the range as trials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ....core.numerics.intervals import Bounds, quantile


def content_validity_index(relevant: int, experts: int) -> float:
    """I-CVI."""
    return relevant / experts if experts else math.nan


def chance_agreement(relevant: int, experts: int) -> float:
    """Probability that exactly so many experts find an item relevant by chance."""
    return math.comb(experts, relevant) * 0.5**experts


def modified_kappa(relevant: int, experts: int) -> float:
    """NaN for one expert, where chance is one half whatever is said."""
    if experts < 2:
        return math.nan
    chance = chance_agreement(relevant, experts)
    return (content_validity_index(relevant, experts) - chance) / (1 - chance)


def aiken_v(ratings: Sequence[int], lowest: int, highest: int) -> float:
    """The mean rating as a share of the range."""
    if not ratings:
        return math.nan
    return (sum(ratings) / len(ratings) - lowest) / (highest - lowest)


def aiken_v_interval(v: float, experts: int, steps: int, level: float) -> Bounds:
    """Score interval of V. steps: highest less lowest rating."""
    trials, z = experts * steps, quantile(level)
    middle, spread = 2 * trials * v + z**2, z * math.sqrt(4 * trials * v * (1 - v) + z**2)
    return (middle - spread) / (2 * (trials + z**2)), (middle + spread) / (2 * (trials + z**2))
