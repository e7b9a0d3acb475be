"""Spearman's rank correlation of two ordered answers, with its influence function.

    r = 12 (sum_ab p_ab u_a v_b - 1/4) / sqrt((1 - sum p_a^3)(1 - sum p_b^3))

p_ab are the shares of the pair's table, u and v the mid-ranks of its margins over n (share below plus half the own), so r is
the product-moment correlation of mid-ranks, as in R and scipy. The influence counts that the ranks themselves are estimated.
"""

from __future__ import annotations

import math

import numpy as np

from ....core.numerics.arrays import Floats
from ....core.numerics.item_rest import Correlation, unrounded


def _mid_ranks(shares: Floats) -> Floats:
    return np.asarray(np.cumsum(shares) - shares / 2)


def _below(size: int) -> Floats:
    """d u_a / d p_c = 1[c < a] + 1[c = a]/2, (a, c)."""
    return np.tri(size, size, -1) + np.eye(size) / 2


def spearman(first: Floats, second: Floats, counts: Floats) -> Correlation:
    """Of two columns (p,), NaN where either is missing, with counts (p,)."""
    used = ~(np.isnan(first) | np.isnan(second)) & (counts > 0)
    influence = np.zeros(len(first))
    n = round(float(counts[used].sum()))
    if n < 2:
        return Correlation(estimate=math.nan, influence=influence, n=n)
    rows, a = np.unique(first[used], return_inverse=True)
    columns, b = np.unique(second[used], return_inverse=True)
    if len(rows) < 2 or len(columns) < 2:
        return Correlation(estimate=math.nan, influence=influence, n=n)
    table = np.zeros((len(rows), len(columns)))
    np.add.at(table, (a, b), counts[used] / n)
    margin_a, margin_b = table.sum(axis=1), table.sum(axis=0)
    u, v = _mid_ranks(margin_a), _mid_ranks(margin_b)
    covariance = float(u @ table @ v) - 0.25
    spread_a, spread_b = (1 - (margin_a**3).sum()) / 12, (1 - (margin_b**3).sum()) / 12
    scale = math.sqrt(spread_a * spread_b)
    estimate = unrounded(covariance / scale)
    # Gateaux derivatives towards one more answer in the cell (a, b); the mean of u and of v is 1/2 whatever the shares are.
    slope = np.outer(u, v) + (table @ v @ _below(len(rows)))[:, None] + (u @ table @ _below(len(columns)))[None, :]
    covariance_change = slope - (table * slope).sum()
    change_a, change_b = -(margin_a**2) / 4, -(margin_b**2) / 4
    change_a, change_b = change_a - margin_a @ change_a, change_b - margin_b @ change_b
    cells = covariance_change / scale - estimate / 2 * (change_a[:, None] / spread_a + change_b[None, :] / spread_b)
    influence[used] = cells[a, b]
    return Correlation(estimate=estimate, influence=influence, n=n)
