"""Item response models: errors by leader, identities, what results keep, options; mirt's numbers are compared in `peers.py`."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.numerics.item_rest import pearson
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import battery, irt
from omstilling_psychometrics.topics.irt.numerics.local_dependence import residuals
from omstilling_psychometrics.topics.irt.result import IrtResult

LOG_LIKELIHOOD = 1e-6
ITEMS = ("i1", "i2", "i3", "i4", "i5")
POINTS = np.arange(-3, 3.5, 0.5)
METHODS = ("graded", "gpcm")


@cache
def model(name: str, method: str, cluster: str | None = None) -> IrtResult:
    return irt(load_case(name), model=method, cluster=cluster)  # type: ignore[arg-type]


def stored(name: str, method: str, path: str):
    return reference_value("irt", name, f"irt/{method}/{path}")


# ---------------------------------------------------------------- parameters


def test_partial_credit_has_one_slope() -> None:
    assert len({row.estimate for row in model("datCat", "pcm").find("discrimination")}) == 1


def test_standard_errors_without_leaders_have_neither_cluster_nor_note() -> None:
    rows = [row for quantity in ("discrimination", "intercept") for row in model("datCat", "graded").find(quantity)]
    assert {(row.cluster, row.note) for row in rows} == {(None, None)}


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


@pytest.mark.parametrize("method", METHODS)
def test_information_of_the_scale_is_that_of_its_items(method: str) -> None:
    fitted = model("datCat", method).model()
    total = fitted.item_information(POINTS).sum(axis=0)
    np.testing.assert_allclose(fitted.information(POINTS), total, rtol=1e-12)
    np.testing.assert_allclose(fitted.conditional_standard_error(POINTS) ** -2, total, rtol=1e-12)
    assert [row.category for row in model("datCat", method).find("information")] == list(POINTS)


@pytest.mark.parametrize("method", METHODS)
def test_score_table(method: str) -> None:
    """Where nothing is missing: with holes mirt expects as many as there are complete rows only where none is removed."""
    table = model("lq2002_lead", method).score_table().set_index("sum_score")
    for row in stored("lq2002_lead", method, "EAPsum_table").value:
        score = table.loc[row["Sum.Scores"]]
        assert score["observed"] == row["observed"]
        assert score["expected"] == pytest.approx(row["expected"], rel=1e-4)
    result = model("lq2002_lead", method)
    for column, quantity in (("eap", "eap_sum"), ("eap_sd", "eap_sum_sd")):
        assert result.value(quantity, category=int(table.index[3])) == table[column].iloc[3]


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
