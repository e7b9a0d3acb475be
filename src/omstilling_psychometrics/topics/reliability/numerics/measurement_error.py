"""Standard error of measurement of the mean of k items, from their covariance matrix.

    SEM = sd(mean score) sqrt(1 - alpha);   SEM^2 = (T - k/(k - 1) (T - tr S)) / k^2,   T = 1'S1

An internal-consistency error, not a test-retest one. SDC = 1.96 sqrt(2) SEM (de Vet et al. 2006; COSMIN).
"""

from __future__ import annotations

import math

import numpy as np

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .guttman import CovarianceFunction

# The factor as COSMIN defines it, with 1.96 as it stands there.
SMALLEST_DETECTABLE_CHANGE = 1.96 * math.sqrt(2)


def standard_error_of_measurement(covariance: Floats) -> CovarianceFunction:
    """SEM of the mean score and its gradient in the covariance matrix (k, k). Raises EstimationError where alpha exceeds 1."""
    k = len(covariance)
    total, trace = float(covariance.sum()), float(np.trace(covariance))
    square = (total - k / (k - 1) * (total - trace)) / k**2
    if not square > 0:
        raise EstimationError("no_error_variance")
    of_square = (np.ones((k, k)) - k / (k - 1) * (1 - np.eye(k))) / k**2
    root = math.sqrt(square)
    return CovarianceFunction(root, of_square / (2 * root))
