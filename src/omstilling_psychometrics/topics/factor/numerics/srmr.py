"""Size of misfit in the population: an unbiased SRMR with its standard error.

    SRMR_u = sqrt(max(e'e - tr Xi, 0)/p)/k,   se = sqrt((tr Xi^2 + 2 e'Xi e)/(2 p e'e))/k,
    k = 1 - (tr Xi^2 + 2 e'Xi e)/(4 (e'e)^2)

e holds the k(k+1)/2 = p residual correlations, Xi their covariance: Q G Q', Q = I - J (J'VJ)^-1 J'V, with the weights V that
the estimator gives the sample moments and their covariance G, clustered or not. Maydeu-Olivares (2017), Psychometrika 82,
533-558. Correlations, not means or thresholds. lavaan::lavResiduals (cor.bentler) agrees.

Where there is hardly any misfit, e'e is mostly chance, and so is the width of his interval, SRMR_u -+ z se
(docs/studies/fit_intervals.md). Ours takes e'e for a times noncentral chi-square with d degrees of freedom, a = e'Xi e/e'e and
a d = tr Xi: the mean of normal e, and the part of the variance that grows with misfit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats
from .indices import noncentrality, residual_correlations
from .normal_fit import NormalFit
from .tests_of_fit import NormalTests, OrdinalTests


@dataclass(frozen=True, kw_only=True)
class UnbiasedSrmr:
    """estimate and std_error; square: e'e; expected: tr Xi; along: e'Xi e/e'e; elements: p."""

    estimate: float
    std_error: float
    square: float
    expected: float
    along: float
    elements: float

    def confidence_interval(self, level: float) -> tuple[float, float]:
        """Bounds of the population's SRMR, never negative; the estimate itself where the residuals are known."""
        if not self.along > 0:
            return self.estimate, self.estimate
        low, high = (
            noncentrality(self.square / self.along, self.expected / self.along, probability)
            for probability in ((1 + level) / 2, (1 - level) / 2)
        )
        return math.sqrt(self.along * low / self.elements), math.sqrt(self.along * high / self.elements)

    def close_fit_p_value(self, close: float = 0.05) -> float:
        """p of the hypothesis that it is at most `close`."""
        return float(ndtr((close - self.estimate) / self.std_error))


def unbiased_srmr(residuals: Floats, covariance: Floats, elements: float) -> UnbiasedSrmr:
    """From the residual correlations (m,) that are not 0 by construction, their covariance (m, m), and p."""
    square, expected = float(residuals @ residuals), float(np.trace(covariance))
    product = float(residuals @ covariance @ residuals)
    spread = float(np.einsum("ij,ji->", covariance, covariance)) + 2 * product
    # Without any residual no direction is theirs: the mean over all of them.
    along = product / square if square > 0 else expected / len(residuals)
    observed = square
    excess = max(square - expected, 0.0)
    if spread >= 4 * square**2:
        # Residuals far below what their errors alone would give make k negative; their expectation does not.
        square = max(square, expected)
    correction = 1 - spread / (4 * square**2)
    return UnbiasedSrmr(
        estimate=math.sqrt(excess / elements) / correction,
        std_error=math.sqrt(spread / (2 * elements * square)) / correction,
        square=observed,
        expected=expected,
        along=along,
        elements=elements,
    )


def _left_over(jacobian: Floats, weights: Floats) -> Floats:
    """Q (S, S): what the model leaves of a change of the sample moments."""
    gain = np.linalg.solve(jacobian.T @ weights @ jacobian, jacobian.T @ weights)
    return np.asarray(np.eye(len(jacobian)) - jacobian @ gain)


def normal_srmr(tests: NormalTests, *, robust: bool) -> UnbiasedSrmr:
    """One group. Expected information and normal answers, or observed information and the sandwich."""
    fit: NormalFit = tests.fit
    _, observed, expected = fit.moment_derivatives
    if robust:
        information, spread = tests.saturated
        covariance = np.linalg.solve(information, np.linalg.solve(information, spread).T)
    else:
        _, _, saturated = fit.sample.likelihood.derivatives(fit.sample.saturated[None])
        covariance = np.linalg.inv(fit.sample.counts.sum() * saturated[0])
    left = _left_over(fit.jacobian, observed if robust else expected)
    k = fit.model.k
    sample = fit.sample.unpack(fit.sample.saturated)[1][0]
    implied = fit.model.covariance(fit.model.elements(fit.parameters))[0]
    first, second = np.triu_indices(k)
    scale = 1 / np.sqrt(np.diag(sample))
    both = scale[first] * scale[second]
    inside = (left @ covariance @ left.T)[k:, k:] * np.outer(both, both)
    return unbiased_srmr(residual_correlations(sample, implied)[first, second], inside, len(first))


def ordinal_srmr(tests: OrdinalTests) -> UnbiasedSrmr:
    """One group. The diagonal has no residuals, and counts in p."""
    fit, where = tests.fit, tests.correlations
    left = (np.eye(len(fit.jacobian)) - fit.jacobian @ fit.gain)[where]
    # Without the n/(n - g) of the tests, as lavaan has it.
    covariance = left @ tests.covariance @ left.T * (fit.n - fit.sample.g) / fit.n
    return unbiased_srmr(fit.residuals[where], covariance, fit.model.k * (fit.model.k + 1) / 2)
