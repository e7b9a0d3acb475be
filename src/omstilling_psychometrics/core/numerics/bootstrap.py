"""Bootstrap draws of anything that depends on the data through sums over answers.

A case bootstrap is one multinomial draw of pattern counts; a cluster bootstrap draws clusters with replacement, all their
answers with them (Davison & Hinkley 1997, sec. 3.8). Clusters of a single answer are drawn together, as so many of its pattern.
Either way a draw is a row of sums, so thousands cost one product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .arrays import Floats, Mask
from .multiplicities import MANY, by_poisson, one_by_one
from .sandwich import Clusters

# Where more draws than this share cannot be computed, the rest is no picture of the sampling distribution.
MOST_FAILED = 0.2


def hopeless(failed: int, draws: int) -> bool:
    """Whether so many of the draws made so far could not be computed that more will not change the verdict: their share is four
    of its standard errors above the largest that is allowed."""
    return failed > MOST_FAILED * draws + 4 * math.sqrt(MOST_FAILED * (1 - MOST_FAILED) * draws)


# Draws are made in blocks of about this many numbers, so that memory does not grow with the number of draws.
_BLOCK = 4_000_000
# Whole numbers below this are exact in single precision, and so are their sums.
EXACT = 2**24
# So many numbers are kept for all that is computed of the same draws: 200 megabytes.
_KEPT = 50_000_000

Counts = NDArray[np.floating[Any]]


def _blocks(draws: int, width: int) -> Iterator[int]:
    size = max(1, min(draws, _BLOCK // max(width, 1)))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def case_counts(counts: Floats, draws: int, rng: np.random.Generator) -> Iterator[Counts]:
    """Blocks (b, p) of pattern counts of as many answers, drawn with replacement from those counted (p,)."""
    n = round(float(counts.sum()))
    alike = counts.astype(np.int64)
    for size in _blocks(draws, counts.size):
        # Every single answer that is drawn on its own costs as much as a pattern does.
        if n < MANY or counts.size**2 < n:
            yield rng.multinomial(n, counts / counts.sum(), size=size).astype(float)
        else:
            yield by_poisson(0, alike, size, rng)[1].T.astype(float)


class _Units:
    """Clusters with an answer and answers without a cluster, to be drawn with replacement."""

    def __init__(self, clusters: Clusters) -> None:
        self.size = clusters.size
        sizes = np.asarray(clusters.counts.sum(axis=1)).ravel()
        self._many = self.size >= MANY
        # Few are drawn one by one; of many, those of a single answer are drawn with the answers without a cluster.
        self._counts = clusters.counts[np.flatnonzero(sizes > (1 if self._many else 0))]
        lone = clusters.counts[np.flatnonzero(sizes == 1)] if self._many else clusters.counts[:0]
        alone = clusters.singles + np.asarray(lone.sum(axis=0)).ravel()
        self._kinds = np.flatnonzero(alone)
        self._alike = alone[self._kinds].astype(np.int64)
        largest = sizes.max(initial=1.0) * self.size
        self._precision = np.float32 if largest < EXACT else np.float64

    @cached_property
    def _by_pattern(self) -> csr_array:
        return self._counts.astype(self._precision).T

    def _multiplicities(self, draws: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Of the clusters (g, draws), and of the patterns of answers alone (kinds, draws)."""
        clusters = self._counts.shape[0]
        if self._many:
            return by_poisson(clusters, self._alike, draws, rng)
        singles, single = np.split(one_by_one(self.size, draws, rng).T, [clusters])
        starts = np.cumsum(self._alike) - self._alike
        return singles, np.add.reduceat(single, starts, axis=0) if len(single) else single

    def drawn(self, draws: int, rng: np.random.Generator) -> Counts:
        """(draws, p) counts of the patterns."""
        out = np.empty((self._counts.shape[1], draws), dtype=self._precision)
        end = 0
        for size in _blocks(draws, self._counts.shape[0] + self._kinds.size if self._many else self.size):
            start, end = end, end + size
            singles, kinds = self._multiplicities(size, rng)
            out[:, start:end] = self._by_pattern @ np.ascontiguousarray(singles, dtype=self._precision)
            out[self._kinds, start:end] += kinds
        return out.T


class SharedDraws:
    """Draws of all the answers of a role, or of its clusters, that everything computed of the role takes its counts from.

    They are made when they are first asked for. Of few units, or where they would take too much memory, there are none, and
    each coefficient draws its own. What some of the answers are not used for is drawn with the others and left out: how many
    units a draw has of those that are used varies by about their root.
    """

    def __init__(self, counts: Floats, clusters: Clusters | None, draws: int, rng: np.random.Generator) -> None:
        self._counts, self._clusters, self._draws, self._rng = counts, clusters, draws, rng

    def of(self, used: Mask) -> Counts | None:
        """(draws, r) counts of the r patterns in `used` (p,)."""
        some = self._counts[used].sum() if self._clusters is None else self._clusters.restrict(used).size
        if some < MANY or self._counts.size * self._draws > _KEPT:
            return None
        return self._kept[used].T

    @cached_property
    def _kept(self) -> Counts:
        """(p, draws)"""
        if self._clusters is not None:
            return _Units(self._clusters).drawn(self._draws, self._rng).T
        kept = np.empty((self._counts.size, self._draws), np.float32 if self._counts.sum() < EXACT else np.float64)
        end = 0
        for block in case_counts(self._counts, self._draws, self._rng):
            start, end = end, end + len(block)
            kept[:, start:end] = block.T
        return kept


def drawn_counts(
    counts: Floats,
    clusters: Clusters | None,
    draws: int,
    rng: np.random.Generator,
    *,
    together: int,
    first: int | None = None,
    shared: Counts | None = None,
) -> Iterator[Counts]:
    """Blocks (b, p), b = together but for the last (and `first`), of counts of the patterns with counts (p,): cases or whole
    clusters, which are added up in single precision where that is exact; or the first of those that are `shared`."""
    units = None if clusters is None or shared is not None else _Units(clusters)
    size, done = min(first or together, together), 0
    while done < draws:
        size = min(size, draws - done)
        if shared is not None:
            yield shared[done : done + size]
        else:
            yield np.concatenate(list(case_counts(counts, size, rng))) if units is None else units.drawn(size, rng)
        size, done = together, done + size


def bootstrap_sums(
    terms: Floats,
    counts: Floats,
    clusters: Clusters | None,
    draws: int,
    rng: np.random.Generator,
    shared: Counts | None = None,
) -> Floats:
    """(draws, q) sums over the answers of each draw; terms (p, q) per pattern, counts (p,).

    With clusters, whole clusters are drawn; answers without a cluster are units of their own. NaN with fewer than two units.
    Counts that are `shared` (draws, p) are taken as they are.
    """
    if shared is not None:
        size = max(1, _BLOCK // len(terms))
        return np.concatenate([shared[start : start + size] @ terms for start in range(0, draws, size)])
    if clusters is None:
        return np.concatenate([block @ terms for block in case_counts(counts, draws, rng)])
    if clusters.size < 2:
        return np.full((draws, terms.shape[1]), np.nan)
    if clusters.size >= max(MANY, len(terms)):
        drawn_units = _Units(clusters)
        return np.concatenate([drawn_units.drawn(size, rng) @ terms for size in _blocks(draws, len(terms))])
    sums = np.asarray(clusters.counts @ terms)
    sums = sums[np.asarray(clusters.counts.sum(axis=1)).ravel() > 0]
    alone = np.repeat(terms, clusters.singles.astype(int), axis=0)
    units = np.concatenate([sums, alone])
    return np.concatenate([one_by_one(len(units), size, rng) @ units for size in _blocks(draws, len(units))])
