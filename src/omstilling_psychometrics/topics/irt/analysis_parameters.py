"""Rows of a fitted model: parameters with standard errors, likelihood, information, reliability and the score table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np

from ...analysis.by_role import Clustering
from ...analysis.declared_rows import completed, null
from ...analysis.item_direction import marked
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import quadratic_variance
from ...core.results import Statistic
from .analysis_role import FittedRole, positive
from .curves import ItemCurves
from .numerics.estimation import Fit
from .numerics.information import (
    expected_information,
    expected_information_derivatives,
    information_derivatives,
    marginal_reliability_derivatives,
)

# Answers per parameter below which slopes come out too steep (docs/studies/irt.md: by .18 with 2, by .09 with 4).
_FEW_PER_PARAMETER = 4

# Points of theta at which the information is reported.
INFORMATION_POINTS = np.arange(-3.0, 3.5, 0.5)


def declared_of_item(curves: ItemCurves, item: int, n: int) -> Iterator[Statistic]:
    """The rows of an item of n answers, whether or not there are estimates."""
    row = partial(Statistic, item=curves.names[item], n=n)
    yield row(quantity="discrimination")
    thresholds = range(1, len(curves.values))
    yield from (row(quantity=name, category=number) for name in ("intercept", "difficulty") for number in thresholds)


@dataclass(frozen=True, eq=False, kw_only=True)
class ItemRows:
    """Statistics of the items of one role or group.

    covariance: (P, P), P >= k m; reason: why there are no estimates; remark: what must be known to read them; df: of the
    interval's t quantile.
    """

    curves: ItemCurves
    covariance: Floats
    n: int
    cluster: str | None
    df: float
    reason: Note | None
    remark: str | None

    def estimate(
        self,
        declared: Statistic,
        estimate: float,
        gradient: Floats,
        bounds: Callable[..., intervals.Bounds] = intervals.wald,
        note: Note | None = None,
    ) -> Statistic:
        """A number with standard error (delta method; gradient over the first places) and interval, or a null row."""
        if math.isnan(estimate):
            return null(declared, note or "not_computed")
        over = gradient.ravel()
        error = math.sqrt(quadratic_variance(over, self.covariance[: over.size, : over.size]))
        return replace(
            declared,
            estimate=estimate,
            std_error=error,
            interval=partial(bounds, estimate=estimate, std_error=error, df=self.df),
            cluster=self.cluster,
            note="one_cluster" if math.isnan(error) else joined(note) or self.remark,
        )

    def rows(self) -> Iterator[Statistic]:
        """Discrimination, intercepts and difficulties of every item."""
        difficulties = self.curves.difficulties()
        for item, observed in enumerate(self.curves.observed):
            reason = self.reason
            if reason is None and observed.sum() < 2:
                reason = Note("constant_item" if observed.any() else "no_answers")
            computed = self._item(item, difficulties[item]) if reason is None else ()
            yield from completed(computed, declared_of_item(self.curves, item, self.n), reason or "not_computed")

    def _item(self, item: int, difficulties: Floats) -> Iterator[Statistic]:
        slope, *rows = declared_of_item(self.curves, item, self.n)
        yield marked(self.estimate(slope, float(self.curves.items[item, 0]), self._unit(item, 0)))
        thresholds = len(self.curves.values) - 1
        yield from self._intercepts(item, rows[:thresholds])
        yield from self._difficulties(item, rows[thresholds:], difficulties)

    def _unit(self, item: int, place: int) -> Floats:
        unit = np.zeros(self.curves.items.shape)
        unit[item, place] = 1.0
        return unit

    def _not_chosen(self, item: int, categories: Sequence[int]) -> Note | None:
        """Those of the categories (0 … c - 1) that nobody chose."""
        chosen, values = self.curves.observed[item], self.curves.values
        lost = [str(values[category]) for category in dict.fromkeys(categories) if not chosen[category]]
        return Note("category_not_chosen", ", ".join(lost)) if lost else None

    def _intercepts(self, item: int, rows: Sequence[Statistic]) -> Iterator[Statistic]:
        """d_1 … d_(c-1), NaN where infinite: where nobody chose a category on one side (graded), or the category itself or the
        baseline (partial credit)."""
        baseline, values = self.curves.kind.baseline, self.curves.items[item]
        for threshold, row in enumerate(rows, start=1):
            lost = self._not_chosen(item, (0, threshold) if baseline else (threshold - 1, threshold))
            place = threshold + (1 if baseline else 0)
            known = math.isfinite(values[place]) and not (baseline and lost)
            yield self.estimate(row, float(values[place]) if known else math.nan, self._unit(item, place), note=lost)

    def _difficulties(self, item: int, rows: Sequence[Statistic], values: Floats) -> Iterator[Statistic]:
        """b = -L d / a."""
        contrasts = self.curves.kind.difficulty_contrasts(len(self.curves.values))
        for threshold, (row, value, contrast) in enumerate(zip(rows, values.tolist(), contrasts, strict=True), start=1):
            gradient = np.zeros(self.curves.items.shape)
            if math.isfinite(value):
                gradient[item] = -np.concatenate([[value], contrast]) / self.curves.items[item, 0]
            yield self.estimate(row, value, gradient, note=self._not_chosen(item, (threshold - 1, threshold)))


def reading(clustering: Clustering, fitted: Fit | None) -> str | None:
    """What must be known to read estimates and standard errors."""
    few = None
    if fitted is not None and fitted.n < _FEW_PER_PARAMETER * fitted.layout.size:
        few = Note("few_per_parameter", f"n = {round(fitted.n)}, {fitted.layout.size}")
    return joined(clustering.note, few)


def rows(role: FittedRole) -> Iterator[Statistic]:
    """Parameters, likelihood, reliability, information and score table of one role."""
    parameters = ItemRows(
        curves=role,
        covariance=role.covariance,
        n=role.n,
        cluster=role.clustering.key,
        df=role.df,
        reason=role.reason,
        remark=reading(role.clustering, role.fit),
    )
    yield from parameters.rows()
    yield from likelihood(role.fit, role.reason, role.n)
    parts = (_reliability, _information, _expected_information)
    computed = chain(*(part(role, parameters) for part in parts), _score_table(role)) if role.usable else ()
    yield from completed(computed, declared(role), role.reason or "not_computed")


def declared(role: FittedRole) -> Iterator[Statistic]:
    """The rows of all items together, whether or not there are estimates."""
    yield from declared_reliability(role)
    yield from declared_information(role)
    yield from declared_expected_information(role)
    yield from declared_scores(role)


def declared_likelihood(n: int) -> Iterator[Statistic]:
    yield from (Statistic(quantity=quantity, n=n) for quantity in ("log_likelihood", "aic", "bic"))


def declared_reliability(role: FittedRole) -> Iterator[Statistic]:
    yield from (Statistic(quantity=quantity, n=role.n) for quantity in ("marginal_reliability", "empirical_reliability"))


def declared_information(role: FittedRole) -> Iterator[Statistic]:
    yield from (Statistic(quantity="information", category=float(point), n=role.n) for point in INFORMATION_POINTS)


def declared_expected_information(role: FittedRole) -> Iterator[Statistic]:
    yield from (Statistic(quantity="expected_information", item=item, n=role.n) for item in role.names)


def declared_scores(role: FittedRole) -> Iterator[Statistic]:
    """Of every attainable sum of category values."""
    sums = role.eap_of_sums[0]
    yield from (Statistic(quantity=name, category=int(score), n=role.n) for name in ("eap_sum", "eap_sum_sd") for score in sums)


def likelihood(fitted: Fit | None, reason: Note | None, n: int) -> Iterator[Statistic]:
    """A flat likelihood has still reached its height; one that did not converge, or rises with a slope, has not."""
    computed: Iterable[Statistic] = ()
    if fitted is not None and fitted.reason in (None, Note("not_identified")):
        computed = (
            replace(row, estimate=float(getattr(fitted, row.quantity)), note=joined(reason)) for row in declared_likelihood(n)
        )
    yield from completed(computed, declared_likelihood(n), reason or "not_computed")


def _reliability(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    marginal, empirical = declared_reliability(role)
    slopes = marginal_reliability_derivatives(role.kind, role.items)
    yield parameters.estimate(marginal, role.marginal_reliability, slopes, intervals.log_complement)
    yield replace(empirical, estimate=role.empirical_reliability)


def _information(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    values = role.information(INFORMATION_POINTS)
    slopes = information_derivatives(role.kind, role.items, INFORMATION_POINTS)
    for place, row in enumerate(declared_information(role)):
        yield parameters.estimate(row, float(values[place]), slopes[:, :, place], positive)


def _expected_information(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    """What each item tells about the people of this role, whose latent variable is standard normal in the model."""
    for place, row in enumerate(declared_expected_information(role)):
        if place not in role.varying:
            yield null(row, "constant_item" if role.observed[place].any() else "no_answers")
            continue
        own, gradient = role.items[[place]], np.zeros(role.items.shape)
        gradient[place] = expected_information_derivatives(role.kind, own)[0]
        yield parameters.estimate(row, float(expected_information(role.kind, own)[0]), gradient, positive)


def _score_table(role: FittedRole) -> Iterator[Statistic]:
    """EAP and its posterior standard deviation for every sum score."""
    _, means, spreads, _ = role.eap_of_sums
    for row, value in zip(declared_scores(role), (*means, *spreads), strict=True):
        yield null(row, "sum_cannot_occur") if math.isnan(value) else replace(row, estimate=float(value))
