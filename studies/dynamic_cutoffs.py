"""Cut-offs for one factor behind five to ten items, in the setting for which they were published: normal items, maximum
likelihood, equal loadings, n up to 1,000 (McNeish & Wolf 2023).

    python studies/dynamic_cutoffs.py --replications 1000 --seed 1
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from omstilling_psychometrics.numerics.cfa import indices
from omstilling_psychometrics.numerics.dynamic_cutoffs import (
    RESIDUAL_CORRELATION,
    Cutoff,
    cutoff,
    level_zero,
    misspecified_pairs,
)
from omstilling_psychometrics.numerics.efa import degrees_of_freedom, extract

Floats = NDArray[np.float64]

INDICES = ("srmr", "rmsea", "cfi")


def implied(loadings: Floats, pairs: tuple[tuple[int, int], ...]) -> Floats:
    matrix = np.outer(loadings, loadings)
    residual = np.sqrt(1 - loadings**2)
    for i, j in pairs:
        matrix[i, j] = matrix[j, i] = matrix[i, j] + RESIDUAL_CORRELATION * residual[i] * residual[j]
    np.fill_diagonal(matrix, 1.0)
    return matrix


def fitted_indices(correlations: Floats, n: int) -> tuple[float, float, float]:
    """SRMR, RMSEA and CFI of one factor by maximum likelihood; the correlations are enough, ML does not mind the scales."""
    k = len(correlations)
    loadings = extract(correlations, 1, "ml").loadings
    model = implied(loadings[:, 0], ())
    logs = np.linalg.slogdet(model)[1] - np.linalg.slogdet(correlations)[1]
    chi2 = n * (logs + np.trace(np.linalg.solve(model, correlations)) - k)
    baseline = -n * np.linalg.slogdet(correlations)[1]
    df, baseline_df = degrees_of_freedom(k, 1), k * (k - 1) / 2
    return (
        indices.srmr(correlations, model),
        indices.rmsea(chi2, df, n),
        indices.cfi(chi2, df, baseline, baseline_df),
    )


def drawn_indices(matrix: Floats, n: int, replications: int, rng: np.random.Generator) -> Floats:
    """(replications, 3)"""
    lower = np.linalg.cholesky(matrix)
    return np.array(
        [fitted_indices(np.corrcoef(lower @ rng.standard_normal((len(matrix), n))), n) for _ in range(replications)]
    )


def shown(found: Cutoff) -> str:
    return "NONE" if np.isnan(found.value) else f"{found.value:.3f}".lstrip("0")


def study(k: int, loading: float, n: int, replications: int, seed: int) -> None:
    rng = np.random.default_rng([seed, k, round(100 * loading), n])
    loadings = np.full(k, loading)
    levels = misspecified_pairs(loadings)
    well = drawn_indices(implied(loadings, ()), n, replications, rng)
    limits = [level_zero(well[:, index], larger_is_worse=name != "cfi") for index, name in enumerate(INDICES)]
    print(f"| {k} | {loading:.2f} | {n} | 0 | " + " | ".join(shown(one) for one in limits) + " | | | |")
    for level, pairs in enumerate(levels, start=1):
        matrix = implied(loadings, pairs)
        population = fitted_indices(matrix, 10**9)
        mis = drawn_indices(matrix, n, replications, rng)
        found = [cutoff(well[:, one], mis[:, one], larger_is_worse=name != "cfi") for one, name in enumerate(INDICES)]
        row = [shown(one) for one in found] + [f"{value:.3f}".lstrip("0") for value in population]
        print(f"| {k} | {loading:.2f} | {n} | {level} | " + " | ".join(row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print("| items | loading | n | level | SRMR | RMSEA | CFI | population SRMR | population RMSEA | population CFI |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for k in (5, 6, 8, 10):
        for loading in (0.5, 0.7, 0.9):
            for n in (200, 1000):
                study(k, loading, n, chosen.replications, chosen.seed)


if __name__ == "__main__":
    main()
