"""Proportional odds model of an ordinal outcome, by maximum likelihood on counted rows.

    logit P(y <= j | x) = alpha_j - x'beta,   j = 1 ... c - 1                     McCullagh (1980, eq. 2.1)

The log-likelihood is concave: Newton-Raphson from the marginal shares finds its maximum. ordinal::clm (R) agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats

# Twice what is left of the log-likelihood; estimates are then right to some 1e-7 standard errors.
_DECREMENT = 1e-14
# Where a step of this size no longer moves the log-likelihood, rounding decides.
_NEAR = 1e-9
# Curvature below this, in units of the parameters' own, is none.
_FLAT = 1e-10
_STEPS = 100
_HALVINGS = 40


@dataclass(frozen=True, kw_only=True)
class ProportionalOdds:
    """parameters (c - 1 + q,): thresholds, then coefficients; log_likelihood; scores (n, c - 1 + q) of one answer in each
    row; information (c - 1 + q, c - 1 + q), observed."""

    parameters: Floats
    log_likelihood: float
    scores: Floats
    information: Floats
    categories: int

    @property
    def determined(self) -> bool:
        """Is the maximum a point? With perfect prediction some odds grow without end, and errors mean nothing."""
        scale = np.sqrt(np.clip(np.diag(self.information), 1e-300, None))
        return bool(np.linalg.eigvalsh(self.information / np.outer(scale, scale))[0] > 1e-7 and scale.min() > 1e-4)

    @property
    def thresholds(self) -> Floats:
        return self.parameters[: self.categories - 1]

    @property
    def coefficients(self) -> Floats:
        return self.parameters[self.categories - 1 :]


def null_log_likelihood(outcome: NDArray[np.int64], counts: Floats) -> float:
    """Log-likelihood of the model without x: that of the category shares."""
    shares = np.bincount(outcome, weights=counts)
    shares = shares[shares > 0]
    return float(shares @ np.log(shares / shares.sum()))


def proportional_odds(outcome: NDArray[np.int64], design: Floats, counts: Floats) -> ProportionalOdds:
    """outcome (n,) 0 ... c - 1, every category occurring; design (n, q) without intercept; counts (n,).

    Raises EstimationError where there is no maximum: one category only, columns that repeat each other, perfect prediction.
    """
    categories = int(outcome.max(initial=-1)) + 1
    if categories < 2:
        raise EstimationError("constant_item")
    centred = design - counts @ design / counts.sum()
    products = (centred * counts[:, None]).T @ centred
    spread = np.sqrt(np.diag(products))
    if (spread == 0).any() or (np.linalg.eigvalsh(products / np.outer(spread, spread)) < _FLAT).any():
        raise EstimationError("not_converged")
    shares = np.cumsum(np.bincount(outcome, weights=counts, minlength=categories))[:-1] / counts.sum()
    point = np.concatenate([logit(shares), np.zeros(design.shape[1])])
    fit = _at(point, outcome, design, counts, categories)
    for _ in range(_STEPS):
        gradient = counts @ fit.scores
        step = _newton_step(fit.information, gradient)
        decrement = abs(float(gradient @ step))
        if decrement < _DECREMENT:
            return fit
        for _ in range(_HALVINGS):
            moved = _at(fit.parameters + step, outcome, design, counts, categories)
            if moved.log_likelihood >= fit.log_likelihood:
                break
            step = step / 2
        else:
            return fit  # no step rises any more: rounding is all that is left
        if decrement < _NEAR and moved.log_likelihood - fit.log_likelihood <= 1e-15 * abs(fit.log_likelihood):
            return moved
        fit = moved
    raise EstimationError("not_converged")


def _newton_step(information: Floats, gradient: Floats) -> Floats:
    """I^-1 g, without the directions in which the likelihood is flat: there only rounding would say how far to go."""
    scale = np.sqrt(np.clip(np.diag(information), 1e-300, None))
    curvature, directions = np.linalg.eigh(information / np.outer(scale, scale))
    along = directions.T @ (gradient / scale)
    curved = curvature > _FLAT
    return np.asarray(directions[:, curved] @ (along[curved] / curvature[curved]) / scale)


def _at(point: Floats, outcome: NDArray[np.int64], design: Floats, counts: Floats, categories: int) -> ProportionalOdds:
    """Log-likelihood and derivatives. With a, b the bounds of an answer's interval and P = F(a) - F(b),

    d log P/da = f(a)/P,  d log P/db = -f(b)/P,  and the second derivatives f'/P less products of these.
    """
    n, q = len(outcome), design.shape[1]
    size = categories - 1 + q
    edges = np.concatenate([[-np.inf], point[: categories - 1], [np.inf]])
    linear = design @ point[categories - 1 :]
    with np.errstate(invalid="ignore"):
        a, b = edges[outcome + 1] - linear, edges[outcome] - linear
    below_a, below_b = expit(a), expit(b)
    probability = np.where(b > 0, expit(-b) - expit(-a), below_a - below_b)
    if (np.diff(point[: categories - 1]) <= 0).any() or (probability <= 0).any():
        return ProportionalOdds(
            parameters=point,
            log_likelihood=-np.inf,
            scores=np.zeros((n, size)),
            information=np.eye(size),
            categories=categories,
        )
    density_a, density_b = below_a * expit(-a), below_b * expit(-b)
    of_a, of_b = density_a / probability, -density_b / probability
    upper, lower = np.zeros((n, size)), np.zeros((n, size))
    rows = np.arange(n)
    inner, above = outcome < categories - 1, outcome > 0
    upper[rows[inner], outcome[inner]] = 1.0
    lower[rows[above], outcome[above] - 1] = 1.0
    upper[:, categories - 1 :] = lower[:, categories - 1 :] = -design
    scores = of_a[:, None] * upper + of_b[:, None] * lower
    curve_a = density_a * (1 - 2 * below_a) / probability
    curve_b = -density_b * (1 - 2 * below_b) / probability
    hessian = (upper * (counts * curve_a)[:, None]).T @ upper + (lower * (counts * curve_b)[:, None]).T @ lower
    hessian -= (scores * counts[:, None]).T @ scores
    return ProportionalOdds(
        parameters=point,
        log_likelihood=float(counts @ np.log(probability)),
        scores=scores,
        information=-hessian,
        categories=categories,
    )


def expected_category(parameters: Floats, categories: int, values: Floats, design: Floats) -> Floats:
    """(n,) expected value of the outcome with category values (c,) at rows of a design (n, q)."""
    linear = design @ parameters[categories - 1 :]
    below = expit(parameters[: categories - 1] - linear[:, None])
    return np.asarray(values[-1] - below @ np.diff(values))
