"""The mean of the other leaders of a group, without the leader who is compared with it.

A leader's own score is a part of the mean of all: compared with that, those of small groups would look closer to it than they
are, and the error of the difference would have to take the part into account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats, Ints


@dataclass(frozen=True)
class Others:
    """mean (G,) of the others' values and its variance (G,), each leader with the same weight; number (G,) of them. NaN where
    there are none."""

    mean: Floats
    variance: Floats
    number: Ints


def others(value: Floats, variance: Floats, group: Ints) -> Others:
    """Of leaders with a value (G,) whose variance (G,) is that of its error, independent of the others'; group (G,), below 0:
    none. A leader without a value is nobody's other."""
    place = np.where(np.isnan(value), -1, np.maximum(group, -1)) + 1
    number, total, spread = (np.bincount(place, one)[place] for one in (np.ones(len(place)), _known(value), _known(variance)))
    left = np.where(place > 0, number - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(left > 0, (total - value) / left, np.nan)
        return Others(mean, np.where(left > 0, (spread - variance) / left**2, np.nan), left.astype(np.int64))


def _known(value: Floats) -> Floats:
    return np.where(np.isnan(value), 0.0, value)
