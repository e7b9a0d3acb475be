"""Confirmatory factor analysis by identities that need no other software, and what its options promise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import made_up
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.numerics.bivariate_normal import bivariate_normal_cdf
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.correlation.analysis import correlation
from omstilling_psychometrics.topics.factor.analysis import battery, cfa
from omstilling_psychometrics.topics.factor.analysis_rows import PAIR_QUANTITIES


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


def test_the_difference_of_two_fits_is_the_test_between_them():
    patterns = load_case("lq2002_lead")
    free, tied = (cfa(patterns, estimator="ML", cluster=None, model=one) for one in ("congeneric", "tau_equivalent"))
    test = free.get("tau_equivalence")
    assert_allclose(tied.get("chi2").statistic - free.get("chi2").statistic, test.statistic, rtol=1e-9)
    assert tied.get("chi2").df - free.get("chi2").df == test.df


def test_two_items_with_equal_loadings():
    # Then the factor is their covariance: loading squared, of numbers and of the variables behind them.
    patterns = made_up.answers(made_up.codes(300, 2))
    covariance = np.cov(patterns.expand(coded=True).iloc[:, :2].to_numpy(dtype=float).T, bias=True)[0, 1]
    assert_allclose(
        cfa(patterns, estimator="MLR", model="tau_equivalent").value("loading", item="i1") ** 2, covariance, rtol=1e-8
    )
    ordinal = cfa(patterns, model="tau_equivalent")
    polychoric = correlation(patterns).value("polychoric", item="i1~i2")
    assert_allclose(ordinal.value("loading", item="i2") ** 2, polychoric, rtol=1e-8)
    assert ordinal.get("chi2").df == 0


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
        for quantity in PAIR_QUANTITIES:
            assert len(result.find(quantity, method=method)) == 10
    words = vocabulary("da")
    for one in result.statistics:
        assert one.quantity in words.quantities
        assert one.method in words.methods
        if one.note:
            words.note(one.note)
    assert {one.cluster for one in result.find("loading")} == {None, "leader"}
    assert result.get("loading", method="FIML", item="i1").n == patterns.n
    frame = result.fit_measures(level=0.9)
    by_method = {method: part.set_index("measure") for method, part in frame.groupby("method", sort=False)}
    assert list(by_method) == ["ML", "MLR", "FIML", "WLSMV"]
    measures = ["chi2_scaled", "cfi_robust", "tli_robust", "rmsea_robust", "srmr", "srmr_unbiased"]
    assert list(by_method["WLSMV"].index) == measures
    assert list(by_method["ML"].index) == ["chi2", "cfi", "tli", "rmsea", "srmr", "srmr_unbiased", "aic", "bic"]
    test, rmsea = (result.get(name, method="WLSMV") for name in ("chi2_scaled", "rmsea_robust"))
    shown = by_method["WLSMV"].loc["chi2_scaled", ["estimate", "df", "p_value"]]
    assert_allclose(shown.astype(float), [test.statistic, 5, test.p_value])
    shown = by_method["WLSMV"].loc["rmsea_robust", ["conf_low", "conf_high"]]
    assert_allclose(shown.astype(float), rmsea.confidence_interval(0.9))
    assert len(result.loadings) == 20


def test_counts_and_expanded_rows_agree():
    patterns = load_case("sim_small")
    frame = patterns.expand(coded=True)
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
    codes = made_up.codes(500, 4, categories=2)
    result = cfa(made_up.answers(codes, 2))
    quadrants = np.array([[[np.mean((codes[:, i] <= 1) & (codes[:, j] <= 1)) for j in range(4)] for i in range(4)]])
    assert result.get("chi2").df == 2
    assert len(result.find("threshold")) == 4
    # Least squares on tetrachorics leaves residuals; with them added back the quadrant probabilities are those observed.
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


def test_estimators_of_maximum_likelihood_agree_where_nothing_is_missing():
    """MLR and FIML differ from ML, which is lavaan's, in their errors and tests only."""
    patterns = load_case("lq2002_lead")
    ml = cfa(patterns, estimator="ML", cluster=None)
    quantities = (
        "loading", "loading_standardized", "intercept", "residual_variance", "log_likelihood", "aic", "bic",
        "residual_correlation", "modification_index", "expected_parameter_change", "expected_residual_correlation", "srmr",
    )  # fmt: skip
    for estimator in ("MLR", "FIML"):
        other = cfa(patterns, estimator=estimator, cluster=None)
        for quantity in quantities:
            ours, theirs = ([(one.item, one.estimate) for one in result.find(quantity)] for result in (other, ml))
            assert [item for item, _ in ours] == [item for item, _ in theirs]
            assert_allclose(
                [value for _, value in ours], [value for _, value in theirs], rtol=1e-5, atol=1e-7, err_msg=quantity
            )


def test_residual_variance_is_what_the_factor_leaves_of_one():
    result = cfa(load_case("lq2002_lead"))
    for item in result.find("residual_variance"):
        assert item.estimate == pytest.approx(1 - result.value("loading_standardized", item=item.item) ** 2, rel=1e-12)


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
        ({"residual_covariances": ["i1~i2"]}, "'i1~i2'; a list of pairs"),
        ({"residual_covariances": [("i1", "i2", "i3")]}, "a list of pairs"),
        ({"cluster": "team"}, "no column 'team'"),
    ):
        with pytest.raises(UsageError, match=words):
            cfa(patterns, **options)


def test_columns_sum_positive_and_reversed_items_are_negative():
    codes = made_up.codes(300, 4)
    codes[:, 3] = 6 - codes[:, 3]
    result = cfa(made_up.answers(codes))
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
