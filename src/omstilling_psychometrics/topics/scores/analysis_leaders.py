"""The mean of the answers about each leader, in each wave.

    y_j = mean of the scale scores about leader j;   SE = sqrt(MSW / n_j);   reliability = n_j ICC / (1 + (n_j - 1) ICC)

MSW, the mean square within leaders (one-way analysis of variance, N - J degrees of freedom), is that of all leaders of the
role, as in generalizability theory (Brennan 1995): the standard deviation of the few answers about one leader is too uncertain
by itself (with five it is off by a third), and nought where they agree. The interval is that of t with its degrees of
freedom. ICC(1) is the REML one of `multilevel`, and so is the reliability (Spearman-Brown).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...analysis.raters import raters
from ...core.errors import EstimationError
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import distinct
from ...survey.disclosure import distinct_per_group
from ...survey.patterns import ResponsePatterns
from ..leaders.analysis_role import ScoresByLeader
from ..leaders.numerics.variance_components import group_sums
from .score_rows import labels, score_frame

if TYPE_CHECKING:
    import pandas as pd


def leader_scores(answers: ResponsePatterns, role: str) -> pd.DataFrame:
    """Of one role's answers: a row per leader and wave, with the column `people`, how many answered about the leader there."""
    leader = answers.keys.get("leader")
    if leader is None or not leader.levels:
        return score_frame({"role": role, "method": "mean", "note": "no_leaders"}, 1).assign(people=0)
    known = answers.select(leader=leader.levels)
    leader, wave = known.keys["leader"], known.keys.get("wave")
    waves = np.full(len(leader.codes), -1) if wave is None else wave.codes
    widths = [len(leader.levels), 1 + (0 if wave is None else len(wave.levels))]
    (of_wave, of_leader), group = distinct([waves, leader.codes], widths[::-1], [-1, 0])
    place = {pair: row for row, pair in enumerate(zip(of_leader.tolist(), of_wave.tolist(), strict=True))}

    score = scale_score(known.values(), known.instrument.minimum_answered)
    who = raters(known, ~np.isnan(score))
    rated = ScoresByLeader(group_sums(score, who.counts, who.leader, who.wave))
    rows = [place[pair] for pair in zip(who.leader.tolist(), (who.wave - 1).tolist(), strict=True)]
    mean, n = np.full(len(place), np.nan), np.zeros(len(place))
    mean[rows], n[rows] = rated.sums.mean, rated.sums.n
    error, reliability, df = np.full(len(place), np.nan), np.full(len(place), np.nan), np.inf
    note = np.full(len(place), "no_answers", dtype=object)
    note[rows] = None
    try:
        within = rated.anova
        error[rows], df = np.sqrt(within.within / rated.sums.n), within.df_within
        icc = rated.icc1
    except EstimationError as reason:
        note[rows] = reason.note
    else:
        reliability[rows] = [icc.reliability(size) for size in rated.sums.n]
        if icc.at_zero:
            note[rows] = "variance_at_zero"
    columns = {
        "unit": labels(leader, of_leader),
        "role": role,
        "wave": labels(wave, of_wave),
        "score": mean,
        "method": "mean",
        "std_error": error,
        "df": df,
        "reliability": reliability,
        "n": np.round(n).astype(int),
        "note": note,
    }
    return score_frame(columns, len(place)).assign(people=distinct_per_group(known, "respondent", group))
