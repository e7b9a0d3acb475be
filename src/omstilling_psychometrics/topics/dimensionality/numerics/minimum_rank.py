"""Minimum rank factor analysis and the share of common variance that its first factor explains.

    min over psi of the sum of all but the largest eigenvalue of R - diag(psi), which stays positive semi-definite

ten Berge & Kiers (1991). For a given first eigenvector v the sum is linear in psi, with weights 1 - v^2, so a step is the
minimum trace problem of `glb.largest_errors` with rescaled items, and the sum falls at every step.

    ECV = l_1 / (l_1 + … + l_k)     of R - diag(psi)  (Ferrando & Lorenzo-Seva 2018: above .85, essentially one)
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from ...reliability.numerics.glb import largest_errors
from .sampling_adequacy import require_positive_definite

_STEPS = 500
# A change of the unexplained common variance below this is noise of the steps.
_TOLERANCE = 1e-8


def minimum_rank_uniquenesses(correlations: Floats) -> Floats:
    """(k,) unique variances of correlations (k, k). Raises EstimationError("covariance_singular")."""
    require_positive_definite(correlations)
    weights = np.ones(len(correlations))
    unexplained = np.inf
    for _ in range(_STEPS):
        root = np.sqrt(weights)
        errors, _ = largest_errors(correlations * np.outer(root, root))
        uniquenesses = errors / weights
        values, vectors = np.linalg.eigh(correlations - np.diag(uniquenesses))
        left = float(values[:-1].sum())
        if unexplained - left < _TOLERANCE:
            break
        unexplained = left
        # An item that is its own factor gets no weight; a trace of one keeps the problem scaled.
        weights = np.maximum(1 - vectors[:, -1] ** 2, 1e-6)
    return np.asarray(uniquenesses)


def explained_common_variance(correlations: Floats) -> float:
    """Share of the common variance that the first factor explains."""
    reduced = np.linalg.eigvalsh(correlations - np.diag(minimum_rank_uniquenesses(correlations)))
    total = float(np.clip(reduced, 0, None).sum())
    return float(reduced[-1]) / total if total > 0 else float("nan")
