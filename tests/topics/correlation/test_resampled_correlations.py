"""Correlations of bootstrap draws vary as their influence values say."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.core.numerics.sandwich import Clusters, meat
from omstilling_psychometrics.topics.correlation.numerics.resampled_correlations import pearson_draws


def pattern_counts(n, rng):
    """Patterns of two items of three categories that are correlated, and how often each occurs."""
    first = rng.integers(1, 4, n)
    second = np.where(rng.random(n) < 0.5, first, rng.integers(1, 4, n))
    patterns, place = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)
    return patterns.astype(float), place.ravel()


@pytest.mark.parametrize("clustered", [False, True])
def test_draws_vary_as_the_units_do(clustered):
    """The standard error of a correlation is that of its influence by unit: 2 % for 2,000 draws."""
    rng = np.random.default_rng(2)
    n, team = 12_000, 5
    values, place = pattern_counts(n, rng)
    counts = np.bincount(place).astype(float)
    clusters = None
    if clustered:
        # People with the same answers go together, so that leaders matter.
        order = np.argsort(place + rng.normal(scale=2.0, size=n))
        leader = np.empty(n, dtype=int)
        leader[order] = np.arange(n) // team
        grouped = csr_array((np.ones(n), (leader, place)), shape=(n // team, len(values)))
        grouped.sum_duplicates()
        clusters = Clusters(grouped, np.zeros(len(values)))
    drawn = pearson_draws(values, counts, clusters, 2000, rng)[:, 0, 1]
    standard = (values - counts @ values / n) / np.sqrt(counts @ (values - counts @ values / n) ** 2 / n)
    product = standard.prod(axis=1)
    rho = counts @ product / n
    influence = (product - rho * (standard**2).sum(axis=1) / 2)[:, None] / n
    expected = np.sqrt(meat(influence, counts, clusters)[0, 0])
    assert drawn.std() == pytest.approx(expected, rel=0.1)
    assert drawn.mean() == pytest.approx(rho, abs=4 * expected / np.sqrt(2000))
    if clustered:
        assert expected > 1.15 * np.sqrt(meat(influence, counts)[0, 0])
