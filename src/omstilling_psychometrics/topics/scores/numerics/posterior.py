"""What the answers about a leader say of the leader's factor: a distribution known by its moments.

The posterior of u is log-concave and close to a normal one. From its moments, which quadrature has, its distribution function
is

    F(u) = Phi(z) - phi(z) sum_m c_m He_{m-1}(z),   c_m = E He_m(z)/m!,   m = 3 ... 8

in standardised z, with Hermite polynomials He (Gram-Charlier; Stuart & Ord 1994, sec. 6.17).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from scipy.special import ndtr, ndtri

from ....core.numerics.arrays import Floats, Ints
from .expected_score import ExpectedScore

# Moments that are used.
ORDER = 8
# Of a mark that is uncertain. The probability is smooth in it.
_MARK_NODES, _MARK_WEIGHTS = hermegauss(15)
_MARK_WEIGHTS = _MARK_WEIGHTS / _MARK_WEIGHTS.sum()
_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Posterior:
    """mean (G,) and sd (G,) of u for each leader; terms (8, G): c_m, as coefficients of He_0, He_1, …"""

    mean: Floats
    sd: Floats
    terms: Floats

    @staticmethod
    def of(nodes: Floats, weights: Floats) -> Posterior:
        """From weights (G, q), which add up to 1, at nodes (q,) of u."""
        mean = weights @ nodes
        sd = np.sqrt(np.maximum(weights @ nodes**2 - mean**2, 0.0))
        z = (nodes - mean[:, None]) / sd[:, None]
        terms = np.zeros((ORDER, len(mean)))
        for m in range(3, ORDER + 1):
            of_order = np.zeros(m + 1)
            of_order[m] = 1 / math.factorial(m)
            terms[m - 1] = (weights * hermeval(z, of_order)).sum(axis=1)
        return Posterior(mean, sd, terms)

    def take(self, rows: Ints) -> Posterior:
        return Posterior(self.mean[rows], self.sd[rows], self.terms[:, rows])

    def widened(self, factor: Floats) -> Posterior:
        """With so many times the spread (G,) about the same mean."""
        return Posterior(self.mean, self.sd * factor, self.terms)

    def cdf(self, u: Floats) -> Floats:
        """P(the leader's factor <= u) (G,), u (G,)."""
        z = np.clip((u - self.mean) / self.sd, -38.0, 38.0)
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return np.asarray(np.clip(ndtr(z) - density * hermeval(z, self.terms, tensor=False), 0.0, 1.0))

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
