"""Agreement within groups on a scale of k items, from each group's complete answers.

    r_wg(j)   = k (1 - x)/(k (1 - x) + x),  x = s2/sigma2_E     James, Demaree & Wolf (1984, eq. 9); 0 where x > 1
    r*_wg(j)  = 1 - s2/sigma2_E                                 Lindell, Brandt & Whitney (1999), uniform null
    a_wg      = mean over items of 1 - 2 s_i^2/s_max(M_i)^2     Brown & Hauenstein (2005, eq. 3)
    AD        = mean over items of mean |y - M_i|               Burke, Finkelstein & Dusig (1999)

s2 is the mean of the item variances s_i^2 (divisor n - 1), M_i the item's mean, sigma2_E the variance under a null
distribution of random answers. multilevel::rwg.j, rwg.j.lindell, awg and ad.m (R) agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.moments import complete

# Null distributions over five categories (James, Demaree & Wolf 1984, p. 94; LeBreton & Senter 2008, table 2): other numbers
# of categories have only the uniform one.
FIVE_CATEGORY_NULLS = {
    "slight_skew": (0.05, 0.15, 0.20, 0.35, 0.25),
    "moderate_skew": (0.00, 0.10, 0.15, 0.40, 0.35),
    "heavy_skew": (0.00, 0.00, 0.10, 0.40, 0.50),
    "triangular": (0.11, 0.22, 0.34, 0.22, 0.11),
    "normal": (0.07, 0.24, 0.38, 0.24, 0.07),
}
NULLS = ("uniform", *FIVE_CATEGORY_NULLS)

# A variance larger than another by no more than this share of it is the same but for rounding.
_ROUNDING = 1e-12


def null_variance(null: str, categories: Floats) -> float:
    """Variance of an answer in categories (c,) under a null distribution; for the uniform one (c^2 - 1)/12 with steps of 1.

    Raises EstimationError where the null is not defined for that many categories.
    """
    if null == "uniform":
        return float(categories.var())
    if len(categories) != 5:
        raise EstimationError("null_needs_five_categories")
    shares = np.array(FIVE_CATEGORY_NULLS[null])
    return float(shares @ (categories - shares @ categories) ** 2)


@dataclass(frozen=True)
class AnswerTable:
    """counts (J, k, c): how often each group's complete answers to each item fell in each of the categories (c,)."""

    counts: Floats
    categories: Floats

    @cached_property
    def n(self) -> Floats:
        """(J,) complete answers; the parts of a person who answered several times add up to one."""
        return np.asarray(np.round(self.counts[:, 0, :].sum(axis=1), 9))

    @cached_property
    def means(self) -> Floats:
        """(J, k) item means."""
        return np.asarray(self.counts @ self.categories / self.n[:, None])

    @cached_property
    def variances(self) -> Floats:
        """(J, k) item variances, divisor n - 1."""
        square = (self.counts * (self.categories - self.means[:, :, None]) ** 2).sum(axis=2)
        return np.asarray(square / (self.n[:, None] - 1))


def answer_table(values: Floats, groups: csr_array, categories: Floats, at_least: int = 2) -> AnswerTable:
    """Complete answers, values (p, k) with NaN, of groups with counts (J, p) that have at least so many of them."""
    used = complete(values)
    k, c = values.shape[1], len(categories)
    indicator = ((values[:, :, None] == categories) & used[:, None, None]).astype(float).reshape(-1, k * c)
    counts = np.asarray(groups @ indicator).reshape(-1, k, c)
    table = AnswerTable(counts, categories)
    return AnswerTable(counts[table.n >= at_least], categories)


def rwg_j(table: AnswerTable, null: float, *, truncated: bool = True) -> Floats:
    """(J,) r_wg(j); truncated to 0 where the observed variance exceeds that of random answers."""
    k = table.counts.shape[1]
    share = table.variances.mean(axis=1) / null
    if truncated:
        share = np.minimum(share, 1.0)
    denominator = k * (1 - share) + share
    return np.asarray(k * (1 - share) / np.where(denominator == 0, np.nan, denominator))


def out_of_range(table: AnswerTable, null: float) -> NDArray[np.bool_]:
    """(J,) groups whose variance exceeds that of random answers; not by rounding alone."""
    return np.asarray(table.variances.mean(axis=1) > null * (1 + _ROUNDING))


def r_star_wg_j(table: AnswerTable, null: float) -> Floats:
    """(J,) r*_wg(j); negative where answers vary more than random ones."""
    return np.asarray(1 - table.variances.mean(axis=1) / null)


def a_wg(table: AnswerTable) -> Floats:
    """(J,) a_wg; 1 for an item on which all gave the lowest or highest category.

    An item whose mean lies so near an end that no larger variance is possible says nothing and is left out; NaN where that
    is true of every item.
    """
    n, categories = table.n[:, None], table.categories
    low, high = categories[0], categories[-1]
    total = np.round(table.counts @ categories, 9)  # sums of integers: the comparisons below are exact
    mean, variance = table.means, table.variances
    largest = ((low + high) * mean - mean**2 - low * high) * n / (n - 1)
    extreme = (total == low * n) | (total == high * n)
    silent = ((total < low * (n - 1) + high) | (total > high * (n - 1) + low)) & ~extreme
    index = np.where(extreme, 1.0, 1 - 2 * variance / np.where(extreme, 1.0, largest))
    defined = np.where(silent, 0.0, 1.0)
    items = defined.sum(axis=1)
    return np.asarray(np.where(items > 0, (index * defined).sum(axis=1) / np.maximum(items, 1), np.nan))


def average_deviation(table: AnswerTable) -> Floats:
    """(J,) average deviation about the mean, mean over items, in scale points."""
    distance = np.abs(table.categories - table.means[:, :, None])
    return np.asarray(((table.counts * distance).sum(axis=2) / table.n[:, None]).mean(axis=1))
