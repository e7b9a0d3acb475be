"""One role's answers as arrays, with the clustering that its inference uses: from influence values to a Statistic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np

from ..core.note import Note
from ..core.numerics import intervals
from ..core.numerics.arrays import Floats, Mask
from ..core.numerics.sandwich import Clusters
from ..core.results import Interval, Statistic
from ..survey.patterns import ResponsePatterns
from .by_role import Clustering, missing


class Estimated(Protocol):
    """What the numerics return of a coefficient: estimate, NaN where nothing varies; influence (p,); n answers used."""

    @property
    def estimate(self) -> float: ...
    @property
    def influence(self) -> Floats: ...
    @property
    def n(self) -> int: ...


@dataclass(frozen=True)
class Sample:
    """Answers of one role; `values` (p, k) are category values with NaN, `counts` (p,) how often each pattern occurs."""

    patterns: ResponsePatterns
    clustering: Clustering

    @cached_property
    def values(self) -> Floats:
        return self.patterns.values()

    @cached_property
    def counts(self) -> Floats:
        return self.patterns.table()[1]

    @cached_property
    def clusters(self) -> Clusters | None:
        return self.clustering.of(self.patterns)

    def within(self, used: Mask) -> Clusters | None:
        """The clusters with only the patterns in `used`."""
        return None if self.clusters is None else self.clusters.restrict(used)

    def n(self, used: Mask) -> int:
        """Answers whose pattern is in `used`."""
        return round(float(self.counts[used].sum()))

    def estimate(
        self,
        estimate: float,
        influence: Floats,
        used: Mask,
        bounds: intervals.BoundsOf,
        **fields: Any,
    ) -> Statistic:
        """A statistic with influence values (p,), from the answers in `used`; bounds(level, estimate, std_error, df)."""
        inside = self.within(used)
        error = intervals.influence_error(influence[used], self.counts[used], inside)
        note = self.clustering.note
        if math.isnan(error):
            note = "one_cluster" if self.n(used) > 1 else "one_answer"
        return Statistic(
            **fields,
            estimate=estimate,
            std_error=error,
            interval=interval(bounds, estimate, error, intervals.degrees_of_freedom(inside)),
            cluster=self.clustering.key,
            n=self.n(used),
            note=note,
        )

    def of_complete(self, result: Estimated, used: Mask, bounds: intervals.BoundsOf, **fields: Any) -> Statistic:
        """The statistic of a coefficient of the complete rows `used`, or a null row with its reason."""
        if math.isnan(result.estimate):
            return missing(too_few_complete(result.n) or "no_variance", n=result.n, **fields)
        return self.estimate(result.estimate, result.influence, used, bounds, **fields)

    def mean(self, column: Floats, **fields: Any) -> Statistic:
        """Mean of a column (p,) over the answers that have it."""
        used = ~np.isnan(column)
        n = self.n(used)
        if n == 0:
            return Statistic(**fields, estimate=math.nan, n=0, note="no_answers")
        mean = float(self.counts[used] @ column[used] / n)
        result = self.estimate(mean, np.where(used, column - mean, 0.0), used, intervals.wald, **fields)
        if self.clusters is not None or n < 2:
            return result
        # Independent answers: the textbook standard error s/√n and t interval, which the sandwich only approaches.
        error = intervals.influence_error(column[used] - mean, self.counts[used]) * math.sqrt(n / (n - 1))
        return Statistic(
            **fields,
            estimate=mean,
            std_error=error,
            interval=partial(intervals.wald, estimate=mean, std_error=error, df=n - 1),
            n=n,
            note=result.note,
        )

    def share(self, hit: Mask, base: Mask, **fields: Any) -> Statistic:
        """Share of the answers in `hit` among those in `base`, with Wilson's interval."""
        n = self.n(base)
        if n == 0:
            return Statistic(**fields, estimate=math.nan, n=0, note="no_answers")
        share = float(self.counts[base] @ hit[base]) / n
        bounds = partial(_wilson, n, self.clusters is None)
        return self.estimate(share, hit.astype(float) - share, base, bounds, **fields)


def too_few_complete(n: int) -> str | None:
    """The note for fewer than two complete rows."""
    return str(Note("too_few_complete", f"n = {n}")) if n < 2 else None


def never_answered(patterns: ResponsePatterns) -> str | None:
    """The note for items that nobody answered, and for no answers at all."""
    answers = (patterns.patterns > 0).T @ patterns.table()[1]
    if not answers.any():
        return "no_answers"
    silent = [item for item, number in zip(patterns.items, answers, strict=True) if number == 0]
    return str(Note("item_without_answers", ", ".join(silent))) if silent else None


def interval(bounds: intervals.BoundsOf, estimate: float, error: float, df: float) -> Interval:
    """The interval of bounds(level, estimate, std_error, df) at any level; results with it can be sent to another process."""
    return partial(_bounds, bounds, estimate, error, df)


def _wilson(n: int, independent: bool, level: float, estimate: float, error: float, df: float) -> intervals.Bounds:
    return intervals.wilson(level, estimate, n, math.nan if independent else error, df)


def _bounds(bounds: intervals.BoundsOf, estimate: float, error: float, df: float, level: float) -> intervals.Bounds:
    return bounds(level, estimate, error, df)
