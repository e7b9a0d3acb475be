"""Rotation to simple structure, by statsmodels' gradient projection from several starts.

varimax  orthogonal; rows are scaled to length 1 for the rotation (Kaiser 1958), as in R's varimax
oblimin  oblique with gamma 0, that is quartimin (Jennrich & Sampson 1966), no scaling, as GPArotation::oblimin

Criteria have local minima: the best of several starts is kept, the first being no rotation, the others random.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ....core.numerics.arrays import Floats
from .factor_alignment import aligned, oriented

Kind = Literal["varimax", "oblimin"]

STARTS = 10
# Norm of the projected gradient at which a rotation is finished: three digits beyond what is compared. Nearer to 0 the
# criterion no longer changes in double precision and the search would only use up its steps.
_GRADIENT = 1e-6
_STEPS = 1000
# Criterion differences below this are the same minimum; the earlier start is kept, so that results do not hang on rounding.
_SAME = 1e-9


def rotate(loadings: Floats, kind: Kind, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Rotated loadings (k, m) and factor correlations (m, m), oriented."""
    m = loadings.shape[1]
    if m == 1:
        return oriented(loadings)
    turns = [np.eye(m), *(_random_orthogonal(m, rng) for _ in range(STARTS - 1))]
    best = _from_start(loadings, kind, turns[0])
    lowest = criterion(best[0], kind)
    for turn in turns[1:]:
        rotated = _from_start(loadings, kind, turn)
        value = criterion(rotated[0], kind)
        if value < lowest - _SAME * max(1.0, abs(lowest)):
            best, lowest = rotated, value
    return oriented(*best)


def rotate_towards(loadings: Floats, kind: Kind, target: Floats) -> tuple[Floats, Floats]:
    """The rotation that is reached from the neighbourhood of `target` (k, m), with its order and signs: for bootstrap draws."""
    if loadings.shape[1] == 1:
        return aligned(loadings, target)
    left, _, right = np.linalg.svd(loadings.T @ target)
    rotated, factor_correlations = _from_start(loadings, kind, left @ right)
    return aligned(rotated, target, factor_correlations)


def criterion(loadings: Floats, kind: Kind) -> float:
    """What the rotation minimises; for varimax of rows of length 1."""
    if kind == "varimax":
        squares = (loadings / _lengths(loadings)) ** 2
        return -float(((squares - squares.mean(axis=0)) ** 2).sum())
    squares = loadings**2
    products = squares.T @ squares
    return float(products.sum() - np.trace(products))


def _lengths(loadings: Floats) -> Floats:
    lengths = np.linalg.norm(loadings, axis=1, keepdims=True)
    return np.where(lengths > 0, lengths, 1.0)


def _random_orthogonal(m: int, rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.standard_normal((m, m)))
    return np.asarray(q * np.sign(np.diag(r)))


def _from_start(loadings: Floats, kind: Kind, turn: Floats) -> tuple[Floats, Floats]:
    from statsmodels.multivariate.factor_rotation import rotate_factors

    arguments = ("varimax",) if kind == "varimax" else ("oblimin", 0, "oblique")
    scale = _lengths(loadings) if kind == "varimax" else 1.0
    with np.errstate(divide="ignore"):  # the logarithm of a gradient of exactly 0
        rotated, turned = rotate_factors(loadings / scale @ turn, *arguments, max_tries=_STEPS, tol=_GRADIENT)
    return rotated * scale, turned.T @ turned
