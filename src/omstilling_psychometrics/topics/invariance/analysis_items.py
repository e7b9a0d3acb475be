"""Which items stand in the way of equal means, and what each is worth in scale points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic

import numpy as np

from ...analysis.by_role import missing, note_of
from ...core.numerics import intervals
from ...core.results import Statistic
from ..factor.numerics.difference import Difference
from ..factor.numerics.small_sample_tests import ScaledTest
from ..factor.numerics.standardize import delta_method
from .analysis_fit import F
from .analysis_step import FittedStep, tests_refused
from .numerics.ladder import expected_score_bias, without_item

# An item is set free where the test of it is below this, divided by the number of items tested beside it (Bonferroni).
LEVEL = 0.05
# So many items at least stay equal and carry the comparison.
ANCHORS = 2


def latent_means(step: FittedStep[F]) -> Iterator[Statistic]:
    """Latent mean of every other group, in standard deviations of the first, whose mean is 0."""
    model, theta = step.fit.model, step.fit.theta
    values, errors = delta_method(
        lambda point: model.matrix("latent_means", model.elements(point))[..., 1:, 0],
        theta,
        step.fit.robust_covariance(step.sample.clusters),
    )
    # Loadings turned around turn the means too.
    sign = -1.0 if float(model.matrix("loadings", model.elements(theta)).sum()) < 0 else 1.0
    for name, value, error in zip(step.context.levels[1:], sign * values, errors, strict=True):
        method = f"{step.method}/{name}"
        yield _with_interval(step, "latent_mean", method, float(value), float(error), note=step.not_chosen())


def _with_interval(step: FittedStep[F], quantity: str, method: str, value: float, error: float, **fields: Any) -> Statistic:
    df = intervals.degrees_of_freedom(step.sample.clusters)
    if math.isnan(error):
        fields["note"] = "; ".join(filter(None, (fields.get("note"), "one_cluster")))
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
class _Free(Generic[F]):
    """The model with one more item free, against the one without; `allowing`: the test that allows for small samples, or the
    note that says why there is none."""

    position: int
    fit: F
    plain: Difference
    allowing: ScaledTest | str

    @property
    def judged(self) -> ScaledTest | Difference:
        """The test to judge by."""
        return self.allowing if isinstance(self.allowing, ScaledTest) else self.plain

    @property
    def p_value(self) -> float:
        return self.judged.p_value

    @property
    def doubt(self) -> tuple[float, float]:
        """Least where the test is clearest; with many answers p values of several items are 0."""
        return self.p_value, -self.judged.statistic


def _set_free(step: FittedStep[F], position: int) -> _Free[F]:
    """Raises ValueError where that cannot be fitted or tested."""
    free = step.sample.fit(without_item(step.fit.model, position), step.fit)
    plain = step.sample.difference(free, step.fit)
    allowing: ScaledTest | str
    try:
        allowing = step.sample.small_sample(step.fit, free)
    except ValueError as error:
        allowing = note_of(error)
    return _Free(position, free, plain, allowing)


def item_by_item(step: FittedStep[F]) -> Iterator[Statistic]:
    """Each item free in all its parameters, the others equal: is that better, and what difference does it make in scale points?
    Then partial invariance: the item whose test is clearest is set free and the others are tested anew, until no test is
    below LEVEL over the number of items tested, or ANCHORS items are left."""
    refusal = tests_refused(step.sample)
    candidates: list[_Free[F]] = []
    for position, item in enumerate(step.context.items):
        fields: dict[str, Any] = {"quantity": "item_difference", "item": item, "n": step.sample.n}
        try:
            free = _set_free(step, position)
        except ValueError as error:
            yield missing(step.context.reason(error), method=step.method, **fields)
            continue
        candidates.append(free)
        if refusal is not None:
            yield missing(refusal, method=step.method, **fields)
        else:
            yield from _tests(step, "item_difference", free)
        yield from _biases(replace(step, fit=free.fit), step.context.prefix, [position])
    if refusal is not None:
        yield missing(refusal, quantity="items_set_free", method=step.method, n=step.sample.n)
    else:
        yield from _partial(step, candidates)


def _tests(step: FittedStep[F], quantity: str, free: _Free[F], **fields: Any) -> Iterator[Statistic]:
    fields["item"] = step.context.items[free.position]
    plain, allowing = free.plain, free.allowing
    yield step.statistic(quantity, statistic=plain.statistic, df=plain.df, p_value=plain.p_value, **fields)
    method = f"{step.method}/small_sample"
    if isinstance(allowing, str):
        yield missing(allowing, quantity=quantity, method=method, n=step.sample.n, **fields)
    else:
        row = step.statistic(quantity, statistic=allowing.statistic, df=allowing.df, p_value=allowing.p_value, **fields)
        yield replace(row, method=method)


def _partial(step: FittedStep[F], candidates: list[_Free[F]]) -> Iterator[Statistic]:
    """Items set free one after the other (category = order), and what the comparison looks like then."""
    now, freed = step, list[int]()
    k = len(step.context.items)
    while candidates and len(freed) < k - ANCHORS:
        clearest = min(candidates, key=lambda one: one.doubt)
        if not clearest.p_value < LEVEL / len(candidates):
            break
        freed.append(clearest.position)
        yield from _tests(now, "partial_invariance", clearest, category=len(freed))
        now = replace(step, fit=clearest.fit)
        candidates = []
        for position in (one for one in range(k) if one not in freed):
            try:
                candidates.append(_set_free(now, position))
            except ValueError:
                continue  # that item cannot be tested beside those set free; it stays equal
    left = candidates and min(one.p_value for one in candidates) < LEVEL / len(candidates)
    yield step.statistic("items_set_free", estimate=float(len(freed)), note="no_more_anchors" if left else None)
    if not freed:
        return
    final = replace(now, method=f"{step.method}/partial")
    yield from final.rows()
    yield from latent_means(final)
    yield from _biases(final, f"{step.context.prefix}partial/", freed)
    yield from _scale_bias(final, freed)


def _biases(step: FittedStep[F], prefix: str, positions: list[int]) -> Iterator[Statistic]:
    """What free items are worth in each other group."""
    context, first = step.context, step.context.levels[0]
    covariance = step.fit.robust_covariance(step.sample.clusters)
    for position in positions:
        outside, unused = step.sample.outside(position), step.sample.unused(position)
        function = partial(expected_score_bias, step.fit.model, item=position, values=context.values, outside=outside)
        values, errors = delta_method(function, step.fit.theta, covariance)
        for group, name in enumerate(context.levels[1:], start=1):
            note = "category_not_chosen" if unused[[0, group]].any() else None
            value, error = float(values[group - 1]), float(errors[group - 1])
            method = f"{prefix}{name}~{first}"
            yield _with_interval(step, "expected_score_bias", method, value, error, item=context.items[position], note=note)


def _scale_bias(step: FittedStep[F], freed: list[int]) -> Iterator[Statistic]:
    """What they are worth together in the mean of all items; the items held equal have none."""
    context, model = step.context, step.fit.model

    def of(theta: Any) -> Any:
        parts = [
            expected_score_bias(model, theta, position, context.values, step.sample.outside(position)) for position in freed
        ]
        return sum(parts) / len(context.items)

    values, errors = delta_method(of, step.fit.theta, step.fit.robust_covariance(step.sample.clusters))
    unused = np.any([step.sample.unused(position) for position in freed], axis=0)
    for group, name in enumerate(context.levels[1:], start=1):
        note = "category_not_chosen" if unused[[0, group]].any() else None
        method, value, error = f"{context.prefix}partial/{name}~{context.levels[0]}", values[group - 1], errors[group - 1]
        yield _with_interval(step, "scale_score_bias", method, float(value), float(error), note=note)
