"""Marginal log-likelihood of counted answer patterns and its exact derivatives, items not answered left out.

    log L = sum over patterns r of n_r log sum over nodes q of w_q prod over answered items i of P_i(x_ri | theta_q)

Answers left out contribute nothing, which is maximum likelihood under missingness at random. Scores are posterior
expectations of complete-data scores (Fisher's identity); the Hessian is Louis (1982, eq. 3.2'):

    sum over r of n_r [ E_r(Hessian of complete data) + E_r(g g') - s_r s_r' ],   s_r = E_r(g)

The expectation of g g' needs only how often, by posterior expectation, each *pair* of answers occurs at each node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from ....core.numerics.arrays import Floats
from .models import ItemModel
from .quadrature import log_weight_derivatives, log_weights

# Patterns worked on at a time: their posterior (4096 x 61 doubles, 2 MB) stays in the cache.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class PatternTable:
    """answers: (r, k), 1 … c, 0 where there is none; counts: (r,); categories: c."""

    answers: NDArray[np.int64]
    counts: Floats
    categories: int

    def observed(self) -> NDArray[np.bool_]:
        """(k, c): which categories of which items were chosen."""
        return self.frequencies() > 0

    def frequencies(self) -> Floats:
        """(k, c): how often each category was chosen."""
        k, c = self.answers.shape[1], self.categories
        return np.array([np.bincount(self.answers[:, i], weights=self.counts, minlength=c + 1)[1:] for i in range(k)])

    @property
    def n(self) -> float:
        return float(self.counts.sum())

    @cached_property
    def blocks(self) -> tuple[tuple[slice, csr_array], ...]:
        """Rows worked on together, and their indicators."""
        slices = [slice(first, first + _BLOCK) for first in range(0, len(self.counts), _BLOCK)]
        return tuple((block, indicators(self.answers[block], self.categories)) for block in slices)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Of the log-likelihood by all parameters P = k m + 2 of a group: the items' row by row, latent mean and variance.

    value: log-likelihood; scores: (r, P) of each pattern once; gradient: (P,); hessian: (P, P); complete: (P, P)
    information of the complete data, which EM uses and which is never less than the observed one.
    """

    value: float
    scores: Floats
    gradient: Floats
    hessian: Floats
    complete: Floats


def indicators(answers: NDArray[np.int64], c: int) -> csr_array:
    """(r, k c) sparse: which answer each pattern gives to each item."""
    r, k = answers.shape
    given = answers > 0
    columns = (answers - 1 + np.arange(k) * c)[given]
    ends = np.concatenate([[0], np.cumsum(given.sum(axis=1))])
    return csr_array((np.ones(columns.size), columns, ends), shape=(r, k * c))


def _pair_indicators(answers: NDArray[np.int64], c: int) -> csc_array:
    """(pairs of items x c x c, r) sparse: which pair of answers each pattern gives to each pair of items."""
    r, k = answers.shape
    first, second = np.triu_indices(k, 1)
    given = (answers[:, first] > 0) & (answers[:, second] > 0)
    cells = (np.arange(first.size) * c + answers[:, first] - 1) * c + answers[:, second] - 1
    ends = np.concatenate([[0], np.cumsum(given.sum(axis=1))])
    return csc_array((np.ones(int(ends[-1])), cells[given], ends), shape=(first.size * c * c, r))


def posterior(chosen: csr_array, log_p: Floats, log_w: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood (r,) of patterns with indicators (r, k c) and the posterior weights (r, q) of the nodes."""
    k, c, q = log_p.shape
    joint = chosen @ log_p.reshape(k * c, q) + log_w
    top = joint.max(axis=1, keepdims=True)
    joint -= top
    np.exp(joint, out=joint)
    total = joint.sum(axis=1, keepdims=True)
    joint /= total
    return (top + np.log(total))[:, 0], joint


def pattern_log_likelihoods(table: PatternTable, log_p: Floats, log_w: Floats) -> Floats:
    """Log-likelihood (r,) of each pattern; log_p (k, c, q), log_w (q,)."""
    parts = [posterior(chosen, log_p, log_w)[0] for _, chosen in table.blocks]
    return np.concatenate(parts) if parts else np.zeros(0)


def log_likelihood(table: PatternTable, model: ItemModel, items: Floats, latent: Floats, theta: Floats) -> float:
    """Log-likelihood of counted patterns; latent (2,): mean and variance."""
    log_p = model.log_probabilities(items, theta)
    return float(table.counts @ pattern_log_likelihoods(table, log_p, log_weights(theta, *latent)))


def _pattern_scores(answers: NDArray[np.int64], weights: Floats, by_item: Floats, by_latent: Floats) -> Floats:
    """(r, P) posterior expectation of the complete-data score; by_item (k, c, m, q), by_latent (2, q)."""
    k, c, m, _ = by_item.shape
    scores = np.zeros((len(answers), k * m + 2))
    for item in range(k):
        for category in range(c):
            rows = np.flatnonzero(answers[:, item] == category + 1)
            if rows.size:
                scores[rows, item * m : (item + 1) * m] = weights[rows] @ by_item[item, category].T
    scores[:, k * m :] = weights @ by_latent.T
    return scores


def _expected_products(pairs: Floats, expected: Floats, persons: Floats, by_item: Floats, by_latent: Floats) -> Floats:
    """(P, P) sum over patterns of n E(g g') from expected pairs of answers at each node.

    pairs: (pairs of items, c, c, q); expected: (k, c, q); persons: (q,); by_item: (k, c, m, q); by_latent: (2, q).
    """
    k, c, m, q = by_item.shape
    products = np.zeros((k * m + 2, k * m + 2))
    by_node = np.ascontiguousarray(by_item.transpose(3, 0, 1, 2))  # (q, k, c, m)
    first, second = np.triu_indices(k, 1)
    for cell, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        inner = np.matmul(pairs[cell].transpose(2, 0, 1), by_node[:, j])  # (q, c, m)
        block = by_node[:, i].reshape(q * c, m).T @ inner.reshape(q * c, m)
        products[i * m : (i + 1) * m, j * m : (j + 1) * m] = block
        products[j * m : (j + 1) * m, i * m : (i + 1) * m] = block.T
    for i in range(k):
        weighted = expected[i].T[:, :, None] * by_node[:, i]
        rows = slice(i * m, (i + 1) * m)
        products[rows, rows] = by_node[:, i].reshape(q * c, m).T @ weighted.reshape(q * c, m)
        products[rows, k * m :] = weighted.sum(axis=1).T @ by_latent.T
        products[k * m :, rows] = products[rows, k * m :].T
    products[k * m :, k * m :] = (by_latent * persons) @ by_latent.T
    return products


def derivatives(table: PatternTable, model: ItemModel, items: Floats, latent: Floats, theta: Floats) -> Derivatives:
    """Log-likelihood with scores, gradient and Hessian at items (k, m) and latent mean and variance (2,)."""
    k, m = items.shape
    c, q = table.categories, len(theta)
    log_p = model.log_probabilities(items, theta)
    log_w = log_weights(theta, *latent)
    by_item = model.parameter_derivatives(items, theta)
    by_latent, by_latent2 = log_weight_derivatives(theta, *latent)
    scores = np.zeros((len(table.counts), k * m + 2))
    expected, pairs, persons = np.zeros((k * c, q)), np.zeros((k * (k - 1) // 2 * c * c, q)), np.zeros(q)
    value = 0.0
    for block, chosen in table.blocks:
        answers, counts = table.answers[block], table.counts[block]
        log_l, weights = posterior(chosen, log_p, log_w)
        value += float(counts @ log_l)
        scores[block] = _pattern_scores(answers, weights, by_item, by_latent)
        weights *= counts[:, None]
        persons += weights.sum(axis=0)
        expected += chosen.T @ weights
        pairs += _pair_indicators(answers, c) @ weights
    expected = expected.reshape(k, c, q)
    complete = np.zeros((k * m + 2, k * m + 2))
    for item, block_hessian in enumerate(model.complete_hessian(items, theta, expected)):
        complete[item * m : (item + 1) * m, item * m : (item + 1) * m] = -block_hessian
    complete[k * m :, k * m :] = -(by_latent2 @ persons)
    products = _expected_products(pairs.reshape(-1, c, c, q), expected, persons, by_item, by_latent)
    weighted = scores * table.counts[:, None]
    return Derivatives(value, scores, weighted.sum(axis=0), products - complete - weighted.T @ scores, complete)
