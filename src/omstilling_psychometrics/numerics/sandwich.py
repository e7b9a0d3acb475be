"""Sums of scores over independent units: the middle of every sandwich covariance in the package.

    B = sum over answers of s s'                          (independent answers)
    B = G/(G - 1) * sum over clusters g of S_g S_g'       (clustered; S_g = sum of the scores in g)

Liang & Zeger (1986, eq. 8). Scores belong to response patterns, so a cluster's sum is a product of its pattern counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """How often each cluster gave each pattern.

    counts: (G, p) sparse, answers of cluster g with pattern r; singles: (p,) answers whose cluster is not known, each of
    which is a unit of its own.
    """

    counts: csr_array
    singles: Floats

    @property
    def size(self) -> int:
        """Number of independent units: clusters with an answer, and answers without a cluster."""
        occupied = int(np.count_nonzero(self.counts.sum(axis=1)))
        return occupied + round(float(self.singles.sum()))

    def restrict(self, keep: NDArray[np.bool_]) -> Clusters:
        """The same clusters with only the patterns in `keep` (p,)."""
        return Clusters(csr_array(self.counts[:, np.flatnonzero(keep)]), self.singles[keep])


def independent_meat(scores: Floats, counts: Floats) -> Floats:
    """(q, q) sum of s s' over answers; scores (p, q), counts (p,)."""
    return np.asarray((scores * counts[:, None]).T @ scores)


def meat(scores: Floats, counts: Floats, clusters: Clusters | None = None) -> Floats:
    """(q, q) middle of the sandwich for scores (p, q) of patterns with counts (p,); NaN with fewer than two clusters."""
    if clusters is None:
        return independent_meat(scores, counts)
    units = clusters.size
    if units < 2:
        return np.full((scores.shape[1],) * 2, np.nan)
    sums = clusters.counts @ scores
    total = sums.T @ sums
    if clusters.singles.any():
        total = total + independent_meat(scores, clusters.singles)
    return np.asarray(total * units / (units - 1))
