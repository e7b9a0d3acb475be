"""Which items stand in the way of equal means, and what each is worth in scale points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Generic

import numpy as np

from ...analysis.declared_rows import completed, null
from ...core.errors import EstimationError, estimating
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.wald import wald_test
from ...core.results import Statistic
from ..factor.numerics.difference import Difference
from ..factor.numerics.small_sample_tests import ScaledTest
from ..factor.numerics.standardize import delta_method
from .analysis_fit import F
from .analysis_step import FittedStep
from .item_changes import LEVEL
from .numerics.ladder import expected_score_bias, loading_differences, without_item

# So many items at least stay equal and carry the comparison.
ANCHORS = 2


def latent_means(step: FittedStep[F]) -> Iterator[Statistic]:
    """Latent mean of every other group, in standard deviations of the first, whose mean is 0."""
    model, parameters = step.fit.model, step.fit.parameters
    values, errors = delta_method(
        lambda point: model.matrix("latent_means", model.elements(point))[..., 1:, 0],
        parameters,
        step.fit.robust_covariance(step.sample.clusters),
    )
    # Loadings turned around turn the means too.
    sign = -1.0 if float(model.matrix("loadings", model.elements(parameters)).sum()) < 0 else 1.0
    for name, value, error in zip(step.context.levels[1:], sign * values, errors, strict=True):
        method = f"{step.method}/{name}"
        yield _with_interval(step, "latent_mean", method, float(value), float(error), note=step.not_chosen())


def _with_interval(step: FittedStep[F], quantity: str, method: str, value: float, error: float, **fields: Any) -> Statistic:
    df = intervals.degrees_of_freedom(step.sample.clusters)
    if math.isnan(error):
        fields["note"] = joined(fields.get("note"), "one_cluster")
    return Statistic(
        quantity=quantity,
        method=method,
        cluster=step.context.cluster,
        estimate=value,
        std_error=error,
        interval=partial(intervals.wald, estimate=value, std_error=error, df=df),
        n=step.sample.n,
        **fields,
    )


@dataclass(frozen=True)
class FreedItem(Generic[F]):
    """The model with one more item free, against the one without; `allowing`: the test that allows for small samples, None with
    the reason why there is none."""

    position: int
    fit: F
    plain: Difference
    allowing: ScaledTest | None
    not_allowing: Note | None

    @property
    def judged(self) -> ScaledTest | Difference:
        """The test to judge by."""
        return self.plain if self.allowing is None else self.allowing

    @property
    def p_value(self) -> float:
        return self.judged.p_value

    @property
    def doubt(self) -> tuple[float, float]:
        """Least where the test is clearest; with many answers p values of several items are 0."""
        return self.p_value, -self.judged.statistic


def _set_free(step: FittedStep[F], position: int) -> FreedItem[F]:
    """Raises EstimationError where that cannot be fitted or tested."""
    with estimating():
        free = step.sample.fit(without_item(step.fit.model, position), step.fit)
        plain = step.sample.difference(free, step.fit)
    try:
        with estimating():
            return FreedItem(position, free, plain, step.sample.small_sample(step.fit, free), None)
    except EstimationError as error:
        return FreedItem(position, free, plain, None, error.reason)


@dataclass(frozen=True)
class FreedItems(Generic[F]):
    """Each item free in all its parameters, the others equal: is that better, and what difference does it make in scale points?
    Then partial invariance: the item whose test is clearest is set free and the others are tested anew, until no test is
    below LEVEL over the number of items tested, or ANCHORS items are left."""

    step: FittedStep[F]

    @property
    def alone(self) -> dict[int, FreedItem[F]]:
        """Items set free by themselves, by their place; those that cannot be fitted or tested are in `failed`."""
        return self._attempts[0]

    @property
    def failed(self) -> dict[int, EstimationError]:
        """Why an item cannot be set free."""
        return self._attempts[1]

    @cached_property
    def _attempts(self) -> tuple[dict[int, FreedItem[F]], dict[int, EstimationError]]:
        alone: dict[int, FreedItem[F]] = {}
        failed: dict[int, EstimationError] = {}
        for position in range(len(self.step.context.items)):
            try:
                alone[position] = _set_free(self.step, position)
            except EstimationError as error:
                failed[position] = error
        return alone, failed

    @property
    def in_turn(self) -> list[tuple[FittedStep[F], FreedItem[F]]]:
        """The items set free one after the other, each with the step that it is tested against."""
        return self._turns[0]

    @property
    def anchors_wanting(self) -> bool:
        """Whether a test was still below the level when ANCHORS items were left."""
        return self._turns[1]

    @property
    def beside(self) -> list[FreedItem[F]]:
        """Each item that stays equal, set free beside those that do not, which then do not disturb what is said of it."""
        return self._turns[2]

    @cached_property
    def _turns(self) -> tuple[list[tuple[FittedStep[F], FreedItem[F]]], bool, list[FreedItem[F]]]:
        now, turns = self.step, list[tuple[FittedStep[F], FreedItem[F]]]()
        candidates = list(self.alone.values())
        k = len(self.step.context.items)
        while candidates and len(turns) < k - ANCHORS:
            clearest = min(candidates, key=lambda candidate: candidate.doubt)
            if not clearest.p_value < LEVEL / len(candidates):
                break
            turns.append((now, clearest))
            now = replace(self.step, fit=clearest.fit)
            candidates = []
            free = {freed.position for _, freed in turns}
            for position in (place for place in range(k) if place not in free):
                try:
                    candidates.append(_set_free(now, position))
                except EstimationError:
                    continue  # that item cannot be tested beside those set free; it stays equal
        left = bool(candidates) and min(candidate.p_value for candidate in candidates) < LEVEL / len(candidates)
        return turns, left, candidates

    @cached_property
    def partial(self) -> FittedStep[F] | None:
        """The step with all these items free; None where there are none, or no tests."""
        if self.step.tests_refused is not None or not self.in_turn:
            return None
        return replace(self.step, fit=self.in_turn[-1][1].fit, method=f"{self.step.method}/partial")

    def declared(self) -> Iterator[Statistic]:
        """The test of each item, whether or not there is one, and how many are set free."""
        for item in self.step.context.items:
            yield replace(*self.step.declared("item_difference"), item=item)
        yield from self.step.declared("items_set_free")

    def rows(self) -> Iterator[Statistic]:
        """Of each item by itself, then of those set free one after the other."""
        step, refusal = self.step, self.step.tests_refused
        *tests, number = self.declared()
        for position, row in enumerate(tests):
            if position in self.failed:
                yield null(row, step.context.named(self.failed[position]).reason)
                continue
            free = self.alone[position]
            yield from completed(_tests(row, step, free) if refusal is None else (), [row], refusal or "not_computed")
            yield from _worth(replace(step, fit=free.fit), step.context.prefix, [position])
        yield from completed(self._partial_rows() if refusal is None else (), [number], refusal or "not_computed")

    def _partial_rows(self) -> Iterator[Statistic]:
        """Items set free one after the other (category = order), and what the comparison looks like then."""
        for order, (now, freed) in enumerate(self.in_turn, start=1):
            item = now.context.items[freed.position]
            row = replace(*now.declared("partial_invariance"), item=item, category=order)
            yield from _tests(row, now, freed)
        note = "no_more_anchors" if self.anchors_wanting else None
        yield self.step.statistic("items_set_free", estimate=float(len(self.in_turn)), note=note)
        if self.partial is not None:
            positions = [freed.position for _, freed in self.in_turn]
            yield from self.partial.rows()
            yield from latent_means(self.partial)
            yield from _worth(self.partial, f"{self.step.context.prefix}partial/", positions)
            yield from _scale_bias(self.partial, positions)
            for freed in self.beside:
                beside, test = replace(self.partial, method=f"{self.step.method}/beside"), freed.judged
                item = self.step.context.items[freed.position]
                numbers: dict[str, Any] = {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}
                yield beside.statistic("item_difference", item=item, **numbers)
                yield from _worth(replace(self.step, fit=freed.fit), f"{self.step.context.prefix}beside/", [freed.position])


def _tests(row: Statistic, step: FittedStep[F], free: FreedItem[F]) -> Iterator[Statistic]:
    """The test of this row, and the one that allows for small samples."""
    allowing = replace(row, method=f"{row.method}/small_sample")
    for declared, test in ((row, free.plain), (allowing, free.allowing)):
        if test is None:
            yield null(declared, free.not_allowing or "not_computed")
            continue
        numbers: dict[str, Any] = {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}
        tested = step.statistic(row.quantity, item=row.item, category=row.category, **numbers)
        yield replace(tested, method=declared.method)


def _worth(step: FittedStep[F], prefix: str, positions: list[int]) -> Iterator[Statistic]:
    """What free items are worth in each other group: by how much their answers differ, and their loadings."""
    context, first = step.context, step.context.levels[0]
    covariance = step.fit.robust_covariance(step.sample.clusters)
    for position in positions:
        outside, unused = step.sample.outside(position), step.sample.unused(position)
        function = partial(expected_score_bias, step.fit.model, item=position, values=context.values, outside=outside)
        values, errors = delta_method(function, step.fit.parameters, covariance)
        for group, name in enumerate(context.levels[1:], start=1):
            note = "category_not_chosen" if unused[[0, group]].any() else None
            value, error = float(values[group - 1]), float(errors[group - 1])
            method = f"{prefix}{name}~{first}"
            yield _with_interval(step, "expected_score_bias", method, value, error, item=context.items[position], note=note)
        differences, errors = delta_method(
            partial(loading_differences, step.fit.model, item=position), step.fit.parameters, covariance
        )
        for name, value, error in zip(context.levels[1:], differences.tolist(), errors.tolist(), strict=True):
            row = _with_interval(
                step, "loading_difference", f"{prefix}{name}~{first}", value, error, item=context.items[position]
            )
            yield _tested(row, intervals.degrees_of_freedom(step.sample.clusters))


def _tested(row: Statistic, df: float) -> Statistic:
    """With the test of no difference, df those of its error; without one where it has no error."""
    try:
        test = wald_test(np.array([row.estimate]), np.array([[(row.std_error or math.nan) ** 2]]), df)
    except EstimationError:
        return row
    return replace(row, statistic=test.chi2, df=test.df, p_value=test.p_value)


def _scale_bias(step: FittedStep[F], freed: list[int]) -> Iterator[Statistic]:
    """What they are worth together in the mean of all items; the items held equal have none."""
    context, model = step.context, step.fit.model

    def of(parameters: Any) -> Any:
        parts = [
            expected_score_bias(model, parameters, position, context.values, step.sample.outside(position))
            for position in freed
        ]
        return sum(parts) / len(context.items)

    values, errors = delta_method(of, step.fit.parameters, step.fit.robust_covariance(step.sample.clusters))
    unused = np.any([step.sample.unused(position) for position in freed], axis=0)
    for group, name in enumerate(context.levels[1:], start=1):
        note = "category_not_chosen" if unused[[0, group]].any() else None
        method, value, error = f"{context.prefix}partial/{name}~{context.levels[0]}", values[group - 1], errors[group - 1]
        yield _with_interval(step, "scale_score_bias", method, float(value), float(error), note=note)
