"""Zh: how likely is an answer pattern, among the patterns that its theta makes possible?

    Zh = (log L - E(log L)) / SD(log L), all given the EAP                         (Drasgow, Levine & Williams 1985)

Large negative values are patterns that the model finds hard to understand. Items not answered are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .models import ItemModel


def zh(model: ItemModel, items: Floats, answers: NDArray[np.int64], theta: Floats) -> Floats:
    """Zh (r,) of answers (r, k) at theta (r,); NaN where every answer is certain. Agrees with mirt::personfit."""
    log_p = model.log_probabilities(items, theta)
    p = np.exp(log_p)
    finite = np.where(p > 0, log_p, 0.0)
    given = (answers > 0).T
    expected = (p * finite).sum(axis=1)
    variance = ((p * finite**2).sum(axis=1) - expected**2) * given
    k, r = given.shape
    chosen = log_p[np.arange(k)[:, None], np.maximum(answers.T - 1, 0), np.arange(r)]
    deviation = (np.where(given, chosen, 0.0) - expected * given).sum(axis=0)
    spread = np.sqrt(variance.sum(axis=0))
    return np.where(spread > 0, deviation / np.where(spread > 0, spread, 1.0), np.nan)
