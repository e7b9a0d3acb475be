"""Raters are people: a leader in a wave is a group, a person counts once in it, errors leave out whole leaders."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from omstilling_psychometrics import read
from omstilling_psychometrics.core import criteria
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.leaders.analysis import multilevel
from omstilling_psychometrics.topics.leaders.numerics import jackknife
from omstilling_psychometrics.topics.mokken.analysis import mokken

SYNTHETIC = Path(__file__).parents[3] / "data" / "synthetic"
THREE = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"))


def counted(rows, leaders, waves=None, people=None, instrument=THREE, **keys):
    found = {"leader": Key.of(leaders), **{name: Key.of(values) for name, values in keys.items()}}
    if waves is not None:
        found["wave"] = Key.of(waves)
    if people is not None:
        found["respondent"] = Key.of(people)
    return ResponsePatterns.count(instrument, np.array(rows), found)


def teams(leaders=25, seed=1, highest=4):
    """Rows, leaders and people of one wave: teams of 1 to 8 whose answers have something in common."""
    rng = np.random.default_rng(seed)
    rows, whose = [], []
    for leader in range(leaders):
        level = rng.normal(0, 0.6)
        for _ in range(rng.integers(1, 9)):
            own = 2.5 + level + rng.normal(0, 0.7)
            rows.append(np.clip(np.round(own + rng.normal(0, 0.7, 3)), 1, highest).astype(int).tolist())
            whose.append(f"l{leader:02d}")
    return rows, whose, [f"p{one}" for one in range(len(rows))]


def same(first, second, *, errors=True, but=()):
    """Equal estimates, errors and intervals of all rows of the second that are in the first."""
    compared = 0
    for one in second.statistics:
        if one.quantity in but or "koopman" in (one.method or "") or one.method in ("anova/f", "sandwich"):
            continue
        other = next(
            row
            for row in first.statistics
            if (row.quantity, row.method, row.item, row.category) == (one.quantity, one.method, one.item, one.category)
        )
        assert other.estimate == pytest.approx(one.estimate, rel=1e-9, nan_ok=True), one
        if errors and one.cluster == "leader":
            assert other.std_error == pytest.approx(one.std_error, rel=1e-7, nan_ok=True), one
            assert other.confidence_interval() == pytest.approx(one.confidence_interval(), rel=1e-7, nan_ok=True), one
            compared += 1
    assert compared or not errors


@pytest.mark.parametrize("shift", [0, 1])
def test_a_second_wave_of_other_people_who_answer_alike_changes_nothing(shift):
    """Nor does it when all answer one category higher then, since variances are about the means of the waves."""
    rows, leaders, people = teams()
    later = (np.array(rows) + shift).tolist()
    one = multilevel(counted(rows, leaders, people=people))
    two = multilevel(
        counted(rows + later, leaders * 2, ["1"] * len(rows) + ["2"] * len(rows), people + [f"{p}b" for p in people])
    )
    # Nulls that are not symmetric and the largest possible variance hang on the level; n is twice as large.
    assert two.get("icc1", method="anova").n == 2 * one.get("icc1", method="anova").n
    same(two, one, but=("a_wg",) if shift else ())
    assert two.value("design_effect") == pytest.approx(one.value("design_effect"), rel=1e-12)
    assert two.value("answers_per_leader", method="median") == one.value("answers_per_leader", method="median")
    assert two.value("leader_count") == one.value("leader_count")


def test_returning_people_are_no_further_raters():
    """Twice the same people with the same answers: pooled, they would be twice as many raters and ICC(2) near 1."""
    rows, leaders, people = teams()
    one = multilevel(counted(rows, leaders, people=people))
    again = counted(rows * 2, leaders * 2, ["1"] * len(rows) + ["2"] * len(rows), people * 2)
    same(multilevel(again), one)
    # Without a wave there is one group, in which each person counts once too.
    pooled = multilevel(again.pool("wave"))
    same(pooled, one)
    assert pooled.get("leader_count").note == f"person_counts_once: n = {len(rows)}"


@pytest.mark.proves("answers_per_leader")
def test_balanced_waves_by_hand():
    """Three leaders, two waves, two raters each; the second wave is 1 higher on the whole."""
    rows = [[score] * 3 for score in (1, 2, 2, 4, 4, 4, 2, 2, 4, 5, 5, 5)]
    leaders, waves = list("xxyyzz" * 2), list("111111222222")
    result = multilevel(counted(rows, leaders, waves))
    # Means 1.5, 3, 4 about 17/6, and 2, 4.5, 5 about 23/6; df 6 - 2.
    between = 2 * 3 * (np.var([1.5, 3, 4]) + np.var([2, 4.5, 5])) / (6 - 2)
    within = (0.5 + 2 + 0 + 0 + 0.5 + 0) / (12 - 6)
    f = between / within
    for method in ("anova", "n0", "reml"):
        icc1 = result.get("icc1", method=method)
        assert icc1.estimate == pytest.approx((f - 1) / (f + 1), rel=1e-9)
        assert icc1.cluster == "leader"
    for method in ("anova", "reml"):
        assert result.value("icc2", method=method) == pytest.approx(1 - 1 / f, rel=1e-9)
    anova = result.get("icc1", method="anova")
    assert (anova.statistic, anova.df, anova.p_value) == (pytest.approx(f, rel=1e-12), 4, None)
    assert result.value("design_effect") == pytest.approx(1 + (f - 1) / (f + 1), rel=1e-12)
    assert result.value("answers_per_leader", method="arithmetic") == 2
    # Jackknife by hand: without x, y or z the waves have two groups each.
    logs = []
    for left in ((1.5, 2), (3, 4.5), (4, 5)):
        first, second = [3, 1.5, 4], [2, 4.5, 5]
        first.remove(left[0])
        second.remove(left[1])
        square = 2 * 2 * (np.var(first) + np.var(second)) / (4 - 2)
        inside = {1.5: 0.5, 3: 2.5, 4: 0}[left[0]]
        logs.append(math.log(square / ((3 - inside) / 4)))
    error = math.sqrt(2 / 3 * sum((one - np.mean(logs)) ** 2 for one in logs))
    assert anova.std_error == pytest.approx(error * f * 2 / (f + 1) ** 2, rel=1e-9)
    assert result.get("icc1", method="reml").std_error == pytest.approx(anova.std_error, rel=1e-7)
    # r*_wg(j): variances .5, 2, 0, 0, .5, 0 over the null's 2; the error leaves out leaders, not groups.
    star = 1 - np.array([[0.25, 0], [1, 0.25], [0, 0]])
    left_out = [np.delete(star, leader, axis=0).mean() for leader in range(3)]
    agreed = result.get("r_star_wg_j")
    assert agreed.estimate == pytest.approx(star.mean(), rel=1e-12)
    assert agreed.std_error == pytest.approx(jackknife.jackknife_error(np.array(left_out)), rel=1e-12)
    t = 4.302652729911275  # two degrees of freedom
    assert agreed.confidence_interval()[1] == pytest.approx(star.mean() + t * agreed.std_error, rel=1e-9)


def two_waves(leaders=30, seed=4):
    rows, whose, people = teams(leaders, seed)
    rng = np.random.default_rng(seed)
    back = np.flatnonzero(rng.random(len(rows)) < 0.6)
    later = np.clip(np.array(rows)[back] + 1 - (rng.random((len(back), 3)) < 0.3), 1, 5)
    fresh, theirs, _ = teams(leaders, seed + 1)
    rows = rows + later.tolist() + fresh
    waves = ["1"] * len(whose) + ["2"] * (len(back) + len(fresh))
    people = people + [people[one] for one in back] + [f"new{one}" for one in range(len(fresh))]
    return rows, whose + [whose[one] for one in back] + theirs, waves, people


def test_errors_are_those_of_leaving_out_whole_leaders():
    rows, leaders, waves, people = two_waves()
    groups = list(zip(leaders, waves, strict=True))
    result = multilevel(counted(rows, leaders, waves, people))
    size = result.value("answers_per_leader", method="arithmetic")
    logs = {"anova": [], "reml": []}
    means = {"rwg_j": [], "ad": [], "rwg_j_set_to_zero": []}
    agreeing = {leader for leader, wave in set(groups) if groups.count((leader, wave)) > 1}
    for left in sorted(set(leaders)):
        kept = [place for place, leader in enumerate(leaders) if leader != left]
        rest = multilevel(counted(*([values[place] for place in kept] for values in (rows, leaders, waves, people))))
        logs["anova"].append(math.log(rest.get("icc1", method="anova").statistic))
        icc = rest.value("icc1", method="reml")
        logs["reml"].append(math.log1p(size * icc / (1 - icc)))
        for quantity, values in means.items() if left in agreeing else ():
            values.append(rest.value(quantity, method=None if quantity == "ad" else "uniform"))
    for method, values in logs.items():
        one = result.get("icc1", method=method)
        f = 1 + size * one.estimate / (1 - one.estimate)
        expected = jackknife.jackknife_error(np.array(values)) * f * size / (f + size - 1) ** 2
        assert one.std_error == pytest.approx(expected, rel=1e-6), method
    for quantity, values in means.items():
        one = result.get(quantity, method=None if quantity == "ad" else "uniform")
        assert one.std_error == pytest.approx(jackknife.jackknife_error(np.array(values)), rel=1e-9), quantity
        assert one.cluster == "leader"


def test_a_leader_in_one_wave_only_leaves_the_others_as_they_are():
    """Waves with leaders of their own: the sums of squares about the means of the waves, leaders still being left out."""
    rows, leaders, _ = teams(200)
    other = [f"n{leader}" for leader in leaders]
    result = multilevel(counted(rows * 2, leaders + other, ["1"] * len(rows) + ["2"] * len(rows)))
    one = multilevel(counted(rows, leaders))
    assert result.value("icc1", method="reml") == pytest.approx(one.value("icc1", method="reml"), rel=1e-9)
    assert result.value("leader_count") == 2 * one.value("leader_count")
    # Twice as many leaders: errors smaller by the root of two, but for L - 1.
    ratio = result.get("icc1", method="anova").std_error / one.get("icc1", method="anova").std_error
    assert ratio == pytest.approx(math.sqrt(1 / 2), rel=0.01)


def test_what_takes_groups_as_independent_is_not_given():
    result = multilevel(counted(*two_waves()))
    f = result.get("icc1", method="anova/f")
    assert math.isnan(f.confidence_interval()[0])
    assert f.note == "groups_depend; waves_pooled"
    assert result.get("design_effect", method="sandwich").note == "mean_over_waves"
    assert result.get("icc2", method="reml").note.startswith("waves_pooled")
    scalability = mokken(counted(*two_waves()))
    koopman = scalability.get("h", method="two_level/between/koopman")
    assert math.isnan(koopman.std_error)
    assert koopman.note.startswith("groups_depend; waves_pooled")


def test_what_is_not_known_is_said():
    rows, leaders, waves, people = two_waves()
    people = [None if place % 7 == 0 else one for place, one in enumerate(people)]
    waves = [None if place % 5 == 0 and wave == "2" else wave for place, wave in enumerate(waves)]
    unknown = sum(wave is None for wave in waves)
    count = multilevel(counted(rows, leaders, waves, people)).get("leader_count")
    assert count.note.split("; ")[0] == f"wave_unknown: n = {unknown}"
    assert count.note.split("; ")[1] == f"respondent_unknown: n = {sum(one is None for one in people)}"
    # No wave is known of anybody: there is one.
    none = multilevel(counted(rows, leaders, [None] * len(rows)))
    assert none.get("icc1", method="reml").note is None
    assert none.value("icc1", method="reml") == multilevel(counted(rows, leaders)).value("icc1", method="reml")


def test_without_respondents_each_answer_is_a_person():
    rows, leaders, people = teams()
    same(multilevel(counted(rows, leaders)), multilevel(counted(rows, leaders, people=people)), errors=False)


def test_a_person_who_answers_in_two_roles_counts_once():
    rows, leaders, people = teams(seed=6)
    twice = counted(rows + rows[:9], leaders + leaders[:9], None, people + people[:9], role=["r"] * len(rows) + ["s"] * 9)
    result = multilevel(twice.pool("role"))
    same(result, multilevel(counted(rows, leaders, people=people)), errors=False)
    assert result.get("leader_count").note == "person_counts_once: n = 9"
    # Two differing answers of x's one person, and one of another: half a vote each; mean of x ((1 + 3)/2 + 4)/2.
    odd = counted([[1] * 3, [3] * 3, [4] * 3, [2] * 3, [3] * 3], list("xxxyy"), None, list("ppqrs"))
    values = multilevel(odd).model().values
    assert values.answers.tolist() == [2, 2]
    assert values.mean_score.tolist() == [3.0, 2.5]


def test_two_level_scalability_is_about_the_waves():
    rows, leaders, people = teams()
    one = mokken(counted(rows, leaders, people=people))
    later = (np.array(rows) + 1).tolist()
    two = mokken(counted(rows + later, leaders * 2, ["1"] * len(rows) + ["2"] * len(rows), people * 2))
    for part in ("within", "between", "ratio"):
        for quantity, item in (("h", None), ("h_item", "a"), ("h_pair", "a~b")):
            mine, theirs = (found.get(quantity, item=item, method=f"two_level/{part}") for found in (two, one))
            assert mine.estimate == pytest.approx(theirs.estimate, rel=1e-9)
            assert mine.std_error == pytest.approx(theirs.std_error, rel=1e-9)
            assert mine.confidence_interval() == pytest.approx(theirs.confidence_interval(), rel=1e-9)
            assert mine.note.startswith("waves_pooled")
    assert two.get("h", method="two_level/within").n == 2 * one.get("h", method="two_level/within").n


def test_errors_of_two_level_scalability_are_near_the_jackknife_over_leaders():
    rows, leaders, waves, people = two_waves(60)
    whole = mokken(counted(rows, leaders, waves, people))
    left_out = []
    for left in sorted(set(leaders)):
        kept = [place for place, leader in enumerate(leaders) if leader != left]
        rest = mokken(counted(*([values[place] for place in kept] for values in (rows, leaders, waves, people))))
        left_out.append([rest.value("h", method=f"two_level/{part}") for part in ("within", "between", "ratio")])
    for part, values in zip(("within", "between", "ratio"), np.array(left_out).T, strict=True):
        error = whole.get("h", method=f"two_level/{part}").std_error
        assert error == pytest.approx(jackknife.jackknife_error(values), rel=0.12), part


def test_three_unequal_waves_lie_between_their_own_estimates():
    rows, leaders, waves, people = two_waves()
    third, theirs, _ = teams(30, 9)
    everything = (rows + third, leaders + theirs, waves + ["3"] * len(third), people + [f"z{one}" for one in range(len(third))])
    answers = counted(*everything)
    own = sorted(multilevel(answers.select(wave=wave)).value("icc1", method="reml") for wave in "123")
    whole = multilevel(answers)
    assert own[0] <= whole.value("icc1", method="reml") <= own[-1]
    groups = len(set(zip(everything[1], everything[2], strict=True)))
    assert whole.get("icc1", method="anova").df == groups - 3
    curve = [whole.value("leader_mean_reliability", category=size) for size in (2, 5, 10, 20)]
    assert all(low < high for low, high in pairwise(curve))


def test_the_synthetic_survey_is_not_more_reliable_for_having_two_waves():
    """Pooled as if whoever came back were two raters, ICC(2) was .668, not decided, with 15 answers needed."""
    team = read(SYNTHETIC / "answers.csv").select(role="medarbejder")
    result = multilevel(team)
    by_wave = [multilevel(team.select(wave=wave)) for wave in "12"]
    for quantity, method in (("icc1", "anova"), ("icc1", "reml"), ("icc2", "anova"), ("icc2", "reml")):
        own = sorted(one.value(quantity, method=method) for one in by_wave)
        assert own[0] < result.value(quantity, method=method) < own[1]
    truth = json.loads((SYNTHETIC / "truth.json").read_text())["population"]["values"]
    for quantity in ("icc1", "icc2"):
        (known,) = (
            row["value"]
            for row in truth
            if (row["population"], row["role"], row["quantity"]) == ("survey", "medarbejder", quantity)
        )
        low, high = result.confidence_interval(quantity, method="reml")
        assert low < known < high
    (verdict,) = (one for one in criteria.verdicts({"multilevel": result.statistics}) if one.criterion.key == "icc2")
    assert verdict.state == "not_met"
    assert result.value("answers_needed", category=0.7) == 17
    assert result.value("leaders_reliable", category=0.7) == pytest.approx(84 / 1280)
    assert result.value("answers_per_leader", method="median") == 7
    # As the two waves by themselves: 7 %, 16 and 17 answers.
    assert [one.value("answers_needed", category=0.7) for one in by_wave] == [17, 16]


def test_waves_with_one_leader_each_say_so():
    rows = [[1, 2, 2], [3, 3, 2], [4, 4, 5], [5, 4, 4]]
    result = multilevel(counted(rows, list("xxyy"), list("1122")))
    assert {one.note for one in result.find("icc1")} == {"one_leader_per_wave"}
    assert {one.note for one in multilevel(counted(rows, list("xxxx"), list("1122"))).find("icc1")} == {"one_leader"}
    # Agreement within these groups is there all the same.
    assert result.value("ad") == pytest.approx((1 / 2 + 1 / 3) / 2)
