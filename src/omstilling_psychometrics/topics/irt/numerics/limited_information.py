"""Goodness of fit from univariate and bivariate moments of complete rows: C2 and M2*.

    C2:  share in each category of each item but the lowest, and E(Y_i Y_j)     (Cai & Monroe 2014)
    M2*: E(Y_i) and E(Y_i Y_j)                                                  (Cai & Hansen 2013)

With residuals e (observed minus implied moments), their Jacobian D by the free parameters and its orthogonal complement
Dc, the statistic is N e'Dc (Dc' X Dc)^-1 Dc'e with df = moments - rank D (Maydeu-Olivares & Joe 2006, eq. 13). X is the
covariance of one answer's moments: under the model, or, for answers that depend on each other, estimated from sums over
clusters (Browne's residual-based statistic). Both moments are the same for any origin of the scores; 1 … c is used.

With X from G clusters the statistic is a Hotelling T2, larger than chi-square of df by chance in X. It is compared with

    (G - df) T2 / ((G - 1) df)  ~  F(df, G - df)                       (Yuan & Bentler 1998, the residual-based F)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, meat
from .estimation import Fit
from .marginal import PatternTable
from .quadrature import log_weights

Kind = Literal["C2", "M2*"]

# Ratio of eigenvalues below which the moments' covariance has no inverse to speak of.
_SINGULAR = 1e-13


@dataclass(frozen=True)
class LimitedInformation:
    """statistic, df and p value (NaN where df is 0 or the moments determine each other); moments: their number; n answers."""

    statistic: float
    df: int
    p_value: float
    moments: int
    n: float

    @property
    def rmsea(self) -> float:
        """sqrt of max(0, statistic - df) / (df (n - 1))."""
        if self.df < 1 or self.n < 2:
            return float("nan")
        return float(np.sqrt(max(0.0, self.statistic - self.df) / (self.df * (self.n - 1))))


@dataclass(frozen=True, eq=False)
class _Moments:
    """Which moments: item and category (u,) of the indicators, items (s,) of the single means, pairs (b,) of the products;
    order: indicators, means, products."""

    indicator_item: NDArray[np.int64]
    indicator_category: NDArray[np.int64]
    mean_item: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @property
    def items(self) -> list[frozenset[int]]:
        single = [frozenset([int(item)]) for item in (*self.indicator_item, *self.mean_item)]
        return single + [frozenset([int(i), int(j)]) for i, j in zip(self.first, self.second, strict=True)]


def _moments(observed: NDArray[np.bool_], kind: Kind) -> _Moments:
    """Moments of the items that vary; observed (k, c)."""
    varying = np.flatnonzero(observed.sum(axis=1) > 1)
    a, b = np.triu_indices(varying.size, 1)
    chosen = [(item, category) for item in varying for category in np.flatnonzero(observed[item])[1:]]
    indicators = np.array(chosen if kind == "C2" else [], dtype=np.int64).reshape(-1, 2)
    means = varying if kind == "M2*" else varying[:0]
    return _Moments(indicators[:, 0], indicators[:, 1], means, varying[a], varying[b])


def _sample(table: PatternTable, moments: _Moments) -> Floats:
    """Moments (r, moments) of each pattern."""
    answers = table.answers
    return np.hstack(
        [
            answers[:, moments.indicator_item] == moments.indicator_category + 1,
            answers[:, moments.mean_item],
            answers[:, moments.first] * answers[:, moments.second],
        ]
    ).astype(float)


def _conditional(p: Floats, moments: _Moments) -> Floats:
    """Implied moments at each node (moments, q); p (k, c, q)."""
    scores = np.arange(1.0, p.shape[1] + 1)
    mean = np.einsum("h,khq->kq", scores, p)
    return np.vstack(
        [
            p[moments.indicator_item, moments.indicator_category],
            mean[moments.mean_item],
            mean[moments.first] * mean[moments.second],
        ]
    )


def _overlap(p: Floats, moments: _Moments) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of moments that share items, and by what (pairs, q) the product of their implied values is to be multiplied
    to become the implied value of their product."""
    scores = np.arange(1.0, p.shape[1] + 1)
    mean = np.einsum("h,khq->kq", scores, p)
    square = np.einsum("h,khq->kq", scores**2, p) / mean**2
    indicators = moments.indicator_item.size
    items = moments.items
    rows, columns, factors = [], [], []
    for place, of_one in enumerate(items):
        for other in range(place, len(items)):
            shared = of_one & items[other]
            if not shared:
                continue
            factor = np.ones(p.shape[2])
            for item in shared:
                if place < indicators and other < indicators:
                    factor = np.zeros_like(factor)  # of two indicators of one item at most one is 1; set exactly below
                elif place < indicators:
                    factor = factor * scores[moments.indicator_category[place]] / mean[item]
                else:
                    factor = factor * square[item]
            rows.append(place)
            columns.append(other)
            factors.append(factor)
    return np.array(rows), np.array(columns), np.array(factors)


def _implied_covariance(p: Floats, weights: Floats, moments: _Moments) -> Floats:
    """Covariance of one answer's moments under the model; answers to different items are independent given the node."""
    conditional = _conditional(p, moments)
    implied = conditional @ weights
    second = (conditional * weights) @ conditional.T
    rows, columns, factors = _overlap(p, moments)
    shared = (factors * conditional[rows] * conditional[columns]) @ weights
    second[rows, columns] = second[columns, rows] = shared
    indicators = np.arange(moments.indicator_item.size)
    second[indicators, indicators] = implied[indicators]
    return np.asarray(second - np.outer(implied, implied))


def _jacobian(fitted: Fit, p: Floats, weights: Floats, moments: _Moments) -> Floats:
    """Derivatives (moments, f) of the implied moments by the free parameters."""
    items = fitted.items[0]
    k, m = items.shape
    by_item = fitted.model.parameter_derivatives(items, fitted.theta) * p[:, :, None]  # (k, c, m, q)
    scores = np.arange(1.0, p.shape[1] + 1)
    mean = np.einsum("h,khq->kq", scores, p)
    by_mean = np.einsum("h,khmq->kmq", scores, by_item)
    jacobian = np.zeros((len(moments.items), k, m))
    u, s = moments.indicator_item.size, moments.mean_item.size
    jacobian[np.arange(u), moments.indicator_item] = by_item[moments.indicator_item, moments.indicator_category] @ weights
    jacobian[np.arange(u, u + s), moments.mean_item] = by_mean[moments.mean_item] @ weights
    products = np.arange(u + s, len(jacobian))
    jacobian[products, moments.first] = np.einsum("bmq,bq,q->bm", by_mean[moments.first], mean[moments.second], weights)
    jacobian[products, moments.second] = np.einsum("bmq,bq,q->bm", by_mean[moments.second], mean[moments.first], weights)
    return np.asarray(jacobian.reshape(len(jacobian), k * m) @ fitted.layout.selection(0)[: k * m])


def _p_value(statistic: float, df: int, units: float) -> float:
    """units: clusters from which the covariance of the moments is estimated, infinity where the model gives it."""
    if np.isinf(units):
        return float(chdtrc(df, statistic))
    return float(fdtrc(df, units - df, statistic * (units - df) / ((units - 1) * df)))


def _quadratic_form(
    residual: Floats, jacobian: Floats, covariance: Floats, n: float, units: float = np.inf
) -> LimitedInformation:
    left, singular, _ = np.linalg.svd(jacobian, full_matrices=True)
    rank = int((singular > singular.max(initial=0.0) * 1e-8).sum())
    complement = left[:, rank:]
    df = complement.shape[1]
    if df == 0:
        return LimitedInformation(np.nan, 0, np.nan, len(residual), n)
    projected, spread = complement.T @ residual, complement.T @ covariance @ complement
    eigenvalues = np.linalg.eigvalsh(spread)
    if not eigenvalues[0] > _SINGULAR * eigenvalues[-1]:
        return LimitedInformation(np.nan, df, np.nan, len(residual), n)
    statistic = n * float(projected @ np.linalg.solve(spread, projected))
    return LimitedInformation(statistic, df, _p_value(statistic, df, units), len(residual), n)


def limited_information(fitted: Fit, kind: Kind = "C2", *, clusters: Clusters | None = None) -> LimitedInformation:
    """C2 or M2* of a one-group fit to complete rows; with clusters (over the fit's patterns), their robust version, whose p
    value comes from F.

    Agrees with mirt::M2 for the graded model. Raises ValueError where rows are incomplete or there are several groups.
    """
    if len(fitted.tables) != 1 or (fitted.tables[0].answers == 0).any():
        raise ValueError("limited information statistics need one group of complete rows")
    table = fitted.tables[0]
    moments = _moments(table.observed(), kind)
    p = fitted.model.probabilities(fitted.items[0], fitted.theta)
    weights = np.exp(log_weights(fitted.theta, *fitted.latent[0]))
    sample = _sample(table, moments)
    observed = table.counts @ sample / table.n
    covariance, units = _implied_covariance(p, weights, moments), np.inf
    if clusters is not None:
        covariance, units = meat(sample - observed, table.counts, clusters) / table.n, clusters.size
    residual = observed - _conditional(p, moments) @ weights
    return _quadratic_form(residual, _jacobian(fitted, p, weights, moments), covariance, table.n, units)


def independence(table: PatternTable) -> LimitedInformation:
    """The same statistic for the model that items are unrelated, the base line of CFI and TLI."""
    moments = _moments(table.observed(), "C2")
    shares = table.frequencies() / table.frequencies().sum(axis=1, keepdims=True)
    p, weights = shares[:, :, None], np.ones(1)
    observed = table.counts @ _sample(table, moments) / table.n
    residual = observed - _conditional(p, moments) @ weights
    jacobian = _independence_jacobian(shares, moments)
    return _quadratic_form(residual, jacobian, _implied_covariance(p, weights, moments), table.n)


def _independence_jacobian(shares: Floats, moments: _Moments) -> Floats:
    """Derivatives of the moments by the shares of all categories chosen but the lowest of them; shares (k, c)."""
    k, c = shares.shape
    scores = np.arange(1.0, c + 1)
    mean = shares @ scores
    free = np.cumsum(shares > 0, axis=1) * (shares > 0) > 1
    gain = np.where(free, scores - scores[(shares > 0).argmax(axis=1)][:, None], 0.0)  # of the mean, by a share
    jacobian = np.zeros((len(moments.items), k, c))
    u, s = moments.indicator_item.size, moments.mean_item.size
    jacobian[np.arange(u), moments.indicator_item, moments.indicator_category] = 1.0
    jacobian[np.arange(u, u + s), moments.mean_item] = gain[moments.mean_item]
    products = np.arange(u + s, len(jacobian))
    jacobian[products, moments.first] += mean[moments.second][:, None] * gain[moments.first]
    jacobian[products, moments.second] += mean[moments.first][:, None] * gain[moments.second]
    return np.asarray(jacobian.reshape(len(jacobian), -1)[:, free.ravel()])
