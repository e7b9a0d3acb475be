"""Mokken analysis: the contract's rows, clustered errors, missing answers, two levels and starved data."""

from functools import partial

import numpy as np
import pytest

import made_up
from declared import refuse_other_rows, refuse_rows_without_words
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.mokken import analysis
from omstilling_psychometrics.topics.mokken.analysis import battery, mokken
from omstilling_psychometrics.topics.mokken.numerics.scalability import coefficients

CASES = ["sim1", "sim_small", "bfi_A", "datCat", "lq2002_lead", "lq2002_lead_mis", "msq_pos"]


answers = partial(made_up.answers, items="q")


@pytest.mark.parametrize("name", CASES)
def test_rows_are_unique_and_in_the_vocabulary(name):
    result = battery(load_case(name), rng=np.random.default_rng(1))
    refuse_rows_without_words(result.statistics)


def test_a_perfect_scale_has_no_standard_error():
    result = mokken(answers([[1, 1], [2, 1], [3, 2], [3, 3]] * 3, leader=[0, 0, 1, 1, 2, 2] * 2, categories=(1, 2, 3)))
    for row in (result.get("h", method=method) for method in ("listwise", "pairwise", "two_level/within")):
        assert row.estimate == pytest.approx(1, rel=1e-12)
        assert (np.isnan(row.std_error), row.note) == (True, "no_guttman_errors")
        assert np.isnan(row.confidence_interval()).all()


def test_known_leaders_cluster_the_errors():
    result = mokken(load_case("sim1_complete"))
    clustered, independent = result.get("h", method="listwise"), result.get("h", method="listwise/independent")
    assert (clustered.cluster, independent.cluster) == ("leader", None)
    assert clustered.estimate == independent.estimate
    for quantity in ("h_item", "h_pair"):
        ours, others = (result.find(quantity, method=f"listwise{suffix}") for suffix in ("", "/independent"))
        assert [(one.item, one.estimate) for one in ours] == [(one.item, one.estimate) for one in others]
    # A bootstrap of leaders is the judge of the clustered error.
    case, rng = load_case("sim1_complete"), np.random.default_rng(2)
    leaders = case.clusters("leader").counts
    equal = np.full(leaders.shape[0], 1 / leaders.shape[0])
    codes = case.table()[0].astype(np.int64)
    draws = [coefficients(codes, leaders.T @ rng.multinomial(equal.size, equal), 5).scale for _ in range(400)]
    assert clustered.std_error == pytest.approx(np.std(draws, ddof=1), rel=0.12)


@pytest.mark.parametrize("name", ["sim1_complete", "datCat", "lq2002_lead"])
def test_without_missing_answers_pairwise_is_listwise(name):
    result = mokken(load_case(name))
    for quantity in ("h", "h_item", "h_pair"):
        ours, others = result.find(quantity, method="listwise"), result.find(quantity, method="pairwise")
        assert [one.estimate for one in ours] == pytest.approx([one.estimate for one in others], rel=1e-12)
        assert [one.std_error for one in ours] == pytest.approx([one.std_error for one in others], rel=1e-12)


def test_pairwise_uses_more_answers_and_comes_closer_to_the_complete_data():
    # The holes of sim1 and lq2002_lead_mis were made at random in data that are known.
    for holed, whole in (("sim1", "sim1_complete"), ("lq2002_lead_mis", "lq2002_lead")):
        with_holes, truth = mokken(load_case(holed)), mokken(load_case(whole))
        listwise, pairwise = with_holes.get("h", method="listwise"), with_holes.get("h", method="pairwise")
        assert pairwise.n > listwise.n
        assert pairwise.std_error < listwise.std_error
        assert abs(pairwise.estimate - truth.h) < 0.01


def test_two_level_errors_of_both_kinds_are_of_the_same_estimates():
    result = mokken(load_case("lq2002_lead"))
    for part in ("within", "between", "ratio"):
        plain, koopman = (result.get("h", method=f"two_level/{part}{suffix}") for suffix in ("", "/koopman"))
        assert plain.estimate == koopman.estimate
        assert plain.cluster == "leader"
        for quantity in ("h_item", "h_pair"):
            ours, others = (result.find(quantity, method=f"two_level/{part}{suffix}") for suffix in ("", "/koopman"))
            assert [(one.item, one.estimate) for one in ours] == [(one.item, one.estimate) for one in others]


def test_two_levels_need_raters_of_the_same_leader():
    rng = np.random.default_rng(1)
    rows = rng.integers(1, 6, (30, 4))
    assert mokken(answers(rows)).get("h", method="two_level/between").note == "no_leaders"
    alone = mokken(answers(rows, leader=range(30))).get("h", method="two_level/between")
    assert (alone.note, alone.cluster) == ("one_answer_per_cluster", "leader")


def test_category_numbers_play_no_part():
    rng = np.random.default_rng(9)
    rows = np.clip(rng.integers(1, 5, (400, 4)) + rng.integers(0, 2, (400, 1)) * 1, 1, 4)
    first = mokken(answers(rows, categories=(0, 1, 2, 3))).to_frame()
    second = mokken(answers(rows, categories=(1, 2, 5, 9))).to_frame()
    assert first.equals(second)


def test_shuffled_items_give_the_same_scale():
    case = load_case("bfi_A")
    frame = case.expand(coded=True)
    order = [4, 2, 0, 3, 1]
    shuffled = ResponsePatterns.count(case.instrument, frame[[case.items[item] for item in order]].to_numpy())
    one, other = mokken(case), mokken(shuffled)
    assert other.value("h", method="pairwise") == pytest.approx(one.value("h", method="pairwise"), rel=1e-12)
    assert other.value("h_item", item="i1", method="pairwise") == pytest.approx(
        one.value("h_item", item="i5", method="pairwise"), rel=1e-12
    )


def test_selection_at_several_bounds():
    result = mokken(load_case("bfi_A"), lower_bounds=(0.3, 0.95))
    assert [one.estimate for one in result.find("aisp_scale", category=0.3)] == [0, 1, 1, 1, 1]
    assert [one.estimate for one in result.find("aisp_scale", category=0.95)] == [0] * 5
    assert result.get("aisp_scale", category=0.3, item="i1").note == "in_no_scale"


def test_removed_items_are_named():
    result = mokken(load_case("bfi_A"))
    after = result.get("ht", method="after_removal")
    assert after.note == "items_kept: i2, i4, i5"
    assert result.value("item_ordering_removed", item="i1") == 1


@pytest.mark.parametrize(
    "rows",
    [
        np.empty((0, 3), dtype=int),
        [[3, 3, 3]],
        [[3, 3, 3], [3, 3, 3]],
        [[1, 2, 3], [3, 2, 1]],
        [[BLANK, BLANK, BLANK], [BLANK, 2, BLANK]],
        [[1, BLANK, 3], [BLANK, 2, 3], [2, 4, BLANK]],
        [[2, 2], [4, 5], [1, 1]],
    ],
)
@pytest.mark.parametrize("leader", [False, True])
def test_starved_data_give_null_rows_with_reasons(rows, leader):
    rows = np.asarray(rows)
    result = mokken(answers(rows, leader=[1] * len(rows) if leader else None))
    words = vocabulary("da")
    for one in result.statistics:
        assert one.estimate is not None
        assert one.note is None or words.note(one.note)
        if np.isnan(one.estimate) or (one.std_error is not None and np.isnan(one.std_error)):
            assert one.note


def test_a_constant_item_is_named():
    rng = np.random.default_rng(2)
    theta = rng.integers(0, 3, (300, 1))
    rows = np.clip(theta + rng.integers(1, 4, (300, 4)), 1, 5)
    rows[:, 1] = 5
    result = mokken(answers(rows))
    assert result.get("h", method="listwise").note == "items_without_variance: q2"
    assert result.h == pytest.approx(mokken(answers(rows[:, [0, 2, 3]])).h, rel=1e-12)
    assert result.get("h_item", item="q2", method="listwise").note == "no_variance"
    assert result.value("aisp_scale", item="q2") == 0


def test_roles_stay_apart():
    rng = np.random.default_rng(3)
    instrument = plain_instrument((1, 2, 3), ("a", "b", "c"), roles=("x", "y"))
    rows = np.clip(rng.integers(0, 3, (200, 1)) + rng.integers(0, 2, (200, 3)), 1, 3)
    both = ResponsePatterns.count(instrument, rows, {"role": Key.of(["x"] * 80 + ["y"] * 120)})
    result = mokken(both)
    assert result.value("h", role="x", method="listwise") == mokken(both.select(role="x")).h
    assert result.get("h", role="y", method="listwise").n == 120


def test_options_are_refused_when_they_make_no_sense():
    case = load_case("datCat")
    with pytest.raises(UsageError, match="lower_bounds"):
        mokken(case, lower_bounds=(1.3,))
    with pytest.raises(UsageError, match="minimum_size"):
        mokken(case, minimum_size=0)
    with pytest.raises(UsageError, match="minimum_violation"):
        mokken(case, minimum_violation=-0.1)
    with pytest.raises(UsageError, match="no column 'leader'"):
        mokken(case, cluster="leader")


def test_one_person_in_two_waves_is_not_two_raters():
    rows = np.random.default_rng(4).integers(1, 6, (40, 3))
    keys = {"leader": Key.of([f"l{one % 20}" for one in range(40)]), "wave": Key.of([str(1 + one // 20) for one in range(40)])}
    instrument = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"))
    found = mokken(ResponsePatterns.count(instrument, rows, keys))
    assert {one.note for one in found.find("h") if (one.method or "").startswith("two_level")} == {"one_answer_per_cluster"}


def test_a_group_in_which_all_differ_alike_has_no_test_statistic():
    """100 people with b one above a, against everybody else: t has no variance to divide by, and crit no value."""
    result = mokken(answers([[2, 3, 1]] * 100 + [[5, 2, 5]] * 200))
    for quantity in ("item_ordering_largest_statistic", "item_ordering_crit"):
        for item in ("q1", "q2"):
            row = result.get(quantity, item=item)
            assert (np.isnan(row.estimate), row.note) == (True, "statistic_infinite")
    assert result.value("item_ordering_largest", item="q1") == 1
    assert result.value("item_ordering_significant", item="q1") == 1
    assert result.get("item_ordering_crit", item="q3").note != "no_variance"


def test_crit_has_no_value_where_h_has_none():
    """An item that everybody answers alike has no H_i, and still violates an ordering."""
    result = mokken(answers([[3, 4, 1]] * 60 + [[3, 1, 4]] * 60 + [[3, 2, 5]] * 60 + [[3, 5, 2]] * 50))
    assert result.get("h_item", item="q1").note == "no_variance"
    assert result.value("item_ordering_violations", item="q1") > 0
    row = result.get("item_ordering_crit", item="q1")
    assert (np.isnan(row.estimate), row.note) == (True, "no_variance")


def test_the_scale_of_a_role_is_kept() -> None:
    """H of a pair is H_ij, of all items H; mokken::coefH and check.iio on lq2002. Errors are those of the rows."""
    result = mokken(load_case("lq2002_lead"))
    scale = result.model()
    (row,) = result.glance().to_dict("records")
    assert (row["role"], row["h"], row["ht"]) == ("all", result.h, scale.ht)
    assert row["h"] == scale.scalability().estimate == pytest.approx(0.4852, abs=5e-5)
    assert row["ht"] == result.value("ht", method=None)
    pair = scale.scalability(["i2", "i1"])
    assert pair.estimate == pytest.approx(result.value("h_pair", item="i1~i2", method="listwise"), rel=1e-12)
    three = scale.scalability(["i1", "i2", "i3"])
    parts = scale.scalabilities()
    covariance, maximum = (
        sum(getattr(parts[i, j], name) for i, j in ((0, 1), (0, 2), (1, 2))) for name in ("covariance", "maximum")
    )
    assert three.estimate == pytest.approx(covariance / maximum, rel=1e-12)
    assert scale.two_level[()].within.estimate == result.value("h", method="two_level/within")
    assert scale.scales(0.3).tolist() == [1, 1, 1, 1, 1]
    with pytest.raises(UsageError, match="at least two different ones"):
        scale.scalability(["i1", "i9"])


def test_the_rows_of_a_scale_are_the_declared_ones():
    """Further ones only of raters of the same leader and of checks that could be made."""
    scale = mokken(load_case("lq2002_lead")).model()
    sums, pairwise = scale.scalabilities(), scale.scalabilities(pairwise=True)
    declared = [
        *analysis.declared_scalability(sums, scale, "listwise"),
        *analysis.declared_scalability(sums, scale, "listwise/independent"),
        *analysis.declared_scalability(pairwise, scale, "pairwise"),
        *analysis.declared_two_level(scale),
        *analysis.declared_violations(scale, "monotonicity"),
        *analysis.declared_violations(scale, "item_ordering"),
        *analysis.declared_ht(scale),
        *analysis.declared_selection(scale, 0.3),
    ]
    of_check = ("comparisons", "largest", "total", "largest_statistic", "significant", "crit")
    further = [(f"{check}_{part}", None) for check in ("monotonicity", "item_ordering") for part in of_check]
    further += [("item_ordering_position", None), ("item_ordering_removed", None)]
    parts = [f"two_level/{part}" for part in ("within", "between", "ratio")]
    further += [(quantity, part) for quantity in ("h_item", "h_pair") for part in parts]
    further += [(quantity, f"{part}/koopman") for quantity in ("h", "h_item", "h_pair") for part in parts]
    refuse_other_rows(analysis.rows(scale, (0.3,)), declared, further)
