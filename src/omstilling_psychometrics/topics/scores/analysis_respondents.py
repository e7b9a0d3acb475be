"""The score of each person: the mean of the answered items, and the expected a posteriori score of the graded response model.

    mean   SE = SEM sqrt(k/a),  reliability = (a/k) alpha / (1 + (a/k - 1) alpha)   with a of k items answered
    eap    SE = posterior standard deviation,  reliability = 1 - SE^2,  latent mean 0 and variance 1

SEM and alpha are those of the role's complete rows (`reliability`); with fewer items both follow from items that measure
equally well (Spearman 1910; Brown 1910). EAP after Bock and Mislevy (1982): all the answers that there
are, each with what it tells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...analysis.by_role import clustering
from ...analysis.sample import too_few_complete
from ...core.errors import EstimationError
from ...core.note import Note
from ...core.numerics.moments import complete, covariance
from ...core.numerics.scale_score import scale_score
from ...survey.patterns import ResponsePatterns
from ..irt.analysis_role import fit_role
from ..irt.numerics.models import MODELS
from ..leaders.numerics.variance_components import spearman_brown
from ..reliability.numerics.measurement_error import standard_error_of_measurement
from .score_rows import labels, score_frame

if TYPE_CHECKING:
    import pandas as pd


def respondent_scores(answers: ResponsePatterns, role: str) -> pd.DataFrame:
    """Of one role's answers: two rows per answer, by mean and by EAP; more of somebody who answered about several leaders."""
    import pandas as pd

    counts = answers.counts.astype(np.int64)
    who, when = (answers.keys.get(name) for name in ("respondent", "wave"))
    unknown = np.full(len(counts), -1)
    columns = {
        "unit": labels(who, unknown if who is None else who.codes),
        "role": role,
        "wave": labels(when, unknown if when is None else when.codes),
        "n": (answers.patterns > 0).sum(axis=1)[answers.pattern],
    }
    methods = {"mean": _by_mean(answers), "eap": _by_eap(answers, role)}
    frames = []
    for method, of_pattern in methods.items():
        found = {name: value[answers.pattern] for name, value in of_pattern.items()}
        frames.append(score_frame({**columns, "method": method, **found}, len(counts)))
    rows = np.repeat(np.arange(len(counts)), counts)
    place = np.column_stack([rows, rows + len(counts)]).ravel()  # both methods of an answer below each other
    return pd.concat(frames, ignore_index=True).iloc[place].reset_index(drop=True)


def _by_mean(answers: ResponsePatterns) -> dict[str, np.ndarray]:
    """score, std_error, reliability and note (p,) of each pattern."""
    values, counts = answers.values(), answers.table()[1]
    k, minimum = values.shape[1], answers.instrument.minimum_answered
    answered = (~np.isnan(values)).sum(axis=1)
    score = scale_score(values, minimum)
    rows = complete(values)
    error, alpha, reason = math.nan, math.nan, too_few_complete(round(counts[rows].sum()))
    if reason is None:
        try:
            among = covariance(values[rows], counts[rows])
            error = standard_error_of_measurement(among).value
            total = float(among.sum()) / k**2
            alpha = 1 - error**2 / total if total > 0 else math.nan
            reason = "no_variance" if math.isnan(alpha) else "alpha_negative" if alpha < 0 else None
        except EstimationError as failed:
            reason = failed.note
    usable = reason is None
    short = np.array([str(Note("too_few_answered", f"{number} < {minimum}")) for number in answered], dtype=object)
    scored = ~np.isnan(score)
    length = np.where(scored, answered, np.nan) / k
    nothing = np.full(len(score), np.nan)
    return {
        "score": score,
        "std_error": error / np.sqrt(length) if usable else nothing,
        "reliability": spearman_brown(alpha, length) if usable else nothing,
        "note": np.where(scored, np.array(reason, dtype=object), short),
    }


def _by_eap(answers: ResponsePatterns, role: str) -> dict[str, np.ndarray]:
    """The same by the graded response model."""
    fitted = fit_role(answers, MODELS["graded"], clustering(answers, role))
    scores = fitted.scores(answers.values())
    answered = (answers.patterns > 0).any(axis=1)
    error = np.where(answered, scores["eap_sd"], np.nan)
    reason = None if fitted.reason is None else str(fitted.reason)
    return {
        "score": np.where(answered, scores["eap"], np.nan),
        "std_error": error,
        "reliability": 1 - error**2,
        "note": np.where(answered, np.array(reason, dtype=object), np.array("no_answers", dtype=object)),
    }
