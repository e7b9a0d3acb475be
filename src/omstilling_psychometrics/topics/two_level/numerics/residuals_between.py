"""Does an item differ between leaders beyond what the items have in common? Residual variances of items between leaders.

    y*_k = lambda_k theta + beta_k u + v_k + e;   theta, u, e standard normal, v_k of the leader with variance psi_k

Three kinds of latent correlations (`cross_person`) tell the parts, with s_k^2 = 1 + lambda_k^2 + beta_k^2 + psi_k:

    (lambda_k lambda_l + beta_k beta_l)/(s_k s_l)     one person, two items
    beta_k beta_l/(s_k s_l)                           two people about one leader, two items
    (beta_k^2 + psi_k)/s_k^2                          two people about one leader, the same item

Loadings come from those of two items by least squares (minimum residuals; Harman & Jones 1966), and psi_k is what the third has
beyond the loading of its item: beyond beta_k (free), or beyond s lambda_k with one s for all items (equal). It may be negative.
No full likelihood is fitted, so that the residual of one item does not bend the loadings of the others. Errors are those of the
stacked estimating equations, from sums over whole leaders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .cross_person import CrossPerson

_ITERATIONS = 200
_PRECISION = 1e-12


@dataclass(frozen=True, eq=False)
class ResidualsBetween:
    """loading (k,), loading_between (k,), thresholds (k, C - 1) and variance (k,) psi, and share (k,) psi_k/s_k^2, on which it
    is tested, since its error hardly depends on its size; slopes (P + k, Q) of all these, one after the other, by the
    thresholds and correlations of `crossed`."""

    crossed: CrossPerson
    loading: Floats
    loading_between: Floats
    thresholds: Floats
    variance: Floats
    share: Floats
    slopes: Floats

    def covariance(self, gradient: Floats) -> Floats:
        """(q, q) of q functions of the first P with this gradient (q, P), by leader."""
        return self.crossed.covariance(gradient @ self.slopes[: -len(self.share)])

    @cached_property
    def errors(self) -> tuple[Floats, Floats]:
        """Standard errors (k,) of the variances and of the shares."""
        k = len(self.share)
        errors = np.sqrt(np.diag(self.crossed.covariance(self.slopes[-2 * k :])))
        return errors[:k], errors[k:]

    @property
    def z(self) -> Floats:
        """(k,) of the shares."""
        return np.asarray(self.share / self.errors[1])


def residuals_between(crossed: CrossPerson, kind: Literal["equal", "free"]) -> ResidualsBetween:
    """Raises EstimationError for fewer than three items, and where items have nothing in common between leaders."""
    k = crossed.k
    if k < 3:
        raise EstimationError("too_few_items_between", f"k = {k} < 3")
    first, second = np.triu_indices(k)
    m = k * (k - 1) // 2
    between, same_item = crossed.correlations[first != second], crossed.correlations[first == second]
    # Slopes are by correlations of one person, and of two people on two items and on the same one.
    no, one = np.zeros((m, m)), np.eye(m)
    by_between = np.hstack([no, one, np.zeros((m, k))])
    by_same = np.hstack([np.zeros((k, 2 * m)), np.eye(k)])
    within, slope = _one_factor(crossed.of_one.correlations - between, k)
    by_within = slope @ np.hstack([one, -one, np.zeros((m, k))])
    if kind == "free":
        beta, slope = _one_factor(between, k)
        by_beta = slope @ by_between
    else:
        beta, by_beta = _proportional(within, by_within, between, by_between)
    excess, by_excess = same_item - beta**2, by_same - 2 * beta[:, None] * by_beta
    unique, by_unique = 1 - within**2 - same_item, -2 * within[:, None] * by_within - by_same
    if not (unique > 0).all():
        raise EstimationError("variances_contradict")
    scale, by_scale = np.sqrt(unique), by_unique / (2 * np.sqrt(unique))[:, None]

    def divided(value: Floats, by: Floats) -> Floats:
        """Slopes of value/scale."""
        return np.asarray((by - (value / scale)[:, None] * by_scale) / scale[:, None])

    cuts = crossed.of_one.thresholds
    steps = cuts.shape[1]
    by_scale_of_cuts = [
        divided(np.where(np.isfinite(column), column, 0.0), np.zeros_like(by_scale)) for column in cuts.T
    ]  # of one threshold of every item
    by_correlations = np.concatenate(
        [
            divided(within, by_within),
            divided(beta, by_beta),
            np.stack(by_scale_of_cuts, axis=1).reshape(k * steps, -1),
            (by_excess - (excess / unique)[:, None] * by_unique) / unique[:, None],
            by_excess,
        ]
    )
    by_cuts = np.zeros((len(by_correlations), k * steps))
    by_cuts[2 * k : 2 * k + k * steps] = np.diag(np.repeat(1 / scale, steps))
    in_order = np.concatenate([np.arange(m), m + np.argsort(np.argsort(first == second, kind="stable"), kind="stable")])
    return ResidualsBetween(
        crossed=crossed,
        loading=within / scale,
        loading_between=beta / scale,
        thresholds=cuts / scale[:, None],
        variance=excess / unique,
        share=excess,
        slopes=np.hstack([by_cuts, by_correlations[:, in_order]]),
    )


def _one_factor(correlations: Floats, k: int) -> tuple[Floats, Floats]:
    """Loadings (k,) whose products are nearest to the correlations (m,) of pairs of items, with their derivatives (k, m)."""
    first, second = np.triu_indices(k, 1)
    r = np.zeros((k, k))
    r[first, second] = r[second, first] = correlations
    values, vectors = np.linalg.eigh(r + np.diag(np.abs(r).max(axis=1)))
    loading = vectors[:, -1] * np.sqrt(max(values[-1], 0.0)) * (np.sign(vectors[:, -1].sum()) or 1.0)
    for _ in range(_ITERATIONS):
        before = loading.copy()
        for item in range(k):
            others = loading @ loading - loading[item] ** 2
            if not others > 0:
                raise EstimationError("nothing_in_common_between")
            loading[item] = r[item] @ loading / others
        if np.abs(loading - before).max() < _PRECISION:
            break
    else:
        raise EstimationError("nothing_in_common_between")
    # sum over l of (r_kl - b_k b_l) b_l = 0, differentiated by b and by r.
    by_loading = r - 2 * np.outer(loading, loading)
    np.fill_diagonal(by_loading, loading**2 - loading @ loading)
    by_correlation = np.zeros((k, len(first)))
    pair = np.arange(len(first))
    by_correlation[first, pair], by_correlation[second, pair] = loading[second], loading[first]
    return loading, -np.linalg.solve(by_loading, by_correlation)


def _proportional(within: Floats, by_within: Floats, between: Floats, by_between: Floats) -> tuple[Floats, Floats]:
    """s times the loadings within, with the s^2 that brings their products nearest to the correlations between."""
    first, second = np.triu_indices(len(within), 1)
    product = within[first] * within[second]
    by_product = within[first, None] * by_within[second] + within[second, None] * by_within[first]
    square = product @ product
    ratio = float(between @ product / square)
    if not ratio > 0:
        raise EstimationError("nothing_in_common_between")
    by_ratio = (product @ by_between + (between - 2 * ratio * product) @ by_product) / square
    root = np.sqrt(ratio)
    return root * within, root * by_within + np.outer(within, by_ratio) / (2 * root)
