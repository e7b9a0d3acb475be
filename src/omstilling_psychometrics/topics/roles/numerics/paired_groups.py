"""Two kinds of raters about the same unit: differences and correlation of their means over units.

    difference = mean over units of (mean of the first kind - mean of the second kind)

Each unit counts once, however many raters it has; units of one cluster (a leader in several waves) are added up before the
outer product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.sandwich import Clusters


@dataclass(frozen=True)
class UnitMeans:
    """n (u,) answers of one kind of rater about each unit, and their mean (u,), NaN where there is none."""

    n: Floats
    mean: Floats


def unit_means(score: Floats, counts: Floats, unit: Ints, units: int) -> UnitMeans:
    """Means of a score (m,), NaN where there is none, in cells of `counts` (m,) answers about `unit` (m,), 0 ... units - 1."""
    scored = ~np.isnan(score)
    n = np.bincount(unit[scored], weights=counts[scored], minlength=units).astype(np.float64)
    total = np.bincount(unit[scored], weights=(counts * np.where(scored, score, 0.0))[scored], minlength=units)
    return UnitMeans(n, np.divide(total, n, out=np.full(units, np.nan), where=n > 0))


def unit_clusters(cluster: Ints) -> Clusters:
    """Units (u,) as patterns of their own, each given once by its cluster (u,)."""
    units = len(cluster)
    groups = int(cluster.max(initial=-1)) + 1
    counts = csr_array((np.ones(units), (cluster, np.arange(units))), shape=(groups, units))
    return Clusters(counts, np.zeros(units))
