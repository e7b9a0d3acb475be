"""Scores of people and leaders: values by hand, who is withheld, and what the command writes."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

import omstilling_psychometrics as op
from omstilling_psychometrics.cli import run

NONE = op.Disclosure.none()
COLUMNS = ["unit", "role", "wave", "score", "method", "std_error", "conf_low", "conf_high", "reliability", "n", "note"]


def frame(leaders: int = 12, people: int = 6, seed: int = 1) -> pd.DataFrame:
    """Teams that differ; some leave items out."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.normal(0, 0.7, leaders), people) + rng.normal(0, 0.8, leaders * people)
    items = {f"q{k}": np.clip(np.round(3 + level + rng.normal(0, 0.7, level.size)), 1, 5) for k in range(1, 5)}
    made = pd.DataFrame(items)
    made.loc[::7, "q1"] = None
    made["leader"] = np.repeat([f"L{k:02}" for k in range(leaders)], people)
    made["respondent"] = [f"p{k:03}" for k in range(leaders * people)]
    return made


def means(answers: op.ResponsePatterns, disclosure: op.Disclosure | None = None) -> pd.DataFrame:
    """The rows of the plain means."""
    return answers.scores(unit="leader", disclosure=disclosure).to_frame().query("method == 'mean'").reset_index(drop=True)


def read(data: pd.DataFrame, **more: object) -> op.ResponsePatterns:
    return op.read(data, items=["q1", "q2", "q3", "q4"], categories=range(1, 6), minimum_answered=3, **more)


def test_a_leaders_score_by_hand() -> None:
    """Mean of the means; the error of all leaders' spread within; Spearman-Brown at that n with ICC(1)."""
    data = frame()
    data.loc[0, ["q2", "q3"]] = None  # one answer is left: no score, and five people have one
    answers = read(data)
    table = means(answers, NONE)
    assert list(table.columns) == COLUMNS
    score = data[["q1", "q2", "q3", "q4"]].mean(axis=1).where(data[["q1", "q2", "q3", "q4"]].notna().sum(axis=1) >= 3)
    teams = score.groupby(data["leader"])
    n = teams.count()
    assert n.iloc[0] == 5
    within = float(((score - teams.transform("mean")) ** 2).sum() / (n.sum() - len(n)))
    icc = op.multilevel(answers).value("icc1", method="reml")
    np.testing.assert_allclose(table["score"], teams.mean(), rtol=1e-12)
    np.testing.assert_allclose(table["std_error"], np.sqrt(within / n), rtol=1e-12)
    np.testing.assert_allclose(table["reliability"], n * icc / (1 + (n - 1) * icc), rtol=1e-12)
    assert table["n"].tolist() == n.tolist()
    quantile = float(stdtrit(n.sum() - len(n), 0.975))
    np.testing.assert_allclose(table["conf_high"] - table["score"], quantile * table["std_error"], rtol=1e-12)


def test_a_respondents_scores_by_hand() -> None:
    answers = read(frame())
    table = answers.scores(unit="respondent", disclosure=NONE).to_frame().set_index(["unit", "method"])
    values = frame().set_index("respondent")[["q1", "q2", "q3", "q4"]]
    rel = op.reliability(answers)
    sem, alpha = rel.value("standard_error_of_measurement"), rel.alpha
    whole, short = table.loc[("p001", "mean")], table.loc[("p000", "mean")]
    assert (whole["n"], short["n"]) == (4, 3)
    assert whole["score"] == pytest.approx(values.loc["p001"].mean())
    assert whole["std_error"] == pytest.approx(sem)
    assert whole["reliability"] == pytest.approx(alpha)
    assert short["std_error"] == pytest.approx(sem * math.sqrt(4 / 3))
    assert short["reliability"] == pytest.approx(0.75 * alpha / (1 - 0.25 * alpha))
    model = op.irt(answers).scores(values.loc[["p001"]].to_numpy()).iloc[0]
    eap = table.loc[("p001", "eap")]
    assert eap["score"] == pytest.approx(model["eap"])
    assert eap["reliability"] == pytest.approx(1 - model["eap_sd"] ** 2)
    assert len(table) == 2 * len(values)


def test_too_few_answered_items_are_no_score() -> None:
    data = frame()
    data.loc[3, ["q1", "q2"]] = None
    data.loc[4, ["q1", "q2", "q3", "q4"]] = None
    table = read(data).scores(unit="respondent", disclosure=NONE).to_frame().set_index(["unit", "method"])
    assert table.loc[("p003", "mean"), "note"] == "too_few_answered: 2 < 3"
    assert math.isnan(table.loc[("p003", "mean"), "score"])
    assert math.isfinite(table.loc[("p003", "eap"), "score"])
    assert table.loc[("p004", "eap"), "note"] == "no_answers"


def test_no_number_about_a_leader_of_few() -> None:
    """Five people make a row; four, or five of whom one has no score, make none. Their answers are in the spread of all. Of the
    three leaders that have to be without a number together, the third is the next smallest."""
    data = frame()
    data = data.drop(index=[0, 1]).reset_index(drop=True)  # L00 has four people
    data.loc[4, ["q1", "q2"]] = None
    data = data.drop(index=[5, 40])  # L01 has five, four with a score; L07 has five
    answers = read(data)
    table = means(answers).set_index("unit")
    few = table.loc[["L00", "L01", "L07"]]
    assert set(few["note"]) == {"suppressed"}
    assert table["score"].notna().sum() == 9
    assert few[["score", "std_error", "conf_low", "reliability", "n"]].isna().all(axis=None)
    exact = means(answers, NONE).set_index("unit")
    assert exact["score"].notna().all()
    assert table.loc["L05", "score"] == float(f"{exact.loc['L05', 'score']:.3g}")
    changed = data.copy()
    changed.loc[:3, ["q1", "q2", "q3", "q4"]] = 1
    again = means(read(changed)).set_index("unit")
    np.testing.assert_array_equal(again["score"], table["score"])
    lower = means(answers, op.Disclosure(minimum_respondents=4)).set_index("unit")
    assert lower["n"].dropna().tolist()[:2] == [4, 4]


def by_subtraction(answers: op.ResponsePatterns, policy: op.Disclosure) -> tuple[float, int, int]:
    """Mean and number of people of the leaders without a number, from results.json and the others' rows, and how many they
    are."""
    (mean,) = (
        row for row in op.validate(answers, ("items",), rng=1, disclosure=policy).rows if row["quantity"] == "scale_mean"
    )
    table = means(answers, policy)
    n = mean["n"] - int(table["n"].sum())
    rest = mean["estimate"] * mean["n"] - float((table["score"] * table["n"].astype(float)).sum())
    return rest / n, n, int(table["score"].isna().sum())


def test_no_leader_of_few_is_the_rest_of_the_others() -> None:
    """Six leaders of thirty people each, whose numbers have all digits, and a leader of four: the mean of everybody less theirs
    was the seventh's."""
    data = frame(leaders=7, people=30).drop(index=range(4, 30))
    own = float(data.iloc[:4][["q1", "q2", "q3", "q4"]].mean(axis=1).mean())
    least, others = op.Disclosure(minimum_leaders=1), op.Disclosure()
    mean, n, leaders = by_subtraction(read(data), others)
    assert (n, leaders) == (64, 3)
    assert abs(mean - own) > 0.05
    # One other leader goes even where one leader is enough, since four people are not.
    assert by_subtraction(read(data), least)[1:] == (34, 2)
    exact = means(read(data), NONE)
    alone = exact["score"] * exact["n"].astype(float)
    total = float(data[["q1", "q2", "q3", "q4"]].mean(axis=1).sum())
    assert (total - float(alone[1:].sum())) / 4 == pytest.approx(own)


def test_every_wave_is_enough_by_itself() -> None:
    """Subtraction goes wave by wave: who is without a number in one wave protects nobody in the other."""
    data = frame(leaders=8, people=12)
    data["wave"] = ["1"] * 6 + ["2"] * 6 + (["1", "2"] * 6) * 7
    data = data.drop(index=[0, 1])  # L00: four in wave 1, six in wave 2
    table = means(read(data))
    assert table.groupby("wave")["score"].count().tolist() == [5, 8]
    assert set(table.query("score.isna()")["unit"]) >= {"L00"}


def test_only_answers_make_scores() -> None:
    table = means(read(frame()), NONE)
    with pytest.raises(op.UsageError, match=r"made by answers.scores\(…\) alone"):
        op.Scores(unit="leader", rule="", policy=NONE, ends=(1, 5), frame=pd.DataFrame(table.to_dict()))


def test_every_wave_and_role_apart() -> None:
    data = frame(people=10)
    data["wave"] = ["1", "2"] * 60
    data["role"] = (["team"] * 9 + ["self"]) * 12
    table = means(read(data), NONE)
    team = table.query("role == 'team'")
    assert len(team) == 24
    own = data.query("leader == 'L03' and wave == '2' and role == 'team'")[["q1", "q2", "q3", "q4"]].mean(axis=1)
    assert team.query("unit == 'L03' and wave == '2'")["score"].item() == pytest.approx(own.mean())
    selves = means(read(data)).query("role == 'self'")
    assert set(selves["note"]) == {"suppressed"}


def test_a_withheld_role_is_one_row() -> None:
    data = frame()
    data["role"] = ["team"] * 70 + ["boss"] * 2
    table = means(read(data))
    assert table.query("role == 'boss'")[["unit", "note"]].to_numpy().tolist() == [[None, "suppressed"]]


def test_answers_without_leaders_or_names() -> None:
    answers = read(frame().drop(columns=["leader", "respondent"]))
    assert means(answers)[["unit", "note"]].to_numpy().tolist() == [[None, "no_leaders"]]
    assert len(answers.scores(unit="respondent", disclosure=NONE).to_frame()) == 2 * 72


def test_people_are_refused_under_a_policy() -> None:
    answers = read(frame())
    for refused in (answers, answers.released()):
        with pytest.raises(op.UsageError, match=r"disclosure=op.Disclosure.none\(\)"):
            refused.scores(unit="respondent")
    with pytest.raises(op.UsageError, match="unit is 'team'; there are: leader, respondent"):
        answers.scores(unit="team")
    assert len(answers.released(NONE).scores(unit="respondent").to_frame()) == 144


INSTRUMENT = "\n".join(
    ['[instrument]\nkey = "s"\n[scale]\ncategories = [1, 2, 3, 4, 5]', *(f'[[items]]\nkey = "q{k}"' for k in range(1, 5))]
)


def test_the_command_writes_the_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame()
    data["leader"] = data["leader"].replace({"L00": "=1+1"})
    data.to_csv(tmp_path / "answers.csv", index=False)
    (tmp_path / "scale.toml").write_text(INSTRUMENT, encoding="utf-8")
    common = ["scores", str(tmp_path / "answers.csv"), "--instrument", str(tmp_path / "scale.toml")]
    target = tmp_path / "scores.csv"
    assert run([*common, "--unit", "leader", "--output", str(target)]) == 0
    assert "not the official score" in " ".join(capsys.readouterr().out.split())
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == COLUMNS
    rows = [row for row in rows if row["method"] == "mean"]
    assert rows[0]["unit"] == "'=1+1"
    assert (rows[0]["wave"], rows[0]["n"], rows[0]["note"]) == ("", "6", "")
    own = data.query("leader == 'L01'").filter(like="q").mean(axis=1)
    assert float(rows[1]["score"]) == pytest.approx(own.mean(), abs=0.005)
    target.unlink()
    assert run([*common, "--unit", "respondent", "--output", str(target)]) == 2
    assert not target.exists()
    assert run([*common, "--unit", "respondent", "--disclosure", "none", "--output", str(target), "--quiet"]) == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 145
    assert run([*common, "--unit", "leader", "--output", str(tmp_path / "scores.xlsx")]) == 2
    assert run([*common, "--unit", "leader", "--output", str(tmp_path / "none" / "scores.csv")]) == 1
