"""Confirmatory factor analysis: one factor behind the items, by likelihood or from polychoric correlations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...core.errors import EstimationError, UsageError, as_known
from ...core.note import Note, notes_in
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_fit import fit_model
from .analysis_model import FittedModel
from .analysis_rows import Rows, declared
from .analysis_specification import Specification, specification

if TYPE_CHECKING:
    import pandas as pd

# What `omstilling analyse` and the report promise, in this order.
BATTERY = ("ML", "MLR", "FIML", "WLSMV")


@dataclass(frozen=True, kw_only=True)
class CfaResult(Result):
    """A one-factor model per role and estimator (the method).

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        By role, `FitsByEstimator`; roles in which nothing could be fitted are not there.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "cfa"
    headline: ClassVar[tuple[str, ...]] = ("chi2_scaled", "cfi_robust", "tli_robust", "rmsea_robust", "srmr", "srmr_unbiased")
    headed_by: ClassVar[tuple[str, ...]] = ("role", "group", "method")

    @property
    def loadings(self) -> pd.DataFrame:
        """Loadings with standard errors and intervals."""
        frame = self.to_frame()
        return self._marked(frame[frame["quantity"] == "loading"].reset_index(drop=True))

    def fit_measures(self, level: float = 0.95) -> pd.DataFrame:
        """The test and the indices of fit that a report needs, with their intervals; all others are rows of `to_frame`.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            A row per `role`, `method` and `measure`: `estimate` (of a test its statistic), `conf_low`, `conf_high`, `df`,
            `p_value`, `n` and `note`. Chi-square, CFI, TLI and RMSEA are robust where the estimator has it so, under the name
            of that variant; then SRMR, its unbiased form and the information criteria.
        """
        import pandas as pd

        rows = []
        for role, method in dict.fromkeys((one.role, one.method) for one in self.statistics if one.quantity == "chi2"):
            for variants in _REPORTED:
                fitting = [row for name in variants for row in self.find(name, role=role, method=method)]
                if fitting:
                    row = next((one for one in fitting if _number(one) is not None), fitting[0])
                    low, high = row.confidence_interval(level)
                    rows.append((role, method, row.quantity, _number(row), low, high, row.df, row.p_value, row.n, row.note))
        columns = ["role", "method", "measure", "estimate", "conf_low", "conf_high", "df", "p_value", "n", "note"]
        numbers = dict.fromkeys(("estimate", "conf_low", "conf_high", "df", "p_value"), float)
        return self._marked(pd.DataFrame(rows, columns=columns).astype(numbers))

    def model(self, role: str | None = None, estimator: str | None = None) -> FittedModel:
        """The fitted model of a role.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.
        estimator : str, optional
            By which; not needed where there is one.

        Returns
        -------
        FittedModel
            With `loadings`, the moments `implied` and `observed`, the `covariance` of the estimates, and `scores`.

        Raises
        ------
        UsageError
            Where several roles or estimators have one, or this role or estimator has none.
        """
        of_role: FitsByEstimator = super().model(role)
        by_estimator = of_role.by_estimator
        if estimator is None and len(by_estimator) == 1:
            return next(iter(by_estimator.values()))
        named = as_known(estimator or "", by_estimator)
        if named not in by_estimator:
            raise UsageError(f"estimator is {estimator!r}; of this role there are: {', '.join(by_estimator)}.")
        return by_estimator[named]

    def scores(self, answers: Any = None, *, role: str | None = None, estimator: str | None = None) -> pd.DataFrame:
        """Scores on the factor, of the patterns that were analysed or of other answers.

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.
        role : str, optional
            Whose model; not needed where there is one.
        estimator : str, optional
            Which model; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            A row per row of answers: `regression` and `regression_sd` of answers as numbers (Thurstone 1935), `eap` and
            `eap_sd` of ordinal ones (Bock & Mislevy 1982), both the mean and the standard deviation of the factor (variance 1)
            given the answers.

        Raises
        ------
        UsageError
            As `model`; for answers that are none to these items, and of ordinal items where residual covariances are free.
        """
        return self._marked(self.model(role, estimator).scores(answers))

    def by_pattern(self, *, role: str | None = None, estimator: str | None = None) -> pd.DataFrame:
        """Scores of every answer pattern.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.
        estimator : str, optional
            Which model; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: the answers (category values, NaN where there is none), `count` and the `scores`.

        Raises
        ------
        UsageError
            As `scores`.
        """
        return self._marked(self.model(role, estimator).by_pattern())


# What a report needs: of each measure the variant to print, the first that the estimator has.
_REPORTED = (
    ("chi2_scaled", "chi2"), *((f"{index}_robust", f"{index}_scaled", index) for index in ("cfi", "tli", "rmsea")),
    ("srmr",), ("srmr_unbiased",), ("aic",), ("bic",),
)  # fmt: skip


def _number(row: Statistic) -> float | None:
    """The number of a row, which of a test is its statistic; None where it could not be computed."""
    value = row.statistic if row.quantity.startswith("chi2") else row.estimate
    return None if value is None or math.isnan(value) else value


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
    residual_covariances : sequence of pairs of str, optional
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

    See Also
    --------
    efa : Exploratory factors, one or several.
    dynamic_cutoffs : Cut-offs made for this model and sample.
    invariance : The same factor in several groups.
    reliability : Omega of the same model.

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
    return _result(patterns, (chosen,), settings, cluster)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> CfaResult:
    """All rows of the factor analysis, by every estimator, with the tests of equal loadings (nothing in it is random)."""
    specifications = tuple(specification(patterns, estimator) for estimator in BATTERY)
    return _result(patterns, specifications, {"estimators": list(BATTERY)})


@dataclass(frozen=True, kw_only=True)
class FitsByEstimator:
    """One role: the model by every estimator with which one could be fitted, and why there is none by the others.

    Parameters
    ----------
    patterns : ResponsePatterns
        Answers of the role.
    by_estimator : mapping of str to FittedModel
        In the order in which they were asked for.
    failures : mapping of Specification to Note
        What could not be fitted, and the reason.
    """

    patterns: ResponsePatterns
    by_estimator: Mapping[str, FittedModel]
    failures: Mapping[Specification, Note]

    @classmethod
    def of(
        cls, patterns: ResponsePatterns, clustering: Clustering, specifications: tuple[Specification, ...]
    ) -> FitsByEstimator:
        """Fit all these models to the answers of one role.

        Parameters
        ----------
        patterns : ResponsePatterns
            Answers of the role.
        clustering : Clustering
            By which key they depend on each other.
        specifications : tuple of Specification
            What is to be fitted.

        Returns
        -------
        FitsByEstimator
            With the reason for each that could not be fitted.
        """
        by_estimator, failures = dict[str, FittedModel](), dict[Specification, Note]()
        for chosen in specifications:
            try:
                by_estimator[chosen.estimator] = fit_model(patterns, clustering, chosen)
            except EstimationError as error:
                failures[chosen] = error.reason
        return cls(patterns=patterns, by_estimator=by_estimator, failures=failures)

    @property
    def n(self) -> int:
        """Answers that the model of fewest was fitted to."""
        return min((model.n for model in self.by_estimator.values()), default=0)

    def rows(self, specifications: tuple[Specification, ...]) -> Iterator[Statistic]:
        """Rows of every model that was asked for.

        Parameters
        ----------
        specifications : tuple of Specification
            In the order of the rows.

        Yields
        ------
        Statistic
            Null rows with the reason where a model could not be fitted.
        """
        for chosen in specifications:
            reason = self.failures.get(chosen)
            if reason is None:
                yield from Rows(self.by_estimator[chosen.estimator]).all()
            else:
                yield from completed((), declared(self.patterns, chosen), reason)


def _result(
    patterns: ResponsePatterns,
    specifications: tuple[Specification, ...],
    settings: Mapping[str, object],
    cluster: str | None = "default",
) -> CfaResult:
    fit = partial(FitsByEstimator.of, specifications=specifications)
    statistics, fits = fitted_by_role(patterns, fit, lambda role: role.rows(specifications), cluster=cluster)
    failures = ("not_converged", "loading_unbounded")
    return CfaResult(
        statistics=statistics,
        settings=settings,
        converged=not any(note.key in failures for row in statistics for note in notes_in(row.note)[:1]),
        models={name: role for name, role in fits.items() if role.by_estimator},
    )
