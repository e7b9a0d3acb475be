"""Information, expected scores and the reliabilities that follow from them. No prior enters the information.

I_i(theta) = sum over categories h of P_h (d log P_h / d theta)^2        (Samejima 1969)
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from .models import ItemModel

# Wide and fine enough for the integral over the whole line to 1e-10, whatever the slopes that are estimates at all.
_GRID = np.linspace(-8.0, 8.0, 641)


def item_information(model: ItemModel, items: Floats, theta: Floats) -> Floats:
    """(k, q) information of each item."""
    first, _ = model.theta_derivatives(items, theta)
    return np.asarray((model.probabilities(items, theta) * first**2).sum(axis=1))


def information(model: ItemModel, items: Floats, theta: Floats) -> Floats:
    """(q,) information of all items together; 1 / sqrt of it is the conditional standard error of measurement."""
    return np.asarray(item_information(model, items, theta).sum(axis=0))


def expected_information(model: ItemModel, items: Floats) -> Floats:
    """(k,) information of each item where people are: its mean over the standard normal distribution of the latent variable."""
    weights = np.exp(-(_GRID**2) / 2)
    return np.asarray(item_information(model, items, _GRID) @ weights / weights.sum())


def expected_information_derivatives(model: ItemModel, items: Floats) -> Floats:
    """(k, m) derivatives of each item's expected information by its own parameters."""
    weights = np.exp(-(_GRID**2) / 2)
    return np.asarray(information_derivatives(model, items, _GRID) @ weights / weights.sum())


def information_derivatives(model: ItemModel, items: Floats, theta: Floats) -> Floats:
    """(k, m, q) derivatives of the information by the items' parameters."""
    p = model.probabilities(items, theta)[:, :, None]
    first = model.theta_derivatives(items, theta)[0][:, :, None]
    by_item = model.parameter_derivatives(items, theta)
    mixed = model.mixed_derivatives(items, theta)
    return np.asarray((p * first * (first * by_item + 2 * mixed)).sum(axis=1))


def expected_scores(model: ItemModel, items: Floats, theta: Floats, values: Floats) -> Floats:
    """(k, q) expected answer to each item in category values (c,)."""
    return np.asarray(np.einsum("h,khq->kq", values, model.probabilities(items, theta)))


def marginal_reliability(model: ItemModel, items: Floats, mean: float = 0.0, variance: float = 1.0) -> float:
    """Integral of I / (I + 1) over the standard normal (Green et al. 1984); I in units of the latent standard deviation.

    Agrees with mirt::marginal_rxx.
    """
    weights = np.exp(-(_GRID**2) / 2)
    scaled = variance * information(model, items, mean + np.sqrt(variance) * _GRID)
    return float((weights * scaled / (1 + scaled)).sum() / weights.sum())


def marginal_reliability_derivatives(model: ItemModel, items: Floats) -> Floats:
    """(k, m) derivatives of the marginal reliability, latent variance 1, by the items' parameters."""
    weights = np.exp(-(_GRID**2) / 2)
    weights /= weights.sum() * (1 + information(model, items, _GRID)) ** 2
    return np.asarray(information_derivatives(model, items, _GRID) @ weights)


def empirical_reliability(scores: Floats, errors: Floats, counts: Floats) -> float:
    """Variance of the EAP scores over itself plus the mean error variance (divisor n - 1); NaN below two answers.

    Agrees with mirt::empirical_rxx.
    """
    n = counts.sum()
    if n < 2:
        return float("nan")
    mean = counts @ scores / n
    variance = counts @ (scores - mean) ** 2 / (n - 1)
    return float(variance / (variance + counts @ errors**2 / n))
