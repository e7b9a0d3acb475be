"""What the answers about a leader say of the leader's factor: a distribution known by nodes and weights.

The posterior of u is log-concave and close to a normal one. From its moments, which quadrature has, its distribution function
is

    F(u) = Phi(z) - phi(z) sum_m c_m He_{m-1}(z),   c_m = E He_m(z)/m!,   m = 3 ... 8

in standardised z, with Hermite polynomials He (Gram-Charlier; Stuart & Ord 1994, sec. 6.17).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from scipy.special import ndtr, ndtri

from ....core.numerics.arrays import Floats
from .expected_score import ExpectedScore

_ORDER = 8
# Of a mark that is uncertain. The probability is smooth in it.
_MARK_NODES, _MARK_WEIGHTS = hermegauss(15)
_MARK_WEIGHTS = _MARK_WEIGHTS / _MARK_WEIGHTS.sum()
_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Posterior:
    """nodes (G, q) of u for each leader, weights (G, q) that add up to 1 over them."""

    nodes: Floats
    weights: Floats

    def mean_of(self, values: Floats) -> Floats:
        """(G,) of values (G, q) at the nodes."""
        return np.asarray((self.weights * values).sum(axis=1))

    def spread_of(self, values: Floats) -> Floats:
        """(G,) standard deviation of values (G, q) at the nodes."""
        return np.sqrt(self.mean_of((values - self.mean_of(values)[:, None]) ** 2))

    @cached_property
    def mean(self) -> Floats:
        return self.mean_of(self.nodes)

    @cached_property
    def sd(self) -> Floats:
        return self.spread_of(self.nodes)

    @cached_property
    def _terms(self) -> Floats:
        """c_m (order, G) as coefficients of He_0, He_1, …: that of He_{m-1} is c_m."""
        z = (self.nodes - self.mean[:, None]) / self.sd[:, None]
        terms = np.zeros((_ORDER, len(z)))
        for m in range(3, _ORDER + 1):
            of_order = np.zeros(m + 1)
            of_order[m] = 1 / math.factorial(m)
            terms[m - 1] = self.mean_of(np.asarray(hermeval(z, of_order), dtype=float))
        return terms

    def cdf(self, u: Floats) -> Floats:
        """P(the leader's factor <= u) (G,), u (G,)."""
        z = np.clip((u - self.mean) / self.sd, -38.0, 38.0)
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return np.asarray(np.clip(ndtr(z) - density * hermeval(z, self._terms, tensor=False), 0.0, 1.0))

    def quantile(self, probability: float) -> Floats:
        """u (G,) below which this probability lies."""
        middle = self.mean + float(ndtri(probability)) * self.sd
        low, high = middle - 2 * self.sd, middle + 2 * self.sd
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = self.cdf(middle) < probability
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)


def probability_above(posterior: Posterior, expected: ExpectedScore, mark: Floats, error: Floats) -> Floats:
    """P(g(u) > mark) (G,) of each leader, the mark (G,) being known up to a normal error (G,). NaN where the mark is."""
    found = np.zeros(len(mark))
    for node, weight in zip(_MARK_NODES, _MARK_WEIGHTS, strict=True):
        limit = expected.inverse(mark + node * error)
        found += weight * (1 - posterior.cdf(limit))
    return np.where(np.isnan(mark), np.nan, found)
