"""Bootstrap draws of model-based reliability: counts are drawn, and every draw fitted at once from the estimates as start.

Cases: n answers with replacement. Clusters: as many units with replacement as there are clusters and answers without one; all
answers of a cluster come with it (Davison & Hinkley 1997, sec. 3.8). A draw that cannot be fitted is NaN.
"""

from __future__ import annotations

import numpy as np

from ..bootstrap import drawn_counts
from ..polychoric import BOUNDARY, item_counts, pair_tables
from ..polychoric_influence import ordinal_moments_of
from ..sandwich import Clusters
from .least_squares import LeastSquares
from .minimise import minimise
from .model import FactorModel, Floats, one_factor
from .normal import Normal, group_moments
from .normal_fit import NormalFit
from .ordinal_fit import OrdinalFit
from .reliability import categorical_omega, omega_observed, omega_total

# Draws fitted at once: enough that the loops in Python cost nothing, few enough that memory stays in the tens of megabytes.
_TOGETHER = 250
# How near to its minimum each draw is brought: an error of N times this in chi2, far below what resampling itself adds.
_TOLERANCE = 1e-10


def normal_omega_draws(
    fit: NormalFit, clusters: Clusters | None, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Omega total (draws,) with the implied and, for complete answers, the observed variance of the sum (NaN otherwise)."""
    implied, observed = [], []
    for counts in drawn_counts(fit.sample.counts, clusters, draws, rng, together=_TOGETHER):
        likelihood = Normal([group_moments(fit.sample.values, counts)])
        start = np.repeat(fit.theta[None], len(counts), axis=0)
        found = minimise(fit.model, likelihood, start, exact=False, tolerance=_TOLERANCE)
        theta = np.where(found.converged[:, None], found.theta, np.nan)
        elements = fit.model.elements(theta)
        loadings = fit.model.matrix("loadings", elements)[:, 0, :, 0]
        implied.append(omega_total(loadings, fit.model.matrix("residual_covariances", elements)[:, 0]))
        total = np.full(len(counts), np.nan)
        if fit.sample.complete:
            total = likelihood.groups[0].covariance[:, 0].sum(axis=(-2, -1))
        observed.append(omega_observed(loadings, total))
    return np.concatenate(implied), np.concatenate(observed)


def _correlation_model(model: FactorModel) -> FactorModel:
    """The part of a one-group `delta` model that concerns correlations: thresholds are those of the sample whatever it is."""
    i, j = np.triu_indices(model.k, 1)
    cells = [(int(a), int(b)) for a, b in zip(i, j, strict=True)]
    free = model.free[0, model.elements_of("residual_covariances", cells)] >= 0
    reduced = one_factor("delta", model.k)
    chosen = [cell for cell, is_free in zip(cells, free, strict=True) if is_free]
    return reduced.release("residual_covariances", cells=chosen) if chosen else reduced


def ordinal_omega_draws(
    fit: OrdinalFit, clusters: Clusters | None, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Categorical omega (draws,) of a one-group `delta` fit with congeneric loadings, implied and observed."""
    model = _correlation_model(fit.model)
    elements = fit.model.elements(fit.theta)[0]
    covariances = fit.model.elements_of("residual_covariances")
    freed = covariances[fit.model.free[0, covariances] >= 0]
    start = np.concatenate([elements[fit.model.parts["loadings"]], elements[freed]])
    codes, c = fit.sample.codes, fit.sample.c
    first, second = np.triu_indices(model.k, 1)
    results = []
    for counts in drawn_counts(fit.sample.counts, clusters, draws, rng, together=_TOGETHER):
        moments = ordinal_moments_of(item_counts(codes, counts, c), pair_tables(codes, counts, c))
        weights = np.ones_like(moments.correlations)
        if fit.estimator == "DWLS":
            with np.errstate(divide="ignore"):  # a draw whose correlation has no variance is left out below
                weights = 1 / (moments.correlation_variance() * fit.n)
        # NaN, where an item does not vary in the draw, compares as False.
        good = np.flatnonzero((np.abs(moments.correlations) < BOUNDARY).all(axis=1) & np.isfinite(weights).all(axis=1))
        out = np.full((2, len(counts)), np.nan)
        if good.size:
            problem = LeastSquares(moments.correlations[good], weights[good])
            found = minimise(model, problem, np.repeat(start[None], good.size, axis=0), exact=False, tolerance=_TOLERANCE)
            theta = np.where(found.converged[:, None], found.theta, np.nan)
            loadings = model.matrix("loadings", model.elements(theta))[:, 0, :, 0]
            implied = np.broadcast_to(np.eye(model.k), (good.size, model.k, model.k)).copy()
            implied[:, first, second] = implied[:, second, first] = model.moments(theta)
            proper = np.flatnonzero((np.abs(loadings) <= 1).all(axis=1) & (np.abs(implied) <= 1).all(axis=(1, 2)))
            thresholds = moments.thresholds[good][proper]
            matrix = moments.matrix()[good][proper]
            out[0, good[proper]] = categorical_omega(thresholds, loadings[proper], implied[proper])
            out[1, good[proper]] = categorical_omega(thresholds, loadings[proper], matrix)
        results.append(out)
    both = np.concatenate(results, axis=1)
    return both[0], both[1]
