"""One factor of people and one of leaders behind ordered answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role
from ...analysis.item_direction import direction_notes
from ...core.results import Result
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from . import analysis_continuous_rows
from .analysis_continuous import ContinuousModels, continuous_models
from .analysis_role import TwoLevelRole, fit_role
from .analysis_rows import declared, rows


@dataclass(frozen=True, kw_only=True)
class TwoLevelResult(Result):
    """Factor models of people and leaders, by role; `model(role)` has `equal` and `free`, with what is known of each leader.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        `TwoLevelRole` by role; roles in which nothing could be fitted are not there.
    continuous : mapping, optional
        `ContinuousModels` by role: the models of answers as numbers.
    """

    analysis: ClassVar[str] = "two_level"
    headline: ClassVar[tuple[str, ...]] = (
        "icc",
        "omega_within",
        "omega_between",
        "equal_loadings",
        "no_variance_between",
        "log_likelihood",
    )

    models: Mapping[str, TwoLevelRole] = field(default_factory=dict, repr=False, compare=False)
    continuous: Mapping[str, ContinuousModels] = field(default_factory=dict, repr=False, compare=False)


@takes_answers
def two_level(patterns: ResponsePatterns, *, cluster: str | None = "default") -> TwoLevelResult:
    """Factor model with a factor of people and one of leaders, of ordered answers, in each role whose leaders are known.

    Behind the answer to an item lies λθ + βu + e, with the factor θ of the person, the factor u of the leader and e standard
    normal; the answer lies above a category where that exceeds its threshold. Full-information marginal maximum likelihood on
    all rows with an answer; items not answered are left out of it (missing at random). Method `equal` has β = s λ with one s
    for all items, `free` each β by itself. The group is a leader in a wave, and a person counts once in it.

    Where no variance between leaders fits best, loadings between leaders and their share are 0 without an error, and `free` is
    not fitted. Nothing is estimated where each leader has one answer, where fewer than three items vary, or where the leaders
    with several answers do not outnumber the items.

    Methods `continuous/equal` and `continuous/free` take the answers as numbers: items linear in the factors, with a normal
    residual at each level, that between leaders unbounded; maximum likelihood with all answers, errors and tests robust by
    leader. lavaan agrees, on complete rows.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the key `leader`.
    cluster : str or None, default "default"
        Key by which scores are added up for the standard errors: the leader over all waves; of superiors, who rate several
        leaders, the respondent. Units that share a leader are one. None takes leaders in waves as independent, and errors
        from the observed information.

    Returns
    -------
    TwoLevelResult
        `loading`, `loading_between`, `threshold`, `icc` (of the factor), `log_likelihood`; `omega_within`, `omega_between` and
        `leader_reliability` per number of complete answers, of the observed mean score; tests `equal_loadings` and
        `no_variance_between`. Methods `equal/organisation` and `free/organisation` have errors by organisation, where there are
        30. `model(role)` has covariances, and the posterior distribution of each leader's factor.

        Of answers as numbers: `loading_within`, `loading_between`, `residual_variance_within`, `residual_variance_between`,
        `log_likelihood`, `chi2_scaled`, `icc`, `omega_within`, `omega_between`, `omega_two_level`, `leader_reliability`. Method
        `continuous/free/geldhof` is omega between leaders of infinitely many answers; `continuous/free/saturated` has saturated
        variances in the denominator; `continuous/free/within_leaders` and `…/between_leaders` are the fit of one level. The
        models are in `continuous`.

    Raises
    ------
    UsageError
        For a cluster key that the data do not have.

    See Also
    --------
    multilevel : Variance of the observed score between and within leaders.
    irt : The logistic model of one level.
    cfa : The factor model of one level.

    References
    ----------
    Grilli, L., & Rampichini, C. (2007). Multilevel factor models for ordinal variables. Structural Equation Modeling, 14, 1–25.

    Lai, M. H. C. (2021). Composite reliability of multilevel data: It's about observed scores and construct meanings.
    Psychological Methods, 26, 90–102.

    Ryu, E., & West, S. G. (2009). Level-specific evaluation of model fit in multilevel structural equation modeling.
    Structural Equation Modeling, 16, 583–601.

    Geldhof, G. J., Preacher, K. J., & Zyphur, M. J. (2014). Reliability estimation in a multilevel confirmatory factor analysis
    framework. Psychological Methods, 19, 72–91.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.two_level(load_case("lq2002_lead"))
    >>> round(result.value("icc"), 3)
    0.136
    >>> round(result.value("leader_reliability", category=20), 3)
    0.711
    >>> round(result.value("omega_between", method="continuous/free"), 3)
    0.715
    """
    ordinal, models = fitted_by_role(patterns, fit_role, rows, declared, cluster=cluster)
    continuous, linear = fitted_by_role(
        patterns, continuous_models, analysis_continuous_rows.rows, analysis_continuous_rows.declared, cluster=cluster
    )
    statistics = tuple(row for role in patterns.roles for row in (*ordinal, *continuous) if row.role == role)
    fits = [model for role in models.values() for model in (role.equal, role.free) if model is not None]
    return TwoLevelResult(
        statistics=statistics,
        settings={"cluster": cluster},
        notes=direction_notes(statistics),
        converged=all(model.reason is None for model in fits),
        models=models,
        continuous=linear,
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> TwoLevelResult:
    """All rows of the two-level models (nothing in it is random)."""
    return two_level(patterns)
