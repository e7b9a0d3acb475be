"""One role's complete rows and their correlation matrices, as factor analysis takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analysis.by_role import Clustering
from ...core.errors import EstimationError
from ...core.numerics.arrays import Floats
from ...core.numerics.moments import correlation, covariance
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .numerics.polychoric import item_counts, pair_tables, pairs, polychoric, thresholds_of
from .numerics.resampled_correlations import pearson_draws, polychoric_draws

CORRELATIONS = ("pearson", "polychoric")


@dataclass(frozen=True)
class CompleteAnswers:
    """codes (p, k) 1 … c, values (p, k) and counts (p,) of the patterns without a missing answer."""

    items: tuple[str, ...]
    categories: int
    codes: NDArray[np.int64]
    values: Floats
    counts: Floats
    clustering: Clustering
    clusters: Clusters | None

    @classmethod
    def of(cls, patterns: ResponsePatterns, clustering: Clustering) -> CompleteAnswers:
        codes, counts = patterns.table()
        kept = np.asarray((codes > 0).all(axis=1))
        clusters = clustering.of(patterns)
        return cls(
            items=patterns.items,
            categories=len(patterns.instrument.categories),
            codes=codes[kept].astype(np.int64),
            values=patterns.values()[kept],
            counts=counts[kept],
            clustering=clustering,
            clusters=None if clusters is None else clusters.restrict(kept),
        )

    @property
    def n(self) -> int:
        return round(float(self.counts.sum()))

    def frequencies(self) -> Floats:
        """(k, c) answers per item and category."""
        return item_counts(self.codes, self.counts, self.categories)

    def correlations(self, kind: str) -> Floats:
        """(k, k) `pearson` or two-step `polychoric` correlations. Raises EstimationError where one is not defined."""
        if self.n < 2:
            raise EstimationError("too_few_complete", f"n = {self.n}")
        constant = [item for item, answers in zip(self.items, self.frequencies(), strict=True) if (answers > 0).sum() < 2]
        if constant:
            raise EstimationError("no_variance", ", ".join(constant))
        if kind == "pearson":
            return correlation(covariance(self.values, self.counts))
        first, second = pairs(len(self.items))
        thresholds = thresholds_of(self.frequencies())
        rho = polychoric(pair_tables(self.codes, self.counts, self.categories), thresholds[first], thresholds[second])
        extreme = [pair for pair, estimate in enumerate(rho) if not abs(estimate) < 1]
        if extreme:
            named = ", ".join(f"{self.items[first[pair]]}~{self.items[second[pair]]}" for pair in extreme)
            raise EstimationError("polychoric_at_boundary", named)
        matrix = np.eye(len(self.items))
        matrix[first, second] = matrix[second, first] = rho
        return matrix

    def draws(self, kind: str, draws: int, rng: np.random.Generator) -> Floats:
        """(d, k, k) correlations of bootstrap draws: of leaders where they are known, else of answers."""
        if kind == "pearson":
            return pearson_draws(self.values, self.counts, self.clusters, draws, rng)
        return polychoric_draws(self.codes, self.counts, self.categories, self.clusters, draws, rng)
