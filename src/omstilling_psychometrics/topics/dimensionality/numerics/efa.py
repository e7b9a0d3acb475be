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

import numpy as np
from numpy.typing import NDArray

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats
from .factor_alignment import oriented
from .sampling_adequacy import SINGULAR

Derivatives = tuple[Floats, Floats, Floats]

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
    Raises EstimationError: "not_identified" for too many factors, "covariance_singular" where ml needs an inverse.
    """
    k = len(correlations)
    if factors < 1 or degrees_of_freedom(k, factors) < 0:
        raise EstimationError("not_identified")
    lowest = float(np.linalg.eigvalsh(correlations)[0])
    if method == "ml" and lowest < SINGULAR:
        raise EstimationError("covariance_singular")
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
    solutions, heights = _extractions(np.repeat(correlations[None], len(starts), axis=0), factors, method, np.array(starts))
    return solutions[int(np.argmin(np.round(heights, 12)))]


def extract_draws(correlations: Floats, factors: int, method: str, start: Floats) -> list[Extraction | None]:
    """What `extract` finds from the uniquenesses `start` (k,) for each of many matrices (d, k, k), all at once; None where a
    correlation is not defined or ml needs an inverse that there is none of."""
    usable = np.asarray(np.isfinite(correlations).all(axis=(1, 2)))
    if method == "ml":
        usable[usable] = np.linalg.eigvalsh(correlations[usable])[:, 0] >= SINGULAR
    good = np.flatnonzero(usable)
    drawn: list[Extraction | None] = [None] * len(correlations)
    starts = np.repeat(np.clip(start, LOWEST, 1.0)[None], len(good), axis=0)
    for place, extraction in zip(good.tolist(), _extractions(correlations[good], factors, method, starts)[0], strict=True):
        drawn[place] = extraction
    return drawn


def _extractions(correlations: Floats, factors: int, method: str, starts: Floats) -> tuple[list[Extraction], Floats]:
    """Of matrices (b, k, k) from starts (b, k), and the objectives (b,) there."""
    derivatives = _maximum_likelihood if method == "ml" else _least_squares
    psi, heights, converged = _minimise(derivatives, correlations, factors, starts)
    if method == "ml":
        loadings = _scaled_vectors(correlations, factors, psi)
    else:
        loadings = _principal(correlations - psi[:, :, None] * np.eye(psi.shape[1]), factors)
    extractions = []
    for solution, least, settled in zip(loadings, psi <= LOWEST * (1 + 1e-9), converged.tolist(), strict=True):
        solution = oriented(solution)[0]
        extractions.append(Extraction(solution, 1 - (solution**2).sum(axis=1), least, settled))
    return extractions, heights


def _starting_communalities(correlations: Floats, lowest: float) -> Floats:
    """Squared multiple correlations, or the largest correlation of each item where there is no inverse."""
    if lowest < SINGULAR:
        return np.asarray(np.abs(correlations - np.eye(len(correlations))).max(axis=0))
    return np.asarray(1 - 1 / np.diag(np.linalg.solve(correlations, np.eye(len(correlations)))))


def _principal(reduced: Floats, factors: int) -> Floats:
    """(..., k, m) loadings of the largest eigenvalues of reduced correlation matrices."""
    values, vectors = np.linalg.eigh(reduced)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))[..., None, :])[..., ::-1][..., :factors])


def _scaled_vectors(correlations: Floats, factors: int, psi: Floats) -> Floats:
    """(..., k, m) maximum likelihood loadings given psi (..., k)."""
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(correlations / (root[..., :, None] * root[..., None, :]))
    scaled = root[..., :, None] * vectors * np.sqrt(np.clip(values - 1, 0, None))[..., None, :]
    return np.asarray(scaled[..., ::-1][..., :factors])


def _least_squares(correlations: Floats, factors: int, psi: Floats) -> Derivatives:
    """Half the sums of squared residuals, their gradients and Hessians in psi; s runs over the k - m smallest eigenvalues."""
    values, vectors = np.linalg.eigh(correlations - psi[:, :, None] * np.eye(psi.shape[1]))
    left, kept = values[:, :-factors], np.clip(values[:, -factors:], 0, None)
    minor = vectors[:, :, :-factors]
    product = minor @ np.swapaxes(minor, 1, 2)
    ratio = 2 * left[:, :, None] / np.minimum(left[:, :, None] - kept[:, None, :], -1e-12)
    gradient = -(minor**2 @ left[:, :, None])[:, :, 0]
    return 0.5 * (left**2).sum(axis=1), gradient, product**2 + _mixed(minor, vectors[:, :, -factors:], ratio)


def _maximum_likelihood(correlations: Floats, factors: int, psi: Floats) -> Derivatives:
    """Discrepancies, gradients and Hessians in psi, through those in ln psi."""
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(correlations / (root[:, :, None] * root[:, None, :]))
    left, kept = values[:, :-factors], values[:, -factors:]
    minor, others = vectors[:, :, :-factors], vectors[:, :, -factors:]
    objective = (left - np.log(left) - 1).sum(axis=1)
    by_log = (minor**2 @ (1 - left)[:, :, None])[:, :, 0]
    weighted, transposed = minor * left[:, None, :], np.swapaxes(minor, 1, 2)
    squared = (minor**2 * left[:, None, :]) @ np.swapaxes(minor**2, 1, 2)
    both = (weighted @ transposed) * (minor @ transposed) - squared
    gap = np.minimum(left[:, :, None] - kept[:, None, :], -1e-12)
    ratio = -(1 - left)[:, :, None] * (left[:, :, None] + kept[:, None, :]) / gap
    hessian = squared + both + _mixed(minor, others, ratio) - by_log[:, :, None] * np.eye(psi.shape[1])
    return objective, by_log / psi, hessian / (psi[:, :, None] * psi[:, None, :])


def _mixed(minor: Floats, others: Floats, ratio: Floats) -> Floats:
    """(b, k, k) sum over s, t of ratio_st v_is v_js w_it w_jt; v (b, k, k - m), w (b, k, m), ratio (b, k - m, m)."""
    total = np.zeros((len(minor), minor.shape[1], minor.shape[1]))
    for factor in range(others.shape[2]):
        column, other = ratio[:, None, :, factor], others[:, :, factor]
        total += ((minor * column) @ np.swapaxes(minor, 1, 2)) * (other[:, :, None] * other[:, None, :])
    return total


def _minimise(
    derivatives: Callable[[Floats, int, Floats], Derivatives], correlations: Floats, factors: int, starts: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Projected Newton steps inside LOWEST <= psi <= 1, halved until the objective falls, for each of b matrices (b, k, k):
    psi (b, k), objective (b,), converged (b,)."""
    psi, converged = starts.copy(), np.zeros(len(starts), dtype=bool)
    value, gradient, hessian = derivatives(correlations, factors, psi)
    active = np.arange(len(psi))
    for _ in range(_NEWTON_STEPS):
        point, slope = psi[active], gradient[active]
        free = ~(((point <= LOWEST) & (slope > 0)) | ((point >= 1) & (slope < 0)))
        downhill = np.where(free, -slope, 0.0)
        steepness = np.abs(downhill).max(axis=1)
        done = steepness < _GRADIENT
        converged[active[done]] = True
        if done.all():
            break
        active, point, slope, downhill, free = (array[~done] for array in (active, point, slope, downhill, free))
        # Items at a bound have no part in the step: their rows of the Hessian are 0, and so are their slopes downhill.
        curvature, axes = np.linalg.eigh(hessian[active] * (free[:, :, None] & free[:, None, :]))
        # Negative or no curvature: as steep as it is the other way, so that the step still leads downhill.
        curvature = np.maximum(np.abs(curvature), 1e-6 * np.maximum(1.0, np.abs(curvature).max(axis=1, keepdims=True)))
        step = (axes @ ((np.swapaxes(axes, 1, 2) @ downhill[:, :, None]) / curvature[:, :, None]))[:, :, 0]
        step = np.where(free, step, 0.0)
        size = np.ones(len(active))
        trying = np.arange(len(active))
        while trying.size:
            tried = np.clip(point[trying] + size[trying, None] * step[trying], LOWEST, 1.0)
            where = active[trying]
            derivatives_there = derivatives(correlations[where], factors, tried)
            least = value[where] + 1e-4 * (slope[trying] * (tried - point[trying])).sum(axis=1)
            settled = (derivatives_there[0] <= least) | (size[trying] < 1e-10)
            kept = where[settled]
            psi[kept], value[kept], gradient[kept], hessian[kept] = (array[settled] for array in (tried, *derivatives_there))
            size[trying] /= 2
            trying = trying[~settled]
        # Where psi stands still, the objective cannot fall any further in double precision.
        still = np.abs(psi[active] - point).max(axis=1) < 1e-14
        converged[active[still]] = np.abs(downhill[still]).max(axis=1) < 1e-6
        active = active[~still]
        if not active.size:
            break
    return psi, value, converged


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
