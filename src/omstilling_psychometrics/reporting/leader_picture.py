"""The picture of one leader from released scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..core.vocabulary import Language
from ..present.on_axes import OnAxes
from ..present.style import WIDTH, look
from ..present.wording import Wording
from ..topics.scores.plot_leader import FEWEST_LEADERS, DrawnLeaders, DrawnScore, draw_leader, leader_height

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .scores import Scores


def leader_picture(
    scores: Scores,
    leader: str,
    *,
    role: str | None,
    wave: str | None,
    title: str | None,
    ax: Axes | None,
    language: Language,
    level: float,
    figure: Figure | None,
) -> Axes:
    """See `Scores.plot`."""
    if scores.unit != "leader":
        raise UsageError("these are scores of respondents. A picture is of a leader: answers.scores(unit='leader').plot(…).")
    if ax is not None and figure is not None:
        raise UsageError("ax and figure both say where to draw. Give one of them.")
    table = scores.to_frame(level)
    own = _rows_of(table, leader, role, wave)
    wording = Wording(language)
    own = own[own["method"].isin(["mean", "two_level"])]
    drawn = [
        DrawnScore(wording.text(f"scores_{method}"), *numbers)
        for method, numbers in zip(own["method"], own[["score", "conf_low", "conf_high"]].to_numpy(dtype=float), strict=True)
    ]
    others = _others(scores.frame, scores.frame.loc[own.index[0]], wording)
    with look():
        place: Any = figure
        if ax is not None:
            place = OnAxes(ax)
        elif figure is None:
            import matplotlib.pyplot as plt

            place = plt.figure(figsize=(WIDTH, leader_height(len(drawn) + len(others)) + (0.0 if title is None else 0.3)))
        xlabel = wording.text("scores_axis")
        return draw_leader(place, drawn, others, wording, ends=scores.ends, xlabel=xlabel, title=title)


def _rows_of(table: pd.DataFrame, leader: str, role: str | None, wave: str | None) -> pd.DataFrame:
    """The rows about a leader in one role and wave, the plain mean first. UsageError where there are none, or several."""
    rows = table[(table["unit"] == leader) & table["conf_low"].notna()]
    for name, wanted in (("role", role), ("wave", wave)):
        rows = rows if wanted is None else rows[rows[name] == wanted]
        if rows[name].nunique() > 1:
            known = ", ".join(sorted(set(rows[name])))
            raise UsageError(f"the leader has scores of several: say {name}=…; there are: {known}.")
    if rows.empty:
        raise UsageError("no number is written about this leader: too few people answered, or nobody in this role and wave.")
    return rows


def _others(frame: pd.DataFrame, own: pd.Series, wording: Wording) -> list[DrawnLeaders]:
    """The leaders beside whom one is shown, who are enough."""
    means = frame[(frame["method"] == "mean") & (frame["role"] == own["role"]) & frame["score"].notna()]
    same_wave = means[means["wave"].isna() if own["wave"] is None else means["wave"] == own["wave"]]
    groups = {
        "scores_organisation": same_wave[same_wave["organisation"] == own["organisation"]],
        "scores_all": same_wave,
    }
    return [
        DrawnLeaders(wording.text(name, n=len(rows)), rows["score"].to_numpy())
        for name, rows in groups.items()
        if len(rows) >= FEWEST_LEADERS
    ]
