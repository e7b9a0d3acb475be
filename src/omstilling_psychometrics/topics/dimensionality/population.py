"""Population values of what says how many dimensions there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...analysis.pattern_distribution import Name, PatternDistribution, name


def values(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    """Eigenvalues of the correlation matrix, and Kaiser's measure of sampling adequacy (1974)."""
    s = population.complete.covariance
    r = s / np.sqrt(np.outer(np.diag(s), np.diag(s)))
    for place, eigenvalue in enumerate(np.linalg.eigvalsh(r)[::-1].tolist(), start=1):
        yield name("eigenvalue", category=place), eigenvalue
    inverse = np.linalg.solve(r, np.eye(len(r)))
    off = ~np.eye(len(r), dtype=bool)
    partial = inverse**2 / np.outer(np.diag(inverse), np.diag(inverse)) * off
    simple = r**2 * off
    yield name("kmo"), float(simple.sum() / (simple.sum() + partial.sum()))
    for j, item in enumerate(population.instrument.item_keys):
        yield name("kmo_item", item), float(simple[j].sum() / (simple[j].sum() + partial[j].sum()))
