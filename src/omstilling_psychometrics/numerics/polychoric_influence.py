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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .polychoric import (
    BOUNDARY,
    Floats,
    cell_derivatives,
    cell_probabilities,
    item_counts,
    pair_tables,
    pairs,
    polychoric,
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
        return _moments(there, correlations, self.item_counts, self.tables, self.pair_counts[..., None, None] * expected)

    def influence(self, patterns: NDArray[np.integer]) -> Floats:
        """(p, k(c-1) + m) influence of each pattern on the thresholds, item by item, and the correlations. No leading axes."""
        code = np.maximum(patterns, 0).astype(np.intp)
        first, second = pairs(patterns.shape[1])
        own = [self.threshold_influence[item][code[:, item]] for item in range(code.shape[1])]
        cross = self.correlation_influence[np.arange(len(first)), code[:, first], code[:, second]]
        return np.concatenate([*own, cross], axis=1)


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


def _correlation_influence(
    moments_of_pairs: tuple[Floats, Floats, Floats], tables: Floats, informing: Floats, own: tuple[Floats, Floats]
) -> Floats:
    """(..., m, c+1, c+1) from the pairs' thresholds and rho, tables (..., m, c, c) of answers and those that the information
    comes from, threshold influences (..., m, c+1, c-1)."""
    first, second, rho = moments_of_pairs
    inside = np.abs(rho) < BOUNDARY
    safe = np.where(inside, rho, 0.0)
    probability = cell_probabilities(first, second, safe)
    score = cell_derivatives(first, second, safe) / probability[..., None]
    by_rho, by_thresholds = score[..., 0], score[..., 1:]
    information = (informing * by_rho**2).sum(axis=(-2, -1))
    cross = np.einsum("...ab,...abt->...t", informing * by_rho, by_thresholds)
    t = first.shape[-1]
    through_first = np.einsum("...t,...ct->...c", cross[..., :t], own[0])
    through_second = np.einsum("...t,...ct->...c", cross[..., t:], own[1])
    total = -(through_first[..., :, None] + through_second[..., None, :])
    answers = np.maximum(tables.sum(axis=(-2, -1), keepdims=True), 1.0)
    total[..., 1:, 1:] += by_rho - (tables * by_rho).sum(axis=(-2, -1), keepdims=True) / answers
    known = inside & (information > 0)
    return np.where(known[..., None, None], total / np.where(known, information, 1.0)[..., None, None], np.nan)


def _moments(thresholds: Floats, rho: Floats, frequencies: Floats, tables: Floats, informing: Floats) -> OrdinalMoments:
    """With the influences at these thresholds (..., k, c-1) and correlations (..., m)."""
    first, second = pairs(thresholds.shape[-2])
    own = _threshold_influence(thresholds, frequencies)
    where = (thresholds[..., first, :], thresholds[..., second, :], rho)
    return OrdinalMoments(
        thresholds=thresholds,
        correlations=rho,
        item_counts=frequencies,
        tables=tables,
        threshold_influence=own,
        correlation_influence=_correlation_influence(where, tables, informing, (own[..., first, :, :], own[..., second, :, :])),
    )


def ordinal_moments_of(frequencies: Floats, tables: Floats) -> OrdinalMoments:
    """Two-step estimates and influences from item counts (..., k, c) and pair tables (..., m, c, c)."""
    thresholds = thresholds_of(frequencies)
    first, second = pairs(thresholds.shape[-2])
    rho = polychoric(tables, thresholds[..., first, :], thresholds[..., second, :])
    return _moments(thresholds, rho, frequencies, tables, tables)


def ordinal_moments(patterns: NDArray[np.integer], counts: Floats, c: int) -> OrdinalMoments:
    """Two-step estimates and influences from patterns (p, k) of codes 1 … c with counts (..., p)."""
    return ordinal_moments_of(item_counts(patterns, counts, c), pair_tables(patterns, counts, c))
