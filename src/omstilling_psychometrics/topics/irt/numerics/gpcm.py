"""Generalized partial credit model (Muraki 1992) in slope-intercept form, D = 1; the partial credit model has equal slopes.

    P(Y = h | theta) = exp(a (h - 1) theta + d_(h-1)) / sum over l of exp(a (l - 1) theta + d_(l-1)),   h = 1 … c

An item is a row (a, d_0, d_1, …, d_(c-1)), so m = c + 1. d_0 is 0 (only differences matter; where nobody chose the lowest
category, the lowest one chosen has 0), and -inf takes a category away without moving the scoring 0 … c - 1 of the others.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats


def valid(items: Floats) -> bool:
    """Are the slopes finite? Intercepts have no order."""
    return bool(np.isfinite(items[:, 0]).all())


def log_probabilities(items: Floats, theta: Floats) -> Floats:
    """Log probability of every category (k, c, q), -inf where a category has none."""
    scores = np.arange(items.shape[1] - 1.0)
    logits = items[:, 0, None, None] * scores[:, None] * theta + items[:, 1:, None]
    logits -= logits.max(axis=1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))


def _moments(items: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """P (k, c, q), and the expectation and variance (k, q) of the score 0 … c - 1."""
    scores = np.arange(items.shape[1] - 1.0)
    probabilities = np.exp(log_probabilities(items, theta))
    expected = np.einsum("h,khq->kq", scores, probabilities)
    return probabilities, expected, np.einsum("khq,khq->kq", (scores[:, None] - expected[:, None]) ** 2, probabilities)


def parameter_derivatives(items: Floats, theta: Floats) -> Floats:
    """Derivatives of log P by the item's parameters, (k, c, m, q)."""
    k, m = items.shape
    scores = np.arange(m - 1.0)
    probabilities, expected, _ = _moments(items, theta)
    derivatives = np.empty((k, m - 1, m, theta.size))
    derivatives[:, :, 0] = (scores[:, None] - expected[:, None]) * theta
    derivatives[:, :, 1:] = np.eye(m - 1)[:, :, None] - probabilities[:, None]
    return derivatives


def complete_hessian(items: Floats, theta: Floats, expected: Floats) -> Floats:
    """Second derivatives (k, m, m) of sum over categories and nodes of expected (k, c, q) times log P.

    They do not depend on the category: minus the covariance of the sufficient statistics (score times theta, indicators).
    """
    k, m = items.shape
    scores = np.arange(m - 1.0)
    probabilities, mean, variance = _moments(items, theta)
    persons = expected.sum(axis=1)
    hessian = np.empty((k, m, m))
    hessian[:, 0, 0] = -(persons * variance * theta**2).sum(axis=1)
    to_slope = ((scores[:, None] - mean[:, None]) * probabilities * (persons * theta)[:, None]).sum(axis=2)
    hessian[:, 0, 1:] = hessian[:, 1:, 0] = -to_slope
    weighted = probabilities * persons[:, None]
    hessian[:, 1:, 1:] = np.matmul(weighted, probabilities.swapaxes(1, 2))
    diagonal = np.arange(1, m)
    hessian[:, diagonal, diagonal] -= weighted.sum(axis=2)
    return hessian


def theta_derivatives(items: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of log P by theta, (k, c, q) each."""
    scores = np.arange(items.shape[1] - 1.0)
    slope = items[:, 0, None, None]
    _, mean, variance = _moments(items, theta)
    first = slope * (scores[:, None] - mean[:, None])
    return first, np.broadcast_to(-(slope**2) * variance[:, None], first.shape)


def mixed_derivatives(items: Floats, theta: Floats) -> Floats:
    """Derivatives by the item's parameters of the derivative of log P by theta, (k, c, m, q)."""
    k, m = items.shape
    scores = np.arange(m - 1.0)
    slope = items[:, 0, None]
    probabilities, mean, variance = _moments(items, theta)
    deviation = scores[:, None] - mean[:, None]
    derivatives = np.empty((k, m - 1, m, theta.size))
    derivatives[:, :, 0] = deviation - (slope * theta * variance)[:, None]
    derivatives[:, :, 1:] = -(slope[:, None] * probabilities * deviation)[:, None]
    return derivatives


def difficulty_contrasts(c: int) -> Floats:
    """L (c - 1, m - 1) with difficulties b = -L d / a: b_h = -(d_h - d_(h-1)) / a, where categories h and h + 1 cross."""
    return np.eye(c)[1:] - np.eye(c)[:-1]
