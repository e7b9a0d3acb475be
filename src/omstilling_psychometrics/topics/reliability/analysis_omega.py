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

from ...analysis.by_role import Clustering, missing
from ...analysis.groups import noted
from ...core.errors import EstimationError
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.bootstrap import MOST_FAILED
from ...core.numerics.sandwich import Clusters, meat
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from ..factor.analysis_fit import FittedModel, fit_model, specification
from ..factor.analysis_residual_pairs import beyond_chance, pair_tests
from ..factor.numerics.model import Numbers
from ..factor.numerics.normal_fit import NormalFit
from ..factor.numerics.ordinal_fit import OrdinalFit
from ..factor.numerics.standardize import complex_step
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
    patterns: ResponsePatterns,
    clustering: Clustering,
    *,
    rng: np.random.Generator | None = None,
    draws: int | None = None,
    residual_covariances: tuple[tuple[str, str], ...] = (),
) -> Iterator[Statistic]:
    """Reliability of the sum of the items under one factor, for one role.

    `omega_total`: `ML-implied` and `ML-observed` (complete rows; variance of the sum from the model or from the sample) and
    `FIML-implied` (every answer). `omega_categorical`: reliability of the sum of the categories 1 … c from thresholds and
    polychoric correlations, `implied` and `observed` (WLSMV, pairwise). `average_variance_extracted`, its standardized form
    and `maximal_reliability` (ML); `omega_total_if_dropped` per item (`ML-implied`). Intervals: Wald on log(1 - x) with
    delta-method standard errors from the sandwich, clustered where leaders are known; with `rng` percentile bootstraps of
    `draws` draws (DRAWS) stand beside them (method `.../bootstrap` or `.../cluster_bootstrap`), which also count that weights
    are estimated and the model is not exact. semTools::compRelSEM, AVE and maximalRelia agree.

    Where pairs of items share something besides the factor both omegas come with these pairs free too, first and by their names
    (`implied/i1~i2`); residual covariances count as error in the denominator. `residual_covariances` declares pairs. Without
    one it is the pair of the largest modification index in the WLSMV model among those whose test survives Holm's adjustment
    over all pairs, if no other fits alike (note `pair_chosen_from_data`, since an interval does not know of the choice).
    """
    draws = DRAWS if draws is None else draws
    ml = _attempt(patterns, clustering, "MLR")
    fiml = _attempt(patterns, clustering, "FIML")
    wlsmv = _attempt(patterns, clustering, "WLSMV")
    not_chosen = None if isinstance(wlsmv, str) else _not_chosen(wlsmv, patterns.instrument.categories)
    for row in (
        *_with_pairs_free(patterns, clustering, wlsmv, residual_covariances),
        *_omega_total(ml, fiml, rng, draws),
        *_omega_categorical(wlsmv, rng, draws),
    ):
        yield noted(row, not_chosen) if row.quantity == "omega_categorical" else row
    for quantity, function in _ML_COEFFICIENTS:
        if isinstance(ml, str):
            yield missing(ml, quantity=quantity)
        elif quantity == "maximal_reliability" and ml.improper():
            yield missing(_improper(ml), quantity=quantity, n=ml.n)
        else:
            yield _statistic(ml, *_of_parameters(ml, function), quantity=quantity)
    yield from _if_dropped(patterns, clustering)


def _with_pairs_free(
    patterns: ResponsePatterns, clustering: Clustering, wlsmv: FittedModel | str, declared: tuple[tuple[str, str], ...]
) -> Iterator[Statistic]:
    """Both omegas with the declared pairs free or, where none is, with the one that chance does not explain."""
    cells = specification(patterns, "WLSMV", residual_covariances=declared).residual_covariances
    if not cells:
        found = [] if isinstance(wlsmv, str) else beyond_chance(pair_tests(wlsmv))
        if len(found) != 1:
            return
        cells = (found[0].cell,)
    free = tuple((patterns.items[first], patterns.items[second]) for first, second in cells)
    suffix = "/".join("~".join(pair) for pair in free)
    ml, fiml, ordinal = (_attempt(patterns, clustering, estimator, free) for estimator in ("MLR", "FIML", "WLSMV"))
    left = [] if isinstance(ordinal, str) else beyond_chance(pair_tests(ordinal))
    further = f"further_pair: {'~'.join(patterns.items[item] for item in left[0].cell)}" if left else None
    for one in (*_omega_total(ml, fiml, None, 0), *_omega_categorical(ordinal, None, 0)):
        note = _joined(one.note, None if declared else "pair_chosen_from_data", further)
        yield replace(one, method=f"{one.method}/{suffix}", note=note)


def _attempt(
    patterns: ResponsePatterns, clustering: Clustering, estimator: str, residual_covariances: tuple[tuple[str, str], ...] = ()
) -> FittedModel | str:
    """The fitted model, or the note that says why there is none. MLR is ML with the sandwich that its errors need here."""
    chosen = specification(patterns, estimator, residual_covariances=residual_covariances)
    try:
        return fit_model(patterns, clustering, chosen)
    except EstimationError as error:
        return error.note


def _improper(model: FittedModel) -> str:
    """The note on items whose residual variance is below 0, or an empty one."""
    names = ", ".join(model.items[item] for item in model.improper())
    return f"negative_residual_variance: {names}" if names else ""


def _not_chosen(model: FittedModel, categories: tuple[int, ...]) -> str | None:
    """The note of categories that nobody chose between others that were chosen: they keep their value in the sum."""
    if not isinstance(model.fit, OrdinalFit):
        return None
    skipped = np.argwhere(model.fit.sample.skipped[0])
    named = ", ".join(f"{model.items[item]} {categories[category]}" for item, category in skipped)
    return f"category_not_chosen: {named}" if named else None


def _parameter_influence(model: FittedModel) -> Floats:
    """(r, q) influence of one answer on the parameters; sums over answers give their error."""
    if isinstance(model.fit, NormalFit):
        return np.asarray(np.linalg.solve(model.fit.observed_information, model.fit.scores.T).T)
    return model.fit.scores


def _of_parameters(model: FittedModel, function: Callable[[Numbers, Numbers], Numbers]) -> tuple[float, Floats]:
    """Value and influence (r,) of a function of loadings and residual covariances."""

    def of(theta: Numbers) -> Numbers:
        elements = model.fit.model.elements(theta)
        part = model.fit.model.matrix
        return function(part("loadings", elements)[..., 0, :, 0], part("residual_covariances", elements)[..., 0, :, :])

    gradient = complex_step(of, model.fit.theta)
    return float(of(model.fit.theta)), np.asarray(_parameter_influence(model) @ gradient)


def _observed(model: FittedModel) -> tuple[float, Floats]:
    """Omega total over the sample's variance of the sum (divisor n), with influence."""
    if not isinstance(model.fit, NormalFit):
        raise TypeError("the observed variance of the sum goes with a fit to numbers")
    values, counts = model.fit.sample.values, model.fit.sample.counts
    true, influence = _of_parameters(model, lambda loadings, _: loadings.sum(axis=-1) ** 2)
    total = values.sum(axis=1)
    n = counts.sum()
    deviation = total - counts @ total / n
    variance = float(counts @ deviation**2 / n)
    return true / variance, influence / variance - true / variance**2 * (deviation**2 - variance) / n


def _categorical(model: FittedModel) -> dict[str, tuple[float, Floats]]:
    """Categorical omega by denominator, with influence."""
    fit = model.fit
    if not isinstance(fit, OrdinalFit):
        raise TypeError("categorical omega needs an ordinal fit")
    k, t = fit.model.k, fit.model.t
    thresholds, loadings = fit.sample.groups[0].thresholds, model.loadings
    elements = fit.model.elements(fit.theta)
    implied = fit.model.covariance(elements)[0]
    on_moments, on_parameters = fit.sample.influence, fit.scores
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
    variance = float(meat(influence[:, None], model.fit.sample.counts, clusters)[0, 0])
    if isinstance(model.fit, OrdinalFit):
        variance *= n / (n - 1)
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
        note=_joined("one_cluster" if math.isnan(error) else model.clustering.note, _improper(model)),
    )


def _joined(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note) or None


def _bootstrapped(model: FittedModel, estimate: float, drawn: Floats, clusters: Clusters | None, **fields: Any) -> Statistic:
    if clusters is not None and clusters.size < 2:
        return missing("one_cluster", **fields, n=model.n)
    good = np.isfinite(drawn)
    failed = int((~good).sum())
    if failed > MOST_FAILED * len(drawn):
        return missing(f"draws_not_fitted: {failed}/{len(drawn)}", **fields, n=model.n)
    return Statistic(
        **fields,
        estimate=estimate,
        std_error=float(np.std(drawn[good], ddof=1)) if good.sum() > 1 else math.nan,
        interval=partial(intervals.percentile, draws=drawn),
        cluster=model.clustering.key if clusters is not None else None,
        n=model.n,
        note=_joined(model.clustering.note, _improper(model), f"draws_not_fitted: {failed}/{len(drawn)}" if failed else None),
    )


def _kind(model: FittedModel) -> str:
    return "bootstrap" if model.clusters is None else "cluster_bootstrap"


def _omega_total(
    ml: FittedModel | str, fiml: FittedModel | str, rng: np.random.Generator | None, draws: int
) -> Iterator[Statistic]:
    quantity = "omega_total"
    if isinstance(ml, str):
        for method in ("ML-implied", "ML-observed"):
            yield missing(ml, quantity=quantity, method=method)
    else:
        implied, observed = _of_parameters(ml, reliability.omega_total), _observed(ml)
        yield _statistic(ml, *implied, quantity=quantity, method="ML-implied")
        yield _statistic(ml, *observed, quantity=quantity, method="ML-observed")
        if rng is not None and isinstance(ml.fit, NormalFit):
            both = normal_omega_draws(ml.fit, ml.clusters, draws, rng)
            for method, (estimate, _), drawn in zip(("ML-implied", "ML-observed"), (implied, observed), both, strict=True):
                yield _bootstrapped(ml, estimate, drawn, ml.clusters, quantity=quantity, method=f"{method}/{_kind(ml)}")
    if isinstance(fiml, str):
        yield missing(fiml, quantity=quantity, method="FIML-implied")
        return
    found = _of_parameters(fiml, reliability.omega_total)
    yield _statistic(fiml, *found, quantity=quantity, method="FIML-implied")
    if rng is not None and isinstance(fiml.fit, NormalFit):
        drawn, _ = normal_omega_draws(fiml.fit, fiml.clusters, draws, rng)
        yield _bootstrapped(fiml, found[0], drawn, fiml.clusters, quantity=quantity, method=f"FIML-implied/{_kind(fiml)}")


def _omega_categorical(model: FittedModel | str, rng: np.random.Generator | None, draws: int) -> Iterator[Statistic]:
    quantity = "omega_categorical"
    if isinstance(model, str):
        for method in ("implied", "observed"):
            yield missing(model, quantity=quantity, method=method)
        return
    if model.improper():
        # A standardized loading beyond 1 has no bivariate normal probabilities.
        for method in ("implied", "observed"):
            yield missing(_improper(model), quantity=quantity, method=method, n=model.n)
        return
    found = _categorical(model)
    for method, (estimate, influence) in found.items():
        yield _statistic(model, estimate, influence, quantity=quantity, method=method)
    if rng is not None and isinstance(model.fit, OrdinalFit):
        both = ordinal_omega_draws(model.fit, model.clusters, draws, rng)
        for (method, (estimate, _)), drawn in zip(found.items(), both, strict=True):
            yield _bootstrapped(model, estimate, drawn, model.clusters, quantity=quantity, method=f"{method}/{_kind(model)}")


def _if_dropped(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    """Omega total of the other items, fitted anew on the rows where all of these are answered."""
    items = patterns.items
    for dropped, item in enumerate(items):
        fields: dict[str, Any] = {"quantity": "omega_total_if_dropped", "item": item, "method": "ML-implied"}
        keep = tuple(place for place in range(len(items)) if place != dropped)
        try:
            model = fit_model(patterns, clustering, specification(patterns, "MLR"), keep=keep)
        except EstimationError as error:
            yield missing(error.note, **fields)
            continue
        yield _statistic(model, *_of_parameters(model, reliability.omega_total), **fields)
