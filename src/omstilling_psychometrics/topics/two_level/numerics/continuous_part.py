"""Normal likelihood of two levels, of some of the groups at given moments: its height, slope and scores.

    y_ij = mu + u_j + e_ij,   u_j ~ (0, B),   e_ij ~ N(0, W);   each person's answered items only

With P_i picking the items that person i answered, V_i = P_i'(P_i W P_i')^-1 P_i (0 for the others), and in each group
A = sum V_i, b = sum V_i (y_i - mu):

    log|V| = sum log|P_i W P_i'| + log|I + B A|,    r'V^-1 r = sum r_i'V_i r_i - b'M b,   M = (I + B A)^-1 B

(Woodbury, which does not take an inverse of B.) B may have negative eigenvalues as long as the covariance of each group's
answers has none: residual variances between groups are unbounded. With H = (I + B A)^-1, C = A H, c = H'b, u = M b and
q_i = V_i (r_i - u), for symmetric directions E of W and F of B, the slope is

    mu: c;    F: (c'F c - tr C F)/2;    E: sum_i (q_i'E q_i - tr (V_i - V_i M V_i) E)/2                   (each group)

Moments (2 (k + v),): means and upper triangle of W within, where the means are 0, then mu and B between, which are the moments
of a factor model of two groups (`factor.numerics.model`). Shapes as in `continuous_groups`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....core.numerics.arrays import Floats
from ...factor.numerics.normal import precision
from .continuous_groups import GroupPart

# An eigenvalue of I + B A below this is on its way to 0, where the likelihood of a group that lies just so has no bound.
_SINGULAR = 1e-3


@dataclass(frozen=True)
class Levels:
    """mu (k,), W and B (k, k)."""

    mean: Floats
    within: Floats
    between: Floats

    @classmethod
    def of(cls, moments: Floats, k: int) -> Levels:
        rows = moments.reshape(2, -1)
        within, between = symmetric(rows[:, k:], k)
        return cls(rows.sum(axis=0)[:k], within, between)


def symmetric(triangles: Floats, k: int) -> Floats:
    """(..., k, k) from upper triangles (..., v)."""
    first, second = np.triu_indices(k)
    out = np.empty((*triangles.shape[:-1], k, k))
    out[..., first, second] = out[..., second, first] = triangles
    return out


def _about(n: Floats, sums: Floats, products: Floats, point: Floats) -> Floats:
    """(m, k, k) products of deviations from points (m, k), from those about another centre: n (m,), sums (m, k) and products
    (m, k, k) of the deviations from it."""
    cross = (sums - n[:, None] * point / 2)[:, :, None] * point[:, None]
    return np.asarray(products - cross - np.swapaxes(cross, 1, 2))


class PartAtMoments:
    """A part of the groups; `admissible` where it has a density."""

    def __init__(self, part: GroupPart, levels: Levels) -> None:
        self.part, self.levels, self.k = part, levels, len(levels.mean)
        self.triangle = np.triu_indices(self.k)
        self.precision, self._log_determinants = precision(part.observed, levels.within)  # V
        self.offset = (levels.mean - part.centre) * part.observed

    @cached_property
    def sizes(self) -> Floats:
        """A (K, k, k)."""
        flat = self.precision.reshape(len(self.precision), -1)
        return np.asarray(self.part.answers_of_kind @ flat).reshape(-1, self.k, self.k)

    @cached_property
    def _kinds(self) -> Floats:
        """I + B A (K, k, k)."""
        return np.asarray(np.eye(self.k) + self.levels.between @ self.sizes)

    @cached_property
    def _kind_determinants(self) -> tuple[Floats, Floats]:
        sign, size = np.linalg.slogdet(self._kinds)
        return sign, size

    @cached_property
    def admissible(self) -> bool:
        """Is the covariance of each group's answers positive definite, and not nearly singular? It is where W is, and no
        eigenvalue of I + B A is below 0."""
        if not np.isfinite(self._log_determinants[self.part.totals[0] > 0]).all():
            return False
        if not (self._kind_determinants[0] > 0).all():
            return False
        least = np.linalg.eigvals(self.levels.between @ np.linalg.inv(self.levels.within)).real.min()
        if 1 + self.part.people_of_kind.max() * least > _SINGULAR:
            return True  # nor would it be below 0 if everybody answered everything
        return bool((np.linalg.eigvals(self._kinds).real > _SINGULAR).all())

    # ---------------------------------------------------------------- groups

    @cached_property
    def shrinkage(self) -> Floats:
        """H (K, k, k)."""
        return np.asarray(np.linalg.inv(self._kinds))

    @cached_property
    def posterior(self) -> Floats:
        """M (K, k, k)."""
        return np.asarray(self.shrinkage @ self.levels.between)

    @cached_property
    def information_of_means(self) -> Floats:
        """C (K, k, k)."""
        return np.asarray(self.sizes @ self.shrinkage)

    @cached_property
    def sums(self) -> Floats:
        """(c, k) of the deviations from mu in each cell."""
        out = np.empty_like(self.part.sums)
        for place, cells in self.part.sets():
            out[cells] = self.part.sums[cells] - self.part.n[cells, None] * self.offset[place]
        return out

    @cached_property
    def pulled(self) -> Floats:
        """b (G, k)."""
        out = np.empty_like(self.sums)
        for place, cells in self.part.sets():
            out[cells] = self.sums[cells] @ self.precision[place]
        return np.asarray(self.part.by_group @ out)

    @cached_property
    def effects(self) -> Floats:
        """u (G, k)."""
        return np.asarray(np.einsum("gij,gj->gi", self.posterior[self.part.kind], self.pulled))

    @cached_property
    def between_scores(self) -> Floats:
        """c (G, k)."""
        return np.asarray(np.einsum("gji,gj->gi", self.shrinkage[self.part.kind], self.pulled))

    # ---------------------------------------------------------------- sets of items

    @cached_property
    def products(self) -> Floats:
        """(u, k, k) sums of r r' over all answers to a set."""
        n, sums, products = self.part.totals
        return _about(n, sums, symmetric(products, self.k), self.offset)

    @cached_property
    def residuals(self) -> Floats:
        """(u, k, k) sums of (r - u)(r - u)' over the answers to each set."""
        out = self.products.copy()
        for place, cells in self.part.sets():
            effect = self.effects[self.part.group[cells]]
            cross = (self.sums[cells] - self.part.n[cells, None] * effect / 2).T @ effect
            out[place] -= cross + cross.T
        return out

    @cached_property
    def spent(self) -> Floats:
        """(u, k, k) sums of M over the answers to each set."""
        weighed = self.part.answers_of_kind * self.part.groups_of_kind[:, None]
        flat = weighed.T @ self.posterior.reshape(len(self.posterior), -1)
        return np.asarray(flat).reshape(self.precision.shape)

    # ---------------------------------------------------------------- the likelihood

    def height(self) -> float:
        """Log-likelihood but for the constant of pi; minus infinity where there is no density."""
        if not self.admissible:
            return -np.inf
        n = self.part.totals[0]
        seen = n > 0
        determinants = n[seen] @ self._log_determinants[seen] + self.part.groups_of_kind @ self._kind_determinants[1]
        distance = np.einsum("uij,uij->", self.precision, self.products) - np.einsum("gi,gi->", self.pulled, self.effects)
        return float(-(determinants + distance) / 2)

    def _packed(self, mean: Floats, within: Floats, between: Floats) -> Floats:
        """Slopes (..., 2 (k + v)) from those by mu (..., k) and, doubled, by W and B (..., k, k)."""
        first, second = self.triangle
        half = np.where(first == second, 0.5, 1.0)
        parts = (np.zeros_like(mean), within[..., first, second] * half, mean, between[..., first, second] * half)
        return np.concatenate(parts, axis=-1)

    def slope(self) -> Floats:
        """(2 (k + v),)"""
        c, n = self.between_scores, self.part.totals[0]
        between = c.T @ c - np.tensordot(self.part.groups_of_kind, self.information_of_means, axes=1)
        within = self.precision @ (self.residuals + self.spent) @ self.precision - n[:, None, None] * self.precision
        return self._packed(c.sum(axis=0), within.sum(axis=0), between)

    def scores(self) -> Floats:
        """(G, 2 (k + v)) of each group."""
        part, c = self.part, self.between_scores
        within = np.empty((len(part.group), self.k**2))
        for place, cells in part.sets():
            group, n, v = part.group[cells], part.n[cells], self.precision[place]
            point = self.offset[place] + self.effects[group] * part.observed[place]
            about = _about(n, part.sums[cells], symmetric(part.products[cells], self.k), point)
            inner = about + n[:, None, None] * self.posterior[part.kind[group]]
            within[cells] = (v @ inner @ v - n[:, None, None] * v).reshape(len(n), -1)
        by_group = np.asarray(part.by_group @ within).reshape(-1, self.k, self.k)
        return self._packed(c, by_group, c[:, :, None] * c[:, None] - self.information_of_means[part.kind])
