"""Comparison of roles: hand values, pandas as second opinion, hard data."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr

from omstilling_psychometrics.analyses.role_comparison import battery, counted_quantile, role_comparison
from omstilling_psychometrics.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.responses.patterns import Key, ResponsePatterns
from omstilling_psychometrics.vocabulary import vocabulary

TWO = plain_instrument((1, 2, 3, 4, 5), ("a", "b"), roles=("x", "y"))


def answers(rows, roles, leaders, waves=None, instrument=TWO):
    keys = {"role": Key.of(roles), "leader": Key.of(leaders)}
    if waves is not None:
        keys["wave"] = Key.of(waves)
    return ResponsePatterns.count(instrument, np.array(rows), keys)


def simulated(waves=None):
    rng = np.random.default_rng(2)
    leaders = np.repeat(np.arange(40), 5)
    level = rng.normal(size=40)[leaders]
    rows = np.clip(np.round(3 + 0.7 * level[:, None] + rng.normal(size=(200, 2))), 1, 5).astype(int)
    roles = ["x", "y", "y", "y", "y"] * 40
    return answers(rows, roles, [f"l{one:02}" for one in leaders], waves)


def test_pandas_gives_the_same():
    import pandas as pd

    patterns = simulated()
    frame = patterns.expand()
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
    patterns = answers(rng.integers(1, 6, size=(48, 5)), roles, leaders, instrument=instrument)
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
        (answers([[1, 2], [2, 2]], ["x", "x"], ["l", "m"]), "one_role"),
        (answers([[1, 2], [2, 2]], ["x", "y"], ["l", "m"]), "too_few_leaders_with_both: 0"),
        (answers([[1, 2], [2, 2], [1, 1], [3, 3]], list("xyxy"), ["l", "l", None, None]), "too_few_leaders_with_both: 1"),
        (answers([[1, 2], [2, 2], [1, 1], [3, 3]], list("xyxy"), [None] * 4), "too_few_leaders_with_both: 0"),
        (simulated().pool("leader"), "no_leaders"),
    ],
)
def test_starved_data_give_null_rows_with_a_reason(patterns, note):
    for one in role_comparison(patterns).find("leader_difference"):
        assert math.isnan(one.estimate)
        assert one.note == note


def test_nobody_answered():
    result = role_comparison(answers([[-1, -1], [-1, -1]], ["x", "y"], ["l", "l"]))
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
