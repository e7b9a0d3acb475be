"""Leaders beside others: in a similar job, from wave to wave, and nothing but intervals where too little is known."""

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
from omstilling_psychometrics.core.numerics.holm import holm

NONE = op.Disclosure.none()
ITEMS = ["q1", "q2", "q3", "q4"]
JOBS = ["school", "school", "care", "care"]


def frame(leaders: int = 12, people: int = 30, seed: int = 3) -> pd.DataFrame:
    """Teams so large that nothing is rounded, in jobs; the first leader has four people."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.normal(0, 0.6, leaders), people) + rng.normal(0, 0.8, leaders * people)
    made = pd.DataFrame({item: np.clip(np.round(3 + level + rng.normal(0, 0.7, level.size)), 1, 5) for item in ITEMS})
    made["leader"] = np.repeat([f"L{k:02}" for k in range(leaders)], people)
    made["respondent"] = [f"p{k:03}" for k in range(leaders * people)]
    made["job"] = np.repeat([JOBS[k % 4] for k in range(leaders)], people)
    return made.drop(index=range(4, people)).reset_index(drop=True)


def two_waves(seed: int = 5) -> pd.DataFrame:
    """The same leaders again; two people in three return, and carry a part of their first score along."""
    rng = np.random.default_rng(seed)
    first = frame(leaders=14)
    second = first.copy()
    for item in ITEMS:
        second[item] = np.clip(second[item] + rng.integers(-1, 3, len(second)), 1, 5)
    second.loc[second.index % 3 == 0, "respondent"] += "new"
    return pd.concat([first.assign(wave="2024"), second.assign(wave="2026")], ignore_index=True)


def read(data: pd.DataFrame, **more: object) -> op.ResponsePatterns:
    return op.read(data, items=ITEMS, categories=range(1, 6), minimum_answered=3, **more)


def scored(data: pd.DataFrame, disclosure: op.Disclosure | None = None, **asked: object) -> pd.DataFrame:
    by = ["job"] if "similar" in asked else []
    return read(data, by=by).scores(unit="leader", disclosure=disclosure, **asked).to_frame()


def test_the_difference_from_others_in_a_similar_job_by_hand() -> None:
    data = frame()
    table = scored(data, NONE, similar="job")
    score = data[ITEMS].mean(axis=1)
    teams = score.groupby(data["leader"])
    mean, n = teams.mean(), teams.count()
    within = float(((score - teams.transform("mean")) ** 2).sum() / (n.sum() - len(n)))
    job = data.groupby("leader")["job"].first()
    rows = table.query("method == 'similar/job'").set_index("unit")
    for leader in mean.index:
        others = [one for one in mean.index if one != leader and job[one] == job[leader]]
        assert rows.loc[leader, "score"] == pytest.approx(mean[leader] - mean[others].mean())
        error = math.sqrt(within / n[leader] + (within / n[others]).sum() / len(others) ** 2)
        assert rows.loc[leader, "std_error"] == pytest.approx(error)
        margin = float(stdtrit(n.sum() - len(n), 0.975)) * error
        assert rows.loc[leader, "conf_low"] == pytest.approx(mean[leader] - mean[others].mean() - margin)
        assert rows.loc[leader, "note"] == f"compared_leaders: n = {len(others)}"
    assert rows["n"].tolist() == n.tolist()


def test_the_change_beyond_that_of_the_others_by_hand() -> None:
    """Errors from both waves less what those who returned have in common; the p values of all leaders together by Holm."""
    data = two_waves()
    table = scored(data, NONE)
    data["score"] = data[ITEMS].mean(axis=1)
    wide = data.pivot(index=["leader", "respondent"], columns="wave", values="score")
    waves = [wide[wave].dropna() for wave in ("2024", "2026")]
    n = [wave.groupby("leader").count() for wave in waves]
    v = [float(((w - w.groupby("leader").transform("mean")) ** 2).sum() / (len(w) - 14)) for w in waves]
    both = wide.dropna()
    r = both.groupby("leader").size()
    apart = both - both.groupby("leader").transform("mean")
    c = float((apart["2024"] * apart["2026"]).sum() / (len(both) - len(r)))
    assert c > 0.1
    d = waves[1].groupby("leader").mean() - waves[0].groupby("leader").mean()
    variance = v[0] / n[0] + v[1] / n[1] - 2 * r * c / (n[0] * n[1])
    rows = table.query("method == 'change/2024~2026'").set_index("unit")
    difference, error = [], []
    for leader in d.index:
        others = d.index.drop(leader)
        difference.append(d[leader] - d[others].mean())
        error.append(math.sqrt(variance[leader] + variance[others].sum() / 13**2))
    np.testing.assert_allclose(rows["score"], difference, atol=1e-12)
    np.testing.assert_allclose(rows["std_error"], error, rtol=1e-12)
    assert set(rows["wave"]) == {"2026"}
    assert set(rows["note"]) == {"compared_leaders: n = 13; false_alarms: 0.7 / 14"}
    from scipy.stats import t

    p = 2 * t.sf(np.abs(np.array(difference) / error), n[0].sum() + n[1].sum() - 28)
    np.testing.assert_allclose(table.query("method == 'change/2024~2026/holm'")["score"], holm(p), rtol=1e-9)


def test_without_names_all_people_are_taken_as_independent() -> None:
    table = scored(two_waves().drop(columns="respondent"), NONE)
    named = scored(two_waves(), NONE)
    of = "method == 'change/2024~2026'"
    assert (table.query(of)["std_error"].to_numpy() > named.query(of)["std_error"].to_numpy()).all()
    assert all(note.endswith("; independent_people") for note in table.query(of)["note"])
    np.testing.assert_allclose(table.query(of)["score"], named.query(of)["score"])


def test_a_change_of_teams_that_all_agree_has_no_error() -> None:
    """Nobody differs from anybody about the same leader; or there is nobody else."""
    data = two_waves()
    data[ITEMS] = data[ITEMS].groupby([data["leader"], data["wave"]]).transform("first")
    one_each = two_waves().groupby(["leader", "wave"]).head(1)
    for given in (data, one_each):
        rows = scored(given, NONE).query("method.str.startswith('change/')")
        assert set(rows["note"]) == {"no_variance_within"}
        assert rows[["score", "std_error"]].isna().all(axis=None)


def means(table: pd.DataFrame, wave: str | None = None) -> pd.Series:
    rows = table[(table["method"] == "mean") & ((table["wave"] == wave) if wave else True)]
    return rows.set_index("unit")["score"]


def test_no_mean_of_a_withheld_leader_is_left_over_from_the_others_in_a_similar_job() -> None:
    """Whoever holds a leader's mean and difference knows the mean of the others, and of these all but one."""
    data = frame()
    own = float(data.query("leader == 'L00'")[ITEMS].mean(axis=1).mean())
    for policy, found in ((NONE, True), (op.Disclosure(minimum_leaders=2), False)):
        table = scored(data, policy, similar="job")
        mean = means(table)
        others = table.query("method == 'similar/job'").set_index("unit")["score"]
        job = data.groupby("leader")["job"].first()
        school = [leader for leader in mean.index if job[leader] == "school" and leader != "L00" and leader in others.index]
        one, *rest = [leader for leader in school if not math.isnan(mean[leader])]
        mean_of_others = mean[one] - others[one]
        left = mean_of_others * (len(rest) + 1) - mean[rest].sum()
        assert (abs(left - own) < 1e-9) == found
        if not found:
            assert math.isnan(mean["L00"])
            assert mean_of_others == pytest.approx(mean[rest].mean())


def test_no_change_of_a_withheld_leader_is_left_over_from_the_common_shift() -> None:
    """The shift is that of the leaders whose change is told; without a policy it holds everybody's."""
    data = two_waves()
    scale = data[ITEMS].mean(axis=1).groupby([data["leader"], data["wave"]]).mean().unstack()
    own = float(scale.loc["L00", "2026"] - scale.loc["L00", "2024"])
    for policy, found in ((NONE, True), (op.Disclosure(), False)):
        table = scored(data, policy)
        d = means(table, "2026") - means(table, "2024")
        change = table.query("method == 'change/2024~2026'").set_index("unit")["score"].dropna()
        shift = (d[change.index] - change).iloc[-1]
        others = [leader for leader in d.dropna().index if leader not in ("L00", change.index[-1])]
        left = shift * (len(others) + 1) - d[others].sum()
        assert (abs(left - own) < 1e-9) == found
        if not found:
            assert shift == pytest.approx(d[others].mean())


def test_a_job_that_few_share_is_compared_with_nobody() -> None:
    data = frame()
    data.loc[data["leader"].isin(["L00", "L04", "L05"]), "job"] = "museum"
    data.loc[data["leader"].eq("L03") & (data.index % 2 == 0), "job"] = "school"
    rows = scored(data, similar="job").query("method == 'similar/job'").set_index("unit")
    assert rows["note"].to_dict() == {
        "L03": "several_values: job",
        "L04": "too_few_leaders: 2 < 3",  # the third is withheld
        "L05": "too_few_leaders: 2 < 3",
        "L06": "compared_leaders: n = 3",
        "L07": "compared_leaders: n = 3",
        "L08": "too_few_leaders: 2 < 3",
        "L09": "too_few_leaders: 2 < 3",
        "L10": "compared_leaders: n = 3",
        "L11": "compared_leaders: n = 3",
    }
    assert rows["score"].notna().tolist() == [note.startswith("compared") for note in rows["note"]]
    # A job of one leader is joined with the next, and those who are joined share nothing.
    data.loc[data["leader"].eq("L08"), "job"] = "theatre"
    data.loc[data["leader"].eq("L10"), "job"] = None
    rows = scored(data, similar="job").query("method == 'similar/job'").set_index("unit")
    assert set(rows.loc[["L04", "L05", "L08", "L10"], "note"]) == {"value_unknown: job"}


@pytest.mark.parametrize(
    ("waves", "method", "told"),
    [
        (("9", "10"), "change/9~10", True),
        (("2024-2", "2024-10"), "change/2024-2~2024-10", True),
        (("-1", "0"), "change/-1~0", True),
        (("before", "after"), "change/after~before", False),
        (("2024 forår", "2024 efterår"), "change/2024 efterår~2024 forår", False),
    ],
)
def test_change_is_of_the_later_wave_less_the_earlier(waves: tuple[str, str], method: str, told: bool) -> None:
    """By the numbers in their names; where the alphabet alone decides, each row says so."""
    data = two_waves()
    data["wave"] = data["wave"].map(dict(zip(("2024", "2026"), waves, strict=True)))
    # L05 rises by two points more than everybody else.
    rises = data["leader"].eq("L05") & data["wave"].eq(waves[0])
    data.loc[rises, ITEMS] = (data.loc[rises, ITEMS] - 2).clip(1, 5)
    rows = scored(data, NONE).query("method.str.startswith('change/') and not method.str.endswith('/holm')")
    assert set(rows["method"]) == {method}
    assert set(rows["wave"]) == {method.split("~")[1]}
    assert (rows.set_index("unit").loc["L05", "score"] > 0.5) == told
    assert rows["note"].str.endswith("; waves_by_alphabet").any() != told


def test_three_waves_one_after_the_other() -> None:
    """A leader with one wave, or without the one between, has no change."""
    data = two_waves()
    third = data[data["wave"] == "2026"].assign(wave="10")
    data = pd.concat([data.replace({"wave": {"2024": "8", "2026": "9"}}), third], ignore_index=True)
    data = data[~(data["leader"].eq("L04") & (data["wave"] == "9"))]
    data = data[~(data["leader"].eq("L05") & (data["wave"] != "10"))]
    rows = scored(data, NONE).query("method.str.match('change/.*~[0-9]+$')")
    assert rows["method"].value_counts().to_dict() == {"change/8~9": 12, "change/9~10": 12}
    assert not {"L04", "L05"} & set(rows["unit"])
    last = rows.query("method == 'change/9~10'")
    np.testing.assert_allclose(last["score"], 0, atol=1e-12)


def test_a_change_from_a_wave_of_too_few_has_the_note_and_nothing_else() -> None:
    """Four people in the first wave, thirty in the second: not even a number of them, which would be a wrong one."""
    data = two_waves()
    few = data["leader"].eq("L00")
    many = frame(leaders=14).query("leader == 'L01'").assign(leader="L00", wave="2026")
    data = pd.concat([data[~(few & (data["wave"] == "2026"))], many], ignore_index=True)
    for asked in ({}, {"least_reliability": 0.99}):
        rows = scored(data, **asked).query("unit == 'L00' and method.str.startswith('change/')")
        assert len(rows) == 2
        assert set(rows["note"]) == {"suppressed"}
        assert rows[["score", "std_error", "conf_low", "conf_high", "reliability", "n"]].isna().all(axis=None)


def test_comparisons_have_no_more_digits_than_the_smallest_team_in_them() -> None:
    """Three leaders, two of them with thirty people: the third's mean, of which three digits are told, was in their differences
    with all of its digits."""
    data = frame(leaders=16)
    data = data[~data["leader"].eq("L00") & ~(data["leader"].eq("L08") & (data.index % 3 > 0))]
    data.loc[data["leader"].isin(["L08", "L02", "L03"]), "job"] = "museum"
    exact = means(scored(data, NONE))
    table = scored(data, similar="job")
    mean = means(table)
    assert table.query("method == 'mean' and unit == 'L08'")["n"].item() < 30
    difference = table.query("method == 'similar/job'").set_index("unit")["score"]
    assert mean["L02"] == exact["L02"]
    solved = 2 * (mean["L02"] - difference["L02"]) - mean["L03"]
    assert solved == pytest.approx(exact["L08"], abs=0.02)
    assert abs(solved - exact["L08"]) > 1e-6
    # A group of large teams has all digits.
    one, *rest = ["L06", "L07", "L10", "L11", "L14", "L15"]
    assert difference[one] == pytest.approx(exact[one] - exact[rest].mean(), abs=1e-12)


def test_a_change_has_no_more_digits_than_its_smaller_wave() -> None:
    data = two_waves()
    data = data[~data["leader"].eq("L00") & ~(data["leader"].eq("L07") & (data["wave"] == "2024") & (data.index % 3 > 0))]
    table = scored(data)
    score = table.query("method == 'change/2024~2026'").set_index("unit")["score"].dropna()
    assert table.query("unit == 'L07' and method.str.startswith('change/')")["n"].tolist() == [30, 30]
    assert score.tolist() == [float(f"{one:.3g}") for one in score]


def test_nothing_but_intervals_under_a_reliability_that_is_declared() -> None:
    data = frame()
    data = data[~(data["leader"].eq("L05") & (data.index % 3 > 0))]
    data = data[~(data["leader"].isin(["L01", "L02"]) & (data.index % 4 > 0))]
    everything = scored(data, similar="job").set_index(["unit", "method"])
    reliability = everything.xs("mean", level="method")["reliability"]
    least = float((reliability["L05"] + reliability["L11"]) / 2)
    table = scored(data, similar="job", least_reliability=least).set_index(["unit", "method"])
    for method in ("mean", "similar/job"):
        row = table.loc[("L05", method)]
        assert row[["score", "std_error", "reliability", "n"]].isna().all()
        bounds = ["conf_low", "conf_high"]
        assert row[bounds].tolist() == everything.loc[("L05", method), bounds].tolist()
        assert f"under_least_reliability: {least:g}" in row["note"]
        assert table.loc[("L11", method), "score"] == everything.loc[("L11", method), "score"]
    withheld = table.loc[("L00", "mean")]
    assert withheld[["score", "conf_low", "n"]].isna().all()
    assert withheld["note"] == "suppressed"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"mark": 5.0}, "mark 5 is no score to lie above: the scale goes from 1 to 5"),
        ({"mark": (3.0, math.nan)}, "mark nan"),
        ({"least_reliability": 1.0}, "least reliability 1 is no reliability"),
        ({"similar": "leader"}, "by which leaders are not compared"),
        ({"similar": "shoe"}, "shoe"),
    ],
)
def test_what_cannot_be_asked_for(asked: dict[str, object], message: str) -> None:
    with pytest.raises(op.UsageError, match=message):
        read(frame()).scores(unit="leader", **asked)
    with pytest.raises(op.UsageError, match="are about leaders"):
        read(frame()).scores(unit="respondent", disclosure=NONE, **asked)


def test_each_mark_is_asked_once() -> None:
    table = read(frame()).scores(unit="leader", mark=[3, np.float64(3.25), 3.0]).to_frame()
    assert table.groupby("unit")["method"].agg(list).loc["L05"] == ["mean", "two_level", "above/3", "above/3.25"]
    above = table[table["method"].str.startswith("above/")].pivot(index="unit", columns="method", values="score").dropna()
    assert (above["above/3"] - above["above/3.25"]).between(0, 0.6).all()
    close = read(frame()).scores(unit="leader", mark=[3.1234567, 3.1234568]).to_frame()
    assert not close.duplicated(["unit", "method"]).any()


def test_jobs_that_look_like_people_are_refused() -> None:
    data = frame()
    data["initials"], data["unit"] = data["respondent"], data["leader"]
    for column, message in (
        ("initials", "looks like names or numbers of people"),
        ("unit", "no value that 5 respondents and 3"),
    ):
        with pytest.raises(op.UsageError, match=message):
            read(data, by=[column]).scores(unit="leader", similar=column)


def test_the_options_of_the_command(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "answers.csv", index=False)
    scale = ['[instrument]\nkey = "s"\n[scale]\ncategories = [1, 2, 3, 4, 5]', *(f'[[items]]\nkey = "{q}"' for q in ITEMS)]
    (tmp_path / "scale.toml").write_text("\n".join(scale), encoding="utf-8")
    target = tmp_path / "scores.csv"
    common = ["scores", str(tmp_path / "answers.csv"), "--instrument", str(tmp_path / "scale.toml"), "--unit", "leader"]
    common += ["--output", str(target), "--quiet"]
    assert run([*common, "--similar", "job", "--least-reliability", "0.999"]) == 0
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"mean", "similar/job"} <= {row["method"] for row in rows}
    assert all(row["score"] == "" for row in rows)
    assert any(row["conf_low"] for row in rows)
    assert run([*common, "--similar", "shoe"]) in (1, 2)
    assert run([*common, "--mark", "7"]) == 2
    assert run([*common, "--least-reliability", "2"]) == 2
