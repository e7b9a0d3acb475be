"""Moments of drawn ordinal samples, whose indices of fit `drawn_indices` finds: of all answers, or of a part taken to all.

Counts are what deviates at random: those of each item, and the table of each pair of items. Of a part, whatever they deviate by
from what the population makes expect is divided by the root of the part's share, and correlations and weights are those
of the counts that this gives. The covariance of the correlations is a sum over units,

    O = sum_g s_g s_g',   s_g = sum of the influences of g's answers

whose influences are those of the same counts, and whose units are those drawn. With influences as they are in the limit its
deviation from the mean over the samples falls with the root of the share like that of the counts; what estimated counts change
in it is of the right size already but for its mean, which is of the order 1/n.

Shapes: b samples, n answers, k items, c categories, m pairs of items, u independent units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from ...correlation.numerics.polychoric import pairs
from ...correlation.numerics.polychoric_influence import ordinal_moments_of
from .drawn_indices import DrawnMoments
from .dynamic_cutoffs import Pairs as Misspecified
from .dynamic_cutoffs import Population

Samples = Sequence[NDArray[np.int8]]


@dataclass(frozen=True)
class Counts:
    """Answers of the items by category (..., k, c) and tables of the pairs (..., m, c, c)."""

    items: Floats
    tables: Floats


@dataclass(frozen=True)
class Answered:
    """How many answer each item (k,), and both of each pair (m,)."""

    items: Floats
    pairs: Floats

    @classmethod
    def of(cls, holes: NDArray[np.int8]) -> Answered:
        """From holes (n, k), which are codes below 0."""
        columns = np.ascontiguousarray((holes >= 0).T)
        first, second = pairs(len(columns))
        both = [np.count_nonzero(columns[i] & columns[j]) for i, j in zip(first, second, strict=True)]
        return cls(columns.sum(axis=1).astype(float), np.array(both, dtype=float))

    def expected(self, population: Population, misspecified: Misspecified) -> Counts:
        """Counts that so many answers have on average."""
        shares, cells = population.shares, population.cells(misspecified)
        return Counts(self.items[:, None] * shares, self.pairs[:, None, None] * cells)


@dataclass(frozen=True, kw_only=True)
class SampleDesign:
    """units: (u,) the first row of each independent unit, whose rows stand together; None where every row is one."""

    c: int
    units: NDArray[np.intp] | None

    def moments(self, samples: Samples) -> DrawnMoments:
        """Of samples (n, k) of codes 1 … c, 0 = no answer."""
        n, k = samples[0].shape
        counts = self.counted(samples)
        counted = ordinal_moments_of(counts.items, counts.tables)
        covariance = [self._covariance(codes, own) for codes, own in zip(samples, counted.correlation_influence, strict=True)]
        return DrawnMoments(
            n=n,
            k=k,
            correlations=counted.correlations,
            variances=counted.correlation_variance(),
            covariance=np.stack(covariance) * (n / (n - 1)),
        )

    def counted(self, samples: Samples, weights: Floats | None = None) -> Counts:
        """Rows count as much as their weights (n,)."""
        c, k = self.c, samples[0].shape[1]
        first, second = pairs(k)
        items = np.zeros((len(samples), k, c))
        tables = np.zeros((len(samples), len(first), c, c))
        for place, codes in enumerate(samples):
            columns = codes.T.astype(np.intp, order="C")
            items[place] = [np.bincount(column, weights, c + 1)[1:] for column in columns]
            for pair, (i, j) in enumerate(zip(first, second, strict=True)):
                cells = np.bincount(columns[i] * (c + 1) + columns[j], weights, (c + 1) ** 2)
                tables[place, pair] = cells.reshape(c + 1, c + 1)[1:, 1:]
        return Counts(items, tables)

    def sums(self, codes: NDArray[np.int8], *influences: Floats) -> list[Floats]:
        """For each of these influences (m, c+1, c+1) of a pair of answers on its correlation, those of the units (m, u)."""
        width = self.c + 1
        first, second = pairs(codes.shape[1])
        columns = codes.T.astype(np.intp, order="C")
        scores = [np.empty((len(first), len(codes))) for _ in influences]
        for pair, (i, j) in enumerate(zip(first, second, strict=True)):
            cells = columns[i] * width + columns[j]
            for own, influence in zip(scores, influences, strict=True):
                own[pair] = influence[pair].ravel()[cells]
        return scores if self.units is None else [np.add.reduceat(own, self.units, axis=1) for own in scores]

    def _covariance(self, codes: NDArray[np.int8], influence: Floats) -> Floats:
        """O (m, m)."""
        m = len(influence)
        if self.units is None:
            (sums,) = self.sums(codes, influence)
            return np.asarray(sums @ sums.T)
        if self.units.size < 2:
            return np.full((m, m), np.nan)
        (sums,) = self.sums(codes, influence)
        return np.asarray(sums @ sums.T * (self.units.size / (self.units.size - 1)))


@dataclass(frozen=True, kw_only=True)
class PartDesign:
    """n answers of so many independent units (None: each answer is one), of which a part is drawn: the first `large` of its
    units stand for themselves, the others are the share `share` of such answers.

    all: expected counts of the n answers; expected: those of the part, whose rows count like their `weights`."""

    part: SampleDesign
    n: int
    units: int | None
    large: int
    share: float
    weights: Floats
    all: Counts
    expected: Counts

    def moments(self, samples: Samples) -> DrawnMoments:
        """Of n answers, from samples of the part as in `SampleDesign`."""
        counts = self._taken(self.part.counted(samples, self.weights))
        counted = ordinal_moments_of(counts.items, counts.tables)
        degrees = self.n / (self.n - 1) * (1 if self.units is None else self.units / (self.units - 1))
        return DrawnMoments(
            n=self.n,
            k=samples[0].shape[1],
            correlations=counted.correlations,
            variances=counted.correlation_variance(),
            covariance=self._covariance(samples, counted.correlation_influence) * degrees,
        )

    def _taken(self, drawn: Counts) -> Counts:
        """Not below 0, as they could be where the holes of the part are not those of all."""
        items = self.all.items + drawn.items - self.expected.items
        tables = self.all.tables + drawn.tables - self.expected.tables
        return Counts(np.maximum(items, 0), np.maximum(tables, 0))

    def _covariance(self, samples: Samples, influences: Floats) -> Floats:
        """O (b, m, m)."""
        limit = ordinal_moments_of(self.all.items, self.all.tables).correlation_influence
        m, less = len(limit), 1 - math.sqrt(self.share)
        out = np.empty((len(samples), m, m))
        mean = np.zeros((m, m))
        for place, (codes, influence) in enumerate(zip(samples, influences, strict=True)):
            own, true = self.part.sums(codes, influence, limit)
            large, others, in_limit = own[:, : self.large], own[:, self.large :], true[:, self.large :]
            of_others, of_limit = others @ others.T, in_limit @ in_limit.T
            out[place] = large @ large.T + (of_others - less * of_limit) / self.share
            mean += (2 * of_limit - of_others) / len(samples)
        out += less / self.share * mean
        return out
