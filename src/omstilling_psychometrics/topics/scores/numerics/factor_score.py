"""A leader's score from the two-level model: the expected score g(u), averaged over what the answers say of u.

    s_j = E(g(u) | answers about j)

Its error has two parts: the standard deviation of g(u) given the answers, and what comes of estimated parameters psi, by the
delta method (Kass & Steffey 1989, with the first-order term),

    ds_j/dpsi = E(dg/dpsi) + Cov(g(u), d log P(answers | u)/dpsi),   both given the answers about j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.numerics.arrays import Floats
from ...two_level.numerics.ordinal_fit import OrdinalFit
from .expected_score import ExpectedScore
from .posterior import ORDER, Posterior


@dataclass(frozen=True, eq=False)
class FactorScores:
    """expected: g; posterior of u; score (G,) and spread (G,) of g(u) given the answers; parameter_error (G,): standard error
    of the score from that of the parameters, NaN without one."""

    expected: ExpectedScore
    posterior: Posterior
    score: Floats
    spread: Floats
    parameter_error: Floats

    @property
    def error(self) -> Floats:
        """(G,) both together."""
        return np.hypot(self.spread, self.parameter_error)

    @property
    def widened(self) -> Posterior:
        """The posterior with the error of the parameters in it."""
        return self.posterior.widened(self.error / self.spread)


def factor_scores(fit: OrdinalFit, expected: ExpectedScore, slopes: Floats, covariance: Floats) -> FactorScores:
    """Of every group of a fit; slopes (q, f) of the parameters of g by those of the fit, whose covariance (f, f) is given."""
    distinct = len(fit.grouped.weights)
    terms = np.empty((ORDER, distinct))
    mean, sd, score, spread = (np.empty(distinct) for _ in range(4))
    gradient = np.empty((distinct, int(fit.free.sum())))
    for block, integrals, after in fit.integrals():
        g, weights, place = expected(integrals.nodes), after.probabilities, block.place
        found = Posterior.of(integrals.nodes, weights)
        mean[place], sd[place], terms[:, place] = found.mean, found.sd, found.terms
        score[place] = weights @ g
        spread[place] = np.sqrt(np.maximum(weights @ g**2 - score[place] ** 2, 0.0))
        slope = weights @ (expected.by_parameters(integrals.nodes) @ slopes)
        for node, by_pattern in enumerate(integrals.scores()):
            apart = weights[:, node] * (g[node] - score[place])
            slope += apart[:, None] * np.asarray(block.counts @ by_pattern[:, fit.free])
        gradient[place] = slope
    parameter_error = np.sqrt(np.einsum("gp,pq,gq->g", gradient, covariance, gradient))
    member = fit.grouped.member
    every = Posterior(mean, sd, terms).take(member)
    return FactorScores(expected, every, score[member], spread[member], parameter_error[member])
