"""Test-retest reliability: values by hand and by leaving out, who counts as retested, and what cannot be computed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.retest.numerics.two_occasions import TwoOccasions

ITEMS = ("a", "b", "c", "d")


def survey(people: int = 240, teams: int = 40, shift: float = 0.3, seed: int = 1, **keys: object) -> pd.DataFrame:
    """Two waves of the same people, in teams that differ."""
    rng = np.random.default_rng(seed)
    team = np.arange(people) % teams
    level = rng.normal(0, 0.5, teams)[team] + rng.normal(0, 0.6, people)
    waves = []
    for wave in (0, 1):
        answers = 3 + level[:, None] + shift * wave + rng.normal(0, 0.4, people)[:, None] + rng.normal(0, 0.8, (people, 4))
        made = pd.DataFrame(np.clip(np.round(answers), 1, 5), columns=list(ITEMS))
        waves.append(made.assign(wave=str(wave + 1), respondent=np.arange(people), leader=team))
    return pd.concat(waves, ignore_index=True).assign(**keys)


def read(data: pd.DataFrame) -> ResponsePatterns:
    return op.read(data, items=list(ITEMS), categories=range(1, 6), minimum_answered=2)


def by_hand(data: pd.DataFrame) -> np.ndarray:
    score = data[list(ITEMS)].mean(axis=1)
    return score.groupby([data["respondent"], data["wave"]]).mean().unstack().dropna().to_numpy()


@pytest.mark.proves("test_retest_icc", "test_retest_error")
def test_six_people_by_hand() -> None:
    """McGraw & Wong's mean squares of 1 2, 2 2, 3 4, 4 4, 5 5, 3 1 are 3.8 (people), 0 (occasions) and 0.6."""
    first, second = [1, 2, 3, 4, 5, 3], [2, 2, 4, 4, 5, 1]
    scores = np.array([*zip(first, second, strict=True)] * 2, dtype=float)  # twelve people, ten are needed
    found = TwoOccasions(scores[:6])
    assert (found.people, found.occasions, found.error) == pytest.approx((3.8, 0, 0.6))
    assert found.agreement == pytest.approx(3.2 / (4.4 + 2 / 6 * (0 - 0.6)))
    low, high = found.agreement_bounds(0.95)
    assert (low, high) == pytest.approx((-0.07326353, 0.9637106), abs=1e-7)  # psych 2.6.5, ICC2
    assert found.consistency_bounds(0.95) == pytest.approx((-0.06031644, 0.9567665), abs=1e-7)  # ICC3
    column = np.concatenate([scores[:, 0], scores[:, 1]]).astype(int)
    keys = {"wave": Key.of(["1"] * 12 + ["2"] * 12), "respondent": Key.of([str(one) for one in range(12)] * 2)}
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b")), np.column_stack([column, column]), keys)
    result = op.retest(answers)
    people, error = 3.8 * 10 / 11, 0.6 * 10 / 11  # twice the people: the sums of squares double, and 5 becomes 11
    assert result.value("test_retest_icc", method="consistency/1~2") == pytest.approx((people - error) / (people + error))
    agreement = (people - error) / (people + error - 2 / 12 * error)
    assert result.value("test_retest_icc", method="agreement/1~2") == pytest.approx(agreement)
    assert result.value("test_retest_error", method="consistency/1~2") == pytest.approx(math.sqrt(error))
    assert result.get("test_retest_icc", method="agreement/1~2").n == 12


def test_a_shift_of_everybody_is_an_error_of_agreement_alone() -> None:
    scores = by_hand(survey())
    plain, shifted = TwoOccasions(scores), TwoOccasions(scores + np.array([0.0, 0.7]))
    assert shifted.consistency == pytest.approx(plain.consistency)
    assert shifted.error_consistency == pytest.approx(plain.error_consistency)
    assert shifted.agreement < plain.agreement
    occasions = (shifted.occasions - shifted.error) / shifted.n
    assert shifted.error_agreement**2 == pytest.approx(shifted.error + occasions)


@pytest.mark.parametrize("kind", ["agreement", "consistency"])
def test_standard_errors_are_those_of_leaving_out_leaders(kind: str) -> None:
    data = survey()
    result = op.retest(read(data))
    teams = [by_hand(data[data["leader"] != team]) for team in range(40)]
    for quantity, value in (("test_retest_icc", kind), ("test_retest_error", f"error_{kind}")):
        row = result.get(quantity, method=f"{kind}/1~2")
        assert row.estimate == pytest.approx(getattr(TwoOccasions(by_hand(data)), value))
        left_out = np.array([getattr(TwoOccasions(one), value) for one in teams])
        jackknife = math.sqrt(39 / 40 * ((left_out - left_out.mean()) ** 2).sum())
        assert row.std_error == pytest.approx(jackknife, rel=0.05)
        assert row.cluster == "leader"
        low, high = row.confidence_interval()
        assert low < row.estimate < high


def test_independent_people_have_the_interval_of_mcgraw_and_wong() -> None:
    alone, clustered = op.retest(read(survey()), cluster=None), op.retest(read(survey()))
    method = "agreement/1~2"
    exact = alone.confidence_interval("test_retest_icc", method=method)
    assert exact == clustered.confidence_interval("test_retest_icc", method=f"{method}/mcgraw_wong")
    assert alone.get("test_retest_icc", method=method).cluster is None


def test_who_answers_about_another_leader_is_not_retested() -> None:
    data = survey()
    moved = data.copy()
    moved.loc[(moved["wave"] == "2") & (moved["respondent"] < 40), "leader"] += 1
    assert op.retest(read(moved)).get("test_retest_icc", method="agreement/1~2").n == 200
    gone = data.copy()
    gone.loc[(gone["wave"] == "1") & (gone["respondent"] < 15), ["a", "b", "c"]] = None  # no score
    assert op.retest(read(gone)).get("test_retest_icc", method="agreement/1~2").n == 225


def test_waves_follow_each_other_by_number() -> None:
    data = survey()
    data["wave"] = data["wave"].map({"1": "9", "2": "10"})
    methods = {str(row.method) for row in op.retest(read(data)).statistics}
    assert {"agreement/9~10", "consistency/9~10"} <= methods
    assert not any("10~9" in method for method in methods)


def test_every_two_of_three_waves() -> None:
    data = survey()
    third = data[data["wave"] == "2"].assign(wave="3")
    result = op.retest(read(pd.concat([data, third.iloc[:100]])))
    counts = {row.method: row.n for row in result.find("test_retest_error")}
    assert counts["agreement/1~2"] == 240
    assert counts["agreement/1~3"] == counts["consistency/2~3"] == 100
    assert result.get("test_retest_error", method="agreement/2~3").note == "no_change"


@pytest.mark.parametrize("items", [3, 7])
def test_where_everybody_moves_alike_the_error_of_consistency_is_nought_whatever_rounding_leaves(items: int) -> None:
    """One of the items goes up by one for all: the means are thirds or sevenths, whose sums are rounded."""
    first = np.random.default_rng(1).integers(0, 4, (30, items))
    first[:, 0] = 0
    second = first + (np.arange(items) == 0)
    names = tuple("abcdefg"[:items])
    keys = {"wave": Key.of(["1"] * 30 + ["2"] * 30), "respondent": Key.of([str(one) for one in range(30)] * 2)}
    answers = ResponsePatterns.count(plain_instrument((0, 1, 2, 3), names), np.vstack([first, second]) + 1, keys)
    result = op.retest(answers)
    alike = result.get("test_retest_error", method="consistency/1~2")
    assert (alike.estimate, alike.interval, alike.note) == (0.0, None, "no_change")
    assert result.get("test_retest_icc", method="consistency/1~2").note == "perfect_correlation"
    assert result.value("test_retest_error", method="agreement/1~2") == pytest.approx(1 / items / math.sqrt(2))
    # McGraw and Wong's v is 1 where there is no error: the mean square of occasions is all that the interval hangs on.
    score, n = first.mean(axis=1), 30
    people, occasions = 2 * score.var(ddof=1), n / items**2 / 2
    low, high = result.confidence_interval("test_retest_icc", method="agreement/1~2")
    quantiles = stats.f.ppf(0.975, n - 1, 1), stats.f.ppf(0.975, 1, n - 1)
    assert low == pytest.approx(n * people / (quantiles[0] * 2 * occasions + n * people))
    assert high == pytest.approx(n * quantiles[1] * people / (2 * occasions + n * quantiles[1] * people))


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (survey().drop(columns="respondent"), "no_respondents"),
        (survey().query("wave == '1'"), "one_wave"),
        (survey().drop(columns="wave"), "one_wave"),
        (survey(people=9, teams=3), "too_few_retested"),
        (survey().assign(a=3, b=3, c=3, d=3), "no_variance"),
    ],
)
def test_what_cannot_be_computed_says_why(data: pd.DataFrame, note: str) -> None:
    if "wave" not in data and "respondent" in data:
        data = data.iloc[:240]
    rows = op.retest(read(data)).statistics
    assert {row.note.partition(":")[0] for row in rows} == {note}
    assert len(rows) == 4


def test_longitudinal_invariance_is_of_the_same_people() -> None:
    data = survey(people=300, teams=60)
    once = survey(people=200, teams=60, seed=2).query("wave == '1'").assign(respondent=lambda d: d["respondent"] + 1000)
    result = op.retest(read(pd.concat([data, once], ignore_index=True)))
    found = result.invariance("1", "2", estimator="MLR")
    same = op.invariance(read(data), by="wave", estimator="MLR", cluster="leader")
    expected = same.get("difference", method="continuous/metric")
    row = found.get("difference", method="continuous/metric")
    assert row.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert (row.cluster, row.n) == ("leader", 600)
    alone = op.retest(read(data.drop(columns="leader"))).invariance("1", "2", estimator="MLR")
    assert alone.get("difference", method="continuous/metric").cluster == "respondent"
    with pytest.raises(op.UsageError, match="wave '3' does not occur; there are: 1, 2"):
        result.invariance("1", "3")


def test_nobody_differs() -> None:
    with pytest.raises(EstimationError, match="no_variance"):
        TwoOccasions(np.full((12, 2), 3.0))
