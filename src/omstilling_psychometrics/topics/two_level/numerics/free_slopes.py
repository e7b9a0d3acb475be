"""People's answers given the leader's factor u, with loadings between (beta) of their own.

    I_p(u) = integral of phi(theta) product over answered items of P(y_pk | lambda_k theta + beta_k u) d theta

Parameters: the slopes lambda (k), beta (k), thresholds (k, C - 1) row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....core.numerics.arrays import Floats, Ints
from .grouped import Block
from .nodes import FURTHER, OF_PERSON, cut_off, log_normal, precision_of_one, precision_within, spaced
from .ogive import Curves

# What is known of theta is kept from one pass over the nodes to the next where it is no more numbers than these (128 MB).
_KEPT = 1 << 24


def places(k: int, c: int) -> Ints:
    """(k, C + 1): where both slopes and the thresholds of each item stand."""
    return np.column_stack([np.arange(k), k + np.arange(k), 2 * k + np.arange(k * (c - 1)).reshape(k, c - 1)])


class FreeSlopes:
    """log_integrals (p, M) at `nodes` (M,) of u from -farthest to farthest, whose weights include the normal density."""

    def __init__(
        self, block: Block, parameters: Floats, farthest: float, *, finer: float = 1.0, derivatives: bool = False
    ) -> None:
        answers = block.answers
        k, c = answers.codes.shape[1], answers.categories
        self._answers, self.places, self.size = answers, places(k, c), len(parameters)
        self._within, self._between = parameters[:k], parameters[k : 2 * k]
        self._thresholds = parameters[2 * k :].reshape(k, c - 1)
        information = precision_of_one(self._within, self._between)
        self.nodes, spacing = spaced(1 + block.largest * information, farthest, finer)
        self.log_weights = log_normal(self.nodes) + np.log(spacing)
        reach = OF_PERSON
        while True:
            self._theta, spacing = spaced(precision_within(self._within), reach, finer)
            self._weights = np.exp(log_normal(self._theta)) * spacing
            joint = answers.likelihood(self._curves(0.0))[0] * self._weights
            if not cut_off(joint, joint.sum(axis=1)):
                break
            reach *= FURTHER
        self.log_integrals = np.empty((len(answers.codes), self.nodes.size))
        self._scores = np.zeros((self.nodes.size, len(answers.codes), self.size)) if derivatives else None
        keep = derivatives and self.log_integrals.size * self._theta.size <= _KEPT
        self._kept: list[tuple[Curves, Floats]] = []
        for node, (curves, posterior) in enumerate(self._posteriors(self.log_integrals)):
            if self._scores is not None:
                self._add_scores(self._scores[node], curves, posterior)
            if keep:
                self._kept.append((curves, posterior))

    def _curves(self, u: float) -> Curves:
        """Over theta."""
        line = np.outer(self._within, self._theta) + (self._between * u)[:, None]
        return Curves(line, self._thresholds, np.array([self._theta, np.full(self._theta.size, u)]))

    def _posteriors(self, log_integrals: Floats | None = None) -> Iterator[tuple[Curves, Floats]]:
        """For each node the curves over theta, and how probable each theta is (p, T) after the answers of each pattern."""
        for node, u in enumerate(self.nodes):
            curves = self._curves(u)
            posterior, highest = self._answers.likelihood(curves)
            posterior *= self._weights
            integrals = np.maximum(posterior.sum(axis=1), np.finfo(float).tiny)
            posterior /= integrals[:, None]
            if log_integrals is not None:
                log_integrals[:, node] = np.log(integrals) + highest
            yield curves, posterior

    def _add_scores(self, scores: Floats, curves: Curves, posterior: Floats) -> None:
        """Derivatives (p, q) of log I_p at one node."""
        for places, chosen, by in zip(self.places, self._answers.chosen, curves.by_parameters, strict=True):
            of_item = np.zeros((len(scores), len(places)))
            for rows, by_category in zip(chosen, by, strict=True):
                of_item[rows] = posterior[rows] @ by_category.T
            scores[:, places] = of_item

    def scores(self) -> Floats:
        """(M, p, q) derivatives of log I_p(u)."""
        if self._scores is None:
            raise ValueError("made without derivatives")
        return self._scores

    def curvature(self, share: Floats) -> Floats:
        """As that of `EqualSlopes`."""
        hessian = np.zeros((self.size, self.size))
        for node, (curves, posterior) in enumerate(self._kept or self._posteriors()):
            self._answers.add_curvature(hessian, curves, posterior * share[:, [node]], self.places)
        return hessian
