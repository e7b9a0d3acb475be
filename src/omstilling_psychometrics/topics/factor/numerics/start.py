"""Starting values for the free parameters of a factor model from the sample's covariances or polychoric correlations."""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from .model import FactorModel

# Communalities are kept inside this range, so that every start is a proper solution.
_COMMUNALITY = (0.1, 0.9)


def _centroid(sigma: Floats, loads: Floats) -> Floats:
    """Loadings (k,) of the items in `loads` on one factor: covariance with the sum of the others over its root variance.

    The communal part only, after Thurstone's centroid method; items keep the sign that their covariances give them.
    """
    items = np.flatnonzero(loads)
    block = sigma[np.ix_(items, items)]
    spread = np.sqrt(np.diag(block))
    off = block / np.outer(spread, spread)
    np.fill_diagonal(off, 0.0)
    sign = np.ones(len(items))
    if len(items) > 1:
        np.fill_diagonal(off, np.abs(off).max(axis=1))
        leading = np.linalg.eigh(off)[1][:, -1]
        sign = np.where(leading * np.sign(leading.sum() or 1.0) < 0, -1.0, 1.0)
        np.fill_diagonal(off, np.abs(off).max(axis=1))
        off = off * np.outer(sign, sign)
    total = max(float(off.sum()), 1e-3)
    raw = off.sum(axis=1) / np.sqrt(total)
    size = np.sqrt(np.clip(raw * np.abs(raw), *_COMMUNALITY))
    out = np.zeros(len(loads))
    out[items] = size * sign * spread
    return out


def starting_values(model: FactorModel, means: Floats, covariances: Floats, thresholds: Floats | None = None) -> Floats:
    """parameters (q,) from each group's means (g, k), covariances (g, k, k) and, for ordinal items, thresholds (g, k, t).

    Equal parameters start at the average of what each of their places suggests.
    """
    suggested = model.fixed.copy()
    k, m = model.k, model.m
    for group in range(model.g):
        sigma = covariances[group]
        pattern = (model.free[group, model.parts["loadings"]] >= 0) | (model.fixed[group, model.parts["loadings"]] != 0)
        loadings = np.column_stack([_centroid(sigma, pattern.reshape(k, m)[:, factor]) for factor in range(m)])
        suggested[group, model.parts["loadings"]] = loadings.ravel()
        communal = np.minimum((loadings**2).sum(axis=1), _COMMUNALITY[1] * np.diag(sigma))
        residual = model.elements_of("residual_variances")
        if model.kind == "theta":
            # y* is scaled to residual variance 1, not to total variance 1.
            unit = np.sqrt(1 - communal)
            suggested[group, model.parts["loadings"]] = (loadings / unit[:, None]).ravel()
            suggested[group, residual] = 1.0
        else:
            unit = np.ones(k)
            suggested[group, residual] = np.diag(sigma) - communal
        suggested[group, model.elements_of("latent_variances")] = 1.0
        suggested[group, model.parts["intercepts"]] = means[group] if model.kind == "continuous" else 0.0
        suggested[group, model.parts["scales"]] = 1.0
        if thresholds is not None:
            suggested[group, model.parts["thresholds"]] = (thresholds[group] / unit[:, None]).ravel()
    known = (model.free >= 0) & np.isfinite(suggested)
    sums = np.bincount(model.free[known], weights=suggested[known], minlength=model.q)
    times = np.bincount(model.free[known], minlength=model.q)
    return np.asarray(sums / np.maximum(times, 1))
