"""Eigenvalues of correlation matrices of independent items, to compare observed ones with (Horn 1965).

Pearson: items are normal. The sample covariance matrix of n such answers is Wishart, drawn in Bartlett's decomposition, so
that the cost does not depend on n. Polychoric: items have the observed shares of answers; a draw is one multinomial over
all patterns of k independent items, or, with too many of those, n drawn answers, or, with too many of those as well, the
limit distribution of the correlations: independent of each other, normal, with variance 1/(n V_i V_j), V the variance of an
item's normal scores (mean of the latent variable given the answer).

k items, c categories, d draws. Eigenvalues in falling order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ...correlation.numerics.polychoric import item_counts, pair_tables, pairs, polychoric, thresholds_of

# Up to this many patterns of independent items they are drawn as counts; beyond, answer by answer.
_PATTERNS = 1 << 15
# Up to this many answers are drawn one by one; with more the limit distribution is exact to three digits.
_ANSWERS = 20_000
# Numbers held at a time, and draws made answer by answer that are estimated together.
_BLOCK = 1 << 22
_TOGETHER = 50


def eigenvalues(correlations: Floats) -> Floats:
    """(..., k) in falling order, of symmetric matrices (..., k, k)."""
    return np.asarray(np.linalg.eigvalsh(correlations)[..., ::-1])


def normal_eigenvalues(k: int, n: int, draws: int, rng: np.random.Generator) -> Floats:
    """(d, k) eigenvalues of Pearson correlations of n answers to k independent normal items; n above k.

    Raises EstimationError for fewer answers."""
    if n <= k:
        raise EstimationError("too_few_complete", f"n = {n}")
    blocks = []
    size = max(1, _BLOCK // k**2)
    for start in range(0, draws, size):
        block = min(size, draws - start)
        root = np.zeros((block, k, k))
        below = np.tril_indices(k, -1)
        root[:, below[0], below[1]] = rng.standard_normal((block, below[0].size))
        root[:, np.arange(k), np.arange(k)] = np.sqrt(rng.chisquare(n - 1 - np.arange(k), size=(block, k)))
        root /= np.linalg.norm(root, axis=2, keepdims=True)
        blocks.append(eigenvalues(root @ root.transpose(0, 2, 1)))
    return np.concatenate(blocks)


def ordinal_eigenvalues(frequencies: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """(d, k) eigenvalues of two-step polychoric correlations of independent items with the given answers (k, c).

    Every item has the same number of answers. Draws in which an item has answers in one category only are NaN.
    """
    k = len(frequencies)
    first, second = pairs(k)
    blocks = []
    for rho in _independent_correlations(frequencies, draws, rng):
        matrix = np.broadcast_to(np.eye(k), (len(rho), k, k)).copy()
        matrix[:, first, second] = matrix[:, second, first] = np.where(np.isfinite(rho), rho, 0.0)
        values = eigenvalues(matrix)
        values[~np.isfinite(rho).all(axis=1)] = np.nan
        blocks.append(values)
    return np.concatenate(blocks)


def _independent_correlations(frequencies: Floats, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Polychoric correlations (b, m) of independent items, in blocks."""
    first, second = pairs(len(frequencies))
    n = float(frequencies[0].sum())
    patterns = math.prod(np.count_nonzero(frequencies, axis=1).tolist())
    if patterns > _PATTERNS and n > _ANSWERS:
        variance = _score_variance(frequencies)
        yield rng.standard_normal((draws, first.size)) / np.sqrt(n * variance[first] * variance[second])
        return
    for tables, answers in _independent_tables(frequencies, draws, rng):
        thresholds = thresholds_of(answers)
        yield polychoric(tables, thresholds[:, first], thresholds[:, second])


def _score_variance(frequencies: Floats) -> Floats:
    """(k,) variance of the normal scores of items with the given answers (k, c)."""
    shares = frequencies / frequencies.sum(axis=1, keepdims=True)
    ends = np.full((len(shares), 1), np.inf)
    thresholds = np.concatenate([-ends, thresholds_of(frequencies), ends], axis=1)
    steps = -np.diff(np.exp(-(thresholds**2) / 2) / math.sqrt(2 * math.pi), axis=1)
    return np.asarray(np.divide(steps**2, shares, out=np.zeros_like(steps), where=shares > 0).sum(axis=1))


def _independent_tables(frequencies: Floats, draws: int, rng: np.random.Generator) -> Iterator[tuple[Floats, Floats]]:
    """Pair tables (b, m, c, c) and item counts (b, k, c), in blocks."""
    k, c = frequencies.shape
    n = round(float(frequencies[0].sum()))
    shares = frequencies / frequencies.sum(axis=1, keepdims=True)
    used = [np.flatnonzero(share) for share in shares]
    patterns = math.prod(len(categories) for categories in used)
    if patterns <= _PATTERNS:
        grid = np.stack(np.meshgrid(*used, indexing="ij"), axis=-1).reshape(patterns, k) + 1
        probability = np.prod([shares[item][grid[:, item] - 1] for item in range(k)], axis=0)
        size = max(1, _BLOCK // patterns)
        for start in range(0, draws, size):
            counts = rng.multinomial(n, probability / probability.sum(), size=min(size, draws - start)).astype(float)
            yield pair_tables(grid, counts, c), item_counts(grid, counts, c)
        return
    for start in range(0, draws, _TOGETHER):
        blocks = []
        for _ in range(min(_TOGETHER, draws - start)):
            rows = np.column_stack([rng.choice(c, size=n, p=share) + 1 for share in shares])
            blocks.append((pair_tables(rows, np.ones(n), c), item_counts(rows, np.ones(n), c)))
        yield np.stack([tables for tables, _ in blocks]), np.stack([answers for _, answers in blocks])


@dataclass(frozen=True)
class Thresholds:
    """What an observed eigenvalue has to exceed (k,), and the Monte Carlo error of that (k,)."""

    values: Floats
    errors: Floats


def mean_thresholds(draws: Floats) -> Thresholds:
    """Means of simulated eigenvalues (Horn 1965); draws (d, k)."""
    usable = draws[np.isfinite(draws).all(axis=1)]
    return Thresholds(usable.mean(axis=0), usable.std(axis=0, ddof=1) / math.sqrt(len(usable)))


def quantile_thresholds(draws: Floats, quantile: float) -> Thresholds:
    """Quantiles of simulated eigenvalues (Glorfeld 1995); the error is half the distance between the quantiles that lie one
    binomial standard error to either side."""
    usable = draws[np.isfinite(draws).all(axis=1)]
    spread = math.sqrt(quantile * (1 - quantile) / len(usable))
    low, high = np.quantile(usable, [max(0.0, quantile - spread), min(1.0, quantile + spread)], axis=0)
    return Thresholds(np.quantile(usable, quantile, axis=0), (high - low) / 2)


def crawford_thresholds(draws: Floats, quantile: float) -> Thresholds:
    """The quantile for the first eigenvalue and the mean for the others (Crawford et al. 2010)."""
    mean, upper = mean_thresholds(draws), quantile_thresholds(draws, quantile)
    return Thresholds(np.concatenate([upper.values[:1], mean.values[1:]]), np.concatenate([upper.errors[:1], mean.errors[1:]]))


def retained(observed: Floats, thresholds: Floats) -> int:
    """Number of leading eigenvalues above their thresholds."""
    below = np.flatnonzero(~(observed > thresholds))
    return int(below[0]) if below.size else len(observed)
