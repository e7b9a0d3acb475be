"""Rotation to simple structure, by statsmodels' gradient projection from several starts.

varimax  orthogonal; rows are scaled to length 1 for the rotation (Kaiser 1958), as in R's varimax
oblimin  oblique with gamma 0, that is quartimin (Jennrich & Sampson 1966), no scaling, as GPArotation::oblimin

Criteria have local minima: the best of `starts` starts is kept, the first being no rotation, the others random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .factor_alignment import oriented

Floats = NDArray[np.float64]

STARTS = 10
# Criterion differences below this are the same minimum; the earlier start is kept, so that results do not hang on rounding.
_SAME = 1e-9


def _random_orthogonal(m: int, rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.standard_normal((m, m)))
    return np.asarray(q * np.sign(np.diag(r)))


def _criterion(loadings: Floats, kind: str) -> float:
    squares = loadings**2
    if kind == "varimax":
        return -float(((squares - squares.mean(axis=0)) ** 2).sum())
    products = squares.T @ squares
    return float(products.sum() - np.trace(products))


def rotate(loadings: Floats, kind: str, rng: np.random.Generator, starts: int = STARTS) -> tuple[Floats, Floats]:
    """Rotated loadings (k, m) and factor correlations (m, m), oriented; kind `varimax` or `oblimin`."""
    from statsmodels.multivariate.factor_rotation import rotate_factors

    m = loadings.shape[1]
    if m == 1:
        return oriented(loadings)
    lengths = np.sqrt((loadings**2).sum(axis=1, keepdims=True)) if kind == "varimax" else np.ones((len(loadings), 1))
    lengths = np.where(lengths > 0, lengths, 1.0)
    scaled = loadings / lengths
    best, lowest = None, np.inf
    for start in range(starts):
        turn = np.eye(m) if start == 0 else _random_orthogonal(m, rng)
        arguments = ("varimax",) if kind == "varimax" else ("oblimin", 0, "oblique")
        with np.errstate(divide="ignore"):  # the logarithm of a gradient of exactly 0
            rotated, transformation = rotate_factors(scaled @ turn, *arguments, max_tries=2000, tol=1e-8)
        value = _criterion(rotated, kind)
        if value < lowest - _SAME * max(1.0, abs(lowest)) or best is None:
            best, lowest = (rotated, transformation), value
    rotated, transformation = best  # type: ignore[misc]
    return oriented(rotated * lengths, transformation.T @ transformation)
