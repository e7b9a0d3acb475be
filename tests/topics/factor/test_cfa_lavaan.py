"""Confirmatory factor analysis beside lavaan, where `peers.py` does not compare them: models that it has no stored rows of, and
how results of different options relate."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.factor.analysis_sample import stacked


def estimates(result, quantity):
    rows = result.find(quantity)
    return np.array([row.estimate for row in rows]), np.array([row.std_error for row in rows])


def test_whole_covariance_of_thresholds_and_polychoric_correlations():
    sample, _ = stacked(load_case("sim_small")).ordinal(listwise=True)
    expected = reference_value("cfa", "sim_small", "cfa_ordinal/gamma_NACOV").matrix()
    inside = sample.determined
    # lavaan's is n times the covariance without the factor n/(n - 1), which its tests put in.
    ours = sample.covariance()[np.ix_(inside, inside)] * (sample.n - 1)
    assert_allclose(ours, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("model", ["tau_equivalent", "parallel"])
def test_restricted_models_have_equal_parameters_and_test_the_next_step(model):
    result = cfa(load_case("bfi_A"), estimator="MLR", cluster=None, model=model)
    assert len({row.estimate for row in result.find("loading")}) == 1
    assert len({row.estimate for row in result.find("residual_variance")}) == (1 if model == "parallel" else 5)
    # What is already equal is not tested; the next step is.
    assert len(result.find("tau_equivalence")) == 0
    assert len(result.find("parallel_items")) == (model == "tau_equivalent")
    assert result.settings["model"] == model


def test_equal_loadings_of_ordered_answers_are_one_loading():
    result = cfa(load_case("datCat"), missing="listwise", cluster=None, model="tau_equivalent")
    assert len({row.estimate for row in result.find("loading")}) == 1


@pytest.mark.parametrize("name", ["lq2002_lead", "sim_small"])
def test_theta_and_delta_are_one_model(name):
    patterns = load_case(name)
    delta, theta = (cfa(patterns, cluster=None, missing="listwise", parameterization=name) for name in ("delta", "theta"))
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(delta.get(quantity).statistic, theta.get(quantity).statistic, rtol=1e-8)
    assert_allclose(estimates(delta, "loading_standardized"), estimates(theta, "loading_standardized"), rtol=1e-7)
    loading = delta.value("loading", item="i1")
    assert_allclose(theta.value("loading", item="i1"), loading / np.sqrt(1 - loading**2), rtol=1e-7)
    assert theta.get("residual_variance", item="i1").estimate == 1


@pytest.mark.parametrize("name", ["lq2002_lead", "sim1"])
def test_few_leaders_are_noted_beside_clustered_tests(name):
    patterns = load_case(name)
    row = cfa(patterns, missing="listwise").get("chi2_scaled")
    assert row.cluster == "leader"
    assert (row.note is not None) == (patterns.size("leader") < 50)


def test_anchors():
    # LEAD01-05 of lq2002: naive, scaled, robust.
    result = cfa(load_case("lq2002_lead"), cluster=None)
    assert [round(result.value(f"cfi{kind}"), 3) for kind in ("", "_scaled", "_robust")] == [0.965, 0.913, 0.814]
    assert [round(result.value(f"rmsea{kind}"), 3) for kind in ("", "_scaled", "_robust")] == [0.214, 0.271, 0.279]


# lavaan 0.6.14: lq2002_lead, 'f =~ i1 + … + i5; i1 ~~ i2; i4 ~~ i5', std.lv = TRUE: parameterEstimates, standardizedSolution.
@pytest.mark.proves("residual_covariance", "residual_covariance_standardized")
@pytest.mark.parametrize(
    ("options", "chi2", "expected"),
    [
        ({"estimator": "ML"}, 36.625983, [0.4300771655, 0.0244771506, -0.0846492791, 0.0283254690, 0.477962904, 0.0181989295]),
        ({"estimator": "MLR"}, 36.625983, [0.4300771655, 0.0282696799, -0.0846492791, 0.0308662453, 0.477962904, 0.0241686681]),
        (
            {"missing": "listwise"},
            12.179064,
            [0.379796156, 0.0158264932, -0.051238058, 0.0167632375, 0.545077838, 0.0152321318],
        ),
        (
            {"missing": "listwise", "parameterization": "theta"},
            12.179064,
            [0.545077835, 0.0152321322, -0.118053879, 0.0417632198, 0.545077835, 0.0152321322],
        ),
        (
            {"estimator": "ULSMV"},
            8.419431,
            [0.3814368107, 0.0158054527, -0.0457635775, 0.0168967873, 0.546023224, 0.0151568574],
        ),
    ],
)
def test_freed_residual_covariances_and_the_correlations_they_make(options, chi2, expected):
    pairs = [("i2", "i1"), ("i4", "i5"), ("i5", "i4")]  # order and repetition do not matter
    result = cfa(load_case("lq2002_lead"), cluster=None, residual_covariances=pairs, **options)
    assert_allclose(result.get("chi2").statistic, chi2, rtol=1e-6)
    assert result.get("chi2").df == 3
    first, second = (result.get("residual_covariance", item=pair) for pair in ("i1~i2", "i4~i5"))
    correlation_of_residuals = result.get("residual_covariance_standardized", item="i1~i2")
    found = [value for one in (first, second, correlation_of_residuals) for value in (one.estimate, one.std_error)]
    assert_allclose(found, expected, rtol=5e-6)
