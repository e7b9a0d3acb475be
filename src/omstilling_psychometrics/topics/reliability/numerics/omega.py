"""Reliability of the sum of k items from a one-factor model with latent variance 1.

    omega_total = (sum lambda)^2 / ((sum lambda)^2 + sum Theta), residual covariances counted     McDonald (1999); Bollen (1980)
    observed:     (sum lambda)^2 / sum S
    maximal reliability H = t/(1 + t), t = lambda' Theta^-1 lambda                                 Hancock & Mueller (2001)
    average variance extracted = sum lambda^2/(sum lambda^2 + tr Theta); standardized: mean of the squared standardized loadings
                                                                                                   Fornell & Larcker (1981)
    categorical omega = sum_ij cov(y_i, y_j; l_i l_j) / sum_ij cov(y_i, y_j; p_ij)                 Green & Yang (2009, eq. 21)

with l standardized loadings of y*, cov(y_i, y_j; r) = sum_cd [Phi2(t_ic, t_jd; r) - Phi(t_ic) Phi(t_jd)] the covariance of the
categories 1 … c when y*_i and y*_j correlate r, and p the model's correlations (implied) or the polychoric ones (observed), 1
on the diagonal. semTools::compRelSEM and maximalRelia agree. Shapes: `...` leading axes, k items, t thresholds.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats
from ....core.numerics.bivariate_normal import bivariate_normal_density, bivariate_normal_grid
from ...correlation.numerics.polychoric import table_blocks, tables_last
from ...factor.numerics.model import Numbers


def omega_total(loadings: Numbers, residual_covariance: Numbers) -> Numbers:
    """Model-implied, of loadings (..., k) and Theta (..., k, k)."""
    common = loadings.sum(axis=-1) ** 2
    return np.asarray(common / (common + residual_covariance.sum(axis=(-2, -1))))


def omega_observed(loadings: Numbers, total_variance: Numbers) -> Numbers:
    """Over the variance (...) of the sum of the items in the sample."""
    return np.asarray(loadings.sum(axis=-1) ** 2 / total_variance)


def maximal_reliability(loadings: Numbers, residual_covariance: Numbers) -> Numbers:
    """Of the optimally weighted sum."""
    weight = np.linalg.solve(residual_covariance, loadings[..., None])[..., 0]
    t = (loadings * weight).sum(axis=-1)
    return np.asarray(t / (1 + t))


def average_variance_extracted(loadings: Numbers, residual_covariance: Numbers) -> Numbers:
    """In the metric of the items, in which an item with more variance counts more."""
    common = (loadings**2).sum(axis=-1)
    return np.asarray(common / (common + np.einsum("...ii->...", residual_covariance)))


def standardized_average_variance_extracted(loadings: Numbers, residual_covariance: Numbers) -> Numbers:
    """Mean communality."""
    common = loadings**2
    return np.asarray((common / (common + np.einsum("...ii->...i", residual_covariance))).mean(axis=-1))


def category_covariances(first: Floats, second: Floats, correlations: Floats) -> Floats:
    """cov(y_i, y_j) (...) of categories cut at thresholds (..., t) of each, y* correlating (...). Infinite thresholds add
    nothing."""
    lead = np.broadcast_shapes(first.shape[:-1], second.shape[:-1], correlations.shape)
    one, two = (np.broadcast_to(side, (*lead, side.shape[-1])).reshape(-1, side.shape[-1]) for side in (first, second))
    flat = np.broadcast_to(correlations, lead).ravel()
    out = np.empty(flat.shape)
    for block in table_blocks(flat.size, (one.shape[1] + 1) * (two.shape[1] + 1)):
        h, k = tables_last(one[block]), tables_last(two[block])
        both = bivariate_normal_grid(h, k, flat[block])
        out[block] = (both - ndtr(h)[:, None] * ndtr(k)[None]).sum(axis=(0, 1))
    return out.reshape(lead)


def _category_variances(thresholds: Floats) -> Floats:
    """Variances (..., k) of the categories: Phi2(s, t; 1) = Phi(min(s, t))."""
    h, k = thresholds[..., :, None], thresholds[..., None, :]
    return np.asarray((ndtr(np.minimum(h, k)) - ndtr(h) * ndtr(k)).sum(axis=(-2, -1)))


def _parts(thresholds: Floats, loadings: Floats, correlations: Floats) -> tuple[Floats, Floats]:
    """True variance and total variance of the sum of categories (...)."""
    k = loadings.shape[-1]
    first, second = np.triu_indices(k, 1)
    own = category_covariances(thresholds, thresholds, loadings**2)
    one, two = thresholds[..., first, :], thresholds[..., second, :]
    shared = category_covariances(one, two, loadings[..., first] * loadings[..., second])
    whole = category_covariances(one, two, correlations[..., first, second])
    variances = _category_variances(thresholds)
    return own.sum(axis=-1) + 2 * shared.sum(axis=-1), variances.sum(axis=-1) + 2 * whole.sum(axis=-1)


def categorical_omega(thresholds: Floats, loadings: Floats, correlations: Floats) -> Floats:
    """Of standardized thresholds (..., k, t), standardized loadings (..., k) and correlations (..., k, k) of y*."""
    true, total = _parts(thresholds, loadings, correlations)
    return np.asarray(true / total)


def categorical_omega_gradient(thresholds: Floats, loadings: Floats, correlations: Floats) -> tuple[Floats, Floats, Floats]:
    """Derivatives by thresholds (k, t), loadings (k,) and correlations above the diagonal (k(k-1)/2,), no leading axes."""
    k, t = thresholds.shape
    first, second = np.triu_indices(k, 1)
    finite = np.isfinite(thresholds)
    cuts = np.clip(thresholds, -38.0, 38.0)
    density = np.where(finite, np.exp(-cuts * cuts / 2) / np.sqrt(2 * np.pi), 0.0)
    cumulative = ndtr(cuts)
    true, total = _parts(thresholds, loadings, correlations)
    h, u = cuts[:, None, :, None], cuts[None, :, None, :]

    def by_threshold(matrix: Floats) -> Floats:
        """d sum_ij cov / d t_ia of the off-diagonal pairs, or of all of them if the diagonal is below 1 (k, t)."""
        root = np.sqrt((1 - matrix) * (1 + matrix))[..., None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            conditional = ndtr((u - matrix[..., None, None] * h) / root)
        change = (conditional - cumulative[None, :, None, :]).sum(axis=3)  # i, j, a
        change[np.diag(matrix) >= 1, np.diag(matrix) >= 1] = 0.0
        return np.asarray(2 * density * change.sum(axis=1))

    common = np.outer(loadings, loadings)
    pair_density = np.where(
        finite[:, None, :, None] & finite[None, :, None, :], bivariate_normal_density(h, u, common[..., None, None]), 0.0
    ).sum(axis=(2, 3))
    true_by_loading = 2 * pair_density @ loadings
    full = correlations.copy()
    np.fill_diagonal(full, 1.0)
    # Diagonal of the total: d/dt of sum_ab [Phi(min(t_a, t_b)) - Phi(t_a) Phi(t_b)].
    rank = np.arange(t)
    own = density * (2 * (t - 1 - rank) + 1 - 2 * cumulative.sum(axis=1, keepdims=True))
    total_by_threshold = by_threshold(full) + own
    one, two = cuts[first][:, :, None], cuts[second][:, None, :]
    inside = finite[first][:, :, None] & finite[second][:, None, :]
    total_by_correlation = 2 * np.where(
        inside, bivariate_normal_density(one, two, correlations[first, second][:, None, None]), 0.0
    ).sum(axis=(1, 2))
    ratio = true / total
    return (
        (by_threshold(common) - ratio * total_by_threshold) / total,
        true_by_loading / total,
        -ratio * total_by_correlation / total,
    )
