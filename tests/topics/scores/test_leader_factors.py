"""Rows that rest on the two-level model: each leader's shrunken score, reliability, and probability of lying above."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import omstilling_psychometrics as op
from omstilling_psychometrics.topics.scores.analysis_factor import LeaderFactors, leader_factors
from omstilling_psychometrics.topics.scores.numerics.expected_score import ExpectedScore
from omstilling_psychometrics.topics.scores.role_leaders import RoleLeaders, role_leaders
from omstilling_psychometrics.topics.two_level.numerics.observed_score import score_variances

NONE = op.Disclosure.none()
LOADING = np.array([1.3, 0.9, 1.6, 1.1])
RATIO = 0.6
TAU = np.array([[-3.0, -1.2, 0.2, 1.9]]) + np.array([[0.0], [-0.4], [0.3], [0.5]])
VALUES = np.arange(1.0, 6.0)
TRUE = ExpectedScore(LOADING, RATIO * LOADING, TAU, VALUES)
ITEMS = ["q1", "q2", "q3", "q4"]


def drawn(leaders: int, people: int, seed: int, left_out: float = 0.0) -> tuple[np.ndarray, pd.DataFrame]:
    """The leaders' factors, and answers of people about them; organisations of eight leaders."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=leaders)
    about = np.repeat(np.arange(leaders), people)
    latent = LOADING * (rng.normal(size=about.size) + RATIO * u[about])[:, None] + rng.normal(size=(about.size, 4))
    data = pd.DataFrame((1 + (latent[..., None] > TAU).sum(axis=-1)).astype(float), columns=ITEMS)
    data = data.mask(rng.random(data.shape) < left_out)
    data["leader"] = [f"L{k:04}" for k in about]
    data["respondent"] = [f"p{k}" for k in range(about.size)]
    data["organisation"] = [f"O{k // 8:03}" for k in about]
    return u, data


def read(data: pd.DataFrame) -> op.ResponsePatterns:
    return op.read(data, items=ITEMS, categories=range(1, 6), minimum_answered=2)


def scored(answers: op.ResponsePatterns, method: str, **asked: object) -> pd.DataFrame:
    return answers.scores(unit="leader", **asked).to_frame().query(f"method == '{method}'").set_index("unit")


@pytest.fixture(scope="module")
def answers() -> op.ResponsePatterns:
    return read(drawn(60, 7, 4, left_out=0.1)[1])


@pytest.fixture(scope="module")
def factors(answers: op.ResponsePatterns) -> LeaderFactors:
    leaders = role_leaders(answers, "all")
    assert isinstance(leaders, RoleLeaders)
    return leader_factors(leaders)


def test_the_score_and_its_interval(answers: op.ResponsePatterns, factors: LeaderFactors) -> None:
    """The mean of g over the posterior as the model has it; below each bound 2.5 % of the widened posterior."""
    rows = scored(answers, "two_level", disclosure=NONE)
    np.testing.assert_allclose(rows["score"], factors.model.expected(factors.expected), rtol=1e-9)
    square = factors.model.expected(lambda u: factors.expected(u) ** 2) - rows["score"] ** 2
    within_two_percent = rows["std_error"] ** 2 / square
    assert within_two_percent.between(1.0, 1.2).all()
    widened = factors.scores.widened
    assert rows["note"].isna().all()
    for bound, below in (("conf_low", 0.025), ("conf_high", 0.975)):
        u = factors.expected.inverse(rows[bound].to_numpy())
        np.testing.assert_allclose(widened.cdf(u), below, atol=2e-5)
    np.testing.assert_allclose(widened.sd / factors.scores.posterior.sd, rows["std_error"] / np.sqrt(square), rtol=1e-9)


def test_answers_pull_a_leader_away_from_the_mean_of_all_by_their_reliability(answers: op.ResponsePatterns) -> None:
    """Nearly the regression of true scores on means (Kelley 1927), which knows no items that were left out."""
    rows, plain = scored(answers, "two_level", disclosure=NONE), scored(answers, "mean", disclosure=NONE)
    kelley = plain["score"].mean() + rows["reliability"] * (plain["score"] - plain["score"].mean())
    assert np.corrcoef(kelley, rows["score"])[0, 1] > 0.99
    assert abs(kelley - rows["score"]).max() < 0.15


def test_with_nothing_left_out_reliability_is_that_of_all_leaders_with_so_many_answers() -> None:
    data = drawn(40, 9, 5)[1]
    data = data[~((data["leader"] < "L0010") & (data.index % 3 == 0))]
    answers = read(data)
    leaders = role_leaders(answers, "all")
    assert leaders is not None
    model = leader_factors(leaders).model
    variances = score_variances(model.loading, model.loading_between, model.thresholds, VALUES)
    rows = scored(answers, "two_level", disclosure=NONE)
    assert set(rows["n"]) == {6, 9}
    assert set(rows["note"]) == {"few_clusters: 40 < 50"}
    expected = [variances.leader_reliability(n).estimate for n in rows["n"]]
    np.testing.assert_allclose(rows["reliability"], expected, rtol=1e-10)


def test_the_probability_of_lying_above_the_others_of_the_organisation(answers: op.ResponsePatterns) -> None:
    """Against the normal approximation from the rows of the leaders themselves; of the last organisation there are four."""
    rows = scored(answers, "two_level", disclosure=NONE)
    above = scored(answers, "above/organisation", disclosure=NONE)
    organisation = np.arange(60) // 8
    for j in range(60):
        others = np.flatnonzero((organisation == organisation[j]) & (np.arange(60) != j))
        assert above["note"].iloc[j] == f"compared_leaders: n = {len(others)}"
        error = np.hypot(rows["std_error"].iloc[j], np.sqrt((rows["std_error"].iloc[others] ** 2).sum()) / len(others))
        difference = rows["score"].iloc[j] - rows["score"].iloc[others].mean()
        assert above["score"].iloc[j] == pytest.approx(float(ndtr(difference / error)), abs=0.03)


def test_a_withheld_leader_is_nobodys_other() -> None:
    """Three of an organisation of five are shown: they are compared with two, and nobody of an organisation of two shown."""
    data = drawn(40, 30, 6)[1]
    few = data["leader"].isin(["L0000", "L0001", "L0008"]) & (data.index % 30 >= 4)
    two = data["leader"].isin([f"L{k:04}" for k in range(16, 22)])  # of eight two are left
    gone = data["leader"].isin(["L0002", "L0003", "L0004"])
    rows = scored(read(data[~(few | two | gone)]), "above/organisation")
    assert rows.loc[["L0005", "L0006", "L0007"], "note"].tolist() == ["compared_leaders: n = 2"] * 3
    assert rows.loc[["L0022", "L0023"], "note"].tolist() == ["too_few_leaders: 2 < 3"] * 2
    assert rows.loc["L0009", "note"] == "compared_leaders: n = 6"
    assert not {"L0000", "L0001", "L0008"} & set(rows.index)


def test_probabilities_are_calibrated_where_parameters_are_estimated() -> None:
    """250 leaders of six people, of whom every tenth answer is missing."""
    above, told = [], []
    for seed in range(4):
        u, data = drawn(250, 6, seed, left_out=0.1)
        rows = scored(read(data), "above/3.2", mark=3.2, disclosure=NONE)
        told.append(rows["score"].to_numpy())
        above.append(TRUE(u) > 3.2)
    p, true = np.concatenate(told), np.concatenate(above)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        band = (p >= low) & (p <= high)
        mean = p[band].mean()
        assert abs(true[band].mean() - mean) < 3 * np.sqrt(mean * (1 - mean) / band.sum()) + 0.02


def test_every_wave_has_its_own_score() -> None:
    data = pd.concat([drawn(30, 6, 1)[1].assign(wave="1"), drawn(20, 5, 2)[1].assign(wave="2")], ignore_index=True)
    table = read(data).scores(unit="leader", disclosure=NONE).to_frame()
    model, plain = (table.query(f"method == '{method}'") for method in ("two_level", "mean"))
    assert model[["unit", "wave", "n"]].to_numpy().tolist() == plain[["unit", "wave", "n"]].to_numpy().tolist()
    assert np.corrcoef(model["score"], plain["score"])[0, 1] > 0.97


def test_a_leader_about_whom_nobody_answered_an_item_has_no_score() -> None:
    data = drawn(30, 6, 1)[1]
    data.loc[data["leader"] == "L0012", ITEMS] = None
    table = read(data).scores(unit="leader", disclosure=NONE).to_frame()
    model = table.query("method == 'two_level'").set_index("unit")
    assert len(model) == 29
    again = scored(read(data[data["leader"] != "L0012"]), "two_level", disclosure=NONE)
    np.testing.assert_allclose(model["score"], again["score"], rtol=1e-12)
    assert table.query("unit == 'L0012'")[["method", "note"]].to_numpy().tolist() == [["mean", "no_answers"]]


def test_why_there_is_no_score_is_one_row_and_one_for_each_mark() -> None:
    """Leaders who do not differ; one answer about each. Their means are there all the same, and the terminal says why."""
    data = drawn(30, 6, 3)[1]
    data["leader"] = (data[ITEMS].sum(axis=1).rank(method="first").astype(int) % 30).astype(str)
    alone = drawn(30, 1, 3)[1]
    for given, reason in ((data, "variance_at_zero"), (alone, "one_answer_per_leader")):
        found = read(given).scores(unit="leader", disclosure=NONE, mark=3.0)
        table = found.to_frame()
        rows = table.query("method != 'mean'")
        assert rows[["unit", "note"]].to_numpy().tolist() == [[None, reason]] * 2
        assert rows["method"].tolist() == ["two_level", "above/3"]
        assert found.overview.count("all: no score of the two-level model: ") == 1
        assert table["score"].notna().sum() == 30
