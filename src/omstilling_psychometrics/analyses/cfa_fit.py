"""One fitted factor model of one role with everything its rows need: estimates, covariance, tests, indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from ..errors import EstimationError, UsageError
from ..numerics.cfa import indices
from ..numerics.cfa.model import FactorModel, Floats, Numbers, one_factor
from ..numerics.cfa.normal_fit import NormalFit, fit_normal
from ..numerics.cfa.ordinal_fit import OrdinalFit, fit_ordinal
from ..numerics.cfa.robust_fit import RobustFit, complete_robust_fit, incomplete_robust_fit, ordinal_robust_fit
from ..numerics.cfa.standardize import delta_method, standardized_loadings
from ..numerics.cfa.tests_of_fit import NormalTests, OrdinalTests
from ..numerics.sandwich import Clusters
from ..responses.patterns import ResponsePatterns
from .by_role import Clustering
from .cfa_sample import stacked

Estimator = Literal["ML", "MLR", "FIML", "WLSMV", "ULSMV"]
Parameterization = Literal["delta", "theta"]
Missing = Literal["listwise", "pairwise", "fiml"]

ORDINAL = ("WLSMV", "ULSMV")
_MISSING: dict[str, tuple[Missing, ...]] = {
    "ML": ("listwise",), "MLR": ("listwise",), "FIML": ("fiml",),
    "WLSMV": ("pairwise", "listwise"), "ULSMV": ("pairwise", "listwise"),
}  # fmt: skip

# Below this many clusters sandwich covariances tend to be too small: a warning, not a refusal.
FEW_CLUSTERS = 50


@dataclass(frozen=True, kw_only=True)
class Specification:
    """What is to be fitted, checked: an option that does not go with the estimator is refused."""

    estimator: Estimator
    parameterization: Parameterization = "delta"
    missing: Missing | None = None
    residual_covariances: tuple[tuple[int, int], ...] = ()

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
        return model.release("residual_covariances", cells=self.residual_covariances) if self.residual_covariances else model


def specification(
    patterns: ResponsePatterns,
    estimator: str,
    *,
    parameterization: str = "delta",
    missing: str | None = None,
    residual_covariances: tuple[tuple[str, str], ...] = (),
) -> Specification:
    """Raises UsageError for what is not known or does not go together."""
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
    pairs = []
    for first, second in residual_covariances:
        for item in (first, second):
            if item not in patterns.items:
                raise UsageError(f"residual_covariances names '{item}'; the items are: {', '.join(patterns.items)}.")
        if first == second:
            raise UsageError(f"residual_covariances has the pair ({first}, {second}): two different items are needed.")
        pairs.append((patterns.items.index(first), patterns.items.index(second)))
    return Specification(
        estimator=estimator,  # type: ignore[arg-type]
        parameterization=parameterization,  # type: ignore[arg-type]
        missing=missing,
        residual_covariances=tuple(pairs),
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
                raise EstimationError(str(error)) from error
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

    def improper(self) -> tuple[int, ...]:
        """Items whose residual variance is estimated below 0."""
        return tuple(int(item) for item in np.flatnonzero(np.diag(self.residual_covariance) < 0))

    def srmr(self) -> float:
        return indices.srmr(self.sample_matrix, self.implied_matrix)

    def crmr(self) -> float:
        return indices.crmr(self.sample_matrix, self.implied_matrix)


def _identified(specification: Specification, k: int) -> None:
    """A factor with free loadings needs three items; more parameters than correlations cannot be told apart."""
    if k < 3:
        raise EstimationError("needs_three_items")
    free = k + len(set(specification.residual_covariances))
    if free > k * (k - 1) // 2:
        raise EstimationError("not_identified", f"{free} > {k * (k - 1) // 2}")


def named(error: ValueError, patterns: ResponsePatterns) -> EstimationError:
    """The numerics' reason, with the item's key for its number."""
    note, _, detail = str(error).partition(": ")
    if detail.isdigit():
        detail = patterns.items[int(detail) - 1]
    return EstimationError(note, detail)


def fit_model(
    patterns: ResponsePatterns,
    clustering: Clustering,
    specification: Specification,
    *,
    change: Callable[[FactorModel], FactorModel] = lambda model: model,
    keep: tuple[int, ...] | None = None,
) -> FittedModel:
    """Fit the one-factor model to one role, or to the items in `keep` alone.

    `change` restricts the model. Raises EstimationError with the reason where that is impossible.
    """
    rows = stacked(patterns, cluster=None if specification.estimator == "ML" else clustering.key)
    if keep is not None:
        rows = rows.of_items(keep)
    k = rows.codes.shape[1]
    _identified(specification, k)
    model = change(specification.model(k, rows.categories))
    listwise = specification.treatment == "listwise"
    fit: NormalFit | OrdinalFit
    try:
        if specification.ordinal:
            sample, clusters = rows.ordinal(listwise=listwise)
            _enough(sample.n, k)
            fit = fit_ordinal(model, sample, estimator="ULS" if specification.estimator == "ULSMV" else "DWLS")
        else:
            normal, clusters = rows.normal(listwise=listwise)
            _enough(normal.n, k)
            fit = fit_normal(model, normal)
    except ValueError as error:
        raise named(error, patterns) from error
    if not fit.converged or not np.isfinite(fit.theta).all():
        raise EstimationError("not_converged")
    information = fit.expected_information if isinstance(fit, NormalFit) else fit.information
    scale = np.sqrt(np.diag(information))
    if not np.isfinite(scale).all() or (scale == 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        raise EstimationError("not_identified")
    items = patterns.items if keep is None else tuple(patterns.items[place] for place in keep)
    return FittedModel(specification=specification, items=items, fit=fit, clusters=clusters, clustering=clustering)


def _enough(n: int, k: int) -> None:
    if n == 0:
        raise EstimationError("no_answers")
    if n <= k:
        raise EstimationError("too_few_complete", f"n = {n} <= {k}")
