"""Exploratory factor analysis of a correlation matrix: minimum residuals, maximum likelihood, principal axes.

    R = L L' + diag(psi),   psi = 1 - diag(L L')

minres  least squares of the residual correlations (Harman & Jones 1966), as unweighted least squares in psi
ml      maximum likelihood, min ln|Sigma| + tr(R Sigma^-1) - ln|R| - k (Joreskog 1967)
paf     principal axes, communalities iterated from squared multiple correlations

minres and ml minimise over psi alone, the loadings following from eigenvectors, by Newton's method with the exact Hessian
(Joreskog 1977), psi bounded below by LOWEST as in psych::fa and factanal. A uniqueness at that bound, or below in paf, is a
Heywood case. psych::fa(fm = "minres", "ml", "pa") agrees.

k items, m factors; L (k, m) unrotated, in the order of their sums of squares, column sums positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .factor_alignment import oriented
from .sampling_adequacy import SINGULAR

Derivatives = tuple[float, Floats, Floats]

LOWEST = 0.005
_NEWTON_STEPS = 200
_GRADIENT = 1e-10
_PAF_STEPS = 20_000
_PAF_CHANGE = 1e-10


@dataclass(frozen=True)
class Extraction:
    """loadings (k, m), uniquenesses (k,), heywood (k,) items without unique variance of their own."""

    loadings: Floats
    uniquenesses: Floats
    heywood: NDArray[np.bool_]
    converged: bool


def degrees_of_freedom(k: int, factors: int) -> int:
    """((k - m)^2 - k - m)/2; below 0 the loadings are not identified."""
    return ((k - factors) ** 2 - k - factors) // 2


def extract(correlations: Floats, factors: int, method: str, start: Floats | None = None) -> Extraction:
    """Loadings of correlations (k, k) by `minres`, `ml` or `paf`.

    start: (k,) uniquenesses near the solution (bootstrap draws). Without it, several starts for more than one factor: there
    the objective has local minima, of which the lowest is kept; psych::fa keeps the first it meets.
    Raises ValueError: "not_identified" for too many factors, "covariance_singular" where ml needs an inverse.
    """
    k = len(correlations)
    if factors < 1 or degrees_of_freedom(k, factors) < 0:
        raise ValueError("not_identified")
    lowest = float(np.linalg.eigvalsh(correlations)[0])
    if method == "ml" and lowest < SINGULAR:
        raise ValueError("covariance_singular")
    communalities = _starting_communalities(correlations, lowest)
    if method == "paf" and start is None:
        return _principal_axes(correlations, factors, communalities)
    if start is not None:
        starts = [np.clip(start, LOWEST, 1.0)]
    else:
        # Joreskog (1977, eq. 45); then each item in turn as almost a factor by itself.
        usual = np.clip((1 - 0.5 * factors / k) * (1 - communalities), 0.05, 0.95)
        starts = [usual, *(np.where(np.arange(k) == item, 0.1, 0.7) for item in range(k if factors > 1 else 0))]
    # Where principal axes settle the squared residuals have a minimum, which Newton's method reaches from nearby in few steps.
    derivatives = partial(_maximum_likelihood if method == "ml" else _least_squares, correlations, factors)
    psi, _, converged = min((_minimise(derivatives, one) for one in starts), key=lambda found: round(found[1], 12))
    loadings = (
        _scaled_vectors(correlations, factors, psi) if method == "ml" else _principal(correlations - np.diag(psi), factors)
    )
    loadings = oriented(loadings)[0]
    return Extraction(loadings, 1 - (loadings**2).sum(axis=1), psi <= LOWEST * (1 + 1e-9), converged)


def _starting_communalities(correlations: Floats, lowest: float) -> Floats:
    """Squared multiple correlations, or the largest correlation of each item where there is no inverse."""
    if lowest < SINGULAR:
        return np.asarray(np.abs(correlations - np.eye(len(correlations))).max(axis=0))
    return np.asarray(1 - 1 / np.diag(np.linalg.solve(correlations, np.eye(len(correlations)))))


def _principal(reduced: Floats, factors: int) -> Floats:
    """(k, m) loadings of the largest eigenvalues of a reduced correlation matrix."""
    values, vectors = np.linalg.eigh(reduced)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None)))[:, ::-1][:, :factors])


def _scaled_vectors(correlations: Floats, factors: int, psi: Floats) -> Floats:
    """(k, m) maximum likelihood loadings given psi."""
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
    return np.asarray((root[:, None] * vectors * np.sqrt(np.clip(values - 1, 0, None)))[:, ::-1][:, :factors])


def _least_squares(correlations: Floats, factors: int, psi: Floats) -> Derivatives:
    """Half the sum of squared residuals, its gradient and Hessian in psi; s runs over the k - m smallest eigenvalues."""
    values, vectors = np.linalg.eigh(correlations - np.diag(psi))
    left, kept = values[:-factors], np.clip(values[-factors:], 0, None)
    own = vectors[:, :-factors]
    product = own @ own.T
    ratio = 2 * left[:, None] / np.minimum(left[:, None] - kept, -1e-12)
    return 0.5 * float(left @ left), -(own**2) @ left, product**2 + _mixed(own, vectors[:, -factors:], ratio)


def _maximum_likelihood(correlations: Floats, factors: int, psi: Floats) -> Derivatives:
    """Discrepancy, gradient and Hessian in psi, through those in ln psi."""
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
    left, kept = values[:-factors], values[-factors:]
    own, others = vectors[:, :-factors], vectors[:, -factors:]
    objective = float((left - np.log(left) - 1).sum())
    by_log = (own**2) @ (1 - left)
    squared = (own**2 * left) @ (own**2).T
    both = ((own * left) @ own.T) * (own @ own.T) - squared
    ratio = -(1 - left)[:, None] * (left[:, None] + kept) / np.minimum(left[:, None] - kept, -1e-12)
    hessian_by_log = squared + both + _mixed(own, others, ratio)
    hessian = (hessian_by_log - np.diag(by_log)) / np.outer(psi, psi)
    return objective, by_log / psi, hessian


def _mixed(own: Floats, others: Floats, ratio: Floats) -> Floats:
    """(k, k) sum over s, t of ratio_st v_is v_js w_it w_jt; v (k, k - m), w (k, m), ratio (k - m, m)."""
    return np.asarray(
        sum(((own * column) @ own.T) * np.outer(other, other) for column, other in zip(ratio.T, others.T, strict=True))
    )


def _minimise(derivatives: Callable[[Floats], Derivatives], psi: Floats) -> tuple[Floats, float, bool]:
    """Projected Newton steps inside LOWEST <= psi <= 1, halved until the objective falls: (psi, objective, converged)."""
    value, gradient, hessian = derivatives(psi)
    for _ in range(_NEWTON_STEPS):
        free = ~(((psi <= LOWEST) & (gradient > 0)) | ((psi >= 1) & (gradient < 0)))
        if not free.any() or float(np.abs(gradient[free]).max()) < _GRADIENT:
            return psi, value, True
        curvature, axes = np.linalg.eigh(hessian[np.ix_(free, free)])
        # Negative or no curvature: as steep as it is the other way, so that the step still leads downhill.
        curvature = np.maximum(np.abs(curvature), 1e-6 * max(1.0, float(np.abs(curvature).max())))
        step = np.zeros_like(psi)
        step[free] = -axes @ ((axes.T @ gradient[free]) / curvature)
        size = 1.0
        while True:
            tried = np.clip(psi + size * step, LOWEST, 1.0)
            found = derivatives(tried)
            if found[0] <= value + 1e-4 * float(gradient @ (tried - psi)) or size < 1e-10:
                break
            size /= 2
        if float(np.abs(tried - psi).max()) < 1e-14:
            # The objective cannot fall any further in double precision.
            return tried, found[0], bool(np.abs(gradient[free]).max() < 1e-6)
        psi, (value, gradient, hessian) = tried, found
    return psi, value, False


def _principal_axes(correlations: Floats, factors: int, communalities: Floats) -> Extraction:
    converged = False
    for _ in range(_PAF_STEPS):
        loadings = _principal(correlations - np.diag(1 - communalities), factors)
        again = (loadings**2).sum(axis=1)
        converged = bool(np.abs(again - communalities).max() < _PAF_CHANGE)
        communalities = again
        if converged or communalities.max() > 2:
            break
    loadings = oriented(loadings)[0]
    return Extraction(loadings, 1 - communalities, communalities >= 1 - 1e-9, converged)


@dataclass(frozen=True)
class Fit:
    """Discrepancy function of maximum likelihood at the loadings, Bartlett's chi2 from it, and what follows.

    root_mean_square_residual: of the correlations off the diagonal. NaN where there are no degrees of freedom, or where
    the loadings imply no proper correlation matrix.
    """

    df: int
    chi2: float
    rmsea: float
    tli: float
    cfi: float
    root_mean_square_residual: float


def residuals(correlations: Floats, loadings: Floats, factor_correlations: Floats | None = None) -> Floats:
    """(k, k) correlations that the factors leave, diagonal 0."""
    m = loadings.shape[1]
    phi = np.eye(m) if factor_correlations is None else factor_correlations
    left = correlations - loadings @ phi @ loadings.T
    np.fill_diagonal(left, 0.0)
    return np.asarray(left)


def fit(correlations: Floats, loadings: Floats, n: int) -> Fit:
    """chi2 = (n - 1 - (2k + 5)/6 - 2m/3) F (Bartlett 1951), rmsea = sqrt((chi2/df - 1)/(n - 1)) cut at 0, tli and cfi
    against independent items; loadings (k, m) of uncorrelated factors. psych::fa, but for the last digits of its rmsea."""
    k, m = loadings.shape
    df = degrees_of_freedom(k, m)
    left = residuals(correlations, loadings)
    rms = float(np.sqrt((left**2).sum() / (k * (k - 1))))
    none = Fit(df, np.nan, np.nan, np.nan, np.nan, rms)
    implied = correlations - left
    if df <= 0 or np.linalg.eigvalsh(implied)[0] < SINGULAR or np.linalg.eigvalsh(correlations)[0] < SINGULAR:
        return none
    logs = [float(np.linalg.slogdet(matrix)[1]) for matrix in (implied, correlations)]
    discrepancy = logs[0] - logs[1] + float(np.trace(np.linalg.solve(implied, correlations))) - k
    chi2 = (n - 1 - (2 * k + 5) / 6 - 2 * m / 3) * discrepancy
    null_df = k * (k - 1) / 2
    null = -(n - 1 - (2 * k + 5) / 6) * logs[1]
    excess, null_excess = chi2 - df, null - null_df
    return Fit(
        df=df,
        chi2=chi2,
        rmsea=float(np.sqrt(max(0.0, excess / df / (n - 1)))),
        tli=float((null / null_df - chi2 / df) / (null / null_df - 1)),
        cfi=1 - max(0.0, excess) / max(excess, null_excess, 0.0) if max(excess, null_excess) > 0 else 1.0,
        root_mean_square_residual=rms,
    )
