"""Answers in groups (a leader in a wave) as counts of patterns, in blocks of groups of similar size.

Groups that gave the same single pattern are one with a weight. Each block has nodes of its own, as many as its largest group
needs, and holds no more patterns than memory allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, vstack

from ....core.numerics.arrays import Floats, Ints
from .ogive import Answers

# Groups up to so many times as large as the smallest share nodes.
_SIMILAR = 4.0
# Numbers that a block holds for each of its nodes and parameters, at most about so many.
_BLOCK = 1 << 20
# Groups of a block, at most.
_GROUPS = 1 << 17


@dataclass(frozen=True, eq=False)
class Block:
    """Groups that are worked on together: answers (p, k); counts (g, p); weights (g,), how many groups each stands for;
    place (g,): which of all groups they are."""

    answers: Answers
    counts: csr_array
    weights: Floats
    place: Ints

    @cached_property
    def transposed(self) -> csr_array:
        return csr_array(self.counts.T)

    @cached_property
    def largest(self) -> float:
        """Answers of the largest group."""
        return float(self.counts.sum(axis=1).max())


@dataclass(frozen=True, eq=False)
class Grouped:
    """answers (p, k) of distinct patterns; counts (g, p) sparse, of distinct groups; weights (g,), how many groups each of them
    stands for; member (G,): which of them each group is."""

    answers: Answers
    counts: csr_array
    weights: Floats
    member: Ints

    @staticmethod
    def of(codes: Ints, categories: int, counts: csr_array) -> Grouped:
        """codes (p, k) of distinct patterns, 1 … C, 0 for none; counts (G, p) sparse."""
        single = np.diff(counts.indptr) == 1
        first = counts.indptr[:-1][single]
        kinds, kind = np.unique(np.column_stack([counts.indices[first], counts.data[first]]), axis=0, return_inverse=True)
        several = np.flatnonzero(~single)
        member = np.empty(counts.shape[0], dtype=np.int64)
        member[several] = np.arange(several.size)
        member[single] = several.size + kind.ravel()
        joined = csr_array(
            (kinds[:, 1], (np.arange(len(kinds)), kinds[:, 0].astype(np.int64))), shape=(len(kinds), counts.shape[1])
        )
        distinct = csr_array(vstack([counts[several], joined], format="csr"))
        return Grouped(Answers(codes, categories), distinct, np.bincount(member).astype(float), member)

    @property
    def pooled(self) -> Grouped:
        """Every answer a group of its own."""
        totals = np.asarray(self.counts.T @ self.weights)
        one_each = csr_array((np.ones(totals.size), (np.arange(totals.size),) * 2), shape=(totals.size,) * 2)
        return Grouped(self.answers, one_each, totals, np.arange(totals.size))

    @cached_property
    def sizes(self) -> Floats:
        """(g,) answers of each group."""
        return np.asarray(self.counts.sum(axis=1))

    @cached_property
    def frequencies(self) -> Floats:
        """(k, C): how often each category was chosen."""
        return self.answers.expected(np.asarray(self.counts.T @ self.weights)[:, None])[:, :, 0]

    def thinned(self, groups: int) -> Grouped:
        """Every so manieth group, about `groups` in all."""
        kept = np.arange(0, len(self.weights), max(1, len(self.weights) // groups))
        return self._of_groups(kept)

    def _of_groups(self, kept: Ints) -> Grouped:
        return Grouped(self.answers, csr_array(self.counts[kept]), self.weights[kept], np.arange(len(kept)))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        order = np.argsort(self.sizes, kind="stable")
        start = 0
        entries = np.concatenate([[0], np.cumsum(np.diff(self.counts.indptr)[order])])
        sizes = self.sizes[order]
        most = max(_BLOCK // max(1, self.answers.codes.shape[1] * self.answers.categories), 1)
        few_patterns = len(self.answers.codes) <= most
        while start < order.size:
            end = min(int(np.searchsorted(sizes, _SIMILAR * sizes[start], side="right")), start + _GROUPS)
            if not few_patterns:
                end = max(start + 1, min(end, int(np.searchsorted(entries, entries[start] + most, side="right")) - 1))
            yield self._block(order[start:end])
            start = end

    def _block(self, place: Ints) -> Block:
        counts = csr_array(self.counts[place])
        used, column = np.unique(counts.indices, return_inverse=True)
        counts = csr_array((counts.data, column.ravel(), counts.indptr), shape=(len(place), len(used)))
        return Block(Answers(self.answers.codes[used], self.answers.categories), counts, self.weights[place], place)
