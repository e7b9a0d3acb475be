"""Model-based reliability of one role: omega total and categorical omega, variance extracted, maximal reliability.

Called by the reliability analysis, which yields these rows beside alpha's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...analysis.by_role import missing
from ...analysis.groups import noted
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.bootstrap import MOST_FAILED, Counts, SharedDraws
from ...core.numerics.sandwich import Clusters, meat
from ...core.results import Statistic
from ..factor.analysis_fit import NormalModel, OrdinalModel
from ..factor.analysis_model import FittedModel
from ..factor.analysis_residual_pairs import PairTest, beyond_chance, pair_tests
from ..factor.analysis_specification import specification
from ..factor.numerics.model import Numbers
from ..factor.numerics.standardize import complex_step
from .analysis_models import Pairs, ReliabilityModels
from .numerics import omega as reliability
from .numerics.omega_draws import normal_omega_draws, ordinal_omega_draws

DRAWS = 1000

# Coefficients of loadings (..., k) and residual covariances (..., k, k), from the maximum likelihood fit to complete rows.
_ML_COEFFICIENTS: tuple[tuple[str, Callable[[Numbers, Numbers], Numbers]], ...] = (
    ("average_variance_extracted", reliability.average_variance_extracted),
    ("average_variance_extracted_standardized", reliability.standardized_average_variance_extracted),
    ("maximal_reliability", reliability.maximal_reliability),
)


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
    and `maximal_reliability` (ML); `omega_total_if_dropped` per item (`ML-implied`). Intervals: Wald on log(1 - x) with
    delta-method standard errors from the sandwich, clustered where leaders are known; with `rng` percentile bootstraps of
    `draws` draws (DRAWS) stand beside them (method `.../bootstrap` or `.../cluster_bootstrap`), which also count that weights
    are estimated and the model is not exact; `shared` draws of the role's units are theirs where there are any.
    semTools::compRelSEM, AVE and maximalRelia agree.

    Where pairs of items share something besides the factor both omegas come with these pairs free too, first and by their names
    (`implied/i1~i2`); residual covariances count as error in the denominator. `residual_covariances` declares pairs. Without
    one it is the pair of the largest modification index in the WLSMV model among those whose test survives Holm's adjustment
    over all pairs, if no other fits alike (note `pair_chosen_from_data`, since an interval does not know of the choice).
    """
    draws = DRAWS if draws is None else draws
    for row in (
        *_with_pairs_free(models, residual_covariances),
        *_omega_total(models, rng=rng, draws=draws, shared=shared),
        *omega_categorical(models, rng=rng, draws=draws, shared=shared),
    ):
        yield noted(row, _not_chosen(models)) if row.quantity == "omega_categorical" else row
    for quantity, function in _ML_COEFFICIENTS:
        try:
            yield _of_loadings(models.maximum_likelihood(), quantity, function)
        except EstimationError as error:
            yield missing(error.reason, quantity=quantity)
    yield from _if_dropped(models)


def _of_loadings(model: NormalModel, quantity: str, function: Callable[[Numbers, Numbers], Numbers]) -> Statistic:
    improper = _improper(model)
    if quantity == "maximal_reliability" and improper:
        return missing(improper, quantity=quantity, n=model.n)
    return _statistic(model, *_of_parameters(model, function), quantity=quantity)


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
    for row in (*_omega_total(models, free), *omega_categorical(models, free)):
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

    def of(theta: Numbers) -> Numbers:
        elements = model.fit.model.elements(theta)
        part = model.fit.model.matrix
        return function(part("loadings", elements)[..., 0, :, 0], part("residual_covariances", elements)[..., 0, :, :])

    gradient = complex_step(of, model.fit.theta)
    return float(of(model.fit.theta)), np.asarray(model.fit.influence @ gradient)


def _observed(model: NormalModel) -> tuple[float, Floats]:
    """Omega total over the sample's variance of the sum (divisor n), with influence."""
    values, counts = model.fit.sample.values, model.fit.sample.counts
    true, influence = _of_parameters(model, lambda loadings, _: loadings.sum(axis=-1) ** 2)
    total = values.sum(axis=1)
    n = counts.sum()
    deviation = total - counts @ total / n
    variance = float(counts @ deviation**2 / n)
    return true / variance, influence / variance - true / variance**2 * (deviation**2 - variance) / n


def _categorical(model: OrdinalModel) -> dict[str, tuple[float, Floats]]:
    """Categorical omega by denominator, with influence."""
    fit = model.fit
    k, t = fit.model.k, fit.model.t
    thresholds, loadings = fit.sample.groups[0].thresholds, model.loadings
    elements = fit.model.elements(fit.theta)
    implied = fit.model.covariance(elements)[0]
    on_moments, on_parameters = fit.sample.influence, fit.influence
    on_thresholds = on_moments[:, : k * t]
    number = fit.model.free[0, fit.model.elements_of("loadings")]
    on_loadings = model.sign * on_parameters[:, number]
    on_implied = on_parameters @ fit.jacobian[k * t :].T
    out = {}
    for method, matrix, on_matrix in (
        ("implied", implied, on_implied),
        ("observed", fit.sample.groups[0].matrix(), on_moments[:, k * t :]),
    ):
        by_threshold, by_loading, by_correlation = reliability.categorical_omega_gradient(thresholds, loadings, matrix)
        influence = on_thresholds @ by_threshold.ravel() + on_loadings @ by_loading + on_matrix @ by_correlation
        out[method] = (float(reliability.categorical_omega(thresholds, loadings, matrix)), np.asarray(influence))
    return out


def _statistic(model: FittedModel, estimate: float, influence: Floats, **fields: Any) -> Statistic:
    if not math.isfinite(estimate):
        return missing("not_computed", **fields, n=model.n)
    clusters, n = model.clusters, model.n
    correction = n / model.fit.index_n  # n/(n - 1) of least squares
    variance = float(meat(influence[:, None], model.fit.sample.counts, clusters)[0, 0]) * correction
    error = math.sqrt(variance)
    return Statistic(
        **fields,
        estimate=estimate,
        std_error=error,
        interval=partial(
            intervals.log_complement, estimate=estimate, std_error=error, df=intervals.degrees_of_freedom(clusters)
        ),
        cluster=model.clustering.key,
        n=n,
        note=joined("one_cluster" if math.isnan(error) else model.clustering.note, _improper(model)),
    )


def _bootstrapped(model: FittedModel, estimate: float, drawn: Floats, clusters: Clusters | None, **fields: Any) -> Statistic:
    if clusters is not None and clusters.size < 2:
        return missing("one_cluster", **fields, n=model.n)
    good = np.isfinite(drawn)
    failed = int((~good).sum())
    not_fitted = Note("draws_not_fitted", f"{failed}/{len(drawn)}") if failed else None
    if not_fitted and failed > MOST_FAILED * len(drawn):
        return missing(not_fitted, **fields, n=model.n)
    return Statistic(
        **fields,
        estimate=estimate,
        std_error=float(np.std(drawn[good], ddof=1)) if good.sum() > 1 else math.nan,
        interval=partial(intervals.percentile, draws=drawn),
        cluster=model.clustering.key if clusters is not None else None,
        n=model.n,
        note=joined(model.clustering.note, _improper(model), not_fitted),
    )


def _kind(model: FittedModel) -> str:
    return "bootstrap" if model.clusters is None else "cluster_bootstrap"


def _counts(models: ReliabilityModels, shared: SharedDraws | None, *, listwise: bool = False) -> Counts | None:
    """The shared draws of the answers that a model is fitted to."""
    if shared is None:
        return None
    answered = ~np.isnan(models.sample.values)
    return shared.of((answered.all(axis=1) if listwise else answered.any(axis=1)) & (models.sample.counts > 0))


def _omega_total(
    models: ReliabilityModels,
    free: Pairs = (),
    *,
    rng: np.random.Generator | None = None,
    draws: int = 0,
    shared: SharedDraws | None = None,
) -> Iterator[Statistic]:
    quantity = "omega_total"
    try:
        ml = models.maximum_likelihood(free)
    except EstimationError as error:
        for method in ("ML-implied", "ML-observed"):
            yield missing(error.reason, quantity=quantity, method=method)
    else:
        implied, observed = _of_parameters(ml, reliability.omega_total), _observed(ml)
        yield _statistic(ml, *implied, quantity=quantity, method="ML-implied")
        yield _statistic(ml, *observed, quantity=quantity, method="ML-observed")
        if rng is not None:
            both = normal_omega_draws(ml.fit, ml.clusters, draws, rng, _counts(models, shared, listwise=True))
            for method, (estimate, _), drawn in zip(("ML-implied", "ML-observed"), (implied, observed), both, strict=True):
                yield _bootstrapped(ml, estimate, drawn, ml.clusters, quantity=quantity, method=f"{method}/{_kind(ml)}")
    try:
        fiml = models.full_information(free)
    except EstimationError as error:
        yield missing(error.reason, quantity=quantity, method="FIML-implied")
        return
    estimate, influence = _of_parameters(fiml, reliability.omega_total)
    yield _statistic(fiml, estimate, influence, quantity=quantity, method="FIML-implied")
    if rng is not None:
        drawn, _ = normal_omega_draws(fiml.fit, fiml.clusters, draws, rng, _counts(models, shared))
        yield _bootstrapped(fiml, estimate, drawn, fiml.clusters, quantity=quantity, method=f"FIML-implied/{_kind(fiml)}")


def omega_categorical(
    models: ReliabilityModels,
    free: Pairs = (),
    *,
    rng: np.random.Generator | None = None,
    draws: int = 0,
    shared: SharedDraws | None = None,
) -> Iterator[Statistic]:
    """Reliability of the sum of the categories, with these pairs free; bootstraps with `rng` only."""
    quantity = "omega_categorical"
    try:
        model = models.ordinal(free)
    except EstimationError as error:
        for method in ("implied", "observed"):
            yield missing(error.reason, quantity=quantity, method=method)
        return
    if improper := _improper(model):
        # A standardized loading beyond 1 has no bivariate normal probabilities.
        for method in ("implied", "observed"):
            yield missing(improper, quantity=quantity, method=method, n=model.n)
        return
    by_denominator = _categorical(model)
    for method, (estimate, influence) in by_denominator.items():
        yield _statistic(model, estimate, influence, quantity=quantity, method=method)
    if rng is not None:
        both = ordinal_omega_draws(model.fit, model.clusters, draws, rng, _counts(models, shared))
        for (method, (estimate, _)), drawn in zip(by_denominator.items(), both, strict=True):
            yield _bootstrapped(model, estimate, drawn, model.clusters, quantity=quantity, method=f"{method}/{_kind(model)}")


def _if_dropped(models: ReliabilityModels) -> Iterator[Statistic]:
    """Omega total of the other items, fitted anew on the rows where all of these are answered."""
    for place, item in enumerate(models.patterns.items):
        fields: dict[str, Any] = {"quantity": "omega_total_if_dropped", "item": item, "method": "ML-implied"}
        try:
            model = models.without(place)
        except EstimationError as error:
            yield missing(error.reason, **fields)
            continue
        yield _statistic(model, *_of_parameters(model, reliability.omega_total), **fields)
