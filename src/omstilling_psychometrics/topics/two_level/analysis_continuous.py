"""Two-level factor models of answers as numbers: the fits of one role, each when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from ...analysis.by_role import several_leaders
from ...analysis.raters import raters
from ...core.errors import EstimationError, estimating
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from ..factor.numerics.model import FactorModel, Numbers
from ..factor.numerics.standardize import delta_method
from .numerics.continuous_fit import (
    BETWEEN,
    WITHIN,
    Structure,
    TwoLevelFit,
    equal_loadings,
    equal_loadings_at_zero,
    fit_two_levels,
    free_loadings,
    starting_moments,
)
from .numerics.continuous_groups import GroupedAnswers, grouped_answers
from .numerics.continuous_likelihood import TwoLevelNormal
from .numerics.continuous_reliability import harmonic_mean

Level = Literal["within", "between"]
LEVELS: dict[Level, int] = {"within": WITHIN, "between": BETWEEN}


@dataclass(frozen=True, eq=False)
class EstimatedModel:
    """A fitted model with errors by leader; loadings turned so that their sums are positive."""

    fit: TwoLevelFit
    leaders: Clusters

    @property
    def model(self) -> FactorModel:
        return self.fit.model

    @cached_property
    def covariance(self) -> Floats:
        """(q, q)"""
        return self.fit.robust_covariance(self.leaders)

    @property
    def at_bound(self) -> bool:
        """Is the factor's variance between leaders 0?"""
        return bool((self.model.fixed[BETWEEN, self.model.elements_of("latent_variances")] == 0).all())

    def delta(self, function: Callable[[Numbers], Numbers]) -> tuple[Floats, Floats]:
        """Values and errors of a function of the parameters."""
        return delta_method(function, self.fit.parameters, self.covariance)

    def loadings(self, level: int) -> tuple[Floats, Floats]:
        """(k,) on the factor of a level with variance 1, and errors; NaN errors where that variance is at its bound."""

        def scaled(parameters: Numbers) -> Numbers:
            elements = self.model.elements(parameters)
            spread = self.model.matrix("latent_variances", elements)[..., level, :] ** 0.5
            return np.asarray(self.model.matrix("loadings", elements)[..., level, :, 0] * spread)

        if level == BETWEEN and self.at_bound:
            return np.zeros(self.model.k), np.full(self.model.k, np.nan)
        values, errors = self.delta(scaled)
        return (-values if values.sum() < 0 else values), errors

    def residual_variances(self, level: int) -> tuple[Floats, Floats]:
        """(k,) and errors."""
        return self.delta(lambda parameters: self.model.residual_variances(self.model.elements(parameters))[..., level, :])

    def icc(self) -> tuple[Floats, Floats]:
        """Of the factor, with equal loadings: its variance between over that of both levels; and the error."""

        def share(parameters: Numbers) -> Numbers:
            variances = self.model.matrix("latent_variances", self.model.elements(parameters))[..., 0]
            return np.asarray(variances[..., BETWEEN] / variances.sum(axis=-1))

        return self.delta(share)


@dataclass(frozen=True, eq=False)
class ContinuousModels:
    """The models of one role. Each raises EstimationError where it cannot be fitted.

    answers: of everybody whose leader is known, in groups of a leader in a wave; leaders: whose each group is.
    """

    items: tuple[str, ...]
    answers: GroupedAnswers
    leaders: Clusters
    note: str | None
    _fits: dict[FactorModel | str, TwoLevelFit | EstimationError] = field(default_factory=dict, repr=False)

    @cached_property
    def likelihood(self) -> TwoLevelNormal:
        return TwoLevelNormal(self.answers)

    @property
    def n(self) -> int:
        return round(self.answers.n)

    @property
    def df(self) -> float:
        """Of t quantiles."""
        return intervals.degrees_of_freedom(self.leaders)

    @property
    def usual_answers(self) -> float:
        """Harmonic mean of the answers about a leader in a wave."""
        return harmonic_mean(self.answers.sizes)

    def fitted(self, name: str, model: Callable[[], FactorModel]) -> TwoLevelFit:
        """A model by name, fitted once."""
        if name not in self._fits:
            try:
                with estimating():
                    self._fits[name] = fit_two_levels(model(), self.likelihood, starting_moments(self.answers))
            except EstimationError as error:
                self._fits[name] = error
        found = self._fits[name]
        if isinstance(found, EstimationError):
            raise found
        return found

    def structured(self, within: Structure, between: Structure) -> TwoLevelFit:
        """The fit of a model that says of each level what it makes of it."""
        return self.fitted(f"{within}/{between}", lambda: free_loadings(len(self.items), within, between))

    @property
    def saturated(self) -> TwoLevelFit:
        """Any covariances at both levels."""
        try:
            return self.structured("saturated", "saturated")
        except EstimationError as error:
            raise EstimationError("saturated_unbounded") from error

    @property
    def free(self) -> EstimatedModel:
        """Loadings of each level free."""
        return EstimatedModel(self.structured("factor", "factor"), self.leaders)

    @property
    def equal(self) -> EstimatedModel:
        """Loadings equal across levels; the factor's variance between leaders is not below 0."""
        k = len(self.items)
        fit = self.fitted("equal", lambda: equal_loadings(k))
        variance = fit.model.matrix("latent_variances", fit.model.elements(fit.parameters))[BETWEEN, 0]
        if variance <= 0:
            fit = self.fitted("equal_at_zero", lambda: equal_loadings_at_zero(k))
        return EstimatedModel(fit, self.leaders)


def continuous_models(patterns: ResponsePatterns) -> ContinuousModels:
    """The models of one role. Raises EstimationError where the answers cannot tell two levels apart."""
    values = patterns.values()
    answered = ~np.isnan(values)
    used = np.asarray(answered.any(axis=1))
    who = raters(patterns, used)
    if not who.counts.shape[0]:
        raise EstimationError("no_answers" if not used.any() else "no_leaders")
    counts = csr_array(who.counts[:, np.flatnonzero(used)])
    _require_two_levels(patterns.items, values[used], counts)
    leader, place = np.unique(who.leader, return_inverse=True)
    groups = np.arange(len(place))
    leaders = Clusters(csr_array((np.ones(len(place)), (place, groups)), shape=(len(leader), len(place))), np.zeros(len(place)))
    unknown = float(patterns.table()[1][used].sum() - who.counts.sum()) if not who.notes else 0.0
    left_out = Note("leader_unknown", f"n = {round(unknown)}") if round(unknown) > 0 else None
    return ContinuousModels(
        items=patterns.items,
        answers=grouped_answers(values[used], counts),
        leaders=leaders,
        note=joined(left_out, *who.notes, several_leaders(patterns, "leader")),
    )


def _require_two_levels(items: tuple[str, ...], values: Floats, counts: csr_array) -> None:
    """values (p, k) of the patterns with an answer, counts (G, p)."""
    k = len(items)
    if k < 3:
        raise EstimationError("two_items_only")
    answered = ~np.isnan(values)
    x = np.where(answered, values, 0.0)
    n = counts @ answered.astype(float)
    total = np.asarray(counts.sum(axis=0)).ravel()
    sums, squares = counts @ x, total @ x**2
    if np.asarray(counts.sum(axis=1)).max() <= 1:
        raise EstimationError("one_answer_per_leader")
    for place, item in enumerate(items):
        seen = n[:, place] > 0
        if not seen.any():
            raise EstimationError("item_without_answers", item)
        about = sums[seen, place] / n[seen, place]
        grand = sums[:, place].sum() / n[:, place].sum()
        within = squares[place] - (sums[seen, place] * about).sum()
        if squares[place] - grand * sums[:, place].sum() <= _ROUNDING * squares[place]:
            raise EstimationError("constant_item", item)
        if within <= _ROUNDING * squares[place]:
            raise EstimationError("no_variance_within", item)
        if np.ptp(about) <= _ROUNDING:
            raise EstimationError("no_variance_between", item)
    groups, answers = counts.shape[0], float(counts.sum())
    if groups <= k:
        raise EstimationError("no_more_leaders_than_items", f"{groups} <= {k}")
    if answers <= 5 * k:
        raise EstimationError("fewer_answers_than_parameters", f"n = {round(answers)}, {5 * k}")


# Sums of squares below this share of the whole are rounding.
_ROUNDING = 1e-12
