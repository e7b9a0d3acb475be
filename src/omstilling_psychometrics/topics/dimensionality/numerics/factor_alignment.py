"""Factors have no natural sign or order. Two conventions, used everywhere: one for a solution by itself, one for a solution
beside another (bootstrap draws, other software, other groups).

k items, m factors; loadings (k, m), factor correlations (m, m).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ....core.numerics.arrays import Floats


def _rearranged(loadings: Floats, phi: Floats, order: NDArray[np.intp], signs: Floats) -> tuple[Floats, Floats]:
    return loadings[:, order] * signs, phi[np.ix_(order, order)] * np.outer(signs, signs)


def oriented(loadings: Floats, factor_correlations: Floats | None = None) -> tuple[Floats, Floats]:
    """Factors by falling explained variance diag(phi L'L), each with a positive sum of loadings."""
    phi = np.eye(loadings.shape[1]) if factor_correlations is None else factor_correlations
    explained = np.diag(phi @ loadings.T @ loadings)
    # Rounded, so that factors of equal size keep their places on every machine.
    order = np.argsort(-np.round(explained, 10), kind="stable")
    signs = np.where(loadings[:, order].sum(axis=0) < 0, -1.0, 1.0)
    return _rearranged(loadings, phi, order, signs)


def aligned(loadings: Floats, target: Floats, factor_correlations: Floats | None = None) -> tuple[Floats, Floats]:
    """Factors in the order and with the signs that bring them nearest to `target` (k, m), in least squares."""
    phi = np.eye(loadings.shape[1]) if factor_correlations is None else factor_correlations
    products = target.T @ loadings
    # ||t - s l||^2 = ||t||^2 + ||l||^2 - 2 s t'l: the best sign makes t'l positive, the best order its sum largest.
    order = linear_sum_assignment(-np.abs(products))[1]
    signs = np.where(products[np.arange(len(order)), order] < 0, -1.0, 1.0)
    return _rearranged(loadings, phi, order, signs)
