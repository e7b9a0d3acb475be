"""Measurement invariance: does the scale measure the same thing, in the same units, from the same zero, in every group?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Generic, Literal, get_args

import numpy as np

from ..errors import UsageError
from ..numerics import intervals
from ..numerics.cfa import indices
from ..numerics.cfa.standardize import delta_method
from ..numerics.cfa.tests_of_fit import FitTest, NormalTests, OrdinalTests, chi2_tail
from ..numerics.invariance import Step, continuous_ladder, expected_score_bias, ordinal_ladder, without_item
from ..responses.patterns import ResponsePatterns
from ..results import Result, Statistic
from .by_role import few_clusters, missing
from .cfa_fit import named, scaling_refused
from .cfa_sample import StackedPatterns, stacked
from .groups import mixed_on_purpose, noted, require_unmixed_roles
from .invariance_fit import F, GroupedAnswers, NormalGroups, OrdinalGroups

Estimator = Literal["WLSMV", "MLR", "FIML"]

# No comparison of groups smaller than this.
SMALLEST_GROUP = 100

# The first step at which latent means can be compared; from there items are set free one by one.
_MEANS = {"WLSMV": "intercepts", "MLR": "scalar", "FIML": "scalar"}
_PREFIX = {"WLSMV": "", "MLR": "continuous/", "FIML": "fiml/"}


@dataclass(frozen=True, kw_only=True)
class InvarianceResult(Result):
    """The steps of the ladder (methods), latent means, and how each item by itself departs from invariance."""

    analysis: ClassVar[str] = "invariance"


def invariance(
    patterns: ResponsePatterns, *, by: str = "role", estimator: str = "WLSMV", cluster: str | None = "default"
) -> InvarianceResult:
    """One factor in the groups of `by`, with ever more of it held equal.

    estimator: `WLSMV` (ordinal, theta, every pair of answers): configural, thresholds, loadings, intercepts, residuals (Wu &
    Estabrook 2016). `MLR` (complete rows as numbers; methods `continuous/...`) and `FIML` (all rows; `fiml/...`): configural,
    metric, scalar, strict. Each step has `chi2`, `chi2_scaled`, `cfi_scaled`, `rmsea_scaled`, the changes of these two, and
    `difference`, the scaled test against the step before (Satorra 2000 for WLSMV, Satorra & Bentler 2001 otherwise). Once
    intercepts are equal: `latent_mean` of the other groups, in standard deviations of the first (method `.../group`). Item by
    item: `item_difference`, the test of setting the item free in all its parameters, and `expected_score_bias` (method
    `group~first group`), by how many scale points answers differ at equal latent values.

    By default scores are added up within leaders over all groups. The WLSMV tests then reject too seldom unless leaders are
    many times the degrees of freedom; `.../small_sample` beside each allows for that, and is the one to judge by. Groups under
    100 answers give null rows. lavaan with semTools::measEq.syntax agrees where answers are independent.

    Raises UsageError for a key that the data do not have, or several roles when `by` is another key.
    """
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator is '{estimator}'; invariance takes {', '.join(get_args(Estimator))}.")
    answers = require_unmixed_roles(patterns, by)
    rows = tuple(_comparison(answers, by, estimator, _cluster(answers, cluster)))
    settings = {"by": by, "estimator": estimator, "cluster": cluster}
    return InvarianceResult(statistics=rows, settings=settings, converged=not any(one.note == "not_converged" for one in rows))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator, by: str = "role") -> InvarianceResult:
    """All rows of the comparison, ordinal and continuous (nothing in it is random)."""
    answers, note = mixed_on_purpose(patterns, by)
    parts = [invariance(answers, by=by, estimator=estimator) for estimator in ("WLSMV", "MLR")]
    return InvarianceResult(
        statistics=tuple(noted(one, note) for part in parts for one in part.statistics),
        settings={"by": by, "estimators": ["WLSMV", "MLR"]},
        converged=all(part.converged for part in parts),
    )


def _cluster(patterns: ResponsePatterns, cluster: str | None) -> str | None:
    if cluster == "default":
        return "leader" if "leader" in patterns.keys and patterns.keys["leader"].levels else None
    if cluster is not None:
        patterns.size(cluster)
    return cluster


def _comparison(patterns: ResponsePatterns, by: str, estimator: str, cluster: str | None) -> Iterator[Statistic]:
    rows = stacked(patterns, by=None if by == "role" and "role" not in patterns.keys else by, cluster=cluster)
    values = np.asarray(patterns.instrument.categories, dtype=float)
    k, groups = len(patterns.items), len(rows.levels)
    steps = ordinal_ladder(k, rows.categories, groups) if estimator == "WLSMV" else continuous_ladder(k, groups)
    context = _Context(estimator, steps, patterns.items, rows.levels, values, cluster)
    refusal = _refusal(rows, k, listwise=estimator == "MLR")
    if refusal is not None:
        yield from context.nothing(refusal, 0)
    elif estimator == "WLSMV":
        sample, clusters = rows.ordinal(listwise=False)
        yield from _ladder(context, OrdinalGroups(sample, clusters))
    else:
        numbers, clusters = rows.normal(listwise=estimator == "MLR")
        yield from _ladder(context, NormalGroups(numbers, clusters))


def _refusal(rows: StackedPatterns, k: int, *, listwise: bool) -> str | None:
    """Why there is nothing to compare, if so."""
    used = rows.complete if listwise else (rows.codes > 0).any(axis=1)
    sizes = np.bincount(rows.group[used], weights=rows.counts[used], minlength=len(rows.levels))
    if np.count_nonzero(sizes) < 2:
        return "fewer_than_two_groups"
    if sizes.min() < SMALLEST_GROUP:
        smallest = int(sizes.argmin())
        return f"group_too_small: {rows.levels[smallest]} {round(float(sizes[smallest]))} < {SMALLEST_GROUP}"
    return "needs_three_items" if k < 3 else None


@dataclass(frozen=True)
class _Context:
    """What the rows of one ladder share."""

    estimator: str
    steps: list[Step]
    items: tuple[str, ...]
    levels: tuple[str, ...]
    values: np.ndarray
    cluster: str | None

    def method(self, step: str) -> str:
        return _PREFIX[self.estimator] + step

    def nothing(self, note: str, n: int, *places: int) -> Iterator[Statistic]:
        """The rows of the steps at these places (all without any), empty, with the reason."""
        for place in places or range(len(self.steps)):
            step = self.steps[place]
            for quantity in ("chi2", "chi2_scaled", "cfi_scaled", "rmsea_scaled", *(("difference",) if place else ())):
                yield missing(note, quantity=quantity, method=self.method(step.name), n=n)

    def reason(self, error: ValueError) -> str:
        """The numerics' reason, with the items' keys for their numbers."""
        return named(error, self.items).note


# ---------------------------------------------------------------- the ladder


@dataclass(frozen=True)
class _Fitted(Generic[F]):
    """One step, fitted."""

    context: _Context
    sample: GroupedAnswers[F]
    fit: F
    method: str

    @cached_property
    def tests(self) -> OrdinalTests | NormalTests:
        return self.sample.tests(self.fit)

    @property
    def exact(self) -> FitTest:
        return self.tests.exact

    @property
    def scaling_refused(self) -> str | None:
        return scaling_refused(self.tests)

    @cached_property
    def cfi(self) -> float:
        baseline = self.tests.baseline
        return indices.cfi(self.exact.scaled, self.exact.df, baseline.scaled, baseline.df)

    @cached_property
    def rmsea(self) -> float:
        return indices.rmsea(self.exact.scaled, self.exact.df, self.sample.index_n, groups=len(self.context.levels))

    def statistic(self, quantity: str, **fields: Any) -> Statistic:
        """A row of this step; NaN rows keep their reason, the others warn of few clusters."""
        fields = {"cluster": self.context.cluster, "note": few_clusters(self.sample.clusters), **fields}
        return Statistic(quantity=quantity, method=self.method, n=self.sample.n, **fields)

    def missing(self, note: str, *quantities: str) -> Iterator[Statistic]:
        for quantity in quantities:
            yield missing(note, quantity=quantity, method=self.method, n=self.sample.n)

    def small_sample(self, quantity: str, fit: F, wider: F | None = None, **fields: Any) -> Iterator[Statistic]:
        """The same test, method `.../small_sample`, where clusters may be too few for the plain one."""
        method = f"{self.method}/small_sample"
        try:
            test = self.sample.small_sample(fit, wider)
        except ValueError as error:
            yield missing(str(error), quantity=quantity, method=method, n=self.sample.n, **fields)
            return
        if test is not None:
            row = self.statistic(quantity, statistic=test.statistic, df=test.df, p_value=test.p_value, **fields)
            yield replace(row, method=method)

    def rows(self) -> Iterator[Statistic]:
        chi2, df = self.fit.chi2, self.fit.df
        saturated = "no_degrees_of_freedom" if df == 0 else None
        p = chi2_tail(chi2, df)
        yield self.statistic("chi2", cluster=None, statistic=chi2, df=df, p_value=p, note=saturated)
        refusal = tests_refused(self.sample) or saturated or self.scaling_refused
        if refusal is not None:
            yield from self.missing(refusal, "chi2_scaled", "cfi_scaled", "rmsea_scaled")
            return
        exact = self.exact
        yield self.statistic("chi2_scaled", statistic=exact.scaled, df=df, p_value=exact.scaled_p_value)
        yield from self.small_sample("chi2_scaled", self.fit)
        yield self.statistic("cfi_scaled", estimate=self.cfi)
        bounds = partial(
            indices.rmsea_interval, chi2=exact.scaled, df=df, n=self.sample.index_n, groups=len(self.context.levels)
        )
        yield self.statistic("rmsea_scaled", estimate=self.rmsea, interval=bounds)

    def against(self, before: _Fitted[F] | None, restricts: bool) -> Iterator[Statistic]:
        """Difference from the step before."""
        refusal = tests_refused(self.sample)
        if before is None:
            refusal = "step_before_failed"
        elif not restricts:
            refusal = "step_restricts_nothing"
        if refusal is not None or before is None:
            yield from self.missing(refusal or "", "difference", "cfi_scaled_change", "rmsea_scaled_change")
            return
        try:
            test = self.sample.difference(before.fit, self.fit)
        except ValueError as error:
            yield from self.missing(self.context.reason(error), "difference")
        else:
            yield self.statistic("difference", statistic=test.statistic, df=test.df, p_value=test.p_value)
            yield from self.small_sample("difference", self.fit, before.fit)
        refusal = "step_before_saturated" if before.fit.df == 0 else self.scaling_refused or before.scaling_refused
        if refusal is not None:
            yield from self.missing(refusal, "cfi_scaled_change", "rmsea_scaled_change")
            return
        yield self.statistic("cfi_scaled_change", estimate=self.cfi - before.cfi)
        yield self.statistic("rmsea_scaled_change", estimate=self.rmsea - before.rmsea)


def tests_refused(sample: GroupedAnswers[F]) -> str | None:
    """Why robust tests of fit cannot be had, if so."""
    if sample.clusters is not None and sample.clusters.size <= sample.moments:
        return f"clusters_do_not_exceed_moments: {sample.clusters.size} <= {sample.moments}"
    return None


def _ladder(context: _Context, sample: GroupedAnswers[F]) -> Iterator[Statistic]:
    before: _Fitted[F] | None = None
    for place, step in enumerate(context.steps):
        method = context.method(step.name)
        try:
            fit = sample.fit(step.model)
        except ValueError as error:
            yield from context.nothing(context.reason(error), sample.n, place)
            before = None
            continue
        here = _Fitted(context, sample, fit, method)
        yield from here.rows()
        if place:
            yield from here.against(before, step.restricts)
        if step.name == _MEANS[context.estimator]:
            yield from _latent_means(here)
            yield from _items(here)
        before = here


# ---------------------------------------------------------------- means and items


def _latent_means(step: _Fitted[F]) -> Iterator[Statistic]:
    """Latent mean of every other group, in standard deviations of the first, whose mean is 0."""
    model, theta = step.fit.model, step.fit.theta
    values, errors = delta_method(
        lambda point: model.matrix("latent_means", model.elements(point))[..., 1:, 0],
        theta,
        step.fit.robust_covariance(step.sample.clusters),
    )
    # Loadings turned around turn the means too.
    sign = -1.0 if float(model.matrix("loadings", model.elements(theta)).sum()) < 0 else 1.0
    df = intervals.degrees_of_freedom(step.sample.clusters)
    for name, value, error in zip(step.context.levels[1:], sign * values, errors, strict=True):
        yield Statistic(
            quantity="latent_mean",
            method=f"{step.method}/{name}",
            cluster=step.context.cluster,
            estimate=float(value),
            std_error=float(error),
            interval=partial(intervals.wald, estimate=float(value), std_error=float(error), df=df),
            n=step.sample.n,
        )


def _items(step: _Fitted[F]) -> Iterator[Statistic]:
    """Each item free in all its parameters: is that better, and what difference does it make in scale points?"""
    refusal = tests_refused(step.sample)
    for position, item in enumerate(step.context.items):
        fields: dict[str, Any] = {"item": item, "n": step.sample.n}
        try:
            free = step.sample.fit(without_item(step.fit.model, position), step.fit)
            test = step.sample.difference(free, step.fit)
        except ValueError as error:
            yield missing(step.context.reason(error), quantity="item_difference", method=step.method, **fields)
            continue
        if refusal is not None:
            yield missing(refusal, quantity="item_difference", method=step.method, **fields)
        else:
            yield step.statistic("item_difference", item=item, statistic=test.statistic, df=test.df, p_value=test.p_value)
            yield from step.small_sample("item_difference", step.fit, free, item=item)
        yield from _bias(step, free, position, fields)


def _bias(step: _Fitted[F], free: F, position: int, fields: dict[str, Any]) -> Iterator[Statistic]:
    context = step.context
    values, errors = delta_method(
        lambda point: expected_score_bias(free.model, point, position, context.values),
        free.theta,
        free.robust_covariance(step.sample.clusters),
    )
    df = intervals.degrees_of_freedom(step.sample.clusters)
    determined = step.sample.item_determined(position)
    prefix = _PREFIX[context.estimator]
    for group, name in enumerate(context.levels[1:], start=1):
        method = f"{prefix}{name}~{context.levels[0]}"
        if not (determined[group] and determined[0]):
            yield missing("category_not_chosen", quantity="expected_score_bias", method=method, **fields)
            continue
        value, error = float(values[group - 1]), float(errors[group - 1])
        yield Statistic(
            quantity="expected_score_bias",
            method=method,
            cluster=context.cluster,
            estimate=value,
            std_error=error,
            interval=partial(intervals.wald, estimate=value, std_error=error, df=df),
            **fields,
        )
