"""The greatest lower bound to the reliability of a sum score.

    glb = 1 - max(sum psi) / 1'S1      subject to  S - diag(psi) positive semi-definite,  psi >= 0

Jackson & Agunwamba (1977, Psychometrika 42, 567-578); ten Berge & Socan (2004, Psychometrika 69, 613-625, eq. 6). A
semidefinite programme in k unknowns, solved by Newton steps along the barrier path

    max  sum psi + mu [log det(S - diag psi) + sum log psi],

whose dual points X = mu (S - diag psi)^-1, with diagonals of at least 1, prove that no psi has a sum above tr(SX). How near
that is to the sum reached is computed from the certificate (`proved_gap`) and not taken from the barrier: rounding in the
inverse of a nearly singular matrix grows as the barrier falls, so that the best certificate is found on the way.
"""

from __future__ import annotations

import math

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .guttman import CovarianceFunction, from_error, total_variance

# Where the path ends, relative to the trace; the certificate is some 1e-8 of the variance of the sum away by then.
_GAP = 1e-9
# A certificate that leaves more than this share of the variance of the sum proves nothing about the printed digits.
_LARGEST_GAP = 1e-5
_NEWTON_STEPS = 50
# An eigenvalue of the correlation matrix below this is a linear dependence among items, not a small variance.
_SINGULAR = 1e-10


def glb(covariance: Floats) -> CovarianceFunction:
    """The greatest lower bound of a covariance matrix (k, k). Raises EstimationError where it is not positive semi-definite."""
    total = total_variance(covariance)
    errors, dual = largest_errors(covariance)
    if proved_gap(covariance, errors, dual) > _LARGEST_GAP * total:
        raise EstimationError("not_converged")
    return from_error(float(errors.sum()), dual, total)


def largest_errors(covariance: Floats) -> tuple[Floats, Floats]:
    """Error variances (k,) with the largest sum, and the derivative of that sum in the covariance matrix (k, k).

    Items that take part in an exact linear dependence can have no error variance; what the others can have is decided by
    their covariance matrix given those items.
    """
    k = len(covariance)
    scale = np.sqrt(np.clip(np.diag(covariance), 0, None))
    scale[scale == 0] = 1.0
    eigenvalues, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    if eigenvalues[0] < -_SINGULAR:
        raise EstimationError("covariance_not_positive_semidefinite")
    dependent = (np.abs(vectors[:, eigenvalues < _SINGULAR]) > 1e-6).any(axis=1)
    free, fixed = np.flatnonzero(~dependent), np.flatnonzero(dependent)
    errors, dual = np.zeros(k), np.zeros((k, k))
    if free.size == 0:
        return errors, dual
    regression = np.linalg.lstsq(covariance[np.ix_(fixed, fixed)], covariance[np.ix_(fixed, free)], rcond=None)[0]
    given = covariance[np.ix_(free, free)] - covariance[np.ix_(free, fixed)] @ regression
    errors[free], inner = _barrier_path(given)
    contrast = np.zeros((k, free.size))
    contrast[free], contrast[fixed] = np.eye(free.size), -regression
    return errors, contrast @ inner @ contrast.T


def proved_gap(covariance: Floats, errors: Floats, dual: Floats) -> float:
    """By how much a sum of error variances could at most be larger than that of `errors`, from the dual matrix (k, k)."""
    return float((covariance * dual).sum() - errors.sum())


def _barrier_path(covariance: Floats) -> tuple[Floats, Floats]:
    """Optimal error variances (k,) and dual matrix (k, k) of a positive definite covariance matrix."""
    k = len(covariance)
    errors = np.full(k, 0.5 * float(np.linalg.eigvalsh(covariance)[0]))
    barrier = float(np.trace(covariance)) / k
    target = _GAP * float(np.trace(covariance)) / (2 * k)
    least, best = math.inf, np.eye(k)
    while True:
        errors = _centre(covariance, errors, barrier)
        dual = barrier * _inverse(covariance - np.diag(errors))
        scale = 1 / np.sqrt(np.minimum(np.diag(dual), 1.0))
        dual = dual * np.outer(scale, scale)
        bound = float((covariance * dual).sum())
        if bound < least:
            least, best = bound, dual
        if barrier <= target:
            return errors, best
        barrier = max(target, barrier * 0.2)


def _inverse(matrix: Floats) -> Floats:
    lower = np.linalg.cholesky(matrix)
    half = np.linalg.solve(lower, np.eye(len(matrix)))
    return np.asarray(half.T @ half)


def _centre(covariance: Floats, errors: Floats, barrier: float) -> Floats:
    """Damped Newton steps to the point of the path at `barrier`; the barrier is self-concordant, so they cannot fail."""
    for _ in range(_NEWTON_STEPS):
        inverse = _inverse(covariance - np.diag(errors))
        gradient = 1 / barrier - np.diag(inverse) + 1 / errors
        curvature = inverse**2 + np.diag(1 / errors**2)
        step = np.linalg.solve(curvature, gradient)
        decrement = math.sqrt(max(0.0, float(gradient @ step)))
        errors = errors + step / (1 + decrement)
        if decrement < 1e-6:
            break
    return errors
