"""Population values of reliability: of the covariances, of one factor behind them, and of one behind ordered answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from ...analysis.pattern_distribution import Name, PatternDistribution, name
from ...core.numerics.arrays import Floats
from ...core.numerics.bivariate_normal import bivariate_normal_cdf
from ..correlation.population import ordinal, pairwise_covariance
from ..factor.population import one_factor, ordinal_loadings


def alpha(covariances: Floats) -> float:
    """Coefficient alpha of a covariance matrix (k, k)."""
    k = len(covariances)
    return float(k / (k - 1) * (1 - np.trace(covariances) / covariances.sum()))


def values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    s = population.complete.covariance
    yield name("alpha", method="listwise"), alpha(s)
    yield name("alpha", method="pairwise"), alpha(pairwise_covariance(population))
    yield name("alpha_standardized"), alpha(s / np.sqrt(np.outer(np.diag(s), np.diag(s))))
    yield from _lower_bounds(s)


def latent_values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    s = population.complete.covariance
    loadings, residuals, _ = one_factor(s)
    common = loadings.sum() ** 2
    yield name("omega_total", method="ML-implied"), float(common / (common + residuals.sum()))
    yield name("omega_total", method="ML-observed"), float(common / s.sum())
    explained = loadings**2 / (loadings**2 + residuals)
    yield name("average_variance_extracted"), float((loadings @ loadings) / (loadings @ loadings + residuals.sum()))
    yield name("average_variance_extracted_standardized"), float(explained.mean())
    information = float((explained / (1 - explained)).sum())
    yield name("maximal_reliability"), information / (1 + information)
    yield name("omega_categorical", method="implied"), green_yang(ordinal_loadings(population), ordinal(population).thresholds)


def _lower_bounds(s: Floats) -> Iterator[tuple[Name, float]]:
    """Guttman (1945), and the standard error of measurement of the mean that goes with alpha."""
    k, total = len(s), s.sum()
    square = s**2 * ~np.eye(k, dtype=bool)
    first = float(1 - np.trace(s) / total)
    halves = ((np.arange(2 ** (k - 1))[:, None] >> np.arange(k)) & 1).astype(float)
    yield name("lambda1"), first
    yield name("lambda2"), first + float(np.sqrt(k / (k - 1) * square.sum()) / total)
    yield name("lambda3"), alpha(s)
    yield name("lambda4"), float(4 * ((halves @ s) * (1 - halves)).sum(axis=1).max() / total)
    yield name("lambda5"), first + float(2 * np.sqrt(square.sum(axis=1).max()) / total)
    yield name("lambda6"), float(1 - (1 / np.diag(np.linalg.solve(s, np.eye(k)))).sum() / total)
    error = float(np.sqrt(total * (1 - alpha(s))) / k)
    yield name("standard_error_of_measurement"), error
    yield name("smallest_detectable_change"), 1.96 * float(np.sqrt(2)) * error


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
    own = (np.minimum.outer(below, below) - np.outer(below, below)) * same_item
    return float(shared.sum() / (own.sum() + shared[~same_item].sum()))
