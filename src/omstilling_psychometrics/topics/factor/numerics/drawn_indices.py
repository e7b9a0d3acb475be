"""Indices of fit of one factor for many drawn ordinal samples at once, and nothing else: no errors, no expected changes.

In the `delta` model of one group every threshold is a parameter of its own and equals its moment. Then U of `tests_of_fit`
vanishes outside the correlations, and k loadings are fitted to m = k(k-1)/2 correlations alone:

    chi2 = (r - rho)' W (r - rho),  rho_ij = lambda_i lambda_j,  W = diag(var r)^-1 (DWLS) or n - 1 (ULS)
    U = W - W J (J'WJ)^-1 J'W (m, m),  O the covariance of r, thresholds estimated in the same sample

The baseline model needs no fit: its correlations are 0, so U = W. `ordinal_fit`, `tests_of_fit` and `robust_fit` find the same
numbers one sample at a time. Samples share everything but the answers: n, holes, clusters.

Shapes: b samples, n answers, k items, c categories, m pairs of items, u independent units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from ...correlation.numerics.polychoric import BOUNDARY
from ...correlation.numerics.polychoric_influence import OrdinalMoments, ordinal_moments_of
from . import indices
from .least_squares import LeastSquares
from .minimise import minimise
from .model import one_factor
from .ordinal_fit import Weights
from .robust_fit import RobustFit
from .tests_of_fit import FitTest, scaled_and_shifted

# Smallest eigenvalue of a correlation matrix that counts as positive, as in `robust_fit`.
_POSITIVE = 1.5e-8


@dataclass(frozen=True, kw_only=True)
class SampleDesign:
    """units: (u,) the first row of each independent unit, whose rows stand together; None where every row is one."""

    c: int
    units: NDArray[np.intp] | None
    estimator: Weights = "DWLS"

    def indices(self, samples: Sequence[NDArray[np.int8]], start: Floats) -> list[dict[str, float]]:
        """CFI, TLI, RMSEA, each plain, scaled and robust, SRMR and CRMR of each sample (n, k) of codes 1 … c, 0 = no answer;
        start (k,) loadings. Empty for a sample that cannot be fitted; without an index that is not defined."""
        n, k = samples[0].shape
        moments = self._moments(samples)
        weights = np.full_like(moments.correlations, n - 1.0)
        if self.estimator == "DWLS":
            with np.errstate(divide="ignore", invalid="ignore"):  # samples whose correlations have no variance are left out
                weights = (n - 1) / n / moments.correlation_variance()
        # NaN, where an item does not vary, compares as False.
        usable = (np.abs(moments.correlations) < BOUNDARY).all(axis=1) & np.isfinite(weights).all(axis=1)
        found: list[dict[str, float]] = [{} for _ in samples]
        good = np.flatnonzero(usable).tolist()
        if not good:
            return found
        model = one_factor("delta", k)
        problem = LeastSquares(moments.correlations[good], weights[good] / n)
        fit = minimise(model, problem, np.repeat(start[None], len(good), axis=0))
        implied, jacobian = model.moments(fit.theta), model.jacobian(fit.theta)
        for place, sample in enumerate(good):
            if fit.converged[place]:
                covariance = self._covariance(samples[sample], moments.correlation_influence[sample])
                one = _Fitted(
                    n=n,
                    k=k,
                    implied=implied[place],
                    jacobian=jacobian[place],
                    correlations=moments.correlations[sample],
                    weights=weights[sample],
                    covariance=covariance,
                )
                found[sample] = one.indices()
        return found

    def _moments(self, samples: Sequence[NDArray[np.int8]]) -> OrdinalMoments:
        c, k = self.c, samples[0].shape[1]
        first, second = np.triu_indices(k, 1)
        items = np.zeros((len(samples), k, c))
        tables = np.zeros((len(samples), len(first), c, c))
        for place, codes in enumerate(samples):
            columns = codes.T.astype(np.intp, order="C")
            items[place] = [np.bincount(column, minlength=c + 1)[1:] for column in columns]
            for pair, (i, j) in enumerate(zip(first, second, strict=True)):
                cells = np.bincount(columns[i] * (c + 1) + columns[j], minlength=(c + 1) ** 2)
                tables[place, pair] = cells.reshape(c + 1, c + 1)[1:, 1:]
        return ordinal_moments_of(items, tables)

    def _covariance(self, codes: NDArray[np.int8], influence: Floats) -> Floats:
        """O (m, m) from the influence (m, c+1, c+1) of a pair of answers on its correlation, times n/(n - 1)."""
        n, k = codes.shape
        first, second = np.triu_indices(k, 1)
        columns = codes.T.astype(np.intp, order="C")
        width = self.c + 1
        scores = np.stack(
            [influence[p].ravel()[columns[i] * width + columns[j]] for p, (i, j) in enumerate(zip(first, second, strict=True))]
        )
        if self.units is None:
            return np.asarray(scores @ scores.T * n / (n - 1))
        if self.units.size < 2:
            return np.full((len(first), len(first)), np.nan)
        sums = np.add.reduceat(scores, self.units, axis=1)
        return np.asarray(sums @ sums.T * (self.units.size / (self.units.size - 1)) * n / (n - 1))


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """One fitted sample: implied and observed correlations (m,), jacobian (m, k), weights (m,), covariance (m, m)."""

    n: int
    k: int
    implied: Floats
    jacobian: Floats
    correlations: Floats
    weights: Floats
    covariance: Floats

    def indices(self) -> dict[str, float]:
        implied, jacobian = self.implied, self.jacobian
        weighted = jacobian * self.weights[:, None]
        information = jacobian.T @ weighted
        scale = np.sqrt(np.diag(information))
        if (scale == 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
            return {}
        gain = np.linalg.solve(information, weighted.T)
        residual = self.correlations - implied
        unrestricted = np.diag(self.weights) - weighted @ gain
        m = len(residual)
        df = m - self.k
        exact = scaled_and_shifted(float(self.weights @ residual**2), df, unrestricted @ self.covariance)
        baseline = scaled_and_shifted(float(self.weights @ self.correlations**2), m, self.weights[:, None] * self.covariance)
        found = _triple("", _plain(exact, baseline), self.n - 1)
        found |= _triple("_scaled", _plain(exact, baseline, scaled=True), self.n - 1)
        sample, model = self._matrix(self.correlations), self._matrix(implied)
        robust = self._robust(sample, model, np.eye(m) - jacobian @ gain, df)
        if robust is not None:
            found |= _triple("_robust", robust, self.n - 1)
        found |= {"srmr": indices.srmr(sample, model), "crmr": indices.crmr(sample, model)}
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def _matrix(self, correlations: Floats) -> Floats:
        first, second = np.triu_indices(self.k, 1)
        out = np.eye(self.k)
        out[first, second] = out[second, first] = correlations
        return out

    def _robust(self, sample: Floats, model: Floats, follow: Floats, df: int) -> RobustFit | None:
        """Savalei (2021), as in `robust_fit`; None where a matrix is not positive definite."""
        values = np.linalg.eigvalsh(np.stack([sample, model]))
        if values[:, 0].min() < _POSITIVE:
            return None
        n, (i, j) = self.n, np.triu_indices(len(sample), 1)
        log_sample, log_model = np.log(values).sum(axis=1)
        inverse = np.linalg.inv(model)
        weight = inverse[np.ix_(i, i)] * inverse[np.ix_(j, j)] + inverse[np.ix_(i, j)] * inverse[np.ix_(j, i)]
        covariance = self.covariance * (n - 1) / n
        return RobustFit(
            chi2=float(n * (log_model - log_sample + (inverse * sample).sum() - len(sample))),
            df=df,
            scaling=n * float(np.trace(follow.T @ weight @ follow @ covariance)) / df,
            baseline_chi2=float(-n * log_sample),
            baseline_df=len(i),
            baseline_scaling=n * float(np.trace(covariance)) / len(i),
        )


def _plain(exact: FitTest, baseline: FitTest, *, scaled: bool = False) -> RobustFit:
    return RobustFit(
        chi2=exact.scaled if scaled else exact.chi2,
        df=exact.df,
        scaling=1.0,
        baseline_chi2=baseline.scaled if scaled else baseline.chi2,
        baseline_df=baseline.df,
        baseline_scaling=1.0,
    )


def _triple(kind: str, fit: RobustFit, n: int) -> dict[str, float]:
    return {
        f"cfi{kind}": indices.robust_cfi(fit),
        f"tli{kind}": indices.robust_tli(fit),
        f"rmsea{kind}": indices.robust_rmsea(fit, n),
    }
