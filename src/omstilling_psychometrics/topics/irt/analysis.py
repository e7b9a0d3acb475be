"""Item response models of one latent variable: graded response, generalized partial credit, partial credit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...core.errors import UsageError, as_known
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from . import analysis_fit, analysis_parameters
from .analysis_role import FittedRole, fit_role
from .numerics.models import MODELS
from .result import IrtResult

Model = Literal["graded", "gpcm", "pcm"]
StandardErrors = Literal["default", "observed", "sandwich"]


@takes_answers
def irt(
    patterns: ResponsePatterns,
    *,
    model: Model = "graded",
    cluster: str | None = "default",
    standard_errors: StandardErrors = "default",
) -> IrtResult:
    """Item response model of each role, by marginal maximum likelihood on all rows with an answer.

    Slope and intercept form, logistic, D = 1, latent mean 0 and variance 1; 61 equally spaced nodes on [-6, 6]. Items not
    answered are left out of the likelihood (missing at random). A category that nobody chose keeps its place: what cannot be
    estimated without it is NaN with a note.

    Parameters, likelihood, information, reliabilities, C2 of the graded model, infit, outfit, Q3 and two-way residuals agree
    with mirt (Oakes standard errors). C2 of the partial credit models does not: mirt 1.47 leaves out a division in the
    derivative of their expected score. C2 and S-X2 refit the model to complete rows.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    model : {"graded", "gpcm", "pcm"}, default "graded"
        Graded response, generalized partial credit, or partial credit (one slope for all items).
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    standard_errors : {"default", "observed", "sandwich"}, default "default"
        `default` is the sandwich with scores summed over clusters where there are clusters (leaders), otherwise the inverse
        of the observed information; `sandwich` asks for the sandwich with independent answers too; `observed` needs
        `cluster=None`.

    Returns
    -------
    IrtResult
        `discrimination`, `intercept` and `difficulty` (in standard deviations of the latent variable), fit of model, items
        and pairs, `information`, reliabilities and the table of scores; `model(role)` gives curves at any point, and scores.

    Raises
    ------
    UsageError
        For an unknown model, a combination of cluster and standard errors that cannot be honoured, or a cluster key that the
        data do not have.

    See Also
    --------
    irt_groups : One model for several groups.
    local_dependence : Drawn limit for the largest Q3.
    mokken : Scaling without a parametric curve.
    cfa : The factor model of the same answers.

    References
    ----------
    Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores. Psychometrika Monograph
    Supplement, 34(4).

    Muraki, E. (1992). A generalized partial credit model: Application of an EM algorithm. Applied Psychological Measurement,
    16, 159–176.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.irt(load_case("datCat"))
    >>> round(result.value("log_likelihood"), 3)
    -1292.393
    >>> round(result.value("discrimination", item="i1"), 3)
    2.222
    """
    model = as_known(model, MODELS)  # type: ignore[assignment]
    if model not in MODELS:
        raise UsageError(f"model is '{model}'; there are: {', '.join(MODELS)}.")
    if standard_errors not in ("default", "observed", "sandwich"):
        raise UsageError(f"standard_errors is '{standard_errors}'; there are: default, observed, sandwich.")

    def fit(answers: ResponsePatterns, clustering: Clustering) -> FittedRole:
        if standard_errors == "observed" and clustering.key is not None:
            raise UsageError(
                f"standard_errors='observed' takes answers as independent, and these depend on each other by "
                f"'{clustering.key}'. Use cluster=None with it, or standard_errors='default'."
            )
        return fit_role(answers, MODELS[model], clustering, robust=standard_errors == "sandwich")

    statistics, fitted = fitted_by_role(patterns, fit, _rows, cluster=cluster)
    return IrtResult(
        statistics=statistics,
        settings={"model": model, "cluster": cluster, "standard_errors": standard_errors},
        converged=all(role.usable for role in fitted.values()),
        models={name: role for name, role in fitted.items() if role.fit is not None},
    )


def _rows(role: FittedRole) -> Iterator[Statistic]:
    for row in (*analysis_parameters.rows(role), *analysis_fit.rows(role)):
        yield replace(row, method=f"{role.kind.name}/{row.method}" if row.method else role.kind.name)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> IrtResult:
    """All rows of the item response analysis: graded response and generalized partial credit (nothing in it is random). The
    models are the graded ones."""
    graded, partial = irt(patterns), irt(patterns, model="gpcm")
    statistics = tuple(
        row for role in patterns.roles for result in (graded, partial) for row in result.statistics if row.role == role
    )
    settings = {**graded.settings, "model": ("graded", "gpcm")}
    return replace(graded, statistics=statistics, settings=settings, converged=graded.converged and partial.converged)
