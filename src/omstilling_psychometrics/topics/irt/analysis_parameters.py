"""Rows of a fitted model: parameters with standard errors, likelihood, information, reliability and the score table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...analysis.by_role import Clustering, missing
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
        estimate: float,
        gradient: Floats,
        bounds: Callable[..., intervals.Bounds] = intervals.wald,
        note: Note | None = None,
        **fields: object,
    ) -> Statistic:
        """A number with standard error (delta method; gradient over the first places) and interval, or a null row."""
        if math.isnan(estimate):
            return missing(joined(note) or "not_computed", n=self.n, **fields)
        over = gradient.ravel()
        error = math.sqrt(quadratic_variance(over, self.covariance[: over.size, : over.size]))
        return Statistic(
            estimate=estimate,
            std_error=error,
            interval=partial(bounds, estimate=estimate, std_error=error, df=self.df),
            cluster=self.cluster,
            n=self.n,
            note="one_cluster" if math.isnan(error) else joined(note) or self.remark,
            **fields,  # type: ignore[arg-type]
        )

    def rows(self) -> Iterator[Statistic]:
        """Discrimination, intercepts and difficulties of every item."""
        difficulties = self.curves.difficulties()
        for item, observed in enumerate(self.curves.observed):
            reason = self.reason
            if reason is None and observed.sum() < 2:
                reason = Note("constant_item" if observed.any() else "no_answers")
            values = self.curves.items[item] if reason is None else np.full(self.curves.items.shape[1], np.nan)
            name = self.curves.names[item]
            slope = self.estimate(float(values[0]), self._unit(item, 0), note=reason, quantity="discrimination", item=name)
            yield marked(slope)
            yield from self._intercepts(item, values, reason)
            yield from self._difficulties(item, difficulties[item], reason)

    def _unit(self, item: int, place: int) -> Floats:
        unit = np.zeros(self.curves.items.shape)
        unit[item, place] = 1.0
        return unit

    def _not_chosen(self, item: int, categories: Sequence[int]) -> Note | None:
        """Those of the categories (0 … c - 1) that nobody chose."""
        chosen, values = self.curves.observed[item], self.curves.values
        lost = [str(values[category]) for category in dict.fromkeys(categories) if not chosen[category]]
        return Note("category_not_chosen", ", ".join(lost)) if lost else None

    def _intercepts(self, item: int, values: Floats, reason: Note | None) -> Iterator[Statistic]:
        """d_1 … d_(c-1), NaN where infinite: where nobody chose a category on one side (graded), or the category itself or the
        baseline (partial credit)."""
        baseline = self.curves.kind.baseline
        for threshold in range(1, len(self.curves.values)):
            lost = self._not_chosen(item, (0, threshold) if baseline else (threshold - 1, threshold))
            place = threshold + (1 if baseline else 0)
            known = math.isfinite(values[place]) and not (baseline and lost)
            yield self.estimate(
                float(values[place]) if known else math.nan,
                self._unit(item, place),
                note=reason or lost,
                quantity="intercept",
                item=self.curves.names[item],
                category=threshold,
            )

    def _difficulties(self, item: int, values: Floats, reason: Note | None) -> Iterator[Statistic]:
        """b = -L d / a."""
        contrasts = self.curves.kind.difficulty_contrasts(len(self.curves.values))
        for threshold, (value, contrast) in enumerate(zip(values.tolist(), contrasts, strict=True), start=1):
            gradient = np.zeros(self.curves.items.shape)
            if reason is None and math.isfinite(value):
                gradient[item] = -np.concatenate([[value], contrast]) / self.curves.items[item, 0]
            yield self.estimate(
                math.nan if reason else value,
                gradient,
                note=reason or self._not_chosen(item, (threshold - 1, threshold)),
                quantity="difficulty",
                item=self.curves.names[item],
                category=threshold,
            )


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
    yield from _reliability(role, parameters)
    yield from _information(role, parameters)
    yield from _expected_information(role, parameters)
    yield from _score_table(role)


def likelihood(fitted: Fit | None, reason: Note | None, n: int) -> Iterator[Statistic]:
    """A flat likelihood has still reached its height; one that did not converge, or rises with a slope, has not."""
    reached = fitted is not None and fitted.reason in (None, Note("not_identified"))
    for quantity in ("log_likelihood", "aic", "bic"):
        height = float(getattr(fitted, quantity)) if reached else math.nan
        yield Statistic(quantity=quantity, estimate=height, n=n, note=joined(reason))


def _reliability(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    slopes = marginal_reliability_derivatives(role.kind, role.items) if role.usable else np.zeros(role.items.shape)
    yield parameters.estimate(
        role.marginal_reliability, slopes, intervals.log_complement, note=role.reason, quantity="marginal_reliability"
    )
    empirical = role.empirical_reliability
    yield Statistic(quantity="empirical_reliability", estimate=empirical, n=role.n, note=joined(role.reason))


def _information(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    values = np.full(INFORMATION_POINTS.size, np.nan)
    slopes = np.zeros((*role.items.shape, INFORMATION_POINTS.size))
    if role.usable:
        values = role.information(INFORMATION_POINTS)
        slopes = information_derivatives(role.kind, role.items, INFORMATION_POINTS)
    for place, point in enumerate(INFORMATION_POINTS):
        yield parameters.estimate(
            float(values[place]),
            slopes[:, :, place],
            positive,
            note=role.reason,
            quantity="information",
            category=float(point),
        )


def _expected_information(role: FittedRole, parameters: ItemRows) -> Iterator[Statistic]:
    """What each item tells about the people of this role, whose latent variable is standard normal in the model."""
    for place, name in enumerate(role.names):
        value, gradient = math.nan, np.zeros(role.items.shape)
        reason = role.reason
        if reason is None and place not in role.varying:
            reason = Note("constant_item" if role.observed[place].any() else "no_answers")
        if reason is None:
            value = float(expected_information(role.kind, role.items[[place]])[0])
            gradient[place] = expected_information_derivatives(role.kind, role.items[[place]])[0]
        yield parameters.estimate(value, gradient, positive, note=reason, quantity="expected_information", item=name)


def _score_table(role: FittedRole) -> Iterator[Statistic]:
    """EAP and its posterior standard deviation for every sum score."""
    sums, means, spreads, _ = role.eap_of_sums
    for quantity, values in (("eap_sum", means), ("eap_sum_sd", spreads)):
        for score, value in zip(sums, values, strict=True):
            note = joined(role.reason) or ("sum_cannot_occur" if math.isnan(value) else None)
            yield Statistic(quantity=quantity, category=int(score), estimate=float(value), n=role.n, note=note)
