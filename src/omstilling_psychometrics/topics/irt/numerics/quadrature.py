"""Integration over the latent variable: 61 equally spaced nodes on [-6, 6], weights of a normal density scaled to sum to 1.

The trapezoidal rule on a grid this fine integrates smooth functions against a normal density to more digits than are
printed. A curve that rises from 0 to 1 between two nodes is no longer smooth on the grid: slopes beyond
`LARGEST_SLOPE` (2 logits from node to node) depend on where the nodes stand, and are not estimates.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats

NODES = np.linspace(-6.0, 6.0, 61)
LARGEST_SLOPE = 2.0 / 0.2


def log_weights(theta: Floats, mean: float, variance: float) -> Floats:
    """Log of normal weights (q,) that sum to 1."""
    exponent = -((theta - mean) ** 2) / (2 * variance)
    exponent -= exponent.max()
    return np.asarray(exponent - np.log(np.exp(exponent).sum()))


def log_weight_derivatives(theta: Floats, mean: float, variance: float) -> tuple[Floats, Floats]:
    """First (2, q) and second (2, 2, q) derivatives of the log weights by mean and variance.

    The scaling constant makes the weights an exponential family: subtract expectation and covariance of the derivatives
    of the exponent.
    """
    weights = np.exp(log_weights(theta, mean, variance))
    from_mean = theta - mean
    first = np.array([from_mean / variance, from_mean**2 / (2 * variance**2)])
    second = np.empty((2, 2, theta.size))
    second[0, 0] = -1 / variance
    second[0, 1] = second[1, 0] = -from_mean / variance**2
    second[1, 1] = -(from_mean**2) / variance**3
    expected = first @ weights
    centred = first - expected[:, None]
    curvature = second @ weights + (centred * weights) @ centred.T
    return centred, second - curvature[:, :, None]
