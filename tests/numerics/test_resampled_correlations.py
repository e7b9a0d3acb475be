"""Bootstrap draws of very many units: joined into blocks they vary by as much."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.numerics import resampled_correlations
from omstilling_psychometrics.numerics.resampled_correlations import joined, pearson_draws
from omstilling_psychometrics.numerics.sandwich import Clusters, meat


@pytest.fixture
def few_blocks(monkeypatch):
    monkeypatch.setattr(resampled_correlations, "BLOCKS", 400)


def pattern_counts(n, rng):
    """Patterns of two items of three categories that are correlated, and how often each occurs."""
    first = rng.integers(1, 4, n)
    second = np.where(rng.random(n) < 0.5, first, rng.integers(1, 4, n))
    patterns, place = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)
    return patterns.astype(float), place.ravel()


def test_units_are_joined_whole_in_blocks_of_one_size(few_blocks):
    rng = np.random.default_rng(1)
    dense = rng.integers(0, 3, (1200, 3)).astype(float)
    dense[:100] = 0  # leaders without an answer are no units
    dense[100:, 2] += 1
    singles = np.array([50.0, 0.0, 50.0])
    clusters = Clusters(csr_array(dense), singles)
    found = joined(dense.sum(axis=0) + singles, clusters, rng)
    blocks = found.counts.toarray()
    np.testing.assert_array_equal(blocks.sum(axis=0), dense.sum(axis=0) + singles)
    assert found.size == 400
    assert not found.singles.any()
    # Three units each; a unit of at least one answer with the last pattern, or of one answer alone.
    assert (blocks.sum(axis=1) >= 3).all()
    assert (blocks[:, 2].mean(), blocks[:, 0].sum()) == ((dense[:, 2].sum() + 50) / 400, dense[:, 0].sum() + 50)


def test_few_units_are_left_alone(few_blocks):
    counts = np.array([100.0, 300.0])
    assert joined(counts, None, np.random.default_rng(1)) is None
    clusters = Clusters(csr_array(np.ones((400, 2))), np.zeros(2))
    assert joined(np.full(2, 400.0), clusters, np.random.default_rng(1)) is clusters


@pytest.mark.parametrize("clustered", [False, True])
def test_draws_of_blocks_vary_as_the_units_do(few_blocks, clustered):
    """The standard error of a correlation is that of its influence by unit: 5 % and less for 400 blocks and 2,000 draws."""
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
