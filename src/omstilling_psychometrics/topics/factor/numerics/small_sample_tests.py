"""Tests of factor models that keep their level in small samples and with few clusters.

    T ~ z'Uz,  V = cov z:   E T = tr(UV),   var T = 2 tr((UV)^2)

(Satorra & Bentler 1994; Satorra 2000 for differences.) Three things are done otherwise than in the plain tests.

*Where V is taken.* The plain tests take it at the sample's moments, as Wald tests do. With likelihood it is taken here at those
of the model under test, as score tests do (Boos 1992, The American Statistician 46, 327-333). Least squares weigh by the
sample: with rare categories its V makes tests of residual variances reject too often, the model's V makes all reject too
seldom, and the moments halfway between the two are nearer to the level (docs/studies/group_tests.md). The information there is
the expected one: where ordered answers are not bivariate normal, the cross product of scores is up to twice the curvature.

*Products of a cluster with itself* are no products of two independent ones. With V estimated by c sum_g S_g S_g', tr((U V)^2)
is too large by about (tr UV)^2/G, and the test rejects too seldom. Products of different clusters alone have no such bias
(Chen, Zhang & Zhong 2010, JASA 105, 810-819):

    tr((UV)^2) ~ c^2 G/(G - 1) sum over g != h of (S_g'U S_h)^2

*What T is held against.* With likelihood, whose V is that of a score test, a T + d - a tr(UV) with a = sqrt(d/tr((UV)^2)) is
chi-square of d degrees of freedom (Asparouhov & Muthen 2010). Least squares divide by an estimate of the spread, as Student's
t does, so that T/tr(UV) is F(f, h), f = tr(UV)^2/tr((UV)^2), h = 2 tr(UV)^2/var tr(UV), with the variance of the sum tr(UV) =
c sum_g S_g'U S_g from its G terms (Box 1954, Annals of Mathematical Statistics 25, 290-302; Brunner, Dette & Munk 1997, JASA
92, 1494-1502).

Shapes: r patterns, S moments, q parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import chdtri, fdtrc

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, independent_meat
from .fit import FactorFit, WeighedMoments
from .tests_of_fit import NO_SCALING, chi2_tail

# A p value below the smallest number has no chi-square; that number's is taken.
_LEAST_P = float(np.finfo(float).tiny)

# With less relative variance of the trace than this, F is chi-square to all digits.
_NO_SPREAD = 1e-18

# An eigenvalue of U below this share of the largest is but rounding.
_NO_DIRECTION = 1e-13


@dataclass(frozen=True, kw_only=True)
class TraceMoments:
    """tr(UV), tr((UV)^2), and the variance of tr(UV) as it is estimated."""

    trace: float
    square: float
    variance_of_trace: float

    def chi2_of_scaled(self, chi2: float, df: int) -> float:
        """T scaled and shifted so that it has the mean and the variance of chi-square of df degrees of freedom."""
        return math.sqrt(df / self.square) * (chi2 - self.trace) + df

    def chi2_of_f(self, chi2: float, df: int) -> float:
        """The chi-square of df degrees of freedom that is as improbable as T/tr(UV) is as F."""
        numerator = self.trace**2 / self.square
        denominator = 2 / max(self.variance_of_trace / self.trace**2, _NO_SPREAD)
        p = float(fdtrc(numerator, denominator, max(chi2 / self.trace, 0.0)))
        return float(chdtri(df, max(p, _LEAST_P)))


@dataclass(frozen=True, kw_only=True)
class ScaledTest:
    """statistic, to be compared with chi-square of df degrees of freedom."""

    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        return chi2_tail(self.statistic, self.df)


def trace_moments(weight: Floats, influence: Floats, clusters: Clusters, correction: float = 1.0) -> TraceMoments:
    """Without the bias of few clusters. weight U (S, S), symmetric; influence (r, S) of the patterns on the moments;
    correction: a factor of V beside G/(G - 1). Raises EstimationError with one cluster and where the square is not positive."""
    units = clusters.size
    if units < 2:
        raise EstimationError("one_cluster")
    # U has few directions, as many as there are degrees of freedom: only along these do clusters have to be added up.
    values, vectors = np.linalg.eigh(weight)
    kept = np.abs(values) > _NO_DIRECTION * np.abs(values).max()
    values, along = values[kept], influence @ vectors[:, kept]
    own = along**2 @ values
    cross, total, squares = independent_meat(along, clusters.alone), clusters.alone @ own, clusters.alone @ own**2
    for sums in clusters.sums_of_several(along):
        own = sums**2 @ values
        cross, total, squares = cross + sums.T @ sums, total + own.sum(), squares + own @ own
    factor = correction * units / (units - 1)
    product = values[:, None] * cross
    different = float(np.einsum("ij,ji->", product, product) - squares)
    if not different > 0:
        raise EstimationError("covariance_singular")
    spread = float(squares - total**2 / units)
    return TraceMoments(
        trace=factor * float(total),
        square=factor**2 * units / (units - 1) * different,
        variance_of_trace=factor**2 * units / (units - 1) * spread,
    )


def fit_test(fit: FactorFit, clusters: Clusters | None) -> ScaledTest:
    """Test of exact fit. Raises EstimationError as `trace_moments`, without degrees of freedom and where tr(UV) is rounding.

    U = W - W J (J'WJ)^-1 J'W with the Jacobian J (S, q) of the model.
    """
    if fit.df <= 0:
        raise EstimationError("no_degrees_of_freedom")
    weighed = fit.weighed_moments()
    weighted = weighed.weight @ fit.jacobian
    weight = weighed.weight - weighted @ np.linalg.solve(fit.jacobian.T @ weighted, weighted.T)
    return _tested(fit, weighed, fit.chi2, fit.df, weight, clusters)


def difference_test(wider: FactorFit, narrower: FactorFit, clusters: Clusters | None) -> ScaledTest:
    """Test of a model against a wider one on the same sample. Raises EstimationError as `fit_test`, and if none is wider.

    U = W J (P^-1 - H (H'PH)^-1 H') J' W with the wider model's Jacobian J (S, q), P = J'WJ, and J H the narrower one's.
    """
    df = narrower.df - wider.df
    if df <= 0:
        raise EstimationError("models_not_nested")
    weighed = narrower.weighed_moments()
    how, *_ = np.linalg.lstsq(wider.jacobian, narrower.jacobian, rcond=None)
    weighted = weighed.weight @ wider.jacobian
    inside = wider.jacobian.T @ weighted
    kept = how @ np.linalg.solve(how.T @ inside @ how, how.T)
    weight = weighted @ (np.linalg.solve(inside, weighted.T) - kept @ weighted.T)
    return _tested(narrower, weighed, narrower.chi2 - wider.chi2, df, weight, clusters)


def _tested(
    fit: FactorFit, weighed: WeighedMoments, chi2: float, df: int, weight: Floats, clusters: Clusters | None
) -> ScaledTest:
    """chi2 against what U = weight (S, S) and the influence of the answers lead to expect of it."""
    counts = fit.sample.counts
    units = clusters or Clusters(csr_array((0, len(counts))), counts)
    moments = trace_moments(weight, weighed.influence, units, fit.n / fit.index_n)
    if not moments.trace > NO_SCALING * df:
        raise EstimationError("scaling_not_positive")
    statistic = moments.chi2_of_f(chi2, df) if weighed.studentised else moments.chi2_of_scaled(chi2, df)
    return ScaledTest(statistic=statistic, df=df)
