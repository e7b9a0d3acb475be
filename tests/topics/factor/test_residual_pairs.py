"""The test of a pair of items that may share something besides the factor: refits, other ways to the same number, its size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, fdtrc
from statsmodels.stats.multitest import multipletests

import made_up
from omstilling_psychometrics.analysis.by_role import clustering
from omstilling_psychometrics.core.numerics.sandwich import meat
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_residual_pairs import beyond_chance, pair_tests
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.factor.numerics.difference import ordinal_difference, parameters_at
from omstilling_psychometrics.topics.factor.numerics.freed_pair import freed_by_score
from omstilling_psychometrics.topics.reliability.analysis import reliability

CELLS = [(a, b) for a in range(5) for b in range(a + 1, 5)]


def fitted(patterns, estimator, **options):
    return fit_model(patterns, clustering(patterns, "all"), specification(patterns, estimator, **options))


@pytest.mark.parametrize("name", ["lq2002_lead", "lq2002_lead_mis", "bfi_A"])
@pytest.mark.parametrize(("estimator", "parameterization"), [("WLSMV", "delta"), ("WLSMV", "theta"), ("ULSMV", "delta")])
def test_of_ordered_answers_it_is_the_scaled_difference_of_two_fits(name, estimator, parameterization):
    # lavaan::lavTestLRT's, which `difference` is tested against; here every pair is fitted by itself.
    patterns = load_case(name)
    model = fitted(patterns, estimator, parameterization=parameterization)
    for one in pair_tests(model):
        freed = fit_model(patterns, model.clustering, model.specification.with_residual_covariances((one.cell,)))
        expected = ordinal_difference(freed.fit, model.fit, model.clusters)
        assert_allclose(one.statistic, expected.statistic, rtol=1e-6)
        # The scaling of few clusters is an estimate: F with one degree of freedom less than clusters in the denominator.
        p_value = expected.p_value if model.clusters is None else fdtrc(1, model.clusters.size - 1, expected.statistic)
        assert_allclose(one.p_value, p_value, rtol=1e-4, atol=1e-12)
        _, _, correlation, error = freed.freed()
        assert_allclose([one.correlation, one.std_error], [correlation[0], error[0]], rtol=1e-5)


def test_leaders_of_the_synthetic_survey_as_lavaan_has_them():
    """lavaan 0.7-2 without clusters: the scaled difference of the pair that was planted is 4.63, p = .031."""
    source = Path(__file__).parents[3] / "data" / "synthetic" / "answers.csv"
    own = read(source).select(role="leder")
    independent = cfa(own, cluster=None).get("modification_index", item="forklare~vaerdi")
    assert_allclose(independent.estimate, 2.44, atol=5e-3)
    assert_allclose(independent.statistic, 4.63, atol=5e-3)
    assert_allclose(independent.p_value, 0.031, atol=6e-4)
    # A leader who answers in both waves is one unit.
    by_leader = cfa(own).get("modification_index", item="forklare~vaerdi")
    assert by_leader.cluster == "leader"
    assert by_leader.estimate == independent.estimate
    assert_allclose([by_leader.statistic, by_leader.p_value], [4.3605, 0.03711], atol=5e-5)


def test_a_pair_in_a_model_that_frees_another():
    patterns = load_case("bfi_A")
    model = fitted(patterns, "WLSMV", residual_covariances=(("i1", "i2"),))
    tests = pair_tests(model)
    assert tests[0].note == "already_free"
    both = fit_model(patterns, model.clustering, model.specification.with_residual_covariances(((0, 1), (1, 3))))
    (one,) = (one for one in tests if one.cell == (1, 3))
    assert_allclose(one.statistic, ordinal_difference(both.fit, model.fit, model.clusters).statistic, rtol=1e-6)
    assert one.holm == min(other.holm for other in tests if other.note is None)
    assert_allclose(one.holm, 9 * one.p_value)


def test_equal_loadings_are_kept_when_a_pair_is_freed():
    patterns = load_case("bfi_A")
    model = fitted(patterns, "WLSMV", restriction="tau_equivalent")
    one = pair_tests(model)[3]
    freed = fit_model(patterns, model.clustering, model.specification.with_residual_covariances((one.cell,)))
    assert_allclose(one.statistic, ordinal_difference(freed.fit, model.fit, model.clusters).statistic, rtol=1e-6)


@pytest.mark.parametrize("estimator", ["MLR", "FIML"])
def test_of_likelihood_it_is_the_index_over_its_scaling(estimator):
    """By hand: what the other parameters leave of the covariance's score, added up by leader."""
    patterns = load_case("lq2002_lead_mis")
    model = fitted(patterns, estimator)
    fit = model.fit
    for cell, one in zip(CELLS, freed_by_score(fit, CELLS, model.clusters), strict=True):
        wider = fit.model.release("residual_covariances", cells=[cell])
        parameters = np.zeros(wider.q)
        free = wider.free >= 0
        parameters[wider.free[free]] = fit.model.elements(fit.parameters)[free]
        scores = fit.sample.scores(wider.moments(parameters)) @ wider.jacobian(parameters)
        own = int(wider.free[0, wider.elements_of("residual_covariances", [cell])][0])
        others = np.delete(np.arange(wider.q), own)
        _, second, _ = fit.moment_derivatives
        # The covariance enters Sigma linearly, so that the cross derivative is that of the moments alone.
        cross = (wider.jacobian(parameters).T @ second @ wider.jacobian(parameters))[own, others]
        gaps = np.abs(fit.jacobian[:, :, None] - wider.jacobian(parameters)[:, None, others]).max(axis=0)
        order = gaps.argmin(axis=0)
        inner = fit.observed_information[np.ix_(order, order)]
        left = scores[:, own] - scores[:, others] @ np.linalg.solve(inner, cross)
        spread = meat(left[:, None], fit.sample.counts, model.clusters)[0, 0]
        assert_allclose(one.statistic, (fit.sample.counts @ scores[:, own]) ** 2 / spread, rtol=1e-8)
        assert_allclose((one.correlation / one.std_error) ** 2, one.statistic, rtol=1e-9)


@pytest.mark.proves("expected_residual_correlation")
def test_the_residual_correlation_is_that_of_the_model_with_the_pair_free():
    patterns = load_case("lq2002_lead")
    for estimator, tolerance in (("WLSMV", 1e-6), ("MLR", 0.02)):  # of likelihood it is one step, here from far away
        freed = cfa(patterns, estimator=estimator, residual_covariances=[("i1", "i2")])
        expected = freed.get("residual_covariance_standardized", item="i1~i2")
        found = cfa(patterns, estimator=estimator).get("expected_residual_correlation", item="i1~i2")
        assert_allclose(found.estimate, expected.estimate, rtol=tolerance)
        if estimator == "WLSMV":
            assert_allclose(found.std_error, expected.std_error, rtol=tolerance)
            assert_allclose(found.confidence_interval(), expected.confidence_interval(), rtol=tolerance)


def test_a_pair_that_is_free_has_no_score():
    # Let go of a pair at the estimates of the model that frees it: nothing pulls it away from there.
    fit = fitted(load_case("lq2002_lead"), "MLR", residual_covariances=(("i1", "i2"),)).fit
    held = fit.model.fix("residual_covariances", 0.0, cells=[(0, 1)])
    held = replace(held, fixed=np.where(held.free < 0, fit.model.elements(fit.parameters), held.fixed))
    parameters = parameters_at(held, fit.model.elements(fit.parameters))
    at = replace(fit, model=held, parameters=parameters, moments=held.moments(parameters), jacobian=held.jacobian(parameters))
    (one,) = freed_by_score(at, [(0, 1)])
    assert_allclose(at.moments, fit.moments, rtol=1e-12)
    assert_allclose(one.statistic, 0.0, atol=1e-8)


@pytest.mark.proves("modification_index_holm")
def test_holm_over_all_pairs_is_that_of_statsmodels():
    result = cfa(load_case("lq2002_lead"))
    alone, among = result.find("modification_index"), result.find("modification_index_holm")
    assert [one.item for one in among] == [one.item for one in alone]
    assert [one.statistic for one in among] == [one.statistic for one in alone]
    expected = multipletests([one.p_value for one in alone], method="holm")[1]
    assert_allclose([one.p_value for one in among], expected, rtol=1e-12)


def test_ml_keeps_the_index_itself():
    for one in cfa(load_case("lq2002_lead"), estimator="ML", cluster=None).find("modification_index"):
        assert_allclose(one.statistic, one.estimate, rtol=1e-9)
        assert one.cluster is None


@pytest.mark.parametrize(("leaders", "holes"), [(False, 0.0), (True, 0.1)])
def test_five_percent_of_true_models_are_rejected(leaders, holes):
    naive, scaled, holm = [], [], []
    for seed in range(60):
        tests = pair_tests(fitted(made_up.rated(600, leaders=leaders, holes=holes, seed=seed), "WLSMV"))
        naive += [one.index > 3.841 for one in tests]
        scaled += [one.p_value < 0.05 for one in tests]
        holm.append(bool(beyond_chance(tests)))
    # The rates of 600 tests, ten of each sample, which depend on each other: Monte Carlo errors of .012 and, of Holm's, .028.
    assert np.mean(naive) < 0.02
    assert 0.05 - 3 * 0.012 < np.mean(scaled) < 0.05 + 3 * 0.012
    assert np.mean(holm) < 0.05 + 3 * 0.028


def test_few_leaders_reject_no_more():
    """Four leaders of 100 answers each: as a chi-square, four times as many."""
    by_f, as_chi2, holm = [], [], []
    for seed in range(60):
        tests = pair_tests(fitted(made_up.rated(400, raters=100, seed=seed), "WLSMV"))
        by_f += [one.p_value < 0.05 for one in tests]
        as_chi2 += [chdtrc(1, one.statistic) < 0.05 for one in tests]
        holm.append(bool(beyond_chance(tests)))
    assert np.mean(as_chi2) > 0.10
    assert 0.05 - 3 * 0.012 < np.mean(by_f) < 0.05 + 3 * 0.012
    assert np.mean(holm) < 0.05 + 3 * 0.028


def test_the_planted_pair_is_named():
    tests = pair_tests(fitted(made_up.rated(2000, planted=True), "WLSMV"))
    (found,) = beyond_chance(tests)
    assert found.index == max(one.index for one in tests)
    assert found.cell == (1, 3)
    assert abs(found.correlation - 0.30) < 3 * found.std_error


def test_where_a_pair_is_free_the_other_correlations_decide():
    # Four items: a pair and the other two items, free, are two names of one model; with three items there is no test.
    four = pair_tests(fitted(made_up.rated(3000, k=4, planted=True), "WLSMV"))
    assert [one.cell for one in beyond_chance(four)] == [(0, 2), (1, 3)]
    assert not [one for one in reliability(made_up.rated(3000, k=4, planted=True)).statistics if "~" in (one.method or "")]
    assert {one.note for one in pair_tests(fitted(made_up.rated(500, k=3), "WLSMV"))} == {"no_degrees_of_freedom"}


def test_one_leader_gives_no_test_and_few_are_warned_of():
    codes = made_up.codes(300, 5)
    for estimator in ("WLSMV", "MLR"):
        one = cfa(made_up.answers(codes, leader=np.zeros(300)), estimator=estimator)
        assert one.get("modification_index", item="i1~i2").note == "one_cluster"
        assert one.get("modification_index", item="i1~i2").row("cfa")["p_value"] is None
        assert one.get("modification_index", item="i1~i2").estimate >= 0
        few = cfa(made_up.answers(codes, leader=np.arange(300) % 40), estimator=estimator)
        assert few.get("modification_index", item="i1~i2").note == "few_clusters: 40 < 50"
        assert np.isfinite(few.get("modification_index", item="i1~i2").statistic)


def test_leaders_who_do_not_differ_are_the_reason_where_there_is_no_test():
    codes = made_up.codes(200, 5)
    alike = cfa(made_up.answers(np.tile(codes, (4, 1)), leader=np.repeat(np.arange(4), 200)))
    test = alike.get("modification_index", item="i1~i2")
    assert (test.note, test.row("cfa")["p_value"]) == ("no_spread_between_clusters: 4", None)
    expected = alike.get("expected_residual_correlation", item="i1~i2")
    assert expected.note == "no_spread_between_clusters: 4"
    assert np.isnan(expected.std_error)
    independent = cfa(made_up.answers(codes)).value("expected_residual_correlation", item="i1~i2")
    assert_allclose(expected.estimate, independent, rtol=1e-6)
