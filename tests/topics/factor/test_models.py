"""What a factor analysis keeps of its models: moments, covariance of the estimates, scores, samples drawn."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import norm

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.present.released_rows import shown_models
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.factor.analysis import BATTERY, FitsByEstimator, battery, cfa
from omstilling_psychometrics.topics.factor.analysis_dynamic_cutoffs import dynamic_cutoffs
from omstilling_psychometrics.topics.factor.numerics.scores import ordinal_scores

LEAD = load_case("lq2002_lead_mis")


def estimates(result, quantity):
    return np.array([row.estimate for row in result.find(quantity)])


@pytest.mark.parametrize("estimator", ["ML", "FIML", "WLSMV", "ULSMV"])
def test_rows_are_those_of_the_model(estimator):
    result = cfa(LEAD, estimator=estimator)
    model = result.model()
    k = len(LEAD.items)
    assert_allclose(estimates(result, "loading"), model.loadings)
    errors = [row.std_error for row in result.find("loading")]
    assert_allclose(errors, np.sqrt(np.diag(model.covariance))[:k])
    first, second = np.triu_indices(k, 1)
    loadings = estimates(result, "loading")
    assert_allclose(model.implied[first, second], loadings[first] * loadings[second])
    scale = np.sqrt(np.diag(model.observed)), np.sqrt(np.diag(model.implied))
    residuals = model.observed / np.outer(scale[0], scale[0]) - model.implied / np.outer(scale[1], scale[1])
    assert_allclose(estimates(result, "residual_correlation"), residuals[first, second], atol=1e-9)


def test_scores_of_numbers_are_regressions_on_the_answers_that_are_there():
    """With uncorrelated residuals these are l'T^-1(y - mu)/(1 + l'T^-1 l), in items answered."""
    result = cfa(LEAD, estimator="FIML")
    table = result.by_pattern()
    answers = table[list(LEAD.items)].to_numpy()
    loadings, residual = estimates(result, "loading"), estimates(result, "residual_variance")
    there = ~np.isnan(answers)
    precision = (there * loadings**2 / residual).sum(axis=1)
    pulled = np.nansum((answers - estimates(result, "intercept")) * loadings / residual, axis=1)
    assert there.any(axis=1).all()
    assert_allclose(table["regression"], pulled / (1 + precision), rtol=1e-9)
    assert_allclose(table["regression_sd"], (1 + precision) ** -0.5, rtol=1e-9)
    assert table["count"].sum() == LEAD.n
    # The likelihood equations of means: where no answer is missing scores have mean 0.
    complete = cfa(load_case("lq2002_lead"), estimator="ML").by_pattern()
    assert_allclose(complete["count"] @ complete["regression"] / complete["count"].sum(), 0, atol=1e-9)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_scores_of_ordinal_items_are_means_given_the_answers(parameterization):
    result = cfa(LEAD, parameterization=parameterization)
    table = result.by_pattern().iloc[[0, 40, 90]]
    loadings, residual = estimates(result, "loading"), estimates(result, "residual_variance")
    cuts = estimates(result, "threshold").reshape(len(loadings), -1)
    edges = np.column_stack([np.full(len(loadings), -np.inf), cuts, np.full(len(loadings), np.inf)])

    def density(factor, power, answers):
        below = norm.cdf((edges - loadings[:, None] * factor) / np.sqrt(residual)[:, None])
        chances = [below[item, int(code)] - below[item, int(code) - 1] for item, code in enumerate(answers) if code == code]
        return factor**power * norm.pdf(factor) * np.prod(chances)

    for _, row in table.iterrows():
        answers = row[list(LEAD.items)].to_numpy()
        total, mean, square = (quad(density, -8, 8, (power, answers), epsabs=1e-13)[0] for power in (0, 1, 2))
        assert_allclose(row["eap"], mean / total, atol=1e-7)
        assert_allclose(row["eap_sd"], np.sqrt(square / total - (mean / total) ** 2), atol=1e-7)


def test_both_parameterizations_score_alike():
    delta, theta = (cfa(LEAD, parameterization=name).by_pattern() for name in ("delta", "theta"))
    assert_allclose(delta["eap"], theta["eap"], atol=1e-6)


def test_nobody_is_scored_without_an_answer_or_where_there_is_no_place_for_one():
    loadings, cuts = np.array([0.6, 0.7, 0.8]), np.array([[0.0, 0.5], [-0.5, 0.5], [0.3, np.inf]])
    codes = np.array([[0, 0, 0], [1, 0, 3], [3, 3, 2]])
    score, spread = ordinal_scores(codes, loadings, cuts, 1 - loadings**2)
    assert np.isnan([*score[:2], *spread[:2]]).all()
    assert 0 < score[2] < 3
    many, _ = ordinal_scores(np.tile(codes, (4000, 1)), loadings, cuts, 1 - loadings**2)  # more than are scored together
    assert_allclose(many, np.tile(score, 4000))
    nothing, _ = ordinal_scores(np.zeros((0, 3), dtype=int), loadings, cuts, 1 - loadings**2)
    assert nothing.shape == (0,)


def test_other_answers_are_scored_by_the_same_model():
    for estimator in ("MLR", "WLSMV"):
        result = cfa(LEAD, estimator=estimator)
        table = result.by_pattern()
        again = result.scores(table[list(LEAD.items)].to_numpy())
        assert_allclose(again.to_numpy(), table[list(again.columns)].to_numpy())
        with pytest.raises(UsageError, match=r"answers hold 9; the categories are"):
            result.scores([[9] * len(LEAD.items)])
        with pytest.raises(UsageError, match="answers have 2 columns"):
            result.scores([[1, 2]])


def test_ordinal_items_that_share_more_than_the_factor_are_not_scored():
    with pytest.raises(UsageError, match="frees residual covariances"):
        cfa(LEAD, residual_covariances=[("i1", "i2")]).scores()
    # Those of a linear model are: one pair more, and the scores are those of the joint normal distribution.
    model = cfa(LEAD, estimator="FIML", residual_covariances=[("i1", "i2")]).model()
    values = np.array([[4.0] * len(LEAD.items)])
    means = [row.estimate for row in cfa(LEAD, estimator="FIML", residual_covariances=[("i1", "i2")]).find("intercept")]
    assert_allclose(model.scores(values)["regression"], model.loadings @ np.linalg.inv(model.implied) @ (values[0] - means))


def test_the_battery_keeps_a_model_by_estimator():
    result = battery(load_case("lq2002_lead"), rng=np.random.default_rng(1))
    (role,) = result.models
    assert list(result.models[role].by_estimator) == list(BATTERY)
    assert result.model(role, "wlsmv") is result.models[role].by_estimator["WLSMV"]
    with pytest.raises(UsageError, match=r"estimator is None; of this role there are: ML, MLR, FIML, WLSMV\."):
        result.model(role)
    seen = result.glance().set_index("method")
    assert list(seen.index) == list(BATTERY)
    wlsmv = seen.loc["WLSMV"]
    for quantity in ("cfi_robust", "tli_robust", "rmsea_robust", "srmr", "srmr_unbiased"):
        assert wlsmv[quantity] == result.value(quantity, method="WLSMV")
    assert wlsmv["chi2_scaled"] == result.get("chi2_scaled", method="WLSMV").p_value
    assert wlsmv["n"] == load_case("lq2002_lead").n


def test_a_role_without_a_model_says_so():
    patterns = load_case("lq2002_lead")
    two = replace(patterns, patterns=np.where(np.arange(len(patterns.items)) < 2, patterns.patterns, -1))
    assert cfa(two).models == {}


def test_cut_offs_are_quantiles_of_the_samples_that_are_kept():
    result = dynamic_cutoffs(load_case("lq2002_lead"), rng=1, replications=20)
    drawn = result.model()
    assert len(drawn.indices) == len(drawn.levels) + 1
    rows = result.find("dynamic_cutoff", method="WLSMV/srmr", category=0)
    assert_allclose(rows[0].estimate, np.quantile(drawn.indices[0]["srmr"], 0.95))
    assert result.value("dynamic_observed", method="WLSMV/srmr") == drawn.model.srmr()
    seen = result.glance().set_index("method")
    assert seen.loc["WLSMV/srmr", "dynamic_level"] == 2
    assert seen.loc["WLSMV/srmr", "dynamic_observed"] == drawn.model.srmr()


def test_models_of_few_answers_are_not_shown():
    """Rows of few answers have three digits, which parameters behind them have not."""
    patterns = load_case("lq2002_lead")
    result = cfa(patterns, estimator="FIML")
    (role,) = result.models
    assert result.models[role].n == result.get("chi2").n == patterns.n
    policy = patterns.released().disclosure
    few = FitsByEstimator(patterns=patterns, by_estimator={"FIML": _OfAnswers(29)}, failures={})
    assert shown_models(policy, replace(result, models={role: few}), result.rows()) == {}
    assert list(shown_models(policy, result, result.rows())) == [role]


class _OfAnswers:
    def __init__(self, n):
        self.n = n
