"""Models of non-answers: statsmodels on expanded rows as second opinion, hand values, hard data."""

import math
import warnings

import numpy as np
import pytest

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.analysis.sample import Sample
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.missing import analysis_reasons as reason_model
from omstilling_psychometrics.topics.missing.analysis_reasons import reason_models, reason_models_over_roles
from omstilling_psychometrics.topics.missing.analysis_structure import nonanswer_structure

LEADER, INDEPENDENT = Clustering(key="leader"), Clustering(key=None)
INSTRUMENT = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"), non_answers=("dk", "no"), roles=("x", "y"))


def simulated(n=1500, seed=6, roles=False):
    rng = np.random.default_rng(seed)
    leader = rng.integers(0, 60, n)
    sex, theta = rng.integers(0, 2, n), rng.normal(size=n) + 0.6 * rng.normal(size=60)[leader]
    answers = np.clip(np.round(3 + theta[:, None] + rng.normal(size=(n, 3))), 1, 5).astype(int)
    risk = 1 / (1 + np.exp(2.2 - 0.7 * sex[:, None] + 0.4 * theta[:, None] - np.array([0, 0.5, 1.0])))
    answers[rng.random((n, 3)) < risk] = -3
    answers[rng.random((n, 3)) < 0.03] = -1
    answers[rng.random((n, 3)) < 0.02] = -2
    keys = {"leader": Key.of([f"l{one:02}" for one in leader]), "sex": Key.of([["f", "m"][one] for one in sex])}
    if roles:
        keys["role"] = Key.of([["x", "y"][one] for one in rng.integers(0, 2, n)])
    return ResponsePatterns.count(INSTRUMENT, answers, keys)


def long_rows(patterns):
    frame = patterns.expand(coded=True)
    frame["person"] = np.arange(len(frame))
    long = frame.melt(id_vars=["person", "leader", "sex", *(["role"] if "role" in frame else [])], value_vars=["a", "b", "c"])
    return long[long["value"] != -2]


def peer(long, columns, groups):
    """statsmodels' cluster-robust GLM on one row per respondent and item, with our factor G/(G - 1)."""
    import statsmodels.api as sm

    x = np.column_stack([np.ones(len(long)), *(long["variable"] == item for item in ("b", "c")), *columns]).astype(float)
    model = sm.GLM((long["value"] == -3).astype(float).to_numpy(), x, family=sm.families.Binomial())
    codes = np.unique(long[groups], return_inverse=True)[1]
    fitted = model.fit(tol=1e-12, cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False})
    clusters = codes.max() + 1
    return fitted.params, fitted.cov_params() * clusters / (clusters - 1)


def found(statistics, quantity, method):
    (one,) = [one for one in statistics if one.quantity == quantity and one.method == method]
    return one


@pytest.mark.proves("reason_odds_ratio", "reason_test")
def test_statsmodels_on_expanded_rows_agrees():
    patterns = simulated()
    long = long_rows(patterns)
    frame = patterns.expand(coded=True)
    values = np.where(frame[["a", "b", "c"]] > 0, frame[["a", "b", "c"]], np.nan)
    answered = (~np.isnan(values)).sum(axis=1)
    score = np.where(answered >= 2, np.where(answered > 0, np.nansum(values, axis=1), 0) / np.maximum(answered, 1), np.nan)
    of_leader = frame.assign(score=score).groupby("leader")["score"].mean()
    size = np.log(frame.groupby("leader").size())
    rarer = "f" if (frame["sex"] == "m").mean() > 0.5 else "m"
    columns = [long["sex"] == rarer, size[long["leader"]], of_leader[long["leader"]]]
    params, covariance = peer(long, columns, "leader")
    statistics = list(reason_models(patterns, LEADER))
    for place, method in ((3, "sex"), (4, "leader_answers"), (5, "leader_score")):
        (one,) = [s for s in statistics if s.quantity == "reason_odds_ratio" and s.method.startswith(f"dk/{method}")]
        assert math.log(one.estimate) == pytest.approx(params[place], rel=1e-6, abs=1e-8)
        assert one.std_error / one.estimate == pytest.approx(math.sqrt(covariance[place, place]), rel=1e-6)
        test = found(statistics, "reason_test", f"dk/{method}")
        assert test.statistic == pytest.approx(params[place] ** 2 / covariance[place, place], rel=1e-6)


def test_without_leaders_respondents_are_the_clusters():
    patterns = simulated()
    long = long_rows(patterns)
    reference = "m" if (patterns.expand(coded=True)["sex"] == "m").mean() > 0.5 else "f"
    params, covariance = peer(long, [long["sex"] != reference], "person")
    statistics = list(reason_models(patterns.pool("leader"), INDEPENDENT))
    (one,) = [s for s in statistics if s.quantity == "reason_odds_ratio" and s.method.startswith("dk/sex")]
    assert math.log(one.estimate) == pytest.approx(params[3], rel=1e-7)
    assert one.std_error / one.estimate == pytest.approx(math.sqrt(covariance[3, 3]), rel=1e-3)


def test_planted_effects_are_seen_and_absent_ones_are_not():
    statistics = list(reason_models(simulated(4000), LEADER))
    (sex,) = [one for one in statistics if one.quantity == "reason_odds_ratio" and one.method.startswith("dk/sex")]
    low, high = sex.confidence_interval()
    assert low < (math.exp(0.7) if sex.method.endswith("m") else math.exp(-0.7)) < high
    assert found(statistics, "reason_test", "dk/other_answers").p_value < 1e-6
    assert found(statistics, "reason_odds_ratio", "dk/other_answers").estimate < 1
    assert found(statistics, "reason_test", "blank/sex").p_value > 0.01


def test_roles_are_compared_over_leaders():
    statistics = list(reason_models_over_roles(simulated(roles=True)))
    one = found(statistics, "reason_test", "any/role")
    assert (one.cluster, one.df, one.role) == ("leader", 1, "all")
    assert one.note is None  # sixty leaders
    assert list(reason_models_over_roles(simulated())) == []


def test_tests_say_where_errors_are_too_small():
    """Fewer than fifty leaders; people who answered about several."""
    patterns = simulated(roles=True)
    few = [f"l{number:02}" for number in range(30)]
    statistics = list(reason_models(patterns.select(role="x", leader=few).pool("role"), LEADER))
    assert found(statistics, "reason_test", "any/sex").note == "few_clusters: 30 < 50"
    person = {"respondent": Key.of([f"p{number // 2}" for number in range(len(patterns.counts))])}
    rows = patterns.patterns[patterns.pattern]
    shared = ResponsePatterns.count(INSTRUMENT, rows, {**patterns.keys, **person}, counts=patterns.counts)
    statistics = list(reason_models_over_roles(shared))
    assert found(statistics, "reason_test", "any/role").note == "respondents_about_several"


def test_one_leader_has_no_tests_and_says_why():
    patterns = simulated(600)
    one = patterns.to_frame().assign(leader="l")
    statistics = list(reason_models(ResponsePatterns.from_frame(one, INSTRUMENT), LEADER))
    assert found(statistics, "reason_test", "dk/sex").note == "one_cluster"
    (odds,) = [row for row in statistics if row.quantity == "reason_odds_ratio" and row.method.startswith("dk/sex=")]
    assert (odds.std_error, odds.note) == (None, "one_cluster")
    assert odds.estimate > 0
    # What is the same for everyone predicts nothing; that is no repetition of another predictor.
    for quantity in ("reason_test", "reason_odds_ratio"):
        assert found(statistics, quantity, "dk/leader_score").note == "no_variance"


def test_other_answers_need_another_answer():
    patterns = simulated()
    codes = patterns.patterns[patterns.pattern]
    others = (codes > 0).sum(axis=1)[:, None] - (codes > 0)
    alone = int(patterns.counts[~((others > 0) & (codes != -2)).any(axis=1)].sum())
    assert alone > 0
    one = found(list(reason_models(patterns, LEADER)), "reason_test", "dk/other_answers")
    assert one.n == patterns.n - alone


def test_a_group_that_always_answers_has_no_odds():
    patterns = simulated()
    frame = patterns.to_frame()
    frame.loc[frame["sex"] == "m", ["a", "b", "c"]] = frame.loc[frame["sex"] == "m", ["a", "b", "c"]].clip(lower=1)
    statistics = list(reason_models(ResponsePatterns.from_frame(frame, INSTRUMENT), LEADER))
    assert found(statistics, "reason_odds_ratio", "dk/sex=m").note == "nobody_or_everybody"
    assert found(statistics, "reason_test", "dk/sex").note == "fewer_than_two_groups"
    assert found(statistics, "reason_test", "dk/leader_score").statistic is not None


def test_a_variable_that_repeats_another_is_named():
    patterns = simulated()
    frame = patterns.to_frame().assign(wave=lambda rows: rows["sex"])
    statistics = list(reason_models(ResponsePatterns.from_frame(frame, INSTRUMENT), LEADER))
    (one,) = [one for one in statistics if one.quantity == "reason_odds_ratio" and one.method.startswith("dk/sex=")]
    assert one.note == "collinear"


def test_few_nonanswers_are_a_null_row():
    rows = np.array([[1, 2, 3], [2, 3, 3], [-3, 2, 1], [4, 4, 4]] * 3)
    patterns = ResponsePatterns.count(INSTRUMENT, rows, {"sex": Key.of(["f", "m"] * 6)})
    for one in reason_models(patterns, INDEPENDENT):
        assert one.note == "too_few_nonanswers: 3"
        assert vocabulary("da").note(one.note)


def test_no_nonanswers_no_models():
    assert list(reason_models(load_case("sim1_complete"), LEADER)) == []


def structure(rows):
    patterns = ResponsePatterns.count(INSTRUMENT, np.array(rows))
    return list(nonanswer_structure(Sample(patterns, INDEPENDENT)))


@pytest.mark.proves("break_off")
def test_break_off_counts_trailing_blanks_only():
    rows = [[1, -1, -1], [1, 2, -1], [-3, -1, -1], [-1, -1, -1], [1, -1, 3], [1, 2, -3], [2, 2, 2], [-2, 1, -1]]
    statistics = structure(rows)
    by_item = {one.item: one.estimate for one in statistics if one.quantity == "break_off"}
    # Seven began (all blanks is no beginning); two stopped before b, two before c.
    assert by_item == {"b": pytest.approx(2 / 7), "c": pytest.approx(2 / 7)}


@pytest.mark.proves("never_answers")
def test_who_never_answers():
    rows = [[-3, -3, -3], [-3, -4, -1], [-1, -1, -1], [1, 2, 3], [-2, -3, -3], [-2, -2, -2]]
    shares = {one.method: one.estimate for one in structure(rows) if one.quantity == "never_answers"}
    assert shares == {"dk": 2 / 5, "no": 0, "blank": 1 / 5, "any": 4 / 5}


@pytest.mark.proves("mean_bound", "complete_case_mean", "complete_case_difference")
def test_bounds_of_the_mean_hold_every_completion():
    rows = [[1, 2, 3], [5, -3, 5], [-1, -3, 4], [-3, -3, -3]]
    statistics = structure(rows)
    bounds = {one.method: one.estimate for one in statistics if one.quantity == "mean_bound"}
    assert bounds == {"lowest": pytest.approx((2 + 11 / 3 + 6 / 3 + 1) / 4), "highest": pytest.approx((2 + 5 + 14 / 3 + 5) / 4)}
    (whole,) = [one for one in statistics if one.quantity == "complete_case_mean"]
    assert whole.estimate == 2
    (difference,) = [one for one in statistics if one.quantity == "complete_case_difference"]
    assert difference.estimate == pytest.approx(2 - (2 + 5) / 2)


def test_complete_case_difference_has_the_delta_methods_error():
    patterns = load_case("sim1")
    (one,) = [one for one in nonanswer_structure(Sample(patterns, INDEPENDENT)) if one.quantity == "complete_case_difference"]
    values, counts = patterns.values(), patterns.table()[1]
    rows = np.repeat(values, counts.astype(int), axis=0)
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(400):
        sample = rows[rng.integers(0, len(rows), len(rows))]
        full = ~np.isnan(sample).any(axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            score = np.where((~np.isnan(sample)).sum(axis=1) >= 3, np.nanmean(sample, axis=1), np.nan)
        draws.append(score[full].mean() - np.nanmean(score))
    assert one.std_error == pytest.approx(np.std(draws), rel=0.15)  # 400 draws know it to about 4 %


@pytest.mark.proves("nonanswer_correlation")
@pytest.mark.parametrize(("reason", "code"), [("dk", -3), ("blank", -1)])
def test_nonanswer_correlation_is_phi(reason, code):
    rows = [[code, code, 1]] * 4 + [[code, 1, 1]] * 2 + [[1, code, 1]] + [[2, 2, 2]] * 13
    found = {(s.item, s.method): s for s in structure(rows) if s.quantity == "nonanswer_correlation"}
    phi = (4 * 13 - 2 * 1) / math.sqrt(6 * 14 * 5 * 15)
    assert [found["a~b", method].estimate for method in (reason, "any")] == pytest.approx([phi, phi])
    assert not [method for _, method in found if method == "no"]
    assert found["a~c", reason].note == "no_variance"


def test_what_leaders_differ_in_is_counted_in_each_wave():
    """Answers of one person in two waves are no team; a team that comes back is not twice as large."""
    rows = np.array([[1, 2, -3], [2, 2, 3], [4, 4, 4], [-3, 3, 3], [4, 1, 2], [1, 1, 1]])
    keys = {"leader": Key.of(list("xxxyyy")), "wave": Key.of(list("112112"))}
    patterns = ResponsePatterns.count(INSTRUMENT, rows, keys)
    answers, score = reason_model._of_the_leader(patterns)
    waves = np.array(keys["wave"].levels)[patterns.keys["wave"].codes]
    assert np.exp(answers.number) == pytest.approx(np.where(waves == "1", 2.0, 1.0))
    means = {("x", "1"): (1.5 + 7 / 3) / 2, ("x", "2"): 4, ("y", "1"): (3 + 7 / 3) / 2, ("y", "2"): 1}
    leaders = np.array(keys["leader"].levels)[patterns.keys["leader"].codes]
    assert score.number == pytest.approx([means[one] for one in zip(leaders, waves, strict=True)])
    alone = ResponsePatterns.count(INSTRUMENT, rows[:4], {"leader": Key.of(list("xyxy")), "wave": Key.of(list("1122"))})
    assert reason_model._of_the_leader(alone) == []
