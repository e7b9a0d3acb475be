"""Normal-theory likelihood of means and covariances, with or without missing answers, on moments by missing-data pattern.

    f = sum_g sum_m n_m/(2N) [log|Sigma_m| + tr(Sigma_m^-1 T_m)],   T_m = S_m + (ybar_m - mu_m)(ybar_m - mu_m)'

with n_m answers of missing-data pattern m, whose observed items have mean ybar_m and covariance S_m (divisor n_m). Complete
answers are the case of one pattern. The log-likelihood is -N f less half the number of answers times log(2 pi).

Shapes: u missing-data patterns of one group, k items, v = k(k+1)/2 elements of the upper triangle, b problems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from ....core.numerics.tally import distinct_flags


@cache
def _upper(k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (v,) of the upper triangle."""
    return np.triu_indices(k)


@dataclass(frozen=True)
class GroupMoments:
    """observed (u, k) which items; n (b, u), mean (b, u, k) and covariance (b, u, k, k), 0 where not observed."""

    observed: NDArray[np.bool_]
    n: Floats
    mean: Floats
    covariance: Floats

    def take(self, chosen: Any) -> GroupMoments:
        return GroupMoments(self.observed, self.n[chosen], self.mean[chosen], self.covariance[chosen])

    @property
    def total(self) -> Floats:
        return np.asarray(self.n.sum(axis=-1))


def group_moments(values: Floats, counts: Floats) -> GroupMoments:
    """Moments by missing-data pattern of values (p, k), NaN where missing, with counts (p,) or (b, p).

    Rows without an answer say nothing and are left out.
    """
    answered = ~np.isnan(values)
    used = answered.any(axis=1)
    answered, x = answered[used], np.where(answered, values, 0.0)[used]
    weights = np.atleast_2d(counts)[:, used]
    observed, place = distinct_flags(answered)
    first, second = _upper(values.shape[1])
    # About a common centre, so that the squares do not cancel.
    weight_of_item = weights.sum(axis=0) @ answered
    centre = np.divide(weights.sum(axis=0) @ x, weight_of_item, out=np.zeros(values.shape[1]), where=weight_of_item > 0)
    deviation = np.where(answered, x - centre, 0.0)
    features = np.concatenate([np.ones((len(x), 1)), deviation, deviation[:, first] * deviation[:, second]], axis=1)
    sums = np.empty((len(weights), len(observed), features.shape[1]))
    order = np.argsort(place, kind="stable")
    for pattern, rows in enumerate(np.split(order, np.searchsorted(place[order], np.arange(1, len(observed))))):
        sums[:, pattern] = weights[:, rows] @ features[rows]
    k = values.shape[1]
    n = sums[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nan_to_num(sums[..., 1 : 1 + k] / n[..., None])
        square = np.nan_to_num(sums[..., 1 + k :] / n[..., None])
    covariance = np.zeros((*n.shape, k, k))
    covariance[..., first, second] = square
    covariance[..., second, first] = square
    covariance -= mean[..., :, None] * mean[..., None, :]
    return GroupMoments(observed, n, np.where(observed, mean + centre, 0.0), covariance)


def precision(observed: NDArray[np.bool_], sigma: Floats) -> tuple[Floats, Floats]:
    """Inverse of each pattern's covariance (..., u, k, k), 0 for items not observed, and its log determinant (..., u), infinite
    where it is not positive definite. sigma: (..., k, k)."""
    k = sigma.shape[-1]
    both = observed[:, :, None] & observed[:, None, :]
    # If the whole matrix is positive definite, so is every pattern's part of it (its eigenvalues lie between the whole's).
    # An eigenvalue that is only rounding counts as none: such a matrix has no inverse to compute with.
    eigenvalues = np.linalg.eigvalsh(sigma)
    proper = eigenvalues[..., 0] > k * np.finfo(float).eps * eigenvalues[..., -1]
    padded = np.where(both, np.where(proper[..., None, None], sigma, np.eye(k))[..., None, :, :], np.eye(k))
    inverse = np.linalg.inv(padded)
    log_determinant = np.where(proper[..., None], np.linalg.slogdet(padded)[1], np.inf)
    return np.where(both, inverse, 0.0), log_determinant


@dataclass(frozen=True)
class Normal:
    """The likelihood of several groups; moments (b, g (k + v)): means and upper triangle of each group."""

    groups: Sequence[GroupMoments]

    @property
    def k(self) -> int:
        return int(self.groups[0].observed.shape[1])

    @property
    def size(self) -> Floats:
        """N (b,)."""
        return np.asarray(sum(group.total for group in self.groups))

    def take(self, chosen: Any) -> Normal:
        return Normal([group.take(chosen) for group in self.groups])

    def _split(self, moments: Floats) -> list[tuple[GroupMoments, Floats, Floats]]:
        """Each group with its mu (b, k) and Sigma (b, k, k)."""
        k = self.k
        first, second = _upper(k)
        out = []
        for group, part in zip(self.groups, np.split(moments, len(self.groups), axis=-1), strict=True):
            sigma = np.empty((*part.shape[:-1], k, k))
            sigma[..., first, second] = part[..., k:]
            sigma[..., second, first] = part[..., k:]
            out.append((group, part[..., :k], sigma))
        return out

    @staticmethod
    def _spread(group: GroupMoments, mu: Floats) -> tuple[Floats, Floats]:
        """Deviations of the means (b, u, k) and T (b, u, k, k), 0 where not observed."""
        deviation = np.where(group.observed, group.mean - mu[:, None, :], 0.0)
        return deviation, group.covariance + deviation[..., :, None] * deviation[..., None, :]

    def value(self, moments: Floats) -> Floats:
        height = np.zeros(len(moments))
        for group, mu, sigma in self._split(moments):
            inverse, log_determinant = precision(group.observed, sigma)
            _, spread = self._spread(group, mu)
            distance = np.einsum("buij,buij->bu", inverse, spread)
            with np.errstate(invalid="ignore"):
                height = height + np.where(group.n > 0, group.n * (log_determinant + distance), 0.0).sum(axis=1) / 2
        return np.asarray(height / self.size)

    def derivatives(self, moments: Floats, *, exact: bool = True) -> tuple[Floats, Floats, Floats]:
        slopes, seconds, expectations = [], [], []
        for group, mu, sigma in self._split(moments):
            weight = group.n / self.size[:, None]
            inverse, _ = precision(group.observed, sigma)
            deviation, spread = self._spread(group, mu)
            slopes.append(_slope(weight, inverse, deviation, spread))
            observed, expected = _second(weight, inverse, deviation, spread, exact)
            seconds.append(observed)
            expectations.append(expected)
        return np.concatenate(slopes, axis=1), _blocks(seconds), _blocks(expectations)

    def log_likelihood(self, moments: Floats) -> Floats:
        """(b,)"""
        answers = sum((group.n * group.observed.sum(axis=1)).sum(axis=1) for group in self.groups)
        return np.asarray(-self.size * self.value(moments) - answers * np.log(2 * np.pi) / 2)


def _slope(weight: Floats, inverse: Floats, deviation: Floats, spread: Floats) -> Floats:
    """f' (b, k + v) of one group."""
    first, second = _upper(inverse.shape[-1])
    by_mean = -np.einsum("bu,buij,buj->bi", weight, inverse, deviation)
    inner = np.einsum("bu,buij->bij", weight, inverse - inverse @ spread @ inverse)
    doubled = np.where(first == second, 0.5, 1.0)
    return np.concatenate([by_mean, inner[:, first, second] * doubled], axis=1)


def _second(weight: Floats, inverse: Floats, deviation: Floats, spread: Floats, exact: bool) -> tuple[Floats, Floats]:
    """f'' (b, k + v, k + v) of one group and its expectation under the model.

    For symmetric directions E, E': tr(P T P E P E') - tr(P E P E')/2, expected tr(P E P E')/2; mixed (P E P d)_i, expected 0.
    """
    b, u, k, _ = inverse.shape
    first, second = _upper(k)
    v = len(first)
    half = np.where(first == second, 0.5, 1.0)
    expected = np.zeros((b, k + v, k + v))
    mean_block = np.einsum("bu,buij->bij", weight, inverse)
    expected[:, :k, :k] = mean_block

    def products(left: Floats, right: Floats) -> Floats:
        """sum_u w_u tr(L E R E') over pairs of directions (b, v, v)."""
        rows = (weight[..., None, None] * left).reshape(b, u, k * k)
        total = (np.swapaxes(rows, 1, 2) @ right.reshape(b, u, k * k)).reshape(b, k, k, k, k)
        a, c = first, second
        sums = (
            total[:, a[None, :], a[:, None], c[:, None], c[None, :]]
            + total[:, c[None, :], a[:, None], c[:, None], a[None, :]]
            + total[:, a[None, :], c[:, None], a[:, None], c[None, :]]
            + total[:, c[None, :], c[:, None], a[:, None], a[None, :]]
        )
        return np.asarray(sums * half[:, None] * half[None, :])

    plain = products(inverse, inverse) / 2
    expected[:, k:, k:] = plain
    if not exact:
        return expected, expected
    observed = np.zeros_like(expected)
    observed[:, :k, :k] = mean_block
    pulled = np.einsum("buij,buj->bui", inverse, deviation)
    mixed = np.einsum("bu,buia,buc->biac", weight, inverse, pulled)
    mixed = (mixed[:, :, first, second] + mixed[:, :, second, first]) * half
    observed[:, :k, k:] = mixed
    observed[:, k:, :k] = np.swapaxes(mixed, 1, 2)
    weighted = products(inverse @ spread @ inverse, inverse)
    observed[:, k:, k:] = (weighted + np.swapaxes(weighted, 1, 2)) / 2 - plain
    return observed, expected


def _blocks(parts: list[Floats]) -> Floats:
    """Block-diagonal stack."""
    if len(parts) == 1:
        return parts[0]
    size = sum(part.shape[-1] for part in parts)
    out = np.zeros((len(parts[0]), size, size))
    at = 0
    for part in parts:
        end = at + part.shape[-1]
        out[:, at:end, at:end] = part
        at = end
    return out
