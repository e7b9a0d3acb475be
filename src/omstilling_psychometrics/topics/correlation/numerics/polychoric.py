"""Polychoric correlations from pairwise tables of counts.

    pi_ab(rho) = P(t_a-1 < X <= t_a, u_b-1 < Y <= u_b),   log-likelihood sum_ab f_ab log pi_ab

Two-step: thresholds from all answers to an item, then rho by maximum likelihood given them (Olsson 1979). One-step: thresholds
and rho of a pair together. Shapes: k items, c declared categories, m = k(k-1)/2 pairs in the order (1,2), (1,3), …, (k-1,k);
`...` any number of leading axes (bootstrap draws, groups). Inside, a block of b tables is laid out with the tables last,
(c, c, b), so that every operation runs along them. Agrees with lavaan::lavCor (two-step), polycor::polychor (both).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.special import ndtr, ndtri

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.bivariate_normal import bivariate_normal_density, bivariate_normal_grid, bivariate_normal_moved

Counts = NDArray[np.floating[Any]]

# A rho this near to 1 cannot be told from 1: the likelihood is flat to double precision from there on.
BOUNDARY = 1 - 1e-8
# The differences of Phi2 that make up a cell probability are exact to about 1e-15: smaller ones are not known, and a table with
# an answer in a cell below _NOT_KNOWN can only have a weaker correlation.
_SMALLEST_PROBABILITY = 1e-16
_NOT_KNOWN = 1e-13
# Where the log-likelihood still rises towards an end, and has less than this left to gain, it rises to the end. With rare
# categories it is that flat far from the end: an empty cell of two rare categories is about as likely at -.9 as at -1.
_NO_GAIN = 1e-9
_ITERATIONS = 100
_TOLERANCE = 1e-12
# A Newton step of this size on the scale 1 - |rho| is the last: what it leaves is of the order of its square.
_LAST_STEP = 1e-6
# Cells at a time: all that a step touches of so many tables stays in the cache.
_TOGETHER = 20_000


def pairs(k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and second item of each pair (m,)."""
    return np.triu_indices(k, 1)


def _counted(cell: NDArray[np.int32], cells: int, counts: Counts) -> Counts:
    """(cells, b) sums of counts (p, b) by the cell (p,) of each pattern. One pass through the counts as they lie in memory."""
    p = len(cell)
    places = csc_array((np.ones(p, dtype=counts.dtype), cell, np.arange(p + 1, dtype=np.int32)), shape=(cells, p))
    return np.asarray(places @ counts)


def _codes_and_counts(patterns: NDArray[np.integer], counts: Counts, c: int) -> tuple[NDArray[np.int32], Counts]:
    """Codes (k, p) of 1 … c or 0 for no answer, and counts (p, b)."""
    flat = counts.reshape(math.prod(counts.shape[:-1]), counts.shape[-1])  # -1 cannot be told where there are no patterns
    codes = np.where((patterns >= 1) & (patterns <= c), patterns, 0).T
    return np.ascontiguousarray(codes, dtype=np.int32), np.ascontiguousarray(flat.T)


def item_counts(patterns: NDArray[np.integer], counts: Counts, c: int) -> Floats:
    """Answers per item and category (..., k, c) of patterns (p, k) with counts (..., p); codes outside 1 … c are no answer.
    Counts in single precision are exact as long as they are whole numbers that add up to less than 2^24."""
    codes, flat = _codes_and_counts(patterns, counts, c)
    out = np.empty((flat.shape[1], len(codes), c))
    for item, item_codes in enumerate(codes):
        out[:, item] = _counted(item_codes, c + 1, flat)[1:].T
    return out.reshape(*counts.shape[:-1], *out.shape[1:])


def pair_tables(patterns: NDArray[np.integer], counts: Counts, c: int) -> Floats:
    """Tables (..., m, c, c) of the answers to both items of each pair; patterns and counts as in `item_counts`."""
    codes, flat = _codes_and_counts(patterns, counts, c)
    first, second = pairs(len(codes))
    out = np.empty((flat.shape[1], len(first), c, c))
    for pair, (a, b) in enumerate(zip(first, second, strict=True)):
        table = _counted(codes[a] * (c + 1) + codes[b], (c + 1) ** 2, flat)
        out[:, pair] = np.moveaxis(table.reshape(c + 1, c + 1, -1)[1:, 1:], -1, 0)
    return out.reshape(*counts.shape[:-1], *out.shape[1:])


def thresholds_of(item_frequencies: Floats) -> Floats:
    """Thresholds (..., c-1) = probit of the cumulative shares of answers (..., c).

    -inf below the lowest and +inf above the highest category that was used, equal on both sides of an empty one between
    them; NaN for an item without answers.
    """
    # The last is the total, to the last bit where the highest categories are empty.
    below = np.cumsum(item_frequencies, axis=-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(ndtri(below[..., :-1] / below[..., -1:]))


def _rectangles(corner_values: Floats) -> Floats:
    """Cells (..., a, b) from values of a function at the corners (..., a+1, b+1)."""
    return np.diff(np.diff(corner_values, axis=-1), axis=-2)


def _framed(inner: Floats) -> Floats:
    """Corner values with zeros along the infinite ends, where densities vanish."""
    return np.pad(inner, [(0, 0)] * (inner.ndim - 2) + [(1, 1), (1, 1)])


def tables_last(values: Floats) -> Floats:
    """(b, …) as (…, b)."""
    return np.ascontiguousarray(np.moveaxis(values, 0, -1))


def table_blocks(tables: int, cells: int) -> Iterator[slice]:
    """Blocks of so many tables of so many cells each as fit the cache together."""
    size = max(1, _TOGETHER // cells)
    for start in range(0, tables, size):
        yield slice(start, min(start + size, tables))


def cells_of(corners: Floats, first: Floats, second: Floats) -> Floats:
    """pi (s+1, t+1, b) from Phi2 (s, t, b) at thresholds (s, b) and (t, b)."""
    s, t, b = corners.shape
    at = np.zeros((s + 2, t + 2, b))
    at[1:-1, 1:-1] = corners
    at[1:-1, -1] = ndtr(first)
    at[-1, 1:-1] = ndtr(second)
    at[-1, -1] = 1.0
    return np.maximum(cell_sums(at), _SMALLEST_PROBABILITY)


def cell_sums(at: Floats) -> Floats:
    """Cells (s+1, t+1, b) from values of a function at the corners (s+2, t+2, b)."""
    strips = at[1:] - at[:-1]
    return np.asarray(strips[:, 1:] - strips[:, :-1])


def corner_sums(cells: Floats) -> Floats:
    """(s, t, b) what `cell_sums` does, turned round: sum_cells cells * cell_sums(at) = sum_corners at * corner_sums(cells)
    where `at` vanishes along the ends, as densities do."""
    strips = cells[:-1] - cells[1:]
    return np.asarray(strips[:, :-1] - strips[:, 1:])


def cell_probabilities(first: Floats, second: Floats, rho: Floats) -> Floats:
    """pi (..., c, c) for thresholds (..., c-1) of both items and rho (...)."""
    lead = np.broadcast_shapes(first.shape[:-1], second.shape[:-1], rho.shape)
    first_cuts, second_cuts = (
        np.broadcast_to(side, (*lead, side.shape[-1])).reshape(-1, side.shape[-1]) for side in (first, second)
    )
    flat = np.broadcast_to(rho, lead).ravel()
    out = np.empty((flat.size, first.shape[-1] + 1, second.shape[-1] + 1))
    for block in table_blocks(flat.size, math.prod(out.shape[1:])):
        sides = tables_last(first_cuts[block]), tables_last(second_cuts[block])
        out[block] = np.moveaxis(cells_of(bivariate_normal_grid(*sides, flat[block]), *sides), -1, 0)
    return out.reshape(*lead, *out.shape[1:])


def _density_and_slope(h: Floats, k: Floats, r: Floats) -> tuple[Floats, Floats]:
    """phi2 and its derivative by rho, elementwise."""
    h, k = np.clip(h, -38.0, 38.0), np.clip(k, -38.0, 38.0)
    density = bivariate_normal_density(h, k, r)
    square = (1 - r) * (1 + r)
    return density, density * (r * square + (1 + r * r) * (h * k) - r * (h * h + k * k)) / square**2


def _score_and_curvature(
    tables: Floats, probability: Floats, first: Floats, second: Floats, rho: Floats
) -> tuple[Floats, Floats]:
    """First and second derivative (b,) of the pairwise log-likelihood of tables (c, d, b) with these probabilities by rho; NaN
    curvature where only the direction is known."""
    density, slope = _density_and_slope(first[:, None], second[None], rho)
    at = np.zeros((len(first) + 2, len(second) + 2, rho.size))
    at[1:-1, 1:-1] = density
    ratio = cell_sums(at) / probability
    weight = tables / probability
    score = np.einsum("ijb,ijb->b", tables, ratio)
    curvature = np.einsum("ijb,ijb->b", slope, corner_sums(weight)) - np.einsum("ijb,ijb,ijb->b", tables, ratio, ratio)
    beyond = ((tables > 0) & (probability < _NOT_KNOWN)).any(axis=(0, 1)) & (np.abs(rho) > 0.5)
    return np.where(beyond, -np.sign(rho), score), np.where(beyond, np.nan, curvature)


def category_correlations(tables: Floats) -> Floats:
    """Pearson correlation (...) of the category numbers in tables (..., c, d), kept away from the ends; 0 without variance."""
    total = tables.sum(axis=(-2, -1))
    x, y = np.arange(tables.shape[-2]), np.arange(tables.shape[-1])
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mx, my = rows @ x / total, columns @ y / total
        vx, vy = rows @ x**2 / total - mx**2, columns @ y**2 / total - my**2
        start = (np.einsum("...ab,a,b->...", tables, x, y) / total - mx * my) / np.sqrt(vx * vy)
    return np.asarray(np.clip(np.nan_to_num(start), -0.9, 0.9))


def polychoric(tables: Floats, first: Floats, second: Floats) -> Floats:
    """Two-step polychoric correlations (...) from tables (..., c, c) and thresholds (..., c-1) of both items.

    Exactly ±1 where the likelihood rises to the end; NaN where an item of the pair has no variance.
    """
    lead = tables.shape[:-2]
    cells = tables.reshape(-1, *tables.shape[-2:])
    first = np.broadcast_to(first, (*lead, first.shape[-1])).reshape(-1, first.shape[-1])
    second = np.broadcast_to(second, (*lead, second.shape[-1])).reshape(-1, second.shape[-1])
    result = np.empty(len(cells))
    for block in table_blocks(len(cells), math.prod(cells.shape[1:])):
        sides = tables_last(first[block]), tables_last(second[block])
        result[block] = block_polychoric(tables_last(cells[block]), *sides, category_correlations(cells[block])).rho
    return result.reshape(lead)


@dataclass(frozen=True)
class BlockEstimate:
    """rho (b,) of a block, and Phi2 (s, t, b) at its thresholds and at a correlation `near` rho (b,)."""

    rho: Floats
    near: Floats
    corners: Floats


def block_polychoric(tables: Floats, first: Floats, second: Floats, start: Floats) -> BlockEstimate:
    """Correlations (b,) of tables (c, d, b), thresholds (c-1, b), (d-1, b) and starting values (b,).

    Newton's method inside a shrinking bracket, on all tables at once. Phi2 is computed at the start, and from then on moved
    along with rho.
    """
    usable = np.isfinite(first).any(axis=0) & np.isfinite(second).any(axis=0)
    usable &= ((tables.sum(axis=1) > 0).sum(axis=0) > 1) & ((tables.sum(axis=0) > 0).sum(axis=0) > 1)
    result, near = np.full(usable.size, np.nan), np.full(usable.size, np.nan)
    correlations = np.full((len(first), len(second), usable.size), np.nan)
    active = np.flatnonzero(usable)
    if active.size < usable.size:
        tables, first, second = tables[..., active], first[:, active], second[:, active]
    rho = start[active]
    low, high = np.full(active.size, -BOUNDARY), np.full(active.size, BOUNDARY)
    corners = bivariate_normal_grid(first, second, rho)
    for _ in range(_ITERATIONS):
        if not active.size:
            break
        score, curvature = _score_and_curvature(tables, cells_of(corners, first, second), first, second, rho)
        low, high = np.where(score > 0, rho, low), np.where(score > 0, high, rho)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = rho - score / curvature
        # Outside the bracket, or where the likelihood is not concave, halve the bracket on Fisher's z scale.
        middle = np.tanh((np.arctanh(low) + np.arctanh(high)) / 2)
        left = 1 - np.abs(rho)
        settled = (curvature < 0) & (np.abs(newton - rho) < _LAST_STEP * left)
        moved = np.where(settled | ((curvature < 0) & (newton > low) & (newton < high)), newton, middle)
        flat = (np.abs(score) * left < _NO_GAIN) & (np.abs(curvature) * left**2 < _NO_GAIN)
        rising = (rho != 0) & (score * np.sign(rho) >= 0) & flat
        done = settled | rising | (np.abs(moved - rho) < _TOLERANCE) | (np.arctanh(high) - np.arctanh(low) < _TOLERANCE)
        if done.any():
            at_end = done & (rising | ((np.abs(moved) > 1 - 1e-6) & ((low >= 1 - 1e-6) | (high <= -(1 - 1e-6)))))
            place = active[done]
            result[place], near[place] = np.where(at_end, np.sign(moved), moved)[done], rho[done]
            correlations[..., place] = corners[..., done]
            keep = ~done
            active, rho, moved, low, high = active[keep], rho[keep], moved[keep], low[keep], high[keep]
            tables, first, second, corners = tables[..., keep], first[:, keep], second[:, keep], corners[..., keep]
        corners = bivariate_normal_moved(corners, first, second, rho, moved)
        rho = moved
    return BlockEstimate(result, near, correlations)


@dataclass(frozen=True, kw_only=True)
class OneStep:
    """rho and thresholds of one pair estimated together; covariance from the expected information, rho first."""

    rho: float
    first: Floats
    second: Floats
    covariance: Floats
    log_likelihood: float
    converged: bool

    @property
    def std_error(self) -> float:
        return float(np.sqrt(self.covariance[0, 0]))


def cell_derivatives(first: Floats, second: Floats, rho: Floats) -> Floats:
    """Derivatives (..., c, c, 1 + 2(c-1)) of the cells by rho, the thresholds of the first and of the second item."""
    density, _ = _density_and_slope(first[..., :, None], second[..., None, :], rho[..., None, None])
    by_rho = _rectangles(_framed(density))
    root = np.sqrt((1 - rho) * (1 + rho))[..., None, None]
    h, k = np.clip(first, -38.0, 38.0)[..., :, None], np.clip(second, -38.0, 38.0)[..., None, :]
    r = rho[..., None, None]

    def by_own(threshold: Floats, conditional: Floats) -> Floats:
        """A threshold moves mass phi(t) P(other in cell | X = t) from the category above it to the one below."""
        edge = np.exp(-threshold * threshold / 2) / np.sqrt(2 * np.pi)
        share = np.diff(np.concatenate([np.zeros_like(edge), conditional, np.ones_like(edge)], axis=-1), axis=-1)
        return np.asarray(edge * share)

    mass_first = by_own(h, ndtr((k - r * h) / root))
    mass_second = by_own(np.swapaxes(k, -1, -2), np.swapaxes(ndtr((h - r * k) / root), -1, -2))
    a, b = first.shape[-1], second.shape[-1]
    out = np.zeros((*rho.shape, a + 1, b + 1, 1 + a + b))
    out[..., 0] = by_rho
    for t in range(a):
        out[..., t, :, 1 + t] = mass_first[..., t, :]
        out[..., t + 1, :, 1 + t] = -mass_first[..., t, :]
    for t in range(b):
        out[..., :, t, 1 + a + t] = mass_second[..., t, :]
        out[..., :, t + 1, 1 + a + t] = -mass_second[..., t, :]
    return out


def polychoric_one_step(table: Floats) -> OneStep:
    """Maximum likelihood of rho and all thresholds of one pair together (Olsson 1979), by Fisher scoring.

    table: (c, d); categories that an item did not use are left out. Raises EstimationError with the reason `no_variance` or
    `perfect_correlation`.
    """
    used = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(used.shape) < 2:
        raise EstimationError("no_variance")
    n = used.sum()
    first, second = thresholds_of(used.sum(axis=1)), thresholds_of(used.sum(axis=0))
    start = polychoric(used, first, second)
    if abs(start) >= BOUNDARY:
        raise EstimationError("perfect_correlation")
    a = first.size

    def unpack(point: Floats) -> tuple[Floats, Floats, Floats]:
        return point[1 : 1 + a], point[1 + a :], point[0]

    def log_likelihood(point: Floats) -> float:
        first_thresholds, second_thresholds, rho = unpack(point)
        ordered = bool((np.diff(first_thresholds) > 0).all() and (np.diff(second_thresholds) > 0).all() and abs(rho) < BOUNDARY)
        return (
            float((used * np.log(cell_probabilities(first_thresholds, second_thresholds, rho))).sum()) if ordered else -np.inf
        )

    point = np.concatenate([[float(start)], first, second])
    value = log_likelihood(point)
    converged = False
    for _ in range(_ITERATIONS):
        probability = cell_probabilities(*unpack(point))
        derivative = cell_derivatives(*unpack(point))
        score = np.einsum("ab,abq->q", used / probability, derivative)
        information = n * np.einsum("ab,abq,abr->qr", 1 / probability, derivative, derivative)
        step = np.linalg.solve(information, score)
        decrement = float(score @ step)
        if converged := decrement < _TOLERANCE:
            break
        size = 1.0
        while (tried := log_likelihood(point + size * step)) < value and size > 1e-8:
            size /= 2
        if tried < value:
            break
        point, value = point + size * step, tried
    first_thresholds, second_thresholds, rho = unpack(point)
    return OneStep(
        rho=float(rho),
        first=first_thresholds,
        second=second_thresholds,
        covariance=np.linalg.solve(information, np.eye(len(point))),
        log_likelihood=value,
        converged=converged,
    )
