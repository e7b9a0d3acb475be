"""The dimensions of one role from one kind of correlation, and the rows that are derived from them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...analysis.declared_rows import completed
from ...core.errors import EstimationError
from ...core.note import Note
from ...core.numerics.arrays import Floats
from ...core.results import Statistic
from ..correlation.complete_answers import CompleteAnswers
from .numerics.efa import extract, residuals
from .numerics.empirical_kaiser import reference_eigenvalues
from .numerics.map_test import average_partials, best_number
from .numerics.minimum_rank import explained_common_variance
from .numerics.parallel_analysis import (
    Thresholds,
    crawford_thresholds,
    eigenvalues,
    mean_thresholds,
    normal_eigenvalues,
    ordinal_eigenvalues,
    quantile_thresholds,
    retained,
)
from .numerics.sampling_adequacy import bartlett, kaiser_meyer_olkin

# Simulated data sets. A draw of polychoric correlations costs more than one of Pearson correlations.
REPLICATIONS = {"pearson": 2000, "polychoric": 500}
# Pairs of items with the largest residual correlations beside one factor that are listed.
RESIDUAL_PAIRS = 3

# An eigenvalue below this share of the largest is zero but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """What the rows of one role from one kind of correlation are derived from.

    Parameters
    ----------
    answers : CompleteAnswers
        The complete rows.
    kind : {"pearson", "polychoric"}
        Of correlation.
    quantile : float
        That an eigenvalue has to exceed.
    matrix : numpy.ndarray
        (k, k) correlations.
    simulated : numpy.ndarray or None
        (d, k) eigenvalues of as many answers to independent items, falling; draws that could not be made are NaN.
    not_simulated : Note or None
        Why there are none.
    """

    answers: CompleteAnswers
    kind: str
    quantile: float
    matrix: Floats
    simulated: Floats | None
    not_simulated: Note | None

    @classmethod
    def of(cls, answers: CompleteAnswers, kind: str, quantile: float, rng: np.random.Generator) -> Dimensions:
        """Dimensions of the complete answers of one role.

        Parameters
        ----------
        answers : CompleteAnswers
            The complete rows.
        kind : {"pearson", "polychoric"}
            Of correlation.
        quantile : float
            That an eigenvalue has to exceed.
        rng : numpy.random.Generator
            Of the simulated answers.

        Returns
        -------
        Dimensions
            With all that is random drawn.

        Raises
        ------
        EstimationError
            Where the correlations are not defined.
        """
        matrix = answers.correlations(kind)
        simulated, reason = None, None
        try:
            simulated = _simulated(answers, kind, rng)
        except EstimationError as error:
            reason = error.reason
        return cls(answers=answers, kind=kind, quantile=quantile, matrix=matrix, simulated=simulated, not_simulated=reason)

    @cached_property
    def eigenvalues(self) -> Floats:
        """(k,) in falling order."""
        return eigenvalues(self.matrix)

    @cached_property
    def thresholds(self) -> dict[str | None, Thresholds]:
        """What eigenvalues have to exceed, by rule: None for the quantile, `mean`, `crawford`; none without simulations."""
        if self.simulated is None:
            return {}
        return {
            None: quantile_thresholds(self.simulated, self.quantile),
            "mean": mean_thresholds(self.simulated),
            "crawford": crawford_thresholds(self.simulated, self.quantile),
        }

    def rows(self) -> Iterator[Statistic]:
        """Every statistic of this kind of correlation.

        Returns
        -------
        iterator of Statistic
            In the order of the report.
        """
        yield from completed(self._adequacy(self.matrix), _declared_adequacy(self.answers, self.kind))
        for number, value in enumerate(self.eigenvalues, start=1):
            yield self._row("eigenvalue", float(value), category=number)
        computed = self._parallel(self.eigenvalues) if self.not_simulated is None else ()
        yield from completed(computed, _declared_parallel(self.answers, self.kind), self.not_simulated or "not_computed")
        yield from self._map(self.matrix)
        yield from self._empirical_kaiser(self.eigenvalues)
        common = _row(self.answers, self.kind, "explained_common_variance")
        yield from completed(self._common_variance(self.matrix), [common])
        yield from self._one_factor(self.matrix, self.eigenvalues)

    def _row(self, quantity: str, estimate: float, rule: str | None = None, **fields: Any) -> Statistic:
        return _row(self.answers, self.kind, quantity, rule, estimate=estimate, **fields)

    def _adequacy(self, matrix: Floats) -> Iterator[Statistic]:
        items, n = self.answers.items, self.answers.n
        adequacy = kaiser_meyer_olkin(matrix)
        for item, value in ((None, adequacy.overall), *zip(items, adequacy.items, strict=True)):
            quantity = "kmo" if item is None else "kmo_item"
            note = "items_unrelated" if math.isnan(value) else None
            yield self._row(quantity, float(value), item=item, note=note)
        if self.kind == "pearson":
            statistic, df, p_value = bartlett(matrix, n)
            ignored = None if self.answers.clusters is None else "clusters_ignored"
            yield Statistic(quantity="bartlett", statistic=statistic, df=df, p_value=p_value, n=n, note=ignored)

    def _parallel(self, observed: Floats) -> Iterator[Statistic]:
        for rule, thresholds in self.thresholds.items():
            for number, (value, noise) in enumerate(zip(thresholds.values, thresholds.errors, strict=True), start=1):
                yield self._row("parallel_threshold", float(value), rule, category=number, std_error=float(noise))
        ignored = None if self.answers.clusters is None else "clusters_ignored"
        for rule, thresholds in self.thresholds.items():
            name = "parallel" if rule is None else f"parallel/{rule}"
            yield self._row("n_factors", float(retained(observed, thresholds.values)), name, note=ignored)

    def _map(self, matrix: Floats) -> Iterator[Statistic]:
        averages = average_partials(matrix, 2)
        for number, value in enumerate(averages):
            if math.isfinite(value):
                yield self._row("average_squared_partial", float(value), category=number)
        for rule, values in (("map", averages), ("map_revised", average_partials(matrix, 4))):
            yield from completed(self._lowest(rule, values), [_row(self.answers, self.kind, "n_factors", rule)])

    def _lowest(self, rule: str, averages: Floats) -> Iterator[Statistic]:
        best = best_number(averages)
        # Velicer (1976) would take no component out where the correlations themselves are smaller than what is left.
        note = "no_component_lowers_the_partials" if averages[0] < averages[best] else None
        yield self._row("n_factors", float(best), rule, note=note)

    def _empirical_kaiser(self, observed: Floats) -> Iterator[Statistic]:
        reference = reference_eigenvalues(observed, self.answers.n)
        for number, value in enumerate(reference, start=1):
            yield self._row("ekc_threshold", float(value), category=number)
        yield self._row("n_factors", float(retained(observed, reference)), "ekc")

    def _common_variance(self, matrix: Floats) -> Iterator[Statistic]:
        yield self._row("explained_common_variance", explained_common_variance(matrix))

    def _one_factor(self, matrix: Floats, observed: Floats) -> Iterator[Statistic]:
        if observed[1] > _ROUNDING * observed[0]:
            yield self._row("eigenvalue_ratio", float(observed[0] / observed[1]))
        items = self.answers.items
        if len(items) < 4:
            return
        left = residuals(matrix, extract(matrix, 1, "minres").loadings)
        first, second = np.triu_indices(len(items), 1)
        largest = np.argsort(-np.abs(left[first, second]), kind="stable")[:RESIDUAL_PAIRS]
        for rank, pair in enumerate(largest, start=1):
            i, j = int(first[pair]), int(second[pair])
            yield self._row("largest_residual", float(left[i, j]), item=f"{items[i]}~{items[j]}", category=rank)


def _method(kind: str, rule: str | None = None) -> str | None:
    """`rule` for Pearson correlations, `rule/polychoric` for the others."""
    parts = [part for part in (rule, None if kind == "pearson" else kind) if part]
    return "/".join(parts) or None


def declared(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    """The rows of a kind of correlation, whether or not it is defined."""
    yield from _declared_adequacy(answers, kind)
    yield from (_row(answers, kind, "eigenvalue", category=number + 1) for number in range(len(answers.items)))
    yield from _declared_parallel(answers, kind)
    yield from (_row(answers, kind, "n_factors", rule) for rule in ("map", "ekc"))
    yield _row(answers, kind, "explained_common_variance")


def _declared_adequacy(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    yield _row(answers, kind, "kmo")
    yield from (_row(answers, kind, "kmo_item", item=item) for item in answers.items)
    if kind == "pearson":
        yield _row(answers, kind, "bartlett")


def _declared_parallel(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    yield from (_row(answers, kind, "parallel_threshold", category=number + 1) for number in range(len(answers.items)))
    yield _row(answers, kind, "n_factors", "parallel")


def _row(answers: CompleteAnswers, kind: str, quantity: str, rule: str | None = None, **fields: Any) -> Statistic:
    return Statistic(quantity=quantity, method=_method(kind, rule), n=answers.n, **fields)


def _simulated(answers: CompleteAnswers, kind: str, rng: np.random.Generator) -> Floats:
    """(d, k) eigenvalues of as many answers to independent items; draws that could not be made are NaN.

    Raises EstimationError with no more answers than items, or where half of the draws could not be made.
    """
    replications = REPLICATIONS[kind]
    if kind == "pearson":
        return normal_eigenvalues(len(answers.items), answers.n, replications, rng)
    draws = ordinal_eigenvalues(answers.frequencies(), replications, rng)
    if np.isfinite(draws).all(axis=1).sum() < replications / 2:
        raise EstimationError("too_few_complete", f"n = {answers.n}")
    return draws
