"""Comparison of alpha between groups: identities, clusters across groups, hard data."""

import math

import numpy as np
import pytest

from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.invariance.analysis_dif import dif
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.analysis_alpha_comparison import alpha_comparison, battery, declared
from omstilling_psychometrics.topics.reliability.numerics.alpha import listwise_alpha


def test_independent_groups_agree_with_the_influence_function():
    patterns = load_case("bfi_N")
    result = alpha_comparison(patterns, by="group", cluster=None)
    parts = [reliability(one.pool("group"), cluster=None) for _, one in patterns.split("group")]
    alphas = [part.alpha for part in parts]
    errors = [part.get("alpha", method="listwise/influence").std_error for part in parts]
    (pair,) = [one for one in result.find("alpha_difference") if not one.method.endswith("feldt")]
    assert pair.estimate == pytest.approx(alphas[0] - alphas[1], rel=1e-12)
    # Jackknife and influence function are the same to the order 1/n.
    assert pair.std_error == pytest.approx(math.hypot(*errors), rel=5e-3)
    spread = math.hypot(*(error / (1 - alpha) for error, alpha in zip(errors, alphas, strict=True)))
    expected = (math.log(1 - alphas[0]) - math.log(1 - alphas[1])) ** 2 / spread**2
    assert result.get("alpha_equality", method=None).statistic == pytest.approx(expected, rel=1e-2)


@pytest.mark.proves("alpha_difference", "alpha_equality")
def test_jackknife_is_leaving_leaders_out_one_by_one():
    patterns = load_case("sim_small")
    leaders = patterns.keys["leader"].levels
    groups = patterns.keys["group"].levels
    logs = []
    for left_out in leaders:
        kept = patterns.select(leader=[one for one in leaders if one != left_out])
        parts = [listwise_alpha(one.values(), one.table()[1]).estimate for _, one in kept.split("group")]
        logs.append(np.log1p(-np.array(parts)))
    deviation = np.array(logs) - np.mean(logs, axis=0)
    covariance = deviation.T @ deviation * (len(leaders) - 1) / len(leaders)
    alphas = [listwise_alpha(one.values(), one.table()[1]).estimate for _, one in patterns.split("group")]
    slopes = np.array([1 - alphas[0], -(1 - alphas[1])])
    expected = math.sqrt(slopes @ covariance[:2, :2] @ slopes)
    result = alpha_comparison(patterns, by="group")
    one = result.get("alpha_difference", method=f"{groups[0]}~{groups[1]}")
    assert one.estimate == pytest.approx(alphas[0] - alphas[1], rel=1e-12)
    assert one.std_error == pytest.approx(expected, rel=1e-9)
    contrasts = np.array([[-1, 1, 0], [-1, 0, 1]])
    off = contrasts @ np.log1p(-np.array(alphas))
    equal = result.get("alpha_equality", method=None)
    assert equal.statistic == pytest.approx(off @ np.linalg.solve(contrasts @ covariance @ contrasts.T, off), rel=1e-9)
    assert equal.df == 2


@pytest.mark.proves("alpha_difference", "alpha_equality")
def test_equality_of_independent_groups_by_hand():
    """Feldt, Woodruff & Salih (1987): (1 - alpha)^(-1/3) is nearly normal, its variance 2/(9(m - 1)) times its square with
    m = n (k - 1)/(k + 1)."""
    patterns = load_case("sim_small")
    parts = [listwise_alpha(one.values(), one.table()[1]) for _, one in patterns.split("group")]
    scores = np.array([(1 - part.estimate) ** (-1 / 3) for part in parts])
    effective = np.array([part.n * 4 / 6 for part in parts])
    error = np.mean(2 / (9 * (effective - 1)) * scores**2)
    result = alpha_comparison(patterns, by="group")
    one = result.get("alpha_equality", method="feldt_woodruff_salih")
    assert one.statistic == pytest.approx(((scores - scores.mean()) ** 2).sum() / error, rel=1e-12)
    assert one.df == 2
    # Feldt (1969): the ratio of what alpha leaves, the smaller alpha's above.
    names = patterns.keys["group"].levels
    for first, second in ((0, 1), (0, 2), (1, 2)):
        smaller, larger = sorted((parts[first], parts[second]), key=lambda part: part.estimate)
        pair = result.get("alpha_difference", method=f"{names[first]}~{names[second]}/feldt")
        assert pair.estimate == pytest.approx(parts[first].estimate - parts[second].estimate, rel=1e-12)
        assert pair.statistic == pytest.approx((1 - smaller.estimate) / (1 - larger.estimate), rel=1e-12)
        assert (pair.df, pair.note) == (larger.n - 1, f"denominator_df: {smaller.n - 1}")


def test_leaders_reach_across_groups():
    # The same answers in both groups of every leader: clustered, the difference has no variance at all.
    rows = np.random.default_rng(3).integers(1, 6, size=(60, 3))
    leaders = [f"l{i // 5}" for i in range(60)]
    keys = {"leader": Key.of(leaders * 2), "form": Key.of(["A"] * 60 + ["B"] * 60)}
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c")), np.vstack([rows, rows]), keys)
    clustered = alpha_comparison(patterns, by="form")
    assert clustered.get("alpha_difference", method="A~B").std_error == pytest.approx(0, abs=1e-9)
    assert clustered.get("alpha_equality", method=None).note == "alpha_not_comparable"
    independent = alpha_comparison(patterns, by="form", cluster=None)
    assert independent.get("alpha_difference", method="A~B").std_error > 0.05
    assert independent.get("alpha_equality").p_value == pytest.approx(1)


def test_clustered_p_value_is_that_of_f():
    from scipy.stats import f

    result = alpha_comparison(load_case("sim1"), by="group")
    one = result.get("alpha_equality", method=None)
    assert one.cluster == "leader"
    assert one.p_value == pytest.approx(f.sf(one.statistic / 2, 2, 119), rel=1e-9)


def test_one_group_is_a_null_row():
    result = battery(load_case("bfi_N"), rng=np.random.default_rng(1))
    assert {one.note for one in result.statistics} == {"fewer_than_two_groups"}


def test_a_group_that_was_never_asked_an_item_is_named_with_it():
    codes = np.random.default_rng(2).integers(1, 4, (90, 3))
    codes[60:, 2] = -1
    instrument = plain_instrument((1, 2, 3), ("a", "b", "c"))
    three = ResponsePatterns.count(instrument, codes, {"form": Key.of(["x", "y"] * 30 + ["w"] * 30)})
    assert alpha_comparison(three, by="form").get("alpha_equality").note == "groups_left_out: 1; item_without_answers: c (w)"
    two = ResponsePatterns.count(instrument, codes, {"form": Key.of(["x"] * 60 + ["w"] * 30)})
    assert alpha_comparison(two, by="form").get("alpha_equality").note == "fewer_than_two_groups; item_without_answers: c (w)"


def test_mixing_roles_is_refused_or_said():
    rows = np.array([[1, 2], [2, 2], [3, 1], [1, 3]] * 5)
    keys = {"role": Key.of(["a", "b"] * 10), "wave": Key.of(["1"] * 10 + ["2"] * 10)}
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3), ("x", "y")), rows, keys)
    with pytest.raises(UsageError, match="takes one role and got a, b"):
        alpha_comparison(patterns, by="wave")
    for one in battery(patterns, rng=np.random.default_rng(1), by="wave").statistics:
        assert one.note.startswith("roles_pooled")


def test_respondents_who_answered_in_both_waves_have_feldts_t():
    """By hand: the twelve who answered completely in both, whatever else they and the others did."""
    rng = np.random.default_rng(3)
    theta = rng.normal(size=12)
    waves = [np.clip(np.round(3 + theta[:, None] + rng.normal(size=(12, 3))), 1, 5).astype(int) for _ in range(2)]
    rows = [(f"r{person}", wave + 1, tuple(waves[wave][person])) for person in range(12) for wave in range(2)]
    rows += [("s1", 1, (5, 1, 2)), ("s2", 2, (1, 1, 4))]  # one wave only
    rows += [("s3", 1, (3, 3, BLANK)), ("s3", 2, (3, 3, 4))]  # not complete in both
    rows += [("s4", 1, (2, 2, 2)), ("s4", 1, (3, 2, 2)), ("s4", 2, (2, 1, 2))]  # twice in one wave
    keys = {"respondent": Key.of([row[0] for row in rows]), "wave": Key.of([str(row[1]) for row in rows])}
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c")), [row[2] for row in rows], keys)
    result = alpha_comparison(answers, by="wave")
    found = result.get("alpha_difference", method="1~2/same_respondents")
    alphas = [1.5 * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1)) for x in waves]
    r = np.corrcoef(waves[0].sum(axis=1), waves[1].sum(axis=1))[0, 1]
    t = (alphas[0] - alphas[1]) * np.sqrt(10) / np.sqrt(4 * (1 - alphas[0]) * (1 - alphas[1]) * (1 - r**2))
    assert (found.n, found.df) == (12, 10)
    assert found.estimate == pytest.approx(alphas[0] - alphas[1], rel=1e-12)
    assert found.statistic == pytest.approx(t, rel=1e-12)
    assert result.get("alpha_difference", method="1~2/feldt").note.endswith("; same_respondents")
    few = answers.select(respondent=["r1", "r2", "s1", "s2"])
    assert (
        alpha_comparison(few, by="wave").find("alpha_difference", method="1~2/same_respondents")[0].note.startswith("too_few")
    )


def test_one_person_in_two_roles_is_not_asked_twice():
    rows = [(1, 2, 2), (2, 2, 3), (4, 3, 4), (3, 4, 5), (2, 1, 1), (5, 4, 4)]
    keys = {"role": Key.of(["self", "team"] * 3), "respondent": Key.of(["p", "p", "q", "q", "s", "s"])}
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c")), rows, keys)
    result = alpha_comparison(answers)
    assert result.get("alpha_difference", method="self~team/feldt").statistic is not None
    assert not [one for one in result.statistics if "same_respondents" in f"{one.method} {one.note}"]


def test_one_person_about_several_leaders_is_said_of_the_pairs_with_that_role():
    three = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"), roles=("team", "self", "boss"))
    rng = np.random.default_rng(1)
    leaders = 40
    rows = np.clip(rng.integers(1, 5, (3 * leaders, 1)) + rng.integers(0, 2, (3 * leaders, 3)), 1, 5)
    keys = {
        "role": Key.of([role for role in three.role_keys for _ in range(leaders)]),
        "leader": Key.of([f"l{number}" for number in range(leaders)] * 3),
        "respondent": Key.of(
            [f"r{number}" for number in range(2 * leaders)] + [f"b{number // 4}" for number in range(leaders)]
        ),
    }
    patterns = ResponsePatterns.count(three, rows, keys)
    result = alpha_comparison(patterns)
    note = "respondents_about_several; few_clusters: 40 < 50"
    assert result.get("alpha_equality", method=None).note == note
    assert [result.get("alpha_difference", method=f"{a}~boss").note for a in ("team", "self")] == [note, note]
    assert result.get("alpha_difference", method="team~self").note == "few_clusters: 40 < 50"
    assert {row.note for row in alpha_comparison(patterns, cluster=None).find("alpha_difference") if row.std_error} == {None}
    tests = [row.note for row in dif(patterns).statistics if row.quantity == "uniform" and row.method == "clustered"]
    assert all(one.startswith("respondents_about_several") for one in tests)


def test_the_rows_of_a_comparison_are_the_declared_ones():
    patterns = load_case("bfi_N")
    result = alpha_comparison(patterns, by="group")
    pair = "~".join(patterns.keys["group"].levels)
    further = [("alpha_difference", pair), ("alpha_difference", f"{pair}/feldt")]
    refuse_other_rows(result.statistics, declared(result.get("alpha_equality", method=None).n), further)
