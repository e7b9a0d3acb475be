"""Empirical Kaiser criterion: eigenvalues that a scale of uncorrelated items would have at this n, given the larger ones.

    l_j^REF = max( (k - l_1 - … - l_{j-1}) / (k - j + 1) * (1 + sqrt(k/n))^2, 1 )

Braeken & van Assen (2017, eq. 2).
"""

from __future__ import annotations

import math

import numpy as np

from ....core.numerics.arrays import Floats


def reference_eigenvalues(eigenvalues: Floats, n: int) -> Floats:
    """(k,) thresholds of eigenvalues (k,) in falling order."""
    k = len(eigenvalues)
    before = np.concatenate([[0.0], np.cumsum(eigenvalues)[:-1]])
    return np.asarray(np.maximum((k - before) / (k - np.arange(k)) * (1 + math.sqrt(k / n)) ** 2, 1.0))
