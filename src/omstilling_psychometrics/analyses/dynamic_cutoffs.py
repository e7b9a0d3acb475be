"""Cut-offs for the indices of fit of one factor, made for these data: loadings, n, shares of answers, holes and leaders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import EstimationError, UsageError
from ..numerics.dynamic_cutoffs import Cutoff, Pairs, Population, cutoff, leader_parts, level_zero, misspecified_pairs
from ..numerics.moments import Floats
from ..numerics.polychoric import item_counts, thresholds_of
from ..responses.patterns import Key, ResponsePatterns
from ..results import Result, Statistic
from .by_role import Clustering, by_role, missing
from .cfa_fit import FittedModel, Specification, fit_model, specification
from .cfa_rows import Rows

Progress = Callable[[int, int], None]

# How each index says that a model fits badly. Log-likelihoods say nothing of the kind.
LARGER_IS_WORSE = {
    **{f"{name}{kind}": name == "rmsea" for kind in ("", "_scaled", "_robust") for name in ("cfi", "tli", "rmsea")},
    "srmr": True,
    "crmr": True,
}
# Samples per level. 200 give nearly the cut-offs of 500 (and std_error says how nearly).
REPLICATIONS = 500
BATTERY_REPLICATIONS = 200
# Samples that are drawn and fitted in one piece by one worker.
_TOGETHER = 10


@dataclass(frozen=True, kw_only=True)
class DynamicCutoffsResult(Result):
    """`dynamic_cutoff` and `dynamic_sensitivity` per index (method) and level (category), `dynamic_level` of the scale."""

    analysis: ClassVar[str] = "dynamic_cutoffs"


def dynamic_cutoffs(
    patterns: ResponsePatterns,
    *,
    rng: np.random.Generator | int,
    estimator: str = "WLSMV",
    missing: str | None = None,
    cluster: str | None = "default",
    replications: int = REPLICATIONS,
    jobs: int = 1,
    progress: Progress = lambda done, total: None,
) -> DynamicCutoffsResult:
    """Cut-offs for one factor in each role (McNeish & Wolf 2023), each for the index variant that it is a cut-off of.

    Samples like these are drawn: as many answers of as many leaders, with the same holes, from the fitted loadings and the
    observed shares of answers, raters of a leader as alike as they are. At level 0 one factor is right; at level 1, 2 (and
    3, from six items on) more and more pairs of items, those with the lowest loadings first, have residual correlations of .30.
    Category 0 of `dynamic_cutoff` is the 95 % limit of level 0. `dynamic_level`: how many levels of misspecification the
    observed index reaches, 0 fits better than level 1 (with a note where it is beyond the limit of level 0 all the same); no
    verdict where a level has no cut-off (less than half of its samples could be told from level 0). Loadings fitted to items
    with a residual correlation have taken up a part of it, so cut-offs drawn from them are a little lenient. Answers missing
    not at random, or a factor that is not normal, are beyond it.

    estimator, missing and cluster as in `cfa`. progress: called with the samples done and their total, per role. jobs: workers;
    results do not depend on their number. The cost grows with the number of answers.
    """
    if replications < 20:
        raise UsageError(f"replications is {replications}; at least 20 are needed for quantiles, 500 are usual.")
    chosen = specification(patterns, estimator, missing=missing)
    generator = np.random.default_rng(rng)
    settings = {
        "estimator": estimator,
        "missing": chosen.treatment,
        "cluster": cluster,
        "replications": replications,
        "rng": rng if isinstance(rng, int) else "Generator",
    }
    run = _Run(specification=chosen, replications=replications, jobs=jobs, progress=progress, rng=generator)
    return DynamicCutoffsResult(statistics=by_role(patterns, partial(_role, run=run), cluster=cluster), settings=settings)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> DynamicCutoffsResult:
    """Cut-offs for the indices of the ordinal model."""
    return dynamic_cutoffs(patterns, rng=rng, replications=BATTERY_REPLICATIONS)


@dataclass(frozen=True, kw_only=True)
class _Run:
    specification: Specification
    replications: int
    jobs: int
    progress: Progress
    rng: np.random.Generator


@dataclass(frozen=True, kw_only=True)
class _Design:
    """Everything that a drawn sample shares with the observed one: leader (n,), holes (n, k) codes below 1 or 0."""

    patterns: ResponsePatterns
    clustering: Clustering
    specification: Specification
    population: Population
    leader: NDArray[np.int64]
    holes: NDArray[np.int64]

    def indices(self, pairs: Pairs, seed: np.random.SeedSequence) -> dict[str, float]:
        """Indices of one drawn sample; none where it could not be fitted."""
        codes = self.population.draw(pairs, self.leader, np.random.default_rng(seed))
        codes = np.where(self.holes < 0, self.holes, codes)
        keys = {}
        if self.clustering.key is not None:
            keys[self.clustering.key] = Key(self.leader, self.patterns.keys[self.clustering.key].levels)
        drawn = ResponsePatterns.count(self.patterns.instrument, codes, keys)
        try:
            return _indices(drawn, fit_model(drawn, self.clustering, self.specification))
        except EstimationError:
            return {}


def _indices(patterns: ResponsePatterns, model: FittedModel) -> dict[str, float]:
    found = {one.quantity: one.estimate for one in Rows(patterns, model).indices()}
    return {name: float(value) for name in LARGER_IS_WORSE if (value := found.get(name)) is not None and math.isfinite(value)}


def _batch(design: _Design, pairs: Pairs, seeds: list[np.random.SeedSequence]) -> list[dict[str, float]]:
    return [design.indices(pairs, seed) for seed in seeds]


def _role(patterns: ResponsePatterns, clustering: Clustering, *, run: _Run) -> Iterator[Statistic]:
    method = run.specification.estimator
    try:
        observed, design = _observe(patterns, clustering, run.specification)
    except EstimationError as error:
        yield missing(error.note, quantity="dynamic_level", method=method)
        return
    levels = misspecified_pairs(design.population.loadings)
    samples = _simulate(design, ((), *levels), run)
    for name, value in observed.items():
        yield from _of_index(name, value, samples, levels, patterns, clustering, method, len(design.leader))


def _observe(patterns: ResponsePatterns, clustering: Clustering, chosen: Specification) -> tuple[dict[str, float], _Design]:
    """The observed indices and the design of samples like this one. Raises EstimationError with the reason."""
    model = fit_model(patterns, clustering, chosen)
    ordinal = model if chosen.ordinal else fit_model(patterns, clustering, Specification(estimator="WLSMV"))
    loadings = ordinal.standardized()[0]
    if not misspecified_pairs(loadings):
        raise EstimationError("no_degrees_of_freedom")
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
    rows = np.repeat(patterns.pattern, patterns.counts)
    leader = np.full(rows.size, -1, dtype=np.int64)
    if clustering.key is not None:
        leader = np.repeat(patterns.keys[clustering.key].codes, patterns.counts)
    population = Population(loadings=loadings, thresholds=thresholds, leader_share=share, leader_variances=variances)
    holes = np.minimum(codes[rows].astype(np.int64), 0)
    design = _Design(
        patterns=patterns, clustering=clustering, specification=chosen, population=population, leader=leader, holes=holes
    )
    return _indices(patterns, model), design


def _simulate(design: _Design, levels: tuple[Pairs, ...], run: _Run) -> list[dict[str, Floats]]:
    """Indices (d,) by name of the drawn samples of each level."""
    from joblib import Parallel, delayed

    seeds = np.random.SeedSequence(run.rng.integers(0, 2**63, 2).tolist()).spawn(run.replications * len(levels))
    tasks = []
    for level, pairs in enumerate(levels):
        own = seeds[level * run.replications : (level + 1) * run.replications]
        tasks += [(level, pairs, own[start : start + _TOGETHER]) for start in range(0, len(own), _TOGETHER)]
    work = Parallel(n_jobs=run.jobs, return_as="generator")(delayed(_batch)(design, pairs, own) for _, pairs, own in tasks)
    found: list[list[dict[str, float]]] = [[] for _ in levels]
    done = 0
    for (level, _, own), batch in zip(tasks, work, strict=True):
        found[level] += batch
        done += len(own)
        run.progress(done, len(seeds))
    return [{name: np.array([one[name] for one in samples if name in one]) for name in LARGER_IS_WORSE} for samples in found]


def _of_index(
    name: str,
    observed: float,
    samples: list[dict[str, Floats]],
    levels: tuple[Pairs, ...],
    patterns: ResponsePatterns,
    clustering: Clustering,
    estimator: str,
    n: int,
) -> Iterator[Statistic]:
    fields: dict[str, Any] = {"method": f"{estimator}/{name}", "n": n, "cluster": clustering.key}
    worse = LARGER_IS_WORSE[name]
    drawn = [sample[name] for sample in samples]
    if min(one.size for one in drawn) < 20:
        yield missing("draws_not_fitted", quantity="dynamic_level", **fields)
        return
    cutoffs = [level_zero(drawn[0], larger_is_worse=worse)]
    cutoffs += [cutoff(drawn[0], one, larger_is_worse=worse) for one in drawn[1:]]
    for level, (found, pairs) in enumerate(zip(cutoffs, ((), *levels), strict=True)):
        exists = math.isfinite(found.value)
        named = ", ".join(f"{patterns.items[i]}~{patterns.items[j]}" for i, j in pairs)
        notes = [] if exists else ["no_cutoff"]
        notes += [f"residual_correlations_drawn: {named}"] if pairs else []
        yield Statistic(
            quantity="dynamic_cutoff",
            category=level,
            estimate=found.value,
            std_error=found.error if exists else None,
            note="; ".join(notes) or None,
            **fields,
        )
        yield Statistic(quantity="dynamic_sensitivity", category=level, estimate=found.sensitivity, **fields)
    yield Statistic(quantity="dynamic_observed", estimate=observed, **fields)
    yield _level(observed, cutoffs, worse, fields)


def _level(observed: float, cutoffs: list[Cutoff], larger_is_worse: bool, fields: dict[str, Any]) -> Statistic:
    """How many levels the observed index reaches; a cut-off that does not exist allows no verdict."""
    if any(math.isnan(one.value) for one in cutoffs):
        return missing("no_cutoff", quantity="dynamic_level", **fields)
    sign = 1.0 if larger_is_worse else -1.0
    limit, *levels = (sign * observed >= sign * one.value for one in cutoffs)
    note = "misfit_below_level_one" if limit and not any(levels) else None
    return Statistic(quantity="dynamic_level", estimate=float(sum(levels)), note=note, **fields)
