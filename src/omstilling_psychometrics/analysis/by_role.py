"""What every analysis shares: one pass per role, the cluster key that inference uses there, and null rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from ..core.errors import EstimationError, UsageError, estimating
from ..core.note import Note
from ..core.numerics.arrays import Ints, Mask
from ..core.numerics.sandwich import Clusters
from ..core.results import Statistic
from ..survey.keys import is_known
from ..survey.patterns import ResponsePatterns
from .declared_rows import completed
from .standard_errors import remarked

Model = TypeVar("Model")
Compute = Callable[[ResponsePatterns, "Clustering"], Iterable[Statistic]]


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """The key by which answers depend on each other, or None; `note` says why where that needs saying."""

    key: str | None
    note: str | None = None

    def of(self, patterns: ResponsePatterns) -> Clusters | None:
        return None if self.key is None else patterns.clusters(self.key)

    def of_cells(self, patterns: ResponsePatterns, cell: Ints, size: int) -> Clusters | None:
        """The same where answers are counted otherwise than by pattern: in 0 ... size - 1, `cell` (m,) for each of theirs."""
        if self.key is None:
            return None
        unit, weights = patterns.keys[self.key], patterns.counts.astype(np.float64)
        known = unit.codes >= 0
        counts = csr_array((weights[known], (unit.codes[known], cell[known])), shape=(len(unit.levels), size))
        counts.sum_duplicates()
        return Clusters(counts, np.bincount(cell[~known], weights=weights[~known], minlength=size).astype(np.float64))


def rates_several(patterns: ResponsePatterns, cells: Mask | None = None) -> bool:
    """Does any respondent rate more than one leader? cells: only in these (m,)."""
    if not {"respondent", "leader"} <= set(patterns.keys):
        return False
    respondent, leader = patterns.keys["respondent"].codes, patterns.keys["leader"].codes
    known = (respondent >= 0) & (leader >= 0)
    if cells is not None:
        known &= cells
    respondent, leader = respondent[known], leader[known]
    one_of_theirs = np.empty(respondent.max(initial=0) + 1, dtype=leader.dtype)
    one_of_theirs[respondent] = leader
    return bool((one_of_theirs[respondent] != leader).any())


def several_leaders(patterns: ResponsePatterns, cluster: str | None, cells: Mask | None = None) -> str | None:
    """The note that somebody's answers about several leaders depend on each other, which adding up by leader does not see.
    cells: only in these (m,)."""
    return "respondents_about_several" if cluster == "leader" and rates_several(patterns, cells) else None


def answers_by_leader(patterns: ResponsePatterns) -> Ints:
    """Answers about each leader in each wave, (leaders × waves that occur,)."""
    leader = patterns.keys["leader"].codes
    wave = patterns.keys["wave"].codes if "wave" in patterns.keys else np.zeros_like(leader)
    known = leader >= 0
    cell = leader[known].astype(np.int64) * (int(wave.max(initial=0)) + 2) + wave[known] + 1  # an unknown wave is -1
    answers = np.bincount(cell, weights=patterns.counts[known]).astype(np.int64)
    return answers[answers > 0]


def clustering(patterns: ResponsePatterns, role: str, cluster: str | None = "default") -> Clustering:
    """The cluster key of a role.

    By default: `leader` where leaders are known; for superiors, one of whom rates several leaders, `respondent`, else
    `organisation`, else none. `cluster` names another key, or None for independent answers.
    """
    if cluster is None:
        return Clustering(key=None)
    if cluster != "default":
        patterns.size(cluster)  # refuses a key that is not there
        return Clustering(key=cluster)
    if not is_known(patterns.keys, "leader"):
        return Clustering(key=None)
    relation = patterns.instrument.relation(role)
    if relation == "superior" or (
        relation is None and answers_by_leader(patterns).max(initial=0) <= 1 and rates_several(patterns)
    ):
        for key in ("respondent", "organisation"):
            if is_known(patterns.keys, key):
                return Clustering(key=key)
        return Clustering(key=None, note="superiors_not_identified")
    return Clustering(key="leader")


def each_role(patterns: ResponsePatterns, cluster: str | None) -> Iterator[tuple[str, ResponsePatterns, Clustering]]:
    """Every role with its answers and their clustering; roles are never pooled here."""
    for role, answers in patterns.by_role.items():
        yield role, answers, clustering(answers, role, cluster)


def by_role(patterns: ResponsePatterns, compute: Compute, *, cluster: str | None = "default") -> tuple[Statistic, ...]:
    """`compute` on every role by itself, each statistic marked with its role.

    Linear algebra runs on one thread meanwhile: its matrices are many and small, and threads that wait for each other at every
    product cost many times what they save, most of all where other programs want the processors too.
    """
    statistics: list[Statistic] = []
    with threadpool_limits(limits=1, user_api="blas"):
        for role, answers, chosen in each_role(patterns, cluster):
            statistics += [replace(statistic, role=role) for statistic in remarked(answers, compute(answers, chosen))]
    return tuple(statistics)


def fitted_by_role(
    patterns: ResponsePatterns,
    fit: Callable[[ResponsePatterns, Clustering], Model],
    rows: Callable[[Model], Iterable[Statistic]],
    declared: Callable[[ResponsePatterns], Iterable[Statistic]] | None = None,
    *,
    cluster: str | None = "default",
) -> tuple[tuple[Statistic, ...], dict[str, Model]]:
    """A model of every role by itself, and the rows derived from it. Where `fit` raises EstimationError the `declared`
    rows are empty with its reason, and there is no model; without `declared` the model holds its own reasons, and `fit` raises
    nothing."""
    statistics: list[Statistic] = []
    models: dict[str, Model] = {}
    with threadpool_limits(limits=1, user_api="blas"):
        for role, answers, chosen in each_role(patterns, cluster):
            try:
                with estimating():
                    models[role] = fit(answers, chosen)
                computed = rows(models[role])
            except EstimationError as error:
                if declared is None:
                    raise
                computed = completed((), declared(answers), error.reason)
            statistics += [replace(statistic, role=role) for statistic in remarked(answers, computed)]
    return tuple(statistics), models


def missing(note: Note | str, **fields: Any) -> Statistic:
    """A statistic that could not be computed: NaN and the reason."""
    return Statistic(estimate=math.nan, note=str(note), **fields)


def require_one_role(patterns: ResponsePatterns, what: str) -> ResponsePatterns:
    """Answers of one role, for analyses that have no meaning over several."""
    if len(patterns.roles) > 1:
        roles = ", ".join(patterns.roles)
        raise UsageError(
            f"{what} takes one role and got {roles}. Use answers.select(role=…), or answers.pool('role') to mix them on"
            " purpose."
        )
    return patterns.pool("role") if "role" in patterns.keys else patterns
