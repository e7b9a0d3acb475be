"""What comparisons of groups keep: the steps of the ladder, and the regressions of every item."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import omstilling_psychometrics as op
from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.invariance.analysis_items import FreedItems
from omstilling_psychometrics.topics.invariance.analysis_step import INDICES


@pytest.fixture(scope="module")
def ladder():
    return op.invariance(load_case("datCat"), by="group", estimator="MLR")


def test_rows_are_those_of_the_steps(ladder):
    names = ["continuous/configural", "continuous/metric", "continuous/scalar", "continuous/strict"]
    assert [name for name in ladder.models if not name.endswith("/partial")] == names
    for name in names:
        step = ladder.step(name)
        assert step.fit.chi2 == ladder.get("chi2", method=name).statistic
        assert step.fit.df == ladder.get("chi2", method=name).df
    metric, model = ladder.step("continuous/metric"), ladder.step("continuous/metric").fit.model
    loadings = model.matrix("loadings", model.elements(metric.fit.parameters))
    assert_allclose(loadings[0], loadings[1])
    assert not np.allclose(*_loadings(ladder.step("continuous/configural")))
    scalar = ladder.step("continuous/scalar").fit
    mean = scalar.model.matrix("latent_means", scalar.model.elements(scalar.parameters))[1, 0]
    assert_allclose(mean, ladder.find("latent_mean")[0].estimate)


def _loadings(step):
    return step.fit.model.matrix("loadings", step.fit.model.elements(step.fit.parameters))


def test_a_step_that_is_not_there_is_named(ladder):
    with pytest.raises(UsageError, match="method is 'metric'; steps with a model in this result: continuous/configural, "):
        ladder.step("metric")


def test_glance_has_a_row_for_each_step(ladder):
    seen = ladder.glance().set_index("method")
    metric = seen.loc["continuous/metric"]
    for quantity in ("cfi_scaled", "rmsea_scaled", "srmr"):
        assert metric[quantity] == ladder.value(quantity, method="continuous/metric")
    assert metric["difference"] == ladder.get("difference", method="continuous/metric").p_value
    assert np.isnan(seen.loc["continuous/configural", "difference"])


def test_the_step_of_partial_invariance_is_kept():
    result = op.invariance(_one_item_apart(), by="group", estimator="MLR")
    assert result.value("items_set_free") == 1
    partial = result.step("continuous/scalar/partial")
    assert partial.fit.chi2 == result.get("chi2", method="continuous/scalar/partial").statistic
    first, second = _loadings(partial)[:, :, 0]
    assert np.flatnonzero(~np.isclose(first, second)).tolist() == [0]


def _one_item_apart():
    """Two groups of 300 who answer alike but for the first item, which the second group answers higher."""
    random = np.random.default_rng(3)
    level = random.normal(size=(600, 1))
    answers = np.clip(np.round(3 + 0.9 * level + 0.7 * random.normal(size=(600, 4))), 1, 5).astype(int)
    group = np.arange(600) % 2
    answers[group == 1, 0] = np.minimum(answers[group == 1, 0] + 1, 5)
    instrument = op.survey.instrument.plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c", "d"))
    keys = {"group": op.survey.patterns.Key.of([str(one) for one in group])}
    return op.ResponsePatterns.count(instrument, answers, keys)


def test_effects_are_those_of_the_regressions_that_are_kept():
    result = op.dif(load_case("datCat"), by="group")
    for item in load_case("datCat").items:
        plain, uniform, full = result.of_item(item).regressions
        for quantity, larger, smaller in (("uniform", uniform, plain), ("nonuniform", full, uniform), ("total", full, plain)):
            ratio = 2 * (larger.log_likelihood - smaller.log_likelihood)
            assert_allclose(result.get(quantity, item=item).statistic, ratio)
    with pytest.raises(UsageError, match="item is 'i9'; items with regressions in this result: i1, "):
        result.of_item("i9")


def test_glance_at_items_that_function_differently():
    result = op.dif(load_case("datCat"), by="group")
    seen = result.glance().set_index("item")
    total = result.get("total", item="i1")
    assert seen.loc["i1", "p_value"] == total.p_value
    assert seen.loc["i1", "r2_change"] == total.estimate
    difference = result.get("expected_score_difference", item="i1").estimate
    assert seen.loc["i1", "largest_difference"] == abs(difference)


def test_the_rows_of_a_ladder_are_the_declared_ones(ladder):
    """Further ones only of what could be fitted: changes, small samples, groups, biases."""
    scalar = ladder.step("continuous/scalar")
    context, n = scalar.context, scalar.sample.n
    rows = [row for place in range(len(context.steps)) for row in context.declared(place, n)]
    rows += FreedItems(scalar).declared()
    methods = [f"continuous/{step}" for step in ("metric", "scalar", "strict")]
    further = [(f"{quantity}_change", method) for quantity in ("srmr", *INDICES) for method in methods]
    further += [("difference", f"{method}/small_sample") for method in methods]
    scaled = ("continuous/configural", *methods, "continuous/scalar/partial")
    further += [("chi2_scaled", f"{method}/small_sample") for method in scaled]
    further += [("item_difference", "continuous/scalar/small_sample"), ("latent_mean", "continuous/scalar/male")]
    further += [("expected_score_bias", "continuous/male~female"), ("expected_score_bias", "continuous/partial/male~female")]
    further += [("scale_score_bias", "continuous/partial/male~female"), ("latent_mean", "continuous/scalar/partial/male")]
    further += [("partial_invariance", "continuous/scalar"), ("partial_invariance", "continuous/scalar/small_sample")]
    further += [(quantity, "continuous/scalar/partial") for quantity in ("chi2", "chi2_scaled", *INDICES, "srmr")]
    further += [("group_size", f"continuous/{group}") for group in ("female", "male")]
    further += [("loading_difference", f"continuous/{among}male~female") for among in ("", "partial/", "beside/")]
    further += [("item_difference", "continuous/scalar/beside"), ("expected_score_bias", "continuous/beside/male~female")]
    refuse_other_rows(ladder.statistics, rows, further)
