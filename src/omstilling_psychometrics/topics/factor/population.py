"""Population values of one factor, for covariances and for latent responses, fitted apart from the package's estimators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import least_squares, minimize

from ...analysis.pattern_distribution import Name, PatternDistribution, name
from ...core.numerics.arrays import Floats
from ..correlation.numerics.polychoric import pairs
from ..correlation.population import ordinal


def one_factor(s: Floats) -> tuple[Floats, Floats, float]:
    """Loadings (k,), residual variances (k,) and discrepancy of the maximum likelihood one-factor solution of s (k, k)."""
    k = len(s)
    constant = np.linalg.slogdet(s)[1] + k

    def discrepancy(free: Floats) -> tuple[float, Floats]:
        loadings, residuals = free[:k], np.exp(free[k:])
        implied = np.outer(loadings, loadings) + np.diag(residuals)
        inverse = np.linalg.solve(implied, np.eye(k))
        slope = inverse @ (implied - s) @ inverse
        value = np.linalg.slogdet(implied)[1] + np.trace(inverse @ s) - constant
        return float(value), np.concatenate([2 * slope @ loadings, np.diag(slope) * residuals])

    variances = np.diag(s)
    start = np.concatenate([np.sqrt(0.6 * variances), np.log(0.4 * variances)])
    found = minimize(discrepancy, start, jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 500})
    loadings = found.x[:k] * np.sign(found.x[:k].sum())
    return loadings, np.exp(found.x[k:]), float(found.fun)


def ordinal_loadings(population: PatternDistribution) -> Floats:
    """(k,) one factor for the polychoric correlations by diagonally weighted least squares."""
    moments = ordinal(population)
    first, second = pairs(len(moments.thresholds))
    roots = 1 / np.sqrt(moments.correlation_variance() * population.weights.sum())

    def residuals(loadings: Floats) -> Floats:
        return np.asarray((moments.correlations - loadings[first] * loadings[second]) * roots)

    start = np.full(len(moments.thresholds), 0.7)
    return np.asarray(least_squares(residuals, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x)


def latent_values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    loadings, residuals, discrepancy = one_factor(population.complete.covariance)
    k = len(loadings)
    of_ordered = ordinal_loadings(population)
    explained = loadings**2 / (loadings**2 + residuals)
    for j, item in enumerate(population.instrument.item_keys):
        yield name("loading", item, None, "ML"), float(loadings[j])
        yield name("residual_variance", item, None, "ML"), float(residuals[j])
        yield name("loading_standardized", item, None, "ML"), float(np.sign(loadings[j]) * np.sqrt(explained[j]))
        yield name("loading_standardized", item, None, "WLSMV"), float(of_ordered[j])
    yield name("rmsea", method="ML"), float(np.sqrt(max(discrepancy, 0.0) / (k * (k - 3) / 2)))
