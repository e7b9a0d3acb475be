"""Tests of exact fit, against the saturated model, robust to non-normality, missing answers and clusters.

Normal likelihood: chi2/c, c = [tr(A1^-1 B1) - tr(A0^-1 B0)]/df with observed information A and summed cross products of scores
B of the saturated moments (1) and the model (0) (Yuan & Bentler 2000, in the form of Mplus; Asparouhov & Muthen 2005).
Least squares: a chi2 + b with a = sqrt(df/tr(UO)^2), b = df - a tr(UO), which has the mean and variance of chi-square with df
degrees of freedom (Asparouhov & Muthen 2010); U = W - W J (J'WJ)^-1 J'W, O the covariance of the sample moments.

The baseline model, which incremental indices compare with, has free means or thresholds and no correlations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtrc

from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters
from .model import FactorModel, factor_model
from .normal_fit import NormalFit, fit_normal
from .ordinal_fit import OrdinalFit

# The scaling is of the order of one, whatever the data: below this it is rounding.
NO_SCALING = 1e-8


@dataclass(frozen=True, kw_only=True)
class FitTest:
    """chi2 and df; scaling = mean of chi2 per degree of freedom under the model; shift (0 for mean scaling); scaled statistic.
    NaN scaling where df is 0 or the scaling would not be positive."""

    chi2: float
    df: int
    scaling: float
    factor: float
    shift: float

    @property
    def scaled(self) -> float:
        return self.chi2 * self.factor + self.shift

    @property
    def p_value(self) -> float:
        return chi2_tail(self.chi2, self.df)

    @property
    def scaled_p_value(self) -> float:
        return chi2_tail(self.scaled, self.df)


def chi2_tail(statistic: float, df: float) -> float:
    """P(chi-square with df > statistic); NaN without degrees of freedom."""
    return float(chdtrc(df, max(statistic, 0.0))) if df > 0 else float("nan")


def mean_scaled(chi2: float, df: int, trace: float) -> FitTest:
    """chi2 divided by trace/df; NaN where the trace is not positive, as may happen in small samples."""
    if df <= 0 or not trace > 0:
        return FitTest(chi2=chi2, df=df, scaling=float("nan"), factor=float("nan"), shift=0.0)
    return FitTest(chi2=chi2, df=df, scaling=trace / df, factor=df / trace, shift=0.0)


def scaled_and_shifted(chi2: float, df: int, product: Floats) -> FitTest:
    """From the matrix U O (S, S); NaN where that is only rounding, as where the same people answer alike in every group."""
    trace, square = float(np.trace(product)), float(np.einsum("ij,ji->", product, product))
    if df <= 0 or not (square > 0 and trace > NO_SCALING * df):
        return FitTest(chi2=chi2, df=df, scaling=float("nan"), factor=float("nan"), shift=0.0)
    factor = float(np.sqrt(df / square))
    return FitTest(chi2=chi2, df=df, scaling=trace / df, factor=factor, shift=df - factor * trace)


@dataclass(frozen=True)
class NormalTests:
    """Tests of a normal-theory fit, independent or clustered answers."""

    fit: NormalFit
    clusters: Clusters | None = None

    @property
    def saturated(self) -> tuple[Floats, Floats]:
        """A1 and B1 (S, S) at the saturated moments."""
        return self.fit.sample.saturated_sandwich(self.clusters)

    def trace(self, fit: NormalFit) -> float:
        """tr(A1^-1 B1) - tr(A0^-1 B0) of a model on the same sample."""
        one, b_one = self.saturated
        b_zero = fit.score_covariance(self.clusters)
        return float(np.trace(np.linalg.solve(one, b_one)) - np.trace(np.linalg.solve(fit.observed_information, b_zero)))

    @cached_property
    def exact(self) -> FitTest:
        return mean_scaled(self.fit.chi2, self.fit.df, self.trace(self.fit))

    @cached_property
    def baseline_fit(self) -> NormalFit:
        """Means and variances only; the maximum is that of each item by itself."""
        model = baseline_model(self.fit.model)
        likelihood = self.fit.sample.likelihood
        start = []
        for group in likelihood.groups:
            weight = group.n[0][:, None] * group.observed
            mean = (weight * group.mean[0]).sum(axis=0) / weight.sum(axis=0)
            spread = np.einsum("uii->ui", group.covariance[0]) + (group.mean[0] - mean) ** 2
            start.append(np.concatenate([(weight * spread).sum(axis=0) / weight.sum(axis=0), mean]))
        return fit_normal(model, self.fit.sample, start=np.concatenate(start))

    @cached_property
    def baseline(self) -> FitTest:
        fit = self.baseline_fit
        return mean_scaled(fit.chi2, fit.df, self.trace(fit))


def baseline_model(model: FactorModel) -> FactorModel:
    """Uncorrelated continuous items: residual variances, then intercepts, free in every group."""
    empty = factor_model("continuous", np.zeros((model.k, 1), dtype=bool), groups=model.g)
    return empty.fix("loadings", 0.0)


@dataclass(frozen=True)
class OrdinalTests:
    """Tests of a least-squares fit, independent or clustered answers."""

    fit: OrdinalFit
    clusters: Clusters | None = None

    @cached_property
    def covariance(self) -> Floats:
        return self.fit.sample.covariance(self.clusters)

    @cached_property
    def residual_weight(self) -> Floats:
        """U (S, S)."""
        weighted = self.fit.jacobian * self.fit.weights[:, None]
        return np.asarray(np.diag(self.fit.weights) - weighted @ np.linalg.solve(self.fit.information, weighted.T))

    @cached_property
    def exact(self) -> FitTest:
        return scaled_and_shifted(self.fit.chi2, self.fit.df, self.residual_weight @ self.covariance)

    @cached_property
    def correlations(self) -> Floats:
        """Places of the correlations among the moments, group after group."""
        model = self.fit.model
        pairs = model.k * (model.k - 1) // 2
        return np.concatenate([np.arange(pairs) + group * model.s + model.k * model.t for group in range(model.g)])

    @cached_property
    def baseline(self) -> FitTest:
        where = self.correlations
        weights, sample = self.fit.weights[where], self.fit.sample.moments[where]
        product = weights[:, None] * self.covariance[np.ix_(where, where)]
        return scaled_and_shifted(float(weights @ sample**2), len(where), product)
