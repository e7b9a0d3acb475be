"""Influence of each answer pattern on the thresholds and polychoric correlations: their whole asymptotic covariance.

Stacked estimating equations (Muthen 1984; Muthen & Satorra 1995): thresholds solve the margins of each item, correlations
the pairwise scores given those thresholds. For one respondent with answers y,

    IF(t_ij)  = (1[y_i <= j] - P_ij) / (n_i phi(t_ij))
    IF(rho_ij) = (s_ij - a_i' IF(t_i) - a_j' IF(t_j)) / sum s_ij^2,    a_i = sum s_ij * d log pi / d t_i

with sums over the answers to both items, so a covariance is the sum of IF IF' over respondents or over the sums of clusters
(`sandwich.meat`). Pairwise missing answers need nothing more: an item that was not answered contributes nothing. The bread is
the empirical cross product of scores, as in lavaan, which agrees; a correlation that missing answers or clusters reach only
through its thresholds is counted all the same.

Shapes: k items, c declared categories, m pairs, `...` leading axes. Code 0 of the category axes means no answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ....core.numerics.arrays import Floats
from ....core.numerics.bivariate_normal import bivariate_normal_density, bivariate_normal_grid, bivariate_normal_moved
from .polychoric import (
    BOUNDARY,
    block_polychoric,
    category_correlations,
    cell_probabilities,
    cell_sums,
    cells_of,
    corner_sums,
    item_counts,
    pair_tables,
    pairs,
    table_blocks,
    tables_last,
    thresholds_of,
)


@dataclass(frozen=True, kw_only=True)
class OrdinalMoments:
    """Thresholds (..., k, c-1), ±inf outside the categories used; correlations (..., m), ±1 at the boundary, NaN without
    variance; item_counts (..., k, c); tables (..., m, c, c); and the influence of an answer on the thresholds of its item
    (..., k, c+1, c-1) and of a pair of answers on its correlation (..., m, c+1, c+1), code 0 = no answer."""

    thresholds: Floats
    correlations: Floats
    item_counts: Floats
    tables: Floats
    threshold_influence: Floats
    correlation_influence: Floats

    @property
    def pair_counts(self) -> Floats:
        """(..., m) answers to both items."""
        return np.asarray(self.tables.sum(axis=(-2, -1)))

    def matrix(self) -> Floats:
        """Correlation matrix (..., k, k)."""
        k = self.thresholds.shape[-2]
        first, second = pairs(k)
        out = np.broadcast_to(np.eye(k), (*self.correlations.shape[:-1], k, k)).copy()
        out[..., first, second] = out[..., second, first] = self.correlations
        return out

    def of_items(self, keep: Sequence[int]) -> OrdinalMoments:
        """Those of some of the items, in their order: what two items share depends on no other."""
        chosen = list(keep)
        places = np.zeros((self.thresholds.shape[-2],) * 2, dtype=np.intp)
        places[pairs(len(places))] = np.arange(self.correlations.shape[-1])
        pair = places[np.ix_(chosen, chosen)][pairs(len(chosen))]
        return OrdinalMoments(
            thresholds=self.thresholds[..., chosen, :],
            correlations=self.correlations[..., pair],
            item_counts=self.item_counts[..., chosen, :],
            tables=self.tables[..., pair, :, :],
            threshold_influence=self.threshold_influence[..., chosen, :, :],
            correlation_influence=self.correlation_influence[..., pair, :, :],
        )

    def correlation_variance(self) -> Floats:
        """(..., m) variance of each correlation with independent answers, without going through patterns."""
        first, second = pairs(self.thresholds.shape[-2])
        both = self.tables
        only_first = self.item_counts[..., first, :] - both.sum(axis=-1)
        only_second = self.item_counts[..., second, :] - both.sum(axis=-2)
        with np.errstate(over="ignore", invalid="ignore"):
            square = self.correlation_influence**2
            return np.asarray(
                (both * square[..., 1:, 1:]).sum(axis=(-2, -1))
                + (only_first * square[..., 1:, 0]).sum(axis=-1)
                + (only_second * square[..., 0, 1:]).sum(axis=-1)
            )

    def threshold_variance(self) -> Floats:
        """(..., k, c-1) variance of each threshold with independent answers."""
        return np.asarray((self.item_counts[..., None] * self.threshold_influence[..., 1:, :] ** 2).sum(axis=-2))

    def at(self, thresholds: Floats, correlations: Floats) -> OrdinalMoments:
        """The same answers, their influences taken at these thresholds (..., k, c-1) and correlations (..., m) with the
        information that is expected there; about their means, as at the estimates. Infinite thresholds stay so."""
        there = np.where(np.isfinite(self.thresholds), thresholds, self.thresholds)
        first, second = pairs(there.shape[-2])
        expected = cell_probabilities(there[..., first, :], there[..., second, :], correlations)
        informing = self.pair_counts[..., None, None] * expected
        return _moments(there, self.item_counts, self.tables, rho=correlations, informing=informing)

    def influence(self, patterns: NDArray[np.integer]) -> Floats:
        """(p, k(c-1) + m) influence of each pattern on the thresholds, item by item, and the correlations. No leading axes."""
        code = np.maximum(patterns, 0).astype(np.intp)
        first, second = pairs(patterns.shape[1])
        of_thresholds = [self.threshold_influence[item][code[:, item]] for item in range(code.shape[1])]
        cross = self.correlation_influence[np.arange(len(first)), code[:, first], code[:, second]]
        return np.concatenate([*of_thresholds, cross], axis=1)


def _threshold_influence(thresholds: Floats, frequencies: Floats) -> Floats:
    """(..., k, c+1, c-1); 0 for infinite thresholds, on which no answer has any influence."""
    c = frequencies.shape[-1]
    finite = np.isfinite(thresholds)
    density = np.exp(-(np.where(finite, thresholds, 0.0) ** 2) / 2) / np.sqrt(2 * np.pi)
    n = frequencies.sum(axis=-1)[..., None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.cumsum(frequencies[..., :-1], axis=-1)[..., None, :] / n
        influence = ((np.arange(c)[:, None] <= np.arange(c - 1)) - below) / (n * density[..., None, :])
    influence = np.where(finite[..., None, :], influence, 0.0)
    return np.concatenate([np.zeros((*influence.shape[:-2], 1, c - 1)), influence], axis=-2)


@dataclass(frozen=True)
class _Block:
    """b pairs with their thresholds (s, b) and (t, b), tables (c, c, b) of answers and those that the information comes from,
    and threshold influences (c+1, s, b) and (c+1, t, b)."""

    first: Floats
    second: Floats
    tables: Floats
    informing: Floats
    own: tuple[Floats, Floats]

    def influence(self, rho: Floats, corners: Floats) -> Floats:
        """(c+1, c+1, b) at rho (b,), with Phi2 (s, t, b) there; NaN where rho is at the boundary."""
        inside = np.abs(rho) < BOUNDARY
        safe = np.where(inside, rho, 0.0)
        h, k = np.clip(self.first, -38.0, 38.0)[:, None], np.clip(self.second, -38.0, 38.0)[None]
        density = np.zeros((len(self.first) + 2, len(self.second) + 2, rho.size))
        density[1:-1, 1:-1] = bivariate_normal_density(h, k, safe)
        probability = cells_of(corners, self.first, self.second)
        by_rho = cell_sums(density) / probability
        information = np.einsum("ijb,ijb,ijb->b", self.informing, by_rho, by_rho)
        # sum informing * by_rho * d log pi / d t: a threshold moves mass phi(t) P(other in cell | t) from the category above it
        # to the one below, so that over the cells of the other item the conditional probabilities can be summed by parts.
        ends = self.informing * by_rho / probability
        weight = corner_sums(ends)
        root = np.sqrt((1 - safe) * (1 + safe))
        with np.errstate(invalid="ignore"):
            of_second, of_first = ndtr((k - safe * h) / root), ndtr((h - safe * k) / root)
        edge_first, edge_second = (np.exp(-(side**2) / 2) / np.sqrt(2 * np.pi) for side in (h[:, 0], k[0]))
        cross_first = edge_first * ((of_second * weight).sum(axis=1) + ends[:-1, -1] - ends[1:, -1])
        cross_second = edge_second * ((of_first * weight).sum(axis=0) + ends[-1, :-1] - ends[-1, 1:])
        through_first = np.einsum("tb,ctb->cb", cross_first, self.own[0])
        through_second = np.einsum("tb,ctb->cb", cross_second, self.own[1])
        total = -(through_first[:, None] + through_second[None])
        answers = np.maximum(self.tables.sum(axis=(0, 1)), 1.0)
        total[1:, 1:] += by_rho - np.einsum("ijb,ijb->b", self.tables, by_rho) / answers
        known = inside & (information > 0)
        return np.asarray(total / np.where(known, information, np.nan))


def _moments(
    thresholds: Floats, frequencies: Floats, tables: Floats, *, rho: Floats | None = None, informing: Floats | None = None
) -> OrdinalMoments:
    """Correlations (..., m), estimated if they are not given, and influences at thresholds (..., k, c-1); the information comes
    from the answers themselves or from the tables `informing`."""
    first, second = pairs(thresholds.shape[-2])
    of_thresholds = _threshold_influence(thresholds, frequencies)
    lead, m, c = tables.shape[:-3], len(first), tables.shape[-1]
    draws = math.prod(lead)
    cuts, by_item = thresholds.reshape(draws, -1, c - 1), of_thresholds.reshape(draws, -1, c + 1, c - 1)
    counted = tables.reshape(-1, c, c)
    source = counted if informing is None else informing.reshape(-1, c, c)
    correlations = np.empty(draws * m)
    influence = np.empty((draws * m, c + 1, c + 1))
    draw, pair = np.divmod(np.arange(draws * m), max(m, 1))
    for block in table_blocks(draws * m, c * c):
        of_first, of_second = (draw[block], first[pair[block]]), (draw[block], second[pair[block]])
        h, k, own_tables = tables_last(cuts[of_first]), tables_last(cuts[of_second]), tables_last(counted[block])
        if rho is None:
            estimate = block_polychoric(own_tables, h, k, category_correlations(counted[block]))
            at = estimate.rho
            corners = bivariate_normal_moved(estimate.corners, h, k, estimate.near, at)
        else:
            at = rho.reshape(-1)[block]
            corners = bivariate_normal_grid(h, k, at)
        correlations[block] = at
        own_influence = tables_last(by_item[of_first]), tables_last(by_item[of_second])
        pairs_of = _Block(h, k, own_tables, tables_last(source[block]), own_influence)
        influence[block] = np.moveaxis(pairs_of.influence(at, corners), -1, 0)
    return OrdinalMoments(
        thresholds=thresholds,
        correlations=correlations.reshape(*lead, m),
        item_counts=frequencies,
        tables=tables,
        threshold_influence=of_thresholds,
        correlation_influence=influence.reshape(*lead, m, c + 1, c + 1),
    )


def ordinal_moments_of(frequencies: Floats, tables: Floats) -> OrdinalMoments:
    """Two-step estimates and influences from item counts (..., k, c) and pair tables (..., m, c, c)."""
    return _moments(thresholds_of(frequencies), frequencies, tables)


def ordinal_moments(patterns: NDArray[np.integer], counts: Floats, c: int) -> OrdinalMoments:
    """Two-step estimates and influences from patterns (p, k) of codes 1 … c with counts (..., p)."""
    return ordinal_moments_of(item_counts(patterns, counts, c), pair_tables(patterns, counts, c))
