"""The steps of invariance fitted to one kind of answers, each to stand beside the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from ...analysis.declared_rows import completed
from ...analysis.groups import noted
from ...core.errors import EstimationError, estimating
from ...core.results import Statistic
from .analysis_fit import F, GroupedAnswers
from .analysis_items import FreedItems, latent_means
from .analysis_step import Context, FittedStep


@dataclass(frozen=True, kw_only=True)
class Ladder(Generic[F]):
    """steps that could be fitted, by name; failures: why the others could not; note: of every row, if there is one."""

    context: Context
    sample: GroupedAnswers[F]
    steps: dict[str, FittedStep[F]]
    failures: dict[str, EstimationError]
    note: str | None = None

    @classmethod
    def of(cls, context: Context, sample: GroupedAnswers[F], note: str | None = None) -> Ladder[F]:
        """All steps of the context, fitted."""
        steps: dict[str, FittedStep[F]] = {}
        failures: dict[str, EstimationError] = {}
        for step in context.steps:
            try:
                with estimating():
                    steps[step.name] = FittedStep(context, sample, sample.fit(step.model), context.method(step.name))
            except EstimationError as error:
                failures[step.name] = error
        return cls(context=context, sample=sample, steps=steps, failures=failures, note=note)

    @cached_property
    def freed_items(self) -> FreedItems[F] | None:
        """At the first step at which latent means can be compared; None where it is not fitted, or not to be looked at."""
        step = self.steps.get(self.context.means)
        return None if step is None else FreedItems(step)

    @property
    def fitted(self) -> Iterator[FittedStep[F]]:
        """Every step that was fitted, the one of partial invariance last."""
        yield from self.steps.values()
        if self.freed_items is not None and self.freed_items.partial is not None:
            yield self.freed_items.partial

    def rows(self) -> Iterator[Statistic]:
        """Step by step, with latent means and items once they can be compared."""
        for row in self._rows():
            yield noted(row, self.note)

    def _rows(self) -> Iterator[Statistic]:
        for place, step in enumerate(self.context.steps):
            if step.name in self.failures:
                reason = self.context.named(self.failures[step.name]).reason
                yield from completed((), self.context.declared(place, self.sample.n), reason)
                continue
            here = self.steps[step.name]
            yield from here.rows()
            if place:
                yield from here.against(self.steps.get(step.after or self.context.steps[place - 1].name), step.restricts)
            if step.name == self.context.means and self.freed_items is not None:
                yield from latent_means(here)
                yield from self.freed_items.rows()
