"""The picture of one leader has the numbers of the table, and other leaders only where they are ten."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

import omstilling_psychometrics as op

matplotlib.use("Agg")
ITEMS = ["q1", "q2", "q3", "q4"]


def scores(leaders: int = 30, organisations: int = 2, **asked: object) -> op.Scores:
    """Six people about each leader, four about the first."""
    rng = np.random.default_rng(1)
    about = np.repeat(np.arange(leaders), 6)
    level = rng.normal(0, 0.7, leaders)[about] + rng.normal(0, 0.8, about.size)
    data = pd.DataFrame({item: np.clip(np.round(3 + level + rng.normal(0, 0.7, about.size)), 1, 5) for item in ITEMS})
    data["leader"] = [f"L{k:02}" for k in about]
    data["organisation"] = [f"O{k % organisations}" for k in about]
    data["respondent"] = np.arange(about.size)
    answers = op.read(data.iloc[2:], items=ITEMS, categories=range(1, 6), minimum_answered=2)
    return answers.scores(unit="leader", **asked)


def drawn(ax: matplotlib.axes.Axes) -> list[list[float]]:
    """Low, score and high of each line of the picture."""
    intervals = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_ydata()[0] in (0, 1)]
    points = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    return [[low, point, high] for (low, high), point in zip(intervals, points, strict=True)]


def test_the_picture_has_the_numbers_of_the_table() -> None:
    found = scores()
    table = found.to_frame(0.8)
    ax = found.plot("L07", level=0.8, title="L07")
    rows = table[(table["unit"] == "L07") & table["method"].isin(["mean", "two_level"])]
    np.testing.assert_allclose(drawn(ax), rows[["conf_low", "score", "conf_high"]])
    # Of 27 leaders with numbers 13 are in the organisation.
    means = table[(table["method"] == "mean") & table["score"].notna()]
    own = means[means["unit"].str[1:].astype(int) % 2 == 1]["score"]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(bars[0], np.quantile(own, [0.25, 0.75]), atol=0.006)
    np.testing.assert_allclose(bars[1], np.quantile(means["score"], [0.25, 0.75]), atol=0.006)
    assert ax.get_xlim() == (1, 5)
    assert "not official" in ax.get_xlabel()
    assert f"leaders of the (n = {len(own)})" in " ".join(text.get_text() for text in ax.texts).replace("organisation ", "")


def test_fewer_than_ten_leaders_are_no_distribution() -> None:
    ax = scores(organisations=4).plot("L07", language="da")
    assert len(ax.patches) == 1
    assert not any("organisation" in text.get_text() for text in ax.texts)
    assert len(scores(leaders=12).plot("L07").patches) == 0


def test_only_the_interval_is_drawn_under_a_reliability_that_is_declared() -> None:
    found = scores(least_reliability=0.999)
    low, score, high = np.array(drawn(found.plot("L07"))).T
    assert np.isnan(score).all()
    assert (low < high).all()


def test_what_cannot_be_drawn() -> None:
    found = scores()
    for leader in ("L00", "nobody"):
        with pytest.raises(op.UsageError, match="no number is written about this leader"):
            found.plot(leader)
    ax = found.plot("L05")
    with pytest.raises(op.UsageError, match="ax and figure both"):
        found.plot("L05", ax=ax, figure=ax.figure)
    assert found.plot("L05", ax=ax) is ax
