"""Proportional odds: closed forms, derivatives, statsmodels as second opinion, separation."""

import numpy as np
import pytest
from scipy.special import expit

from omstilling_psychometrics.topics.invariance.numerics.proportional_odds import (
    _at,
    expected_category,
    null_log_likelihood,
    proportional_odds,
)

RNG = np.random.default_rng(12)
X = RNG.normal(size=(300, 2))
LATENT = X @ [1.0, -0.5] + RNG.logistic(size=300)
Y = np.searchsorted([-1.0, 0.5, 1.5], LATENT).astype(np.int64)
ONES = np.ones(300)


def test_two_categories_are_logistic_regression():
    import statsmodels.api as sm

    binary = (Y > 1).astype(np.int64)
    ours = proportional_odds(binary, X, ONES)
    peer = sm.Logit(binary, sm.add_constant(X)).fit(disp=0, tol=1e-12)
    assert ours.log_likelihood == pytest.approx(peer.llf, rel=1e-10)
    assert ours.coefficients == pytest.approx(peer.params[1:], rel=1e-6)
    assert ours.thresholds == pytest.approx(-peer.params[:1], rel=1e-6)
    assert np.diag(np.linalg.inv(ours.information))[1:] == pytest.approx(peer.bse[1:] ** 2, rel=1e-5)


def test_statsmodels_ordered_model_agrees():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    ours = proportional_odds(Y, X, ONES)
    peer = OrderedModel(Y, X, distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    assert ours.log_likelihood == pytest.approx(peer.llf, rel=1e-8)
    assert ours.coefficients == pytest.approx(peer.params[:2], abs=1e-4)


def test_without_covariates_thresholds_are_the_shares():
    fit = proportional_odds(Y, np.zeros((300, 0)), ONES)
    shares = np.cumsum(np.bincount(Y))[:-1] / 300
    assert expit(fit.thresholds) == pytest.approx(shares, rel=1e-12)
    assert fit.log_likelihood == pytest.approx(null_log_likelihood(Y, ONES), rel=1e-13)


def test_scores_and_information_are_the_derivatives():
    point = np.array([-0.8, 0.3, 1.7, 0.6, -0.2])
    here = _at(point, Y, X, ONES, 4)
    for place in range(5):
        step = np.zeros(5)
        step[place] = 1e-5
        up, down = _at(point + step, Y, X, ONES, 4), _at(point - step, Y, X, ONES, 4)
        assert here.scores[:, place].sum() == pytest.approx((up.log_likelihood - down.log_likelihood) / 2e-5, rel=1e-6)
        slope = (up.scores.sum(axis=0) - down.scores.sum(axis=0)) / 2e-5
        assert -here.information[:, place] == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_counts_and_rows_agree():
    counts = RNG.integers(1, 4, 300).astype(float)
    rows = np.repeat(np.arange(300), counts.astype(int))
    by_counts, by_rows = proportional_odds(Y, X, counts), proportional_odds(Y[rows], X[rows], np.ones(len(rows)))
    assert by_rows.log_likelihood == pytest.approx(by_counts.log_likelihood, rel=1e-12)
    assert by_rows.parameters == pytest.approx(by_counts.parameters, rel=1e-9)


def test_expected_category_weighs_values_by_their_probability():
    parameters = np.array([-1.0, 0.5, 2.0, 0.7])
    values, design = np.array([0.0, 1.0, 3.0, 4.0]), np.array([[0.3], [-2.0]])
    below = np.column_stack([expit(parameters[:3] - 0.7 * x) for x in design]).T
    probabilities = np.diff(np.column_stack([np.zeros(2), below, np.ones(2)]), axis=1)
    assert expected_category(parameters, 4, values, design) == pytest.approx(probabilities @ values, rel=1e-12)


def test_perfect_prediction_reaches_its_likelihood_and_says_so():
    y = np.array([0, 0, 1, 1], dtype=np.int64)
    fit = proportional_odds(y, np.array([[1.0], [2.0], [3.0], [4.0]]), np.ones(4))
    assert fit.log_likelihood == pytest.approx(0, abs=1e-6)
    assert not fit.determined
    assert proportional_odds(Y, X, ONES).determined


def test_impossible_models_are_refused():
    with pytest.raises(ValueError, match="constant_item"):
        proportional_odds(np.zeros(3, dtype=np.int64), np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match="not_converged"):
        proportional_odds(Y, np.column_stack([X[:, 0], X[:, 0]]), ONES)
