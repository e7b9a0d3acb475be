"""Cut-offs for one factor behind five to ten items, in the setting for which they were published: normal items, maximum
likelihood, equal loadings, n up to 1,000 (McNeish & Wolf 2023).

    python studies/dynamic_cutoffs.py --replications 1000 --seed 1
    python studies/dynamic_cutoffs.py --published --replications 500 --seed 1

--published repeats the example of the authors' tutorial (Wolf & McNeish, The dynamic book, chapters 6 and 10): ten items of
extraversion, n = 1,222, with the loadings and the cut-offs printed there.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from omstilling_psychometrics.topics.dimensionality.numerics.efa import degrees_of_freedom, extract
from omstilling_psychometrics.topics.factor.numerics import indices
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import (
    RESIDUAL_CORRELATION,
    Cutoff,
    cutoff,
    level_zero,
    misspecified_pairs,
)

# Chapter 6: standardized loadings of the ten items; chapter 10: SRMR, RMSEA and CFI of levels 1, 2 and 3.
PUBLISHED_LOADINGS = np.array([0.671, -0.705, 0.704, -0.702, 0.750, -0.572, 0.744, -0.514, 0.605, -0.703])
PUBLISHED_N = 1222
PUBLISHED = ((0.025, 0.040, 0.986), (0.037, 0.075, 0.953), (0.043, 0.095, 0.928))

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


def repeat_published(replications: int, seeds: range) -> None:
    """Cut-offs of every seed against the printed ones."""
    levels = misspecified_pairs(PUBLISHED_LOADINGS)
    found = np.empty((len(seeds), len(levels), len(INDICES)))
    for place, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        well = drawn_indices(implied(PUBLISHED_LOADINGS, ()), PUBLISHED_N, replications, rng)
        for level, pairs in enumerate(levels):
            mis = drawn_indices(implied(PUBLISHED_LOADINGS, pairs), PUBLISHED_N, replications, rng)
            found[place, level] = [
                cutoff(well[:, one], mis[:, one], larger_is_worse=name != "cfi").value for one, name in enumerate(INDICES)
            ]
    print("| level | pairs | index | printed | ours, mean | standard deviation over seeds |")
    print("|---|---|---|---|---|---|")
    for level, pairs in enumerate(levels):
        for one, name in enumerate(INDICES):
            mean, spread = found[:, level, one].mean(), found[:, level, one].std(ddof=1)
            print(f"| {level + 1} | {len(pairs)} | {name.upper()} | {PUBLISHED[level][one]:.3f} | {mean:.4f} | {spread:.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--published", action="store_true", help="only the published example, by ten seeds")
    chosen = parser.parse_args()
    if chosen.published:
        repeat_published(chosen.replications, range(chosen.seed, chosen.seed + 10))
        return
    print("| items | loading | n | level | SRMR | RMSEA | CFI | population SRMR | population RMSEA | population CFI |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for k in (5, 6, 8, 10):
        for loading in (0.5, 0.7, 0.9):
            for n in (200, 1000):
                study(k, loading, n, chosen.replications, chosen.seed)


if __name__ == "__main__":
    main()
