"""Scores on the factor of a fitted one-factor model, latent mean 0 and variance psi.

    linear     E(eta | y) = psi l' S^-1 (y - mu),   var(eta | y) = psi - psi^2 l' S^-1 l        Thurstone (1935), regression
    ordinal    E(eta | y) and its standard deviation by 81 nodes on [-8, 8] (variance 1)       Bock & Mislevy (1982), EAP

with the rows and columns of the items answered. lavaan::lavPredict gives the former; of ordinal items it gives the mode of the
distribution whose mean is the latter.

Shapes: r rows, k items, t = c - 1 thresholds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ....core.numerics.arrays import Floats
from ....core.numerics.tally import distinct_flags

_NODES = np.linspace(-8.0, 8.0, 81)
# Rows that are scored together: some megabytes.
_TOGETHER = 10_000


def regression_scores(values: Floats, loadings: Floats, variance: float, mean: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """(r,) scores and standard deviations given the answers (r, k), NaN where there is none; NaN without any."""
    answered = ~np.isnan(values)
    score, spread = np.full(len(values), np.nan), np.full(len(values), np.nan)
    patterns, place = distinct_flags(answered)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        rows = np.flatnonzero(place == number)
        weights = variance * np.linalg.solve(sigma[np.ix_(pattern, pattern)], loadings[pattern])
        score[rows] = (values[np.ix_(rows, pattern)] - mean[pattern]) @ weights
        spread[rows] = np.sqrt(max(variance - variance * float(weights @ loadings[pattern]), 0.0))
    return score, spread


def ordinal_scores(
    codes: NDArray[np.integer], loadings: Floats, thresholds: Floats, residual_variances: Floats
) -> tuple[Floats, Floats]:
    """(r,) means and standard deviations of the factor given codes (r, k) of 1 … c, below 1 where there is no answer.

    thresholds (k, t) are on the scale of the loadings; answers are independent given the factor. NaN without an answer, and
    where the model has no place for one."""
    deviation = np.sqrt(residual_variances)[:, None, None]
    below = ndtr((thresholds[:, :, None] - loadings[:, None, None] * _NODES) / deviation)
    edge = np.zeros((len(loadings), 1, len(_NODES)))
    shares = np.diff(np.concatenate([edge, below, edge + 1], axis=1), axis=1)
    blocks = [_given(codes[start : start + _TOGETHER], shares) for start in range(0, max(len(codes), 1), _TOGETHER)]
    return np.concatenate([score for score, _ in blocks]), np.concatenate([spread for _, spread in blocks])


def _given(codes: NDArray[np.integer], shares: Floats) -> tuple[Floats, Floats]:
    """The same from the share (k, c, nodes) of each category at each node."""
    weight = np.tile(np.exp(-0.5 * _NODES**2), (len(codes), 1))
    for item, of_item in enumerate(shares):
        answered = codes[:, item] > 0
        weight[answered] *= of_item[codes[answered, item] - 1]
    total = weight.sum(axis=1)
    possible = (codes > 0).any(axis=1) & (total > 0)
    density = weight / np.where(possible, total, np.nan)[:, None]
    score = density @ _NODES
    return score, np.sqrt((density * (_NODES - score[:, None]) ** 2).sum(axis=1))
