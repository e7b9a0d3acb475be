"""Cut-offs for indices of fit that are made for one scale: what the indices would be if one factor were right, and if pairs of
items shared something else besides (McNeish & Wolf 2023).

Answers are drawn from the fitted one-factor model at the items' shares of answers; at level l, pairs of items (those with the
lowest loadings first) have residual correlations of .30 in addition. A cut-off separates the two distributions: it is the
value that at least 95 % of the misspecified samples reach and at most 5 % of the well specified ones. Where no value does
both, the share of misspecified samples that is found (the sensitivity) is lowered step by step; below 50 % there is no cut-off.

    y*_i = lambda_i (sqrt(rho) u_g + sqrt(1 - rho) v) + w_gi + e_i

u_g, w_gi: what the raters of leader g have in common, in the factor and in each item; without leaders rho and var w are 0.
k items, c categories, n answers, g leaders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.sandwich import Clusters
from ...correlation.numerics.polychoric import cell_probabilities, polychoric

Codes = NDArray[np.int8]
Pairs = tuple[tuple[int, int], ...]

RESIDUAL_CORRELATION = 0.30
SPECIFICITY = 0.95
LEAST_SENSITIVITY = 0.50
# An item's leader part may take up to this share of its residual variance, so that the residual correlation stays possible.
_LARGEST_ITEM_SHARE = 0.5
_LARGEST_FACTOR_SHARE = 0.95


def misspecified_pairs(loadings: Floats) -> tuple[Pairs, ...]:
    """The pairs of items with residual correlations at each level, cumulative; empty below four items.

    Items in the order of their loadings (k,), two and two: one pair for four items, one and two for five; from six items on a
    third, two thirds and all of the k/2 pairs, rounded down (as in the authors' package dynamic).
    """
    k = len(loadings)
    if k < 4:
        return ()
    order = np.argsort(np.abs(loadings), kind="stable")
    most = {4: 1, 5: 2}.get(k, k // 2)
    pairs = tuple((int(min(two)), int(max(two))) for two in order[: 2 * most].reshape(-1, 2))
    sizes = {4: (1,), 5: (1, 2)}.get(k, (most // 3, 2 * most // 3, most))
    return tuple(pairs[:size] for size in sizes)


@dataclass(frozen=True, kw_only=True)
class Population:
    """loadings (k,) standardized, thresholds (k, c-1), leader_share rho, leader_variances of the items (k,)."""

    loadings: Floats
    thresholds: Floats
    leader_share: float
    leader_variances: Floats

    def correlations(self, pairs: Pairs) -> Floats:
        """(m,) of the latent variables of one rater, with residual correlations between these pairs."""
        matrix = np.outer(self.loadings, self.loadings)
        spread = np.sqrt(1 - self.loadings**2)
        for i, j in pairs:
            matrix[i, j] += RESIDUAL_CORRELATION * spread[i] * spread[j]
        return np.asarray(matrix[np.triu_indices(self.loadings.size, 1)])

    @property
    def shares(self) -> Floats:
        """(k, c) of the answers to each item by category."""
        ends = np.pad(ndtr(self.thresholds), [(0, 0), (1, 1)], constant_values=(0, 1))
        return np.diff(ends, axis=1)

    def cells(self, pairs: Pairs) -> Floats:
        """(m, c, c) shares of the answers to both items of each pair."""
        first, second = np.triu_indices(self.loadings.size, 1)
        found = cell_probabilities(self.thresholds[first], self.thresholds[second], self.correlations(pairs))
        used = self.shares > 0
        return np.where(used[first][:, :, None] & used[second][:, None], found, 0.0)

    def draw(self, pairs: Pairs, leader: Ints, rng: np.random.Generator) -> Codes:
        """(n, k) answers 1 … c of n raters of the leaders (n,) numbered from 0; below 0: a rater without a leader."""
        n, k = leader.size, self.loadings.size
        common, own_items = np.zeros(n), np.zeros((n, k))
        if self.leader_share > 0 or self.leader_variances.any():
            # A rater without a leader has parts of their own.
            unit = np.where(leader < 0, int(leader.max(initial=-1)) + np.cumsum(leader < 0), leader)
            units = int(unit.max(initial=-1)) + 1
            common = rng.standard_normal(units)[unit]
            own_items = (rng.standard_normal((units, k)) * np.sqrt(self.leader_variances))[unit]
        factor = math.sqrt(self.leader_share) * common + math.sqrt(1 - self.leader_share) * rng.standard_normal(n)
        residual = 1 - self.loadings**2
        spread = np.sqrt(residual - self.leader_variances)
        errors = rng.standard_normal((n, k))
        for i, j in pairs:
            r = RESIDUAL_CORRELATION * math.sqrt(residual[i] * residual[j]) / (spread[i] * spread[j])
            errors[:, j] = r * errors[:, i] + math.sqrt(1 - r * r) * errors[:, j]
        latent = factor[:, None] * self.loadings + own_items + errors * spread
        codes = np.ones((n, k), dtype=np.int8)
        for cuts in self.thresholds.T:
            codes += latent > cuts
        return codes


def leader_parts(codes: NDArray[np.integer], clusters: Clusters, thresholds: Floats, loadings: Floats) -> tuple[float, Floats]:
    """rho and var w (k,) from the polychoric correlations between different answers about a leader: of two raters, or of one
    rater in two waves, since samples are to be drawn whose answers depend on each other as much as the observed ones.

    codes (p, k) of the patterns, below 1 for no answer. Pairs of answers are weighted by 1/(answers - 1), so that a leader
    counts in proportion to the answers. 0 where no leader has two.
    """
    k, c = len(loadings), thresholds.shape[1] + 1
    raters = np.asarray(clusters.counts.sum(axis=1)).ravel()
    several = np.flatnonzero(raters > 1)
    if several.size == 0:
        return 0.0, np.zeros(k)
    counts = clusters.counts[several]
    weight = 1 / (raters[several] - 1)
    by_category = [counts @ (codes[:, item, None] == np.arange(1, c + 1)).astype(float) for item in range(k)]
    within = weight @ counts
    between = np.zeros((k, k))
    first, second = np.triu_indices(k)
    for i, j in zip(first, second, strict=True):
        same = np.zeros((c, c))
        both = (codes[:, i] > 0) & (codes[:, j] > 0)
        np.add.at(same, (codes[both, i] - 1, codes[both, j] - 1), within[both])
        table = np.clip((by_category[i] * weight[:, None]).T @ by_category[j] - same, 0, None)
        between[i, j] = between[j, i] = np.nan_to_num(float(polychoric(table, thresholds[i], thresholds[j])))
    products = np.outer(loadings, loadings)
    off = ~np.eye(k, dtype=bool)
    share = float(np.clip((between * products)[off].sum() / (products[off] ** 2).sum(), 0, _LARGEST_FACTOR_SHARE))
    residual = 1 - loadings**2
    return share, np.clip(np.diag(between) - share * loadings**2, 0, _LARGEST_ITEM_SHARE * residual)


@dataclass(frozen=True)
class Cutoff:
    """value (NaN where there is none), the share of misspecified samples on its far side, and the Monte Carlo error."""

    value: float
    sensitivity: float
    error: float


def _quantile(values: Floats, level: float) -> tuple[float, float]:
    """Quantile and half the distance between those one binomial standard error to either side."""
    spread = math.sqrt(level * (1 - level) / values.size)
    low, value, high = np.quantile(values, [max(0.0, level - spread), level, min(1.0, level + spread)])
    return float(value), float(high - low) / 2


def level_zero(well: Floats, *, larger_is_worse: bool) -> Cutoff:
    """The value that 95 % of well specified samples (d,) do not pass."""
    value, error = _quantile(well, SPECIFICITY if larger_is_worse else 1 - SPECIFICITY)
    return Cutoff(value, SPECIFICITY, error)


def cutoff(well: Floats, mis: Floats, *, larger_is_worse: bool) -> Cutoff:
    """Cut-off between the indices of well specified and misspecified samples, (d,) each."""
    sign = 1.0 if larger_is_worse else -1.0
    limit = float(np.quantile(sign * well, SPECIFICITY))
    for percent in range(95, 0, -1):
        value, error = _quantile(sign * mis, 1 - percent / 100)
        if value >= limit:
            sensitivity = percent / 100
            return Cutoff(sign * value if sensitivity >= LEAST_SENSITIVITY else math.nan, sensitivity, error)
    return Cutoff(math.nan, 0.0, math.nan)
