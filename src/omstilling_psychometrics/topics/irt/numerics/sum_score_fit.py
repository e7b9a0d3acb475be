"""S-X2: does an item behave as the model says among respondents with the same sum score?

    S-X2_i = sum over score groups s and categories h of (O_sh - E_sh)^2 / E_sh
    E_sh   = N_s  integral P_ih f_(s - h)(rest | theta) phi  /  integral f_s(theta) phi          (Orlando & Thissen 2000,
                                                                                    Kang & Chen 2008 for several categories)

Complete rows; scores count categories from 0. The collapse rule: the lowest and the highest possible sum are left out
(there every answer is determined); a sum at which the item cannot take all of its categories is joined to the nearest one
at which it can; then, within a score group, categories are joined from the lowest upward until each is expected at least
once, and what is left at the top joins the group below it. df = (cells - 1) summed over groups, less the item's
parameters. mirt joins in the same order but looks at the top category before joining: most of its values are the same.

The parameters are estimated from whole answer patterns. Subtracting them from the cells is right while the cells hold nearly
all that the patterns say; the more cells are joined, the less true it is, and the test rejects too often. Asking for more
than one expected answer joins more cells and makes it worse (docs/studies/irt.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from ....core.numerics.arrays import Floats
from .estimation import Fit
from .quadrature import log_weights
from .scoring import sum_score_likelihood


@dataclass(frozen=True)
class ItemFit:
    """statistic with df and p value (NaN without degrees of freedom); df_unjoined: what df would be with answers
    enough to leave all categories apart."""

    statistic: float
    df: int
    p_value: float
    df_unjoined: int


def _counts(answers: NDArray[np.int64], counts: Floats, item: int, c: int) -> Floats:
    """Observed answers (s, c) to an item by sum score 0 … k (c - 1)."""
    k = answers.shape[1]
    cell = (answers.sum(axis=1) - k) * c + answers[:, item] - 1
    return np.bincount(cell, weights=counts, minlength=(k * (c - 1) + 1) * c).astype(float).reshape(-1, c)


def _shares(p: Floats, weights: Floats, item: int) -> Floats:
    """Implied probability (s, c) of each category given the sum score, NaN where no answer leads there; p (k, c, q)."""
    k, c, _ = p.shape
    steps = np.arange(c)
    rest = np.zeros(((k - 1) * (c - 1) + 1, p.shape[2]))
    of_rest = sum_score_likelihood(np.delete(p, item, axis=0), steps)
    rest[of_rest.scores] = of_rest.likelihood
    joint = np.zeros((k * (c - 1) + 1, c))
    for category in range(c):
        joint[category : category + len(rest), category] = (rest * p[item, category]) @ weights
    with np.errstate(invalid="ignore"):
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def _join_groups(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Score groups at which some category is impossible added to the nearest at which none is (the lower, if two are)."""
    full = np.flatnonzero((expected > 0).all(axis=1))
    if full.size == 0:
        return observed[:0], expected[:0]
    nearest = np.abs(np.arange(len(expected))[:, None] - full).argmin(axis=1)
    joined_observed, joined_expected = np.zeros((2, full.size, observed.shape[1]))
    np.add.at(joined_observed, nearest, observed)
    np.add.at(joined_expected, nearest, np.nan_to_num(expected))
    return joined_observed, joined_expected


def _join_categories(observed: Floats, expected: Floats, least: float) -> tuple[list[float], list[float]]:
    """Cells of one score group, joined until each is expected at least so often."""
    cells_observed: list[float] = []
    cells_expected: list[float] = []
    seen, due = 0.0, 0.0
    for one, other in zip(observed, expected, strict=True):
        seen, due = seen + float(one), due + float(other)
        if due >= least:
            cells_observed.append(seen)
            cells_expected.append(due)
            seen, due = 0.0, 0.0
    if due > 0 and cells_expected:
        cells_observed[-1] += seen
        cells_expected[-1] += due
    return cells_observed, cells_expected


def sum_score_fit(fitted: Fit, *, least: float = 1.0) -> list[ItemFit]:
    """S-X2 of every item of a one-group fit to complete rows; NaN for an item whose answers are all the same. least: answers
    that a cell must be expected to have.

    Agrees with mirt::itemfit(fit_stats = "S_X2") where the top categories need no joining.
    """
    table = fitted.tables[0]
    if len(fitted.tables) != 1 or (table.answers == 0).any():
        raise ValueError("S-X2 needs one group of complete rows")
    p = fitted.model.probabilities(fitted.items[0], fitted.theta)
    weights = np.exp(log_weights(fitted.theta, *fitted.latent[0]))
    chosen = table.observed()
    free = (fitted.layout.index[0, : fitted.items[0].size].reshape(len(chosen), -1) >= 0).sum(axis=1)
    results = []
    for item, categories in enumerate(chosen):
        if categories.sum() < 2:
            results.append(ItemFit(np.nan, 0, np.nan, 0))
            continue
        observed = _counts(table.answers, table.counts, item, table.categories)[1:-1]
        size = observed.sum(axis=1, keepdims=True)
        shares = _shares(p, weights, item)[1:-1, categories]
        seen_sums = size[:, 0] > 0
        groups = _join_groups(observed[seen_sums][:, categories], (size * shares)[seen_sums])
        statistic, df = 0.0, -int(free[item])
        df_unjoined = df + int((shares > 0).all(axis=1).sum()) * int(categories.sum() - 1)
        for cells in zip(*groups, strict=True):
            seen, due = (np.array(cell) for cell in _join_categories(*cells, least))
            statistic += float(((seen - due) ** 2 / due).sum())
            df += max(0, len(due) - 1)
        tested = (statistic, df, float(chdtrc(df, statistic))) if df > 0 else (np.nan, 0, np.nan)
        results.append(ItemFit(*tested, df_unjoined))
    return results
