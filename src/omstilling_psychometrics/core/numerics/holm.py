"""Holm's (1979) adjustment of m p values that are looked at together: the i-th smallest is multiplied by m - i + 1."""

from __future__ import annotations

import numpy as np

from .arrays import Floats


def holm(p_values: Floats) -> Floats:
    """Adjusted p values (m,), at most 1; NaN stays and does not count."""
    out = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    out[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)), 1.0)
    return out
