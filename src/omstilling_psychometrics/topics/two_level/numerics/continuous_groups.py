"""Answers to items as numbers, by group: of each group and each set of answered items its answers, their sums and products.

Nothing else of the answers enters the likelihood of a two-level model, so that equal answers are counted and not repeated.
Groups are kept in parts, each a sample of all groups, which bounds the memory that their matrices take.

Shapes: G groups, u sets of answered items, c cells (a set of items that somebody of a group answered), K kinds of groups (with
equally many answers to each set), k items, v = k(k + 1)/2 elements of an upper triangle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.tally import distinct, distinct_flags

# Groups in a part, whose matrices stay in the cache; and what is held at once for each of their answers.
_PART, _HELD = 8192, 1 << 24
# Groups that are enough to find the way by.
_SAMPLE = 8000


@dataclass(frozen=True)
class GroupPart:
    """Some of the groups. observed (u, k); cells ordered by set: start (u + 1,) of each set's, group (c,), n (c,), sums (c, k)
    and products (c, v) of the answers about `centre`, 0 where not observed; kind (G,) of the groups."""

    observed: NDArray[np.bool_]
    centre: Floats
    start: Ints
    group: Ints
    n: Floats
    sums: Floats
    products: Floats
    kind: Ints

    @property
    def size(self) -> int:
        """Groups."""
        return len(self.kind)

    def sets(self) -> list[tuple[int, slice]]:
        """Each set that occurs, with its cells."""
        ends = zip(self.start[:-1], self.start[1:], strict=True)
        return [(place, slice(int(first), int(last))) for place, (first, last) in enumerate(ends) if last > first]

    @cached_property
    def by_group(self) -> csr_array:
        """(G, c) which cells are whose."""
        cells = len(self.group)
        return csr_array((np.ones(cells), (self.group, np.arange(cells))), shape=(self.size, cells))

    @cached_property
    def by_kind(self) -> csr_array:
        """(K, G) which groups are of which kind."""
        return csr_array((np.ones(self.size), (self.kind, np.arange(self.size))))

    @cached_property
    def groups_of_kind(self) -> Floats:
        """(K,)"""
        return np.bincount(self.kind).astype(np.float64)

    @cached_property
    def answers_of_kind(self) -> csr_array:
        """(K, u) answers to each set in a group of the kind."""
        first = np.zeros(len(self.groups_of_kind), dtype=np.int64)
        first[self.kind[::-1]] = np.arange(self.size)[::-1]
        of_set = np.repeat(np.arange(len(self.observed)), np.diff(self.start))
        counts = csr_array((self.n, (self.group, of_set)), shape=(self.size, len(self.observed)))
        return csr_array(counts[first])

    @cached_property
    def people_of_kind(self) -> Floats:
        """(K,) answers in a group of the kind."""
        return np.asarray(self.answers_of_kind.sum(axis=1)).ravel()

    @cached_property
    def totals(self) -> tuple[Floats, Floats, Floats]:
        """n (u,), sums (u, k) and products (u, v) over all groups."""
        u, (k, v) = len(self.observed), (self.sums.shape[1], self.products.shape[1])
        n, sums, products = np.zeros(u), np.zeros((u, k)), np.zeros((u, v))
        for place, cells in self.sets():
            n[place], sums[place] = self.n[cells].sum(), self.sums[cells].sum(axis=0)
            products[place] = self.products[cells].sum(axis=0)
        return n, sums, products


@dataclass(frozen=True)
class GroupedAnswers:
    """Answers of G groups; part (G,) and place (G,): where each is."""

    parts: tuple[GroupPart, ...]
    part: Ints
    k: int
    n: float
    answered: float
    sizes: Floats

    @property
    def groups(self) -> int:
        return len(self.part)

    @property
    def sampled(self) -> int:
        """So many of the parts are a sample that is large enough to find the way by."""
        sizes = np.cumsum([part.size for part in self.parts])
        return int(np.searchsorted(sizes, _SAMPLE)) + 1

    def sample(self) -> GroupedAnswers:
        """The same of a sample of the groups."""
        parts, chosen = self.parts[: self.sampled], self.part < self.sampled
        counts = [part.totals[0] for part in parts]
        return GroupedAnswers(
            parts, part=self.part[chosen], k=self.k, n=float(sum(n.sum() for n in counts)),
            answered=float(sum(n @ part.observed.sum(axis=1) for n, part in zip(counts, parts, strict=True))),
            sizes=self.sizes[chosen],
        )  # fmt: skip

    def together(self, of_parts: list[Floats]) -> Floats:
        """What there is of each group, (G, q), from the parts."""
        out = np.empty((self.groups, of_parts[0].shape[1]))
        for number, values in enumerate(of_parts):
            out[self.part == number] = values
        return out


def grouped_answers(values: Floats, counts: csr_array) -> GroupedAnswers:
    """values (p, k) of the patterns, NaN where there is no answer, every one with an answer; counts (G, p), each group with
    one."""
    answered = ~np.isnan(values)
    observed, of_pattern = distinct_flags(answered)
    total = np.asarray(counts.sum(axis=0)).ravel()
    answers = total @ answered
    k = values.shape[1]
    # About a common centre, so that the squares do not cancel.
    centre = np.divide(total @ np.where(answered, values, 0.0), answers, out=np.zeros(k), where=answers > 0)
    deviation = np.where(answered, values - centre, 0.0)
    first, second = np.triu_indices(k)
    features = np.column_stack([np.ones(len(values)), deviation, deviation[:, first] * deviation[:, second]])
    number = max(-(-counts.shape[0] // _PART), int(total.sum() * k * len(first) / _HELD) + 1)
    part = np.arange(counts.shape[0]) % number
    parts = tuple(_part(csr_array(counts[part == one]), features, of_pattern, observed, centre) for one in range(number))
    return GroupedAnswers(
        parts, part=part, k=k, n=float(total.sum()), answered=float(answers.sum()),
        sizes=np.asarray(counts.sum(axis=1)).ravel().astype(np.float64),
    )  # fmt: skip


def _part(counts: csr_array, features: Floats, of_pattern: Ints, observed: NDArray[np.bool_], centre: Floats) -> GroupPart:
    """features (p, 1 + k + v): 1, deviations and their products; of_pattern (p,) the set of items of each."""
    table = counts.tocoo()
    (of_set, group), cell = distinct([of_pattern[table.coords[1]], table.coords[0]], [len(observed), counts.shape[0]])
    sums = csr_array((table.data, (cell, table.coords[1])), shape=(len(group), len(features))) @ features
    k = len(centre)
    start = np.searchsorted(of_set, np.arange(len(observed) + 1))
    kind = _kinds(group, of_set, sums[:, 0], counts.shape[0])
    return GroupPart(observed, centre, start, group, sums[:, 0], sums[:, 1 : 1 + k], sums[:, 1 + k :], kind)


def _kinds(group: Ints, of_set: Ints, n: Floats, groups: int) -> Ints:
    """(G,) groups with the same number of answers to each set have the same number."""
    _, size = np.unique(n, return_inverse=True)
    kind = np.zeros(groups, dtype=np.int64)
    order = np.lexsort((of_set, group))
    within = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    # One cell of each group after another: the kinds so far are told apart by it.
    for turn in range(int(within.max(initial=-1)) + 1):
        cells = order[within == turn]
        another = np.zeros((2, groups), dtype=np.int64)
        another[:, group[cells]] = of_set[cells] + 1, size[cells]
        widths = [int(column.max()) + 1 for column in (kind, *another)]
        _, kind = distinct([kind, *another], widths)
    return kind
