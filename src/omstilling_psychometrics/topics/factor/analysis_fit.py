"""One fitted factor model of one role with everything its rows need: estimates, covariance, tests, indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from ...analysis.by_role import Clustering, note_of
from ...core.errors import EstimationError, UsageError, as_known
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .analysis_sample import StackedPatterns, stacked
from .numerics import indices
from .numerics.model import FactorModel, Numbers, Part, one_factor
from .numerics.normal_fit import NormalFit, fit_normal
from .numerics.ordinal_fit import OrdinalFit, Weights, fit_ordinal
from .numerics.robust_fit import RobustFit, complete_robust_fit, incomplete_robust_fit, ordinal_robust_fit
from .numerics.srmr import UnbiasedSrmr, normal_srmr, ordinal_srmr
from .numerics.standardize import delta_method, residual_correlations_of, standardized_loadings
from .numerics.tests_of_fit import FitTest, NormalTests, OrdinalTests

Estimator = Literal["ML", "MLR", "FIML", "WLSMV", "DWLS", "ULSMV", "ULS"]
Parameterization = Literal["delta", "theta"]
Missing = Literal["listwise", "pairwise", "fiml"]
Restriction = Literal["congeneric", "tau_equivalent", "parallel"]

# Ordinal estimators and how they weight the moments; the names without MV are those of the discrepancies themselves.
ORDINAL: dict[str, Weights] = {"WLSMV": "DWLS", "DWLS": "DWLS", "ULSMV": "ULS", "ULS": "ULS"}
_MISSING: dict[str, tuple[Missing, ...]] = {
    "ML": ("listwise",), "MLR": ("listwise",), "FIML": ("fiml",), **dict.fromkeys(ORDINAL, ("pairwise", "listwise")),
}  # fmt: skip
# What is the same for all items.
EQUAL: dict[Restriction, tuple[Part, ...]] = {
    "congeneric": (), "tau_equivalent": ("loadings",), "parallel": ("loadings", "residual_variances"),
}  # fmt: skip
# A standardized loading of this size in a fit that did not settle is on its way to infinity; under `theta`, where it cannot
# exceed 1, one as near to 1 as this.
_UNBOUNDED, _UNBOUNDED_THETA = 2.0, 0.999

# Below this many clusters sandwich covariances tend to be too small: a warning, not a refusal.
FEW_CLUSTERS = 50


@dataclass(frozen=True, kw_only=True)
class Specification:
    """What is to be fitted, checked: an option that does not go with the estimator is refused."""

    estimator: Estimator
    parameterization: Parameterization = "delta"
    missing: Missing | None = None
    residual_covariances: tuple[tuple[int, int], ...] = ()
    restriction: Restriction = "congeneric"

    @property
    def ordinal(self) -> bool:
        return self.estimator in ORDINAL

    @property
    def treatment(self) -> Missing:
        """Treatment of missing answers."""
        return self.missing or _MISSING[self.estimator][0]

    def with_residual_covariances(self, pairs: tuple[tuple[int, int], ...]) -> Specification:
        return replace(self, residual_covariances=pairs)

    def model(self, k: int, categories: int) -> FactorModel:
        kind = self.parameterization if self.ordinal else "continuous"
        model = one_factor(kind, k, thresholds=categories - 1 if self.ordinal else 0)
        if self.residual_covariances:
            model = model.release("residual_covariances", cells=self.residual_covariances)
        for part in EQUAL[self.restriction]:
            model = model.same(part)
        return model


def specification(
    patterns: ResponsePatterns,
    estimator: str,
    *,
    parameterization: str = "delta",
    missing: str | None = None,
    residual_covariances: tuple[tuple[str, str], ...] = (),
    restriction: str = "congeneric",
) -> Specification:
    """Raises UsageError for what is not known or does not go together."""
    estimator = as_known(estimator, get_args(Estimator))
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator is '{estimator}'; there are: {', '.join(get_args(Estimator))}.")
    if parameterization not in get_args(Parameterization):
        raise UsageError(f"parameterization is '{parameterization}'; there are: {', '.join(get_args(Parameterization))}.")
    if parameterization == "theta" and estimator not in ORDINAL:
        raise UsageError(f"parameterization='theta' is for ordinal estimators ({', '.join(ORDINAL)}), not for {estimator}.")
    if missing is not None and missing not in _MISSING[estimator]:
        raise UsageError(
            f"missing is '{missing}', which {estimator} cannot do; it takes {' or '.join(_MISSING[estimator])}. "
            "FIML uses every answer by likelihood, WLSMV by pairs."
        )
    if restriction not in EQUAL:
        raise UsageError(f"model is '{restriction}'; there are: {', '.join(EQUAL)}.")
    if restriction == "parallel" and estimator in ORDINAL:
        raise UsageError(
            f"model='parallel' is for {', '.join(name for name in _MISSING if name not in ORDINAL)}, not for {estimator}: the "
            "variables behind ordinal items have variance 1, so that equal loadings leave equal residual variances. "
            "Use model='tau_equivalent'."
        )
    pairs = []
    for pair in residual_covariances:
        if isinstance(pair, str) or len(pair) != 2:
            raise UsageError(f"residual_covariances has {pair!r}; a list of pairs of items is needed: [('i1', 'i2')].")
        first, second = pair
        for item in pair:
            if item not in patterns.items:
                raise UsageError(f"residual_covariances names '{item}'; the items are: {', '.join(patterns.items)}.")
        if first == second:
            raise UsageError(f"residual_covariances has the pair ({first}, {second}): two different items are needed.")
        low, high = sorted((patterns.items.index(first), patterns.items.index(second)))
        pairs.append((low, high))
    return Specification(
        estimator=estimator,  # type: ignore[arg-type]
        parameterization=parameterization,  # type: ignore[arg-type]
        missing=missing,
        residual_covariances=tuple(dict.fromkeys(pairs)),
        restriction=restriction,
    )


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """clusters are those of the answers used, None for independent answers; `clustering` says by which key."""

    specification: Specification
    items: tuple[str, ...]
    fit: NormalFit | OrdinalFit
    clusters: Clusters | None
    clustering: Clustering

    @property
    def method(self) -> str:
        return self.specification.estimator

    @property
    def n(self) -> int:
        return self.fit.n

    @property
    def index_n(self) -> int:
        """N of RMSEA: n, or n - 1 for least squares, whose chi2 has that factor."""
        return self.n - 1 if isinstance(self.fit, OrdinalFit) else self.n

    @cached_property
    def tests(self) -> NormalTests | OrdinalTests:
        if isinstance(self.fit, NormalFit):
            return NormalTests(self.fit, self.clusters)
        return OrdinalTests(self.fit, self.clusters)

    @cached_property
    def covariance(self) -> Floats:
        """Of the parameters: expected information for ML, robust otherwise."""
        if isinstance(self.fit, NormalFit) and self.method == "ML":
            return self.fit.expected_covariance()
        return self.fit.robust_covariance(self.clusters)

    @cached_property
    def sign(self) -> float:
        """-1 where the loadings come out with a negative sum and all are turned."""
        elements = self.fit.model.elements(self.fit.theta)
        return -1.0 if float(self.fit.model.matrix("loadings", elements).sum()) < 0 else 1.0

    @property
    def moments(self) -> int:
        """Number of sample moments, which clusters must exceed for a test of fit."""
        if isinstance(self.fit, OrdinalFit):
            return int(self.fit.sample.determined.sum())
        return self.fit.model.s

    @cached_property
    def test_refusal(self) -> str | None:
        """Why robust tests and indices cannot be had, if so."""
        return self.too_few_clusters or scaling_refused(self.tests.exact)

    @property
    def too_few_clusters(self) -> str | None:
        if self.clusters is not None and self.clusters.size <= self.moments:
            return f"clusters_do_not_exceed_moments: {self.clusters.size} <= {self.moments}"
        return None

    @cached_property
    def test_warning(self) -> str | None:
        if self.clusters is not None and self.clusters.size < FEW_CLUSTERS:
            return f"few_clusters: {self.clusters.size} < {FEW_CLUSTERS}"
        return None

    @cached_property
    def sample_matrix(self) -> Floats:
        """Saturated covariances (continuous) or polychoric correlations (k, k)."""
        if isinstance(self.fit, NormalFit):
            return np.asarray(self.fit.sample.unpack(self.fit.sample.saturated)[1][0])
        return np.asarray(self.fit.sample.groups[0].matrix())

    @cached_property
    def implied_matrix(self) -> Floats:
        """The model's covariances or, ordinal, correlations of y* (k, k)."""
        sigma = self.fit.model.covariance(self.fit.model.elements(self.fit.theta))[0]
        if isinstance(self.fit, NormalFit):
            return np.asarray(sigma)
        scale = np.sqrt(np.diag(sigma))
        return np.asarray(sigma / np.outer(scale, scale))

    @cached_property
    def robust_fit(self) -> RobustFit:
        """Raises EstimationError where the polychoric or model matrix is not positive definite."""
        tests = self.tests
        if isinstance(tests, OrdinalTests):
            try:
                return ordinal_robust_fit(tests)
            except ValueError as error:
                raise EstimationError(note_of(error)) from error
        if self.method == "FIML":
            return incomplete_robust_fit(tests)
        return complete_robust_fit(tests.exact, tests.baseline)

    @property
    def loadings(self) -> Floats:
        """Loadings (k,), column sum positive."""
        elements = self.fit.model.elements(self.fit.theta)
        return np.asarray(self.sign * self.fit.model.matrix("loadings", elements)[0, :, 0])

    @property
    def residual_covariance(self) -> Floats:
        """Theta (k, k), its diagonal under `delta` what the scales leave."""
        model = self.fit.model
        elements = model.elements(self.fit.theta)
        theta = np.array(model.matrix("residual_covariances", elements)[0])
        np.fill_diagonal(theta, model.residual_variances(elements)[0])
        return theta

    def delta(self, function: Callable[[Numbers], Numbers]) -> tuple[Floats, Floats]:
        """Value and standard errors of an analytic function of the parameters."""
        return delta_method(function, self.fit.theta, self.covariance)

    def standardized(self) -> tuple[Floats, Floats]:
        """Standardized loadings (k,) and their standard errors."""
        value, error = self.delta(lambda theta: standardized_loadings(self.fit.model, theta)[..., 0, :, 0])
        return self.sign * value, error

    def freed(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Residual covariances that the model frees, in the order of the specification, with their standard errors, then the
        correlations of those residuals with theirs."""
        first, second = np.array(self.specification.residual_covariances, dtype=int).reshape(-1, 2).T
        model = self.fit.model

        def covariances(theta: Numbers) -> Numbers:
            return model.matrix("residual_covariances", model.elements(theta))[..., 0, first, second]

        def correlations(theta: Numbers) -> Numbers:
            return residual_correlations_of(model, theta)[..., 0, first, second]

        return *self.delta(covariances), *self.delta(correlations)

    def improper(self) -> tuple[int, ...]:
        """Items whose residual variance is estimated below 0."""
        return tuple(int(item) for item in np.flatnonzero(np.diag(self.residual_covariance) < 0))

    @cached_property
    def unbiased_srmr(self) -> UnbiasedSrmr:
        tests = self.tests
        return ordinal_srmr(tests) if isinstance(tests, OrdinalTests) else normal_srmr(tests, robust=self.method != "ML")

    def srmr(self) -> float:
        return indices.srmr(self.sample_matrix, self.implied_matrix)

    def crmr(self) -> float:
        return indices.crmr(self.sample_matrix, self.implied_matrix)


# Why there is no CFI and TLI although the model's own test is there.
BASELINE_REFUSED = "baseline_scaling_not_positive"


def scaling_refused(test: FitTest) -> str | None:
    """Yuan and Bentler's scaling is a difference of traces, which small samples can bring below 0."""
    return "scaling_not_positive" if test.df > 0 and not test.scaling > 0 else None


def _identified(specification: Specification, k: int) -> None:
    """A factor with free loadings needs three items; more parameters than correlations cannot be told apart."""
    congeneric = specification.restriction == "congeneric"
    if congeneric and k < 3:
        raise EstimationError("needs_three_items")
    free = (k if congeneric else 1) + len(specification.residual_covariances)
    if free > k * (k - 1) // 2:
        raise EstimationError("not_identified", f"{free} > {k * (k - 1) // 2}")


def named(error: ValueError, items: tuple[str, ...]) -> EstimationError:
    """The numerics' reason, with the items' keys for their numbers: `3`, or `1~2` of a pair."""
    note, _, detail = note_of(error).partition(": ")
    numbers = detail.split("~")
    if all(number.isdigit() for number in numbers):
        detail = "~".join(items[int(number) - 1] for number in numbers)
    return EstimationError(note, detail)


def _unbounded(fit: NormalFit | OrdinalFit) -> int | None:
    """The item whose loading ran away: the fit goes on improving as it grows, so that no model fits best."""
    loadings = np.abs(fit.model.matrix("loadings", fit.model.elements(fit.theta))[0, :, 0])
    if isinstance(fit, NormalFit):
        loadings = loadings / np.sqrt(np.einsum("gii->gi", fit.sample.unpack(fit.sample.saturated)[1])[0])
    elif fit.model.kind == "theta":
        loadings = loadings / np.sqrt(1 + loadings**2)
    largest = int(np.nanargmax(loadings))
    return largest if loadings[largest] > (_UNBOUNDED_THETA if fit.model.kind == "theta" else _UNBOUNDED) else None


def fit_model(
    patterns: ResponsePatterns,
    clustering: Clustering,
    specification: Specification,
    *,
    keep: tuple[int, ...] | None = None,
) -> FittedModel:
    """Fit the one-factor model to one role, or to the items in `keep` alone.

    Raises EstimationError with the reason where that is impossible.
    """
    rows = stacked(patterns, cluster=None if specification.estimator == "ML" else clustering.key)
    items = patterns.items if keep is None else tuple(patterns.items[place] for place in keep)
    if keep is not None:
        rows = rows.of_items(keep)
    k = rows.codes.shape[1]
    _identified(specification, k)
    model = specification.model(k, rows.categories)
    listwise = specification.treatment == "listwise"
    fit: NormalFit | OrdinalFit
    try:
        if specification.ordinal:
            sample, clusters = rows.ordinal(listwise=listwise)
            _enough(rows, sample.n, listwise=listwise)
            fit = fit_ordinal(model, sample, estimator=ORDINAL[specification.estimator])
        else:
            normal, clusters = rows.normal(listwise=listwise)
            _enough(rows, normal.n, listwise=listwise)
            fit = fit_normal(model, normal)
    except ValueError as error:
        raise named(error, items) from error
    if not fit.converged or not np.isfinite(fit.theta).all():
        item = _unbounded(fit)
        raise EstimationError("not_converged") if item is None else EstimationError("loading_unbounded", items[item])
    information = fit.expected_information if isinstance(fit, NormalFit) else fit.information
    scale = np.sqrt(np.diag(information))
    if not np.isfinite(scale).all() or (scale == 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        raise EstimationError("not_identified")
    return FittedModel(specification=specification, items=items, fit=fit, clusters=clusters, clustering=clustering)


def _enough(rows: StackedPatterns, n: int, *, listwise: bool) -> None:
    k = rows.codes.shape[1]
    if not (rows.codes > 0).any():
        raise EstimationError("no_answers")
    if n <= k:
        raise EstimationError("too_few_complete" if listwise else "too_few_answers", f"n = {n} <= {k}")
