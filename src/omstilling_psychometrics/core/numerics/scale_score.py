"""Scale score: the mean of the answered items where enough are answered."""

from __future__ import annotations

import numpy as np

from .arrays import Floats


def scale_score(values: Floats, minimum_answered: int) -> Floats:
    """(p,) mean of the answers of each pattern, NaN with fewer than `minimum_answered`; values (p, k) with NaN."""
    answered = ~np.isnan(values)
    number = answered.sum(axis=1)
    total = np.where(answered, values, 0.0).sum(axis=1)
    return np.where(number >= minimum_answered, total / np.maximum(number, 1), np.nan)
