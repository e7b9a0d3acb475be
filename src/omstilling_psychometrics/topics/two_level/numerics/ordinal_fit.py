"""The ordinal factor model at one level, and at two with loadings that are equal across levels up to a constant, or free.

    y_k > c where lambda_k theta + beta_k u + e > tau_kc;   theta of the person, u of the leader and e standard normal

equal: beta = s lambda, s >= 0. The log-likelihood is even in s, so that s = 0 is a maximum where it falls with s^2 from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtri

from ....core.note import Note
from ....core.numerics.arrays import Floats, Ints, Mask
from .equal_slopes import EqualSlopes
from .free_slopes import FreeSlopes
from .grouped import Block, Grouped
from .marginal import Derivatives, Integrals, Model, Posterior, derivatives, integrated, log_likelihood, posteriors
from .newton import Maximum, maximum

Kind = Literal["one_level", "equal", "free"]

# Slopes beyond this are on their way to infinity: as steep as 10 logits.
LARGEST_SLOPE = 6.0
# They are not followed beyond this.
_GIVE_UP = 2 * LARGEST_SLOPE
# Starting values of many groups come from so many of them, in which each category was chosen so often.
_FEW_GROUPS, _ENOUGH = 2000, 5.0
# Rises of a log-likelihood, in units of it, that rounding and an unfinished ascent can make.
_LEAST_RISE = 1e-8
# The ratio of the standard deviations between and within to start from.
_RATIO = 0.5


@dataclass(frozen=True, eq=False)
class OrdinalFit:
    """A fitted model.

    loading, loading_between (k,); thresholds (k, C - 1), +inf where an item has fewer categories; ratio: of the standard
    deviations between and within, NaN under free; reason: why the estimates are not to be used, None where they are.
    maximum: over the free parameters, those of `free` among all of them.
    """

    kind: Kind
    grouped: Grouped
    parameters: Floats
    free: Mask
    maximum: Maximum
    reason: Note | None

    @property
    def k(self) -> int:
        return int(self.grouped.answers.codes.shape[1])

    @property
    def loading(self) -> Floats:
        return self.parameters[: self.k]

    @property
    def ratio(self) -> float:
        return float(self.parameters[-1]) if self.kind != "free" else np.nan

    @property
    def loading_between(self) -> Floats:
        return self.parameters[self.k : 2 * self.k] if self.kind == "free" else self.ratio * self.loading

    @property
    def thresholds(self) -> Floats:
        return _thresholds(self.kind, self.parameters, self.k)

    @property
    def steep(self) -> Mask:
        """(k,) items with slopes on their way to infinity."""
        return _steepness(self.kind, self.parameters, self.k) > LARGEST_SLOPE

    @property
    def log_likelihood(self) -> float:
        return self.maximum.there.value

    @property
    def at_bound(self) -> bool:
        """Is the variance between leaders 0?"""
        return self.kind == "one_level"

    @cached_property
    def natural(self) -> Floats:
        """Derivatives (2 k + k (C - 1), f) of loadings within and between and thresholds by the free parameters."""
        k, size = self.k, len(self.parameters)
        if self.kind == "free":
            return np.eye(size)[:, self.free]
        rows = np.zeros((size - 1 + k, size))
        rows[:k, :k] = np.eye(k)
        rows[k : 2 * k, :k] = self.ratio * np.eye(k)
        rows[k : 2 * k, -1] = self.loading
        rows[2 * k :, k:-1] = np.eye(size - 1 - k)
        return rows[:, self.free]

    def covariance(self, clusters: Ints | None = None) -> Floats:
        """Covariance (f, f) of the free parameters: inverse observed information, or with clusters (G,) of the groups the
        sandwich of score sums with G/(G - 1); NaN with fewer than two."""
        inverse = np.asarray(np.linalg.inv(self.maximum.information))
        if clusters is None:
            return inverse
        return np.asarray(inverse @ self.meat(clusters) @ inverse)

    def meat(self, clusters: Ints) -> Floats:
        """(f, f) sum of outer products of the clusters' scores, times G/(G - 1); clusters (G,) from 0 of the groups."""
        member = self.grouped.member
        units = int(clusters.max(initial=-1)) + 1
        if units < 2:
            return np.full((int(self.free.sum()),) * 2, np.nan)
        which = csr_array((np.ones(member.size), (clusters, member)), shape=(units, len(self.grouped.weights)))
        sums = np.asarray(which @ self.maximum.there.scores)
        return np.asarray(sums.T @ sums * units / (units - 1))

    def posteriors(self) -> Iterator[tuple[Block, Posterior]]:
        """Of the leader's factor in every distinct group, block by block."""
        return posteriors(self.grouped, self._of_leaders())

    def integrals(self) -> Iterator[tuple[Block, Integrals, Posterior]]:
        """The same with the integrals that it comes from and their derivatives by all parameters."""
        model = self._of_leaders(with_derivatives=True)
        for block in self.grouped.blocks:
            yield block, *integrated(block, model)

    def _of_leaders(self, *, with_derivatives: bool = False) -> Model:
        """At the bound the leader's factor is integrated over too, though nothing depends on it."""
        kind: Kind = "free" if self.kind == "free" else "equal"
        return _model(kind, self.parameters, with_derivatives=with_derivatives)


def _thresholds(kind: Kind, parameters: Floats, k: int) -> Floats:
    inner = parameters[2 * k :] if kind == "free" else parameters[k:-1]
    return inner.reshape(k, -1)


def _model(kind: Kind, parameters: Floats, *, finer: float = 1.0, with_derivatives: bool = False) -> Model:
    if kind == "free":
        return lambda block, farthest: FreeSlopes(block, parameters, farthest, finer=finer, derivatives=with_derivatives)
    only = np.zeros(1) if kind == "one_level" else None
    return lambda block, farthest: EqualSlopes(block, parameters, farthest, finer=finer, only=only)


def height(kind: Kind, grouped: Grouped, parameters: Floats, *, finer: float = 1.0) -> float:
    """Log-likelihood at any parameters; finer: with so many times as many nodes of both factors."""
    return log_likelihood(grouped, _model(kind, parameters, finer=finer))


def _steepness(kind: Kind, parameters: Floats, k: int) -> Floats:
    """(k,) size of the slope within, or of that between if larger, in standard deviations of an answer within leaders: where
    leaders differ much, all slopes between are large without being on their way to infinity."""
    within = parameters[:k]
    between = parameters[k : 2 * k] if kind == "free" else parameters[-1] * within
    return np.asarray(np.maximum(np.abs(within), np.abs(between) / np.sqrt(1 + within**2)))


@dataclass(frozen=True, eq=False)
class _OfFree:
    """The log-likelihood of the free ones among all parameters, the others as in `start`."""

    kind: Kind
    grouped: Grouped
    start: Floats
    free: Mask

    def whole(self, parameters: Floats) -> Floats:
        full = self.start.copy()
        full[self.free] = parameters
        return full

    def _steepest(self, parameters: Floats) -> float:
        return float(_steepness(self.kind, self.whole(parameters), self.grouped.answers.codes.shape[1]).max())

    def inside(self, parameters: Floats) -> bool:
        tau = _thresholds(self.kind, self.whole(parameters), self.grouped.answers.codes.shape[1])
        return bool((tau[:, 1:] >= tau[:, :-1]).all()) and self._steepest(parameters) < 2 * _GIVE_UP

    def too_far(self, parameters: Floats) -> bool:
        return self._steepest(parameters) > _GIVE_UP

    def value(self, parameters: Floats) -> float:
        return height(self.kind, self.grouped, self.whole(parameters))

    def derivatives(self, parameters: Floats) -> Derivatives:
        full, free = self.whole(parameters), self.free
        there = derivatives(self.grouped, _model(self.kind, full, with_derivatives=True), len(full))
        return Derivatives(there.value, there.scores[:, free], there.gradient[free], there.hessian[np.ix_(free, free)])


def _fit(kind: Kind, grouped: Grouped, start: Floats) -> OrdinalFit:
    """From `start`, whose infinite thresholds stay; by way of a part of the groups where there are many."""
    free = np.isfinite(start)
    free[-1] &= kind != "one_level"
    if kind != "one_level":
        few = _part(grouped)
        if few is not grouped:
            function = _OfFree(kind, few, start, free)
            reached = maximum(function, start[free])
            start = start if reached.reason else function.whole(reached.parameters)
    function = _OfFree(kind, grouped, start, free)
    found = maximum(function, start[free])
    parameters, k = function.whole(found.parameters), grouped.answers.codes.shape[1]
    signs = _orientation(kind, parameters, k)
    steep = (_steepness(kind, parameters, k) > LARGEST_SLOPE).any()
    reason = Note("slope_diverges") if steep else found.reason
    return OrdinalFit(kind, grouped, signs * parameters, free, found.turned(signs[free]), reason)


def _part(grouped: Grouped) -> Grouped:
    """Fewer groups, in which each category that was chosen still is; all of them where they are not many."""
    groups = _FEW_GROUPS
    while 2 * groups < len(grouped.weights):
        few = grouped.thinned(groups)
        if (few.frequencies >= np.minimum(grouped.frequencies, _ENOUGH)).all():
            return few
        groups *= 4
    return grouped


def _orientation(kind: Kind, parameters: Floats, k: int) -> Floats:
    """Signs (q,) that make the slopes of either level sum to a positive number, and s positive: mirror images of a factor have
    the same likelihood."""
    signs = np.ones(len(parameters))
    if parameters[:k].sum() < 0:
        signs[:k] = -1
    if kind == "free" and parameters[k : 2 * k].sum() < 0:
        signs[k : 2 * k] = -1
    if kind != "free" and parameters[-1] < 0:
        signs[-1] = -1
    return signs


def _start(grouped: Grouped) -> Floats:
    """Of one level: loadings from the first principal component of the items, thresholds from the margins."""
    slopes = _starting_slopes(grouped.answers.codes, np.asarray(grouped.counts.T @ grouped.weights))
    return _with_margins(grouped, slopes)


def _with_margins(grouped: Grouped, slopes: Floats) -> Floats:
    """Parameters of one level with thresholds from the margins."""
    frequencies = grouped.frequencies
    shares = np.cumsum(frequencies, axis=1)[:, :-1] / frequencies.sum(axis=1, keepdims=True)
    tau = ndtri(shares) * np.sqrt(1 + slopes[:, None] ** 2)
    return np.concatenate([slopes, tau.ravel(), [0.0]])


def _starting_slopes(codes: Ints, weights: Floats) -> Floats:
    given = (codes > 0).astype(float)
    n = weights @ given
    centred = (codes - (weights @ codes) / n) * given
    scaled = centred / np.sqrt((weights @ centred**2) / n)
    pairs = (given * weights[:, None]).T @ given
    correlations = (scaled * weights[:, None]).T @ scaled / np.maximum(pairs, 1)
    np.fill_diagonal(correlations, 1.0)
    values, vectors = np.linalg.eigh(correlations)
    loadings = np.clip(vectors[:, -1] * np.sqrt(values[-1]), -0.9, 0.9)
    loadings = loadings * (np.sign(loadings.sum()) or 1.0)
    return np.asarray(loadings / np.sqrt(1 - loadings**2))


def one_level(grouped: Grouped) -> OrdinalFit:
    """The graded normal-ogive model of all answers, whoever the leader is."""
    return _fit("one_level", grouped.pooled, _start(grouped))


def has_common_factor(single: OrdinalFit) -> bool:
    """Is the model of one level likelier than items that have nothing in common, by more than rounding? Where it is not, slopes
    are 0 and nothing is known of any."""
    unrelated = height("one_level", single.grouped, _with_margins(single.grouped, np.zeros(single.k)))
    return single.log_likelihood - unrelated > _LEAST_RISE * abs(unrelated)


def rise_with_variance(single: OrdinalFit, grouped: Grouped) -> float:
    """Derivative of the log-likelihood by s^2 at 0, where the model has one level.

    To second order log I_p(u) is log I_p(0) + a s u + (v - 1) s^2 u^2 / 2 with the mean a and variance v of theta after a
    person's answers, so that the derivative is half the sum over groups of (sum of a)^2 + sum of (v - 1).
    """
    pooled = Block(grouped.answers, grouped.counts, grouped.weights, np.arange(len(grouped.weights)))
    mean, variance = EqualSlopes(pooled, single.parameters, 0.0, only=np.zeros(1)).person_moments()
    sums = np.asarray(grouped.counts @ np.hstack([mean, variance - 1]))
    return 0.5 * float(grouped.weights @ (sums[:, 0] ** 2 + sums[:, 1]))


def equal(single: OrdinalFit, grouped: Grouped) -> OrdinalFit:
    """Loadings equal across levels up to s; the model of one level where no s above 0 fits better."""
    if rise_with_variance(single, grouped) <= 0:
        return _at_zero(single, grouped)
    start = single.parameters.copy()
    start[: single.k] /= np.sqrt(1 + _RATIO**2)
    start[-1] = _RATIO
    return _fit("equal", grouped, start)


def _at_zero(single: OrdinalFit, grouped: Grouped) -> OrdinalFit:
    """The model of one level, with scores of groups in place of those of answers."""
    by_pattern = single.maximum.there.scores
    there = replace(single.maximum.there, scores=np.asarray(grouped.counts @ by_pattern))
    return replace(single, grouped=grouped, maximum=replace(single.maximum, there=there))


def free(start: OrdinalFit) -> OrdinalFit:
    """Loadings between leaders of their own, from a fit with equal ones."""
    return _fit("free", start.grouped, np.concatenate([start.loading, start.loading_between, start.thresholds.ravel()]))
