"""Indices of fit of one factor for many drawn ordinal samples at once, and nothing else: no errors, no expected changes.

In the `delta` model of one group every threshold is a parameter of its own and equals its moment. Then U of `tests_of_fit`
vanishes outside the correlations, and k loadings are fitted to m = k(k-1)/2 correlations alone:

    chi2 = (r - rho)' W (r - rho),  rho_ij = lambda_i lambda_j,  W = diag(var r)^-1 (DWLS) or n - 1 (ULS)
    U = W - W J (J'WJ)^-1 J'W (m, m),  O the covariance of r, thresholds estimated in the same sample

The baseline model needs no fit: its correlations are 0, so U = W. `ordinal_fit`, `tests_of_fit` and `robust_fit` find the same
numbers one sample at a time. Samples share everything but the answers: n, holes, clusters.

Shapes: b samples, k items, m pairs of items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from ...correlation.numerics.polychoric import BOUNDARY
from . import indices
from .factor_loadings import loadings_of
from .ordinal_fit import Weights
from .robust_fit import RobustFit
from .tests_of_fit import FitTest, scaled_and_shifted

# Smallest eigenvalue of a correlation matrix that counts as positive, as in `robust_fit`.
_POSITIVE = 1.5e-8
# Information worse conditioned than this, on the parameters' own scale, does not determine the loadings.
_CONDITION = 1e12
# A standardized loading on the way to infinity, as one is where no other item goes with the others: of 6,000 samples of 36
# answers no fit with a larger one had a minimum.
_LARGEST_LOADING = 10.0
# Half the decrement of f at which a fit has settled; the step that shows it is taken too.
_TOLERANCE = 1e-12
# Numbers of matrices (m, m) that are worked on at a time.
_TOGETHER = 4_000_000


@dataclass(frozen=True, kw_only=True)
class DrawnMoments:
    """What the indices of b samples of n answers come from: correlations (b, m), the variance that each would have with
    independent answers (b, m), and their covariance O with n/(n - 1), (b, m, m)."""

    n: int
    k: int
    correlations: Floats
    variances: Floats
    covariance: Floats

    def indices(self, start: Floats, estimator: Weights = "DWLS") -> list[dict[str, float]]:
        """CFI, TLI, RMSEA, each plain, scaled and robust, SRMR and CRMR of each sample; start (k,) loadings. Empty for a sample
        that cannot be fitted; without an index that is not defined."""
        found: list[dict[str, float]] = []
        together = max(1, _TOGETHER // self.correlations.shape[1] ** 2)
        for first in range(0, len(self.correlations), together):
            found += self._take(slice(first, first + together))._indices(start, estimator)
        return found

    def _take(self, part: slice | NDArray[np.intp]) -> DrawnMoments:
        return replace(
            self,
            correlations=self.correlations[part],
            variances=self.variances[part],
            covariance=self.covariance[part],
        )

    def _indices(self, start: Floats, estimator: Weights) -> list[dict[str, float]]:
        weights = np.full_like(self.correlations, self.n - 1.0)
        if estimator == "DWLS":
            with np.errstate(divide="ignore", invalid="ignore"):  # samples whose correlations have no variance are left out
                weights = (self.n - 1) / self.n / self.variances
        # NaN, where an item does not vary, compares as False.
        usable = (np.abs(self.correlations) < BOUNDARY).all(axis=1) & np.isfinite(weights).all(axis=1)
        found: list[dict[str, float]] = [{} for _ in self.correlations]
        good = np.flatnonzero(usable)
        if not good.size:
            return found
        loadings, converged = loadings_of(self.correlations[good], weights[good] / self.n, start, _TOLERANCE, _LARGEST_LOADING)
        first, second = np.triu_indices(self.k, 1)
        jacobian = np.zeros((*weights[good].shape, self.k))
        pair = np.arange(len(first))
        jacobian[:, pair, first], jacobian[:, pair, second] = loadings[:, second], loadings[:, first]
        weighted = jacobian * weights[good][:, :, None]
        information = np.swapaxes(jacobian, 1, 2) @ weighted
        scale = np.sqrt(np.einsum("bii->bi", information))
        determined = converged & (scale > 0).all(axis=1)
        scaled = information[determined] / (scale[determined][:, :, None] * scale[determined][:, None, :])
        determined[determined] = np.linalg.cond(scaled) <= _CONDITION
        if not determined.any():
            return found
        kept = np.flatnonzero(determined)
        fitted = _Fitted(
            moments=self._take(good[kept]),
            implied=loadings[kept][:, first] * loadings[kept][:, second],
            weights=weights[good[kept]],
            jacobian=jacobian[kept],
            gain=np.asarray(np.linalg.solve(information[kept], np.swapaxes(weighted[kept], 1, 2)), dtype=np.float64),
        )
        for place, one in zip(good[kept].tolist(), fitted.indices(), strict=True):
            found[place] = one
        return found


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """Fitted samples: implied correlations (b, m), weights (b, m), jacobian (b, m, k), gain (J'WJ)^-1 J'W (b, k, m)."""

    moments: DrawnMoments
    implied: Floats
    weights: Floats
    jacobian: Floats
    gain: Floats

    def indices(self) -> list[dict[str, float]]:
        correlations, n, m = self.moments.correlations, self.moments.n, self.implied.shape[1]
        df = m - self.moments.k
        weighted = self.weights[:, :, None] * self.moments.covariance
        chi2 = (self.weights * (correlations - self.implied) ** 2).sum(axis=1)
        baseline_chi2 = (self.weights * correlations**2).sum(axis=1)
        # U O = W (O - J ((J'WJ)^-1 J'W O)): J has few columns
        left = self.moments.covariance - self.jacobian @ (self.gain @ self.moments.covariance)
        products = self.weights[:, :, None] * left
        sample, model = self._matrices(correlations), self._matrices(self.implied)
        robust = self._robust(sample, model, df)
        found = []
        for place in range(len(chi2)):
            exact = scaled_and_shifted(float(chi2[place]), df, products[place])
            baseline = scaled_and_shifted(float(baseline_chi2[place]), m, weighted[place])
            one = _triple("", _plain(exact, baseline), n - 1)
            one |= _triple("_scaled", _plain(exact, baseline, scaled=True), n - 1)
            if (own := robust[place]) is not None:
                one |= _triple("_robust", own, n - 1)
            one |= {
                "srmr": indices.srmr(sample[place], model[place]),
                "crmr": indices.crmr(sample[place], model[place]),
            }
            found.append({name: value for name, value in one.items() if math.isfinite(value)})
        return found

    def _matrices(self, correlations: Floats) -> Floats:
        """(b, k, k)"""
        k = self.moments.k
        first, second = np.triu_indices(k, 1)
        out = np.broadcast_to(np.eye(k), (len(correlations), k, k)).copy()
        out[:, first, second] = out[:, second, first] = correlations
        return out

    def _robust(self, sample: Floats, model: Floats, df: int) -> list[RobustFit | None]:
        """Savalei (2021), as in `robust_fit`; None where a matrix is not positive definite."""
        n, k, m = self.moments.n, self.moments.k, self.implied.shape[1]
        values = np.linalg.eigvalsh(np.stack([sample, model]))
        good = np.flatnonzero(values[:, :, 0].min(axis=0) >= _POSITIVE)
        fits: list[RobustFit | None] = [None] * len(sample)
        if not good.size:
            return fits
        log_sample, log_model = np.log(values[:, good]).sum(axis=2)
        inverse = np.linalg.inv(model[good])
        i, j = np.triu_indices(k, 1)
        weight = inverse[:, i[:, None], i] * inverse[:, j[:, None], j] + inverse[:, i[:, None], j] * inverse[:, j[:, None], i]
        # Without the n/(n - 1) of O, since X here has N and not N - 1.
        inside = self.moments.covariance[good] * (n - 1) / n
        jacobian, gain = self.jacobian[good], self.gain[good]
        # F'VF of F = I - J (J'WJ)^-1 J'W, V the weight
        left = weight - (weight @ jacobian) @ gain
        left -= np.swapaxes(gain, 1, 2) @ (np.swapaxes(jacobian, 1, 2) @ left)
        expectation = n * (left * inside).sum(axis=(1, 2))
        independent = n * np.einsum("bii->b", inside)
        chi2 = n * (log_model - log_sample + (inverse * sample[good]).sum(axis=(1, 2)) - k)
        for place, one in enumerate(good.tolist()):
            fits[one] = RobustFit(
                chi2=float(chi2[place]),
                df=df,
                scaling=float(expectation[place]) / df,
                baseline_chi2=float(-n * log_sample[place]),
                baseline_df=m,
                baseline_scaling=float(independent[place]) / m,
            )
        return fits


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
