"""Do pairs of items share more than the latent variable? Q3 and the residuals of the two-way tables.

    Q3_ij  = correlation of y_i - E(y_i | EAP) and y_j - E(y_j | EAP), respondents who answered both   (Yen 1984)
    Q3_*   = largest Q3 - mean Q3                                                   (Christensen, Makransky & Horton 2017)
    X2_ij  = sum over the c x c table of (O - E)^2 / E                                          (Chen & Thissen 1997)

With few items the mean of Q3 is far below 0 (about -1/(k - 1)), so a raw cut-off misses dependence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .models import ItemModel


def residuals(model: ItemModel, items: Floats, answers: NDArray[np.int64], theta: Floats) -> Floats:
    """Answers less what the model expects at theta (r, k), NaN where an item was not answered."""
    p = model.probabilities(items, theta)
    expected = np.einsum("h,khr->rk", np.arange(1.0, p.shape[1] + 1), p)
    return np.where(answers > 0, answers - expected, np.nan)


def q3(model: ItemModel, items: Floats, answers: NDArray[np.int64], counts: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Q3 (k, k) with ones on the diagonal, NaN without variance, and the answers used for each pair (k, k).

    answers (r, k); counts (r,); theta (r,) EAP of each pattern. Agrees with mirt::residuals(type = "Q3").
    """
    given = (answers > 0).astype(float)
    left = np.nan_to_num(residuals(model, items, answers, theta))
    weighted = given * counts[:, None]
    n = given.T @ weighted
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (left.T @ weighted) / n  # of the row's item among those who answered the column's item too
        square = ((left**2).T @ weighted) / n - mean**2
        product = (left.T @ (left * counts[:, None])) / n - mean * mean.T
        correlation = np.where(np.minimum(square, square.T) > 1e-12, product / np.sqrt(square * square.T), np.nan)
    np.fill_diagonal(correlation, 1.0)
    return correlation, n


def q3_star(correlation: Floats) -> float:
    """Largest minus mean Q3 over the pairs of items; NaN with fewer than two pairs."""
    pairs = correlation[np.triu_indices(len(correlation), 1)]
    pairs = pairs[np.isfinite(pairs)]
    return float(pairs.max() - pairs.mean()) if pairs.size > 1 else float("nan")


@dataclass(frozen=True)
class PairTable:
    """Residuals of a two-way table. observed, expected: (c, c); standardised: (c, c) Pearson residuals, NaN where nothing is
    expected; chi2 and Cramer's V, which carries the sign of the residual association; n answers to both items.

    chi2 has no exact reference distribution: its residuals come from estimates. Compare pairs with each other.
    """

    observed: Floats
    expected: Floats
    standardised: Floats
    chi2: float
    cramers_v: float
    n: float


def pair_table(
    probabilities: Floats, weights: Floats, answers: NDArray[np.int64], counts: Floats, pair: tuple[int, int]
) -> PairTable:
    """Observed and implied table of two items; probabilities (k, c, q) at nodes with weights (q,).

    chi2 and V agree with mirt::residuals(type = "LD").
    """
    first, second = pair
    c = probabilities.shape[1]
    both = (answers[:, first] > 0) & (answers[:, second] > 0)
    cell = (answers[both, first] - 1) * c + answers[both, second] - 1
    observed = np.bincount(cell, weights=counts[both], minlength=c * c).astype(float).reshape(c, c)
    n = float(observed.sum())
    expected = n * (probabilities[first] * weights) @ probabilities[second].T
    with np.errstate(invalid="ignore", divide="ignore"):
        standardised = np.where(expected > 0, (observed - expected) / np.sqrt(expected), np.nan)
    chi2 = float(np.nansum(standardised**2))
    smaller = int(min((expected.sum(axis=1) > 0).sum(), (expected.sum(axis=0) > 0).sum()))
    size = np.sqrt(chi2 / (n * (smaller - 1))) if n > 0 and smaller > 1 else np.nan
    sign = np.sign(_association(observed) - _association(expected))
    return PairTable(observed, expected, standardised, chi2, float(size * (sign or 1.0)), n)


def _association(table: Floats) -> float:
    """Correlation of the category numbers in a table (c, c); 0 without variance."""
    n = table.sum()
    scores = np.arange(len(table))
    if n <= 0:
        return 0.0
    row, column = table.sum(axis=1) / n, table.sum(axis=0) / n
    mean_row, mean_column = row @ scores, column @ scores
    covariance = scores @ (table / n) @ scores - mean_row * mean_column
    spread = (row @ scores**2 - mean_row**2) * (column @ scores**2 - mean_column**2)
    return float(covariance / np.sqrt(spread)) if spread > 0 else 0.0
