"""Observed and expected information of the moments of two levels.

In the notation of `continuous_part`, with h(E) = sum_i V_i E q_i and D(E) = sum_i V_i E V_i of each group, the second
derivatives of minus the log-likelihood are

    mu mu: C      mu F: C F c      mu E: H'h(E)                                                     expected: C, 0, 0
    F F': c'F C F'c - X      E F: h(E)'H F c - X      E E': sum_i q_i'E V_i E'q_i - h(E)'M h(E') - X      expected: X

with X = tr(V^-1 E V^-1 E')/2 for the covariances V of whole groups:

    F F': tr(C F C F')/2      E F: tr(H'D(E) H F)/2
    E E': [sum_i tr(V_i E V_i E' - 2 V_i M V_i E V_i E') + tr(D(E) M D(E') M)]/2

Where all n people of a group answered the same items, D(E) = A E A/n. Taken for true of all groups, it makes X good enough to
find a maximum by, and cheap with many items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from ....core.numerics.arrays import Floats
from .continuous_part import PartAtMoments, symmetric

# Numbers held at once for the groups of some kinds.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Directions:
    """In which the moments may move: within E (a, k, k), between F (b, k, k), symmetric."""

    within: Floats
    between: Floats

    @classmethod
    def every(cls, k: int) -> Directions:
        """Each element of both matrices, with its mirror image."""
        units = symmetric(np.eye(k * (k + 1) // 2), k)
        return cls(units, units)

    @property
    def size(self) -> int:
        """With the means: k + a + b."""
        return int(self.within.shape[-1]) + len(self.within) + len(self.between)


class Curvature:
    """Of one part of the groups; matrices in the order means, directions within, directions between."""

    def __init__(self, at: PartAtMoments, directions: Directions) -> None:
        self.at, self.part, self.k = at, at.part, at.k
        self.within, self.between = directions.within, directions.between

    def expected(self, *, exact: bool) -> Floats:
        """exact: not only as if all people of a group had answered the same items."""
        of_within, across = self._exact() if exact else self._as_if_complete()
        information = self.at.information_of_means
        of_between = _paired(information, information, self.between, self.between, self.part.groups_of_kind)
        return self._assembled(1.0, _symmetric_part(of_within) / 2, across / 2, of_between / 2)

    def observed(self, *, exact: bool) -> Floats:
        """Minus the second derivatives; exact as there."""
        by_mean = self._turned.sum(axis=0).T, self._mean_between()
        return self._assembled(2.0, self._within(), self._across(), self._between(), by_mean) - self.expected(exact=exact)

    def _assembled(
        self, means: float, within: Floats, across: Floats, between: Floats, by_mean: tuple[Floats, Floats] | None = None
    ) -> Floats:
        """Of blocks; that of the means so many times, by_mean: means with both others."""
        k, a = self.k, len(within)
        out = np.zeros((k + a + len(between),) * 2)
        first, second, third = slice(k), slice(k, k + a), slice(k + a, None)
        out[first, first] = means * np.tensordot(self.part.groups_of_kind, self.at.information_of_means, axes=1)
        out[second, second], out[third, third] = within, between
        blocks = [(second, third, across)]
        if by_mean is not None:
            blocks += [(first, second, by_mean[0]), (first, third, by_mean[1])]
        for rows, columns, block in blocks:
            out[rows, columns], out[columns, rows] = block, block.T
        return out

    # ---------------------------------------------------------------- what is expected of covariances, twice

    def _own(self) -> Floats:
        """sum_i tr(V_i E V_i E' - 2 V_i M V_i E V_i E')"""
        n, precision = self.part.totals[0][:, None, None], self.at.precision
        return _paired(n * precision - 2 * (precision @ self.at.spent @ precision), precision, self.within, self.within)

    def _as_if_complete(self) -> tuple[Floats, Floats]:
        times, n, sizes = self.part.groups_of_kind, self.part.people_of_kind, self.at.sizes
        pulled = sizes @ self.at.posterior @ sizes
        joint = _paired(pulled, pulled, self.within, self.within, times / n**2)
        information = self.at.information_of_means
        return self._own() + joint, _paired(information, information, self.within, self.between, times / n)

    def _exact(self) -> tuple[Floats, Floats]:
        within, a = self._own(), len(self.within)
        middle = np.zeros((a, self.k, self.k))
        for kinds, sizes in self._sizes():
            times = self.part.groups_of_kind[kinds, None, None, None]
            passed = (sizes @ self.at.posterior[kinds]).reshape(-1, a, self.k, self.k)  # D M
            joint = np.tensordot(passed * times, passed, axes=([0, 2, 3], [0, 3, 2]))
            within += (joint + joint.T) / 2
            shrunken = (sizes @ self.at.shrinkage[kinds]).reshape(-1, a, self.k, self.k)
            middle += np.tensordot(shrunken * times, self.at.shrinkage[kinds], axes=([0, 2], [0, 1]))  # H'D H, transposed
        return within, np.einsum("aij,bij->ab", middle, self.between)

    def _sizes(self) -> Iterator[tuple[slice, Floats]]:
        """Some of the kinds after each other, and their D (m, a k, k)."""
        table, wide = self.part.answers_of_kind, len(self.within) * self.k**2
        rows = max(1, int(_BLOCK * table.shape[0] / (wide * max(table.nnz, 1))))
        for start in range(0, table.shape[0], rows):
            some = csr_array(table[start : start + rows])
            used, place = np.unique(some.indices, return_inverse=True)
            precision = self.at.precision[used, None]
            turned = (precision @ self.within @ precision).reshape(len(used), -1)
            counts = csr_array((some.data, place, some.indptr), shape=(some.shape[0], len(used)))
            yield slice(start, start + rows), np.asarray(counts @ turned).reshape(some.shape[0], -1, self.k)

    # ---------------------------------------------------------------- what the answers add

    @cached_property
    def _moved(self) -> Floats:
        """h (G, a, k)."""
        a = len(self.within)
        out = np.empty((len(self.part.group), a * self.k))
        stacked = np.moveaxis(self.within, 0, 1).reshape(self.k, -1)
        for place, cells in self.part.sets():
            effect = self.at.effects[self.part.group[cells]]
            left = self.at.sums[cells] - self.part.n[cells, None] * effect * self.part.observed[place]
            turned = ((left @ self.at.precision[place]) @ stacked).reshape(-1, self.k)
            out[cells] = (turned @ self.at.precision[place]).reshape(len(left), -1)
        return np.asarray(self.part.by_group @ out).reshape(-1, a, self.k)

    @cached_property
    def _turned(self) -> Floats:
        """h'H (G, a, k)."""
        return np.asarray(self._moved @ self.at.shrinkage[self.part.kind])

    def _of_kind(self, values: Floats) -> Floats:
        """Sums (K, …) of what there is of each group (G, …)."""
        flat = self.part.by_kind @ values.reshape(len(values), -1)
        return np.asarray(flat).reshape(-1, *values.shape[1:])

    def _mean_between(self) -> Floats:
        tensor = np.tensordot(self.at.information_of_means, self._of_kind(self.at.between_scores), axes=(0, 0))
        return np.asarray(np.einsum("ijl,bjl->ib", tensor, self.between))

    def _between(self) -> Floats:
        c = self.at.between_scores
        squares = self._of_kind(c[:, :, None] * c[:, None])
        return _symmetric_part(_paired(self.at.information_of_means, squares, self.between, self.between))

    def _across(self) -> Floats:
        products = (self._turned.reshape(len(self._turned), -1).T @ self.at.between_scores).reshape(-1, self.k, self.k)
        return np.asarray(np.einsum("aij,bij->ab", products, self.between))

    def _within(self) -> Floats:
        precision = self.at.precision
        own = _paired(precision @ self.at.residuals @ precision, precision, self.within, self.within)
        shared = np.tensordot(self._moved @ self.at.posterior[self.part.kind], self._moved, axes=([0, 2], [0, 2]))
        return _symmetric_part(own - shared)


def _symmetric_part(matrix: Floats) -> Floats:
    return np.asarray((matrix + matrix.T) / 2)


def _paired(left: Floats, right: Floats, first: Floats, second: Floats, weights: Floats | None = None) -> Floats:
    """sum_m w_m tr(L_m E R_m F) for directions E of `first` (a, k, k) and F of `second` (b, k, k); left, right (m, k, k)."""
    k = left.shape[-1]
    weighed = left.reshape(len(left), -1) if weights is None else left.reshape(len(left), -1) * weights[:, None]
    tensor = (weighed.T @ right.reshape(len(right), -1)).reshape((k,) * 4)
    return np.asarray(np.einsum("ijlm,ajl,bmi->ab", tensor, first, second, optimize=True))
