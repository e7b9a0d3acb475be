"""One step of the ladder of invariance, fitted, and the rows that it gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any, Generic

import numpy as np

from ...analysis.declared_rows import attempted, completed, null
from ...analysis.groups import in_note, noted
from ...analysis.standard_errors import few_clusters
from ...core.errors import EstimationError, estimating
from ...core.note import Note
from ...core.results import Interval, Statistic
from ..factor.analysis_refusals import BASELINE_REFUSED, clusters_refused, named, scaling_refused
from ..factor.numerics import indices
from ..factor.numerics.robust_fit import RobustFit
from ..factor.numerics.tests_of_fit import FitTest, chi2_tail
from .analysis_fit import F, GroupedAnswers, GroupTests, improper
from .numerics.ladder import Step

INDICES = ("cfi_scaled", "rmsea_scaled", "cfi_robust", "rmsea_robust")

# The rows of a step by itself, and against the one before; those of a change only where the step could be fitted.
_OF_FIT = ("chi2", "chi2_scaled", *INDICES, "srmr")
_OF_CHANGE = ("srmr_change", "difference", *(f"{quantity}_change" for quantity in INDICES))


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

    def declared(self, place: int, n: int) -> Iterator[Statistic]:
        """The rows of the step at this place with n answers, whether or not it could be fitted."""
        for quantity in (*_OF_FIT, *(("difference",) if place else ())):
            yield Statistic(quantity=quantity, method=self.method(self.steps[place].name), n=n)

    def named(self, error: EstimationError) -> EstimationError:
        """The numerics' reason, with the items' keys for their numbers, and the groups (`item@group`) for theirs."""
        key, detail = error.reason.key, error.reason.detail
        if "@" not in detail:
            return named(error, self.items)
        places = [[int(number) - 1 for number in place.split("@")] for place in detail.split(", ")]
        return EstimationError(key, self.in_groups(places))

    def in_groups(self, places: Iterable[Sequence[int]]) -> str:
        """Items with the group in which something holds of them, each as (item, group)."""
        return ", ".join(f"{self.items[item]} ({in_note(self.levels[group])})" for item, group in places)


@dataclass(frozen=True)
class FittedStep(Generic[F]):
    """One step of the ladder, fitted to all groups together.

    Parameters
    ----------
    context : Context
        What all steps of the ladder share: items, names of the groups, values of the categories, the key of the clusters.
    sample : GroupedAnswers
        The answers of the groups, as the estimator takes them; their number `n`.
    fit : OrdinalFit or NormalFit
        The model with its free places, the estimates `fit.parameters` (q,), `fit.matrices()` observed and implied per group.
    method : str
        As in the rows, such as `continuous/scalar`.
    """

    context: Context
    sample: GroupedAnswers[F]
    fit: F
    method: str

    @property
    def smallest_group(self) -> int:
        """Answers of the group that has fewest: what its parameters, where they are its own, rest on."""
        return round(float(self.sample.n * self.sample.shares().min()))

    @cached_property
    def tests(self) -> GroupTests:
        """Tests of the step, and of the baseline model in which no items correlate."""
        return self.sample.tests(self.fit)

    @property
    def exact(self) -> FitTest:
        """Test of exact fit: chi-square scaled for answers that are not normal, with its degrees of freedom."""
        return self.tests.exact

    @property
    def tests_refused(self) -> str | None:
        """Why the clusters, if so, are too few for tests of fit."""
        return clusters_refused(self.sample.clusters, self.fit.determined)

    @property
    def scaling_refused(self) -> str | None:
        """Why chi-square, if so, cannot be scaled."""
        return scaling_refused(self.exact)

    @cached_property
    def srmr(self) -> float:
        """Mean over the groups, weighted by their size."""
        return self.sample.srmr(self.fit)

    @cached_property
    def robust(self) -> RobustFit:
        """What the robust indices are made of. Raises EstimationError where there are none."""
        return self.tests.robust_fit()

    def index(self, quantity: str) -> float:
        """A fit index whose change from step to step is looked at.

        Parameters
        ----------
        quantity : {"cfi_scaled", "rmsea_scaled", "cfi_robust", "rmsea_robust"}
            Which.

        Returns
        -------
        float
            Of all groups together.

        Raises
        ------
        EstimationError
            Where it is not defined.
        """
        exact, groups = self.exact, len(self.context.levels)
        if quantity == "cfi_scaled":
            baseline = self.tests.baseline
            if scaling_refused(baseline):
                raise EstimationError(BASELINE_REFUSED)
            return indices.cfi(exact.scaled, exact.df, baseline.scaled, baseline.df)
        if quantity == "rmsea_scaled":
            return indices.rmsea(exact.scaled, exact.df, self.fit.index_n, groups=groups)
        if quantity == "cfi_robust":
            if not self.robust.has_baseline:
                raise EstimationError(BASELINE_REFUSED)
            return indices.robust_cfi(self.robust)
        return indices.robust_rmsea(self.robust, self.fit.index_n, groups=groups)

    @cached_property
    def contradicted(self) -> dict[str, list[str]]:
        """Categories that a group never uses although the model says it does, by item."""
        by_item: dict[str, list[str]] = {}
        for item, category in self.sample.contradicted(self.fit):
            by_item.setdefault(self.context.items[item], []).append(f"{self.context.values[category]:g}")
        return by_item

    def not_chosen(self, item: str | None = None) -> str | None:
        """The note of categories that a group never uses although the model says it does.

        Parameters
        ----------
        item : str, optional
            Of this item alone.

        Returns
        -------
        str or None
            None where there are none.
        """
        by_item = self.contradicted.items()
        named = [f"{name} {value}" for name, values in by_item for value in values if item in (None, name)]
        return str(Note("category_not_chosen", ", ".join(named))) if named else None

    @cached_property
    def improper(self) -> str | None:
        """The note of residual variances below 0."""
        places = improper(self.fit)
        return str(Note("negative_residual_variance", self.context.in_groups(places))) if places else None

    def statistic(self, quantity: str, **fields: Any) -> Statistic:
        """A row of this step, with a warning of few clusters, of categories not chosen and of negative residual variances.

        Parameters
        ----------
        quantity : str
            Of the row.
        **fields
            Its other fields, as `Statistic` takes them.

        Returns
        -------
        Statistic
            Of this step's method and number of answers.
        """
        fields = {"cluster": self.context.cluster, "note": few_clusters(self.sample.clusters), **fields}
        row = Statistic(quantity=quantity, method=self.method, n=self.sample.n, **fields)
        return noted(noted(row, self.not_chosen(row.item)), self.improper)

    def declared(self, *quantities: str) -> Iterator[Statistic]:
        """Rows that this step has whether or not they could be computed.

        Parameters
        ----------
        *quantities : str
            One row for each.

        Yields
        ------
        Statistic
            Without numbers.
        """
        for quantity in quantities:
            yield Statistic(quantity=quantity, method=self.method, n=self.sample.n)

    def small_sample(self, quantity: str, fit: F, wider: F | None = None) -> Statistic:
        """The test that allows for small samples and few clusters, method `.../small_sample`.

        Parameters
        ----------
        quantity : str
            Of the row.
        fit : OrdinalFit or NormalFit
            The model that is tested.
        wider : OrdinalFit or NormalFit, optional
            The one that it is tested against; without it, exact fit is tested.

        Returns
        -------
        Statistic
            A null row where there is no such test.
        """
        method = f"{self.method}/small_sample"

        def row() -> Statistic:
            test = self.sample.small_sample(fit, wider)
            tested = self.statistic(quantity, statistic=test.statistic, df=test.df, p_value=test.p_value)
            return replace(tested, method=method)

        return attempted(Statistic(quantity=quantity, method=method, n=self.sample.n), row)

    def rows(self) -> Iterator[Statistic]:
        """Chi-square, SRMR, scaled chi-square and the indices.

        Yields
        ------
        Statistic
            In the order of the report.
        """
        chi2, df = self.fit.chi2, self.fit.df
        saturated = "no_degrees_of_freedom" if df == 0 else None
        p = chi2_tail(chi2, df)
        plain = (
            self.statistic("chi2", cluster=None, statistic=chi2, df=df, p_value=p, note=saturated),
            self.statistic("srmr", cluster=None, estimate=self.srmr, note=None),
        )
        refusal = self.tests_refused or saturated or self.scaling_refused
        scaled = self._scaled() if refusal is None else ()
        yield from completed(chain(plain, scaled), self.declared(*_OF_FIT), refusal or "not_computed")

    def _scaled(self) -> Iterator[Statistic]:
        exact = self.exact
        yield self.statistic("chi2_scaled", statistic=exact.scaled, df=exact.df, p_value=exact.scaled_p_value)
        yield self.small_sample("chi2_scaled", self.fit)
        for row in self.declared(*INDICES):
            yield attempted(row, partial(self._index, row.quantity))

    def _index(self, quantity: str) -> Statistic:
        return self.statistic(quantity, estimate=self.index(quantity), interval=self._interval(quantity))

    def _interval(self, quantity: str) -> Interval | None:
        """Only RMSEA has one."""
        if not quantity.startswith("rmsea"):
            return None
        chi2, df, scaling = self.exact.scaled, self.exact.df, 1.0
        if quantity == "rmsea_robust":
            chi2, df, scaling = self.robust.chi2, self.robust.df, self.robust.scaling
        groups = len(self.context.levels)
        return partial(indices.rmsea_interval, chi2=chi2, df=df, n=self.fit.index_n, groups=groups, scaling=scaling)

    def against(self, before: FittedStep[F] | None, restricts: bool) -> Iterator[Statistic]:
        """Difference from the step before.

        Parameters
        ----------
        before : FittedStep or None
            The step before; None where it could not be fitted.
        restricts : bool
            Whether this step holds more equal than that one.

        Yields
        ------
        Statistic
            The scaled test `difference`, and the changes of SRMR and of the indices.
        """
        refusal = self.tests_refused
        if before is None:
            refusal = "step_before_failed"
        elif not restricts or self.fit.df <= before.fit.df:  # also where groups use few of the categories
            refusal = "step_restricts_nothing"
        compared: Iterable[Statistic] = ()
        if before is not None and restricts:
            change = self.statistic("srmr_change", cluster=None, estimate=self.srmr - before.srmr, note=None)
            compared = (change,) if refusal else chain((change,), self._changes(before))
        yield from completed(compared, self.declared(*_OF_CHANGE), refusal or "not_computed")

    def _changes(self, before: FittedStep[F]) -> Iterator[Statistic]:
        yield from completed(self._difference(before), self.declared("difference"))
        refusal = "step_before_saturated" if before.fit.df == 0 else self.scaling_refused or before.scaling_refused
        for quantity, row in zip(INDICES, self.declared(*(f"{quantity}_change" for quantity in INDICES)), strict=True):
            yield null(row, refusal) if refusal else attempted(row, partial(self._index_change, quantity, before))

    def _difference(self, before: FittedStep[F]) -> Iterator[Statistic]:
        try:
            with estimating():
                test = self.sample.difference(before.fit, self.fit)
        except EstimationError as error:
            raise self.context.named(error) from error
        (row,) = self.declared("difference")
        if math.isnan(test.statistic):
            yield null(row, "scaling_not_positive")
        else:
            yield self.statistic("difference", statistic=test.statistic, df=test.df, p_value=test.p_value)
        yield self.small_sample("difference", self.fit, before.fit)

    def _index_change(self, quantity: str, before: FittedStep[F]) -> Statistic:
        return self.statistic(f"{quantity}_change", estimate=self.index(quantity) - before.index(quantity))
