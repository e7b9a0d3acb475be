"""The analysis of leaders: rows as promised, values of R, hard data."""

import math
from functools import partial

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.topics.leaders.analysis import battery, multilevel

answers = partial(made_up.answers, categories=range(4), items=tuple("abc"))


def test_published_anchors():
    result = multilevel(load_case("lq2002_lead"))
    assert round(result.value("icc2", method="reml"), 3) == 0.829
    assert round(result.value("icc2", method="reml/harmonic"), 3) == 0.747
    assert round(result.value("rwg_j_set_to_zero", method="slight_skew") * 49) == 17
    # The clustered and the independent variance of the mean, without the factor G/(G - 1): 4.07.
    assert result.value("design_effect", method="sandwich") * 48 / 49 == pytest.approx(4.065, abs=5e-4)


@pytest.mark.parametrize("minimum", [5, 8])
def test_the_curve_marks_what_the_policy_of_these_answers_needs(minimum):
    released = load_case("lq2002_lead").released(Disclosure(minimum_respondents=minimum))
    uprights = [set(line.get_xdata()) for line in multilevel(released).plot().lines if len(set(line.get_xdata())) == 1]
    assert uprights == [{minimum}, {2042 / 49}]


@pytest.mark.proves("leader_mean_reliability", "answers_needed", "leaders_reliable")
def test_reliability_of_means_is_spearman_and_browns():
    """From ICC(1), which is lme4's, and how many answered about each of the 49 leaders."""
    patterns = load_case("lq2002_lead")
    result = multilevel(patterns)
    icc = result.value("icc1", method="reml")
    for answers in (2, 5, 10, 20):
        expected = answers * icc / (1 + (answers - 1) * icc)
        assert result.value("leader_mean_reliability", category=answers) == pytest.approx(expected, rel=1e-12)
    sizes = patterns.expand()["leader"].value_counts().to_numpy()
    for reliability in (0.7, 0.8):
        enough = reliability * (1 - icc) / (icc * (1 - reliability))
        assert result.value("answers_needed", category=reliability) == math.ceil(enough)
        share = (sizes >= enough).mean()
        assert result.value("leaders_reliable", category=reliability) == pytest.approx(share, rel=1e-12)
        assert 0.2 < share < 1


@pytest.mark.proves("rwg_j", "rwg_j_set_to_zero")
@pytest.mark.parametrize(
    ("null", "variance"),
    [
        ("uniform", 2.0), ("triangular", 1.32), ("normal", 1.04),
        ("slight_skew", 1.34), ("moderate_skew", 0.90), ("heavy_skew", 0.44),
    ],
)  # fmt: skip
def test_agreement_under_every_null_by_pandas(null, variance):
    """With the variances of the nulls of five categories that LeBreton & Senter (2008) print."""
    patterns = load_case("lq2002_lead")
    ratio = patterns.expand().groupby("leader")[list(patterns.items)].var(ddof=1).mean(axis=1) / variance
    agreed = 5 * (1 - ratio) / (5 * (1 - ratio) + ratio)
    beyond = ratio > 1
    result = multilevel(patterns)
    assert result.value("rwg_j_set_to_zero", method=null) == pytest.approx(beyond.mean(), rel=1e-12)
    assert result.value("rwg_j", method=null) == pytest.approx(agreed.where(~beyond, 0).mean(), rel=1e-10)


@pytest.mark.proves("icc2", "design_effect")
def test_reliability_and_design_effect_from_icc1_by_hand():
    patterns = load_case("lq2002_lead")
    result = multilevel(patterns)
    icc = result.value("icc1", method="reml")
    sizes = patterns.expand()["leader"].value_counts().to_numpy()
    for method, size in (("reml", sizes.mean()), ("reml/harmonic", 1 / (1 / sizes).mean())):
        assert result.value("icc2", method=method) == pytest.approx(size * icc / (1 + (size - 1) * icc), rel=1e-12)
    assert result.value("design_effect", method="reml") == pytest.approx(
        1 + ((sizes**2).sum() / sizes.sum() - 1) * icc, rel=1e-12
    )
    anova = result.get("icc2", method="anova/f")
    assert anova.estimate == pytest.approx(1 - 1 / anova.statistic, rel=1e-12)
    assert result.value("icc1", method="anova/f") == result.value("icc1", method="anova")


@pytest.mark.proves("rwg_j_set_to_zero")
def test_agreement_worse_than_chance_is_counted():
    # Of values 0 … 3 the variance of random answers is 15/12: the first leader's answers vary by 4.5, the others' by less.
    rows = [[1, 1], [4, 4], [1, 2], [2, 2], [3, 4], [4, 4]]
    result = multilevel(answers(rows, leader=list("xxyyzz")))
    assert result.value("rwg_j_set_to_zero", method="uniform") == pytest.approx(1 / 3, rel=1e-12)
    one = [2 * (1 - ratio) / (2 * (1 - ratio) + ratio) for ratio in (0.25 / 1.25,) * 2]
    assert result.value("rwg_j", method="uniform") == pytest.approx(sum(one) / 3, rel=1e-12)


def test_every_interval_holds_its_estimate_and_widens():
    result = multilevel(load_case("sim1"))
    for one in result.statistics:
        low, high = one.confidence_interval(0.95)
        if not math.isnan(low):
            assert low <= one.estimate <= high, one
            wide = one.confidence_interval(0.99)
            assert wide[0] <= low, one
            assert wide[1] >= high, one


def test_leader_values_and_curve():
    result = multilevel(load_case("lq2002_lead"))
    leaders = result.model("all").values
    assert leaders.answers.sum() == 2042
    assert leaders.rwg_j.mean() == pytest.approx(result.value("rwg_j", method="uniform"), rel=1e-14)
    assert leaders.ad.mean() == pytest.approx(result.value("ad"), rel=1e-14)
    icc1 = result.model().icc1
    curve = [icc1.reliability(m) for m in (5, 20)]
    assert curve == pytest.approx([result.value("leader_mean_reliability", category=m) for m in (5, 20)], rel=1e-14)
    assert (leaders.reliability >= 0.7).mean() == pytest.approx(result.value("leaders_reliable", category=0.7))


def test_glance_and_the_model_are_what_r_says_of_lq2002():
    """multilevel::ICC1, ICC2, rwg.j, awg and ad.m; 2,042 scores of 49 leaders. Without leaders there is no model."""
    result = multilevel(load_case("lq2002_lead"))
    (row,) = result.glance().to_dict("records")
    scale = reference_value("multilevel", "lq2002_lead", "multilevel/scale").value
    icc1, icc2 = scale["ICC1"], scale["ICC2"]
    assert (row["role"], row["n"], row["leader_count"]) == ("all", 2042, 49)
    assert row["answers_per_leader"] == pytest.approx(2042 / 49, rel=1e-12)
    assert (row["icc1"], row["icc2"]) == pytest.approx((icc1, icc2), rel=1e-9)
    for quantity, path in (("rwg_j", "rwg_j_uniform"), ("a_wg", "awg"), ("ad", "ad_mean")):
        assert row[quantity] == pytest.approx(reference_value("multilevel", "lq2002_lead", f"multilevel/{path}/mean").value)
    assert row["design_effect"] == result.value("design_effect", method=None)
    fitted = result.model().anova
    assert (fitted.icc1(fitted.mean_size), fitted.icc2) == pytest.approx((icc1, icc2), rel=1e-9)
    assert multilevel(answers([[1, 2], [2, 2]])).models == {}


def test_scale_score_follows_the_declared_rule():
    # One of two items answered is enough by default; the mean of the answered one is the score.
    result = multilevel(answers([[1, -1], [3, 3], [2, 4], [4, 4]], leader=["x", "x", "y", "y"]))
    # Scores 0, 2 | 2, 3 in category values 0-3.
    assert result.get("icc1", method="anova").n == 4
    assert result.value("icc1", method="anova") == pytest.approx((2.25 - 1.25) / (2.25 + 1.25))


def test_roles_are_taken_one_by_one():
    result = multilevel(
        answers([[1, 2], [2, 2], [3, 3], [4, 3], [1, 1], [2, 2]], leader=list("xxyyxy"), role=["team"] * 4 + ["self"] * 2)
    )
    assert set(result.models) == {"team", "self"}
    assert result.model("self").values.answers.tolist() == [1, 1]
    assert np.isnan(result.model("self").values.reliability).all()
    with pytest.raises(EstimationError, match="one_answer_per_leader"):
        result.model("self").icc1.reliability(5)
    assert result.value("icc1", role="team", method="anova") > 0.5
    assert result.get("icc1", role="self", method="anova").note == "one_answer_per_leader"
    assert result.get("ad", role="self").note == "one_answer_per_leader"


def test_one_person_in_two_waves_is_not_two_raters():
    rows, leaders = [[1, 2], [2, 2], [3, 3], [4, 3]], ["x", "x", "y", "y"]
    result = multilevel(answers(rows, leader=leaders, wave=[1, 2, 1, 2]))
    assert result.get("icc1", method="anova").note == "one_answer_per_leader"
    assert result.get("rwg_j", method="uniform").note == "one_answer_per_leader"
    team = answers(rows, leader=leaders, wave=[1, 1, 1, 2])
    assert multilevel(team).get("icc1", method="anova").note == "jackknife_undefined; waves_pooled"
    assert multilevel(team).get("icc1", method="reml").note == "jackknife_undefined; waves_pooled"
    # Scores .5, 1 | 2 in the first wave, 2.5 alone in the second: MSB 2/3 (2 - .75)^2, MSW .125, m 4/3.
    between, within, size = 2 / 3 * 1.25**2, 0.125, 4 / 3
    expected = (between - within) / (between + (size - 1) * within)
    assert multilevel(team).value("icc1", method="anova") == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "leaders", "note"),
    [
        ([[1, 2], [2, 3]], ["x", "y"], "one_answer_per_leader"),
        ([[1, 2], [2, 3]], ["x", "x"], "one_leader"),
        ([[1, 2], [1, 2], [1, 2]], ["x", "x", "y"], "no_variance"),
        ([[1, 2], [2, 3]], None, "no_leaders"),
        ([[1, 2], [2, 3]], [None, None], "no_leaders"),
        ([[-1, -1], [-1, -1]], ["x", "y"], "no_answers"),
    ],
)
def test_starved_data_give_null_rows_with_a_reason(rows, leaders, note):
    result = multilevel(answers(rows, leader=leaders))
    for quantity in ("icc1", "icc2", "design_effect", "answers_needed", "leader_mean_reliability"):
        for one in result.find(quantity):
            assert math.isnan(one.estimate), one
            assert one.note == note, one


def test_leaders_without_two_complete_answers_have_no_agreement():
    rows = [[1, -1], [2, -1], [-1, 2], [3, -1]]
    result = multilevel(answers(rows, leader=["x", "x", "y", "y"]))
    assert math.isfinite(result.value("icc1", method="anova"))
    assert {one.note for one in result.find("rwg_j")} <= {"one_answer_per_cluster", "null_needs_five_categories"}
    assert result.get("ad").note == "one_answer_per_cluster"


def test_other_numbers_of_categories_have_only_the_uniform_null():
    result = multilevel(answers([[1, 2], [2, 3], [4, 4], [3, 4]], leader=["x", "x", "y", "y"]))
    assert result.get("rwg_j", method="normal").note == "null_needs_five_categories"
    assert result.value("rwg_j", method="uniform") > 0


def test_without_an_upper_bound_the_answers_needed_say_so():
    rng = np.random.default_rng(1)
    rows, leaders = rng.integers(1, 5, (60, 2)), [f"l{one % 12}" for one in range(60)]
    needed = multilevel(answers(rows, leader=leaders)).get("answers_needed", category=0.8)
    low, high = needed.confidence_interval()
    assert needed.note in ("no_upper_bound", "variance_at_zero")
    assert low > 0
    assert math.isinf(high)


def test_answers_without_leader_are_left_out_and_counted():
    result = multilevel(answers([[1, 2], [2, 3], [4, 4], [3, 4], [1, 1]], leader=["x", "x", "y", "y", None]))
    assert result.get("leader_count").note == "leader_unknown: n = 1"
    assert result.get("icc1", method="anova").n == 4


def test_rows_are_unique_and_in_the_vocabulary():
    result = battery(load_case("sim1"), rng=np.random.default_rng(1))
    keys = [(row["role"], row["quantity"], row["item"], row["category"], row["method"]) for row in result.rows()]
    assert len(keys) == len(set(keys))
    words = vocabulary("da")
    assert {one.quantity for one in result.statistics} <= set(words.quantities)
    parts = {part for one in result.statistics for part in (one.method or "").split("/") if part}
    assert parts <= set(words.methods)


def test_order_of_answers_does_not_matter():
    rows, leaders = [[1, 2], [2, 3], [4, 4], [3, 4], [1, 1]], ["x", "x", "y", "y", "z"]
    assert multilevel(answers(rows, leader=leaders)).rows() == multilevel(answers(rows[::-1], leader=leaders[::-1])).rows()


def test_zeros_say_why():
    """Leaders alike, and answers that vary more than a skewed null allows: every 0 has its reason."""
    rows = [[1, 5, 1], [5, 1, 5]] * 6
    result = multilevel(answers(rows, leader=["x", "x", "y", "y", "z", "z"] * 2, categories=5))
    for one in result.statistics:
        if one.estimate == 0 and one.quantity != "design_effect":  # 1 + (4 - 1)(-1/3)
            assert one.note.split(";")[0] in ("variance_at_zero", "all_set_to_zero"), one
    assert result.get("rwg_j", method="heavy_skew").note == "all_set_to_zero; no_spread_between_clusters: 3"
    assert result.get("leader_mean_reliability", category=5).note == "variance_at_zero"


def test_leaders_with_the_same_mean():
    """F = 0, but for rounding: ICC(1) by ANOVA is -1/(m - 1), ICC(2) minus infinity and so a null row."""
    for rows in ([[1, 5, 1], [5, 1, 5]] * 6, [[1, 1, 2], [2, 2, 2]] * 6):
        result = multilevel(answers(rows, leader=["x", "x", "y", "y", "z", "z"] * 2, categories=5))
        icc1 = result.get("icc1", method="anova")
        assert icc1.estimate == pytest.approx(-1 / 3, rel=1e-12)
        assert math.isnan(icc1.confidence_interval()[0])
        assert icc1.note == "jackknife_undefined"
        assert math.isnan(result.get("icc1", method="anova/f").confidence_interval()[0])
        for method in ("anova", "anova/f"):
            assert result.get("icc2", method=method).note == "no_variance_between"
        assert result.value("icc1", method="reml") == 0


def test_two_leaders_have_no_jackknife():
    result = multilevel(answers([[1, 2], [2, 4], [3, 3], [4, 4]], leader=["x", "x", "y", "y"]))
    assert result.get("icc1", method="anova").note == "jackknife_undefined"
    assert not math.isnan(result.value("icc1", method="anova"))
