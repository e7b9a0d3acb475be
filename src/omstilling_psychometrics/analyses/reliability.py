"""Reliability of the scale: coefficient alpha and its intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from ..numerics import intervals
from ..numerics.alpha import Alpha, listwise_alpha, pairwise_alpha
from ..numerics.moments import complete
from ..responses.patterns import ResponsePatterns
from ..results import Result, Statistic
from .by_role import Clustering, by_role
from .sample import Mask, Sample


@dataclass(frozen=True, kw_only=True)
class ReliabilityResult(Result):
    """Reliability coefficients; `listwise` uses complete rows, `pairwise` every pair of answers."""

    analysis: ClassVar[str] = "reliability"

    @property
    def alpha(self) -> float:
        """Coefficient alpha of complete rows."""
        return self.value("alpha", method="listwise")


def reliability(patterns: ResponsePatterns, *, cluster: str | None = "default") -> ReliabilityResult:
    """Coefficient alpha in each role.

    The interval is Feldt's (n − 1 and (n − 1)(k − 1) degrees of freedom, n the complete rows) for independent answers, and
    the influence-function interval on log(1 − alpha), clustered by leader, where leaders are known; the other one stands
    beside it as `listwise/feldt` or `listwise/influence`. psych::alpha gives the same coefficients.

    Raises UsageError for a cluster key that the data do not have.
    """
    return ReliabilityResult(statistics=by_role(patterns, _role, cluster=cluster))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> ReliabilityResult:
    """All rows of the reliability analysis."""
    return reliability(patterns)


def _role(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    sample = Sample(patterns, clustering)
    some = ~np.asarray(np.isnan(sample.values).all(axis=1))
    yield from _alpha(sample, "listwise", listwise_alpha(sample.values, sample.counts), complete(sample.values))
    yield from _alpha(sample, "pairwise", pairwise_alpha(sample.values, sample.counts), some)


def _alpha(sample: Sample, method: str, alpha: Alpha, used: Mask) -> Iterator[Statistic]:
    if math.isnan(alpha.estimate):
        note = f"too_few_complete: n = {alpha.n}" if alpha.n < 2 else "no_variance"
        yield Statistic(quantity="alpha", method=method, estimate=math.nan, n=alpha.n, note=note)
        return
    by_influence = sample.estimate(
        alpha.estimate, alpha.influence, used, intervals.log_complement, quantity="alpha", method=method
    )
    by_feldt = Statistic(
        quantity="alpha",
        method=method,
        estimate=alpha.estimate,
        interval=partial(intervals.feldt, alpha=alpha.estimate, n=alpha.n, k=len(sample.patterns.items)),
        n=alpha.n,
        note=sample.clustering.note,
    )
    if sample.clustering.key is None:
        yield by_feldt
        yield replace(by_influence, method=f"{method}/influence")
    else:
        yield by_influence
        yield replace(by_feldt, method=f"{method}/feldt")
