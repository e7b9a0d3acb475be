"""One factor with independent residuals, fitted to many drawn samples at once: every matrix it needs is known in closed form.

    Sigma = lambda lambda' + Psi,   a = lambda/psi,   s = sum_i lambda_i a_i,   c = 1/(1 + s)
    Sigma^-1 = Psi^-1 - c a a',     factor scores E(f | y) = c a'(y - mu) and var(f | y) = c

with the sums over the items that a missing-data pattern has. So the score of the likelihood needs two products of the counts
with the rows, and its expected information three sums over missing-data patterns (Rubin & Thayer 1982 for the moments).
`minimise` finds the same numbers for any model, at many times the cost. It starts anew where the plain steps taken here do not
settle. Shapes: b samples, p rows, u missing-data patterns, k items; parameters (3k,) are
loadings, residual variances, intercepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats, Mask
from ....core.numerics.tally import distinct_flags
from ...factor.numerics.factor_loadings import at_minimum, solutions

# From a start within a standard error or so of the solution three or four steps do; what needs more goes to `minimise`.
_ITERATIONS = 15


@dataclass(frozen=True)
class _State:
    """Parameters (b, k) with a (b, k) and c (b, u)."""

    loadings: Floats
    residuals: Floats
    means: Floats
    ratio: Floats
    spread: Floats


@dataclass(frozen=True)
class CongenericRows:
    """values (p, k) of the rows, NaN where missing."""

    values: Floats

    @cached_property
    def _answered(self) -> Mask:
        return ~np.isnan(self.values)

    @cached_property
    def _patterns(self) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
        """observed (u, k) as numbers; the rows (p,) in the order of their patterns; each pattern's first place there (u,)."""
        observed, place = distinct_flags(self._answered)
        order = np.argsort(place, kind="stable")
        return observed.astype(float), order, np.searchsorted(place[order], np.arange(len(observed)))

    @cached_property
    def _centre(self) -> Floats:
        """(k,) about which the squares do not cancel."""
        return np.asarray(np.nanmean(self.values, axis=0))

    @cached_property
    def _y(self) -> Floats:
        """(p, k) about the centre, in the order of the missing-data patterns, 0 where missing."""
        return np.where(self._answered, self.values - self._centre, 0.0)[self._patterns[1]]

    def maximum(self, counts: Floats, start: Floats, correction: Floats, tolerance: float) -> tuple[Floats, Mask]:
        """parameters (b, 3k) of greatest likelihood for counts (b, p) from a start (b, 3k), and whether it was found (b,).

        correction (3k, 3k): observed less expected information of one answer where the draws come from, which turns Fisher's
        scoring into nearly Newton's method also where the model does not hold. Settled where half the decrement per answer is
        below `tolerance`; the step that shows this is taken too.
        """
        k = self.values.shape[1]
        observed, order, first = self._patterns
        weights = counts[:, order]
        n = np.add.reduceat(weights, first, axis=1)
        size = n.sum(axis=1)
        parameters = start - np.concatenate([np.zeros(2 * k), self._centre])
        found = np.zeros(len(parameters), dtype=bool)
        active = np.flatnonzero((n @ observed > 0).all(axis=1))
        sums = weights @ self._y, weights @ self._y**2
        for _ in range(_ITERATIONS):
            if not active.size:
                break
            every = active.size == len(parameters)
            own = weights if every else weights[active]
            with np.errstate(all="ignore"):  # a sample without a solution may go anywhere; it is left out below
                state = self._state(parameters[active])
                score = self._score(state, own, n[active], (sums[0][active], sums[1][active]))
                hessian = self._information(state, n[active]) + size[active, None, None] * correction
                step = solutions(hessian, score)
                decrement = (score * step).sum(axis=1) / (2 * size[active])
            going = np.isfinite(decrement) & (decrement >= 0)
            parameters[active[going]] += step[going]
            found[active] = at_minimum(hessian, going & (decrement < tolerance))
            active = active[going & (decrement >= tolerance)]
        found &= self._proper(parameters)
        return parameters + np.concatenate([np.zeros(2 * k), self._centre]), found

    def _state(self, parameters: Floats) -> _State:
        loadings, residuals, means = np.split(parameters, 3, axis=1)
        ratio = loadings / residuals
        return _State(loadings, residuals, means, ratio, 1 / (1 + (loadings * ratio) @ self._patterns[0].T))

    def _score(self, at: _State, weights: Floats, n: Floats, sums: tuple[Floats, Floats]) -> Floats:
        """(b, 3k) from weights (b, p) in the order of the patterns, n (b, u) and the weighted sums (b, k) of y and y^2."""
        observed, order, first = self._patterns
        times = np.diff(first, append=len(order))
        scores = at.ratio @ self._y.T
        scores -= np.repeat((at.ratio * at.means) @ observed.T, times, axis=1)
        scores *= np.repeat(at.spread, times, axis=1)
        weighted = weights * scores
        of_answers = weighted @ self._y
        first_moment = np.add.reduceat(weighted, first, axis=1) @ observed
        weighted *= scores
        second_moment = (np.add.reduceat(weighted, first, axis=1) + n * at.spread) @ observed
        answers = n @ observed
        total, square = sums
        cross = of_answers - at.means * first_moment
        gap = square - 2 * at.means * total + at.means**2 * answers
        gap += at.loadings**2 * second_moment - 2 * at.loadings * cross - at.residuals * answers
        by_mean = total - at.means * answers - at.loadings * first_moment
        by_loading = (cross - at.loadings * second_moment) / at.residuals
        return np.concatenate([by_loading, gap / (2 * at.residuals**2), by_mean / at.residuals], axis=1)

    def _information(self, at: _State, n: Floats) -> Floats:
        """Expected information (b, 3k, 3k), given which items each row has."""
        observed, _, _ = self._patterns
        b, k = at.loadings.shape
        one, two = np.triu_indices(k)
        both = observed[:, one] * observed[:, two]
        first, second = np.empty((b, k, k)), np.empty((b, k, k))
        first[:, one, two] = first[:, two, one] = (n * at.spread) @ both
        second[:, one, two] = second[:, two, one] = (n * at.spread**2) @ both
        answers, single = n @ observed, np.einsum("bii->bi", first)
        a, i = at.ratio, np.arange(k)
        outer = a[:, :, None] * a[:, None, :]
        inverse = 1 / at.residuals
        out = np.zeros((b, 3 * k, 3 * k))
        out[:, :k, :k] = outer * (2 * second - first)
        out[:, i, i] += inverse * (answers - single)
        cross = -outer * a[:, None, :] * second
        cross[:, i, i] += a * inverse * single
        out[:, :k, k : 2 * k] = cross
        out[:, k : 2 * k, :k] = np.swapaxes(cross, 1, 2)
        out[:, k : 2 * k, k : 2 * k] = outer**2 * second / 2
        out[:, k + i, k + i] += inverse * (inverse * answers / 2 - a**2 * single)
        out[:, 2 * k :, 2 * k :] = -outer * first
        out[:, 2 * k + i, 2 * k + i] += inverse * answers
        return out

    def expected_information(self, counts: Floats, parameters: Floats) -> Floats:
        """(3k, 3k) of one sample with counts (p,) at parameters (3k,), as a sum over answers."""
        k = self.values.shape[1]
        _, order, first = self._patterns
        n = np.add.reduceat(counts[None, order], first, axis=1)
        state = self._state(parameters[None] - np.concatenate([np.zeros(2 * k), self._centre]))
        return np.asarray(self._information(state, n)[0])

    @staticmethod
    def _proper(parameters: Floats) -> Mask:
        """Whether Sigma is positive definite. lambda lambda' can lift one negative residual variance at most, and has lifted it
        where the determinant, the product of the residual variances times 1 + s, is positive."""
        loadings, residuals, _ = np.split(parameters, 3, axis=1)
        with np.errstate(all="ignore"):
            s = (loadings**2 / residuals).sum(axis=1)
        negative = (residuals < 0).sum(axis=1)
        return np.asarray((residuals != 0).all(axis=1) & ((negative == 0) | ((negative == 1) & (s < -1))))
