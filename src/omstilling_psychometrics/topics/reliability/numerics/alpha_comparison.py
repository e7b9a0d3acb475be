"""Tests that coefficients alpha are equal.

    W = (1 - alpha_b)/(1 - alpha_a) ~ F(n_a - 1, n_b - 1), alpha_a the larger         two groups, Feldt (1969)
    t = (alpha_1 - alpha_2) sqrt(n - 2) / sqrt(4 (1 - alpha_1)(1 - alpha_2)(1 - r^2))  same respondents, Feldt (1980)
    chi2 = sum (c_i - mean c)^2 / (mean S_ii - mean S_ij), c_i = (1 - alpha_i)^(-1/3)  several, Feldt, Woodruff & Salih (1987)
    Wald test of the contrasts of log(1 - alpha), jackknife covariance over units     several, clustered

The first three assume parallel normal items (cocron in R gives the same values); the last one does not. Leaving out whole
leaders keeps the dependence of groups that answer about the same leaders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc, stdtr

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.moments import weighted_mean
from ....core.numerics.sandwich import Clusters, quadratic_variance
from ....core.numerics.wald import wald_test


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """statistic; df of t, chi2 or the numerator of F; df_denominator of F, else None; p_value, two-sided."""

    statistic: float
    df: float
    p_value: float
    df_denominator: float | None = None


def feldt_1969(alphas: tuple[float, float], n: tuple[int, int]) -> Comparison:
    """Two independent groups of respondents. Raises EstimationError where an alpha is 1 or a group has one respondent."""
    if max(alphas) >= 1 or min(n) < 2:
        raise EstimationError("alpha_not_comparable")
    larger = 0 if alphas[0] >= alphas[1] else 1
    smaller = 1 - larger
    ratio = (1 - alphas[smaller]) / (1 - alphas[larger])
    df, df_denominator = n[larger] - 1, n[smaller] - 1
    upper = float(fdtrc(df, df_denominator, ratio))
    return Comparison(statistic=ratio, df=df, df_denominator=df_denominator, p_value=2 * min(upper, 1 - upper))


def feldt_1980(alphas: tuple[float, float], n: int, correlation: float) -> Comparison:
    """Two scales, or two occasions, of the same n respondents; `correlation` of their two scores."""
    if max(alphas) >= 1 or n < 3 or not abs(correlation) < 1:
        raise EstimationError("alpha_not_comparable")
    spread = 4 * (1 - alphas[0]) * (1 - alphas[1]) * (1 - correlation**2)
    t = (alphas[0] - alphas[1]) * math.sqrt((n - 2) / spread)
    return Comparison(statistic=t, df=n - 2, p_value=2 * float(stdtr(n - 2, -abs(t))))


def feldt_woodruff_salih(alphas: Floats, n: Floats, items: Floats, correlations: Floats | None = None) -> Comparison:
    """Several alphas (g,) from n (g,) respondents and scales of `items` (g,) items.

    correlations: (g, g) of the scores where the same respondents gave all of them; None for independent groups.
    """
    if (alphas >= 1).any():
        raise EstimationError("alpha_not_comparable")
    same = correlations is not None
    length = np.full(len(items), len(items) / (1 / items).sum()) if same else items
    effective = n * (length - 1) / (length + 1)
    if (effective <= 1).any():
        raise EstimationError("alpha_not_comparable")
    scores = (1 - alphas) ** (-1 / 3)
    variances = 2 / (9 * (effective - 1)) * scores**2
    error = float(variances.mean())
    if correlations is not None:
        first, second = np.triu_indices(len(alphas), 1)
        error -= float((np.sqrt(variances[first] * variances[second]) * correlations[first, second] ** 2).mean())
    chi2 = float(((scores - scores.mean()) ** 2).sum()) / error
    return Comparison(statistic=chi2, df=len(alphas) - 1, p_value=float(chdtrc(len(alphas) - 1, chi2)))


def jackknife_covariance(values: Floats, counts: Floats, clusters: Clusters | None) -> Floats:
    """(g, g) covariance of log(1 - alpha) of g groups, from leaving out one unit (leader, or answer) at a time.

    values (p, k) of complete rows, counts (g, p), clusters over the g p columns group by group, None for independent answers.
    All leave-one-out alphas come from sums per unit: linear in units, whatever the number of answers.
    """
    groups, p = counts.shape
    x = values - weighted_mean(values, counts.sum(axis=0))
    moments = np.column_stack([np.ones(p), (x**2).sum(axis=1), x.sum(axis=1) ** 2, x])
    whole = np.stack([_log_error(counts[group] @ moments) for group in range(groups)])
    singles = counts.ravel() if clusters is None else clusters.singles
    weights = [singles]
    alone = np.repeat(whole[None, :], groups * p, axis=0)
    left = []
    for group in range(groups):
        part, total = slice(group * p, (group + 1) * p), counts[group] @ moments
        alone[part, group] = _log_error(total - moments)
        if clusters is not None:
            own = np.zeros((groups * p, moments.shape[1]))
            own[part] = moments
            left.append(_log_error(total - clusters.sums(own)))
    logs = [alone]
    if clusters is not None:
        logs.append(np.stack(left, axis=1))
        weights.append((clusters.sums(np.ones((groups * p, 1)))[:, 0] > 0).astype(float))
    every, weight = np.concatenate(logs), np.concatenate(weights)
    every, weight = every[weight > 0], weight[weight > 0]
    units = float(weight.sum())
    deviation = every - weight @ every / units
    return np.asarray((deviation * weight[:, None]).T @ deviation * (units - 1) / units)


def _log_error(sums: Floats) -> Floats:
    """log(1 - alpha) from sums over answers (..., 3 + k) of 1, sum of squares, squared sum, and the items; NaN without it."""
    n, squares, square = sums[..., 0], sums[..., 1], sums[..., 2]
    items = sums[..., 3:]
    k = items.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        trace = squares - (items**2).sum(axis=-1) / n
        total = square - items.sum(axis=-1) ** 2 / n
        logs = np.log1p(-k / (k - 1) * (1 - trace / total))
    return np.where(np.isfinite(logs), logs, np.nan)


def wald_equality(alphas: Floats, covariance: Floats, df_denominator: float = math.inf) -> Comparison:
    """Are alphas (g,) equal, covariance (g, g) being that of log(1 - alpha)? Wald test of the differences of the logs.

    df_denominator: clusters less one, when the covariance is clustered; the p-value is then that of F (chi2/df), which
    chi-square only approaches with many clusters.
    """
    if (alphas >= 1).any():
        raise EstimationError("alpha_not_comparable")
    contrasts = np.column_stack([-np.ones(len(alphas) - 1), np.eye(len(alphas) - 1)])
    difference = contrasts @ np.log1p(-alphas)
    spread = contrasts @ covariance @ contrasts.T
    np.fill_diagonal(spread, [quadratic_variance(contrast, covariance) for contrast in contrasts])
    try:
        test = wald_test(difference, spread, df_denominator)
    except EstimationError as reason:
        raise EstimationError("alpha_not_comparable") from reason
    return Comparison(statistic=test.chi2, df=test.df, p_value=test.p_value)
