"""Polychoric correlations and their whole covariance: identities, hand values, finite differences, resampling."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri

from omstilling_psychometrics.core.numerics.sandwich import independent_meat
from omstilling_psychometrics.topics.correlation.numerics.polychoric import (
    cell_derivatives,
    cell_probabilities,
    item_counts,
    pair_tables,
    polychoric,
    polychoric_one_step,
    thresholds_of,
)
from omstilling_psychometrics.topics.correlation.numerics.polychoric_influence import ordinal_moments, ordinal_moments_of


def simulated(n=400, k=4, c=4, seed=5, missing=0.1):
    rng = np.random.default_rng(seed)
    latent = 0.7 * rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    codes = 1 + (latent[:, :, None] > np.linspace(-1.2, 1.4, c - 1)).sum(axis=-1)
    codes[rng.random(codes.shape) < missing] = -1
    return codes.astype(np.int8), np.ones(n)


def two_step(table):
    return polychoric(table, thresholds_of(table.sum(axis=1)), thresholds_of(table.sum(axis=0)))


def test_tetrachoric_of_median_splits_has_a_closed_form():
    # P(both below) = 1/4 + asin(rho)/(2 pi) where both thresholds are 0.
    table = np.array([[40.0, 10.0], [10.0, 40.0]])
    assert_allclose(two_step(table), np.sin(2 * np.pi * (0.4 - 0.25)), rtol=1e-12)


def test_exact_tables_give_back_the_correlation():
    first, second = np.array([-1.0, 0.2, 1.1]), np.array([-1.1, -0.2, 1.0])
    for rho in (-0.999, -0.6, 0.0, 0.3, 0.95, 0.999):
        table = 1e4 * cell_probabilities(first, second, np.array(rho))
        table[table < 1e-8] = 0  # what remains of a probability of 0 after differencing
        assert_allclose(polychoric(table, first, second), rho, atol=1e-9)


def test_perfect_tables_are_exactly_one_and_constant_items_have_none():
    assert two_step(np.diag([10.0, 20.0, 5.0])) == 1.0
    assert two_step(np.fliplr(np.diag([10.0, 20.0, 5.0]))) == -1.0
    assert np.isnan(two_step(np.array([[3.0, 4.0], [0.0, 0.0]])))
    # One step off the diagonal, all on the same side: the likelihood still rises to the end.
    assert two_step(np.array([[2.0, 0, 0], [1, 5, 2], [0, 0, 9]])) == 1.0


def test_an_empty_category_changes_nothing_wherever_it_lies():
    table = np.array([[20.0, 6, 2], [5, 30, 9], [1, 8, 25]])
    with_empty = np.zeros((5, 4))
    with_empty[np.ix_([0, 2, 3], [0, 1, 3])] = table
    assert_allclose(two_step(with_empty), two_step(table), rtol=1e-12)
    thresholds = thresholds_of(with_empty.sum(axis=1))
    assert thresholds[0] == thresholds[1]
    assert thresholds[3] == np.inf


def test_empty_highest_categories_have_infinite_thresholds_where_counts_are_no_whole_numbers():
    counts = np.random.default_rng(1).random((200, 11))
    counts[:, 9:] = 0
    assert (thresholds_of(counts)[:, 8:] == np.inf).all()
    assert np.isfinite(thresholds_of(counts)[:, :8]).all()


def test_cell_derivatives_are_those_of_the_probabilities():
    first, second, rho, step = np.array([-0.7, 0.4]), np.array([-0.2, 0.9, 1.5]), np.array(0.55), 1e-6
    point = np.concatenate([[rho], first, second])

    def cells(p):
        return cell_probabilities(p[1:3], p[3:], np.array(p[0]))

    moved = [(cells(point + step * unit) - cells(point - step * unit)) / (2 * step) for unit in np.eye(6)]
    assert_allclose(cell_derivatives(first, second, rho), np.stack(moved, axis=-1), atol=1e-9)


def test_one_step_is_a_maximum_that_two_step_does_not_reach():
    codes, counts = simulated(missing=0)
    table = pair_tables(codes, counts, 4)[0]
    result = polychoric_one_step(table)
    assert result.converged
    derivative = cell_derivatives(result.first, result.second, np.array(result.rho))
    probability = cell_probabilities(result.first, result.second, np.array(result.rho))
    assert_allclose(np.einsum("ab,abq->q", table / probability, derivative), 0, atol=1e-4)
    margins = thresholds_of(table.sum(axis=1)), thresholds_of(table.sum(axis=0))
    at_two_step = (table * np.log(cell_probabilities(*margins, polychoric(table, *margins)))).sum()
    assert result.log_likelihood > at_two_step


def test_one_step_names_its_reasons():
    with pytest.raises(ValueError, match="no_variance"):
        polychoric_one_step(np.array([[3.0, 4.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match="perfect_correlation"):
        polychoric_one_step(np.diag([3.0, 4.0]))


def test_counts_and_expanded_rows_agree():
    codes, _ = simulated()
    distinct, counts = np.unique(codes, axis=0, return_counts=True)
    one, many = ordinal_moments(distinct, counts.astype(float), 4), ordinal_moments(codes, np.ones(len(codes)), 4)
    assert_allclose(one.correlations, many.correlations, rtol=1e-12)
    assert_allclose(
        independent_meat(one.influence(distinct), counts.astype(float)),
        independent_meat(many.influence(codes), np.ones(len(codes))),
        rtol=1e-9,
        atol=1e-18,
    )


def test_tables_are_counts_whatever_the_shape_and_precision_of_the_counts():
    codes, _ = simulated(k=3)
    counts = np.random.default_rng(1).integers(0, 9, size=(2, 4, len(codes)))
    both = (codes[:, 0] == 2) & (codes[:, 2] == 4)
    for kind in (np.float64, np.float32):
        tables, items = (count(codes, counts.astype(kind), 4) for count in (pair_tables, item_counts))
        assert tables.shape == (2, 4, 3, 4, 4)
        assert (tables[:, :, 1, 1, 3] == counts[..., both].sum(axis=-1)).all()
        assert (items[:, :, 1, 2] == counts[..., codes[:, 1] == 3].sum(axis=-1)).all()
    assert (pair_tables(codes[:0], np.ones((2, 0)), 4) == np.zeros((2, 3, 4, 4))).all()


def test_more_tables_than_a_block_holds_are_those_one_by_one():
    codes, counts = simulated(n=120, k=3)
    drawn = np.random.default_rng(2).multinomial(120, counts / 120, size=500).astype(float)
    many = ordinal_moments_of(item_counts(codes, drawn, 4), pair_tables(codes, drawn, 4))
    for one in (0, 250, 499):
        alone = ordinal_moments(codes, drawn[one], 4)
        assert_allclose(many.correlations[one], alone.correlations, rtol=1e-11)
        assert_allclose(many.correlation_variance()[one], alone.correlation_variance(), rtol=1e-9)


def test_influences_add_up_to_nothing_and_to_the_stated_variances():
    codes, counts = simulated()
    moments = ordinal_moments(codes, counts, 4)
    influence = moments.influence(codes)
    assert_allclose(counts @ influence, 0, atol=1e-11)
    variances = np.concatenate([moments.threshold_variance().ravel(), moments.correlation_variance()])
    assert_allclose(np.diag(independent_meat(influence, counts)), variances, rtol=1e-12)


def test_threshold_variance_is_the_delta_method_of_a_proportion():
    codes, counts = simulated(missing=0)
    share = (codes[:, 0] <= 2).mean()
    density = np.exp(-(ndtri(share) ** 2) / 2) / np.sqrt(2 * np.pi)
    variance = ordinal_moments(codes, counts, 4).threshold_variance()[0, 1]
    assert_allclose(variance, share * (1 - share) / (len(codes) * density**2), rtol=1e-12)


def test_covariance_is_that_of_resampled_estimates():
    codes, counts = np.unique(simulated(n=40_000)[0], axis=0, return_counts=True)
    moments = ordinal_moments(codes, counts.astype(float), 4)
    influence = moments.influence(codes)
    expected = independent_meat(influence, counts.astype(float))
    rng = np.random.default_rng(2)
    drawn = rng.multinomial(40_000, counts / 40_000, size=1500).astype(float)
    again = ordinal_moments_of(item_counts(codes, drawn, 4), pair_tables(codes, drawn, 4))
    estimates = np.concatenate([again.thresholds.reshape(1500, -1), again.correlations], axis=1)
    resampled = np.cov(estimates.T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    # 1,500 draws: a correlation of two estimates is known to about 1/sqrt(1500) = .026, four of which are allowed.
    assert np.abs((resampled - expected) / scale).max() < 0.11
