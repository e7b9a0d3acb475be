"""Item response models against mirt on every shipped data set.

mirt stops its EM cycles by the change of the parameters: where it had not quite arrived (partial credit on sim1,
sim1_complete, sim_small and bfi_A), log-likelihoods still agree and ours is the higher one.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.numerics.item_rest import pearson
from omstilling_psychometrics.reference import load_case, load_values, reference_value
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import battery, irt
from omstilling_psychometrics.topics.irt.numerics.local_dependence import residuals
from omstilling_psychometrics.topics.irt.numerics.person_fit import zh
from omstilling_psychometrics.topics.irt.numerics.quadrature import NODES
from omstilling_psychometrics.topics.irt.numerics.scoring import expected_a_posteriori, weighted_likelihood
from omstilling_psychometrics.topics.irt.result import IrtResult

LOG_LIKELIHOOD, PARAMETER, ERROR = 1e-6, 1e-4, 1e-3
ITEMS = ("i1", "i2", "i3", "i4", "i5")
POINTS = np.arange(-3, 3.5, 0.5)
SHORT_OF_THE_MAXIMUM = {("gpcm", name) for name in ("sim1", "sim1_complete", "sim_small", "bfi_A")}
METHODS = ("graded", "gpcm")


@cache
def model(name: str, method: str, cluster: str | None = None) -> IrtResult:
    return irt(load_case(name), model=method, cluster=cluster)  # type: ignore[arg-type]


def having(path: str) -> list[tuple[str, str]]:
    """(method, data set) of every stored value irt/METHOD/path."""
    cases = load_values("irt")
    return [(method, name) for method in METHODS for name in sorted(cases) if f"irt/{method}/{path}" in cases[name]]


def arrived(path: str) -> list[tuple[str, str]]:
    return [case for case in having(path) if case not in SHORT_OF_THE_MAXIMUM]


def stored(name: str, method: str, path: str):
    return reference_value("irt", name, f"irt/{method}/{path}")


def table(name: str, method: str, path: str, item: str) -> dict[str, tuple[float, float]]:
    """Parameter name to (estimate, standard error) of one item of mirt's coef(printSE = TRUE)."""
    content = stored(name, method, path).value[item]
    return dict(zip(content["cols"], zip(*content["values"], strict=True), strict=True))


# ---------------------------------------------------------------- likelihood and parameters


@pytest.mark.parametrize(("method", "name"), having("logLik"))
def test_log_likelihood(method: str, name: str) -> None:
    expected = stored(name, method, "logLik").value
    found = model(name, method).value("log_likelihood")
    assert found == pytest.approx(expected, rel=LOG_LIKELIHOOD)
    assert found > expected - 1e-6


@pytest.mark.parametrize(("method", "name"), having("BIC"))
def test_information_criteria(method: str, name: str) -> None:
    for quantity in ("AIC", "BIC"):
        expected = stored(name, method, quantity).value
        assert model(name, method).value(quantity.lower()) == pytest.approx(expected, rel=LOG_LIKELIHOOD)


@pytest.mark.parametrize("name", sorted(n for n in load_values("irt") if "irt/rsm_grsm/PCM_logLik" in load_values("irt")[n]))
def test_partial_credit_has_the_likelihood_of_the_rasch_parameterisation(name: str) -> None:
    """Slope a and variance 1 here, slope 1 and a free variance there. On msq_pos mirt's fixed nodes end 2.7 standard deviations
    from the mean, which is why that one is not compared."""
    expected = reference_value("irt", name, "irt/rsm_grsm/PCM_logLik").value
    result = model(name, "pcm")
    assert result.value("log_likelihood") == pytest.approx(expected, rel=LOG_LIKELIHOOD)
    assert len({one.estimate for one in result.find("discrimination")}) == 1


@pytest.mark.parametrize(("method", "name"), arrived("coef_slope_int"))
def test_slopes_and_intercepts(method: str, name: str) -> None:
    result = model(name, method)
    for item in ITEMS:
        expected = table(name, method, "coef_slope_int", item)
        rows = {"a1": result.get("discrimination", item=item)}
        rows |= {f"d{row.category}": row for row in result.find("intercept", item=item)}
        for parameter, row in rows.items():
            estimate, error = expected[parameter]
            assert row.estimate == pytest.approx(estimate, abs=PARAMETER)
            assert row.std_error == pytest.approx(error, rel=ERROR)
            assert (row.cluster, row.note) == (None, None)


@pytest.mark.parametrize(("method", "name"), arrived("coef_IRT"))
def test_difficulties(method: str, name: str) -> None:
    """mirt 1.47 has another standard error for the first difficulty of partial credit items, and only for that one; a
    parametric bootstrap gives ours (docs/studies/irt.md)."""
    result = model(name, method)
    for item in ITEMS:
        expected = table(name, method, "coef_IRT", item)
        for row in result.find("difficulty", item=item):
            estimate, error = expected[f"b{row.category}"]
            assert row.estimate == pytest.approx(estimate, abs=PARAMETER)
            if method == "graded" or row.category > 1:
                assert row.std_error == pytest.approx(error, rel=ERROR)


@pytest.mark.parametrize("name", [name for method, name in having("coef_se_sandwich")])
def test_sandwich_standard_errors(name: str) -> None:
    result = irt(load_case(name), cluster=None, standard_errors="sandwich")
    for item in ITEMS:
        expected = table(name, "graded", "coef_se_sandwich", item)
        assert result.get("discrimination", item=item).std_error == pytest.approx(expected["a1"][1], rel=ERROR)
        for row in result.find("intercept", item=item):
            assert row.std_error == pytest.approx(expected[f"d{row.category}"][1], rel=ERROR)


def test_standard_errors_by_leader() -> None:
    """By default scores are summed over leaders; one leader per answer gives the plain sandwich times n/(n - 1)."""
    clustered = irt(load_case("lq2002_lead"))
    row = clustered.get("discrimination", item="i1")
    assert row.cluster == "leader"
    assert row.std_error > irt(load_case("lq2002_lead"), cluster=None).get("discrimination", item="i1").std_error
    answers = load_case("datCat").expand(coded=True)
    answers["leader"] = [str(number) for number in range(len(answers))]
    alone = irt(ResponsePatterns.from_frame(answers, load_case("datCat").instrument))
    plain = irt(load_case("datCat"), standard_errors="sandwich")
    for item in ITEMS:
        expected = plain.get("discrimination", item=item).std_error * np.sqrt(200 / 199)
        assert alone.get("discrimination", item=item).std_error == pytest.approx(expected, rel=1e-9)


# ---------------------------------------------------------------- information, reliability, scores


@pytest.mark.parametrize(("method", "name"), arrived("testinfo"))
def test_information(method: str, name: str) -> None:
    expected = [row["info"] for row in stored(name, method, "testinfo").value]
    rows = model(name, method).find("information")
    assert [row.category for row in rows] == list(POINTS)
    np.testing.assert_allclose([row.estimate for row in rows], expected, atol=PARAMETER)


@pytest.mark.parametrize(("method", "name"), arrived("marginal_rxx"))
def test_reliabilities(method: str, name: str) -> None:
    result = model(name, method)
    assert result.value("marginal_reliability") == pytest.approx(stored(name, method, "marginal_rxx").value, abs=1e-6)
    expected = stored(name, method, "empirical_rxx").value["F1"]
    assert result.value("empirical_reliability") == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("method", "name"), having("iteminfo"))
def test_curves(method: str, name: str) -> None:
    result = model(name, method)
    expected = stored(name, method, "iteminfo").matrix()
    np.testing.assert_allclose(result.model().item_information(POINTS).T, expected, atol=PARAMETER)
    np.testing.assert_allclose(result.model().information(POINTS), expected.sum(axis=1), atol=PARAMETER)
    np.testing.assert_allclose(result.model().conditional_standard_error(POINTS) ** -2, expected.sum(axis=1), atol=PARAMETER)
    np.testing.assert_allclose(
        result.model().category_curves(POINTS)[0].T, stored(name, method, "probtrace_i1").matrix(), atol=PARAMETER
    )
    scores = stored(name, method, "expected_test").value
    np.testing.assert_allclose(result.model().expected_scores(POINTS).sum(axis=0), scores, atol=PARAMETER)


@pytest.mark.parametrize(("method", "name"), having("responses_first20"))
def test_scores_and_person_fit(method: str, name: str) -> None:
    """EAP with its standard deviation, Warm's estimate and Zh of the first twenty rows. mirt's standard error of Warm's
    estimate is another one: here it is 1 / sqrt(information)."""
    result = model(name, method)
    one = result.model()
    lowest = load_case(name).instrument.categories[0]
    rows = stored(name, method, "responses_first20").value
    answers = np.array([[0 if row[item] is None else row[item] - lowest + 1 for item in ITEMS] for row in rows])
    eap = expected_a_posteriori(one.kind, one.items, one.latent, answers, NODES)
    np.testing.assert_allclose(np.array(eap).T, stored(name, method, "fscores_EAP").matrix(), atol=PARAMETER)
    warm, _ = weighted_likelihood(one.kind, one.items, answers)
    np.testing.assert_allclose(warm, stored(name, method, "fscores_WLE").matrix()[:, 0], atol=PARAMETER)
    fit = zh(one.kind, one.items, answers, eap[0])
    np.testing.assert_allclose(fit, stored(name, method, "personfit_Zh20").matrix(), atol=PARAMETER)


@pytest.mark.parametrize(("method", "name"), having("EAPsum_table"))
def test_score_table(method: str, name: str) -> None:
    found = model(name, method).score_table().set_index("sum_score")
    for row in stored(name, method, "EAPsum_table").value:
        one = found.loc[row["Sum.Scores"]]
        assert (one["eap"], one["eap_sd"]) == pytest.approx((row["F1"], row["SE_F1"]), abs=PARAMETER)
        assert one["observed"] == row["observed"]
        if name == "lq2002_lead":  # with holes mirt expects as many as there are complete rows only where none is removed
            assert one["expected"] == pytest.approx(row["expected"], rel=1e-4)
    result = model(name, method)
    assert result.value("eap_sum", category=int(found.index[3])) == found["eap"].iloc[3]
    assert result.value("eap_sum_sd", category=int(found.index[3])) == found["eap_sd"].iloc[3]


def test_by_pattern() -> None:
    result = model("msq_pos", "graded")
    frame = result.by_pattern()
    assert frame["count"].sum() == result.get("log_likelihood").n
    assert (frame["count"] * frame["log_likelihood"]).sum() == pytest.approx(result.value("log_likelihood"), rel=1e-12)
    assert set(frame["i1"].dropna()) == {0, 1, 2, 3}
    full = frame[(frame[list(ITEMS)] == 3).all(axis=1)].iloc[0]
    assert full["eap"] == frame["eap"].max()
    assert full["wle"] > full["eap"]


# ---------------------------------------------------------------- fit


@pytest.mark.parametrize("name", [name for method, name in having("complete_cases/C2") if method == "graded"])
def test_c2(name: str) -> None:
    expected = stored(name, "graded", "complete_cases/C2").value[0]
    result = model(name, "graded")
    row = result.get("c2")
    assert row.statistic == pytest.approx(expected["M2"], rel=1e-5)
    assert (row.df, row.estimate) == (expected["df"], row.statistic)
    assert row.p_value == pytest.approx(expected["p"], rel=1e-4, abs=1e-12)
    assert result.value("c2_rmsea") == pytest.approx(expected["RMSEA"], abs=1e-6)
    # mirt's baseline model is itself fitted only approximately.
    assert result.value("c2_cfi") == pytest.approx(expected["CFI"], abs=2e-5)
    assert result.value("c2_tli") == pytest.approx(expected["TLI"], abs=4e-5)


@pytest.mark.proves("m2_star")
def test_m2_star_of_two_categories_is_c2() -> None:
    """Of yes-no items both have the shares and the pairs for their moments."""
    answers = load_case("datCat")
    rows, counts = answers.table()
    halves = ResponsePatterns.count(plain_instrument((0, 1), ITEMS), 1 + (rows >= 4), counts=counts.astype(np.int64))
    result = irt(halves)
    c2, m2 = result.get("c2"), result.get("m2_star")
    assert (m2.df, c2.df) == (5, 5)
    assert (m2.estimate, m2.statistic) == pytest.approx((c2.statistic, c2.statistic), rel=1e-8)
    assert m2.p_value == pytest.approx(c2.p_value, rel=1e-8)


def test_c2_of_partial_credit_differs_from_mirt() -> None:
    """mirt 1.47 leaves out a division in its derivatives of the expected score; the value here is the one that full
    enumeration gives (tests/topics/irt/test_irt_fit.py)."""
    expected = stored("lq2002_lead", "gpcm", "complete_cases/C2").value[0]
    row = model("lq2002_lead", "gpcm").get("c2")
    assert row.df == expected["df"]
    assert expected["M2"] == pytest.approx(428.093, abs=1e-3)
    assert row.statistic == pytest.approx(457.874, abs=1e-3)


@pytest.mark.parametrize("name", [name for _, name in having("complete_cases/S_X2")])
def test_sum_score_fit(name: str) -> None:
    result = model(name, "graded")
    for expected in stored(name, "graded", "complete_cases/S_X2").value:
        row = result.get("s_x2", item=expected["item"])
        assert row.df == expected["df.S_X2"]
        assert row.statistic == pytest.approx(expected["S_X2"], rel=1e-4)
        assert row.p_value == pytest.approx(expected["p.S_X2"], rel=1e-2)


@pytest.mark.parametrize(("method", "name"), having("infit"))
def test_infit_and_outfit(method: str, name: str) -> None:
    result = model(name, method)
    for expected in stored(name, method, "infit").value:
        for quantity in ("infit", "outfit"):
            row = result.get(quantity, item=expected["item"])
            assert row.estimate == pytest.approx(expected[quantity], abs=1e-4)
            assert row.statistic == pytest.approx(expected[f"z.{quantity}"], abs=1e-3)


@pytest.mark.proves("q3_star")
@pytest.mark.parametrize(("method", "name"), arrived("Q3"))
def test_q3(method: str, name: str) -> None:
    expected = stored(name, method, "Q3").matrix()
    result = model(name, method)
    for i, j in combinations(range(5), 2):
        assert result.value("q3", item=f"{ITEMS[i]}~{ITEMS[j]}") == pytest.approx(expected[i, j], abs=1e-5)
    pairs = expected[np.triu_indices(5, 1)]
    assert result.value("q3_star") == pytest.approx(pairs.max() - pairs.mean(), abs=1e-5)


def test_errors_of_q3_are_those_of_a_correlation_of_residuals() -> None:
    """Against the jackknife over respondents, their scores held fixed; summed by leader where leaders are known. With 200
    answers the jackknife is some 2 % larger."""
    result = model("datCat", "graded")
    one = result.model()
    rows = np.repeat(np.arange(len(one.data.table.counts)), one.data.table.counts.astype(int))
    left = residuals(one.kind, one.items, one.data.table.answers, one.eap[0])[rows]
    n = len(rows)
    for i, j in combinations(range(5), 2):
        without = [np.corrcoef(np.delete(left[:, [i, j]], row, axis=0).T)[0, 1] for row in range(n)]
        row = result.get("q3", item=f"{ITEMS[i]}~{ITEMS[j]}")
        assert row.std_error == pytest.approx(np.sqrt((n - 1) * np.var(without)), rel=0.03)
        low, high = row.confidence_interval()
        assert -1 < low < row.estimate < high < 1
    clustered, plain = (irt(load_case("lq2002_lead"), cluster=key).get("q3", item="i1~i2") for key in ("leader", None))
    assert (clustered.estimate, clustered.cluster) == (plain.estimate, "leader")
    assert clustered.std_error > plain.std_error


def test_leaders_without_the_pair_are_no_clusters_of_its_q3() -> None:
    answers = load_case("lq2002_lead").expand(coded=True)
    leaders = sorted(answers["leader"].unique())
    answers.loc[answers["leader"].isin(leaders[:19]), "i2"] = -1
    patterns = ResponsePatterns.from_frame(answers, load_case("lq2002_lead").instrument)
    result = irt(patterns)
    one = result.model()
    left = residuals(one.kind, one.items, one.data.table.answers, one.eap[0])
    by_leader = one.data.clusters("leader")
    for item, units in (("i1~i2", len(leaders) - 19), ("i1~i3", len(leaders))):
        i, j = (ITEMS.index(name) for name in item.split("~"))
        found = pearson(left[:, i], left[:, j], one.data.table.counts)
        total = by_leader.counts @ found.influence
        expected = np.sqrt(units / (units - 1) * (total @ total)) / found.n
        assert result.get("q3", item=item).std_error == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("method", "name"), having("LDX2"))
def test_two_way_residuals(method: str, name: str) -> None:
    expected = stored(name, method, "LDX2").matrix()
    result = model(name, method)
    for i, j in combinations(range(5), 2):
        row = result.get("pair_residual", item=f"{ITEMS[i]}~{ITEMS[j]}")
        assert row.statistic == pytest.approx(expected[j, i], rel=1e-5)
        assert row.estimate == pytest.approx(expected[i, j], abs=1e-5)


# ---------------------------------------------------------------- the result


def test_battery_holds_the_contract() -> None:
    result = battery(load_case("datCat_mis"), rng=1)
    for method in METHODS:
        assert len(result.find("discrimination", method=method)) == 5
        for quantity in ("intercept", "difficulty"):
            rows = result.find(quantity, method=method)
            assert [row.category for row in rows if row.item == "i2"] == [1, 2, 3, 4]
        assert [row.item for row in result.find("q3", method=method)] == [f"{i}~{j}" for i, j in combinations(ITEMS, 2)]
        assert [row.category for row in result.find("information", method=method)] == list(POINTS)
        for quantity in ("log_likelihood", "aic", "bic", "marginal_reliability", "empirical_reliability"):
            assert result.get(quantity, method=method).n == 200
        assert result.get("c2", method=method).n == 151
    keys = [(row.role, row.quantity, row.item, row.category, row.method) for row in result.statistics]
    assert len(keys) == len(set(keys))
    assert result.converged


def test_roles_are_fitted_apart() -> None:
    answers = load_case("datCat").expand(coded=True)
    answers = answers.rename(columns={"group": "role"})
    both = irt(ResponsePatterns.from_frame(answers, load_case("datCat").instrument))
    female = irt(load_case("datCat").select(group="female").pool("group"))
    assert both.value("discrimination", role="female", item="i3") == female.value("discrimination", item="i3")
    assert list(both.glance()["role"]) == list(both.models) == ["female", "male"]
    with pytest.raises(UsageError, match="female, male"):
        both.by_pattern()
    np.testing.assert_array_equal(both.model("female").difficulties(), female.model().difficulties())


def test_the_fitted_role_says_at_any_point_what_the_rows_say_at_some() -> None:
    """Band, thresholds and reliabilities are those of the rows, with the clustered errors of lq2002."""
    result = irt(load_case("lq2002_lead"))
    fitted = result.model("all")
    rows = result.find("information")
    low, high = fitted.information_bounds(POINTS, 0.9)
    np.testing.assert_allclose(list(zip(low, high, strict=True)), [row.confidence_interval(0.9) for row in rows], rtol=1e-12)
    difficulties = np.array([row.estimate for row in result.find("difficulty")]).reshape(5, -1)
    np.testing.assert_array_equal(fitted.difficulties(), difficulties)
    assert fitted.marginal_reliability == result.value("marginal_reliability")
    assert fitted.empirical_reliability == result.value("empirical_reliability")
    places = np.arange(5) * fitted.items.shape[1]
    errors = [row.std_error for row in result.find("discrimination")]
    np.testing.assert_allclose(np.sqrt(np.diag(fitted.covariance)[places]), errors, rtol=1e-12)


def test_scores_of_other_answers_are_those_of_the_same_pattern() -> None:
    result = model("msq_pos", "graded")
    table = result.by_pattern()
    answers = table[list(ITEMS)].to_numpy()[:7]
    scores = result.scores(answers)
    np.testing.assert_allclose(scores, table[["eap", "eap_sd", "wle", "wle_se"]][:7], rtol=1e-12)
    np.testing.assert_allclose(result.scores(), table[["eap", "eap_sd", "wle", "wle_se"]], rtol=1e-12)
    with pytest.raises(UsageError, match="answers have 2 columns"):
        result.scores([[1, 2]])
    with pytest.raises(UsageError, match="answers hold 4; the categories are 0, 1, 2, 3"):
        result.scores([[0, 1, 2, 3, 4]])


def test_glance_is_the_whole_scale_in_a_row() -> None:
    """mirt on lq2002, 25 parameters: logLik, C2 with its RMSEA and CFI, marginal and empirical reliability."""
    result = model("lq2002_lead", "graded")
    (row,) = result.glance().to_dict("records")
    c2 = stored("lq2002_lead", "graded", "complete_cases/C2").value[0]
    assert (row["role"], row["n"]) == ("all", result.get("log_likelihood").n)
    height, free = stored("lq2002_lead", "graded", "logLik").value, 25
    assert row["log_likelihood"] == pytest.approx(height, rel=LOG_LIKELIHOOD)
    assert row["aic"] == pytest.approx(2 * free - 2 * height, rel=LOG_LIKELIHOOD)
    assert row["bic"] == pytest.approx(free * np.log(row["n"]) - 2 * height, rel=LOG_LIKELIHOOD)
    assert row["marginal_reliability"] == pytest.approx(stored("lq2002_lead", "graded", "marginal_rxx").value, abs=1e-6)
    assert (row["c2"], row["c2_rmsea"], row["c2_cfi"]) == pytest.approx((c2["M2"], c2["RMSEA"], c2["CFI"]), rel=2e-5)
    expected = stored("lq2002_lead", "graded", "empirical_rxx").value["F1"]
    assert row["empirical_reliability"] == pytest.approx(expected, abs=1e-6)


def test_intervals_at_any_level() -> None:
    result = model("datCat", "graded")
    low, high = result.confidence_interval("discrimination", 0.95, item="i1")
    row = result.get("discrimination", item="i1")
    assert (low, high) == pytest.approx((row.estimate - 1.959964 * row.std_error, row.estimate + 1.959964 * row.std_error))
    low, high = result.confidence_interval("marginal_reliability", 0.99)
    assert 0 < low < result.value("marginal_reliability") < high < 1
    low, high = result.confidence_interval("information", 0.95, category=3.0)
    assert 0 < low < high


def test_options_are_honoured_or_refused() -> None:
    answers = load_case("lq2002_lead")
    with pytest.raises(UsageError, match="graded, gpcm, pcm"):
        irt(answers, model="rasch")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="default, observed, sandwich"):
        irt(answers, standard_errors="robust")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cluster=None"):
        irt(answers, standard_errors="observed")
    with pytest.raises(UsageError, match="no column 'team'"):
        irt(answers, cluster="team")


def test_c2_by_leader_needs_more_leaders_than_moments() -> None:
    clustered = irt(load_case("lq2002_lead")).get("c2", method="graded/cluster")
    assert (clustered.cluster, clustered.df, clustered.note) == ("leader", 5, "few_clusters: 49")
    assert 0 < clustered.statistic < irt(load_case("lq2002_lead")).get("c2", method="graded").statistic
    answers = load_case("lq2002_lead")
    few = answers.select(leader=list(answers.keys["leader"].levels[:20]))
    refused = irt(few).get("c2", method="graded/cluster")
    assert np.isnan(refused.estimate)
    assert refused.note == "clusters_do_not_exceed_moments: 20 <= 30"


def test_categories_that_are_not_evenly_spaced() -> None:
    """Sums are sums of the values; the model itself knows only their order."""
    answers = load_case("datCat")
    spaced = plain_instrument((0, 1, 2, 5, 9), ITEMS)
    patterns, counts = answers.table()
    result = irt(ResponsePatterns.count(spaced, patterns, counts=counts.astype(np.int64)))
    assert result.value("log_likelihood") == model("datCat", "graded").value("log_likelihood")
    scores = result.score_table()["sum_score"].to_numpy()
    assert (scores[0], scores[-1], scores[1]) == (0, 45, 1)
    assert 44 not in scores
    assert result.model().expected_scores(np.array([8.0]))[0, 0] == pytest.approx(9, abs=1e-2)


def test_duplicated_answers_give_errors_over_root_two() -> None:
    answers = load_case("datCat").pool("group")
    once, twice = irt(answers), irt(answers + answers)
    for quantity in ("discrimination", "marginal_reliability"):
        pairs = zip(once.find(quantity), twice.find(quantity), strict=True)
        for one, two in pairs:
            assert two.estimate == pytest.approx(one.estimate, rel=1e-7)
            assert two.std_error == pytest.approx(one.std_error / np.sqrt(2), rel=1e-6)


def test_leaders_unknown_are_units_of_their_own() -> None:
    answers = load_case("datCat").pool("group")
    unknown = ResponsePatterns.count(
        answers.instrument,
        answers.patterns[answers.pattern],
        {"leader": Key.of(["a", *[None] * (len(answers.counts) - 1)])},
        answers.counts,
    )
    assert irt(unknown).get("discrimination", item="i1").std_error > 0
