"""Logistic regression of k yes/no outcomes per respondent on covariates, with errors that allow for dependence.

    logit P(y_ri = 1) = x_ri' beta,   covariance A^-1 B A^-1,   A = sum n_r p (1 - p) x x',
    B = sandwich middle of the respondents' scores sum_i (y_ri - p_ri) x_ri, added up within clusters

Working independence (Liang & Zeger 1986). Respondents are counted: r runs over distinct ones, so that a fit does not depend on
their number, and a cluster's sum is a product of its counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, meat

# Log odds beyond this are a separation that the iterations were still climbing.
_DIVERGED = 15.0
# Half the Newton decrement is what is left of the log-likelihood: with so little left, the next step is the last, and its
# coefficients are right to far less than 1e-6 standard errors, since the error is squared with every step. The log-likelihood
# of a million answers has rounding errors as large as this: it cannot say any more whether a step rises.
_DECREMENT = 1e-9
_STEPS = 50
_HALVINGS = 40


@dataclass(frozen=True, kw_only=True)
class LogisticFit:
    """coefficients (q,) and their covariance (q, q)."""

    coefficients: Floats
    covariance: Floats


def stacked_logistic(
    design: Floats, outcome: NDArray[np.bool_], used: NDArray[np.bool_], counts: Floats, clusters: Clusters | None
) -> LogisticFit:
    """design (r, k, q) whose first column is the intercept, outcome and used (r, k), counts (r,).

    Raises EstimationError where the likelihood has no maximum. statsmodels' GLM with cov_type="cluster" on expanded rows
    agrees.
    """
    r, k, q = design.shape
    rows = np.flatnonzero(used.ravel())
    x, weights, hit = design.reshape(r * k, q)[rows], np.repeat(counts, k)[rows], outcome.ravel()[rows].astype(np.float64)
    coefficients = _maximise(x, weights, hit)
    probability = expit(x @ coefficients)
    residual = np.zeros(r * k)
    residual[rows] = hit - probability
    scores = np.einsum("rk,rkq->rq", residual.reshape(r, k), design)
    information = _information(x, weights, probability)
    influence = np.linalg.solve(information, scores.T).T
    return LogisticFit(coefficients=coefficients, covariance=meat(influence, counts, clusters))


def _information(x: Floats, weights: Floats, probability: Floats) -> Floats:
    return np.asarray((x * (weights * probability * (1 - probability))[:, None]).T @ x)


def _maximise(x: Floats, weights: Floats, hit: Floats) -> Floats:
    """Newton-Raphson from the overall rate; the log-likelihood is concave, and a step that lowers it is halved."""
    coefficients = np.zeros(x.shape[1])
    coefficients[0] = logit(weights @ hit / weights.sum())
    height = _log_likelihood(x @ coefficients, weights, hit)
    for _ in range(_STEPS):
        probability = expit(x @ coefficients)
        gradient = x.T @ (weights * (hit - probability))
        try:
            step = np.linalg.solve(_information(x, weights, probability), gradient)
        except np.linalg.LinAlgError as failure:
            raise EstimationError("not_converged") from failure
        if float(gradient @ step) < _DECREMENT:
            return np.asarray(coefficients + step)
        for _ in range(_HALVINGS):
            moved = coefficients + step
            new_height = _log_likelihood(x @ moved, weights, hit)
            if new_height >= height:
                break
            step = step / 2
        else:
            break
        coefficients, height = moved, new_height
        if np.abs(coefficients).max() > _DIVERGED:
            break
    raise EstimationError("not_converged")


def _log_likelihood(linear: Floats, weights: Floats, hit: Floats) -> float:
    return float(weights @ (hit * linear - np.logaddexp(0.0, linear)))


def independent_columns(design: Floats, weights: Floats) -> NDArray[np.bool_]:
    """(q,) whether each column of weighted rows (n, q) adds something to those before it."""
    products = (design * weights[:, None]).T @ design
    scale = np.sqrt(np.diag(products))
    products = products / np.outer(np.where(scale > 0, scale, 1.0), np.where(scale > 0, scale, 1.0))
    keep = scale > 0
    for column in np.flatnonzero(keep):
        before = np.flatnonzero(keep[:column])
        if before.size:
            rest = 1 - products[column, before] @ np.linalg.solve(products[np.ix_(before, before)], products[before, column])
            keep[column] = rest > 1e-9
    return keep
