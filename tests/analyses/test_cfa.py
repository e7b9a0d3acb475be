"""Confirmatory factor analysis against lavaan on every data set, and by identities that need no other software."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from omstilling_psychometrics.analyses.cfa import battery, cfa
from omstilling_psychometrics.analyses.cfa_sample import stacked
from omstilling_psychometrics.analyses.correlation import correlation
from omstilling_psychometrics.errors import UsageError
from omstilling_psychometrics.instrument import plain_instrument
from omstilling_psychometrics.reference import load_case, load_values, reference_value
from omstilling_psychometrics.responses.patterns import Key, ResponsePatterns
from omstilling_psychometrics.vocabulary import vocabulary

CASES = sorted(load_values("cfa"))

# lavaan's optimiser leaves the parameters about 1e-6 and the scaled statistics about 1e-6 (relative) from the optimum.
PARAMETERS, ERRORS, TESTS, INDICES = 2e-5, 2e-5, 5e-6, 2e-5


def has(path):
    return [name for name in CASES if path in load_values("cfa")[name]]


def value(name, path):
    return reference_value("cfa", name, path).value


def answers(codes, categories=5, **keys):
    codes = np.asarray(codes)
    instrument = plain_instrument(tuple(range(1, categories + 1)), tuple(f"i{n + 1}" for n in range(codes.shape[1])))
    return ResponsePatterns.count(instrument, codes, {name: Key.of([str(v) for v in values]) for name, values in keys.items()})


def simulated(n, k, *, categories=5, loading=0.7, missing=0.0, seed=1):
    rng = np.random.default_rng(seed)
    latent = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k))
    codes = 1 + (latent[:, :, None] > np.linspace(-1.5, 1.5, categories - 1)).sum(axis=-1)
    codes[rng.random(codes.shape) < missing] = -1
    return codes


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


@pytest.mark.parametrize(("plain", "robust"), [("DWLS", "WLSMV"), ("ULS", "ULSMV")])
@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_least_squares_by_the_name_of_the_discrepancy(plain, robust, parameterization):
    patterns = load_case("sim_small")
    one, other = (cfa(patterns, estimator=name, parameterization=parameterization) for name in (plain, robust))
    assert {row.cluster for row in one.find("loading")} == {"leader"}
    assert {row.method for row in one.statistics} == {plain}
    assert [row.row("cfa") | {"method": None} for row in one.statistics] == [
        row.row("cfa") | {"method": None} for row in other.statistics
    ]


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


def test_the_difference_of_two_fits_is_the_test_between_them():
    patterns = load_case("lq2002_lead")
    free, tied = (cfa(patterns, estimator="ML", cluster=None, model=one) for one in ("congeneric", "tau_equivalent"))
    test = free.get("tau_equivalence")
    assert_allclose(tied.get("chi2").statistic - free.get("chi2").statistic, test.statistic, rtol=1e-9)
    assert tied.get("chi2").df - free.get("chi2").df == test.df


def test_two_items_with_equal_loadings():
    # Then the factor is their covariance: loading squared, of numbers and of the variables behind them.
    patterns = answers(simulated(300, 2))
    covariance = np.cov(patterns.expand().iloc[:, :2].to_numpy(dtype=float).T, bias=True)[0, 1]
    assert_allclose(
        cfa(patterns, estimator="MLR", model="tau_equivalent").value("loading", item="i1") ** 2, covariance, rtol=1e-8
    )
    ordinal = cfa(patterns, model="tau_equivalent")
    polychoric = correlation(patterns).value("polychoric", item="i1~i2")
    assert_allclose(ordinal.value("loading", item="i2") ** 2, polychoric, rtol=1e-8)
    assert ordinal.get("chi2").df == 0


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


def test_battery_has_every_row_of_the_contract_once_and_only_known_words():
    patterns = load_case("lq2002_lead_mis")
    result = battery(patterns, rng=np.random.default_rng(1))
    keys = [(one.role, one.quantity, one.item, one.category, one.method) for one in result.statistics]
    assert len(keys) == len(set(keys))
    fits = ("chi2", "cfi", "tli", "rmsea", "srmr", "crmr")
    robust = ("chi2_scaled", *(f"{name}{kind}" for name in ("cfi", "tli", "rmsea") for kind in ("_scaled", "_robust")))
    for method in ("ML", "MLR", "FIML", "WLSMV"):
        likelihood = () if method == "WLSMV" else ("log_likelihood", "aic", "bic")
        for quantity in (*fits, *(() if method == "ML" else robust), *likelihood):
            assert len(result.find(quantity, method=method)) == 1, (quantity, method)
        for quantity in ("loading", "loading_standardized", "residual_variance"):
            assert len(result.find(quantity, method=method)) == 5
        assert len(result.find("intercept", method=method)) == (0 if method == "WLSMV" else 5)
        assert len(result.find("threshold", method=method)) == (20 if method == "WLSMV" else 0)
        for quantity in ("residual_correlation", "modification_index"):
            assert len(result.find(quantity, method=method)) == 10
    words = vocabulary("da")
    for one in result.statistics:
        assert one.quantity in words.quantities
        assert one.method in words.methods
        if one.note:
            words.note(one.note)
    assert {one.cluster for one in result.find("loading")} == {None, "leader"}
    assert result.get("loading", method="FIML", item="i1").n == patterns.n
    frame = result.fit_measures()
    assert list(frame.index.get_level_values("method")) == ["ML", "MLR", "FIML", "WLSMV"]
    assert_allclose(frame.loc[("all", "WLSMV"), "chi2_scaled"], result.get("chi2_scaled", method="WLSMV").statistic)
    assert len(result.loadings) == 20


def test_counts_and_expanded_rows_agree():
    patterns = load_case("sim_small")
    frame = patterns.expand()
    again = ResponsePatterns.from_frame(frame.sample(frac=1.0, random_state=3), patterns.instrument)
    for estimator in ("FIML", "WLSMV"):
        one, other = cfa(patterns, estimator=estimator), cfa(again, estimator=estimator)
        assert [row.row("cfa") for row in one.statistics] == [row.row("cfa") for row in other.statistics]


def test_another_order_of_the_items_permutes_the_results():
    patterns = load_case("lq2002_lead_mis")
    order = [3, 0, 4, 2, 1]
    instrument = plain_instrument((1, 2, 3, 4, 5), tuple(patterns.items[item] for item in order))
    codes, counts = patterns.table()
    turned = ResponsePatterns.count(instrument, codes[:, order], {}, counts)
    for estimator in ("ML", "FIML", "WLSMV", "ULS"):
        one, other = cfa(patterns, estimator=estimator, cluster=None), cfa(turned, estimator=estimator, cluster=None)
        assert len(one.statistics) == len(other.statistics)
        for row in one.statistics:
            name = row.item if row.item is None or "~" not in row.item else _pair(row.item, turned.items)
            same = other.get(row.quantity, item=name, category=row.category)
            for field in ("estimate", "std_error", "statistic", "p_value"):
                if getattr(row, field) is not None:
                    assert_allclose(getattr(same, field), getattr(row, field), rtol=1e-6, atol=1e-8, err_msg=str(row))


def _pair(name, items):
    return "~".join(sorted(name.split("~"), key=items.index))


def test_two_categories_are_the_tetrachoric_route():
    codes = simulated(500, 4, categories=2)
    result = cfa(answers(codes, 2))
    quadrants = np.array([[[np.mean((codes[:, i] <= 1) & (codes[:, j] <= 1)) for j in range(4)] for i in range(4)]])
    assert result.get("chi2").df == 2
    assert len(result.find("threshold")) == 4
    # Least squares on tetrachorics leaves residuals; with them added back the quadrant probabilities are those observed.
    from omstilling_psychometrics.numerics.bivariate_normal import bivariate_normal_cdf

    loadings, thresholds = (np.array([one.estimate for one in result.find(name)]) for name in ("loading", "threshold"))
    for one in result.find("residual_correlation"):
        i, j = (int(name[1:]) - 1 for name in one.item.split("~"))
        together = bivariate_normal_cdf(thresholds[i], thresholds[j], loadings[i] * loadings[j] + one.estimate)
        assert_allclose(together, quadrants[0, i, j], atol=1e-9)


def test_a_freed_residual_covariance_takes_a_degree_of_freedom_and_its_modification_index():
    patterns = load_case("lq2002_lead")
    for estimator in ("MLR", "WLSMV"):
        tied = cfa(patterns, estimator=estimator, cluster=None)
        freed = cfa(patterns, estimator=estimator, cluster=None, residual_covariances=[("i1", "i2")])
        assert freed.get("chi2").df == tied.get("chi2").df - 1
        assert freed.get("chi2").statistic < tied.get("chi2").statistic
        assert freed.get("modification_index", item="i1~i2").note == "already_free"
        assert freed.get("residual_covariance").item == "i1~i2"


# lavaan 0.6.14: lq2002_lead, 'f =~ i1 + … + i5; i1 ~~ i2; i4 ~~ i5', std.lv = TRUE: parameterEstimates, standardizedSolution.
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


def test_options_are_honoured_or_refused():
    patterns = load_case("lq2002_lead")
    for options, words in (
        ({"estimator": "GLS"}, "estimator is 'GLS'; there are: ML, MLR, FIML, WLSMV, DWLS, ULSMV, ULS"),
        ({"estimator": "ULS", "missing": "fiml"}, "cannot do"),
        ({"model": "equal"}, "congeneric, tau_equivalent, parallel"),
        ({"model": "parallel"}, "tau_equivalent"),
        ({"estimator": "ML", "cluster": "leader"}, "MLR"),
        ({"estimator": "MLR", "missing": "pairwise"}, "cannot do"),
        ({"estimator": "FIML", "parameterization": "theta"}, "ordinal"),
        ({"parameterization": "gamma"}, "parameterization"),
        ({"residual_covariances": [("i1", "q9")]}, "q9"),
        ({"residual_covariances": [("i1", "i1")]}, "two different items"),
        ({"cluster": "team"}, "no column 'team'"),
    ):
        with pytest.raises(UsageError, match=words):
            cfa(patterns, **options)


def null(result, quantity, note, **where):
    for one in result.find(quantity, **where):
        assert one.estimate is None or np.isnan(one.estimate)
        assert one.note.startswith(note), one.note
    assert result.find(quantity, **where)


def test_starved_data_give_a_reason():
    constant = simulated(200, 5)
    constant[:, 2] = 4
    perfect = simulated(200, 5)
    perfect[:, 1] = perfect[:, 0]
    silent = simulated(200, 5)
    silent[:, 4] = -1
    incomplete = simulated(200, 5)
    incomplete[np.arange(200), np.arange(200) % 5] = -1
    apart = simulated(200, 4)
    apart[:100, :2], apart[100:, 2:] = -1, -1
    for codes, note, ordinal_note in (
        (constant, "constant_item: i3", "constant_item: i3"),
        (perfect, "covariance_singular", "perfect_correlation: i1~i2"),
        (simulated(200, 2), "needs_three_items", "needs_three_items"),
        (simulated(4, 5), "too_few_answers: n = 4 <= 5", "too_few_answers: n = 4 <= 5"),
        (np.full((9, 5), -1), "no_answers", "no_answers"),
        (silent, "", "item_without_answers: i5"),
        (apart, "", "items_never_answered_together"),
    ):
        result = battery(answers(codes), rng=np.random.default_rng(1))
        null(result, "loading", note, method="FIML")
        null(result, "cfi_robust", ordinal_note, method="WLSMV")
        null(result, "tau_equivalence", ordinal_note, method="WLSMV")
    result = battery(answers(incomplete), rng=np.random.default_rng(1))
    for method in ("ML", "MLR"):
        null(result, "loading", "too_few_complete: n = 0 <= 5", method=method)
    assert result.get("chi2", method="FIML").note is None


def test_three_items_are_saturated():
    result = battery(answers(simulated(200, 3)), rng=np.random.default_rng(1))
    assert_allclose(result.get("chi2", method="WLSMV").statistic, 0, atol=1e-9)
    assert result.get("chi2", method="WLSMV").df == 0
    null(result, "rmsea_robust", "no_degrees_of_freedom")
    assert np.isfinite(result.get("loading", item="i1", method="WLSMV").estimate)


def test_twelve_respondents_are_enough_for_an_answer():
    result = battery(answers(simulated(12, 5, categories=3, seed=4), 3), rng=np.random.default_rng(1))
    for method in ("MLR", "WLSMV"):
        found = result.get("loading", item="i1", method=method)
        assert np.isfinite(found.estimate) or found.note


def test_few_clusters_are_refused_or_warned_about():
    codes = simulated(300, 5)
    few = cfa(answers(codes, leader=np.arange(300) % 12), estimator="MLR")
    null(few, "chi2_scaled", "clusters_do_not_exceed_moments: 12 <= 20")
    null(few, "cfi_robust", "clusters_do_not_exceed_moments")
    assert few.get("chi2").p_value is None
    assert few.get("loading", item="i1").std_error > 0
    some = cfa(answers(codes, leader=np.arange(300) % 40), estimator="MLR")
    assert some.get("chi2_scaled").note == "few_clusters: 40 < 50"
    one = cfa(answers(codes, leader=np.zeros(300)), estimator="WLSMV")
    assert one.get("loading", item="i1").note == "one_cluster"


def test_a_loading_without_bound_is_named():
    # Independent answers: the likelihood rises for ever as one loading grows and the others vanish. lavaan does not converge
    # for ML, and calls loadings of 636 (ULSMV) and 724 (WLSMV) converged.
    codes = np.random.default_rng(3).integers(1, 6, size=(300, 5))
    for estimator, parameterization in (("ML", "delta"), ("FIML", "delta"), ("WLSMV", "delta"), ("ULS", "theta")):
        result = cfa(answers(codes), estimator=estimator, parameterization=parameterization)
        null(result, "loading", "loading_unbounded: i2")
        assert not result.converged


def test_rare_categories_without_a_joint_answer_are_a_perfect_correlation():
    # Where both items are rarely low, no answer low on both says the same of -.9 and of -1: the likelihood is flat from there.
    codes = np.full((300, 4), 5)
    codes[:8, 0] = 4
    codes[8:17, 1] = 4
    codes[4:12, 2] = 4
    codes[6:14, 3] = 4
    result = correlation(answers(codes))
    assert result.get("polychoric", item="i1~i2").estimate == -1.0
    assert result.get("polychoric", item="i1~i2").note == "perfect_correlation"
    null(cfa(answers(codes)), "loading", "perfect_correlation: i1~i2")


def test_an_empty_category_is_left_empty():
    codes = simulated(400, 5)
    codes[:, 0] = np.maximum(codes[:, 0], 2)  # nobody chose the lowest category of the first item
    collapsed = codes.copy()
    declared = cfa(answers(codes))
    assert declared.get("threshold", item="i1", category=1).note == "category_not_chosen"
    collapsed[:, 0] = codes[:, 0] - 1
    relabelled = cfa(answers(collapsed))
    assert relabelled.get("threshold", item="i1", category=4).note == "category_not_chosen"
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(declared.get(quantity).statistic, relabelled.get(quantity).statistic, rtol=1e-8)
    assert_allclose(
        declared.value("threshold", item="i1", category=2), relabelled.value("threshold", item="i1", category=1), rtol=1e-9
    )
    middle = simulated(400, 5)
    middle[:, 0][middle[:, 0] == 3] = 4
    result = cfa(answers(middle))
    assert result.value("threshold", item="i1", category=2) == result.value("threshold", item="i1", category=3)
    noted = [one.category for one in result.find("threshold", item="i1") if one.note == "category_not_chosen"]
    assert noted == [2, 3]
    assert all(one.note is None for one in result.find("threshold", item="i2"))
    assert result.get("chi2").df == 5
    # The same as if the categories above had been numbered on.
    numbered = middle.copy()
    numbered[:, 0] -= middle[:, 0] > 3
    for quantity in ("chi2", "chi2_scaled"):
        assert_allclose(result.get(quantity).statistic, cfa(answers(numbered)).get(quantity).statistic, rtol=1e-8)


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
    result = cfa(answers(np.concatenate(parts), 3))
    null(result, "cfi_robust", "not_positive_definite")
    assert np.isfinite(result.get("chi2_scaled").statistic)
    assert np.isfinite(result.value("cfi_scaled"))


def test_columns_sum_positive_and_reversed_items_are_negative():
    codes = simulated(300, 4)
    codes[:, 3] = 6 - codes[:, 3]
    result = cfa(answers(codes))
    loadings = [one.estimate for one in result.find("loading")]
    assert sum(loadings) > 0
    assert loadings[3] < -0.5


def test_a_million_answers_cost_no_more_than_their_patterns():
    patterns = load_case("lq2002_lead")
    many = ResponsePatterns.count(patterns.instrument, patterns.patterns, {}, patterns.table()[1] * 500)
    one, thousands = cfa(patterns, cluster=None), cfa(many)
    assert_allclose(one.value("loading", item="i1"), thousands.value("loading", item="i1"), rtol=1e-9)
    assert_allclose(one.value("srmr"), thousands.value("srmr"), rtol=1e-9)
    assert np.isfinite(thousands.get("rmsea").confidence_interval(0.9)).all()


def test_indices_have_intervals_that_leaders_widen():
    case = load_case("sim1")
    clustered, naive = (cfa(case, estimator="WLSMV", cluster=cluster) for cluster in ("leader", None))
    for quantity in ("cfi_robust", "tli_robust", "rmsea_robust"):
        (low, high), (below, above) = (one.confidence_interval(quantity) for one in (clustered, naive))
        assert low < clustered.value(quantity) < high
        assert high - low != pytest.approx(above - below, rel=1e-3)
        assert clustered.get(quantity).cluster == "leader"
