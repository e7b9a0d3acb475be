"""Differential functioning: ordinal's values, clusters, planted effects, hard data."""

import math
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

import made_up
from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.invariance.analysis_dif import battery, declared, dif
from omstilling_psychometrics.topics.invariance.numerics.dif import EFFECTS

answers = partial(made_up.answers, categories=4, items=tuple("abcdef"))


def test_planted_dif_is_found_where_it_was_planted():
    result = dif(load_case("sim1_complete"), by="group")
    p_values = {item: result.get("total", item=item, method="clustered").p_value for item in result_items(result)}
    assert min(p_values, key=p_values.get) == "i4"
    assert abs(result.value("expected_score_difference", item="i4", method="peer~report")) > 0.1


def result_items(result):
    return sorted({one.item for one in result.find("total")})


def test_expected_difference_of_plain_groups_is_near_the_observed_one():
    # Two groups with the same distribution of totals: the model's difference is about the raw one.
    rng = np.random.default_rng(2)
    rows = rng.integers(1, 5, size=(4000, 4))
    shifted = rows.copy()
    shifted[:, 0] = np.minimum(4, rows[:, 0] + (rng.random(4000) < 0.3))
    result = dif(answers(np.vstack([rows, shifted]), role=["x"] * 4000 + ["y"] * 4000))
    one = result.get("expected_score_difference", item="a", method="x~y")
    raw = rows[:, 0].mean() - shifted[:, 0].mean()
    assert one.estimate == pytest.approx(raw, abs=0.08)
    low, high = one.confidence_interval()
    assert low < one.estimate < high < 0


@cache
def by_statsmodels(name, item):
    """One row per complete answer, the model of non-uniform effects on them, and its parameters: total, groups, products."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    patterns = load_case(name)
    rows = patterns.expand()
    rows = rows[rows[list(patterns.items)].notna().all(axis=1)]
    total = rows[list(patterns.items)].sum(axis=1).to_numpy()
    score = ((total - total.mean()) / total.std())[:, None]
    member = np.column_stack([rows["group"] == level for level in patterns.keys["group"].levels[1:]]).astype(float)
    model = OrderedModel(rows[item].astype(int).to_numpy(), np.hstack([score, member, score * member]), distr="logit")
    return rows, model, model.fit(method="bfgs", gtol=1e-8, disp=False).params


@pytest.mark.proves("expected_score_difference")
def test_score_difference_is_that_of_statsmodels():
    """Expected scores with everybody in the one group and in the other."""
    patterns = load_case("datCat")
    rows, model, parameters = by_statsmodels("datCat", "i2")
    score, values = model.exog[:, :1], np.unique(rows["i2"])
    means = [model.predict(parameters, np.hstack([score, 0 * score + one, score * one])) @ values for one in (0.0, 1.0)]
    first, second = patterns.keys["group"].levels
    ours = dif(patterns, by="group").value("expected_score_difference", item="i2", method=f"{first}~{second}")
    assert ours == pytest.approx((means[0] - means[1]).mean(), abs=1e-6)


def test_score_difference_error_is_that_of_a_bootstrap():
    patterns = load_case("bfi_N")
    one = dif(patterns, by="group").get("expected_score_difference", item="i4")
    rows = patterns.to_frame()
    rng = np.random.default_rng(3)
    draws = []
    for _ in range(40):
        drawn = rows.assign(count=rng.multinomial(patterns.n, rows["count"] / patterns.n))
        again = ResponsePatterns.from_frame(drawn[drawn["count"] > 0], patterns.instrument)
        draws.append(dif(again, by="group").value("expected_score_difference", item="i4"))
    assert one.std_error == pytest.approx(np.std(draws, ddof=1), rel=0.35)  # 40 draws know it to about 11 %


def test_clustered_tests_add_up_within_leaders():
    patterns = load_case("sim1")
    clustered = dif(patterns, by="group")
    independent = dif(patterns, by="group", cluster=None)
    assert clustered.get("uniform", item="i4", method="clustered").cluster == "leader"
    assert clustered.get("uniform", item="i4", method=None).note == "clusters_ignored"
    assert not independent.find("uniform", method="clustered")
    # Every answer a leader of its own is the independent sandwich, with the factor n/(n - 1).
    frame = patterns.expand(coded=True).assign(leader=lambda rows: [f"p{row:04}" for row in range(len(rows))])
    alone = dif(ResponsePatterns.from_frame(frame, patterns.instrument), by="group")
    n = alone.get("uniform", item="i4").n
    first = alone.get("expected_score_difference", item="i4", method="peer~self").std_error
    second = independent.get("expected_score_difference", item="i4", method="peer~self").std_error
    assert first == pytest.approx(second * math.sqrt(n / (n - 1)), rel=1e-6)


@pytest.mark.proves("nonuniform", "total")
def test_clustered_tests_are_wald_tests_with_scores_of_statsmodels():
    """Scores of one row per answer, added up by leader: the sandwich of the coefficients, times G/(G - 1)."""
    rows, model, parameters = by_statsmodels("sim_small", "i4")
    leader = np.unique(rows["leader"], return_inverse=True)[1]
    sums = np.array([np.bincount(leader, weights=column) for column in model.score_obs(parameters).T])
    inverse = np.linalg.inv(model.hessian(parameters))
    covariance = inverse @ sums @ sums.T @ inverse * 15 / 14
    result = dif(load_case("sim_small"), by="group")
    for quantity, tested in (("total", slice(1, 5)), ("nonuniform", slice(3, 5))):
        expected = parameters[tested] @ np.linalg.solve(covariance[tested, tested], parameters[tested])
        one = result.get(quantity, item="i4", method="clustered")
        assert one.statistic == pytest.approx(expected, rel=1e-5)


def test_doubled_answers_fool_the_likelihood_ratio_but_not_the_clustered_test():
    patterns = load_case("sim1")
    doubled = dif(patterns + patterns, by="group")
    once = dif(patterns, by="group")
    assert doubled.get("uniform", item="i4").statistic == pytest.approx(2 * once.get("uniform", item="i4").statistic, rel=1e-6)
    for quantity in ("uniform", "nonuniform", "total"):
        first, second = (one.get(quantity, item="i4", method="clustered").statistic for one in (once, doubled))
        assert second == pytest.approx(first, rel=1e-5)


def test_few_leaders_are_the_reason_and_not_the_items():
    rng = np.random.default_rng(4)
    rows = rng.integers(1, 5, size=(400, 3))
    groups = list("xy") * 200
    one = dif(answers(rows, role=groups, leader=["l"] * 400))
    for quantity in ("uniform", "nonuniform", "total"):
        assert one.get(quantity, item="a", method="clustered").note == "one_cluster"
    difference = one.get("expected_score_difference", item="a")
    assert math.isfinite(difference.estimate)
    assert (math.isnan(difference.std_error), difference.note) == (True, "one_cluster")
    two = dif(answers(rows, role=groups, leader=["l", "l", "m", "m"] * 100))
    assert two.get("total", item="a", method="clustered").note == "clusters_do_not_exceed_moments: 2 <= 2"
    assert two.get("uniform", item="a", method="clustered").statistic >= 0


def test_small_groups_are_named():
    result = dif(load_case("sim_small"), by="group")
    note = result.get("uniform", item="i1").note
    assert note == "clusters_ignored; small_groups: peer 45, report 43, self 19"


@pytest.mark.parametrize(
    ("rows", "groups", "note"),
    [
        ([[1, 2], [2, -1], [3, 3]], ["x", "y", "x"], "fewer_than_two_groups; item_without_answers: b (y)"),
        ([[1, 2], [2, -1], [-1, 3], [3, 3]], ["x", "y", "y", "x"], "fewer_than_two_groups; too_few_complete: y"),
        ([[-1, -1], [-1, -1]], ["x", "y"], "no_answers"),
        ([[1, 2], [2, 3]], ["x", "y"], "fewer_answers_than_parameters: n = 2, 4"),
        ([[2, 1], [2, 3], [2, 2], [2, 4]], ["x", "x", "y", "y"], "constant_item"),
        ([[1, 2], [2, 1], [1, 2], [2, 1]], ["x", "x", "y", "y"], "no_variance"),
    ],
)
def test_starved_data_give_null_rows_with_a_reason(rows, groups, note):
    result = dif(answers(rows, role=groups))
    for quantity in ("uniform", "nonuniform", "total"):
        one = result.get(quantity, item="a")
        assert math.isnan(one.estimate)
        assert one.note == note


def test_one_group_gives_null_rows_in_the_battery():
    result = battery(answers([[1, 2], [2, 3], [3, 3]], role=["x", "x", "x"]), rng=np.random.default_rng(1))
    assert {one.note for one in result.statistics} == {"fewer_than_two_groups"}


def test_tiny_groups_are_no_crash():
    rng = np.random.default_rng(7)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.integers(1, 5, size=(12, 3))
        result = dif(answers(rows, role=list("xyz") * 4, leader=[f"l{i % 5}" for i in range(12)]))
        for one in result.statistics:
            assert one.note is None or vocabulary("da").note(one.note)
            assert one.estimate is None or math.isfinite(one.estimate) or one.note


def test_a_group_without_complete_rows_is_left_out():
    rng = np.random.default_rng(5)
    rows = rng.integers(1, 5, size=(300, 3))
    rows[200:, 0] = -1
    result = dif(answers(rows, role=["x"] * 100 + ["z"] * 100 + ["y"] * 100))
    assert result.get("uniform", item="a").note.startswith("groups_left_out: 1; item_without_answers: a (y)")
    assert [one.method for one in result.find("expected_score_difference", item="a")] == ["x~z"]


def test_mixing_roles_is_refused_or_said():
    frame = load_case("sim1").to_frame().rename(columns={"group": "role"}).assign(wave="1")
    frame.loc[frame.index % 2 == 0, "wave"] = "2"
    patterns = ResponsePatterns.from_frame(frame, load_case("sim1").instrument)
    with pytest.raises(UsageError, match="takes one role"):
        dif(patterns, by="wave")
    result = battery(patterns, rng=np.random.default_rng(1), by="wave")
    assert all(one.note.startswith("roles_pooled") for one in result.statistics)
    keys = [(row["quantity"], row["item"], row["method"]) for row in result.rows()]
    assert len(keys) == len(set(keys))


def test_the_rows_of_each_item_are_the_declared_ones():
    """Further ones only where it has regressions: by clusters, and in scale points."""
    case = load_case("datCat")
    leaders = Key.of([f"{place % 40}" for place in range(len(case.pattern))])
    result = dif(replace(case, keys={**case.keys, "leader": leaders}), by="group")
    rows = [row for item in case.items for row in declared(item, case.n)]
    further = [*((effect, "clustered") for effect in EFFECTS), ("expected_score_difference", "female~male")]
    refuse_other_rows(result.statistics, rows, further)
