"""Confirmatory factor analysis against lavaan on every data set."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from omstilling_psychometrics.reference import load_case, load_values, reference_value
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.factor.analysis_sample import stacked

CASES = sorted(load_values("cfa"))

# lavaan's optimiser leaves the parameters about 1e-6 and the scaled statistics about 1e-6 (relative) from the optimum.
PARAMETERS, ERRORS, TESTS, INDICES = 2e-5, 2e-5, 5e-6, 2e-5


def has(path):
    return [name for name in CASES if path in load_values("cfa")[name]]


def value(name, path):
    return reference_value("cfa", name, path).value


def agrees_with(result, fit, method, *, robust=True, rmsea_robust=1e-5):
    """All tests and indices of one method against lavaan's fitMeasures."""
    exact = result.get("chi2", method=method)
    assert exact.df == fit["df"]
    assert_allclose(exact.statistic, fit["chisq"], rtol=1e-6)
    tolerance = {"rtol": 0, "atol": INDICES}
    for name in ("cfi", "tli", "rmsea"):
        assert_allclose(result.value(name, method=method), fit[name], **tolerance)
    assert_allclose(result.value("srmr", method=method), fit["srmr_bentler_nomean"], **tolerance)
    assert_allclose(result.value("crmr", method=method), fit["crmr_nomean"], **tolerance)
    low, high = result.get("rmsea", method=method).confidence_interval(0.90)
    assert_allclose([low, high], [fit["rmsea.ci.lower"], fit["rmsea.ci.upper"]], atol=INDICES)
    assert_allclose(result.get("rmsea", method=method).p_value, fit["rmsea.pvalue"], atol=1e-6)
    if not robust:
        return
    scaled = result.get("chi2_scaled", method=method)
    assert_allclose(scaled.statistic, fit["chisq.scaled"], rtol=TESTS)
    assert_allclose(scaled.p_value, fit["pvalue.scaled"], rtol=1e-4, atol=1e-9)
    for name in ("cfi", "tli", "rmsea"):
        assert_allclose(result.value(f"{name}_scaled", method=method), fit[f"{name}.scaled"], **tolerance)
    for name in ("cfi", "tli"):
        assert_allclose(result.value(f"{name}_robust", method=method), fit[f"{name}.robust"], **tolerance)
    assert_allclose(result.value("rmsea_robust", method=method), fit["rmsea.robust"], atol=rmsea_robust)
    low, high = result.get("rmsea_robust", method=method).confidence_interval(0.90)
    assert_allclose([low, high], [fit["rmsea.ci.lower.robust"], fit["rmsea.ci.upper.robust"]], atol=10 * rmsea_robust)


def estimates(result, quantity, method):
    found = result.find(quantity, method=method)
    return np.array([one.estimate for one in found]), np.array([one.std_error for one in found])


def rows(table, op):
    """(est, se) of the loadings, residual variances, intercepts or thresholds in a lavaan table."""
    chosen = [row for row in table if row["op"] == op and (op != "~~" or (row["lhs"] == row["rhs"] and row["lhs"] != "f"))]
    chosen = [row for row in chosen if row["lhs"] != "f" or op == "=~"]
    name = "est" if "est" in chosen[0] else "est.std"
    return np.array([row[name] for row in chosen]), np.array([row["se"] for row in chosen])


@pytest.mark.parametrize("name", has("cfa_continuous/MLR_complete/fit"))
def test_likelihood_on_complete_rows(name):
    patterns = load_case(name)
    plain, robust = (cfa(patterns, estimator=method, cluster=None) for method in ("ML", "MLR"))
    fit = value(name, "cfa_continuous/ML_complete/fit")
    agrees_with(plain, fit, "ML", robust=False)
    agrees_with(robust, value(name, "cfa_continuous/MLR_complete/fit"), "MLR")
    for result, method in ((plain, "ML"), (robust, "MLR")):
        assert_allclose(result.value("log_likelihood", method=method), fit["logl"], rtol=1e-9)
        assert_allclose(result.value("aic", method=method), fit["aic"], rtol=1e-9)
        assert_allclose(result.value("bic", method=method), fit["bic"], rtol=1e-9)
    table = value(name, "cfa_continuous/MLR_complete_stdlv/est")
    for quantity, op in (("loading", "=~"), ("residual_variance", "~~")):
        estimate, error = estimates(robust, quantity, "MLR")
        expected, expected_error = rows(table, op)
        assert_allclose(estimate, expected, atol=PARAMETERS)
        assert_allclose(error, expected_error, rtol=ERRORS)


@pytest.mark.parametrize("name", has("cfa_continuous/ML_complete/std"))
def test_standardized_solution_with_expected_information(name):
    estimate, error = estimates(cfa(load_case(name), estimator="ML", cluster=None), "loading_standardized", "ML")
    expected, expected_error = rows(value(name, "cfa_continuous/ML_complete/std"), "=~")
    assert_allclose(estimate, expected, atol=PARAMETERS)
    assert_allclose(error, expected_error, rtol=ERRORS)


@pytest.mark.parametrize("name", has("cfa_continuous/FIML_MLR/fit"))
def test_likelihood_with_missing_answers(name):
    result = cfa(load_case(name), estimator="FIML", cluster=None)
    fit = value(name, "cfa_continuous/FIML_MLR/fit")
    agrees_with(result, fit, "FIML")
    assert_allclose(result.value("log_likelihood"), fit["logl"], rtol=1e-9)
    assert_allclose(result.value("bic"), fit["bic"], rtol=1e-9)
    table = value(name, "cfa_continuous/FIML_MLR_stdlv/est")
    for quantity, op in (("loading", "=~"), ("residual_variance", "~~"), ("intercept", "~1")):
        estimate, error = estimates(result, quantity, "FIML")
        expected, expected_error = rows(table, op)
        assert_allclose(estimate, expected, atol=PARAMETERS)
        assert_allclose(error, expected_error, rtol=ERRORS)


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
@pytest.mark.parametrize("name", CASES)
def test_ordinal_least_squares(name, missing):
    path = f"cfa_ordinal/WLSMV_{'complete' if missing == 'listwise' else 'pairwise'}_delta"
    if f"{path}/fit" not in load_values("cfa")[name]:
        path = "cfa_ordinal/WLSMV_complete_delta"  # no answer is missing there, and pairwise is listwise
    result = cfa(load_case(name), cluster=None, missing=missing)
    agrees_with(result, value(name, f"{path}/fit"), "WLSMV")
    if f"{path}/std" in load_values("cfa")[name]:
        table = value(name, f"{path}/std")
        named = (("loading", "=~"), ("loading_standardized", "=~"), ("residual_variance", "~~"), ("threshold", "|"))
        for quantity, op in named:
            estimate, error = estimates(result, quantity, "WLSMV")
            known = np.isfinite(estimate)
            expected, expected_error = rows(table, op)
            assert_allclose(estimate[known], expected, atol=PARAMETERS)
            assert_allclose(error[known].astype(float), expected_error, rtol=ERRORS)


@pytest.mark.parametrize("missing", ["complete", "pairwise"])
def test_unweighted_least_squares(missing):
    for name in has(f"cfa_ordinal/ULSMV_{missing}/fit"):
        result = cfa(load_case(name), estimator="ULSMV", missing="listwise" if missing == "complete" else None, cluster=None)
        agrees_with(result, value(name, f"cfa_ordinal/ULSMV_{missing}/fit"), "ULSMV")


def test_whole_covariance_of_thresholds_and_polychoric_correlations():
    sample, _ = stacked(load_case("sim_small")).ordinal(listwise=True)
    expected = reference_value("cfa", "sim_small", "cfa_ordinal/gamma_NACOV").matrix()
    inside = sample.determined
    # lavaan's is n times the covariance without the factor n/(n - 1), which its tests put in.
    ours = sample.covariance()[np.ix_(inside, inside)] * (sample.n - 1)
    assert_allclose(ours, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("name", has("cfa_ordinal/WLSMV_pairwise_theta/est"))
def test_thresholds_and_their_errors_under_theta(name):
    result = cfa(load_case(name), cluster=None, parameterization="theta")
    estimate, error = estimates(result, "threshold", "WLSMV")
    expected, expected_error = rows(value(name, "cfa_ordinal/WLSMV_pairwise_theta/est"), "|")
    known = np.isfinite(estimate)
    assert_allclose(estimate[known], expected, atol=PARAMETERS)
    assert_allclose(error[known].astype(float), expected_error, rtol=ERRORS)


@pytest.mark.parametrize(("model", "path"), [("tau_equivalent", "tau_MLR_complete"), ("parallel", "parallel_MLR_complete")])
def test_restricted_models_have_fits_of_their_own(model, path):
    for name in has(f"cfa_continuous/{path}/fit"):
        result = cfa(load_case(name), estimator="MLR", cluster=None, model=model)
        agrees_with(result, value(name, f"cfa_continuous/{path}/fit"), "MLR")
        assert len({one.estimate for one in result.find("loading")}) == 1
        assert len({one.estimate for one in result.find("residual_variance")}) == (1 if model == "parallel" else 5)
        # What is already equal is not tested; the next step is.
        assert len(result.find("tau_equivalence")) == 0
        assert len(result.find("parallel_items")) == (model == "tau_equivalent")
        assert result.settings["model"] == model


def test_equal_loadings_of_ordered_answers_have_a_fit_of_their_own():
    for name in has("cfa_ordinal/tau/fit"):
        result = cfa(load_case(name), missing="listwise", cluster=None, model="tau_equivalent")
        agrees_with(result, value(name, "cfa_ordinal/tau/fit"), "WLSMV")
        assert len({one.estimate for one in result.find("loading")}) == 1


@pytest.mark.parametrize("name", has("cfa_ordinal/WLSMV_complete_theta/fit"))
def test_theta_and_delta_are_one_model(name):
    patterns = load_case(name)
    delta, theta = (cfa(patterns, cluster=None, missing="listwise", parameterization=one) for one in ("delta", "theta"))
    agrees_with(theta, value(name, "cfa_ordinal/WLSMV_complete_theta/fit"), "WLSMV")
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(delta.get(quantity).statistic, theta.get(quantity).statistic, rtol=1e-8)
    for column in (0, 1):
        assert_allclose(
            estimates(delta, "loading_standardized", "WLSMV")[column],
            estimates(theta, "loading_standardized", "WLSMV")[column],
            rtol=1e-7,
        )
    loading = delta.value("loading", item="i1")
    assert_allclose(theta.value("loading", item="i1"), loading / np.sqrt(1 - loading**2), rtol=1e-7)
    assert theta.get("residual_variance", item="i1").estimate == 1


@pytest.mark.parametrize("name", has("lavaan_0_7_2/WLSMV_cluster_listwise/fit"))
def test_clustered_ordinal_tests_and_errors(name):
    # lavaan 0.7-2; 0.6-14 ignores clusters of ordinal answers. RMSEA's robust N - 1 is that of 0.6-14, N in 0.7-2.
    patterns = load_case(name)
    result = cfa(patterns, missing="listwise")
    agrees_with(result, value(name, "lavaan_0_7_2/WLSMV_cluster_listwise/fit"), "WLSMV", rmsea_robust=1e-4)
    assert result.get("chi2_scaled").cluster == "leader"
    assert (result.get("chi2_scaled").note is not None) == (patterns.size("leader") < 50)
    if "lavaan_0_7_2/WLSMV_cluster_listwise/est" in load_values("cfa")[name]:
        table = value(name, "lavaan_0_7_2/WLSMV_cluster_listwise/est")
        for quantity, op in (("loading", "=~"), ("threshold", "|")):
            assert_allclose(estimates(result, quantity, "WLSMV")[1], rows(table, op)[1], rtol=ERRORS)


@pytest.mark.parametrize("name", has("lavaan_0_7_2/MLR_cluster_FIML/fit"))
def test_clustered_likelihood_with_missing_answers(name):
    result = cfa(load_case(name), estimator="FIML")
    agrees_with(result, value(name, "lavaan_0_7_2/MLR_cluster_FIML/fit"), "FIML")
    if "lavaan_0_7_2/MLR_cluster_FIML/est" in load_values("cfa")[name]:
        table = value(name, "lavaan_0_7_2/MLR_cluster_FIML/est")
        for quantity, op in (("loading", "=~"), ("intercept", "~1"), ("residual_variance", "~~")):
            assert_allclose(estimates(result, quantity, "FIML")[1], rows(table, op)[1], rtol=ERRORS)


@pytest.mark.parametrize("name", ["lq2002_lead_mis", "sim1"])
def test_clustered_likelihood_on_complete_rows(name):
    agrees_with(cfa(load_case(name), estimator="MLR"), value(name, "cfa_cluster/MLR_cluster_complete/fit"), "MLR")


@pytest.mark.parametrize("estimator", ["ML", "WLSMV"])
def test_modification_indices_and_residuals(estimator):
    path = "cfa_continuous/ML_complete" if estimator == "ML" else "cfa_ordinal/WLSMV_complete_delta"
    for name in has(f"{path}/mi"):
        result = cfa(load_case(name), estimator=estimator, missing="listwise" if estimator == "WLSMV" else None, cluster=None)
        for row in value(name, f"{path}/mi"):
            if row["op"] == "~~" and row["lhs"] != row["rhs"]:
                found = result.get("modification_index", item=f"{row['lhs']}~{row['rhs']}")
                assert_allclose(found.estimate, row["mi"], rtol=2e-3, atol=1e-4)
                assert found.df == 1
                # lavaan's expected change of an ordinal model lacks a factor n/(n - 1): it misses the minimum by that.
                change = result.value("expected_parameter_change", item=found.item)
                n = found.n if estimator == "WLSMV" else np.inf
                assert_allclose(change * (1 - 1 / n), row["epc"], rtol=2e-3, atol=1e-5)
    for name in has(f"{path}/resid_cor"):
        result = cfa(load_case(name), estimator=estimator, missing="listwise" if estimator == "WLSMV" else None, cluster=None)
        expected = reference_value("cfa", name, f"{path}/resid_cor").matrix()
        i, j = np.triu_indices(5, 1)
        assert_allclose([one.estimate for one in result.find("residual_correlation")], expected[i, j], atol=2e-5)


@pytest.mark.parametrize("name", has("cfa_continuous/lrt_tau_default"))
def test_equal_loadings_and_parallel_items_by_likelihood(name):
    for estimator, suffix in (("ML", "_ML"), ("MLR", "_default"), ("FIML", "_FIML_default")):
        if f"cfa_continuous/lrt_tau{suffix}" not in load_values("cfa")[name]:
            continue
        result = cfa(load_case(name), estimator=estimator, cluster=None)
        for quantity, test in (("tau_equivalence", "tau"), ("parallel_items", "parallel")):
            expected = value(name, f"cfa_continuous/lrt_{test}{suffix}")[1]
            found = result.get(quantity)
            assert found.df == expected["Df diff"]
            assert_allclose(found.statistic, expected["Chisq diff"], rtol=2e-5)
            assert_allclose(found.p_value, expected["Pr(>Chisq)"], rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_equal_loadings_of_ordered_answers(missing):
    path = "cfa_ordinal/lrt_tau_default" if missing == "listwise" else "cfa_ordinal/lrt_tau_pairwise_default"
    for name in has(path):
        found = cfa(load_case(name), missing=missing, cluster=None).get("tau_equivalence")
        expected = value(name, path)[1]
        assert found.df == expected["Df diff"]
        assert_allclose(found.statistic, expected["Chisq diff"], rtol=2e-5)


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
