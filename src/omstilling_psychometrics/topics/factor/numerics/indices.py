"""Indices of approximate fit: CFI, TLI and RMSEA (naive, scaled, robust), SRMR and CRMR.

    CFI = 1 - max(X - c d, 0)/max(X - c d, X_b - c_b d_b, 0)          Bentler (1990)
    TLI = 1 - (X - c d) d_b/((X_b - c_b d_b) d)                       Tucker & Lewis (1973)
    RMSEA = sqrt(g max(X/d - c, 0)/N)                                 Steiger (1990); g groups: Steiger (1998)

with c = 1 for naive and scaled statistics. Least squares uses N - 1 for N, as lavaan does. Intervals of CFI and TLI are those
of RMSEA said of the same excess: X - c d lies between c times the bounds of the noncentrality of X/c, and the excess of the
baseline model, many times larger, is taken as known.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import chndtr, ndtr

from ....core.numerics.arrays import Floats
from .robust_fit import RobustFit

# chndtr sums as many terms as the noncentrality; beyond this the cube-root normal approximation is used instead.
_LARGE_NONCENTRALITY = 5e3


def cfi(
    chi2: float, df: float, baseline: float, baseline_df: float, scaling: float = 1.0, baseline_scaling: float = 1.0
) -> float:
    """1 for a model that fits no worse than expected; NaN where a statistic is."""
    excess = chi2 - scaling * df if df > 0 else 0.0
    worst = max(excess, baseline - baseline_scaling * baseline_df, 0.0)
    if math.isnan(excess) or math.isnan(baseline):
        return math.nan
    return 1 - max(excess, 0.0) / worst if worst > 0 else 1.0


def tli(
    chi2: float, df: float, baseline: float, baseline_df: float, scaling: float = 1.0, baseline_scaling: float = 1.0
) -> float:
    """May exceed 1. 1 for a model without degrees of freedom."""
    if df <= 0:
        return 1.0
    worse = (baseline - baseline_scaling * baseline_df) * df
    return 1 - (chi2 - scaling * df) * baseline_df / worse if worse != 0 else math.nan


def rmsea(chi2: float, df: float, n: float, *, groups: int = 1, scaling: float = 1.0) -> float:
    """0 for a model without degrees of freedom."""
    if df <= 0:
        return 0.0
    return math.sqrt(groups * max(chi2 / df - scaling, 0.0) / n) if math.isfinite(chi2) else math.nan


def noncentral_chi2_cdf(x: float, df: float, noncentrality: float) -> float:
    """P(chi-square <= x); Sankaran's (1959) approximation for large noncentrality."""
    if noncentrality <= _LARGE_NONCENTRALITY:
        return float(chndtr(x, df, noncentrality))
    total, twice = df + noncentrality, df + 2 * noncentrality
    h = 1 - 2 / 3 * total * (df + 3 * noncentrality) / twice**2
    p, m = twice / total**2, (h - 1) * (1 - 3 * h)
    z = ((x / total) ** h - (1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p))) / (h * math.sqrt(2 * p) * (1 + 0.5 * m * p))
    return float(ndtr(z))


def noncentrality(x: float, df: float, probability: float) -> float:
    """The noncentrality at which P(chi-square <= x) is `probability`; 0 where even a central one is too large.

    A perfect fit leaves an x that rounding may take below 0.
    """
    if x <= 0 or noncentral_chi2_cdf(x, df, 0.0) <= probability:
        return 0.0
    high = max(x, 1.0)
    while noncentral_chi2_cdf(x, df, high) > probability:
        high *= 2

    def excess(value: float) -> float:
        return noncentral_chi2_cdf(x, df, value) - probability

    return float(brentq(excess, 0.0, high, xtol=1e-10 * max(1.0, x), rtol=1e-12))


def _excess_interval(level: float, chi2: float, df: float, scaling: float) -> tuple[float, float]:
    """Bounds of X - c d, the part of a statistic that misfit adds, from the noncentral distribution of X/c."""
    if df <= 0 or not math.isfinite(chi2) or not scaling > 0:
        return math.nan, math.nan
    low, high = (noncentrality(chi2 / scaling, df, probability) for probability in ((1 + level) / 2, (1 - level) / 2))
    return scaling * low, scaling * high


def rmsea_interval(
    level: float, *, chi2: float, df: float, n: float, groups: int = 1, scaling: float = 1.0
) -> tuple[float, float]:
    """Bounds from the noncentral distribution of chi2/scaling (Browne & Cudeck 1993). By habit reported at the level .90."""
    low, high = _excess_interval(level, chi2, df, scaling)
    return math.sqrt(groups * low / (n * df)) if df > 0 else low, math.sqrt(groups * high / (n * df)) if df > 0 else high


def _share_of_baseline(level: float, fit: RobustFit) -> tuple[float, float]:
    """Bounds of the misfit as a share of that of the model in which no item goes with another; NaN where that has none."""
    low, high = _excess_interval(level, fit.chi2, fit.df, fit.scaling)
    worst = fit.baseline_chi2 - fit.baseline_scaling * fit.baseline_df
    return (low / worst, high / worst) if worst > 0 else (math.nan, math.nan)


def cfi_interval(level: float, fit: RobustFit) -> tuple[float, float]:
    """Bounds of CFI, between 0 and 1; NaN without degrees of freedom, or where no item goes with another."""
    low, high = _share_of_baseline(level, fit)
    return 1 - min(high, 1.0), 1 - min(low, 1.0)


def tli_interval(level: float, fit: RobustFit) -> tuple[float, float]:
    """Bounds of TLI: at most 1, or the sample's TLI where that exceeds 1."""
    low, high = _share_of_baseline(level, fit)
    per_df = fit.baseline_df / fit.df if fit.df > 0 else math.nan
    return 1 - high * per_df, max(1 - low * per_df, robust_tli(fit))


def close_fit_p_value(chi2: float, df: float, n: float, *, groups: int = 1, scaling: float = 1.0, close: float = 0.05) -> float:
    """p of the hypothesis that RMSEA is at most `close` (Browne & Cudeck 1993)."""
    if df <= 0 or not math.isfinite(chi2):
        return math.nan
    return 1 - noncentral_chi2_cdf(max(chi2, 0.0) / scaling, df, n * df * close**2 / (scaling * groups))


def robust_cfi(fit: RobustFit) -> float:
    return cfi(fit.chi2, fit.df, fit.baseline_chi2, fit.baseline_df, fit.scaling, fit.baseline_scaling)


def robust_tli(fit: RobustFit) -> float:
    return tli(fit.chi2, fit.df, fit.baseline_chi2, fit.baseline_df, fit.scaling, fit.baseline_scaling)


def robust_rmsea(fit: RobustFit, n: float, *, groups: int = 1) -> float:
    return rmsea(fit.chi2, fit.df, n, groups=groups, scaling=fit.scaling)


def residual_correlations(sample: Floats, implied: Floats) -> Floats:
    """(..., k, k) residual covariances over the sample's standard deviations, diagonal included (Bentler 1995)."""
    scale = np.sqrt(np.einsum("...ii->...i", sample))
    return np.asarray((sample - implied) / (scale[..., :, None] * scale[..., None, :]))


def srmr(sample: Floats, implied: Floats) -> float:
    """Root mean square of the k(k + 1)/2 residual correlations (k, k), no means. lavaan's srmr_bentler_nomean."""
    residual = residual_correlations(sample, implied)
    return float(np.sqrt((residual[np.triu_indices(len(residual))] ** 2).mean()))


def correlation_residuals(sample: Floats, implied: Floats) -> Floats:
    """(k, k) correlations of the sample less those of the model (Bollen 1989)."""

    def correlation(matrix: Floats) -> Floats:
        scale = np.sqrt(np.diag(matrix))
        return np.asarray(matrix / np.outer(scale, scale))

    return np.asarray(correlation(sample) - correlation(implied))


def crmr(sample: Floats, implied: Floats) -> float:
    """Root mean square of the k(k - 1)/2 differences of correlations. lavaan's crmr_nomean."""
    difference = correlation_residuals(sample, implied)
    return float(np.sqrt((difference[np.triu_indices(len(difference), 1)] ** 2).mean()))
