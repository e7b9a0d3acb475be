"""Velicer's minimum average partial: how many components leave the smallest squared partial correlations?

    MAP_m = mean over pairs of items of (partial correlation given the first m components)^2

Velicer (1976); with the fourth power Velicer, Eaton & Fava (2000). psych::vss prints MAP_1, MAP_2, … of the former.
"""

from __future__ import annotations

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats

# Eigenvalues of correlations nearer to each other than this are equal but for rounding.
_TIED = 1e-10


def average_partials(correlations: Floats, power: int) -> Floats:
    """MAP_0 … MAP_{k-2}, (k-1,), of correlations (k, k); NaN from where an item is wholly explained by the components, and
    where the last component taken out and the first one left have equal eigenvalues: any of them could be taken."""
    k = len(correlations)
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors[:, ::-1] * np.sqrt(np.clip(values[::-1], 0, None))
    off = ~np.eye(k, dtype=bool)
    result = np.full(k - 1, np.nan)
    for m in range(k - 1):
        left = correlations - loadings[:, :m] @ loadings[:, :m].T
        if 0 < m < k and values[k - m] - values[k - m - 1] < _TIED:
            continue
        variance = np.diag(left)
        if (variance < 1e-12).any():
            break
        partial = left / np.sqrt(np.outer(variance, variance))
        result[m] = (partial[off] ** power).mean()
    return result


def best_number(averages: Floats) -> int:
    """The number of components, at least 1, with the smallest average. Raises EstimationError where none can be judged."""
    if len(averages) < 2 or not np.isfinite(averages[1:]).any():
        raise EstimationError("needs_three_items")
    return int(np.nanargmin(averages[1:])) + 1
