"""Counted answers as the factor models take them: one row per pattern and group, with clusters that run across groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .numerics.normal_fit import NormalSample, normal_sample
from .numerics.ordinal_fit import OrdinalSample, ordinal_sample


@dataclass(frozen=True, kw_only=True)
class StackedPatterns:
    """codes (r, k), values (r, k) with NaN, counts (r,) and group (r,) of the patterns of every group; levels name the groups;
    clusters count the rows by a key whose values may occur in several groups."""

    codes: NDArray[np.int8]
    values: Floats
    counts: Floats
    group: NDArray[np.int64]
    levels: tuple[str, ...]
    categories: int
    clusters: Clusters | None

    @property
    def complete(self) -> NDArray[np.bool_]:
        """(r,) every item answered."""
        return np.asarray((self.codes > 0).all(axis=1))

    def of_items(self, keep: tuple[int, ...]) -> StackedPatterns:
        """The same rows with only some of the items; rows are not joined, since counts of equal rows add up anyway."""
        chosen = list(keep)
        return replace(self, codes=self.codes[:, chosen], values=self.values[:, chosen])

    def of_groups(self, keep: NDArray[np.bool_]) -> StackedPatterns:
        """The rows of some of the groups (g,), numbered on."""
        rows = keep[self.group]
        return replace(
            self,
            codes=self.codes[rows],
            values=self.values[rows],
            counts=self.counts[rows],
            group=(np.cumsum(keep) - 1)[self.group[rows]],
            levels=tuple(level for level, kept in zip(self.levels, keep, strict=True) if kept),
            clusters=None if self.clusters is None else self.clusters.restrict(rows),
        )

    def without_unshared_categories(self) -> tuple[StackedPatterns, list[tuple[int, int, int]]]:
        """The same with categories of an item that some but not all groups use joined to a neighbour, in every group; and what
        was joined: item, from which category, to which."""
        codes = self.codes.copy()
        joined: list[tuple[int, int, int]] = []
        for item in range(codes.shape[1]):
            for block in self._shared_blocks(item):
                if len(block) > 1:
                    joined.append((item, block[0], block[-1]))
                    codes[np.isin(codes[:, item], block), item] = block[0]
        return replace(self, codes=codes), joined

    def _shared_blocks(self, item: int) -> list[list[int]]:
        """Categories joined until every group uses each block, from the lowest up. Of two neighbours it is the one that groups
        without the category chose more often than the others did (the lower where that is equal): there their answers may have
        gone, and joined with the other one the groups would differ for that alone. Empty where no two blocks would be left."""
        codes = self.codes[:, item]
        blocks = [[int(code)] for code in np.unique(codes[(codes > 0) & (self.counts > 0)])]
        answers = [
            np.bincount(self.group, weights=self.counts * (codes == block[0]), minlength=len(self.levels)) for block in blocks
        ]
        sizes = np.sum(answers, axis=0)
        if not np.all(sizes):
            return []  # a group without any answer to the item
        while len(blocks) > 1:
            place = next((place for place, answered in enumerate(answers) if (answered == 0).any()), None)
            if place is None:
                return blocks
            around = [near for near in (place - 1, place + 1) if 0 <= near < len(blocks)]
            without = answers[place] == 0
            groups = (without, ~without)
            shares = [[answers[near][members].sum() / sizes[members].sum() for members in groups] for near in around]
            excess = [lacking - having for lacking, having in shares]
            first = min(place, around[int(np.argmax(excess))])
            blocks[first : first + 2] = [blocks[first] + blocks[first + 1]]
            answers[first : first + 2] = [answers[first] + answers[first + 1]]
        return []

    def normal(self, *, listwise: bool) -> tuple[NormalSample, Clusters | None]:
        """Complete rows, or all rows with an answer, for likelihood estimation."""
        rows = self.complete if listwise else np.ones(len(self.counts), dtype=bool)
        sample, used = normal_sample(self.values[rows], self.counts[rows], self.group[rows])
        return sample, self._clusters(rows, used)

    def ordinal(self, *, listwise: bool) -> tuple[OrdinalSample, Clusters | None]:
        """Complete rows, or all rows with an answer, for least squares on polychoric correlations."""
        rows = self.complete if listwise else np.ones(len(self.counts), dtype=bool)
        sample, used = ordinal_sample(self.codes[rows], self.counts[rows], self.categories, self.group[rows])
        return sample, self._clusters(rows, used)

    def _clusters(self, rows: NDArray[np.bool_], used: NDArray[np.bool_]) -> Clusters | None:
        return None if self.clusters is None else self.clusters.restrict(rows).restrict(used)


def stacked(patterns: ResponsePatterns, *, by: str | None = None, cluster: str | None = None) -> StackedPatterns:
    """Patterns of every value of the key `by` (all together without it), in the order of its levels; answers whose group is not
    known are left out."""
    if by is None:
        return _in_one_group(patterns, cluster)
    p = len(patterns.patterns)
    patterns.size(by)  # refuses a key that is not there
    group_of_cell, levels = patterns.keys[by].codes, patterns.keys[by].levels
    known = group_of_cell >= 0
    cell = (group_of_cell * p + patterns.pattern)[known]
    counts = np.bincount(cell, weights=patterns.counts[known], minlength=len(levels) * p).astype(float)
    occurs = counts > 0
    group, rows = np.divmod(np.flatnonzero(occurs), max(p, 1))
    return StackedPatterns(
        codes=patterns.patterns[rows],
        values=patterns.values()[rows],
        counts=counts[occurs],
        group=group,
        levels=levels,
        categories=len(patterns.instrument.categories),
        clusters=None if cluster is None else patterns.clusters(cluster, by).restrict(occurs),
    )


def _in_one_group(patterns: ResponsePatterns, cluster: str | None) -> StackedPatterns:
    """All together, with the clusters that the patterns have counted already."""
    counts = patterns.table()[1]
    seen = counts > 0
    return StackedPatterns(
        codes=patterns.patterns[seen],
        values=patterns.values()[seen],
        counts=counts[seen],
        group=np.zeros(int(seen.sum()), dtype=np.int64),
        levels=("all",),
        categories=len(patterns.instrument.categories),
        clusters=None if cluster is None else patterns.clusters(cluster).restrict(seen),
    )
