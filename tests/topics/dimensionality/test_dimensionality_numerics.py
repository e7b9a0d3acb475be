"""Sampling adequacy, eigenvalues of chance, partial correlations and common variance against identities and psych."""

import math

import numpy as np
import pytest

from omstilling_psychometrics.core.numerics.moments import correlation, covariance
from omstilling_psychometrics.reference import load_case, manifest, reference_value
from omstilling_psychometrics.topics.dimensionality.numerics.empirical_kaiser import reference_eigenvalues
from omstilling_psychometrics.topics.dimensionality.numerics.map_test import average_partials, best_number
from omstilling_psychometrics.topics.dimensionality.numerics.minimum_rank import (
    explained_common_variance,
    minimum_rank_uniquenesses,
)
from omstilling_psychometrics.topics.dimensionality.numerics.parallel_analysis import (
    crawford_thresholds,
    eigenvalues,
    mean_thresholds,
    normal_eigenvalues,
    ordinal_eigenvalues,
    quantile_thresholds,
    retained,
)
from omstilling_psychometrics.topics.dimensionality.numerics.sampling_adequacy import bartlett, kaiser_meyer_olkin


def pearson(name: str) -> tuple[np.ndarray, int]:
    case = load_case(name)
    codes, counts = case.table()
    kept = (codes > 0).all(axis=1)
    return correlation(covariance(case.values()[kept], counts[kept])), round(counts[kept].sum())


def one_factor(loadings) -> np.ndarray:
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def test_kmo_of_two_items_is_a_half_and_of_unrelated_items_unknown():
    assert kaiser_meyer_olkin(one_factor([0.8, 0.7])).overall == pytest.approx(0.5)
    assert np.isnan(kaiser_meyer_olkin(np.eye(3)).overall)


def test_a_matrix_without_inverse_is_refused():
    matrix = np.array([[1.0, 1.0, 0.3], [1.0, 1.0, 0.3], [0.3, 0.3, 1.0]])
    for refused in (kaiser_meyer_olkin, lambda one: bartlett(one, 100), explained_common_variance):
        with pytest.raises(ValueError, match="covariance_singular"):
            refused(matrix)


def test_bartlett_by_hand():
    # Two items: -ln(1 - r^2) times n - 1 - 9/6.
    statistic, df, _ = bartlett(one_factor([0.6, 0.5]), 101)
    assert (statistic, df) == pytest.approx((-(100 - 1.5) * math.log(1 - 0.09), 1))


@pytest.mark.parametrize("name", sorted(manifest()))
def test_mean_thresholds_are_those_of_psych_within_monte_carlo_error(name):
    # The name notwithstanding, psych's pc.sim are means of 100 draws (20 in the large data sets).
    _, n = pearson(name)
    expected = np.array(reference_value("dimensionality", name, "dimensionality/parallel_pc_fa/pc.sim").value)
    draws = normal_eigenvalues(5, n, 4000, np.random.default_rng(1))
    ours = mean_thresholds(draws)
    error = np.sqrt(ours.errors**2 + draws.var(axis=0, ddof=1) / 20)
    assert (np.abs(ours.values - expected) < 4 * error).all()


def test_wishart_draws_have_the_distribution_of_drawn_answers():
    rng = np.random.default_rng(2)
    fast = normal_eigenvalues(4, 30, 4000, rng)
    slow = np.array([eigenvalues(np.corrcoef(rng.standard_normal((4, 30)))) for _ in range(4000)])
    error = np.sqrt((fast.var(axis=0) + slow.var(axis=0)) / 4000)
    assert (np.abs(fast.mean(axis=0) - slow.mean(axis=0)) < 4 * error).all()
    np.testing.assert_allclose(fast.std(axis=0), slow.std(axis=0), rtol=0.06)
    np.testing.assert_allclose(fast.sum(axis=1), 4.0)
    with pytest.raises(ValueError, match="too_few_complete"):
        normal_eigenvalues(4, 4, 10, rng)


def test_polychoric_draws_by_counts_and_by_answers_agree(monkeypatch):
    from omstilling_psychometrics.topics.dimensionality.numerics import parallel_analysis

    frequencies = np.array([[10.0, 60, 130], [40, 40, 120], [0, 100, 100], [66, 67, 67]])
    by_counts = ordinal_eigenvalues(frequencies, 300, np.random.default_rng(3))
    monkeypatch.setattr(parallel_analysis, "_PATTERNS", 0)
    by_answers = ordinal_eigenvalues(frequencies, 300, np.random.default_rng(4))
    error = np.sqrt((by_counts.var(axis=0) + by_answers.var(axis=0)) / 300)
    assert (np.abs(by_counts.mean(axis=0) - by_answers.mean(axis=0)) < 4 * error).all()
    # The limit distribution, which stands in for very many answers, is near even with 200.
    monkeypatch.setattr(parallel_analysis, "_ANSWERS", 0)
    in_the_limit = ordinal_eigenvalues(frequencies, 4000, np.random.default_rng(7))
    np.testing.assert_allclose(in_the_limit.mean(axis=0), by_counts.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(in_the_limit.std(axis=0), by_counts.std(axis=0), rtol=0.15)
    # Less information than in numbers: eigenvalues scatter more than those of Pearson correlations.
    assert (by_counts.mean(axis=0) > mean_thresholds(normal_eigenvalues(4, 200, 2000, np.random.default_rng(5))).values)[0]


def test_thresholds_and_their_errors():
    draws = np.random.default_rng(6).standard_normal((20_000, 2)) + np.array([2.0, 0.0])
    upper, mean, crawford = quantile_thresholds(draws, 0.95), mean_thresholds(draws), crawford_thresholds(draws, 0.95)
    np.testing.assert_allclose(upper.values, [2 + 1.6449, 1.6449], atol=0.05)
    # Asymptotic error of a normal quantile: sqrt(q(1 - q)/d)/phi(z).
    np.testing.assert_allclose(upper.errors, math.sqrt(0.95 * 0.05 / 20_000) / 0.1031, rtol=0.15)
    np.testing.assert_allclose(mean.errors, 1 / math.sqrt(20_000), rtol=0.03)
    assert crawford.values.tolist() == [upper.values[0], mean.values[1]]
    draws[0] = np.nan
    assert np.isfinite(mean_thresholds(draws).values).all()


def test_retained_counts_up_to_the_first_that_falls_short():
    assert retained(np.array([3.0, 1.2, 0.9, 1.0]), np.array([1.3, 1.1, 1.0, 0.9])) == 2
    assert retained(np.array([1.0, 1.0]), np.array([1.1, 0.9])) == 0
    assert retained(np.array([2.0, 1.5]), np.array([1.1, 0.9])) == 2


def test_map_finds_planted_components():
    block = one_factor([0.8, 0.7, 0.75, 0.7])
    two = np.block([[block, np.zeros((4, 4))], [np.zeros((4, 4)), block]])
    assert best_number(average_partials(two, 2)) == 2
    assert best_number(average_partials(block, 2)) == 1
    # Without components the mean squared correlation.
    assert average_partials(two, 2)[0] == pytest.approx((block[np.triu_indices(4, 1)] ** 2).sum() * 2 / 28)
    with pytest.raises(ValueError, match="needs_three_items"):
        best_number(average_partials(one_factor([0.5, 0.5]), 2))


def test_empirical_kaiser_by_hand():
    # Braeken & van Assen (2017): the first reference is the Marchenko-Pastur edge.
    reference = reference_eigenvalues(np.array([2.5, 0.6, 0.5, 0.4]), 100)
    edge = (1 + math.sqrt(4 / 100)) ** 2
    assert reference == pytest.approx([edge, 1.0, 1.0, 1.0])
    assert reference_eigenvalues(np.array([1.5, 1.0, 0.8, 0.7]), 100)[1] == pytest.approx(2.5 / 3 * edge)


def test_one_factor_explains_all_common_variance_of_its_own_correlations():
    loadings = np.array([0.8, 0.7, 0.6, 0.5, 0.4])
    matrix = one_factor(loadings)
    assert minimum_rank_uniquenesses(matrix) == pytest.approx(1 - loadings**2, abs=1e-6)
    assert explained_common_variance(matrix) == pytest.approx(1.0, abs=1e-6)


def test_two_equal_unrelated_factors_share_the_common_variance():
    block = one_factor([0.7, 0.7, 0.7])
    two = np.block([[block, np.zeros((3, 3))], [np.zeros((3, 3)), block]])
    assert explained_common_variance(two) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("name", ["bfi_A", "lq2002_lead", "sim_small"])
def test_minimum_rank_leaves_a_proper_matrix_and_less_than_minimum_trace(name):
    from omstilling_psychometrics.topics.reliability.numerics.glb import largest_errors

    matrix, _ = pearson(name)
    reduced = matrix - np.diag(minimum_rank_uniquenesses(matrix))
    by_trace = matrix - np.diag(largest_errors(matrix)[0])
    assert eigenvalues(reduced)[-1] > -1e-7
    assert eigenvalues(reduced)[1:].sum() <= eigenvalues(by_trace)[1:].sum() + 1e-7
