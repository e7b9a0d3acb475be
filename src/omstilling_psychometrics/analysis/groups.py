"""Groups that are compared with each other: their counts side by side, and clusters that reach across them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..core.errors import UsageError
from ..core.note import Note, joined
from ..core.numerics import intervals
from ..core.numerics.arrays import Floats
from ..core.numerics.sandwich import Clusters
from ..core.results import Statistic
from ..survey.keys import is_known
from ..survey.patterns import ResponsePatterns
from .by_role import several_leaders


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Answers of the groups of one key.

    names (g,); counts (g, p) of the patterns; clusters: how often each cluster gave each pattern in each group, columns
    group by group (G, g p), or None for independent answers; cluster: its key; note: what must be said of
    errors that are added up within it.

    Team, self and superior answer about the same leader: scores are added up within a leader over all groups.
    """

    names: tuple[str, ...]
    counts: Floats
    clusters: Clusters | None
    cluster: str | None
    note: str | None = None

    @property
    def stacked(self) -> Floats:
        """(g p,) counts in the order of the clusters' columns."""
        return self.counts.ravel()

    def difference(self, quantity: str, method: str, estimate: float, variance: float, df: float, n: int) -> Statistic:
        """A difference between groups with its Wald interval; the variance is NaN with one cluster."""
        error = math.sqrt(variance)
        return Statistic(
            quantity=quantity,
            method=method,
            cluster=self.cluster,
            estimate=estimate,
            std_error=error,
            interval=partial(intervals.wald, estimate=estimate, std_error=error, df=df),
            n=n,
            note="one_cluster" if math.isnan(error) else self.note,
        )


def groups_of(patterns: ResponsePatterns, by: str = "role", cluster: str | None = "default") -> Groups:
    """The groups of key `by`; answers without a value of it are left out. Without a role key everyone is one group."""
    if by == "role" and "role" not in patterns.keys:
        names: tuple[str, ...] = ("all",)
        codes = np.zeros_like(patterns.pattern)
    else:
        patterns.size(by)  # refuses a key that is not there
        names, codes = patterns.keys[by].levels, patterns.keys[by].codes
    cluster = cluster_of_groups(patterns, cluster)
    p = len(patterns.patterns)
    inside = codes >= 0
    column = (codes * p + patterns.pattern)[inside]
    weights = patterns.counts[inside].astype(np.float64)
    counts = np.bincount(column, weights=weights, minlength=len(names) * p).astype(np.float64).reshape(len(names), p)
    clusters = None if cluster is None else patterns.clusters(cluster, by if by in patterns.keys else None)
    return Groups(names=names, counts=counts, clusters=clusters, cluster=cluster, note=several_leaders(patterns, cluster))


def cluster_of_groups(patterns: ResponsePatterns, cluster: str | None) -> str | None:
    """The cluster key of a comparison: 'default' is `leader` where leaders are known, else independent answers; another key; or
    None. Raises UsageError for a key that is not there."""
    if cluster == "default":
        return "leader" if is_known(patterns.keys, "leader") else None
    if cluster is not None:
        patterns.size(cluster)
    return cluster


def group_by_group(patterns: ResponsePatterns, by: str) -> Iterator[tuple[str, ResponsePatterns]]:
    """The answers of each value of a key that describes people, roles apart, for an analysis of each by itself.

    Raises UsageError for a key that is not there.
    """
    if by not in patterns.keys:
        patterns.size(by)
    for level, group in patterns.split(by):
        yield level, group.pool(by)


def require_unmixed_roles(patterns: ResponsePatterns, by: str) -> ResponsePatterns:
    """Answers to compare by `by`: several roles at once only where roles are what is compared. Raises UsageError."""
    if by != "role":
        patterns.size(by)
    if by != "role" and len(patterns.roles) > 1:
        roles = ", ".join(patterns.roles)
        raise UsageError(
            f"a comparison by '{by}' takes one role and got {roles}. Use answers.select(role=…), or answers.pool('role') to mix"
            " them on purpose."
        )
    return patterns


def require_groups(patterns: ResponsePatterns, by: str, what: str) -> ResponsePatterns:
    """Answers of at least two groups of `by`. Raises UsageError, also for a key that is not there."""
    levels = patterns.keys["role"].levels if by == "role" and "role" in patterns.keys else ()
    if by != "role":
        patterns.size(by)
        levels = patterns.keys[by].levels
    if len(levels) < 2:
        held = f"'{levels[0]}' only" if levels else f"no {by}"
        raise UsageError(
            f"{what} compares groups of '{by}', and these answers have {held}. Give it answers of several groups, without "
            f"select({by}=…), or name another key in by; known: {', '.join(patterns.keys) or 'none'}."
        )
    return patterns


def mixed_on_purpose(patterns: ResponsePatterns, by: str) -> tuple[ResponsePatterns, str | None]:
    """The same for a battery, which must give its rows: roles are pooled, and every row gets the note returned."""
    if by != "role" and len(patterns.roles) > 1:
        return patterns.pool("role"), "roles_pooled"
    return patterns, None


@dataclass(frozen=True, kw_only=True)
class GroupAnswers:
    """What each group has to be compared by: answers (g, k) to every item, and usable (g,) rows."""

    names: tuple[str, ...]
    items: tuple[str, ...]
    answers: Floats
    usable: Floats

    @property
    def too_few(self) -> str | None:
        """Why fewer than two groups can be compared, if so."""
        if np.count_nonzero(self.usable) > 1:
            return None
        if not self.answers.any():
            return "no_answers"
        return joined("fewer_than_two_groups", self.lost)

    @property
    def lost(self) -> str | None:
        """Why groups with answers have no row that can be used, if there are any: the items that nobody in them answered, by
        name; else the groups, in which everybody left something out."""
        groups = np.flatnonzero((self.usable == 0) & self.answers.any(axis=1))
        silent = [
            f"{self.items[item]} ({in_note(self.names[group])})"
            for group in groups
            for item in np.flatnonzero(self.answers[group] == 0)
        ]
        if silent:
            return str(Note("item_without_answers", ", ".join(silent)))
        return str(Note("too_few_complete", ", ".join(in_note(self.names[group]) for group in groups))) if groups.size else None


def in_note(label: str) -> str:
    """A group's label as it stands in notes, whose parts are separated by '; '."""
    return label.replace(";", ",")


def noted(statistic: Statistic, note: str | None) -> Statistic:
    """The statistic with one more note in front."""
    return statistic if note is None else replace(statistic, note=joined(note, statistic.note))
