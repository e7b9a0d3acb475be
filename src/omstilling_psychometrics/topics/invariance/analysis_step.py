"""One step of the ladder of invariance, fitted, and the rows that it gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Generic

import numpy as np

from ...analysis.by_role import missing, note_of
from ...analysis.groups import in_note, noted
from ...analysis.standard_errors import few_clusters
from ...core.results import Interval, Statistic
from ..factor.analysis_fit import BASELINE_REFUSED, named, scaling_refused
from ..factor.numerics import indices
from ..factor.numerics.robust_fit import RobustFit
from ..factor.numerics.tests_of_fit import FitTest, NormalTests, OrdinalTests, chi2_tail
from .analysis_fit import F, GroupedAnswers, improper
from .numerics.ladder import Step

INDICES = ("cfi_scaled", "rmsea_scaled", "cfi_robust", "rmsea_robust")


@dataclass(frozen=True)
class Context:
    """What the rows of one ladder share; `means`: the first step at which latent means can be compared; `prefix` of methods."""

    prefix: str
    means: str
    steps: list[Step]
    items: tuple[str, ...]
    levels: tuple[str, ...]
    values: np.ndarray
    cluster: str | None

    def method(self, step: str) -> str:
        return self.prefix + step

    def nothing(self, note: str, n: int, *places: int) -> Iterator[Statistic]:
        """The rows of the steps at these places (all without any), empty, with the reason."""
        for place in places or range(len(self.steps)):
            step = self.steps[place]
            for quantity in ("chi2", "chi2_scaled", *INDICES, "srmr", *(("difference",) if place else ())):
                yield missing(note, quantity=quantity, method=self.method(step.name), n=n)

    def reason(self, error: ValueError) -> str:
        """The numerics' reason, with the items' keys for their numbers, and the groups (`item@group`) for theirs."""
        note, _, detail = note_of(error).partition(": ")
        if "@" not in detail:
            return named(error, self.items).note
        places = [[int(number) - 1 for number in place.split("@")] for place in detail.split(", ")]
        return f"{note}: {self.in_groups(places)}"

    def in_groups(self, places: Iterable[Sequence[int]]) -> str:
        """Items with the group in which something holds of them, each as (item, group)."""
        return ", ".join(f"{self.items[item]} ({in_note(self.levels[group])})" for item, group in places)


@dataclass(frozen=True)
class FittedStep(Generic[F]):
    """One step, fitted."""

    context: Context
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
        return scaling_refused(self.exact)

    @cached_property
    def cfi(self) -> float | str:
        """Or the note that says why there is none."""
        baseline = self.tests.baseline
        if scaling_refused(baseline):
            return BASELINE_REFUSED
        return indices.cfi(self.exact.scaled, self.exact.df, baseline.scaled, baseline.df)

    @cached_property
    def rmsea(self) -> float:
        return indices.rmsea(self.exact.scaled, self.exact.df, self.sample.index_n, groups=len(self.context.levels))

    @cached_property
    def srmr(self) -> float:
        return self.sample.srmr(self.fit)

    @cached_property
    def robust(self) -> RobustFit | str:
        """What the robust indices are made of, or the note that says why there are none."""
        try:
            return self.sample.robust(self.tests)
        except ValueError as error:
            return note_of(error)

    @property
    def values(self) -> dict[str, float | str]:
        """The indices whose changes are looked at; a note where one is not defined."""
        found: dict[str, float | str] = {"cfi_scaled": self.cfi, "rmsea_scaled": self.rmsea}
        if isinstance(self.robust, str):
            return found | {"cfi_robust": self.robust, "rmsea_robust": self.robust}
        groups = len(self.context.levels)
        return found | {
            "cfi_robust": indices.robust_cfi(self.robust) if self.robust.has_baseline else BASELINE_REFUSED,
            "rmsea_robust": indices.robust_rmsea(self.robust, self.sample.index_n, groups=groups),
        }

    @cached_property
    def contradicted(self) -> dict[str, list[str]]:
        """Categories that a group never uses although the model says it does, by item."""
        found: dict[str, list[str]] = {}
        for item, category in self.sample.contradicted(self.fit):
            found.setdefault(self.context.items[item], []).append(f"{self.context.values[category]:g}")
        return found

    def not_chosen(self, item: str | None = None) -> str | None:
        """The note of such categories; in rows of one item, of that item."""
        named = [f"{name} {category}" for name, own in self.contradicted.items() for category in own if item in (None, name)]
        return f"category_not_chosen: {', '.join(named)}" if named else None

    @cached_property
    def improper(self) -> str | None:
        """The note of residual variances below 0."""
        found = improper(self.fit)
        return f"negative_residual_variance: {self.context.in_groups(found)}" if found else None

    def statistic(self, quantity: str, **fields: Any) -> Statistic:
        """A row of this step; NaN rows keep their reason, the others warn of few clusters and of categories not chosen."""
        fields = {"cluster": self.context.cluster, "note": few_clusters(self.sample.clusters), **fields}
        row = Statistic(quantity=quantity, method=self.method, n=self.sample.n, **fields)
        return noted(noted(row, self.not_chosen(row.item)), self.improper)

    def missing(self, note: str, *quantities: str) -> Iterator[Statistic]:
        for quantity in quantities:
            yield missing(note, quantity=quantity, method=self.method, n=self.sample.n)

    def small_sample(self, quantity: str, fit: F, wider: F | None = None, **fields: Any) -> Iterator[Statistic]:
        """The same test, method `.../small_sample`, which allows for small samples and few clusters."""
        method = f"{self.method}/small_sample"
        try:
            test = self.sample.small_sample(fit, wider)
        except ValueError as error:
            yield missing(note_of(error), quantity=quantity, method=method, n=self.sample.n, **fields)
            return
        row = self.statistic(quantity, statistic=test.statistic, df=test.df, p_value=test.p_value, **fields)
        yield replace(row, method=method)

    def rows(self) -> Iterator[Statistic]:
        chi2, df = self.fit.chi2, self.fit.df
        saturated = "no_degrees_of_freedom" if df == 0 else None
        p = chi2_tail(chi2, df)
        yield self.statistic("chi2", cluster=None, statistic=chi2, df=df, p_value=p, note=saturated)
        yield self.statistic("srmr", cluster=None, estimate=self.srmr, note=None)
        refusal = tests_refused(self.sample) or saturated or self.scaling_refused
        if refusal is not None:
            yield from self.missing(refusal, "chi2_scaled", *INDICES)
            return
        exact = self.exact
        yield self.statistic("chi2_scaled", statistic=exact.scaled, df=df, p_value=exact.scaled_p_value)
        yield from self.small_sample("chi2_scaled", self.fit)
        for quantity, value in self.values.items():
            if isinstance(value, str):
                yield from self.missing(value, quantity)
            else:
                yield self.statistic(quantity, estimate=value, interval=self._interval(quantity))

    def _interval(self, quantity: str) -> Interval | None:
        """Only RMSEA has one."""
        if not quantity.startswith("rmsea"):
            return None
        chi2, df, scaling = self.exact.scaled, self.exact.df, 1.0
        if quantity == "rmsea_robust" and not isinstance(self.robust, str):
            chi2, df, scaling = self.robust.chi2, self.robust.df, self.robust.scaling
        groups = len(self.context.levels)
        return partial(indices.rmsea_interval, chi2=chi2, df=df, n=self.sample.index_n, groups=groups, scaling=scaling)

    def against(self, before: FittedStep[F] | None, restricts: bool) -> Iterator[Statistic]:
        """Difference from the step before."""
        changes = tuple(f"{quantity}_change" for quantity in INDICES)
        refusal = tests_refused(self.sample)
        if before is None:
            refusal = "step_before_failed"
        elif not restricts or self.fit.df <= before.fit.df:  # also where groups use few of the categories
            refusal = "step_restricts_nothing"
        if before is not None and restricts:
            yield self.statistic("srmr_change", cluster=None, estimate=self.srmr - before.srmr, note=None)
        else:
            yield from self.missing(refusal or "", "srmr_change")
        if refusal is not None or before is None:
            yield from self.missing(refusal or "", "difference", *changes)
            return
        try:
            test = self.sample.difference(before.fit, self.fit)
        except ValueError as error:
            yield from self.missing(self.context.reason(error), "difference")
        else:
            if math.isnan(test.statistic):
                yield from self.missing("scaling_not_positive", "difference")
            else:
                yield self.statistic("difference", statistic=test.statistic, df=test.df, p_value=test.p_value)
            yield from self.small_sample("difference", self.fit, before.fit)
        refusal = "step_before_saturated" if before.fit.df == 0 else self.scaling_refused or before.scaling_refused
        if refusal is not None:
            yield from self.missing(refusal, *changes)
            return
        for quantity, value in self.values.items():
            earlier = before.values[quantity]
            if isinstance(value, str) or isinstance(earlier, str):
                yield from self.missing(value if isinstance(value, str) else str(earlier), f"{quantity}_change")
            else:
                yield self.statistic(f"{quantity}_change", estimate=value - earlier)


def tests_refused(sample: GroupedAnswers[F]) -> str | None:
    """Why robust tests of fit cannot be had, if so."""
    if sample.clusters is not None and sample.clusters.size <= sample.moments:
        return f"clusters_do_not_exceed_moments: {sample.clusters.size} <= {sample.moments}"
    return None
