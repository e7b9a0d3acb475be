"""Which items run the other way than the others: the sides of the first principal axis of the items' correlations.

Answers cannot tell which of two sides is worded "the right way round"; the smaller one is named, of two equal ones the one
without the first item.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats
from .moments import complete


def smaller_side(values: Floats, counts: Floats) -> NDArray[np.bool_]:
    """(k,) the items on the smaller side, from complete rows of values (p, k) with counts (p,); constant ones on neither."""
    used = complete(values) & (counts > 0)
    weights = counts[used]
    if weights.sum() < 2:
        return np.zeros(values.shape[1], dtype=bool)
    centred = values[used] - weights @ values[used] / weights.sum()
    spread = np.sqrt(weights @ centred**2)
    varies = spread > 0
    side = np.zeros(values.shape[1], dtype=bool)
    if varies.sum() < 2:
        return side
    scaled = centred[:, varies] / spread[varies]
    axis = np.linalg.eigh(scaled.T @ (scaled * weights[:, None]))[1][:, -1]
    other = axis * axis[0] < 0
    side[varies] = ~other if other.sum() > other.size / 2 else other
    return side
