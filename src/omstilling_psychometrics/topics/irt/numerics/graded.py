"""Graded response model (Samejima 1969) in slope-intercept form, logistic, D = 1.

    P(Y > h | theta) = 1 / (1 + exp(-(a theta + d_h))),   h = 1 … c - 1,   d_1 >= d_2 >= … >= d_(c-1)

An item is a row (a, d_1, …, d_(c-1)), so m = c. Two equal intercepts give the category between them probability 0, and
+inf or -inf takes away all categories below or above: a category that nobody chose keeps its place.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

from ....core.numerics.arrays import Floats


def _bounds(items: Floats) -> tuple[Floats, Floats]:
    """Intercepts below and above each category, (k, c) each: d_0 = +inf, d_c = -inf."""
    edge = np.full((len(items), 1), np.inf)
    return np.hstack([edge, items[:, 1:]]), np.hstack([items[:, 1:], -edge])


def _gap(lower: Floats, upper: Floats) -> Floats:
    """d_h - d_(h-1) (k, c), 0 for a category without probability, where both may be infinite."""
    equal = lower == upper
    return np.asarray(np.where(equal, 0.0, upper) - np.where(equal, 0.0, lower))


def _odds(gap: Floats) -> Floats:
    """1 / (exp(-gap) - 1) (k, c), 0 for a category without probability."""
    with np.errstate(over="ignore"):
        return np.where(gap < 0, 1.0 / np.where(gap < 0, np.expm1(-gap), 1.0), 0.0)


def valid(items: Floats) -> bool:
    """Are the intercepts in order?"""
    return bool(np.isfinite(items[:, 0]).all() and (items[:, 2:] <= items[:, 1:-1]).all())


def log_probabilities(items: Floats, theta: Floats) -> Floats:
    """Log probability of every category (k, c, q), -inf where a category has none.

    With u and v the logits below and above a category, log(F(u) - F(v)) = log F(u) + log F(-v) + log(1 - exp(v - u)),
    which loses no digits where both are near 0 or 1; v - u does not depend on theta.
    """
    lower, upper = _bounds(items)
    line = items[:, :1] * theta
    gap = _gap(lower, upper)
    with np.errstate(divide="ignore"):
        between = np.log(-np.expm1(gap))
    return np.asarray(
        log_expit(line[:, None] + lower[:, :, None]) + log_expit(-line[:, None] - upper[:, :, None]) + between[:, :, None]
    )


def _logit_derivatives(items: Floats, theta: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """F(u), F(v) (k, c, q) and the derivatives of log P by u and by v (k, c, q), and 1/(exp(u - v) - 1) (k, c, 1)."""
    lower, upper = _bounds(items)
    line = (items[:, :1] * theta)[:, None]
    above, beyond = expit(line + lower[:, :, None]), expit(line + upper[:, :, None])
    odds = _odds(_gap(lower, upper))[:, :, None]
    return above, beyond, expit(-line - lower[:, :, None]) + odds, -beyond - odds, odds


def parameter_derivatives(items: Floats, theta: Floats) -> Floats:
    """Derivatives of log P by the item's parameters, (k, c, m, q)."""
    _, _, by_lower, by_upper, _ = _logit_derivatives(items, theta)
    return _by_parameters((by_lower + by_upper) * theta, by_lower, by_upper)


def _by_parameters(by_slope: Floats, by_lower: Floats, by_upper: Floats) -> Floats:
    """(k, c, m, q) of derivatives (k, c, q) by the slope and by both intercepts of a category; the outer two have one."""
    k, c, q = by_slope.shape
    derivatives = np.zeros((k, c, c, q))
    derivatives[:, :, 0] = by_slope
    for h in range(c):
        if h > 0:
            derivatives[:, h, h] += by_lower[:, h]
        if h < c - 1:
            derivatives[:, h, h + 1] += by_upper[:, h]
    return derivatives


def complete_hessian(items: Floats, theta: Floats, expected: Floats) -> Floats:
    """Second derivatives (k, m, m) of sum over categories and nodes of expected (k, c, q) times log P."""
    k, c = items.shape
    above, beyond, _, _, odds = _logit_derivatives(items, theta)
    cross = odds * (1 + odds)
    by_lower2 = expected * (-above * (1 - above) - cross)
    by_upper2 = expected * (-beyond * (1 - beyond) - cross)
    by_both = expected * cross
    hessian = np.zeros((k, c, c))
    hessian[:, 0, 0] = ((by_lower2 + by_upper2 + 2 * by_both) * theta**2).sum(axis=(1, 2))
    to_slope_lower = ((by_lower2 + by_both) * theta).sum(axis=2)
    to_slope_upper = ((by_upper2 + by_both) * theta).sum(axis=2)
    for h in range(c):
        if h > 0:
            hessian[:, h, h] += by_lower2[:, h].sum(axis=1)
            hessian[:, 0, h] += to_slope_lower[:, h]
        if h < c - 1:
            hessian[:, h + 1, h + 1] += by_upper2[:, h].sum(axis=1)
            hessian[:, 0, h + 1] += to_slope_upper[:, h]
        if 0 < h < c - 1:
            hessian[:, h, h + 1] = hessian[:, h + 1, h] = by_both[:, h].sum(axis=1)
    hessian[:, 1:, 0] = hessian[:, 0, 1:]
    return hessian


def theta_derivatives(items: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of log P by theta, (k, c, q) each."""
    above, beyond, _, _, _ = _logit_derivatives(items, theta)
    slope = items[:, 0, None, None]
    return slope * (1 - above - beyond), -(slope**2) * (above * (1 - above) + beyond * (1 - beyond))


def mixed_derivatives(items: Floats, theta: Floats) -> Floats:
    """Derivatives by the item's parameters of the derivative of log P by theta, (k, c, m, q)."""
    above, beyond, _, _, _ = _logit_derivatives(items, theta)
    slope = items[:, 0, None, None]
    by_lower, by_upper = -slope * above * (1 - above), -slope * beyond * (1 - beyond)
    return _by_parameters(1 - above - beyond + theta * (by_lower + by_upper), by_lower, by_upper)


def difficulty_contrasts(c: int) -> Floats:
    """L (c - 1, m - 1) with difficulties b = -L d / a: b_h = -d_h / a, where P(Y > h) is one half."""
    return np.eye(c - 1)
