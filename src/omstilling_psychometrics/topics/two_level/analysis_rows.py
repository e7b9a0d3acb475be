"""Rows of the ordinal two-level models: parameters, share between leaders, tests, and reliability of the observed score."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain

import numpy as np
from scipy.special import chdtrc

from ...analysis.declared_rows import completed, null
from ...analysis.item_direction import marked
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Ints
from ...core.numerics.sandwich import quadratic_variance
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from .analysis_residuals import ItemResiduals, Kind, declared_residuals
from .analysis_role import TwoLevelModel, TwoLevelRole
from .numerics.equal_loadings import equal_loadings
from .numerics.observed_score import Reliability, ScoreVariances, score_variances

METHODS: tuple[Kind, ...] = ("equal", "free")
# Numbers of complete answers at which the reliability of a leader's mean is given.
ANSWERS = (1, 2, 3, 5, 7, 10, 15, 20, 30)


def declared(patterns: ResponsePatterns) -> Iterator[Statistic]:
    """The rows of both models, whether or not there are estimates."""
    n = patterns.n
    yield from chain(*(declared_of_model(patterns.items, len(patterns.instrument.categories), method, n) for method in METHODS))
    yield from declared_residuals(patterns.items, n)
    yield from declared_tests(n)


def declared_of_model(items: tuple[str, ...], categories: int, method: str, n: int) -> Iterator[Statistic]:
    row = partial(Statistic, method=method, n=n)
    for item in items:
        yield row(quantity="loading", item=item)
        yield row(quantity="loading_between", item=item)
        yield from (row(quantity="threshold", item=item, category=number) for number in range(1, categories))
    yield from (row(quantity=quantity) for quantity in ("icc", "log_likelihood", "omega_within", "omega_between"))
    yield from (row(quantity="leader_reliability", category=answers) for answers in ANSWERS)


def declared_tests(n: int) -> Iterator[Statistic]:
    yield from (Statistic(quantity=name, method="equal", n=n) for name in ("equal_loadings", "no_variance_between"))


def rows(role: TwoLevelRole) -> Iterator[Statistic]:
    """Of one role: each model's with errors by the key that was asked for, the tests, and errors by organisation beside."""
    residuals = ItemResiduals(role)
    for method, model in zip(METHODS, (role.equal, role.free), strict=True):
        yield from (_aware(row, residuals, method) for row in _of_model(role, method, model))
    yield from residuals.rows()
    yield from (_aware(row, residuals, "free") for row in completed(_tests(role), declared_tests(role.answers.n)))
    if role.organisations is not None:
        for model in (role.equal, role.free):
            if model is not None and model.reason is None:
                by_organisation = _ModelRows(role, model, "organisation", role.organisations)
                yield from by_organisation.beside()


def _aware(row: Statistic, residuals: ItemResiduals, kind: Kind) -> Statistic:
    """What rests on items without residuals between leaders says where such are found."""
    if row.quantity not in ("omega_between", "equal_loadings") or (row.estimate is None and row.statistic is None):
        return row
    return replace(row, note=joined(row.note, residuals.found(kind)))


def _of_model(role: TwoLevelRole, method: str, model: TwoLevelModel | None) -> Iterator[Statistic]:
    answers = role.answers
    empty = declared_of_model(answers.items, len(answers.values), method, answers.n)
    if model is None:
        yield from completed((), empty, role.equal.reason or "variance_at_zero")
    elif model.reason is not None:
        yield from completed((), empty, model.reason)
    else:
        yield from completed(_ModelRows(role, model, role.cluster, model.units).rows(), empty)


class _ModelRows:
    """Rows of a model, with errors by units (G,) of a key."""

    def __init__(self, role: TwoLevelRole, model: TwoLevelModel, cluster: str | None, units: Ints | None) -> None:
        self._role, self._model, self._cluster, self._units = role, model, cluster, units
        self._df = math.inf if units is None else int(units.max())

    @cached_property
    def _covariance(self) -> Floats:
        return self._model.covariance_by(self._units)

    def rows(self) -> Iterator[Statistic]:
        items, values = self._role.answers.items, self._role.answers.values
        empty = iter(declared_of_model(items, len(values), self._model.method, self._role.answers.n))
        for item in range(len(items)):
            within, between = next(empty), next(empty)
            thresholds = [next(empty) for _ in values[1:]]
            if item not in self._role.answers.varying:
                chosen = self._role.answers.observed[item].any()
                reason = Note("constant_item" if chosen else "item_without_answers", "" if chosen else items[item])
                yield from (null(row, reason) for row in (within, between, *thresholds))
                continue
            yield self._loading(within, item)
            yield self._loading_between(between, item)
            yield from (self._threshold(row, item, step) for step, row in enumerate(thresholds))
        yield self._icc(next(empty))
        yield replace(next(empty), estimate=self._model.log_likelihood, note=self._role.remark)
        yield from self._reliabilities(empty)

    def beside(self) -> Iterator[Statistic]:
        """Loadings and shares between leaders, with these errors beside the usual ones."""
        for row in self.rows():
            if row.estimate is not None and math.isfinite(row.estimate) and row.quantity not in ("threshold", "log_likelihood"):
                yield replace(row, method=f"{row.method}/{self._cluster}")

    def _estimate(
        self, row: Statistic, estimate: float, error: float, bounds: Callable[..., intervals.Bounds], note: str | None = None
    ) -> Statistic:
        return replace(
            row,
            estimate=estimate,
            std_error=error,
            interval=partial(bounds, estimate=estimate, std_error=error, df=self._df),
            cluster=self._cluster,
            note=joined("one_cluster" if math.isnan(error) else None, note, self._role.remark),
        )

    def _at(self, row: Statistic, estimate: float, place: int, note: str | None = None) -> Statistic:
        """A parameter, by its place in the covariance."""
        error = math.sqrt(max(float(self._covariance[place, place]), 0)) if self._has_errors else math.nan
        return self._estimate(row, estimate, error, intervals.wald, note)

    @property
    def _has_errors(self) -> bool:
        return bool(np.isfinite(self._covariance).all())

    def _loading(self, row: Statistic, item: int) -> Statistic:
        return marked(self._at(row, float(self._model.loading[item]), item))

    def _loading_between(self, row: Statistic, item: int) -> Statistic:
        if self._model.at_bound:
            return replace(row, estimate=0.0, note=joined("variance_at_zero", self._role.remark))
        return marked(self._at(row, float(self._model.loading_between[item]), len(self._role.answers.items) + item))

    def _threshold(self, row: Statistic, item: int, step: int) -> Statistic:
        values, observed = self._role.answers.values, self._role.answers.observed[item]
        lost = [str(values[category]) for category in (step, step + 1) if not observed[category]]
        note = str(Note("category_not_chosen", ", ".join(lost))) if lost else None
        estimate = float(self._model.thresholds[item, step])
        if not math.isfinite(estimate):
            return null(row, note or "not_computed")
        return self._at(row, estimate, 2 * len(self._role.answers.items) + item * (len(values) - 1) + step, note)

    def _icc(self, row: Statistic) -> Statistic:
        if self._model.method == "free":
            return null(row, "share_needs_equal_loadings")
        if self._model.at_bound:
            return replace(row, estimate=0.0, note=joined("variance_at_zero", self._role.remark))
        ratio = self._model.ratio
        error = math.sqrt(float(self._model.fit.covariance(self._units)[-1, -1]))
        return self._estimate(row, self._model.icc, error * 2 * ratio / (1 + ratio**2) ** 2, intervals.logit_wald)

    def _reliabilities(self, empty: Iterator[Statistic]) -> Iterator[Statistic]:
        """Of the observed mean score of all items: one person's among those of the same leader, and a leader's mean."""
        silent = np.flatnonzero(~self._role.answers.observed.any(axis=1))
        if silent.size:
            raise EstimationError("item_without_answers", ", ".join(self._role.answers.items[item] for item in silent))
        within, between, *of_leaders = empty
        variances = self._variances
        yield self._reliability(within, variances.omega_within, intervals.log_complement)
        yield self._of_leaders(between, variances, self._role.answers.harmonic_size)
        for row in of_leaders:
            yield self._of_leaders(row, variances, float(row.category or 1))

    @cached_property
    def _variances(self) -> ScoreVariances:
        model, values = self._model, np.asarray(self._role.answers.values, dtype=float)
        return score_variances(model.loading, model.loading_between, model.thresholds, values)

    def _of_leaders(self, row: Statistic, variances: ScoreVariances, answers: float) -> Statistic:
        if self._model.at_bound:
            return replace(row, estimate=0.0, note=joined("variance_at_zero", self._role.remark))
        # The logit of the reliability of n answers is that of one answer and log n: intervals for all n say the same.
        return self._reliability(row, variances.leader_reliability(answers), intervals.logit_wald)

    def _reliability(self, row: Statistic, reliability: Reliability, bounds: Callable[..., intervals.Bounds]) -> Statistic:
        error = math.nan
        if self._has_errors:
            error = math.sqrt(quadratic_variance(reliability.gradient, self._covariance))
        return self._estimate(row, reliability.estimate, error, bounds)


def _tests(role: TwoLevelRole) -> Iterator[Statistic]:
    """Are loadings between leaders those within, up to a constant; is there variance between leaders at all?"""
    loadings, variance = declared_tests(role.answers.n)
    if role.equal.reason is not None:
        raise EstimationError(role.equal.reason.key, role.equal.reason.detail)
    if role.free is None:
        yield null(loadings, "variance_at_zero")
    elif role.free.reason is not None:
        yield null(loadings, role.free.reason)
    else:
        yield _equal_loadings(role, role.free, loadings)
    rise = max(2 * (role.equal.log_likelihood - role.single.log_likelihood), 0.0)
    # Half of the samples without variance between leaders have their maximum at the bound.
    p_value = 0.5 * float(chdtrc(1, rise)) if rise > 0 else 1.0
    at_zero = "variance_at_zero" if role.equal.at_bound else None
    yield replace(variance, statistic=rise, df=1, p_value=p_value, note=joined("half_at_the_bound", at_zero, role.remark))


def _equal_loadings(role: TwoLevelRole, free: TwoLevelModel, row: Statistic) -> Statistic:
    units = free.units
    if units is not None and int(units.max()) < len(role.answers.varying):
        detail = f"{int(units.max()) + 1} <= {len(role.answers.varying)}"
        return null(row, Note("clusters_do_not_exceed_moments", detail))
    test = equal_loadings(role.equal.fit, free.fit, units)
    return replace(row, statistic=test.statistic, df=test.df, p_value=test.p_value, cluster=role.cluster, note=role.remark)
