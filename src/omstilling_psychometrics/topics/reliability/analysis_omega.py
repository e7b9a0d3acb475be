"""Model-based reliability of one role: omega total and categorical omega, variance extracted, maximal reliability.

Called by the reliability analysis, which yields these rows beside alpha's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...analysis.declared_rows import attempted, completed, null
from ...analysis.groups import noted
from ...analysis.sample import interval
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.bootstrap import MOST_FAILED, Counts, SharedDraws
from ...core.numerics.sandwich import meat
from ...core.results import Statistic
from ..factor.analysis_fit import NormalModel, OrdinalModel
from ..factor.analysis_model import FittedModel
from ..factor.analysis_residual_pairs import PairTest, beyond_chance, pair_tests
from ..factor.analysis_specification import specification
from ..factor.numerics.model import Numbers
from ..factor.numerics.standardize import complex_step
from .analysis_models import Pairs, ReliabilityModels
from .numerics import omega as reliability
from .numerics.alpha import Alpha, one_item_fewer
from .numerics.omega_draws import normal_omega_draws, ordinal_omega_draws

DRAWS = 1000

# The omegas by the model that they come from, whether or not it could be fitted.
BY_LIKELIHOOD = tuple(Statistic(quantity="omega_total", method=method) for method in ("ML-implied", "ML-observed"))
BY_FULL_INFORMATION = (Statistic(quantity="omega_total", method="FIML-implied"),)
OF_CATEGORIES = tuple(Statistic(quantity="omega_categorical", method=method) for method in ("implied", "observed"))

# Coefficients of loadings (..., k) and residual covariances (..., k, k), from the maximum likelihood fit to complete rows.
_ML_COEFFICIENTS: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "average_variance_extracted": reliability.average_variance_extracted,
    "average_variance_extracted_standardized": reliability.standardized_average_variance_extracted,
    "maximal_reliability": reliability.maximal_reliability,
}
OF_LOADINGS = tuple(Statistic(quantity=quantity) for quantity in _ML_COEFFICIENTS)


def declared_if_dropped(items: Sequence[str]) -> Iterator[Statistic]:
    """Omega total without each of the items, whether or not the model of the others could be fitted."""
    yield from (Statistic(quantity="omega_total_if_dropped", item=item, method="ML-implied") for item in items)


def declared_categorical_if_dropped(items: Sequence[str]) -> Iterator[Statistic]:
    """The categorical omega that one item fewer is expected to have; that without each item, and how far it is from it."""
    yield _EXPECTED
    for item in items:
        yield from _of_one_dropped(item)


_EXPECTED = Statistic(quantity="omega_categorical_expected_if_dropped", method="implied")


def _of_one_dropped(item: str) -> list[Statistic]:
    quantities = ("omega_categorical_if_dropped", "omega_categorical_if_dropped_difference")
    return [Statistic(quantity=quantity, item=item, method="implied") for quantity in quantities]


@dataclass(frozen=True)
class _Draws:
    """So many draws by `rng`, or the first of those that the role's coefficients share."""

    number: int
    rng: np.random.Generator
    shared: SharedDraws | None

    def of(self, models: ReliabilityModels, *, listwise: bool = False) -> Counts | None:
        """The shared draws of the answers that a model is fitted to."""
        if self.shared is None:
            return None
        answered = ~np.isnan(models.sample.values)
        return self.shared.of((answered.all(axis=1) if listwise else answered.any(axis=1)) & (models.sample.counts > 0))


def model_based_reliability(
    models: ReliabilityModels,
    *,
    rng: np.random.Generator | None = None,
    draws: int | None = None,
    shared: SharedDraws | None = None,
    residual_covariances: Pairs = (),
) -> Iterator[Statistic]:
    """Reliability of the sum of the items under one factor, for one role.

    `omega_total`: `ML-implied` and `ML-observed` (complete rows; variance of the sum from the model or from the sample) and
    `FIML-implied` (every answer). `omega_categorical`: reliability of the sum of the categories 1 … c from thresholds and
    polychoric correlations, `implied` and `observed` (WLSMV, pairwise). `average_variance_extracted`, its standardized form
    and `maximal_reliability` (ML); `omega_total_if_dropped` per item (`ML-implied`) and `omega_categorical_if_dropped`, and
    how far it is from `omega_categorical_expected_if_dropped`, what k - 1 equally good items would have. Intervals: Wald on
    log(1 - x), of differences on x, with delta-method standard errors from the sandwich, clustered where leaders are known;
    with `rng` percentile bootstraps of `draws` draws (DRAWS) stand beside the omegas (method `.../bootstrap` or
    `.../cluster_bootstrap`), which also count that weights are estimated and the model is not exact; `shared` draws of the
    role's units are theirs where there are any.
    semTools::compRelSEM, AVE and maximalRelia agree.

    Where pairs of items share something besides the factor both omegas come with these pairs free too, first and by their names
    (`implied/i1~i2`); residual covariances count as error in the denominator. `residual_covariances` declares pairs. Without
    one it is the pair of the largest modification index in the WLSMV model among those whose test survives Holm's adjustment
    over all pairs, if no other fits alike (note `pair_chosen_from_data`, since an interval does not know of the choice).
    """
    own = None if rng is None else _Draws(DRAWS if draws is None else draws, rng, shared)
    for row in (
        *_with_pairs_free(models, residual_covariances),
        *_omega_total(models, draws=own),
        *omega_categorical(models, draws=own),
    ):
        yield noted(row, _not_chosen(models)) if row.quantity == "omega_categorical" else row
    for row in OF_LOADINGS:
        yield attempted(row, partial(_of_loadings, models, row))
    for place, row in enumerate(declared_if_dropped(models.patterns.items)):
        yield attempted(row, partial(_without, models, place, row))
    yield from categorical_if_dropped(models)


def _of_loadings(models: ReliabilityModels, row: Statistic) -> Statistic:
    model = models.maximum_likelihood()
    improper = _improper(model)
    if row.quantity == "maximal_reliability" and improper:
        return null(replace(row, n=model.n), improper)
    return _statistic(model, row, *_of_parameters(model, _ML_COEFFICIENTS[row.quantity]))


def _without(models: ReliabilityModels, place: int, row: Statistic) -> Statistic:
    """Omega total of the other items, fitted anew on the rows where all of these are answered."""
    model = models.without(place)
    return _statistic(model, row, *_of_parameters(model, reliability.omega_total))


def _with_pairs_free(models: ReliabilityModels, declared: Pairs) -> Iterator[Statistic]:
    """Both omegas with the declared pairs free or, where none is, with the one that chance does not explain."""
    items = models.patterns.items
    cells = specification(models.patterns, "WLSMV", residual_covariances=declared).residual_covariances
    if not cells:
        chosen = _beyond_chance(models)
        if len(chosen) != 1:
            return
        cells = (chosen[0].cell,)
    free = tuple((items[first], items[second]) for first, second in cells)
    suffix = "/".join("~".join(pair) for pair in free)
    left = _beyond_chance(models, free)
    further = Note("further_pair", "~".join(items[item] for item in left[0].cell)) if left else None
    for row in (
        *_omega_total(models, free),
        *omega_categorical(models, free),
        *categorical_if_dropped(models, free),
    ):
        note = joined(row.note, None if declared else "pair_chosen_from_data", further)
        yield replace(row, method=f"{row.method}/{suffix}", note=note)


def _beyond_chance(models: ReliabilityModels, free: Pairs = ()) -> list[PairTest]:
    """Pairs that share more than the factor and the pairs that are free; none where no model says so."""
    try:
        return beyond_chance(pair_tests(models.ordinal(free)))
    except EstimationError:
        return []


def _improper(model: FittedModel) -> Note | None:
    """The note on items whose residual variance is below 0."""
    names = ", ".join(model.items[item] for item in model.improper())
    return Note("negative_residual_variance", names) if names else None


def _not_chosen(models: ReliabilityModels) -> str | None:
    """The note of categories that nobody chose between others that were chosen: they keep their value in the sum."""
    try:
        model = models.ordinal()
    except EstimationError:
        return None
    categories = models.patterns.instrument.categories
    named = ", ".join(f"{model.items[item]} {categories[category]}" for item, category in np.argwhere(model.skipped))
    return str(Note("category_not_chosen", named)) if named else None


def _of_parameters(model: FittedModel, function: Callable[[Numbers, Numbers], Numbers]) -> tuple[float, Floats]:
    """Value and influence (r,) of a function of loadings and residual covariances."""

    def of(parameters: Numbers) -> Numbers:
        elements = model.fit.model.elements(parameters)
        part = model.fit.model.matrix
        return function(part("loadings", elements)[..., 0, :, 0], part("residual_covariances", elements)[..., 0, :, :])

    gradient = complex_step(of, model.fit.parameters)
    return float(of(model.fit.parameters)), np.asarray(model.fit.influence @ gradient)


def _observed(model: NormalModel) -> tuple[float, Floats]:
    """Omega total over the sample's variance of the sum (divisor n), with influence."""
    values, counts = model.fit.sample.values, model.fit.sample.counts
    true, influence = _of_parameters(model, lambda loadings, _: loadings.sum(axis=-1) ** 2)
    total = values.sum(axis=1)
    n = counts.sum()
    deviation = total - counts @ total / n
    variance = float(counts @ deviation**2 / n)
    return true / variance, influence / variance - true / variance**2 * (deviation**2 - variance) / n


def _categorical(model: OrdinalModel) -> list[tuple[float, Floats]]:
    """Categorical omega with influence, over the variance that the model implies and over the observed one."""
    fit = model.fit
    k, t = fit.model.k, fit.model.t
    thresholds, loadings = fit.sample.groups[0].thresholds, model.loadings
    elements = fit.model.elements(fit.parameters)
    implied = fit.model.covariance(elements)[0]
    on_moments, on_parameters = fit.sample.influence, fit.influence
    on_thresholds = on_moments[:, : k * t]
    number = fit.model.free[0, fit.model.elements_of("loadings")]
    on_loadings = model.sign * on_parameters[:, number]
    on_implied = on_parameters @ fit.jacobian[k * t :].T
    found = []
    for matrix, on_matrix in ((implied, on_implied), (fit.sample.groups[0].matrix(), on_moments[:, k * t :])):
        by_threshold, by_loading, by_correlation = reliability.categorical_omega_gradient(thresholds, loadings, matrix)
        influence = on_thresholds @ by_threshold.ravel() + on_loadings @ by_loading + on_matrix @ by_correlation
        found.append((float(reliability.categorical_omega(thresholds, loadings, matrix)), np.asarray(influence)))
    return found


def _statistic(
    model: FittedModel,
    row: Statistic,
    estimate: float,
    influence: Floats,
    bounds: intervals.BoundsOf = intervals.log_complement,
) -> Statistic:
    """The row with its number from this model, and n."""
    row = replace(row, n=model.n)
    if not math.isfinite(estimate):
        return null(row, "not_computed")
    clusters, n = model.clusters, model.n
    correction = n / model.fit.index_n  # n/(n - 1) of least squares
    variance = float(meat(influence[:, None], model.fit.sample.counts, clusters)[0, 0]) * correction
    error = math.sqrt(variance)
    return replace(
        row,
        estimate=estimate,
        std_error=error,
        interval=interval(bounds, estimate, error, intervals.degrees_of_freedom(clusters)),
        cluster=model.clustering.key,
        note=joined("one_cluster" if math.isnan(error) else model.clustering.note, _improper(model)),
    )


def _bootstrapped(model: FittedModel, row: Statistic, estimate: float, drawn: Floats) -> Statistic:
    """The row with its percentile bootstrap from these draws, by that name."""
    clusters = model.clusters
    kind = "bootstrap" if clusters is None else "cluster_bootstrap"
    row = replace(row, method=f"{row.method}/{kind}", n=model.n)
    if clusters is not None and clusters.size < 2:
        return null(row, "one_cluster")
    good = np.isfinite(drawn)
    failed = int((~good).sum())
    not_fitted = Note("draws_not_fitted", f"{failed}/{len(drawn)}") if failed else None
    if not_fitted and failed > MOST_FAILED * len(drawn):
        return null(row, not_fitted)
    return replace(
        row,
        estimate=estimate,
        std_error=float(np.std(drawn[good], ddof=1)) if good.sum() > 1 else math.nan,
        interval=partial(intervals.percentile, draws=drawn),
        cluster=model.clustering.key if clusters is not None else None,
        note=joined(model.clustering.note, _improper(model), not_fitted),
    )


def _omega_total(models: ReliabilityModels, free: Pairs = (), *, draws: _Draws | None = None) -> Iterator[Statistic]:
    yield from completed(_by_likelihood(models, free, draws), BY_LIKELIHOOD)
    yield from completed(_by_full_information(models, free, draws), BY_FULL_INFORMATION)


def _by_likelihood(models: ReliabilityModels, free: Pairs, draws: _Draws | None) -> Iterator[Statistic]:
    ml = models.maximum_likelihood(free)
    found = (_of_parameters(ml, reliability.omega_total), _observed(ml))
    for row, (estimate, influence) in zip(BY_LIKELIHOOD, found, strict=True):
        yield _statistic(ml, row, estimate, influence)
    if draws is not None:
        both = normal_omega_draws(ml.fit, ml.clusters, draws.number, draws.rng, draws.of(models, listwise=True))
        for row, (estimate, _), drawn in zip(BY_LIKELIHOOD, found, both, strict=True):
            yield _bootstrapped(ml, row, estimate, drawn)


def _by_full_information(models: ReliabilityModels, free: Pairs, draws: _Draws | None) -> Iterator[Statistic]:
    fiml, (row,) = models.full_information(free), BY_FULL_INFORMATION
    estimate, influence = _of_parameters(fiml, reliability.omega_total)
    yield _statistic(fiml, row, estimate, influence)
    if draws is not None:
        drawn, _ = normal_omega_draws(fiml.fit, fiml.clusters, draws.number, draws.rng, draws.of(models))
        yield _bootstrapped(fiml, row, estimate, drawn)


def omega_categorical(models: ReliabilityModels, free: Pairs = (), *, draws: _Draws | None = None) -> Iterator[Statistic]:
    """Reliability of the sum of the categories, with these pairs free; bootstraps with `draws` only."""
    yield from completed(_of_categories(models, free, draws), OF_CATEGORIES)


def _of_categories(models: ReliabilityModels, free: Pairs, draws: _Draws | None) -> Iterator[Statistic]:
    model = models.ordinal(free)
    if improper := _improper(model):
        # A standardized loading beyond 1 has no bivariate normal probabilities.
        yield from (null(replace(row, n=model.n), improper) for row in OF_CATEGORIES)
        return
    found = _categorical(model)
    for row, (estimate, influence) in zip(OF_CATEGORIES, found, strict=True):
        yield _statistic(model, row, estimate, influence)
    if draws is not None:
        both = ordinal_omega_draws(model.fit, model.clusters, draws.number, draws.rng, draws.of(models))
        for row, (estimate, _), drawn in zip(OF_CATEGORIES, found, both, strict=True):
            yield _bootstrapped(model, row, estimate, drawn)


def categorical_if_dropped(models: ReliabilityModels, free: Pairs = ()) -> Iterator[Statistic]:
    """What dropping each of the items does to categorical omega, with these pairs free, beside what the length alone does."""
    yield from completed(_categorical_if_dropped(models, free), declared_categorical_if_dropped(models.patterns.items))


def _categorical_if_dropped(models: ReliabilityModels, free: Pairs) -> Iterator[Statistic]:
    model, k = models.ordinal(free), len(models.patterns.items)
    if improper := _improper(model):
        every = declared_categorical_if_dropped(models.patterns.items)
        yield from (null(replace(row, n=model.n), improper) for row in every)
        return
    (estimate, influence), _ = _categorical(model)
    expected = one_item_fewer(Alpha(estimate=estimate, influence=influence, n=model.n), k)
    yield _statistic(model, _EXPECTED, expected.estimate, expected.influence)
    for place, item in enumerate(models.patterns.items):
        yield from completed(_one_dropped(model, place, item, expected), _of_one_dropped(item))


def _one_dropped(model: OrdinalModel, place: int, item: str, expected: Alpha) -> Iterator[Statistic]:
    by_itself, difference = _of_one_dropped(item)
    without = model.without(place)
    if improper := _improper(without):
        yield from (null(replace(row, n=without.n), improper) for row in (by_itself, difference))
        return
    (estimate, influence), _ = _categorical(without)
    yield _statistic(without, by_itself, estimate, influence)
    # Of everybody who answered any item: the expected one is theirs.
    yield _statistic(model, difference, estimate - expected.estimate, influence - expected.influence, intervals.wald)
