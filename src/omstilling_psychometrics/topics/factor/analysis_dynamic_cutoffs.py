"""Cut-offs for the indices of fit of one factor, made for these data: loadings, n, shares of answers, holes and leaders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...core.errors import EstimationError, UsageError
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_fit import fit_model
from .analysis_model import FittedModel
from .analysis_rows import Rows
from .analysis_specification import Specification, specification
from .dynamic_samples import LARGER_IS_WORSE, Design, Progress
from .numerics.dynamic_cutoffs import Cutoff, Pairs, cutoff, level_zero, misspecified_pairs

# Samples per level: as many as the authors' functions draw for normal and, in the battery, for categorical items.
REPLICATIONS = 500
LOADINGS = ("fitted", "pair_free")
BATTERY_REPLICATIONS = 250
# The battery draws at most so many answers per level and role, if that leaves enough samples for a quantile. Only of few, large
# leaders are so many drawn; std_error says how well the quantiles are known.
_BATTERY_ANSWERS = 10_000_000
_FEWEST = 50


@dataclass(frozen=True, kw_only=True)
class DynamicCutoffsResult(Result):
    """`dynamic_cutoff` and `dynamic_sensitivity` per index (method) and level (category), `dynamic_level` of the scale.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report; `dynamic_replications` says how many samples each level has.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; without a fitted model there are null rows.
    models : mapping, optional
        By role, `DrawnLevels`: the model that samples are like, how they are drawn, and the indices of every sample.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "dynamic_cutoffs"
    headline: ClassVar[tuple[str, ...]] = ("dynamic_observed", "dynamic_level")
    headed_by: ClassVar[tuple[str, ...]] = ("role", "group", "method")


@takes_answers
def dynamic_cutoffs(
    patterns: ResponsePatterns,
    *,
    rng: np.random.Generator | int,
    estimator: str = "WLSMV",
    missing: str | None = None,
    cluster: str | None = "default",
    loadings: str = "fitted",
    replications: int = REPLICATIONS,
    jobs: int | None = None,
    progress: Progress = lambda done, total: None,
) -> DynamicCutoffsResult:
    """Dynamic cut-offs for one factor in each role (McNeish & Wolf 2023), each for the index variant that it is a cut-off of.

    Samples like these are drawn: as many answers of as many leaders, with the same holes, from the fitted loadings and the
    observed shares of answers, raters of a leader as alike as they are. Of many answers only a part is drawn, whole leaders of
    it, and deviations from the population are taken to the number of all (a note says how many are drawn). At level 0 one
    factor is right; at level 1, 2 (and 3, from six items on) more and more pairs of items, those with the lowest loadings
    first, have residual correlations of .30. No verdict where a level has no cut-off (less than half of its samples could be
    told from level 0). Answers missing not at random, or a factor that is not normal, are beyond it. A sample costs a
    millisecond with the ordinal estimators, whatever the number of answers; with the others all people are drawn.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    rng : int or numpy.random.Generator
        Seed or generator of the draws. The same seed gives the same rows.
    estimator : str, default "WLSMV"
        As in `cfa`.
    missing : {"pairwise", "listwise"}, optional
        As in `cfa`.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    loadings : {"fitted", "pair_free"}, default "fitted"
        `fitted`, as the authors draw: fitted to items with a residual correlation, loadings have taken up a part of it, so
        level 1 is lenient, and of large samples that have one such pair, most do not reach it. `pair_free`: the loadings of a
        fit with the residual correlation of the pair of the largest modification index free; then nearly as many reach it as
        should.
    replications : int, default 500
        Samples per level, at least 20.
    jobs : int, optional
        Workers of joblib; None for what `joblib.parallel_config` says (else one). Results do not depend on their number.
    progress : callable, optional
        Called with the samples done and their total, per role.

    Returns
    -------
    DynamicCutoffsResult
        Per index (method): `dynamic_cutoff` and `dynamic_sensitivity` of each level (category; 0 is the 95 % limit of level
        0), `dynamic_observed`, and `dynamic_level`, how many levels of misspecification the observed index reaches, where 0
        fits better than level 1; its interval has the levels that the Monte Carlo error of the cut-offs leaves open, and
        level 1 wherever the index is beyond the limit of level 0 (with a note).

    Raises
    ------
    UsageError
        For fewer than 20 replications, loadings of another kind, or an option that the estimator cannot honour.

    See Also
    --------
    cfa : Fit of the model, with the usual indices.
    dimensionality : Whether one factor is enough, without a model of it.
    local_dependence : Drawn limit for pairs of items of an item response model.

    References
    ----------
    McNeish, D., & Wolf, M. G. (2023). Dynamic fit index cutoffs for one-factor models. Behavior Research Methods, 55,
    1157–1174.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.dynamic_cutoffs(load_case("lq2002_lead"), rng=1, replications=20)
    >>> round(result.value("dynamic_observed", method="WLSMV/srmr"), 4)
    0.0886
    >>> result.value("dynamic_level", method="WLSMV/srmr")
    2.0
    """
    if replications < 20:
        raise UsageError(f"replications is {replications}; at least 20 are needed for quantiles, 500 are usual.")
    if loadings not in LOADINGS:
        raise UsageError(f"loadings is '{loadings}'; there are: {', '.join(LOADINGS)}.")
    chosen = specification(patterns, estimator, missing=missing)
    generator = np.random.default_rng(rng)
    settings = {
        "estimator": estimator,
        "missing": chosen.treatment,
        "cluster": cluster,
        "loadings": loadings,
        "replications": replications,
        "rng": rng if isinstance(rng, int) else "Generator",
    }
    run = _Run(
        specification=chosen,
        replications=replications,
        rng=generator,
        progress=progress,
        pair_free=loadings == "pair_free",
        jobs=jobs,
    )
    return _result(patterns, run, settings, cluster)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> DynamicCutoffsResult:
    """Cut-offs for the indices of the ordinal model."""
    settings = {
        "estimator": "WLSMV",
        "missing": "pairwise",
        "cluster": "default",
        "loadings": "fitted",
        "replications": BATTERY_REPLICATIONS,
        "most_answers_per_level": _BATTERY_ANSWERS,
        "rng": rng if isinstance(rng, int) else "Generator",
    }
    run = _Run(
        specification=specification(patterns, "WLSMV"),
        replications=BATTERY_REPLICATIONS,
        most_answers=_BATTERY_ANSWERS,
        rng=np.random.default_rng(rng),
    )
    return _result(patterns, run, settings)


def _result(
    patterns: ResponsePatterns, run: _Run, settings: Mapping[str, object], cluster: str | None = "default"
) -> DynamicCutoffsResult:
    statistics, models = fitted_by_role(patterns, run.drawn, run.rows, run.declared, cluster=cluster)
    return DynamicCutoffsResult(statistics=statistics, settings=settings, models=models)


@dataclass(frozen=True, kw_only=True)
class DrawnLevels:
    """What the cut-offs of one role are derived from.

    Parameters
    ----------
    model : FittedModel
        Of the answers.
    design : Design
        What a drawn sample shares with them.
    levels : tuple of pairs of items
        By place, the residual correlations that each level from 1 on has; at level 0 there are none.
    replications : int
        Samples of each level.
    indices : list of dict
        By level, the values (d,) of each index in the samples that could be fitted.
    """

    model: FittedModel
    design: Design
    levels: tuple[Pairs, ...]
    replications: int
    indices: list[dict[str, Floats]]

    @property
    def n(self) -> int:
        """Answers that a sample is like."""
        return self.design.n


@dataclass(frozen=True, kw_only=True)
class _Run:
    specification: Specification
    replications: int
    rng: np.random.Generator
    progress: Progress = lambda done, total: None
    pair_free: bool = False
    jobs: int | None = None
    most_answers: int | None = None

    def samples(self, design: Design) -> int:
        """Samples per level."""
        if self.most_answers is None:
            return self.replications
        return min(self.replications, max(_FEWEST, self.most_answers // design.part.n))

    @property
    def names(self) -> list[str]:
        """Indices that have cut-offs."""
        plain = self.specification.estimator == "ML"
        return [name for name in LARGER_IS_WORSE if not plain or not name.endswith(("_scaled", "_robust"))]

    def drawn(self, patterns: ResponsePatterns, clustering: Clustering) -> DrawnLevels:
        """Samples of one role. Raises EstimationError where there is nothing to draw from."""
        model = fit_model(patterns, clustering, self.specification)
        design = Design.of(patterns, clustering, model, pair_free=self.pair_free)
        levels = misspecified_pairs(design.population.loadings)
        replications = self.samples(design)
        indices = design.simulate(((), *levels), replications, self.rng, self.jobs, self.progress)
        return DrawnLevels(model=model, design=design, levels=levels, replications=replications, indices=indices)

    def rows(self, role: DrawnLevels) -> Iterator[Statistic]:
        """Of the samples of one role."""
        design, method = role.design, self.specification.estimator
        part = None if design.part is design else str(Note("part_drawn", str(design.part.n)))
        replications = float(role.replications)
        yield Statistic(quantity="dynamic_replications", method=method, estimate=replications, n=design.n, note=part)
        observed = {row.quantity: row for row in Rows(role.model).indices()}
        for name in self.names:
            index = _Index(name, observed[name], design, role.levels, role.indices)
            yield from completed(index.rows(), [index.declared])

    def declared(self, patterns: ResponsePatterns) -> Iterator[Statistic]:
        """The rows of a role, whether or not it has cut-offs."""
        for name in self.names:
            yield Statistic(quantity="dynamic_level", method=f"{self.specification.estimator}/{name}")


@dataclass(frozen=True)
class _Index:
    """One index: its observed value and its values in the samples of each level."""

    name: str
    observed: Statistic
    design: Design
    levels: tuple[Pairs, ...]
    samples: list[dict[str, Floats]]

    @property
    def _fields(self) -> dict[str, Any]:
        method = f"{self.design.specification.estimator}/{self.name}"
        return {"method": method, "n": self.design.n, "cluster": self.design.clustering.key}

    @property
    def declared(self) -> Statistic:
        return Statistic(quantity="dynamic_level", **self._fields)

    def rows(self) -> Iterator[Statistic]:
        value = self.observed.estimate
        drawn = [sample[self.name] for sample in self.samples]
        if value is None or math.isnan(value):
            raise EstimationError(self.observed.note or "not_computed")
        if min(values.size for values in drawn) < 20:
            most = max(len(values) for sample in self.samples for values in sample.values())
            raise EstimationError("draws_not_fitted", most - min(values.size for values in drawn))
        worse = LARGER_IS_WORSE[self.name]
        cutoffs = [level_zero(drawn[0], larger_is_worse=worse)]
        cutoffs += [cutoff(drawn[0], values, larger_is_worse=worse) for values in drawn[1:]]
        for level, (level_cutoff, pairs) in enumerate(zip(cutoffs, ((), *self.levels), strict=True)):
            yield from self._cutoff(level, level_cutoff, pairs)
        yield Statistic(quantity="dynamic_observed", estimate=value, **self._fields)
        yield self._level(value, cutoffs)

    def _cutoff(self, level: int, level_cutoff: Cutoff, pairs: Pairs) -> Iterator[Statistic]:
        items, exists = self.design.patterns.items, math.isfinite(level_cutoff.value)
        named = ", ".join(f"{items[i]}~{items[j]}" for i, j in pairs)
        drawn = Note("residual_correlations_drawn", named) if pairs else None
        yield Statistic(
            quantity="dynamic_cutoff",
            category=level,
            estimate=level_cutoff.value,
            std_error=level_cutoff.error if exists else None,
            note=joined(None if exists else "no_cutoff", drawn),
            **self._fields,
        )
        yield Statistic(quantity="dynamic_sensitivity", category=level, estimate=level_cutoff.sensitivity, **self._fields)

    def _level(self, value: float, cutoffs: list[Cutoff]) -> Statistic:
        """How many levels the observed index reaches; a cut-off that does not exist allows no verdict."""
        if any(math.isnan(level_cutoff.value) for level_cutoff in cutoffs):
            raise EstimationError("no_cutoff")
        sign = 1.0 if LARGER_IS_WORSE[self.name] else -1.0
        limit, *levels = ((sign * (value - level_cutoff.value), level_cutoff.error) for level_cutoff in cutoffs)
        reached = sum(beyond >= 0 for beyond, _ in levels)
        return Statistic(
            quantity="dynamic_level",
            estimate=float(reached),
            interval=partial(_levels_open, beyond=levels, more_than_one_factor=limit[0] >= 0),
            note="misfit_below_level_one" if limit[0] >= 0 and reached == 0 else None,
            **self._fields,
        )


def _levels_open(level: float, *, beyond: list[tuple[float, float]], more_than_one_factor: bool) -> tuple[float, float]:
    """The fewest and the most levels reached that the Monte Carlo errors of the cut-offs allow, and level 1 wherever the limit
    of level 0 is passed. beyond: for each level, by how much the index is beyond the cut-off, and the error of that."""
    z = ndtri((1 + level) / 2)
    fewest, most = (sum(by >= sign * z * error for by, error in beyond) for sign in (1, -1))
    return float(fewest), float(max(most, int(more_than_one_factor)))
