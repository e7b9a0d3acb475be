"""Confirmatory factor analysis: one factor behind the items, by likelihood or from polychoric correlations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, by_role
from ...core.errors import EstimationError, UsageError
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_fit import fit_model
from .analysis_restrictions import restricted
from .analysis_rows import FIT_MEASURES, Rows, null_rows
from .analysis_specification import Specification, specification

if TYPE_CHECKING:
    import pandas as pd

# What `omstilling analyse` and the report promise, in this order.
BATTERY = ("ML", "MLR", "FIML", "WLSMV")


@dataclass(frozen=True, kw_only=True)
class CfaResult(Result):
    """A one-factor model per role and estimator (the method)."""

    analysis: ClassVar[str] = "cfa"

    @property
    def loadings(self) -> pd.DataFrame:
        """Loadings with standard errors and intervals."""
        frame = self.to_frame()
        return frame[frame["quantity"] == "loading"].reset_index(drop=True)

    def fit_measures(self) -> pd.DataFrame:
        """One row per role and method, one column per index; for the tests their statistic, degrees of freedom and p."""
        import pandas as pd

        rows: dict[tuple[str, str | None], dict[str, float]] = {}
        for one in self.statistics:
            if one.quantity not in FIT_MEASURES:
                continue
            row = rows.setdefault((one.role, one.method), {})
            if one.quantity.startswith("chi2"):
                row |= {one.quantity: _or_nan(one.statistic), f"{one.quantity}_p": _or_nan(one.p_value), "df": _or_nan(one.df)}
            else:
                row[one.quantity] = _or_nan(one.estimate)
        index = pd.MultiIndex.from_tuples(list(rows), names=["role", "method"])
        return self._marked(pd.DataFrame(list(rows.values()), index=index))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


@takes_answers
def cfa(
    patterns: ResponsePatterns,
    *,
    estimator: str = "WLSMV",
    cluster: str | None = "default",
    parameterization: str = "delta",
    missing: str | None = None,
    residual_covariances: Sequence[tuple[str, str]] = (),
    model: str = "congeneric",
) -> CfaResult:
    """Fit one factor to the items of each role.

    Latent variance 1, latent mean 0, intercepts in the model. Standard errors: expected information (ML), sandwich with
    observed information (MLR, FIML) or of the polychoric correlations (least squares), by cluster unless the estimator is ML,
    which assumes independent normal answers. `chi2` is N F (N − 1 for least squares); `chi2_scaled` the Yuan–Bentler test as
    in Mplus (MLR, FIML) or the scaled and shifted one (least squares). Robust indices after Brosseau-Liard & Savalei (2014),
    Zhang & Savalei (2023) and Savalei (2021). lavaan::cfa(std.lv = TRUE) agrees.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    estimator : {"WLSMV", "ULSMV", "ML", "MLR", "FIML", "DWLS", "ULS"}, default "WLSMV"
        `WLSMV`: thresholds and polychoric correlations, diagonally weighted; `ULSMV`: the same, unweighted. `ML` and `MLR`:
        complete rows as numbers. `FIML`: every answer as a number, by likelihood. `DWLS` and `ULS` are WLSMV and ULSMV under
        the names of what they minimise: errors and tests are robust all the same, and the naive test is the row `chi2` of
        each.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    parameterization : {"delta", "theta"}, default "delta"
        Of the ordinal estimators: variance of the variable behind an answer, or of its residual, is 1. Both fit alike.
    missing : {"pairwise", "listwise"}, optional
        Of the ordinal estimators: every pair of answers, the default, or complete rows.
    residual_covariances : sequence of pairs of items, optional
        Pairs that may share more than the factor; each takes a degree of freedom.
    model : {"congeneric", "tau_equivalent", "parallel"}, default "congeneric"
        Free loadings, equal loadings (two items are enough), or equal residual variances too, for items as numbers.

    Returns
    -------
    CfaResult
        Estimates (`loading`, `loading_standardized`, `intercept` or `threshold`, `residual_variance`), tests and indices of
        fit, and what each pair shares beyond the factor; `fit_measures` has the fit as a table. A model that cannot be fitted
        gives null rows with the reason.

    Raises
    ------
    UsageError
        For an option that the estimator cannot honour, pairs that are no pairs of items, or a cluster key that the data do
        not have.

    References
    ----------
    Yuan, K.-H., & Bentler, P. M. (2000). Three likelihood-based methods for mean and covariance structure analysis with
    nonnormal missing data. Sociological Methodology, 30, 165–200.

    Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical data. Multivariate Behavioral
    Research, 56, 390–407.

    Maydeu-Olivares, A. (2017). Assessing the size of model misfit in structural equation models. Psychometrika, 82, 533–558.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.cfa(load_case("lq2002_lead"))
    >>> round(result.value("loading_standardized", item="i1"), 3)
    0.775
    >>> round(result.value("srmr"), 3)
    0.089
    """
    chosen = specification(
        patterns,
        estimator,
        parameterization=parameterization,
        missing=missing,
        residual_covariances=tuple(residual_covariances),
        restriction=model,
    )
    if chosen.estimator == "ML" and cluster not in (None, "default"):
        raise UsageError(f"ML assumes independent answers and cannot use cluster='{cluster}'; MLR, with equal estimates, can.")
    settings = {
        "estimator": chosen.estimator, "missing": chosen.treatment, "cluster": cluster, "parameterization": parameterization,
        "residual_covariances": [list(pair) for pair in residual_covariances], "model": model,
    }  # fmt: skip
    statistics = by_role(patterns, partial(_rows, specification=chosen), cluster=cluster)
    return CfaResult(statistics=statistics, settings=settings, converged=_all_converged(statistics))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> CfaResult:
    """All rows of the factor analysis, by every estimator, with the tests of equal loadings (nothing in it is random)."""

    def rows(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        for estimator in BATTERY:
            yield from _rows(one, clustering, specification(one, estimator))

    statistics = by_role(patterns, rows)
    return CfaResult(statistics=statistics, settings={"estimators": list(BATTERY)}, converged=_all_converged(statistics))


def _all_converged(statistics: Sequence[Statistic]) -> bool:
    return not any(one.note and one.note.startswith(("not_converged", "loading_unbounded")) for one in statistics)


def _rows(patterns: ResponsePatterns, clustering: Clustering, specification: Specification) -> Iterator[Statistic]:
    try:
        model = fit_model(patterns, clustering, specification)
    except EstimationError as error:
        yield from null_rows(patterns, specification, error.reason)
        return
    rows = Rows(model)
    yield from rows.parameters()
    yield from rows.residual_covariances()
    yield from rows.tests()
    yield from rows.indices()
    yield from rows.pairs()
    yield from restricted(model)
