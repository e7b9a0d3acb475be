"""Discrepancy and its expectation for robust CFI, TLI and RMSEA: population indices of normal complete items, estimated from
non-normal, incomplete or ordinal ones.

    complete MLR   X = chi2, c = its Yuan-Bentler scaling                               Brosseau-Liard & Savalei (2014)
    FIML           X = N F_ML(saturated moments, model moments at the FIML estimates)
                   k = tr(U Wm^-1 Wc Wm^-1 U O), U = Wm - Wm J (J'Wm J)^-1 J'Wm         Zhang & Savalei (2023), FIML-C V3
    ordinal        X = N F_ML(polychoric matrix, model correlations at the DWLS estimates)
                   k = tr(M'V M O), M = I - J (J'WJ)^-1 J'W                             Savalei (2021)

with c = k/df, O the covariance of the sample moments (times N), Wm and Wc the information of the incomplete and of complete
data at the saturated moments, V that of normal items at the model's correlations. lavaan agrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....core.errors import EstimationError
from .normal import GroupMoments, Normal
from .normal_fit import NormalFit
from .tests_of_fit import FitTest, NormalTests, OrdinalTests


@dataclass(frozen=True, kw_only=True)
class RobustFit:
    """X, df and c = E(X)/df of the model, and the same of the baseline model."""

    chi2: float
    df: int
    scaling: float
    baseline_chi2: float
    baseline_df: int
    baseline_scaling: float

    @property
    def has_baseline(self) -> bool:
        """Whether there is something for CFI and TLI to compare with: small samples may leave its scaling below 0."""
        return math.isfinite(self.baseline_chi2) and self.baseline_scaling > 0


def complete_robust_fit(exact: FitTest, baseline: FitTest) -> RobustFit:
    """Complete answers: the tests themselves."""
    return RobustFit(
        chi2=exact.chi2,
        df=exact.df,
        scaling=exact.scaling,
        baseline_chi2=baseline.chi2,
        baseline_df=baseline.df,
        baseline_scaling=baseline.scaling,
    )


def _as_if_complete(tests: NormalTests) -> Normal:
    """Complete data of the same size whose moments are the saturated ones."""
    sample = tests.fit.sample
    means, covariances = sample.unpack(sample.saturated)
    return Normal(
        [
            GroupMoments(np.ones((1, sample.k), dtype=bool), group.total[:, None], mean[None, None], covariance[None, None])
            for group, mean, covariance in zip(sample.likelihood.groups, means, covariances, strict=True)
        ]
    )


def incomplete_robust_fit(tests: NormalTests) -> RobustFit:
    """FIML-C (V3)."""
    sample = tests.fit.sample
    saturated = sample.saturated
    n = float(sample.counts.sum())
    complete = _as_if_complete(tests)
    information, spread = tests.saturated
    wanted = n * complete.derivatives(saturated[None])[2][0]
    covariance = np.linalg.solve(information, np.linalg.solve(information, spread).T)
    height = float(complete.log_likelihood(saturated[None])[0])

    def one(fit: NormalFit) -> tuple[float, float]:
        weighted = information @ fit.jacobian
        residual = information - weighted @ np.linalg.solve(fit.jacobian.T @ weighted, weighted.T)
        back = np.linalg.solve(information, residual)
        expectation = float(np.trace(back.T @ wanted @ back @ covariance))
        return 2 * (height - float(complete.log_likelihood(fit.moments[None])[0])), expectation

    chi2, expectation = one(tests.fit)
    baseline_chi2, baseline_expectation = one(tests.baseline_fit)
    df, baseline_df = tests.fit.df, tests.baseline_fit.df
    return RobustFit(
        chi2=chi2,
        df=df,
        scaling=expectation / df if df > 0 else float("nan"),
        baseline_chi2=baseline_chi2,
        baseline_df=baseline_df,
        baseline_scaling=baseline_expectation / baseline_df,
    )


def ordinal_robust_fit(tests: OrdinalTests) -> RobustFit:
    """Raises EstimationError where a group's polychoric or model correlation matrix is not positive definite."""
    fit = tests.fit
    k, sizes = fit.model.k, fit.sample.group_sizes
    first, second = np.triu_indices(k, 1)
    pairs = len(first)
    where = tests.correlations
    implied, residual_weight = fit.moments[where].reshape(-1, pairs), np.zeros((len(where), len(where)))
    chi2 = baseline = 0.0
    for g, (group, n) in enumerate(zip(fit.sample.groups, sizes, strict=True)):
        model = np.eye(k)
        model[first, second] = model[second, first] = implied[g]
        sample = group.matrix()
        values = np.linalg.eigvalsh(np.stack([sample, model]))
        if values[:, 0].min() < 1.5e-8:
            raise EstimationError("not_positive_definite")
        log_sample, log_model = np.log(values).sum(axis=1)
        inverse = np.linalg.solve(model, np.eye(k))
        chi2 += n * (log_model - log_sample + float((inverse * sample).sum()) - k)
        baseline -= n * log_sample
        block = slice(g * pairs, (g + 1) * pairs)
        residual_weight[block, block] = n * (
            inverse[np.ix_(first, first)] * inverse[np.ix_(second, second)]
            + inverse[np.ix_(first, second)] * inverse[np.ix_(second, first)]
        )
    jacobian = fit.jacobian[where]
    follow = np.eye(len(where)) - jacobian @ fit.gain[:, where]
    # Without the n/(n - 1) of the sample's covariance, since X here has N and not N - 1.
    covariance = tests.covariance[np.ix_(where, where)] * (fit.n - fit.sample.g) / fit.n
    expectation = float(np.trace(follow.T @ residual_weight @ follow @ covariance))
    independent = float((np.repeat(sizes, pairs) * np.diag(covariance)).sum())
    return RobustFit(
        chi2=float(chi2),
        df=fit.df,
        scaling=expectation / fit.df if fit.df > 0 else float("nan"),
        baseline_chi2=float(baseline),
        baseline_df=len(where),
        baseline_scaling=independent / len(where),
    )
