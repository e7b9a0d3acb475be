"""Bivariate normal probabilities, vectorised.

    Phi2(h, k; rho) = P(X <= h, Y <= k),   X, Y standard normal with correlation rho

Genz (2004), Numerical computation of rectangular bivariate and trivariate normal and t probabilities, Statistics and
Computing 14, 251-260: Gauss-Legendre quadrature of Plackett's formula in asin(rho), and near |rho| = 1 of the remainder
after the singular part was taken out analytically. Absolute error about 1e-15 for every rho in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

from .arrays import Floats

# Beyond this the normal tail is below the smallest double, so that an infinite limit may be replaced by it.
_FAR = 38.0

# Gauss-Legendre nodes that suffice from 0 up to this |rho| (Genz).
_NODES = ((0.3, 6), (0.75, 12), (np.inf, 20))
# And between two correlations up to _NEAR_ONE, by the distance of their asin over the smaller of their sqrt(1 - rho^2): how far
# the integrand is from its singularity. Absolute error below 3e-16 for |h|, |k| <= 5; beyond, Phi2 itself hardly moves.
_STEPS = ((2.5e-5, 1), (2.5e-3, 2), (0.025, 3), (0.075, 4), (0.15, 5), (0.25, 6), (0.5, 8))
_NEAR_ONE = 0.9999
_SINGULAR = 0.925

# exp() of anything smaller contributes nothing at double precision (Genz).
_NEGLIGIBLE = -100.0
# Values at a time, so that all that one step of the quadrature touches stays in the cache.
_TOGETHER = 16_384


@cache
def _legendre(points: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return nodes, weights


def _between(product: Floats, half: Floats, low: Floats, high: Floats, points: int) -> Floats:
    """Integral of phi2 from rho = sin(low) to sin(high) (b,), times 2 pi; product h k and half (h^2 + k^2)/2 (..., b)."""
    nodes, weights = _legendre(points)
    middle, width = (low + high) / 2, (high - low) / 2
    total, inside = np.zeros_like(product), np.empty_like(product)
    for node, weight in zip(nodes, weights, strict=True):
        sine = np.sin(middle + width * node)
        np.multiply(product, sine, out=inside)
        inside -= half
        inside *= 1 / ((1 - sine) * (1 + sine))
        np.exp(inside, out=inside)
        inside *= weight
        total += inside
    total *= width
    return total


def _extreme(h: Floats, k: Floats, rho: Floats) -> Floats:
    """P(X > h, Y > k) for |rho| >= .925 (Genz 2004, eqs. 5 and 6)."""
    negative = rho < 0
    k = np.where(negative, -k, k)
    product = h * k
    probability = np.zeros_like(h)
    inner = np.abs(rho) < 1
    if inner.any():
        hi, ki, hk = h[inner], k[inner], product[inner]
        square = (1 - rho[inner]) * (1 + rho[inner])
        root = np.sqrt(square)
        gap = (hi - ki) ** 2
        c, d = (4 - hk) / 8, (12 - hk) / 80
        exponent = -(gap / square + hk) / 2
        total = np.where(
            exponent > _NEGLIGIBLE,
            root * np.exp(np.maximum(exponent, _NEGLIGIBLE)) * (1 - c * (gap - square) * (1 - d * gap) / 3 + c * d * square**2),
            0.0,
        )
        distance = np.sqrt(gap)
        # exp(-hk/2) Phi(-distance/root) in logs: either factor alone may overflow or vanish.
        tail = np.exp(np.minimum(-hk / 2 + log_ndtr(-distance / root), 700.0)) * np.sqrt(2 * np.pi)
        total -= np.where(hk > _NEGLIGIBLE, tail * distance * (1 - c * gap * (1 - d * gap) / 3), 0.0)
        nodes, weights = _legendre(20)
        x = (root[:, None] / 2 * (1 + nodes)) ** 2
        exponent = -(gap[:, None] / x + hk[:, None]) / 2
        series = 1 + c[:, None] * x * (1 + 5 * d[:, None] * x)
        r = np.sqrt(1 - x)
        exact = np.exp(-hk[:, None] / 2 * x / (1 + r) ** 2) / r
        with np.errstate(invalid="ignore", over="ignore"):
            integrand = np.where(exponent > _NEGLIGIBLE, np.exp(np.maximum(exponent, _NEGLIGIBLE)) * (exact - series), 0.0)
        total += integrand @ weights * root / 2
        probability[inner] = -total / (2 * np.pi)
    same_sign = probability + ndtr(-np.maximum(h, k))
    # For a negative rho k was reflected: P(X > h, Y > k) = P(X > h) - P(X > h, -Y > -k).
    between = np.where(h < 0, ndtr(k) - ndtr(h), ndtr(-h) - ndtr(-k))
    opposite = np.where(h >= k, -probability, between - probability)
    return np.where(negative, opposite, same_sign)


def _by_size(size: Floats, tiers: tuple[tuple[float, int], ...]) -> Iterator[tuple[NDArray[np.intp] | slice, int]]:
    """Which of (b,) fall into each tier, and its number of nodes; a slice where all do, so that nothing is copied."""
    low = 0.0
    for high, points in tiers:
        chosen = (size >= low) & (size < high)
        if chosen.all():
            yield slice(None), points
            return
        if chosen.any():
            yield np.flatnonzero(chosen), points
        low = high


def bivariate_normal_grid(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Phi2 (s, t, b) at all pairs of limits h (s, b) and k (t, b), rho (b,). The margins are computed once per limit, and what
    depends on rho alone once per rho, which makes this many times faster than value by value."""
    if (np.abs(rho) > 1).any():
        raise ValueError("a correlation lies outside [-1, 1].")
    x, y = np.clip(h, -_FAR, _FAR), np.clip(k, -_FAR, _FAR)
    out = np.full((len(x), len(y), len(rho)), np.nan)
    size = np.abs(rho)
    extreme = np.flatnonzero(size >= _SINGULAR)
    if extreme.size:
        first, second, r = np.broadcast_arrays(-x[:, None, extreme], -y[None, :, extreme], rho[extreme])
        out[..., extreme] = _extreme(first.ravel(), second.ravel(), r.ravel()).reshape(first.shape)
    moderate = np.where(size >= _SINGULAR, np.inf, size)
    angle = np.arcsin(rho)
    for chosen, points in _by_size(moderate, _NODES):
        first, second, to = x[:, None, chosen], y[None, :, chosen], angle[chosen]
        part = _between(first * second, (first * first + second * second) / 2, np.zeros_like(to), to, points)
        part /= 2 * np.pi
        part += ndtr(first) * ndtr(second)
        out[..., chosen] = part
    return np.clip(out, 0.0, 1.0, out=out)


def bivariate_normal_moved(at: Floats, h: Floats, k: Floats, rho: Floats, to: Floats) -> Floats:
    """Phi2 (s, t, b) at `to` (b,) from its values `at` (s, t, b) at rho (b,): Plackett's formula over the way between, which
    near rho takes a few nodes; limits as in `bivariate_normal_grid`."""
    low, high, largest = np.arcsin(rho), np.arcsin(to), np.maximum(np.abs(rho), np.abs(to))
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(largest > _NEAR_ONE, np.inf, np.abs(high - low) / np.sqrt((1 - largest) * (1 + largest)))
    anew = np.flatnonzero(distance >= _STEPS[-1][0])
    out = at.copy()
    for chosen, points in _by_size(distance, _STEPS):
        first, second = np.clip(h[:, None, chosen], -_FAR, _FAR), np.clip(k[None, :, chosen], -_FAR, _FAR)
        out[..., chosen] += _between(
            first * second, (first * first + second * second) / 2, low[chosen], high[chosen], points
        ) / (2 * np.pi)
    np.clip(out, 0.0, 1.0, out=out)
    if anew.size:
        out[..., anew] = bivariate_normal_grid(h[:, anew], k[:, anew], to[anew])
    return out


def bivariate_normal_cdf(h: ArrayLike, k: ArrayLike, rho: ArrayLike) -> Floats:
    """P(X <= h, Y <= k) for broadcastable h, k (any real or infinite) and rho in [-1, 1].

    >>> float(bivariate_normal_cdf(0.0, 0.0, 0.5).round(12))  # 1/4 + asin(rho)/(2 pi)
    0.333333333333
    """
    x, y, r = np.broadcast_arrays(np.asarray(h, dtype=float), np.asarray(k, dtype=float), np.asarray(rho, dtype=float))
    upper, right, flat = x.ravel(), y.ravel(), r.ravel()
    probability = np.empty(flat.shape)
    for start in range(0, flat.size, _TOGETHER):
        part = slice(start, start + _TOGETHER)
        probability[part] = bivariate_normal_grid(upper[None, part], right[None, part], flat[part])[0, 0]
    return probability.reshape(x.shape)


def bivariate_normal_density(h: ArrayLike, k: ArrayLike, rho: ArrayLike) -> Floats:
    """phi2(h, k; rho), which is also the derivative of Phi2 by rho; 0 at infinite limits, |rho| < 1."""
    x = np.clip(np.asarray(h, dtype=float), -_FAR, _FAR)
    y = np.clip(np.asarray(k, dtype=float), -_FAR, _FAR)
    r = np.asarray(rho, dtype=float)
    square = (1 - r) * (1 + r)
    return np.asarray(np.exp(-(x * x - 2 * r * x * y + y * y) / (2 * square)) / (2 * np.pi * np.sqrt(square)))
