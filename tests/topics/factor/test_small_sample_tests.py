"""Scaled tests for small samples and few clusters: sums over pairs by hand, no bias, identities with the plain tests."""

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import ndtr
from scipy.stats import chi2, f

from omstilling_psychometrics.core.numerics.sandwich import Clusters, meat
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.factor.analysis_sample import stacked
from omstilling_psychometrics.topics.factor.numerics.difference import normal_difference, ordinal_difference
from omstilling_psychometrics.topics.factor.numerics.model import one_factor
from omstilling_psychometrics.topics.factor.numerics.normal_fit import fit_normal
from omstilling_psychometrics.topics.factor.numerics.ordinal_fit import fit_ordinal, ordinal_sample
from omstilling_psychometrics.topics.factor.numerics.small_sample_tests import (
    TraceMoments,
    difference_test,
    fit_test,
    trace_moments,
)
from omstilling_psychometrics.topics.factor.numerics.tests_of_fit import NormalTests, OrdinalTests


def own_clusters(sums):
    """Every row its own cluster."""
    return Clusters(csr_array(np.eye(len(sums))), np.zeros(len(sums)))


def test_traces_are_sums_over_pairs_of_clusters():
    rng = np.random.default_rng(1)
    influence, root = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    weight = root @ root.T
    # Two clusters with two and three answers, and two answers whose cluster is not known.
    clusters = Clusters(csr_array(np.array([[1.0, 1, 0, 0], [0, 2, 0, 1]])), np.array([0.0, 0, 2, 0]))
    units = [influence[0] + influence[1], 2 * influence[1] + influence[3], influence[2], influence[2]]
    factor = 1.1 * 4 / 3
    found = trace_moments(weight, influence, clusters, 1.1)
    assert found.trace == pytest.approx(factor * sum(one @ weight @ one for one in units), rel=1e-12)
    pairs = itertools.permutations(range(4), 2)
    square = sum((units[g] @ weight @ units[h]) ** 2 for g, h in pairs)
    assert found.square == pytest.approx(factor**2 * 4 / 3 * square, rel=1e-12)
    own = np.array([one @ weight @ one for one in units])
    assert found.variance_of_trace == pytest.approx(factor**2 * 4 * own.var(ddof=1), rel=1e-12)
    # The trace is that of the plain sandwich.
    counts = np.array([1.0, 3, 2, 1])
    assert found.trace == pytest.approx(1.1 * np.trace(weight @ meat(influence, counts, clusters)), rel=1e-12)


def test_a_direction_of_little_weight_counts_for_what_varies_along_it():
    """Weights are inverse variances, so one that varies a million times as much has as much say with a millionth of it."""
    rng = np.random.default_rng(6)
    influence, root = rng.normal(size=(30, 4)), rng.normal(size=(4, 2))
    scale = np.array([1.0, 1e3, 1.0, 1e-3])
    alike = trace_moments(root @ root.T, influence, own_clusters(influence))
    scaled = trace_moments((root @ root.T) / np.outer(scale, scale), influence * scale, own_clusters(influence))
    for name in ("trace", "square", "variance_of_trace"):
        assert getattr(scaled, name) == pytest.approx(getattr(alike, name), rel=1e-7)


def test_square_has_no_bias_where_the_plain_one_is_a_quarter_too_large():
    rng = np.random.default_rng(2)
    size, units = 10, 40
    spread = np.arange(1, size + 1) / 4
    truth = float((spread**2).sum())
    draws = [rng.normal(size=(units, size)) * np.sqrt(spread / units) for _ in range(400)]
    draws = [one - one.mean(axis=0) for one in draws]  # influence values add up to zero
    squares = np.array([trace_moments(np.eye(size), one, own_clusters(one)).square for one in draws])
    plain = np.array([(meat(one, np.ones(units), own_clusters(one)) ** 2).sum() for one in draws])
    error = squares.std() / np.sqrt(len(draws))
    assert squares.mean() == pytest.approx(truth, abs=4 * error)
    assert plain.mean() == pytest.approx(truth + spread.sum() ** 2 / units + truth / units, rel=0.05)


def test_of_one_mean_it_is_students():
    # One moment, weighed by its own estimated variance: F(1, h), and h = n - 1 for answers of normal kurtosis.
    rng = np.random.default_rng(4)
    units = 60
    draws = rng.normal(size=(3000, units))
    draws *= 1 / (draws.std(axis=1, ddof=1, keepdims=True) * np.sqrt(units))
    statistics = draws.sum(axis=1) ** 2
    centred = (draws - draws.mean(axis=1, keepdims=True))[:, :, None]
    found = [trace_moments(np.eye(1), one, own_clusters(one)) for one in centred]
    assert [one.trace for one in found] == pytest.approx(np.ones(3000), abs=1e-9)
    freedom = np.array([2 * one.trace**2 / one.variance_of_trace for one in found])
    assert np.median(freedom) == pytest.approx(units, rel=0.1)
    students = np.array([chi2.sf(one.chi2_of_f(t, 1), 1) for one, t in zip(found, statistics, strict=True)])
    normal = chi2.sf(statistics, 1)
    true = f.sf(statistics, 1, units - 1)
    tail = true < 0.05
    assert np.abs(students - true)[tail].mean() < 0.5 * np.abs(normal - true)[tail].mean()


def test_f_becomes_chi_square_and_has_no_infinite_statistic():
    many = TraceMoments(trace=4.0, square=4.0, variance_of_trace=0.0)
    assert many.chi2_of_f(9.0, 4) == pytest.approx(9.0, rel=1e-9)
    assert many.chi2_of_scaled(9.0, 4) == pytest.approx(9.0, rel=1e-12)
    assert many.chi2_of_f(-1e-9, 4) == 0
    largest = many.chi2_of_f(1e6, 4)
    assert np.isfinite(largest)
    assert chi2.sf(largest, 4) == pytest.approx(np.finfo(float).tiny, rel=1e-6)


def fits(model, *, items=5):
    sample, clusters = stacked(load_case("lq2002_lead"), cluster="leader").of_items(tuple(range(items))).ordinal(listwise=True)
    return fit_ordinal(model, sample), clusters


def halfway(fit):
    """Influences at the moments halfway between the sample's and the model's."""
    return fit.sample.influence_at((fit.sample.moments + fit.moments) / 2)


def test_with_ordered_answers_the_spread_is_taken_halfway_to_the_model():
    free, clusters = fits(one_factor("delta", 5, thresholds=4))
    tied, _ = fits(one_factor("delta", 5, thresholds=4).same("loadings"))
    correction = free.n / (free.n - 1)
    own = trace_moments(OrdinalTests(free).residual_weight, halfway(free), clusters, correction)
    test = fit_test(free, clusters)
    numerator, denominator = own.trace**2 / own.square, 2 * own.trace**2 / own.variance_of_trace
    assert test.p_value == pytest.approx(f.sf(free.chi2 / own.trace, numerator, denominator), rel=1e-9)
    assert test.statistic == pytest.approx(chi2.isf(test.p_value, 5), rel=1e-9)
    # Between the correlations of these answers, which are not bivariate normal, the cross product of scores is up to twice the
    # curvature, and so the plain test takes the statistic for more improbable than it is.
    exact = OrdinalTests(free, clusters).exact
    assert exact.scaling * exact.df < 0.6 * own.trace
    # At the sample's moments with the sample's cross products it is the plain test, but for products of a company with itself.
    plain = trace_moments(OrdinalTests(free).residual_weight, free.sample.influence, clusters, correction)
    assert plain.trace == pytest.approx(exact.scaling * exact.df, rel=1e-10)
    corrected = difference_test(free, tied, clusters)
    assert (corrected.df, corrected.p_value) == (4, pytest.approx(ordinal_difference(free, tied, clusters).p_value, abs=0.02))


def test_where_the_model_holds_exactly_it_makes_no_difference_where_the_spread_is_taken():
    # Answers in the very shares that the population expects: sample and model have the same moments.
    grid = np.array(list(itertools.product([1, 2, 3], repeat=3)))
    nodes, weights = np.polynomial.hermite_e.hermegauss(81)
    cuts, loading = np.array([-0.6, 0.5]), 0.7
    below = ndtr((cuts - loading * nodes[:, None]) / np.sqrt(1 - loading**2))
    share = np.diff(np.concatenate([np.zeros((81, 1)), below, np.ones((81, 1))], axis=1), axis=1)
    probability = np.einsum("n,na,nb,nc->abc", weights / weights.sum(), share, share, share).ravel()
    sample, _ = ordinal_sample(grid, 1e6 * probability, 3)
    tied = fit_ordinal(one_factor("delta", 3, thresholds=2).same("loadings"), sample)
    assert tied.chi2 == pytest.approx(0, abs=1e-8)
    assert sample.influence_at(tied.moments) == pytest.approx(sample.influence, abs=1e-12)
    assert halfway(tied) == pytest.approx(sample.influence, abs=1e-12)


@pytest.mark.parametrize("listwise", [True, False])
def test_with_likelihood_it_is_taken_at_the_model(listwise):
    sample, clusters = (
        stacked(load_case("lq2002_lead_mis"), cluster="leader").of_items(tuple(range(5))).normal(listwise=listwise)
    )
    free, tied = (
        fit_normal(model, sample) for model in (one_factor("continuous", 5), one_factor("continuous", 5).same("loadings"))
    )
    # By the derivatives at the model's moments, tr(UV) with U = A - A J (J'AJ)^-1 J'A and V the clustered sandwich.
    _, second, _ = sample.likelihood.derivatives(free.moments[None])
    information, scores = sample.counts.sum() * second[0], sample.scores(free.moments)
    weighted = information @ free.jacobian
    weight = information - weighted @ np.linalg.solve(free.jacobian.T @ weighted, weighted.T)
    spread = meat(scores, sample.counts, clusters)
    covariance = np.linalg.solve(information, np.linalg.solve(information, spread).T)
    own = trace_moments(weight, np.linalg.solve(information, scores.T).T, clusters)
    assert own.trace == pytest.approx(np.trace(weight @ covariance), rel=1e-9)
    test, corrected = fit_test(free, clusters), difference_test(free, tied, clusters)
    assert test.statistic == pytest.approx(np.sqrt(5 / own.square) * (free.chi2 - own.trace) + 5, rel=1e-9)
    # Scores at a model that does not hold have means other than zero, which count: less is claimed of a large misfit.
    assert own.trace / 5 > 2 * NormalTests(free, clusters).exact.scaling
    assert 1e-12 < test.p_value < 1e-4
    assert corrected.df == 4
    assert corrected.p_value == pytest.approx(normal_difference(free, tied, clusters).p_value, abs=0.05)


def test_without_clusters_every_answer_is_a_unit_of_its_own():
    free, _ = fits(one_factor("delta", 5, thresholds=4))
    units = Clusters(csr_array((0, len(free.sample.codes))), free.sample.counts)
    assert fit_test(free, None) == fit_test(free, units)
    assert units.size == free.n


def test_against_the_saturated_model_it_is_the_test_of_fit():
    saturated, clusters = fits(one_factor("delta", 3, thresholds=4), items=3)
    tied, _ = fits(one_factor("delta", 3, thresholds=4).same("loadings"), items=3)
    assert (saturated.df, tied.df) == (0, 2)
    one, other = difference_test(saturated, tied, clusters), fit_test(tied, clusters)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-8)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6)


def test_many_clusters_give_the_plain_test():
    rng = np.random.default_rng(3)
    latent = 0.7 * rng.normal(size=(4000, 1)) + np.sqrt(0.51) * rng.normal(size=(4000, 4))
    codes = 1 + (latent[:, :, None] > [-0.8, 0.4]).sum(axis=-1)
    sample, _ = ordinal_sample(codes, np.ones(4000), 3)
    fit = fit_ordinal(one_factor("delta", 4, thresholds=2), sample)
    assert fit_test(fit, own_clusters(codes)).statistic == pytest.approx(OrdinalTests(fit).exact.scaled, abs=5e-3)


def test_what_cannot_be_tested_is_refused():
    saturated, clusters = fits(one_factor("delta", 3, thresholds=4), items=3)
    with pytest.raises(ValueError, match="no_degrees_of_freedom"):
        fit_test(saturated, clusters)
    with pytest.raises(ValueError, match="models_not_nested"):
        difference_test(saturated, saturated, clusters)
    with pytest.raises(ValueError, match="one_cluster"):
        trace_moments(np.eye(2), np.ones((1, 2)), Clusters(csr_array(np.array([[3.0]])), np.zeros(1)))
    with pytest.raises(ValueError, match="covariance_singular"):
        trace_moments(np.eye(2), np.eye(2), own_clusters(np.eye(2)))
