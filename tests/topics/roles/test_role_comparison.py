"""Comparison of roles: hand values, pandas as second opinion, hard data."""

import math
from functools import partial

import numpy as np
import pytest
from scipy.stats import pearsonr

import made_up
from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.roles import analysis_pairs
from omstilling_psychometrics.topics.roles.analysis import battery, role_comparison
from omstilling_psychometrics.topics.roles.analysis_scores import counted_quantile

TWO = plain_instrument((1, 2, 3, 4, 5), ("a", "b"), roles=("x", "y"))
answers = partial(made_up.answers, items=tuple("ab"), roles=("x", "y"))


def simulated(waves=None):
    rng = np.random.default_rng(2)
    leaders = np.repeat(np.arange(40), 5)
    level = rng.normal(size=40)[leaders]
    rows = np.clip(np.round(3 + 0.7 * level[:, None] + rng.normal(size=(200, 2))), 1, 5).astype(int)
    roles = ["x", "y", "y", "y", "y"] * 40
    return answers(rows, role=roles, leader=[f"l{one:02}" for one in leaders], wave=waves)


@pytest.mark.proves(
    "leader_difference",
    "leader_correlation",
    "leader_share_above",
    "leaders_with_both",
    "score_mean",
    "score_sd",
    "score_quantile",
    "mean_difference",
    "standardized_difference",
)
def test_pandas_gives_the_same():
    import pandas as pd

    patterns = simulated()
    frame = patterns.expand(coded=True)
    frame["score"] = frame[["a", "b"]].mean(axis=1)
    means = frame.groupby(["leader", "role"])["score"].mean().unstack()
    result = role_comparison(patterns)
    difference = means["x"] - means["y"]
    one = result.get("leader_difference", method="x~y")
    assert one.estimate == pytest.approx(difference.mean(), rel=1e-12)
    # One answer of x per leader: the sandwich with G/(G - 1) is the ordinary standard error of a mean.
    assert one.std_error == pytest.approx(difference.std() / math.sqrt(40), rel=1e-12)
    assert result.value("leader_correlation") == pytest.approx(pearsonr(means["x"], means["y"])[0], rel=1e-12)
    assert result.value("leader_share_above") == pytest.approx((difference > 0).mean())
    assert result.value("leaders_with_both") == 40
    for role, part in frame.groupby("role"):
        assert result.value("score_mean", role=role) == pytest.approx(part["score"].mean(), rel=1e-12)
        assert result.value("score_sd", role=role) == pytest.approx(part["score"].std(), rel=1e-12)
        for share in (0.1, 0.5, 0.9):
            assert result.value("score_quantile", role=role, category=share) == pytest.approx(part["score"].quantile(share))
    plain = frame.groupby("role")["score"]
    assert result.value("mean_difference") == pytest.approx(plain.mean()["x"] - plain.mean()["y"], rel=1e-12)
    pooled = math.sqrt((39 * plain.var()["x"] + 159 * plain.var()["y"]) / 198)
    assert result.value("standardized_difference") == pytest.approx(result.value("mean_difference") / pooled, rel=1e-12)
    assert isinstance(frame, pd.DataFrame)


def test_leader_in_two_waves_counts_per_wave_and_clusters_once():
    once = role_comparison(simulated())
    doubled = simulated() + simulated()
    rows = doubled.to_frame()
    first, second = rows.assign(wave="1"), rows.assign(wave="2")
    import pandas as pd

    both = pd.concat([first, second])
    both["count"] //= 2
    twice = role_comparison(ResponsePatterns.from_frame(both, TWO))
    assert twice.value("leaders_with_both") == 80
    assert twice.value("leader_difference") == pytest.approx(once.value("leader_difference"), rel=1e-12)
    # The same answers twice add nothing: errors clustered by leader do not shrink.
    assert twice.get("leader_difference").std_error == pytest.approx(once.get("leader_difference").std_error, rel=1e-9)
    assert twice.get("leader_correlation").std_error == pytest.approx(once.get("leader_correlation").std_error, rel=1e-9)


def test_roles_of_the_evaluation_are_compared_with_the_team():
    instrument = load_instrument()
    rng = np.random.default_rng(1)
    roles = ["medarbejder", "medarbejder", "leder", "overordnet"] * 12
    leaders = [f"l{i // 4}" for i in range(48)]
    keys = {"role": Key.of(roles), "leader": Key.of(leaders)}
    patterns = ResponsePatterns.count(instrument, rng.integers(1, 6, size=(48, 5)), keys)
    result = role_comparison(patterns)
    methods = [one.method for one in result.find("leader_difference")]
    assert methods == ["leder~medarbejder", "overordnet~medarbejder", "leder~overordnet"]
    assert result.get("external_correlation").note == "no_external_scale"


def test_quantile_of_counts_is_that_of_rows():
    values, counts = np.array([3.0, 1.0, 2.5]), np.array([4.0, 3.0, 2.0])
    rows = np.repeat(values, counts.astype(int))
    for share in np.linspace(0, 1, 23):
        assert counted_quantile(values, counts, share) == pytest.approx(np.quantile(rows, share), rel=1e-13)


@pytest.mark.parametrize(
    ("patterns", "note"),
    [
        (answers([[1, 2], [2, 2]], role=["x", "x"], leader=["l", "m"]), "one_role"),
        (answers([[1, 2], [2, 2]], role=["x", "y"], leader=["l", "m"]), "too_few_leaders_with_both: 0"),
        (
            answers([[1, 2], [2, 2], [1, 1], [3, 3]], role=list("xyxy"), leader=["l", "l", None, None]),
            "too_few_leaders_with_both: 1",
        ),
        (answers([[1, 2], [2, 2], [1, 1], [3, 3]], role=list("xyxy"), leader=[None] * 4), "too_few_leaders_with_both: 0"),
        (simulated().pool("leader"), "no_leaders"),
    ],
)
def test_starved_data_give_null_rows_with_a_reason(patterns, note):
    for one in role_comparison(patterns).find("leader_difference"):
        assert math.isnan(one.estimate)
        assert one.note == note


def test_nobody_answered():
    result = role_comparison(answers([[-1, -1], [-1, -1]], role=["x", "y"], leader=["l", "l"]))
    for one in result.statistics:
        assert one.estimate is None or math.isnan(one.estimate) or one.quantity == "leaders_with_both"
        if one.estimate is None or math.isnan(one.estimate):
            assert one.note


def test_rows_are_unique_and_in_the_vocabulary():
    result = battery(simulated(), rng=np.random.default_rng(1))
    keys = [(row["role"], row["quantity"], row["category"], row["method"]) for row in result.rows()]
    assert len(keys) == len(set(keys))
    words = vocabulary("en")
    assert {one.quantity for one in result.statistics} <= set(words.quantities)
    for one in result.statistics:
        assert one.note is None or words.note(one.note)


# ---------------------------------------------------------------- other scales


def with_other_scale(values, rows=None, leaders=None):
    """One role, items a and b equal, so that the scale score is the item; `trivsel` as text."""
    rows = [1, 2, 2, 3, 4, 5] if rows is None else rows
    keys = {"trivsel": Key.of(values), "leader": Key.of(leaders or list("llmmno"))}
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b")), np.array([[x, x] for x in rows]), keys)


@pytest.mark.proves("external_correlation")
@pytest.mark.parametrize("decimal", [".", ","])
def test_correlation_with_another_scale_by_hand(decimal):
    x, y, leader = np.array([1.0, 2, 2, 3, 4]), np.array([2.5, 1, 3, 3.5, 6]), np.array([0, 0, 1, 1, 2])
    texts = [None if np.isnan(v) else str(v).replace(".", decimal) for v in (*y, np.nan)]
    one = role_comparison(with_other_scale(texts), external=("trivsel",)).get("external_correlation")
    # Means 2.4 and 3.2; sums of squares 5.2 and 13.3, of products 6.6: r = 6.6 / sqrt(69.16).
    assert one.estimate == pytest.approx(6.6 / math.sqrt(69.16), rel=1e-12)
    zx, zy = (x - 2.4) / math.sqrt(5.2 / 5), (y - 3.2) / math.sqrt(13.3 / 5)
    influence = zx * zy - one.estimate * (zx**2 + zy**2) / 2
    sums = np.bincount(leader, weights=influence)
    # Three leaders: the one whose only respondent left the other scale out does not count.
    assert one.std_error == pytest.approx(math.sqrt(1.5 * (sums @ sums)) / 5, rel=1e-12)
    assert (one.method, one.cluster, one.n, one.note) == ("trivsel", "leader", 5, "few_clusters: 3 < 50")
    low, high = one.confidence_interval()
    assert -1 < low < one.estimate < high < 1


def test_independent_answers_give_the_correlation_of_scipy():
    rng = np.random.default_rng(3)
    level = rng.normal(size=300)
    rows = np.clip(np.round(3 + level), 1, 5).astype(int)
    other = np.round(level + rng.normal(size=300), 1)
    patterns = with_other_scale([f"{v:.1f}" for v in other], rows, ["l"] * 300).pool("leader")
    one = role_comparison(patterns, external=("trivsel",)).get("external_correlation")
    expected = pearsonr(rows, other)
    assert one.estimate == pytest.approx(expected.statistic, rel=1e-12)
    assert one.confidence_interval() == pytest.approx(tuple(expected.confidence_interval()), abs=0.01)


def test_the_battery_takes_numeric_background_variables_as_other_scales():
    patterns = simulated()
    frame = patterns.to_frame()
    place = np.arange(len(frame))
    frame = frame.assign(trivsel=[f"{v},5" for v in place % 7], koen=place % 2, by=[f"by {v % 5}" for v in place])
    frame = frame.assign(mixed=np.where(place % 2, "1,5", [f"{v}.5" for v in place % 4]), dato=[f"{v}.1.24" for v in place % 9])
    result = battery(ResponsePatterns.from_frame(frame, TWO), rng=np.random.default_rng(1))
    # Two values are groups; texts, dates and columns with two decimal marks are no numbers.
    assert [(one.role, one.method) for one in result.find("external_correlation")] == [("x", "trivsel"), ("y", "trivsel")]
    assert all(math.isfinite(one.estimate) for one in result.find("external_correlation"))


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (["2", "2.0", "2", "2", "2", "2"], "no_variance"),
        (["1", "2", "3", None, None, None], "too_few_answers: n = 3 < 4"),
        ([None] * 6, "too_few_answers: n = 0 < 4"),
    ],
)
def test_starved_other_scales_say_why(values, note):
    one = role_comparison(with_other_scale(values), external=("trivsel",)).get("external_correlation")
    assert math.isnan(one.estimate)
    assert one.note == note


def test_other_scales_must_hold_numbers():
    patterns = with_other_scale(list("abcdef"))
    with pytest.raises(UsageError, match=r"'trivsel' cannot be an external scale: .*'a', 'b', 'c', …\) are not numbers"):
        role_comparison(patterns, external=("trivsel",))
    with pytest.raises(UsageError, match="no column 'glaede'"):
        role_comparison(patterns, external=("glaede",))


def test_one_person_about_several_leaders_is_said():
    patterns = simulated()
    rows = patterns.patterns[patterns.pattern]
    people = [f"p{number}" for number in range(len(rows))]
    everyone = ResponsePatterns.count(TWO, rows, {**patterns.keys, "respondent": Key.of(people)}, patterns.counts)
    assert not any("respondents" in (row.note or "") for row in role_comparison(everyone).statistics)
    shared = Key.of([f"p{number // 7}" for number in range(len(rows))])
    compared = role_comparison(ResponsePatterns.count(TWO, rows, {**patterns.keys, "respondent": shared}, patterns.counts))
    quantities = (
        "mean_difference", "standardized_difference", "leader_difference", "leader_share_above", "leader_correlation"
    )  # fmt: skip
    assert {compared.get(quantity).note.split("; ")[0] for quantity in quantities} == {"respondents_about_several"}


def test_scores_and_pairs_are_kept() -> None:
    """The median of x, and pandas' means of both roles about each leader."""
    patterns = simulated()
    result = role_comparison(patterns)
    frame = patterns.expand(coded=True)
    frame["score"] = frame[["a", "b"]].mean(axis=1)
    median = frame.loc[frame["role"] == "x", "score"].median()
    assert result.model("x").quantile(0.5) == pytest.approx(median, rel=1e-12)
    pair = result.pair("x", "y")
    means = frame.groupby(["leader", "role"])["score"].mean().unstack()
    np.testing.assert_allclose(pair.leaders.first.mean, means["x"])
    np.testing.assert_allclose(pair.leaders.differences, means["x"] - means["y"])
    assert pair.difference == result.value("mean_difference", method="x~y")
    assert pair.standardized_difference == result.value("standardized_difference", method="x~y")
    with pytest.raises(UsageError, match="compared were: x~y"):
        result.pair("y", "x")


def test_glance_has_a_row_per_role() -> None:
    patterns = simulated()
    frame = patterns.expand(coded=True)
    score = frame[["a", "b"]].mean(axis=1).groupby(frame["role"])
    glance = role_comparison(patterns).glance()
    assert list(glance["role"]) == ["x", "y"]
    assert list(glance["n"]) == [40, 160]
    np.testing.assert_allclose(glance["score_mean"], score.mean())
    np.testing.assert_allclose(glance["score_sd"], score.std())


def test_the_rows_of_a_pair_are_the_declared_ones():
    pair = analysis_pairs.RolePair(first="x", second="y", answers=simulated())
    declared = [*analysis_pairs.declared_over_answers(pair), *analysis_pairs.declared_over_leaders(pair)]
    refuse_other_rows(analysis_pairs.rows(pair), declared, [("leaders_with_both", "x~y")])


def test_two_roles_of_which_no_leader_is_known_are_independent_whatever_a_third_has() -> None:
    rows, leaders = [[1, 2], [2, 2], [4, 5], [5, 3], [3, 3], [4, 4]], [None, None, None, None, "L1", "L2"]
    patterns = made_up.answers(rows, items=("a", "b"), roles=("x", "y", "z"), role=list("xxyyzz"), leader=leaders)
    alone = patterns.select(role=["x", "y"])
    for quantity in ("mean_difference", "standardized_difference"):
        one, other = (role_comparison(some).get(quantity, method="x~y") for some in (patterns, alone))
        assert (one.cluster, one.std_error, one.note) == (None, other.std_error, other.note)
    among = role_comparison(patterns).get("mean_difference", method="x~z")
    assert among.cluster == "leader"
    # Scores 1.5 and 2 of two answers whose leader is not known, 3 and 4 of two leaders: four units.
    assert among.std_error == pytest.approx(math.sqrt(4 / 3 * (2 * 0.25**2 + 2 * 0.5**2) / 4), rel=1e-12)
