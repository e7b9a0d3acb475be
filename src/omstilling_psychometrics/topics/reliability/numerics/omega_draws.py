"""Bootstrap draws of model-based reliability: counts are drawn, and every draw fitted from what the sample says of it.

Cases: n answers with replacement. Clusters: as many units with replacement as there are clusters and answers without one; all
answers of a cluster come with it (Davison & Hinkley 1997, sec. 3.8). A draw that cannot be fitted is NaN. No more are made once
so many are that their distribution says nothing.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from ....core.numerics.bootstrap import EXACT, drawn_counts, hopeless
from ....core.numerics.sandwich import Clusters
from ...correlation.numerics.polychoric import BOUNDARY, Counts, item_counts, pair_tables
from ...correlation.numerics.polychoric_influence import ordinal_moments_of
from ...factor.numerics.factor_loadings import loadings_of
from ...factor.numerics.minimise import minimise
from ...factor.numerics.model import one_factor
from ...factor.numerics.normal import Normal, group_moments
from ...factor.numerics.normal_fit import NormalFit
from ...factor.numerics.ordinal_fit import OrdinalFit
from .congeneric import CongenericRows
from .omega import categorical_omega, omega_observed, omega_total

# How near to its minimum each draw is brought: an error of N times this in chi2, so of sqrt(2e-10 N) standard errors in any
# parameter at most (.0004 with a thousand answers, .014 with a million); the ends of an interval are known to .08 from a
# thousand draws.
_TOLERANCE = 1e-10
# Numbers that a block of draws may take per array: enough draws that the loops in Python cost nothing, few enough that memory
# stays in the tens of megabytes.
_BLOCK = 1_000_000
_MOST_TOGETHER = 1000
# These are drawn first, to see whether draws can be fitted at all.
_TRIAL = 125


def _together(width: int) -> int:
    return max(1, min(_MOST_TOGETHER, _BLOCK // max(width, 1)))


def _hopeless(drawn: list[Floats]) -> bool:
    every = np.concatenate(drawn)
    return hopeless(int(np.isnan(every).sum()), len(every))


def normal_omega_draws(
    fit: NormalFit, clusters: Clusters | None, draws: int, rng: np.random.Generator, shared: Counts | None = None
) -> tuple[Floats, Floats]:
    """Omega total (draws,) with the implied and, for complete answers, the observed variance of the sum (NaN otherwise). Fewer
    draws where most cannot be fitted. shared: (draws, r) counts of the rows of the fit that were drawn before."""
    values = fit.sample.values
    score = values.sum(axis=1) - values.mean()
    implied, observed = [], []
    fitted = _NormalDraws(fit)
    size = _together(len(values))
    for drawn in drawn_counts(fit.sample.counts, clusters, draws, rng, together=size, first=_TRIAL, shared=shared):
        counts = drawn.astype(float)
        parameters = fitted.parameters(counts)
        elements = fit.model.elements(parameters)
        loadings = fit.model.matrix("loadings", elements)[:, 0, :, 0]
        own = omega_total(loadings, fit.model.matrix("residual_covariances", elements)[:, 0])
        # Errors of negative variance in sum are no solution, as loadings above 1 are none of correlations.
        own = np.where(own <= 1, own, np.nan)
        implied.append(own)
        total = np.full(len(counts), np.nan)
        if fit.sample.complete:
            n = counts.sum(axis=1)
            total = counts @ score**2 / n - (counts @ score / n) ** 2
        observed.append(np.where(np.isnan(own), np.nan, omega_observed(loadings, total)))
        if _hopeless(implied):
            break
    return np.concatenate(implied), np.concatenate(observed)


class _NormalDraws:
    """Maximum likelihood estimates of drawn counts, near those of the sample."""

    def __init__(self, fit: NormalFit) -> None:
        self._fit = fit
        self._rows: CongenericRows | None = None
        if np.array_equal(fit.model.free, one_factor("continuous", fit.model.k).free):
            n = fit.sample.counts.sum()
            self._rows = CongenericRows(fit.sample.values)
            # One Newton step from the sample's estimates is this product with the counts.
            self._influence = np.linalg.solve(fit.observed_information / n, fit.scores.T).T
            expected = self._rows.expected_information(fit.sample.counts, fit.parameters)
            self._correction = (fit.observed_information - expected) / n

    def parameters(self, counts: Floats) -> Floats:
        """(b, q) for counts (b, r); NaN where there is no estimate."""
        parameters = np.full((len(counts), len(self._fit.parameters)), np.nan)
        found = np.zeros(len(counts), dtype=bool)
        if self._rows is not None:
            start = self._fit.parameters + counts @ self._influence / counts.sum(axis=1, keepdims=True)
            parameters, found = self._rows.maximum(counts, start, self._correction, _TOLERANCE)
        left = np.flatnonzero(~found)
        # The sums by missing-data pattern that this takes are many where patterns are.
        patterns = len(self._fit.sample.likelihood.groups[0].observed)
        size = _together(patterns * self._fit.model.k**2)
        for place in range(0, left.size, size):
            chosen = left[place : place + size]
            likelihood = Normal([group_moments(self._fit.sample.values, counts[chosen])])
            start = np.repeat(self._fit.parameters[None], len(chosen), axis=0)
            anew = minimise(self._fit.model, likelihood, start, exact=False, tolerance=_TOLERANCE)
            parameters[chosen] = np.where(anew.converged[:, None], anew.parameters, np.nan)
        return parameters


def ordinal_omega_draws(
    fit: OrdinalFit, clusters: Clusters | None, draws: int, rng: np.random.Generator, shared: Counts | None = None
) -> tuple[Floats, Floats]:
    """Categorical omega (draws,) of a one-group `delta` fit with congeneric loadings, implied and observed. Fewer draws where
    most cannot be fitted. shared: as in `normal_omega_draws`.

    Thresholds of that model are those of the sample whatever it is, so loadings alone are fitted, to correlations. A pair whose
    residual covariance is free says nothing of them and has the correlation that it has.
    """
    k = fit.model.k
    first, second = np.triu_indices(k, 1)
    cells = [(int(i), int(j)) for i, j in zip(first, second, strict=True)]
    free = fit.model.free[0, fit.model.elements_of("residual_covariances", cells)] >= 0
    start = fit.model.elements(fit.parameters)[0, fit.model.parts["loadings"]]
    codes, c = fit.sample.codes, fit.sample.c
    results = []
    size = _together(max(len(codes), len(first) * c * c))
    for drawn in drawn_counts(fit.sample.counts, clusters, draws, rng, together=size, first=_TRIAL, shared=shared):
        counts: Counts = drawn.astype(np.float32) if drawn.sum(axis=1).max() < EXACT else drawn
        moments = ordinal_moments_of(item_counts(codes, counts, c), pair_tables(codes, counts, c))
        weights = np.ones_like(moments.correlations)
        if fit.estimator == "DWLS":
            with np.errstate(divide="ignore"):  # a draw whose correlation has no variance is left out below
                weights = 1 / (moments.correlation_variance() * fit.n)
        # NaN, where an item does not vary in the draw, compares as False.
        good = np.flatnonzero((np.abs(moments.correlations) < BOUNDARY).all(axis=1) & np.isfinite(weights).all(axis=1))
        out = np.full((2, len(drawn)), np.nan)
        if good.size:
            matrix = moments.matrix()[good]
            loadings, found = loadings_of(moments.correlations[good], np.where(free, 0.0, weights[good]), start, _TOLERANCE)
            loadings[~found] = np.nan
            implied = loadings[:, :, None] * loadings[:, None, :]
            implied[:, first[free], second[free]] = matrix[:, first[free], second[free]]
            proper = np.flatnonzero((np.abs(loadings) <= 1).all(axis=1))
            both = np.stack([implied[proper], matrix[proper]])
            out[:, good[proper]] = categorical_omega(moments.thresholds[good][proper], loadings[proper], both)
        results.append(out)
        if _hopeless([one[0] for one in results]):
            break
    implied, observed = np.concatenate(results, axis=1)
    return implied, observed
