"""Population values of latent variable models: one factor for the covariances, one for the latent responses, and the
logistic graded model.

The factor models are fitted here, apart from the estimators of this package; polychoric correlations with their variances,
and the graded model, by its own functions. Shapes and keys as in `estimands`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import least_squares, minimize
from scipy.special import ndtr

from ..core.numerics.arrays import Floats
from ..core.numerics.bivariate_normal import bivariate_normal_cdf
from ..topics.correlation.numerics.polychoric import pairs
from ..topics.correlation.numerics.polychoric_influence import ordinal_moments
from ..topics.irt.numerics.estimation import fit
from ..topics.irt.numerics.marginal import PatternTable
from ..topics.irt.numerics.models import GRADED
from ..topics.irt.numerics.parameters import layout
from .answering import Codes
from .estimands import Name, Values, covariance, name
from .truth import instrument


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
    minimum = minimize(discrepancy, start, jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 500})
    loadings = minimum.x[:k] * np.sign(minimum.x[:k].sum())
    return loadings, np.exp(minimum.x[k:]), float(minimum.fun)


def _maximum_likelihood(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    complete = (codes > 0).all(axis=1)
    s = covariance(codes[complete].astype(float), weights[complete])
    loadings, residuals, discrepancy = one_factor(s)
    common = loadings.sum() ** 2
    k = len(s)
    yield name("omega_total", method="ML-implied"), float(common / (common + residuals.sum()))
    yield name("omega_total", method="ML-observed"), float(common / s.sum())
    explained = loadings**2 / (loadings**2 + residuals)
    yield name("average_variance_extracted"), float((loadings @ loadings) / (loadings @ loadings + residuals.sum()))
    yield name("average_variance_extracted_standardized"), float(explained.mean())
    information = float((explained / (1 - explained)).sum())
    yield name("maximal_reliability"), information / (1 + information)
    for j, item in enumerate(instrument().item_keys):
        yield name("loading", item, None, "ML"), float(loadings[j])
        yield name("residual_variance", item, None, "ML"), float(residuals[j])
        yield name("loading_standardized", item, None, "ML"), float(np.sign(loadings[j]) * np.sqrt(explained[j]))
    yield name("rmsea", method="ML"), float(np.sqrt(max(discrepancy, 0.0) / (k * (k - 3) / 2)))


def green_yang(loadings: Floats, thresholds: Floats) -> float:
    """Reliability of the sum of the categories by a one-factor model of the latent responses (Green & Yang 2009, eq. 21).

    loadings (k,) and thresholds (k, c-1) of standardised latent responses.
    """
    k, steps = thresholds.shape
    t = thresholds.ravel()
    common = np.repeat(loadings, steps)
    below = ndtr(t)
    shared = bivariate_normal_cdf(t[:, None], t[None, :], np.outer(common, common)) - np.outer(below, below)
    same_item = np.kron(np.eye(k, dtype=bool), np.ones((steps, steps), dtype=bool))
    of_item = (np.minimum.outer(below, below) - np.outer(below, below)) * same_item
    return float(shared.sum() / (of_item.sum() + shared[~same_item].sum()))


def _ordinal(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    """Two-step: thresholds from all answers to an item, correlations from the answers to both, then one factor by diagonally
    weighted least squares."""
    keys = instrument().item_keys
    moments = ordinal_moments(codes, weights, len(instrument().categories))
    for j, item in enumerate(keys):
        for step, threshold in enumerate(moments.thresholds[j].tolist(), start=1):
            yield name("threshold", item, step), threshold
    first, second = pairs(len(keys))
    for i, j, value in zip(first, second, moments.correlations.tolist(), strict=True):
        yield name("polychoric", f"{keys[i]}~{keys[j]}"), value
    roots = 1 / np.sqrt(moments.correlation_variance() * weights.sum())

    def residuals(loadings: Floats) -> Floats:
        return np.asarray((moments.correlations - loadings[first] * loadings[second]) * roots)

    loadings = least_squares(residuals, np.full(len(keys), 0.7), xtol=1e-14, ftol=1e-14, gtol=1e-14).x
    for j, item in enumerate(keys):
        yield name("loading_standardized", item, None, "WLSMV"), float(loadings[j])
    yield name("omega_categorical", method="implied"), green_yang(loadings, moments.thresholds)


def latent_values(codes: Codes, weights: Floats) -> Values:
    """The factor models' values."""
    present = weights > 0
    codes, weights = codes[present], weights[present]
    return dict(_maximum_likelihood(codes, weights)) | dict(_ordinal(codes, weights))


def graded_model(codes: Codes, weights: Floats, start: Floats | None = None) -> tuple[Values, Floats]:
    """The logistic graded model closest to the distribution (least Kullback-Leibler divergence): its values, and its free
    parameters as a start for fits to similar distributions."""
    used = (weights > 0) & (codes > 0).any(axis=1)
    answers = np.where(codes[used] > 0, codes[used], 0).astype(np.int64)
    table = PatternTable(answers, weights[used], len(instrument().categories))
    fitted = fit(GRADED, (table,), layout(GRADED, table.observed()[None]), start=start)
    if fitted.reason is not None:
        raise ValueError(f"the graded model was not fitted: {fitted.reason}")
    values: Values = {}
    for item, (slope, *intercepts) in zip(instrument().item_keys, fitted.items[0].tolist(), strict=True):
        values[name("discrimination", item, None, "graded")] = slope
        for step, intercept in enumerate(intercepts, start=1):
            values[name("intercept", item, step, "graded")] = intercept
            values[name("difficulty", item, step, "graded")] = -intercept / slope
    return values, fitted.free
