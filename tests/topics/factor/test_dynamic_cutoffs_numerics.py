"""Misspecified pairs, drawn populations, leader parts and the rule for a cut-off."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import ndtri

from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.topics.correlation.numerics.polychoric import pair_tables, pairs, polychoric
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import (
    Population,
    cutoff,
    leader_parts,
    level_zero,
    misspecified_pairs,
)

LOADINGS = np.array([0.8, 0.6, 0.7, 0.5, 0.75])
THRESHOLDS = np.tile(ndtri([0.05, 0.2, 0.5, 0.85]), (5, 1))


def population(share: float = 0.0, variances=0.0) -> Population:
    return Population(
        loadings=LOADINGS, thresholds=THRESHOLDS, leader_share=share, leader_variances=np.full(5, variances) * (1 - LOADINGS**2)
    )


def test_pairs_are_made_of_the_lowest_loadings_first():
    assert misspecified_pairs(LOADINGS) == (((1, 3),), ((1, 3), (2, 4)))
    assert misspecified_pairs(-LOADINGS) == misspecified_pairs(LOADINGS)
    assert misspecified_pairs(np.array([0.5, 0.6, 0.7])) == ()
    assert [len(level) for level in misspecified_pairs(np.linspace(0.4, 0.8, 4))] == [1]
    # As in the authors' package: a third, two thirds and all of the pairs.
    for k, sizes in ((6, [1, 2, 3]), (7, [1, 2, 3]), (8, [1, 2, 4]), (10, [1, 3, 5]), (13, [2, 4, 6])):
        assert [len(level) for level in misspecified_pairs(np.linspace(0.4, 0.8, k))] == sizes


def test_drawn_answers_have_the_shares_and_correlations_of_the_population():
    rng = np.random.default_rng(1)
    residual = np.sqrt(1 - LOADINGS**2)
    for chosen in ((), ((1, 3), (2, 4))):
        codes = population().draw(chosen, np.full(60_000, -1), rng)
        shares = np.array([np.bincount(column, minlength=6)[1:] for column in codes.T]) / 60_000
        np.testing.assert_allclose(shares, np.tile([0.05, 0.15, 0.3, 0.35, 0.15], (5, 1)), atol=0.01)
        first, second = pairs(5)
        rho = polychoric(pair_tables(codes, np.ones(60_000), 5), THRESHOLDS[first], THRESHOLDS[second])
        expected = [
            LOADINGS[i] * LOADINGS[j] + 0.3 * residual[i] * residual[j] * ((i, j) in chosen)
            for i, j in zip(first, second, strict=True)
        ]
        np.testing.assert_allclose(rho, expected, atol=0.02)


def test_correlations_of_a_rater_do_not_depend_on_the_leader_part():
    expected = np.array([0.48, 0.56, 0.40, 0.60, 0.42, 0.30, 0.45, 0.35, 0.525, 0.375])
    expected[5] += 0.3 * 0.8 * np.sqrt(0.75)  # items 2 and 4, with loadings .6 and .5
    for share in (0.0, 0.4):
        np.testing.assert_allclose(population(share).correlations(((1, 3),)), expected)


def test_leader_parts_come_back():
    rng = np.random.default_rng(2)
    leader = np.repeat(np.arange(3000), rng.integers(1, 12, 3000))
    drawn = population(0.3, 0.2).draw(((1, 3),), leader, rng)
    codes, place = np.unique(drawn, axis=0, return_inverse=True)
    counts = csr_array((np.ones(leader.size), (leader, place.ravel())), shape=(3000, len(codes)))
    counts.sum_duplicates()
    share, variances = leader_parts(codes, Clusters(counts, np.zeros(len(codes))), THRESHOLDS, LOADINGS)
    assert share == pytest.approx(0.3, abs=0.03)
    assert variances == pytest.approx(0.2 * (1 - LOADINGS**2), abs=0.03)


def test_without_two_raters_of_a_leader_there_is_no_leader_part():
    codes = np.array([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]])
    share, variances = leader_parts(codes, Clusters(csr_array(np.eye(2)), np.zeros(2)), THRESHOLDS, LOADINGS)
    assert share == 0
    assert not variances.any()


def test_raters_of_the_same_leader_are_alike_and_raters_without_one_are_not():
    rng = np.random.default_rng(3)
    for leader, expected in ((np.repeat(np.arange(20_000), 2), 0.5 * 0.64), (np.full(40_000, -1), 0.0)):
        codes = population(0.5).draw((), leader, rng)[:, 0].reshape(-1, 2)
        table = np.zeros((5, 5))
        np.add.at(table, (codes[:, 0] - 1, codes[:, 1] - 1), 1)
        assert float(polychoric(table, THRESHOLDS[0], THRESHOLDS[0])) == pytest.approx(expected, abs=0.03)


def test_cutoff_of_separate_distributions_is_the_fifth_percentile_of_the_worse():
    rng = np.random.default_rng(4)
    well, mis = rng.normal(0, 1, 4000), rng.normal(6, 1, 4000)
    found = cutoff(well, mis, larger_is_worse=True)
    assert found.value == pytest.approx(6 - 1.645, abs=0.1)
    assert found.sensitivity == 0.95
    assert found.error == pytest.approx(np.sqrt(0.05 * 0.95 / 4000) / 0.103, rel=0.3)
    mirrored = cutoff(-well, -mis, larger_is_worse=False)
    assert mirrored.value == pytest.approx(-found.value)


def test_sensitivity_falls_until_no_cutoff_is_left():
    rng = np.random.default_rng(5)
    well = rng.normal(0, 1, 20_000)
    # 1.645 is the 95th percentile of the well specified; of N(2, 1), 64 % lie above it.
    found = cutoff(well, rng.normal(2, 1, 20_000), larger_is_worse=True)
    assert found.sensitivity == pytest.approx(0.64, abs=0.03)
    assert found.value == pytest.approx(1.645, abs=0.06)
    none = cutoff(well, rng.normal(1, 1, 20_000), larger_is_worse=True)
    assert np.isnan(none.value)
    assert none.sensitivity == pytest.approx(0.26, abs=0.03)
    assert level_zero(well, larger_is_worse=True).value == pytest.approx(1.645, abs=0.05)
    assert level_zero(well, larger_is_worse=False).value == pytest.approx(-1.645, abs=0.05)
