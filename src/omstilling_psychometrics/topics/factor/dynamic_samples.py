"""Samples like an observed one, for its dynamic cut-offs: as many answers of as many leaders, with the same holes and shares of
answers, from the fitted factor model.

Where there are many ordered answers only some leaders are drawn, with all of their answers, and the deviations of the counts
from those of the population are scaled to the number of all answers. docs/studies/cutoffs_of_parts.md says how far that agrees
with drawing everybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...analysis.by_role import Clustering
from ...core.errors import EstimationError
from ...core.numerics.arrays import Floats
from ...survey.keys import Key
from ...survey.patterns import ResponsePatterns
from ..correlation.numerics.polychoric import item_counts, thresholds_of
from .analysis_fit import fit_model
from .analysis_model import FittedModel
from .analysis_rows import Rows
from .analysis_specification import Specification
from .numerics.drawn_indices import DrawnMoments
from .numerics.drawn_moments import Answered, Counts, PartDesign, SampleDesign
from .numerics.drawn_part import Part, part_of
from .numerics.dynamic_cutoffs import Pairs, Population, leader_parts
from .numerics.modification import modifications
from .numerics.ordinal_fit import Weights

Progress = Callable[[int, int], None]

# Does a larger value of the index mean a worse fit? Log-likelihoods are no indices of fit and are not here.
LARGER_IS_WORSE = {
    **{f"{name}{kind}": name == "rmsea" for kind in ("", "_scaled", "_robust") for name in ("cfi", "tli", "rmsea")},
    "srmr": True,
    "crmr": True,
}
# Samples that are drawn and fitted in one piece by one worker, rows of answers in them, and numbers in their
# covariances: tens of megabytes.
_TOGETHER = 250
_ANSWERS_TOGETHER = 2_000_000
_COVARIANCES_TOGETHER = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Design:
    """Everything that a drawn sample shares with the observed one: leader (n,), whose rows stand together, -1 for none; holes
    (n, k) codes below 1, or 0 for an answer."""

    patterns: ResponsePatterns
    clustering: Clustering
    specification: Specification
    population: Population
    leader: NDArray[np.int64]
    holes: NDArray[np.int8]

    @classmethod
    def of(cls, patterns: ResponsePatterns, clustering: Clustering, model: FittedModel, *, pair_free: bool) -> Design:
        """The design of samples like the one that was fitted. Raises EstimationError with the reason why there is none."""
        chosen = model.specification
        if len(model.items) < 4:
            raise EstimationError("no_degrees_of_freedom")
        ordinal = model if chosen.ordinal else fit_model(patterns, clustering, Specification(estimator="WLSMV"))
        if pair_free:
            ordinal = _with_pair_free(ordinal)
        loadings = ordinal.standardized()[0]
        improper = [name for name, loading in zip(patterns.items, loadings, strict=True) if not abs(loading) < 1]
        if improper:
            raise EstimationError("negative_residual_variance", ", ".join(improper))
        codes, counts = patterns.table()
        c = len(patterns.instrument.categories)
        thresholds = thresholds_of(item_counts(codes, counts, c))
        clusters = clustering.of(patterns)
        share, variances = (0.0, np.zeros(len(loadings)))
        if clusters is not None:
            share, variances = leader_parts(codes, clusters, thresholds, loadings)
        answered = codes > 0
        enough = np.asarray(answered.all(axis=1) if chosen.treatment == "listwise" else answered.any(axis=1))
        used = enough[patterns.pattern]
        rows, size = patterns.pattern[used], patterns.counts[used]
        key = np.full(rows.size, -1, dtype=np.int64) if clustering.key is None else patterns.keys[clustering.key].codes[used]
        order = np.argsort(key, kind="stable")
        leader = np.repeat(key[order], size[order])
        holes = np.repeat(np.minimum(codes[rows[order]], 0), size[order], axis=0)
        population = Population(loadings=loadings, thresholds=thresholds, leader_share=share, leader_variances=variances)
        return cls(
            patterns=patterns, clustering=clustering, specification=chosen, population=population, leader=leader, holes=holes
        )

    @property
    def n(self) -> int:
        return len(self.leader)

    @property
    def units(self) -> NDArray[np.intp] | None:
        """First row of each leader, and every row without one; None for independent answers."""
        if self.clustering.key is None:
            return None
        return np.flatnonzero((self.leader < 0) | (np.diff(self.leader, prepend=-2) > 0))

    @cached_property
    def _choice(self) -> Part | None:
        """Units that stand for all; None where everybody is drawn: of few, and for likelihoods, which are fitted to people."""
        if not self.specification.ordinal:
            return None
        starts = np.arange(self.n) if self.units is None else self.units
        shares = self.population.shares * self._answered.items[:, None] / self.n
        return part_of(np.diff(starts, append=self.n), float(shares[shares > 0].min()))

    @cached_property
    def part(self) -> Design:
        """What is drawn, units that stand for themselves first."""
        if self._choice is None:
            return self
        starts = np.arange(self.n) if self.units is None else self.units
        sizes = np.diff(starts, append=self.n)[self._choice.chosen]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1]) + np.repeat(starts[self._choice.chosen] - ends + sizes, sizes)
        leader = np.repeat(np.arange(sizes.size), sizes)
        return replace(self, leader=np.where(self.leader[rows] < 0, -1, leader), holes=self.holes[rows])

    def _of_part(self, choice: Part, pairs: Pairs) -> PartDesign:
        part, population = self.part, self.population
        large = 0 if part.units is None else int(part.units[choice.large])
        weights = np.where(np.arange(part.n) < large, 1.0, 1 / math.sqrt(choice.share))
        alone, others = (
            Answered.of(part.holes[rows]).expected(population, pairs) for rows in (slice(large), slice(large, None))
        )
        return PartDesign(
            part=part._sample_design,
            n=self.n,
            units=None if self.units is None else self.units.size,
            large=choice.large,
            share=choice.share,
            weights=weights,
            all=self._answered.expected(population, pairs),
            expected=Counts(*(one + weights[-1] * other for one, other in zip(astuple(alone), astuple(others), strict=True))),
        )

    @cached_property
    def _answered(self) -> Answered:
        return Answered.of(self.holes)

    @property
    def _sample_design(self) -> SampleDesign:
        return SampleDesign(c=len(self.patterns.instrument.categories), units=self.units)

    def simulate(
        self, levels: tuple[Pairs, ...], replications: int, rng: np.random.Generator, jobs: int | None, progress: Progress
    ) -> list[dict[str, Floats]]:
        """Indices (d,) by name of the drawn samples of each level."""
        from joblib import Parallel, delayed

        seeds = np.random.SeedSequence(rng.integers(0, 2**63, 2).tolist()).spawn(replications * len(levels))
        tasks = []
        for level, pairs in enumerate(levels):
            level_seeds = seeds[level * replications : (level + 1) * replications]
            # Pieces of equal size, since the mean of each is what its samples deviate from.
            pieces = -(-replications // self.together)
            ends = [replications * piece // pieces for piece in range(pieces + 1)]
            tasks += [(level, pairs, level_seeds[start:end]) for start, end in pairwise(ends)]
        work = Parallel(n_jobs=jobs, return_as="generator")(
            delayed(_batch)(self, pairs, level_seeds) for _, pairs, level_seeds in tasks
        )
        by_level: list[list[dict[str, float]]] = [[] for _ in levels]
        done = 0
        for (level, _, level_seeds), batch in zip(tasks, work, strict=True):
            by_level[level] += batch
            done += len(level_seeds)
            progress(done, len(seeds))
        return [
            {name: np.array([sample[name] for sample in samples if name in sample]) for name in LARGER_IS_WORSE}
            for samples in by_level
        ]

    @property
    def together(self) -> int:
        """Samples in one piece."""
        k = self.population.loadings.size
        pairs = k * (k - 1) // 2
        return max(1, min(_TOGETHER, _ANSWERS_TOGETHER // self.part.n, _COVARIANCES_TOGETHER // pairs**2))

    def indices(self, pairs: Pairs, seeds: list[np.random.SeedSequence]) -> list[dict[str, float]]:
        """Indices of one drawn sample for each seed; none where it could not be fitted."""
        if not self.specification.ordinal:
            return [self._fitted(self._codes(pairs, seed)) for seed in seeds]
        estimator: Weights = "ULS" if self.specification.estimator == "ULSMV" else "DWLS"
        design = self._sample_design if self._choice is None else self._of_part(self._choice, pairs)
        return design.moments(self.part._drawn(pairs, seeds)).indices(self.population.loadings, estimator)

    def _codes(self, pairs: Pairs, seed: np.random.SeedSequence) -> NDArray[np.int8]:
        codes = self.population.draw(pairs, self.leader, np.random.default_rng(seed))
        return np.where(self.holes < 0, self.holes, codes)

    def moments(self, pairs: Pairs, seeds: list[np.random.SeedSequence]) -> DrawnMoments:
        """Of all these answers, drawn for each seed."""
        return self._sample_design.moments(self._drawn(pairs, seeds))

    def _drawn(self, pairs: Pairs, seeds: list[np.random.SeedSequence]) -> list[NDArray[np.int8]]:
        return [np.maximum(self._codes(pairs, seed), 0) for seed in seeds]

    def _fitted(self, codes: NDArray[np.int8]) -> dict[str, float]:
        keys = {}
        if self.clustering.key is not None:
            keys[self.clustering.key] = Key(self.leader, self.patterns.keys[self.clustering.key].levels)
        drawn = ResponsePatterns.count(self.patterns.instrument, codes, keys)
        try:
            model = fit_model(drawn, self.clustering, self.specification)
        except EstimationError:
            return {}
        indices = {row.quantity: row.estimate for row in Rows(model).indices()}
        return {
            name: float(value) for name in LARGER_IS_WORSE if (value := indices.get(name)) is not None and math.isfinite(value)
        }


def _batch(design: Design, pairs: Pairs, seeds: list[np.random.SeedSequence]) -> list[dict[str, float]]:
    return design.indices(pairs, seeds)


def _with_pair_free(model: FittedModel) -> FittedModel:
    """The model with the residual correlation of the pair of the largest modification index free."""
    cells = [(int(i), int(j)) for i, j in zip(*np.triu_indices(len(model.items), 1), strict=True)]
    indices = [modification.index for modification in modifications(model.fit, "residual_covariances", cells)]
    pair = cells[int(np.nanargmax(indices))]
    return model.refitted(model.specification.with_residual_covariances((pair,)))
