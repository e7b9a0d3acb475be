"""People's answers given the leader's factor u, where between loadings are s times those within.

    I_p(u) = integral of phi(t - s u) A_p(t) dt,   A_p(t) = product over answered items of P(y_pk | lambda_k t)

A depends on t alone, so that the integrals of all patterns at all nodes of u are one product of matrices. Parameters: the
slopes lambda (k), thresholds (k, C - 1) row by row, s.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats, Ints
from .grouped import Block
from .nodes import FURTHER, OF_PERSON, cut_off, log_normal, precision_of_one, precision_within, spaced
from .ogive import Curves


def places(k: int, c: int) -> Ints:
    """(k, C): where the slope and the thresholds of each item stand."""
    return np.column_stack([np.arange(k), k + np.arange(k * (c - 1)).reshape(k, c - 1)])


class EqualSlopes:
    """log_integrals (p, M) at `nodes` (M,) of u from -farthest to farthest, whose weights include the normal density; or at
    `only` those."""

    def __init__(
        self, block: Block, parameters: Floats, farthest: float, *, finer: float = 1.0, only: Floats | None = None
    ) -> None:
        answers = block.answers
        k, c = answers.codes.shape[1], answers.categories
        self._answers, self.places, self.size = answers, places(k, c), len(parameters)
        loading, ratio = parameters[:k], float(parameters[-1])
        if only is None:
            information = precision_of_one(loading, ratio * loading)
            self.nodes, spacing = spaced(1 + block.largest * information, farthest, finer)
            self.log_weights = log_normal(self.nodes) + np.log(spacing)
        else:
            self.nodes, self.log_weights = only, np.zeros(len(only))
        reach = OF_PERSON + abs(ratio) * float(np.abs(self.nodes).max())
        while True:
            t, spacing = spaced(precision_within(loading), reach, finer)
            self._curves = Curves(np.outer(loading, t), parameters[k:-1].reshape(k, c - 1), t[None])
            self._likelihood, highest = answers.likelihood(self._curves)
            density = np.exp(log_normal(t))
            ends = [0, -1]
            if not cut_off(self._likelihood[:, ends] * density[ends], self._likelihood @ density):
                break
            reach *= FURTHER
        deviation = t[:, None] - ratio * self.nodes
        self._density = np.exp(log_normal(deviation)) * spacing
        self._by_ratio = deviation * self.nodes  # of log phi(t - s u)
        self._integrals = np.maximum(self._likelihood @ self._density, np.finfo(float).tiny)
        self.log_integrals = np.log(self._integrals) + highest[:, None]

    def person_moments(self) -> tuple[Floats, Floats]:
        """Mean and variance (p, M) of t after the answers of each pattern."""
        t = self._curves.design.T
        mean = self._likelihood @ (self._density * t) / self._integrals
        square = self._likelihood @ (self._density * t**2) / self._integrals
        return mean, square - mean**2

    def scores(self) -> Floats:
        """(M, p, q) derivatives of log I_p(u)."""
        curves = self._curves
        scores = np.zeros((self.nodes.size, len(self._answers.codes), self.size))
        for item, (slope, *thresholds) in enumerate(self.places):
            for category in range(self._answers.categories):
                rows = self._answers.chosen[item][category]
                if not rows.size:
                    continue
                likelihood, integrals = self._likelihood[rows], self._integrals[rows]
                tables = [(slope, curves.by_line[item, category] * curves.design[0])]
                if category > 0:
                    tables.append((thresholds[category - 1], curves.by_lower[item, category]))
                if category < len(thresholds):
                    tables.append((thresholds[category], curves.by_upper[item, category]))
                for place, table in tables:
                    scores[:, rows, place] = (likelihood @ (table[:, None] * self._density) / integrals).T
        scores[:, :, -1] = (self._likelihood @ (self._density * self._by_ratio) / self._integrals).T
        return scores

    def curvature(self, share: Floats) -> Floats:
        """(q, q) of sum over patterns and nodes of share (p, M) times the expected second derivatives of the log-likelihood
        given both factors plus products of its first ones."""
        hessian = np.zeros((self.size, self.size))
        over = share / self._integrals

        def expected(factor: Floats | float) -> Floats:
            return np.asarray(self._likelihood * (over @ (self._density * factor).T))

        self._answers.add_curvature(hessian, self._curves, expected(1.0), self.places)
        mixed = np.einsum("kcn,kcin->ki", self._answers.expected(expected(self._by_ratio)), self._curves.by_parameters)
        hessian[self.places, -1] += mixed
        hessian[-1, self.places] += mixed
        hessian[-1, -1] += expected(self._by_ratio**2).sum() - share.sum(axis=0) @ self.nodes**2
        return hessian
