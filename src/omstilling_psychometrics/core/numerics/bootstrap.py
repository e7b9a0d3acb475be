"""Bootstrap draws of anything that depends on the data through sums over answers.

A case bootstrap is one multinomial draw of pattern counts; a cluster bootstrap draws clusters with replacement, all their
answers with them (Davison & Hinkley 1997, sec. 3.8). Either way a draw is a row of sums, so thousands cost one product.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats
from .sandwich import Clusters

# Where more draws than this share cannot be computed, the rest is no picture of the sampling distribution.
MOST_FAILED = 0.2

# Draws are made in blocks of about this many numbers, so that memory does not grow with the number of draws.
_BLOCK = 4_000_000


def _blocks(draws: int, width: int) -> Iterator[int]:
    size = max(1, min(draws, _BLOCK // max(width, 1)))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def case_counts(counts: Floats, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (b, p) of pattern counts of as many answers, drawn with replacement from those counted (p,)."""
    n = round(float(counts.sum()))
    for size in _blocks(draws, counts.size):
        yield rng.multinomial(n, counts / counts.sum(), size=size).astype(float)


def _multiplicities(units: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(size, units) how often each unit is drawn in as many draws with replacement as there are units."""
    drawn = rng.integers(0, units, size=(size, units)) + np.arange(size)[:, None] * units
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)


def drawn_counts(
    counts: Floats, clusters: Clusters | None, draws: int, rng: np.random.Generator, *, together: int
) -> Iterator[Floats]:
    """Blocks (b, p), b = together but for the last, of counts of the patterns with counts (p,): cases or whole clusters."""
    if clusters is not None:
        filled = clusters.counts[np.flatnonzero(np.asarray(clusters.counts.sum(axis=1)).ravel() > 0)].T.tocsr()
        alone = np.flatnonzero(clusters.singles)
        starts = filled.shape[1] + np.cumsum(clusters.singles[alone]).astype(int) - clusters.singles[alone].astype(int)
    for start in range(0, draws, together):
        size = min(together, draws - start)
        if clusters is None:
            yield np.concatenate(list(case_counts(counts, size, rng)))
            continue
        block = []
        for part in _blocks(size, clusters.size):
            units = _multiplicities(clusters.size, part, rng)
            drawn = np.asarray((filled @ units[:, : filled.shape[1]].T).T, dtype=float)
            if alone.size:
                drawn[:, alone] += np.add.reduceat(units, starts, axis=1)
            block.append(drawn)
        yield np.concatenate(block)


def bootstrap_sums(terms: Floats, counts: Floats, clusters: Clusters | None, draws: int, rng: np.random.Generator) -> Floats:
    """(draws, q) sums over the answers of each draw; terms (p, q) per pattern, counts (p,).

    With clusters, whole clusters are drawn; answers without a cluster are units of their own. NaN with fewer than two units.
    """
    if clusters is None:
        return np.concatenate([block @ terms for block in case_counts(counts, draws, rng)])
    sums = np.asarray(clusters.counts @ terms)
    sums = sums[np.asarray(clusters.counts.sum(axis=1)).ravel() > 0]
    alone = np.repeat(terms, clusters.singles.astype(int), axis=0)
    units = np.concatenate([sums, alone])
    if len(units) < 2:
        return np.full((draws, terms.shape[1]), np.nan)
    return np.concatenate([_multiplicities(len(units), size, rng) @ units for size in _blocks(draws, len(units))])
