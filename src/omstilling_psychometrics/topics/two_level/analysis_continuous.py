"""Two-level factor models of answers as numbers: the fits of one role, each when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering
from ...analysis.raters import raters
from ...core.errors import EstimationError, estimating
from ...core.numerics.arrays import Floats, Ints
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from ..factor.analysis_refusals import clusters_refused, scaling_refused
from ..factor.numerics.model import FactorModel, Numbers
from ..factor.numerics.standardize import delta_method
from ..factor.numerics.tests_of_fit import FitTest
from .analysis_role import rated_answers, require_enough
from .numerics.continuous_fit import (
    BETWEEN,
    WITHIN,
    Structure,
    TwoLevelFit,
    difference,
    equal_loadings,
    equal_loadings_at_zero,
    fit_two_levels,
    free_loadings,
    starting_moments,
)
from .numerics.continuous_groups import GroupedAnswers, grouped_answers
from .numerics.continuous_likelihood import TwoLevelNormal
from .numerics.continuous_reliability import SumVariances, harmonic_mean

Level = Literal["within", "between"]
LEVELS: dict[Level, int] = {"within": WITHIN, "between": BETWEEN}


@dataclass(frozen=True, eq=False, kw_only=True)
class ContinuousModel:
    """A two-level factor model of answers as numbers, with its errors; loadings are turned so that their sums are positive.

    Parameters
    ----------
    fit : TwoLevelFit
        The estimates `fit.parameters` (q,), and the moments `fit.levels`.
    units : Clusters or None
        Groups by independent unit; None for errors from the observed information.
    """

    fit: TwoLevelFit = field(repr=False)
    units: Clusters | None = field(repr=False)

    @property
    def log_likelihood(self) -> float:
        """Of all answers, given which items each person answered."""
        return self.fit.log_likelihood

    @cached_property
    def covariance(self) -> Floats:
        """(q, q) of the parameters; NaN with one unit."""
        return self.fit.covariance(self.units)

    @property
    def at_bound(self) -> bool:
        """Is the factor's variance between leaders 0?"""
        model = self.fit.model
        place = model.elements_of("latent_variances")
        return bool((model.free[BETWEEN, place] < 0).all() and (model.fixed[BETWEEN, place] == 0).all())

    def delta(self, function: Callable[[Numbers], Numbers]) -> tuple[Floats, Floats]:
        """Value and standard errors of a function of the parameters, by the delta method.

        Parameters
        ----------
        function : callable
            Analytic; from parameters (..., q), real or complex, to values (..., …).

        Returns
        -------
        tuple of ndarray
            The values at the estimates and their standard errors, of the same shape.
        """
        return delta_method(function, self.fit.parameters, self.covariance)

    def loading(self, level: Level) -> tuple[Floats, Floats]:
        """Loadings on the factor of a level, scaled to variance 1.

        Parameters
        ----------
        level : {"within", "between"}
            Of people or of leaders.

        Returns
        -------
        tuple of ndarray, shape (k,)
            The loadings and their standard errors; 0 and NaN where the factor has no variance.
        """
        model, place = self.fit.model, LEVELS[level]
        if level == "between" and self.at_bound:
            return np.zeros(model.k), np.full(model.k, np.nan)

        def scaled(parameters: Numbers) -> Numbers:
            elements = model.elements(parameters)
            spread = model.matrix("latent_variances", elements)[..., place, :] ** 0.5
            return np.asarray(model.matrix("loadings", elements)[..., place, :, 0] * spread)

        values, errors = self.delta(scaled)
        return -values if values.sum() < 0 else values, errors

    def residual_variance(self, level: Level) -> tuple[Floats, Floats]:
        """What the factor of a level leaves of each item; between leaders it may be below 0.

        Parameters
        ----------
        level : {"within", "between"}
            Of people or of leaders.

        Returns
        -------
        tuple of ndarray, shape (k,)
            The variances and their standard errors.
        """
        model, place = self.fit.model, LEVELS[level]
        return self.delta(lambda parameters: model.residual_variances(model.elements(parameters))[..., place, :])

    def icc(self) -> tuple[float, float]:
        """With equal loadings, the share of the factor's variance that lies between leaders.

        Returns
        -------
        tuple of float
            The share and its standard error; 0 and NaN at the bound.
        """
        model = self.fit.model

        def share(parameters: Numbers) -> Numbers:
            variances = model.matrix("latent_variances", model.elements(parameters))[..., 0]
            return np.asarray(variances[..., BETWEEN] / variances.sum(axis=-1))

        value, error = self.delta(share)
        return float(value), math.nan if self.at_bound else float(error)

    def sums(self, parameters: Numbers) -> SumVariances:
        """Variances of the sum of the items, of which reliabilities are made.

        Parameters
        ----------
        parameters : ndarray, shape (..., q)
            Real or complex, as `delta` has them.

        Returns
        -------
        SumVariances
            Those of the model.
        """
        return SumVariances.of(self.fit.model, parameters)


@dataclass(frozen=True, eq=False, kw_only=True)
class ContinuousModels:
    """Two-level factor models of one role, answers as numbers; each is fitted when it is asked for, and once.

    Where one cannot be fitted, EstimationError says why.

    Parameters
    ----------
    items : tuple of str
        The k items.
    answers : GroupedAnswers
        Of everybody whose leader is known, in groups: a leader in a wave each.
    units : Clusters or None
        Groups by independent unit; None for errors from the observed information.
    cluster : str or None
        The key of the units.
    remark : str or None
        What must be known to read all rows.
    """

    items: tuple[str, ...]
    answers: GroupedAnswers = field(repr=False)
    units: Clusters | None = field(repr=False)
    cluster: str | None
    remark: str | None
    _fits: dict[str, TwoLevelFit | EstimationError] = field(default_factory=dict, repr=False)

    @cached_property
    def _likelihood(self) -> TwoLevelNormal:
        return TwoLevelNormal(self.answers)

    @property
    def n(self) -> int:
        """Answers in all."""
        return round(self.answers.n)

    @property
    def usual_answers(self) -> float:
        """Harmonic mean of the answers about a leader in a wave."""
        return harmonic_mean(self.answers.sizes)

    def _fitted(self, name: str, model: FactorModel) -> TwoLevelFit:
        if name not in self._fits:
            try:
                with estimating():
                    self._fits[name] = fit_two_levels(model, self._likelihood, starting_moments(self.answers))
            except EstimationError as error:
                self._fits[name] = error
        found = self._fits[name]
        if isinstance(found, EstimationError):
            raise found
        return found

    def structured(self, within: Structure, between: Structure) -> TwoLevelFit:
        """A model with a structure of its own at each level.

        Parameters
        ----------
        within, between : {"factor", "saturated", "independent"}
            One factor, any covariances, or none.

        Returns
        -------
        TwoLevelFit
            The fit.
        """
        return self._fitted(f"{within}/{between}", free_loadings(len(self.items), within, between))

    @property
    def saturated(self) -> TwoLevelFit:
        """Any covariances at both levels, those between leaders indefinite where that fits best; of more units than moments."""
        k = len(self.items)
        if refusal := clusters_refused(self.units, k + k * (k + 1)):
            raise EstimationError(refusal)
        try:
            return self.structured("saturated", "saturated")
        except EstimationError as error:
            raise EstimationError("saturated_unbounded") from error

    @cached_property
    def free(self) -> ContinuousModel:
        """Loadings of each level free."""
        return ContinuousModel(fit=self.structured("factor", "factor"), units=self.units)

    @cached_property
    def equal(self) -> ContinuousModel:
        """Loadings equal across levels; the factor's variance between leaders is not below 0."""
        fit = self._fitted("equal", equal_loadings(len(self.items)))
        if float(fit.model.matrix("latent_variances", fit.model.elements(fit.parameters))[BETWEEN, 0]) <= 0:
            fit = self._fitted("equal_at_zero", equal_loadings_at_zero(len(self.items)))
        return ContinuousModel(fit=fit, units=self.units)

    def test(self, fit: TwoLevelFit) -> FitTest:
        """Exact fit, against any covariances at both levels (Yuan & Bentler 2000).

        Parameters
        ----------
        fit : TwoLevelFit
            Of the same answers.

        Returns
        -------
        FitTest
            Plain and scaled by the units.
        """
        if fit.df <= 0:
            raise EstimationError("no_degrees_of_freedom")
        test = difference(fit, self.saturated, self.units)
        if refusal := scaling_refused(test):
            raise EstimationError(refusal)
        return test


def continuous_models(patterns: ResponsePatterns, clustering: Clustering) -> ContinuousModels:
    """The models of one role. Raises EstimationError where the answers cannot tell two levels apart."""
    answers = rated_answers(patterns, clustering)
    require_enough(answers)
    values = patterns.values()
    used = np.asarray((~np.isnan(values)).any(axis=1))
    counts = csr_array(raters(patterns, used).counts[:, np.flatnonzero(used)])
    require_spread(patterns.items, values[used], counts)
    return ContinuousModels(
        items=patterns.items,
        answers=grouped_answers(values[used], counts),
        units=None if clustering.key is None else _clusters(answers.units(clustering.key)),
        cluster=clustering.key,
        remark=answers.remark,
    )


def _clusters(units: Ints) -> Clusters:
    """Groups (G,) by their unit, numbered from 0."""
    groups = len(units)
    return Clusters(csr_array((np.ones(groups), (units, np.arange(groups)))), np.zeros(groups))


def require_spread(items: tuple[str, ...], values: Floats, counts: csr_array) -> None:
    """Raises EstimationError where an item does not vary at a level: a variance of nought there has no likelihood.

    values (p, k) of the patterns with an answer, counts (G, p)."""
    answered = ~np.isnan(values)
    x = np.where(answered, values, 0.0)
    n, sums = counts @ answered.astype(float), counts @ x
    squares = np.asarray(counts.sum(axis=0)).ravel() @ x**2
    for place, item in enumerate(items):
        seen = n[:, place] > 0
        if not seen.any():
            raise EstimationError("item_without_answers", item)
        means = sums[seen, place] / n[seen, place]
        within = squares[place] - sums[seen, place] @ means
        smallest = _ROUNDING * squares[place]
        if squares[place] - sums[:, place].sum() ** 2 / n[:, place].sum() <= smallest:
            raise EstimationError("constant_item", item)
        if within <= smallest:
            raise EstimationError("no_variance_within", item)
        if n[seen, place] @ (means - sums[:, place].sum() / n[:, place].sum()) ** 2 <= smallest:
            raise EstimationError("no_variance_between", item)


# Sums of squares below this share of the whole are rounding.
_ROUNDING = 1e-12
