"""Observed and expected information of the moments of two levels.

In the notation of `continuous_part`, with h(E) = sum_i V_i E q_i and D(E) = sum_i V_i E V_i of each group, the second
derivatives of minus the log-likelihood are

    mu mu: C      mu F: C F c      mu E: H'h(E)                                                     expected: C, 0, 0
    F F': c'F C F'c - X      E F: h(E)'H F c - X      E E': sum_i q_i'E V_i E'q_i - h(E)'M h(E') - X      expected: X

with X = tr(V^-1 E V^-1 E')/2 for the covariances V of whole groups:

    F F': tr(C F C F')/2      E F: tr(H'D(E) H F)/2
    E E': [sum_i tr(V_i E V_i E' - 2 V_i M V_i E V_i E') + tr(D(E) M D(E') M)]/2
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....core.numerics.arrays import Floats
from .continuous_part import PartAtMoments


class Curvature:
    """Of one part of the groups."""

    def __init__(self, at: PartAtMoments) -> None:
        self.at, self.part, self.k = at, at.part, at.k
        first, second = at.triangle
        self.v = len(first)
        self.directions = np.zeros((self.v, self.k, self.k))  # E: 1 at an element and its mirror image
        place = np.arange(self.v)
        self.directions[place, first, second] = self.directions[place, second, first] = 1.0

    def information(self) -> tuple[Floats, Floats]:
        """Observed and expected (2 (k + v), 2 (k + v))."""
        k, v = self.k, self.v
        within, mean, between = slice(k, k + v), slice(k + v, 2 * k + v), slice(2 * k + v, None)
        observed, expected = np.zeros((2, 2 * (k + v), 2 * (k + v)))
        observed[mean, mean] = expected[mean, mean] = np.einsum(
            "g,gij->ij", self.part.groups_of_kind, self.at.information_of_means
        )
        observed[mean, between] = self._mean_between()
        observed[mean, within] = self._turned.sum(axis=0).T
        for rows, columns, pulled, plain in (
            (between, between, *self._between()),
            (within, between, *self._within_between()),
            (within, within, *self._within()),
        ):
            observed[rows, columns], expected[rows, columns] = pulled - plain, plain
        for matrix in (observed, expected):
            for rows, columns in ((mean, between), (mean, within), (within, between)):
                matrix[columns, rows] = matrix[rows, columns].T
        return observed, expected

    def _paired(self, left: Floats, right: Floats) -> Floats:
        """(v, v) symmetric part of sum_m tr(L_m E R_m E') over pairs of directions; left, right (m, k, k)."""
        tensor = (left.reshape(len(left), -1).T @ right.reshape(len(right), -1)).reshape((self.k,) * 4)
        out = np.einsum("ijlm,ajl,bmi->ab", tensor, self.directions, self.directions, optimize=True)
        return np.asarray((out + out.T) / 2)

    @cached_property
    def _turned_precision(self) -> Floats:
        """V E V (u, v, k, k)."""
        precision = self.at.precision[:, None]
        return np.asarray(precision @ self.directions @ precision)

    @cached_property
    def _moved(self) -> Floats:
        """h (G, v, k)."""
        out = np.empty((len(self.part.group), self.v * self.k))
        for place, cells in self.part.sets():
            effect = self.at.effects[self.part.group[cells]]
            left = self.at.sums[cells] - self.part.n[cells, None] * effect * self.part.observed[place]
            out[cells] = left @ np.moveaxis(self._turned_precision[place], 1, 0).reshape(self.k, -1)
        return np.asarray(self.part.by_group @ out).reshape(-1, self.v, self.k)

    @cached_property
    def _turned(self) -> Floats:
        """h'H (G, v, k)."""
        return np.asarray(self._moved @ self.at.shrinkage[self.part.kind])

    @cached_property
    def _sizes(self) -> Floats:
        """D (K, v k, k)."""
        flat = self._turned_precision.reshape(len(self._turned_precision), -1)
        return np.asarray(self.part.answers_of_kind @ flat).reshape(-1, self.v * self.k, self.k)

    def _of_kind(self, values: Floats) -> Floats:
        """Sums (K, …) of what there is of each group (G, …)."""
        flat = self.part.by_kind @ values.reshape(len(values), -1)
        return np.asarray(flat).reshape(-1, *values.shape[1:])

    def _mean_between(self) -> Floats:
        tensor = np.tensordot(self.at.information_of_means, self._of_kind(self.at.between_scores), axes=(0, 0))
        return np.asarray(np.einsum("ijl,ajl->ia", tensor, self.directions))

    def _between(self) -> tuple[Floats, Floats]:
        c, information = self.at.between_scores, self.at.information_of_means
        pulled = self._paired(information, self._of_kind(c[:, :, None] * c[:, None]))
        return pulled, self._paired(information * self.part.groups_of_kind[:, None, None], information) / 2

    def _within_between(self) -> tuple[Floats, Floats]:
        k, v = self.k, self.v
        products = (self._turned.reshape(-1, v * k).T @ self.at.between_scores).reshape(v, k, k)
        weighed = (self._sizes @ self.at.shrinkage).reshape(-1, v, k, k) * self.part.groups_of_kind[:, None, None, None]
        middle = np.tensordot(weighed, self.at.shrinkage, axes=([0, 2], [0, 1]))  # H'D H, transposed
        pulled, plain = (np.einsum("aij,bij->ab", matrices, self.directions) for matrices in (products, middle))
        return pulled, plain / 2

    def _within(self) -> tuple[Floats, Floats]:
        at, n = self.at, self.part.totals[0][:, None, None]
        spent = at.precision @ at.spent @ at.precision
        passed = (self._sizes @ at.posterior).reshape(-1, self.v, self.k, self.k)  # D M
        weighed = passed * self.part.groups_of_kind[:, None, None, None]
        joint = np.tensordot(weighed, passed, axes=([0, 2, 3], [0, 3, 2]))
        plain = (self._paired(n * at.precision - 2 * spent, at.precision) + (joint + joint.T) / 2) / 2
        shared = np.tensordot(self._moved @ at.posterior[self.part.kind], self._moved, axes=([0, 2], [0, 2]))
        pulled = self._paired(at.precision @ at.residuals @ at.precision, at.precision) - (shared + shared.T) / 2
        return pulled, plain
