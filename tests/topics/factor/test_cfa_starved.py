"""Confirmatory factor analysis of data that have little to give: reasons instead of numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import made_up
from declared import refuse_other_rows
from omstilling_psychometrics.topics.correlation.analysis import correlation
from omstilling_psychometrics.topics.factor.analysis import BATTERY, battery, cfa
from omstilling_psychometrics.topics.factor.analysis_model import FittedModel
from omstilling_psychometrics.topics.factor.analysis_rows import declared
from omstilling_psychometrics.topics.factor.analysis_specification import specification


def null(result, quantity, note, **where):
    for one in result.find(quantity, **where):
        assert one.estimate is None or np.isnan(one.estimate)
        assert one.note.startswith(note), one.note
    assert result.find(quantity, **where)


def test_starved_data_give_a_reason():
    constant = made_up.codes(200, 5)
    constant[:, 2] = 4
    perfect = made_up.codes(200, 5)
    perfect[:, 1] = perfect[:, 0]
    silent = made_up.codes(200, 5)
    silent[:, 4] = -1
    incomplete = made_up.codes(200, 5)
    incomplete[np.arange(200), np.arange(200) % 5] = -1
    apart = made_up.codes(200, 4)
    apart[:100, :2], apart[100:, 2:] = -1, -1
    for codes, note, ordinal_note in (
        (constant, "constant_item: i3", "constant_item: i3"),
        (perfect, "covariance_singular", "perfect_correlation: i1~i2"),
        (made_up.codes(200, 2), "needs_three_items", "needs_three_items"),
        (made_up.codes(4, 5), "too_few_answers: n = 4 <= 5", "too_few_answers: n = 4 <= 5"),
        (np.full((9, 5), -1), "no_answers", "no_answers"),
        (silent, "", "item_without_answers: i5"),
        (apart, "", "items_never_answered_together"),
    ):
        result = battery(made_up.answers(codes), rng=np.random.default_rng(1))
        null(result, "loading", note, method="FIML")
        null(result, "cfi_robust", ordinal_note, method="WLSMV")
        null(result, "tau_equivalence", ordinal_note, method="WLSMV")
    result = battery(made_up.answers(incomplete), rng=np.random.default_rng(1))
    for method in ("ML", "MLR"):
        null(result, "loading", "too_few_complete: n = 0 <= 5", method=method)
    assert result.get("chi2", method="FIML").note is None


def test_three_items_are_saturated():
    result = battery(made_up.answers(made_up.codes(200, 3)), rng=np.random.default_rng(1))
    assert_allclose(result.get("chi2", method="WLSMV").statistic, 0, atol=1e-9)
    assert result.get("chi2", method="WLSMV").df == 0
    null(result, "rmsea_robust", "no_degrees_of_freedom")
    assert np.isfinite(result.get("loading", item="i1", method="WLSMV").estimate)


def test_twelve_respondents_are_enough_for_an_answer():
    result = battery(made_up.answers(made_up.codes(12, 5, categories=3, seed=4), 3), rng=np.random.default_rng(1))
    for method in ("MLR", "WLSMV"):
        found = result.get("loading", item="i1", method=method)
        assert np.isfinite(found.estimate) or found.note


def test_few_clusters_are_refused_or_warned_about():
    codes = made_up.codes(300, 5)
    few = cfa(made_up.answers(codes, leader=np.arange(300) % 12), estimator="MLR")
    null(few, "chi2_scaled", "clusters_do_not_exceed_moments: 12 <= 20")
    null(few, "cfi_robust", "clusters_do_not_exceed_moments")
    assert few.get("chi2").p_value is None
    assert few.get("loading", item="i1").std_error > 0
    some = cfa(made_up.answers(codes, leader=np.arange(300) % 40), estimator="MLR")
    assert some.get("chi2_scaled").note == "few_clusters: 40 < 50"
    one = cfa(made_up.answers(codes, leader=np.zeros(300)), estimator="WLSMV")
    assert one.get("loading", item="i1").note == "one_cluster"


def test_a_loading_without_bound_is_named():
    # Independent answers: the likelihood rises for ever as one loading grows and the others vanish. lavaan does not converge
    # for ML, and calls loadings of 636 (ULSMV) and 724 (WLSMV) converged.
    codes = np.random.default_rng(3).integers(1, 6, size=(300, 5))
    for estimator, parameterization in (("ML", "delta"), ("FIML", "delta"), ("WLSMV", "delta"), ("ULS", "theta")):
        result = cfa(made_up.answers(codes), estimator=estimator, parameterization=parameterization)
        null(result, "loading", "loading_unbounded: i2")
        assert not result.converged


def test_rare_categories_without_a_joint_answer_are_a_perfect_correlation():
    # Both items are rarely low, and never together. That is as likely at a correlation of -.9 as at -1: the likelihood is flat.
    codes = np.full((300, 4), 5)
    codes[:8, 0] = 4
    codes[8:17, 1] = 4
    codes[4:12, 2] = 4
    codes[6:14, 3] = 4
    result = correlation(made_up.answers(codes))
    assert result.get("polychoric", item="i1~i2").estimate == -1.0
    assert result.get("polychoric", item="i1~i2").note == "perfect_correlation"
    null(cfa(made_up.answers(codes)), "loading", "perfect_correlation: i1~i2")


def test_an_empty_category_is_left_empty():
    codes = made_up.codes(400, 5)
    codes[:, 0] = np.maximum(codes[:, 0], 2)  # nobody chose the lowest category of the first item
    collapsed = codes.copy()
    declared = cfa(made_up.answers(codes))
    assert declared.get("threshold", item="i1", category=1).note == "category_not_chosen"
    collapsed[:, 0] = codes[:, 0] - 1
    relabelled = cfa(made_up.answers(collapsed))
    assert relabelled.get("threshold", item="i1", category=4).note == "category_not_chosen"
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(declared.get(quantity).statistic, relabelled.get(quantity).statistic, rtol=1e-8)
    assert_allclose(
        declared.value("threshold", item="i1", category=2), relabelled.value("threshold", item="i1", category=1), rtol=1e-9
    )
    middle = made_up.codes(400, 5)
    middle[:, 0][middle[:, 0] == 3] = 4
    result = cfa(made_up.answers(middle))
    assert result.value("threshold", item="i1", category=2) == result.value("threshold", item="i1", category=3)
    noted = [one.category for one in result.find("threshold", item="i1") if one.note == "category_not_chosen"]
    assert noted == [2, 3]
    assert all(one.note is None for one in result.find("threshold", item="i2"))
    assert result.get("chi2").df == 5
    # The same as if the categories above had been numbered on.
    numbered = middle.copy()
    numbered[:, 0] -= middle[:, 0] > 3
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(result.get(quantity).statistic, cfa(made_up.answers(numbered)).get(quantity).statistic, rtol=1e-8)


def test_a_not_positive_definite_pairwise_matrix_is_not_smoothed():
    # Pairs answered by different people, correlating .9, .9 and .45, which no one population can do.
    rng = np.random.default_rng(6)
    parts = []
    for first, second, rho in ((0, 1, 0.9), (1, 2, 0.9), (0, 2, 0.45)):
        latent = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=500)
        codes = np.full((500, 4), -1)
        codes[:, [first, second]] = 1 + (latent[:, :, None] > [-0.5, 0.5]).sum(axis=-1)
        codes[:, 3] = np.where(rng.random(500) < 0.6, codes[:, second], rng.integers(1, 4, size=500))
        parts.append(codes)
    result = cfa(made_up.answers(np.concatenate(parts), 3))
    null(result, "cfi_robust", "not_positive_definite")
    assert np.isfinite(result.get("chi2_scaled").statistic)
    assert np.isfinite(result.value("cfi_scaled"))


@pytest.mark.parametrize("estimator", BATTERY)
def test_the_rows_of_a_fitted_model_are_the_declared_ones(estimator):
    answers, free = made_up.answers(made_up.codes(300, 5)), [("i1", "i2")]
    rows = cfa(answers, estimator=estimator, residual_covariances=free).statistics
    refuse_other_rows(rows, declared(answers, specification(answers, estimator, residual_covariances=tuple(free))))


def test_improper_items_are_named_in_their_order(monkeypatch):
    """Not in that of a set, which another run has otherwise."""
    monkeypatch.setattr(FittedModel, "improper", lambda model: (0, 1, 2, 3, 4))
    note = cfa(made_up.answers(made_up.codes(200, 5)), estimator="ML").get("chi2").note
    assert note == "; ".join(f"negative_residual_variance: i{item}" for item in (1, 2, 3, 4, 5))
