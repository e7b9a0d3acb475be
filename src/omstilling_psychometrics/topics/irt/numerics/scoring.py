"""Scores on the latent variable: EAP and Warm's estimate from answer patterns, EAP from sum scores.

Items not answered are left out of pattern scores; sum scores belong to complete rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .marginal import indicators, posterior
from .models import ItemModel
from .quadrature import log_weights

Answers = NDArray[np.int64]

_BLOCK = 4096
# Warm's estimate is looked for here, first on a grid and then by bisection.
_WLE_GRID = np.linspace(-12.0, 12.0, 481)
_BISECTIONS = 40


def expected_a_posteriori(
    model: ItemModel, items: Floats, latent: Floats, answers: Answers, theta: Floats
) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations (r,); items (k, m), latent mean and variance (2,), answers (r, k)."""
    log_p, log_w = model.log_probabilities(items, theta), log_weights(theta, *latent)
    means, errors = np.empty(len(answers)), np.empty(len(answers))
    for first in range(0, len(answers), _BLOCK):
        block = slice(first, first + _BLOCK)
        _, weights = posterior(indicators(answers[block], log_p.shape[1]), log_p, log_w)
        means[block] = weights @ theta
        errors[block] = np.sqrt(np.maximum(weights @ theta**2 - means[block] ** 2, 0.0))
    return means, errors


def _weighted_score(model: ItemModel, items: Floats, answers: Answers, theta: Floats) -> tuple[Floats, Floats]:
    """Warm's estimating function (r,) at one theta per pattern, and the information (r,) of the items answered."""
    log_p = model.log_probabilities(items, theta)
    first, second = model.theta_derivatives(items, theta)
    weighted = np.exp(log_p) * first
    given = (answers > 0).T
    information = ((weighted * first).sum(axis=1) * given).sum(axis=0)
    bias = ((weighted * (first**2 + second)).sum(axis=1) * given).sum(axis=0)
    k, r = given.shape
    chosen = first[np.arange(k)[:, None], np.maximum(answers.T - 1, 0), np.arange(r)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (chosen * given).sum(axis=0) + bias / (2 * information), information


def weighted_likelihood(model: ItemModel, items: Floats, answers: Answers) -> tuple[Floats, Floats]:
    """Warm's (1989, eq. 8) weighted likelihood estimates and their standard errors 1 / sqrt(I) (r,).

    Solves l'(theta) + J / (2 I) = 0 with J = sum over items and categories of P' P'' / P. For the graded model this differs
    from maximising the likelihood times sqrt(I) (Magis 2015), which is the same for partial credit only. Where several
    roots exist the one of highest weighted likelihood is taken; NaN where the items answered tell nothing.
    """
    estimates, errors = np.empty(len(answers)), np.empty(len(answers))
    for first in range(0, len(answers), _BLOCK):
        block = slice(first, first + _BLOCK)
        estimates[block], errors[block] = _weighted_likelihood(model, items, answers[block])
    return estimates, errors


def _weighted_likelihood(model: ItemModel, items: Floats, answers: Answers) -> tuple[Floats, Floats]:
    """The same for as many patterns as fit into the cache."""
    estimates, errors = np.full(len(answers), np.nan), np.full(len(answers), np.nan)
    on_grid = _weighted_scores_on_grid(model, items, answers)
    step = _WLE_GRID[1] - _WLE_GRID[0]
    # The estimating function is the slope of the log weighted likelihood: its running sum finds the highest of the peaks.
    height = np.cumsum((on_grid[:, 1:] + on_grid[:, :-1]) / 2 * step, axis=1)
    height = np.hstack([np.zeros((len(answers), 1)), height])
    crossing = (on_grid[:, :-1] > 0) & (on_grid[:, 1:] <= 0)
    usable = crossing.any(axis=1)
    peak = np.where(crossing, np.maximum(height[:, :-1], height[:, 1:]), -np.inf).argmax(axis=1)
    low, high = _WLE_GRID[peak[usable]], _WLE_GRID[peak[usable] + 1]
    rows = answers[usable]
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        rising = _weighted_score(model, items, rows, middle)[0] > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    estimates[usable] = (low + high) / 2
    errors[usable] = 1 / np.sqrt(_weighted_score(model, items, rows, estimates[usable])[1])
    return estimates, errors


def _weighted_scores_on_grid(model: ItemModel, items: Floats, answers: Answers) -> Floats:
    """Warm's estimating function (r, grid)."""
    first, second = model.theta_derivatives(items, _WLE_GRID)
    weighted = model.probabilities(items, _WLE_GRID) * first
    given = (answers > 0).astype(float)
    information = given @ (weighted * first).sum(axis=1)
    bias = given @ (weighted * (first**2 + second)).sum(axis=1)
    score = np.zeros((len(answers), _WLE_GRID.size))
    for item in range(answers.shape[1]):
        rows = answers[:, item] > 0
        score[rows] += first[item, answers[rows, item] - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(score + bias / (2 * information))


@dataclass(frozen=True)
class SumScores:
    """scores: (s,) attainable sums of category values; likelihood: (s, q) of each at each node."""

    scores: NDArray[np.int64]
    likelihood: Floats


def sum_score_likelihood(probabilities: Floats, values: NDArray[np.int64]) -> SumScores:
    """Lord & Wingersky (1984): the distribution of the sum of category values (c,) at each node; probabilities (k, c, q)."""
    k, c, q = probabilities.shape
    steps = values - values[0]
    likelihood = np.zeros((k * int(steps[-1]) + 1, q))
    likelihood[0] = 1.0
    for item in range(k):
        added = np.zeros_like(likelihood)
        for category in range(c):
            added[steps[category] :] += probabilities[item, category] * likelihood[: len(likelihood) - steps[category]]
        likelihood = added
    attainable = np.zeros(len(likelihood), dtype=bool)
    attainable[0] = True
    for _ in range(k):
        attainable = np.any([np.append(np.zeros(step, bool), attainable)[: attainable.size] for step in steps], axis=0)
    return SumScores(np.flatnonzero(attainable) + k * values[0], likelihood[attainable])


def expected_a_posteriori_of_sums(sums: SumScores, log_w: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """EAP and posterior standard deviation given each sum score, and the model's share of each (s,) (Thissen et al. 1995)."""
    joint = sums.likelihood * np.exp(log_w)
    share = joint.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = joint / share[:, None]
    means = weights @ theta
    return means, np.sqrt(np.maximum(weights @ theta**2 - means**2, 0.0)), share
