"""Rows of a fitted model: parameters with standard errors, likelihood, information, reliability and the score table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...analysis.by_role import Clustering
from ...analysis.item_direction import marked
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters, quadratic_variance
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from .analysis_role import RoleFit
from .numerics.estimation import Fit, covariance
from .numerics.information import (
    empirical_reliability,
    information,
    information_derivatives,
    marginal_reliability,
    marginal_reliability_derivatives,
)
from .numerics.models import ItemModel

# Answers per parameter below which slopes come out too steep (docs/studies/irt.md: by .18 with 2, by .09 with 4).
_FEW_PER_PARAMETER = 4

# Points of theta at which the information is reported.
INFORMATION_POINTS = np.arange(-3.0, 3.5, 0.5)


def positive(level: float, estimate: float, std_error: float, df: float) -> intervals.Bounds:
    """Wald on the log, for quantities that cannot be negative."""
    if not estimate > 0:
        return math.nan, math.nan
    with np.errstate(over="ignore"):
        factor = float(np.exp(intervals.quantile(level, df) * std_error / estimate))
    return estimate / factor, estimate * factor


def place_covariance(fitted: Fit, group: int, *, robust: bool = False, clusters: Clusters | None = None) -> Floats:
    """Covariance (P, P) of all places of a group, zero where fixed; NaN throughout with one cluster."""
    free = covariance(fitted, robust=robust, clusters=clusters)
    select = fitted.layout.selection(group)
    full = select @ free @ select.T
    return np.asarray(full if np.isfinite(free).all() else np.full(full.shape, np.nan))


@dataclass(frozen=True, eq=False, kw_only=True)
class ItemRows:
    """Statistics of one set of items.

    items: (k, m); observed: (k, c) categories chosen; covariance: (P, P), P >= k m; reason: why there are no estimates;
    remark: what must be known to read them; df: of the interval's t quantile.
    """

    patterns: ResponsePatterns
    model: ItemModel
    items: Floats
    observed: NDArray[np.bool_]
    covariance: Floats
    n: int
    cluster: str | None
    df: float
    reason: str | None
    remark: str | None

    def estimate(
        self,
        estimate: float,
        gradient: Floats,
        bounds: Callable[..., intervals.Bounds] = intervals.wald,
        note: str | None = None,
        **fields: object,
    ) -> Statistic:
        """A number with standard error (delta method; gradient over the first places) and interval, or a null row."""
        if math.isnan(estimate):
            return Statistic(estimate=math.nan, n=self.n, note=note or "not_computed", **fields)  # type: ignore[arg-type]
        over = gradient.ravel()
        error = math.sqrt(quadratic_variance(over, self.covariance[: over.size, : over.size]))
        return Statistic(
            estimate=estimate,
            std_error=error,
            interval=partial(bounds, estimate=estimate, std_error=error, df=self.df),
            cluster=self.cluster,
            n=self.n,
            note="one_cluster" if math.isnan(error) else note or self.remark,
            **fields,  # type: ignore[arg-type]
        )

    def rows(self) -> Iterator[Statistic]:
        """Discrimination, intercepts and difficulties of every item."""
        for item, observed in enumerate(self.observed):
            reason = self.reason or ("no_answers" if not observed.any() else "constant_item" if observed.sum() == 1 else None)
            values = self.items[item] if reason is None else np.full(self.items.shape[1], np.nan)
            name = self.patterns.items[item]
            slope = self.estimate(float(values[0]), self._unit(item, 0), note=reason, quantity="discrimination", item=name)
            yield marked(slope)
            yield from self._intercepts(item, values, reason)
            yield from self._difficulties(item, values, reason)

    def _unit(self, item: int, place: int) -> Floats:
        unit = np.zeros(self.items.shape)
        unit[item, place] = 1.0
        return unit

    def _not_chosen(self, item: int, categories: Sequence[int]) -> str | None:
        """Note on those of the categories (0 … c - 1) that nobody chose."""
        values = self.patterns.instrument.categories
        lost = [str(values[category]) for category in dict.fromkeys(categories) if not self.observed[item, category]]
        return f"category_not_chosen: {', '.join(lost)}" if lost else None

    def _intercepts(self, item: int, values: Floats, reason: str | None) -> Iterator[Statistic]:
        """d_1 … d_(c-1), NaN where infinite: where nobody chose a category on one side (graded), or the category itself or the
        baseline (partial credit)."""
        baseline = self.model.baseline
        for threshold in range(1, self.observed.shape[1]):
            lost = self._not_chosen(item, (0, threshold) if baseline else (threshold - 1, threshold))
            place = threshold + (1 if baseline else 0)
            known = math.isfinite(values[place]) and not (baseline and lost)
            yield self.estimate(
                float(values[place]) if known else math.nan,
                self._unit(item, place),
                note=reason or lost,
                quantity="intercept",
                item=self.patterns.items[item],
                category=threshold,
            )

    def _difficulties(self, item: int, values: Floats, reason: str | None) -> Iterator[Statistic]:
        """b = -L d / a."""
        for threshold, contrast in enumerate(self.model.difficulty_contrasts(self.observed.shape[1]), start=1):
            used = np.flatnonzero(contrast)
            finite = bool(np.isfinite(values[1 + used]).all())
            estimate = -float(contrast[used] @ values[1 + used] / values[0]) if finite else math.nan
            gradient = np.zeros(self.items.shape)
            if finite:
                gradient[item] = -np.concatenate([[estimate], contrast]) / values[0]
            yield self.estimate(
                estimate,
                gradient,
                note=reason or self._not_chosen(item, (threshold - 1, threshold)),
                quantity="difficulty",
                item=self.patterns.items[item],
                category=threshold,
            )


def reading(clustering: Clustering, fitted: Fit | None) -> str | None:
    """What must be known to read estimates and standard errors."""
    notes = [clustering.note]
    if fitted is not None and fitted.n < _FEW_PER_PARAMETER * fitted.layout.size:
        notes.append(f"few_per_parameter: n = {round(fitted.n)}, {fitted.layout.size}")
    return "; ".join(note for note in notes if note) or None


def of_role(role: RoleFit, *, robust: bool = False) -> ItemRows:
    """The item rows of one role's fit; robust: sandwich standard errors although answers are independent."""
    size = role.items.size
    spread = np.full((size, size), np.nan)
    if role.fit is not None and role.usable:
        spread = place_covariance(role.fit, 0, robust=robust, clusters=role.clusters)
    return ItemRows(
        patterns=role.patterns,
        model=role.model,
        items=role.items,
        observed=role.data.table.observed(),
        covariance=spread,
        n=role.data.n,
        cluster=role.clustering.key,
        df=intervals.degrees_of_freedom(role.clusters),
        reason=role.note,
        remark=reading(role.clustering, role.fit),
    )


def rows(role: RoleFit, *, robust: bool = False) -> Iterator[Statistic]:
    """Parameters, likelihood, reliability, information and score table of one role."""
    parameters = of_role(role, robust=robust)
    yield from parameters.rows()
    yield from likelihood(role.fit, role.note, role.data.n)
    yield from _reliability(role, parameters)
    yield from _information(role, parameters)
    yield from _score_table(role)


def likelihood(fitted: Fit | None, note: str | None, n: int) -> Iterator[Statistic]:
    """A flat likelihood has still reached its height; one that did not converge, or rises with a slope, has not."""
    for quantity in ("log_likelihood", "aic", "bic"):
        reached = fitted is not None and fitted.problem in (None, "not_identified")
        height = float(getattr(fitted, quantity)) if reached else math.nan
        yield Statistic(quantity=quantity, estimate=height, n=n, note=note)


def _reliability(role: RoleFit, parameters: ItemRows) -> Iterator[Statistic]:
    marginal, gradient, empirical = math.nan, np.zeros(role.items.shape), math.nan
    if role.usable:
        marginal = marginal_reliability(role.model, role.items)
        gradient = marginal_reliability_derivatives(role.model, role.items)
        empirical = empirical_reliability(*role.eap, role.data.table.counts)
    yield parameters.estimate(marginal, gradient, intervals.log_complement, note=role.note, quantity="marginal_reliability")
    yield Statistic(quantity="empirical_reliability", estimate=empirical, n=role.data.n, note=role.note)


def _information(role: RoleFit, parameters: ItemRows) -> Iterator[Statistic]:
    values = np.full(INFORMATION_POINTS.size, np.nan)
    gradients = np.zeros((*role.items.shape, INFORMATION_POINTS.size))
    if role.usable:
        values = information(role.model, role.items, INFORMATION_POINTS)
        gradients = information_derivatives(role.model, role.items, INFORMATION_POINTS)
    for place, point in enumerate(INFORMATION_POINTS):
        yield parameters.estimate(
            float(values[place]),
            gradients[:, :, place],
            positive,
            note=role.note,
            quantity="information",
            category=float(point),
        )


def _score_table(role: RoleFit) -> Iterator[Statistic]:
    """EAP and its posterior standard deviation for every sum score."""
    sums, means, spreads, _ = role.score_table
    for quantity, values in (("eap_sum", means), ("eap_sum_sd", spreads)):
        for score, value in zip(sums, values, strict=True):
            note = role.note or ("sum_cannot_occur" if math.isnan(value) else None)
            yield Statistic(quantity=quantity, category=int(score), estimate=float(value), n=role.data.n, note=note)
