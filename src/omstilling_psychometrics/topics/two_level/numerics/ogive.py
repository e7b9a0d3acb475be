"""Normal-ogive graded response curves (Samejima 1969) along a line, and their derivatives.

    P(Y = c) = Phi(tau_c - x) - Phi(tau_(c-1) - x),   tau_0 = -inf, tau_C = +inf,   c = 1 … C

Shapes: k items, C categories, N points; an item with fewer categories has thresholds of +inf at the end. Derivatives of log P
are by the thresholds below and above a category; x moves against both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import log_ndtr

from ....core.numerics.arrays import Floats, Ints

_LOG_ROOT = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True, eq=False)
class Curves:
    """line (k, N): x of every item at every point; thresholds (k, C - 1), ascending; design (r, N): derivatives of x by the
    slopes of its item, which all items have in common."""

    line: Floats
    thresholds: Floats
    design: Floats

    @cached_property
    def _edges(self) -> tuple[Floats, Floats]:
        """tau - x below and above each category, (k, C, N) each."""
        end = np.full((len(self.thresholds), 1), np.inf)
        tau = np.hstack([-end, self.thresholds, end])[:, :, None] - self.line[:, None]
        return tau[:, :-1], tau[:, 1:]

    @cached_property
    def log_probabilities(self) -> Floats:
        """(k, C, N); 0 for a category that an item does not have, which nobody chose."""
        lower, upper = self._edges
        # Phi(b) - Phi(a) = Phi(-a) - Phi(-b) keeps its digits on the side where both are far below 1.
        right = lower > 0
        high, low = log_ndtr(np.where(right, -lower, upper)), log_ndtr(np.where(right, -upper, lower))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(lower == upper, 0.0, high + np.log(-np.expm1(low - high)))

    @cached_property
    def _densities(self) -> tuple[Floats, Floats]:
        """phi(a)/P and phi(b)/P at both edges of each category, (k, C, N)."""
        lower, upper = self._edges
        none = lower == upper
        return tuple(  # type: ignore[return-value]
            np.where(none, 0.0, np.exp(-0.5 * edge**2 - _LOG_ROOT - self.log_probabilities)) for edge in (lower, upper)
        )

    @property
    def by_lower(self) -> Floats:
        return -self._densities[0]

    @property
    def by_upper(self) -> Floats:
        return self._densities[1]

    @cached_property
    def by_line(self) -> Floats:
        return self._densities[0] - self._densities[1]

    @cached_property
    def by_parameters(self) -> Floats:
        """Derivatives of log P by the slopes and thresholds of its item, (k, C, r + C - 1, N)."""
        (k, c, points), r = self.by_line.shape, len(self.design)
        derivatives = np.zeros((k, c, r + c - 1, points))
        derivatives[:, :, :r] = self.by_line[:, :, None] * self.design
        for category in range(c):
            if category > 0:
                derivatives[:, category, r + category - 1] = self.by_lower[:, category]
            if category < c - 1:
                derivatives[:, category, r + category] = self.by_upper[:, category]
        return derivatives

    def curvature(self, expected: Floats) -> Floats:
        """(k, r + C - 1, r + C - 1): second derivatives of the sum of expected (k, C, N) times log P."""
        (k, c, _), r = expected.shape, len(self.design)
        edges = [np.where(np.isfinite(edge), edge, 0.0) for edge in self._edges]
        at_lower, at_upper = self._densities
        lower2 = expected * (edges[0] * at_lower - at_lower**2)
        upper2 = expected * (-edges[1] * at_upper - at_upper**2)
        both = expected * at_lower * at_upper
        hessian = np.zeros((k, r + c - 1, r + c - 1))
        hessian[:, :r, :r] = np.einsum("kn,an,bn->kab", (lower2 + upper2 + 2 * both).sum(axis=1), self.design, self.design)
        to_lower, to_upper = -(lower2 + both) @ self.design.T, -(upper2 + both) @ self.design.T
        for category in range(c):
            below, above = r + category - 1, r + category
            if category > 0:
                hessian[:, below, below] += lower2[:, category].sum(axis=1)
                hessian[:, :r, below] += to_lower[:, category]
            if category < c - 1:
                hessian[:, above, above] += upper2[:, category].sum(axis=1)
                hessian[:, :r, above] += to_upper[:, category]
            if 0 < category < c - 1:
                hessian[:, below, above] = hessian[:, above, below] = both[:, category].sum(axis=1)
        hessian[:, r:, :r] = np.swapaxes(hessian[:, :r, r:], 1, 2)
        return hessian


@dataclass(frozen=True, eq=False)
class Answers:
    """Distinct patterns (p, k) of codes 1 … C, 0 where there is no answer."""

    codes: Ints
    categories: int

    @cached_property
    def indicators(self) -> Floats:
        """(p, k C): which answer each pattern gives to each item."""
        chosen = self.codes[:, :, None] == np.arange(1, self.categories + 1)
        return np.asarray(chosen.reshape(len(self.codes), -1), dtype=np.float64)

    @cached_property
    def chosen(self) -> tuple[tuple[Ints, ...], ...]:
        """For every item and category the patterns that have it."""
        return tuple(
            tuple(np.flatnonzero(column == category) for category in range(1, self.categories + 1)) for column in self.codes.T
        )

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Both items of every pair."""
        first, second = np.triu_indices(self.codes.shape[1], 1)
        return first, second

    def likelihood(self, curves: Curves) -> tuple[Floats, Floats]:
        """Of each pattern at every point (p, N) over its highest, and the log of that (p,)."""
        log_likelihood = self.indicators @ curves.log_probabilities.reshape(self.indicators.shape[1], -1)
        highest = log_likelihood.max(axis=1)
        log_likelihood -= highest[:, None]
        return np.exp(log_likelihood, out=log_likelihood), highest

    def expected(self, share: Floats) -> Floats:
        """(k, C, N): how much of share (p, N) falls to each answer."""
        return (self.indicators.T @ share).reshape(self.codes.shape[1], self.categories, -1)

    def expected_pairs(self, share: Floats) -> Floats:
        """(pairs, C, C, N): how much of share (p, N) falls to each pair of answers."""
        k, c = self.codes.shape[1], self.categories
        joint = np.empty((len(self.pairs[0]), c, c, share.shape[1]))
        place = 0
        for item in range(k - 1):
            later = self.indicators[:, (item + 1) * c :]
            for category in range(c):
                rows = self.chosen[item][category]
                cells = (later[rows].T @ share[rows]).reshape(k - 1 - item, c, -1)
                joint[place : place + k - 1 - item, category] = cells
            place += k - 1 - item
        return joint

    def add_curvature(self, hessian: Floats, curves: Curves, share: Floats, places: Ints) -> None:
        """Adds to the Hessian (q, q) the second derivatives of the log-likelihood given the factors, and the products of first
        derivatives, over share (p, N); places (k, r + C - 1): where the parameters of each item stand."""
        expected, by = self.expected(share), curves.by_parameters
        k, c, m, points = by.shape
        flat = np.swapaxes(by, 1, 2).reshape(k, m, c * points)
        own = curves.curvature(expected) + (flat * expected.reshape(k, 1, -1)) @ np.swapaxes(flat, 1, 2)
        for item, block in zip(places, own, strict=True):
            hessian[np.ix_(item, item)] += block
        first, second = self.pairs
        weighted = np.einsum("pcdn,pcin->pidn", self.expected_pairs(share), by[first]).reshape(len(first), m, -1)
        cross = weighted @ np.swapaxes(flat[second], 1, 2)
        for one, other, block in zip(places[first], places[second], cross, strict=True):
            hessian[np.ix_(one, other)] += block
            hessian[np.ix_(other, one)] += block.T
