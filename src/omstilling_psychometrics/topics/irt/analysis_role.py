"""One role's item response model: answers to a table, the fit to all rows and to complete rows, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .numerics.estimation import Fit, fit
from .numerics.marginal import PatternTable
from .numerics.models import ItemModel
from .numerics.parameters import layout
from .numerics.quadrature import LARGEST_SLOPE, NODES, log_weights
from .numerics.scoring import expected_a_posteriori, expected_a_posteriori_of_sums, sum_score_likelihood


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


def refusal(model: ItemModel, table: PatternTable) -> str | None:
    """Why the model cannot be fitted to these answers."""
    if table.n == 0:
        return "no_answers"
    varying = int((table.observed().sum(axis=1) > 1).sum())
    least = 2 if model.equal_slopes else 3
    if varying < least:
        return f"too_few_items_vary: {varying} < {least}"
    parameters = layout(model, table.observed()[None]).size
    if table.n <= parameters:
        return f"fewer_answers_than_parameters: n = {round(table.n)}, {parameters}"
    return None


def problem(fitted: Fit, names: tuple[str, ...]) -> str | None:
    """Why a fit's estimates are not to be used, as a note."""
    if fitted.problem != "slope_diverges":
        return fitted.problem
    steep = np.flatnonzero((np.abs(fitted.items[:, :, 0]) > LARGEST_SLOPE).any(axis=0))
    return f"slope_diverges: {', '.join(names[item] for item in steep)}"


@dataclass(frozen=True, eq=False)
class RoleFit:
    """An item response model of one role. `fit` is None where the model was refused; `note` says why estimates are missing
    or not to be used. Shapes: k items, c categories, m parameters, q points of theta."""

    patterns: ResponsePatterns
    model: ItemModel
    clustering: Clustering
    data: Tabulated
    fit: Fit | None
    note: str | None

    @property
    def usable(self) -> bool:
        return self.fit is not None and self.note is None

    @property
    def items(self) -> Floats:
        """Parameters (k, m): slope and intercepts; NaN where there is no usable fit."""
        k, c = len(self.patterns.items), len(self.patterns.instrument.categories)
        if self.fit is None or self.note is not None:
            return np.full((k, self.model.width(c)), np.nan)
        return np.asarray(self.fit.items[0])

    @property
    def latent(self) -> Floats:
        """Latent mean and variance (2,), which set the metric."""
        return np.array([0.0, 1.0])

    @cached_property
    def clusters(self) -> Clusters | None:
        return None if self.clustering.key is None else self.data.clusters(self.clustering.key)

    @cached_property
    def eap(self) -> tuple[Floats, Floats]:
        """EAP and posterior standard deviation (r,) of the table's patterns."""
        return expected_a_posteriori(self.model, self.items, self.latent, self.data.table.answers, NODES)

    @cached_property
    def score_table(self) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Every attainable sum of category values, its EAP, posterior standard deviation and share under the model (s,)."""
        values = np.array(self.patterns.instrument.categories, dtype=np.int64)
        if not self.usable:
            k, c = len(self.patterns.items), len(values)
            scores = sum_score_likelihood(np.ones((k, c, 1)), values).scores
            nothing = np.full(len(scores), np.nan)
            return scores, nothing, nothing, nothing
        sums = sum_score_likelihood(self.model.probabilities(self.items, NODES), values)
        found = expected_a_posteriori_of_sums(sums, log_weights(NODES, *self.latent), NODES)
        return (sums.scores, *found)

    @cached_property
    def complete(self) -> RoleFit:
        """The same model fitted to the complete rows."""
        rows = tabulate(self.patterns, complete=True)
        if rows.n == self.data.n:
            return self
        return fit_tabulated(rows, self.model, self.clustering)


def fit_tabulated(data: Tabulated, model: ItemModel, clustering: Clustering) -> RoleFit:
    """The model fitted to tabulated answers, or the reason why not."""
    reason = refusal(model, data.table)
    if reason is not None:
        return RoleFit(data.patterns, model, clustering, data, None, reason)
    fitted = fit(model, [data.table], layout(model, data.table.observed()[None]))
    return RoleFit(data.patterns, model, clustering, data, fitted, problem(fitted, data.patterns.items))


def fit_role(patterns: ResponsePatterns, model: ItemModel, clustering: Clustering) -> RoleFit:
    """The model fitted to every row of one role that has an answer."""
    return fit_tabulated(tabulate(patterns), model, clustering)
