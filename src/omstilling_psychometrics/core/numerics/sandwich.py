"""Sums of scores over independent units: the middle of every sandwich covariance in the package.

    B = sum over answers of s s'                          (independent answers)
    B = G/(G - 1) * sum over clusters g of S_g S_g'       (clustered; S_g = sum of the scores in g)

Liang & Zeger (1986, eq. 8). Scores belong to response patterns, so a cluster's sum is a product of its pattern counts.

Scores that cancel within every cluster leave a variance of nought; in the last bits it is a little above or, as a difference
of variances, a little below, which differs between processors. `after_cancellation` takes it for what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .arrays import Floats

# Sums of clusters are taken in blocks of about so many numbers.
_BLOCK = 1 << 18

# So many times as many units as columns are worth a basis of their span.
_MANY_UNITS = 10
# Below this share of the squared scores, clusters have cancelled so much that a quadratic form has lost digits.
_CANCELLING = 1e-6

# A variance is a difference of sums of squares. Below this share of them it is zero but for rounding: of the last bits, and of
# estimates that stop some 1e-8 standard errors from their optimum.
_ROUNDING = 1e-12


class Clusters:
    """How often each cluster gave each pattern. Equal to itself alone, so that what is computed of it can be kept by it.

    counts: (G, p) sparse, answers of cluster g with pattern r; singles: (p,) answers whose cluster is not known, each of
    which is a unit of its own.
    """

    def __init__(self, counts: csr_array, singles: Floats) -> None:
        self._whole, self._kept = _Whole(counts), np.ones(counts.shape[1], dtype=bool)
        self.singles = singles

    @property
    def _all(self) -> csr_array:
        return self._whole.counts

    @cached_property
    def counts(self) -> csr_array:
        return self._all if self._kept.all() else csr_array(self._all[:, np.flatnonzero(self._kept)])

    @property
    def size(self) -> int:
        """Number of independent units: clusters with an answer, and answers without a cluster."""
        kept, sizes = self._kept.tobytes(), self._whole.sizes
        if kept not in sizes:
            several = np.count_nonzero(self._whole.several @ self._kept.astype(np.float64))
            sizes[kept] = int(several) + round(float(self._whole.lone[self._kept].sum()))
        return sizes[kept] + round(float(self.singles.sum()))

    @cached_property
    def alone(self) -> Floats:
        """(p,) answers that are a unit of their own: without a cluster, or the only one of a cluster that was taken out."""
        return self.singles + self._whole.lone[self._kept]

    def _of_all(self, scores: Floats) -> Floats:
        """Scores (p, q) among noughts for the patterns that are not in this part."""
        if len(scores) == len(self._kept):
            return scores
        every = np.zeros((len(self._kept), scores.shape[1]))
        every[self._kept] = scores
        return every

    def sums(self, scores: Floats) -> Floats:
        """(G, q) sums of scores (p, q) of the patterns within clusters."""
        return np.asarray(self._all @ self._of_all(scores))

    def sums_of_several(self, scores: Floats) -> Iterator[Floats]:
        """The same but of the clusters whose answers are `alone`, in blocks (b, q) that stay in the cache."""
        every, counts = self._of_all(scores), self._whole.several
        size = max(1, _BLOCK // max(scores.shape[1], 1))
        for start in range(0, counts.shape[0], size):
            yield np.asarray(_rows(counts, start, start + size) @ every)

    def restrict(self, keep: NDArray[np.bool_]) -> Clusters:
        """The same clusters with only the patterns in `keep` (p,). Statistics of many parts of the patterns only need sums and
        the size, for which the others do not have to be taken out of the counts."""
        if keep.all():
            return self
        part = Clusters(self._all, self.singles[keep])
        part._kept[self._kept] = keep
        part._kept &= self._kept
        part._whole = self._whole
        return part


class _Whole:
    """What clusters and their parts share: all counts (G, p), and the sizes that have been asked for, by part."""

    def __init__(self, counts: csr_array) -> None:
        self.counts = counts
        self.sizes: dict[bytes, int] = {}

    @cached_property
    def _lone(self) -> NDArray[np.intp]:
        """Clusters with one answer, where so many have no more that it pays to take them out; else none."""
        entries = np.diff(self.counts.indptr)
        one = np.flatnonzero(entries == 1)
        one = one[self.counts.data[self.counts.indptr[one]] == 1]
        return np.asarray(one if 2 * one.size > np.count_nonzero(entries) else one[:0])

    @cached_property
    def several(self) -> csr_array:
        """(g, p) of the other clusters."""
        if not self._lone.size:
            return self.counts
        return csr_array(self.counts[np.delete(np.arange(self.counts.shape[0]), self._lone)])

    @cached_property
    def lone(self) -> Floats:
        """(p,) answers of those clusters."""
        patterns = self.counts.indices[self.counts.indptr[self._lone]]
        return np.bincount(patterns, minlength=self.counts.shape[1]).astype(np.float64)


def _rows(counts: csr_array, start: int, end: int) -> csr_array:
    """Some rows after each other, which are not copied."""
    if start == 0 and end >= counts.shape[0]:
        return counts
    ends = counts.indptr[start : end + 1]
    inside = slice(ends[0], ends[-1])
    return csr_array((counts.data[inside], counts.indices[inside], ends - ends[0]), shape=(len(ends) - 1, counts.shape[1]))


def after_cancellation(variances: Floats, parts: Floats) -> Floats:
    """Variances (...), 0 where they are zero but for rounding; parts (...): the variances that cancel in them."""
    return np.where(variances <= _ROUNDING * parts, 0.0, variances)


def quadratic_variance(gradient: Floats, covariance: Floats) -> float:
    """Variance g'Vg of a function with this gradient (q,) of estimates with covariance (q, q); 0 where it cancels."""
    largest = float(np.abs(gradient) @ np.sqrt(np.clip(np.diag(covariance), 0, None))) ** 2
    return float(after_cancellation(gradient @ covariance @ gradient, np.asarray(largest)))


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
    total = independent_meat(scores, clusters.alone)
    for sums in clusters.sums_of_several(scores):
        total += sums.T @ sums
    cancelled = after_cancellation(np.diag(total), counts @ scores**2) == 0
    total[cancelled], total[:, cancelled] = 0.0, 0.0
    return np.asarray(total * units / (units - 1))


class Span:
    """Middles of sandwiches for any number of scores (p, q) that are combinations of the same columns (p, s) of patterns with
    counts (p,): the answers of many clusters are added up once, for a basis of the columns.

    B = C'DC for scores Q C, Q an orthonormal basis whose middle is D.
    """

    def __init__(self, columns: Floats, counts: Floats, clusters: Clusters | None) -> None:
        self._columns, self._counts, self._clusters = columns, counts, clusters

    @cached_property
    def _basis(self) -> tuple[Floats, Floats]:
        """Orthonormal over the answers, (p, s), and its middle (s, s)."""
        root = np.sqrt(self._counts)[:, None]
        basis = np.linalg.qr(self._columns * root)[0] / root
        return basis, meat(basis, self._counts, self._clusters)

    def meat(self, scores: Floats) -> Floats:
        """(q, q), as `meat` of scores (p, q); one by one with few clusters and where scores cancel in them, which needs all
        digits of every sum."""
        few = self._clusters is None or self._clusters.size < _MANY_UNITS * self._columns.shape[1]
        if not few:
            basis, middle = self._basis
            along = basis.T @ (scores * self._counts[:, None])
            total = along.T @ middle @ along
            if (np.diag(total) > _CANCELLING * (self._counts @ scores**2)).all():
                return np.asarray((total + total.T) / 2)
        return meat(scores, self._counts, self._clusters)
