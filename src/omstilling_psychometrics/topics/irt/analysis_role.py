"""One role's item response model: answers to a table, the fit to all rows and to complete rows, and what follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering
from ...analysis.category_codes import category_codes
from ...core.errors import EstimationError
from ...core.note import Note
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters, quadratic_variance
from ...core.results import of_a_model
from ...survey.patterns import ResponsePatterns
from .curves import ItemCurves
from .numerics.estimation import Fit, covariance, fit
from .numerics.information import (
    empirical_reliability,
    information_derivatives,
    marginal_reliability,
)
from .numerics.marginal import PatternTable, pattern_log_likelihoods
from .numerics.models import ItemModel
from .numerics.parameters import layout
from .numerics.person_fit import zh
from .numerics.quadrature import LARGEST_SLOPE, NODES, log_weights
from .numerics.scoring import (
    expected_a_posteriori,
    expected_a_posteriori_of_sums,
    sum_score_likelihood,
    weighted_likelihood,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Tabulated:
    """Answers with every reason for not answering merged into none; place (p,): the row of the table that each pattern of
    `patterns` went to, -1 for those left out."""

    patterns: ResponsePatterns
    table: PatternTable
    place: NDArray[np.int64]

    @property
    def n(self) -> int:
        return round(self.table.n)

    def clusters(self, key: str) -> Clusters:
        """Counts of the table's rows by the levels of a key."""
        kept = np.flatnonzero(self.place >= 0)
        shape = (len(self.place), len(self.table.counts))
        merge = csr_array((np.ones(kept.size), (kept, self.place[kept])), shape=shape)
        original = self.patterns.clusters(key)
        return Clusters(csr_array(original.counts @ merge), merge.T @ original.singles)


def tabulate(patterns: ResponsePatterns, *, complete: bool = False) -> Tabulated:
    """All rows with an answer, or the complete ones."""
    codes, counts = patterns.table()
    answers = np.where(codes > 0, codes, 0).astype(np.int64)
    kept = (answers > 0).all(axis=1) if complete else (answers > 0).any(axis=1)
    distinct, row = np.unique(answers[kept], axis=0, return_inverse=True)
    place = np.full(len(answers), -1, dtype=np.int64)
    place[kept] = row.ravel()
    merged = np.bincount(place[kept], weights=counts[kept], minlength=len(distinct)).astype(float)
    return Tabulated(patterns, PatternTable(distinct, merged, len(patterns.instrument.categories)), place)


def require_enough(model: ItemModel, table: PatternTable) -> None:
    """Raises EstimationError where the model cannot be fitted to these answers."""
    if table.n == 0:
        raise EstimationError("no_answers")
    varying = int((table.observed().sum(axis=1) > 1).sum())
    least = 2 if model.equal_slopes else 3
    if varying < least:
        raise EstimationError("too_few_items_vary", f"{varying} < {least}")
    parameters = layout(model, table.observed()[None]).size
    if table.n <= parameters:
        raise EstimationError("fewer_answers_than_parameters", f"n = {round(table.n)}, {parameters}")


def reason(fitted: Fit, names: tuple[str, ...]) -> Note | None:
    """Why a fit's estimates are not to be used, with the items that it is about."""
    if fitted.reason is None or fitted.reason.key != "slope_diverges":
        return fitted.reason
    steep = np.flatnonzero((np.abs(fitted.items[:, :, 0]) > LARGEST_SLOPE).any(axis=0))
    return Note("slope_diverges", ", ".join(names[item] for item in steep))


def place_covariance(fitted: Fit, group: int, *, robust: bool = False, clusters: Clusters | None = None) -> Floats:
    """Covariance (P, P) of all places of a group, zero where fixed; NaN throughout with one cluster."""
    free = covariance(fitted, robust=robust, clusters=clusters)
    select = fitted.layout.selection(group)
    full = select @ free @ select.T
    return np.asarray(full if np.isfinite(free).all() else np.full(full.shape, np.nan))


def positive(level: float, estimate: float, std_error: float, df: float) -> intervals.Bounds:
    """Wald on the log, for quantities that cannot be negative."""
    if not estimate > 0:
        return math.nan, math.nan
    with np.errstate(over="ignore"):
        factor = float(np.exp(intervals.quantile(level, df) * std_error / estimate))
    return estimate / factor, estimate * factor


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedRole(ItemCurves):
    """An item response model of one role: its curves, its fit, and the scores that it gives.

    Parameters
    ----------
    kind : ItemModel
        Graded response, generalized partial credit or partial credit; its `name`.
    names : tuple of str
        The k items.
    values : tuple of int
        The c categories of the instrument.
    items : ndarray, shape (k, m)
        Slope and intercepts, in logits; NaN where there are no estimates.
    observed : ndarray of bool, shape (k, c)
        Categories that somebody chose.
    n : int
        Answers that it was fitted to.
    latent : ndarray, shape (2,)
        Mean and variance of the latent variable, 0 and 1.
    clustering : Clustering
        The key within whose values answers depend on each other.
    data : Tabulated
        The answers, all reasons for not answering merged into none.
    fit : Fit or None
        Of all rows with an answer; None where the model was refused.
    reason : Note or None
        Why there are no estimates, or none to be used.
    robust : bool
        Sandwich standard errors although answers are independent.
    rounded : bool
        Its parameters have few digits, as `to_digits` gives them; there is no covariance then.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> fitted = op.irt(load_case("datCat")).model()
    >>> round(float(fitted.information([0.0])[0]), 2)
    4.01
    >>> fitted.scores([[3, 3, 3, 3, 3]]).round(2).iloc[0].tolist()
    [0.19, 0.41, 0.23, 0.5]
    """

    clustering: Clustering
    data: Tabulated = field(repr=False)
    fit: Fit | None = field(repr=False)
    reason: Note | None
    robust: bool = False
    rounded: bool = False

    @property
    def usable(self) -> bool:
        """Are there estimates, and may they be used?"""
        return self.fit is not None and self.reason is None

    @cached_property
    def clusters(self) -> Clusters | None:
        """The table's patterns by cluster; None for independent answers."""
        return None if self.clustering.key is None else self.data.clusters(self.clustering.key)

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of slope and intercepts, item by item (k m, k m): zero where fixed, NaN where there are no estimates."""
        size = self.items.size
        if self.fit is None or not self.usable or self.rounded:
            return np.full((size, size), np.nan)
        return place_covariance(self.fit, 0, robust=self.robust, clusters=self.clusters)[:size, :size]

    @property
    def df(self) -> float:
        """Degrees of freedom of the t quantile of intervals; infinite for independent answers."""
        return intervals.degrees_of_freedom(self.clusters)

    def information_bounds(self, theta: Floats = NODES, level: float = 0.95) -> tuple[Floats, Floats]:
        """Intervals of the information of all items together, one by one for each point (delta method, on the log).

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.
        level : float, default 0.95
            Of each interval, between 0 and 1.

        Returns
        -------
        tuple of ndarray, shape (q,)
            Lower and upper bounds; NaN where there is no standard error.
        """
        theta = np.asarray(theta, dtype=float)
        slopes = information_derivatives(self.kind, self.items, theta).reshape(self.items.size, -1).T
        errors = [math.sqrt(quadratic_variance(slope, self.covariance)) for slope in slopes]
        pairs = [positive(level, value, error, self.df) for value, error in zip(self.information(theta), errors, strict=True)]
        low, high = np.array(pairs).reshape(-1, 2).T
        return low, high

    @property
    def marginal_reliability(self) -> float:
        """Share of the variance of scores that is not error, over the latent distribution; NaN where there are no estimates."""
        return marginal_reliability(self.kind, self.items) if self.usable else math.nan

    @property
    def empirical_reliability(self) -> float:
        """Variance of the scores of these answers over itself plus their mean error variance."""
        return empirical_reliability(*self.eap, self.data.table.counts) if self.usable else math.nan

    @cached_property
    def eap(self) -> tuple[Floats, Floats]:
        """Expected a posteriori scores of the table's patterns and their posterior standard deviations, (r,) each."""
        return expected_a_posteriori(self.kind, self.items, self.latent, self.data.table.answers, NODES)

    @cached_property
    def eap_of_sums(self) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Every attainable sum of category values, its score, posterior standard deviation and share under the model (s,)."""
        values = np.array(self.values, dtype=np.int64)
        if not self.usable:
            sums = sum_score_likelihood(np.ones((len(self.names), len(values), 1)), values).scores
            nothing = np.full(len(sums), np.nan)
            return sums, nothing, nothing, nothing
        likelihood = sum_score_likelihood(self.category_curves(), values)
        scores = expected_a_posteriori_of_sums(likelihood, log_weights(NODES, *self.latent), NODES)
        return (likelihood.scores, *scores)

    @cached_property
    def complete(self) -> FittedRole:
        """The same model fitted to the complete rows."""
        rows = tabulate(self.data.patterns, complete=True)
        return self if rows.n == self.n else fit_tabulated(rows, self.kind, self.clustering, robust=self.robust)

    def to_digits(self, digits: int) -> FittedRole:
        """The same with parameters of so many significant digits, without their covariance.

        Parameters
        ----------
        digits : int
            How many.

        Returns
        -------
        FittedRole
            Its curves and scores follow from the rounded parameters.
        """
        return replace(super().to_digits(digits), rounded=True)

    # ---------------------------------------------------------------- scores

    def scores(self, answers: Any = None) -> pd.DataFrame:
        """Scores on the latent variable: expected a posteriori, and Warm's weighted likelihood estimate.

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.

        Returns
        -------
        pandas.DataFrame
            `eap` with its posterior standard deviation `eap_sd`, `wle` with its standard error `wle_se`; a row per row of
            answers, NaN where there are no estimates.

        Raises
        ------
        UsageError
            For answers of another number of items, or that are no categories of the instrument.
        """
        import pandas as pd

        codes = self.data.table.answers if answers is None else category_codes(answers, self.names, self.values)
        names = ("eap", "eap_sd", "wle", "wle_se")
        if not self.usable:
            return of_a_model(pd.DataFrame(math.nan, index=range(len(codes)), columns=list(names)))
        eap = self.eap if answers is None else expected_a_posteriori(self.kind, self.items, self.latent, codes, NODES)
        return of_a_model(
            pd.DataFrame(dict(zip(names, (*eap, *weighted_likelihood(self.kind, self.items, codes)), strict=True)))
        )

    def score_table(self) -> pd.DataFrame:
        """Score of every attainable sum of category values of complete rows (Thissen et al. 1995).

        Returns
        -------
        pandas.DataFrame
            `sum_score`, `mean_score`, `eap`, `eap_sd` (posterior standard deviation), and how many answers the model
            expects and how many there are.
        """
        import pandas as pd

        sums, means, errors, shares = self.eap_of_sums
        table = self.complete.data.table
        values = np.array(self.values, dtype=np.int64)
        scores = values[table.answers - 1].sum(axis=1) if table.n else np.zeros(0, dtype=np.int64)
        return of_a_model(
            pd.DataFrame(
                {
                    "sum_score": sums,
                    "mean_score": sums / len(self.names),
                    "eap": means,
                    "eap_sd": errors,
                    "expected": shares * table.n,
                    "observed": [float(table.counts[scores == score].sum()) for score in sums],
                }
            )
        )

    def by_pattern(self) -> pd.DataFrame:
        """Scores and fit of every answer pattern.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: the answers (category values, NaN where there is none), `count`, the `scores`, person fit `zh`
            and the pattern's `log_likelihood`.
        """
        import pandas as pd

        table = self.data.table
        values = np.concatenate([[math.nan], np.array(self.values, dtype=float)])
        columns: dict[str, Any] = {name: values[table.answers[:, item]] for item, name in enumerate(self.names)}
        columns["count"] = table.counts.astype(np.int64)
        scores = self.scores()
        person_fit = log_likelihood = np.full(len(table.counts), np.nan)
        if self.usable:
            person_fit = zh(self.kind, self.items, table.answers, self.eap[0])
            log_p = self.kind.log_probabilities(self.items, NODES)
            log_likelihood = pattern_log_likelihoods(table, log_p, log_weights(NODES, *self.latent))
        return of_a_model(pd.DataFrame({**columns, **scores, "zh": person_fit, "log_likelihood": log_likelihood}))


def fit_tabulated(data: Tabulated, kind: ItemModel, clustering: Clustering, *, robust: bool = False) -> FittedRole:
    """The model fitted to tabulated answers, or the reason why not."""
    patterns, observed = data.patterns, data.table.observed()
    fitted: Fit | None = None
    try:
        require_enough(kind, data.table)
    except EstimationError as error:
        refused: Note | None = error.reason
    else:
        fitted = fit(kind, [data.table], layout(kind, observed[None]))
        refused = reason(fitted, patterns.items)
    k, c = observed.shape
    return FittedRole(
        kind=kind,
        names=patterns.items,
        values=tuple(patterns.instrument.categories),
        items=np.full((k, kind.width(c)), np.nan) if fitted is None or refused is not None else np.asarray(fitted.items[0]),
        observed=observed,
        n=data.n,
        clustering=clustering,
        data=data,
        fit=fitted,
        reason=refused,
        robust=robust,
    )


def fit_role(patterns: ResponsePatterns, kind: ItemModel, clustering: Clustering, *, robust: bool = False) -> FittedRole:
    """The model fitted to every row of one role that has an answer."""
    return fit_tabulated(tabulate(patterns), kind, clustering, robust=robust)
