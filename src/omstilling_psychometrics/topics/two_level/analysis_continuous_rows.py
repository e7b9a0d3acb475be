"""Rows of the two-level models of answers as numbers: parameters, fit of both levels and of each, reliability of the score."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from ...analysis.declared_rows import attempted, completed, null
from ...analysis.item_direction import marked
from ...analysis.sample import interval
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.sandwich import meat
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from ..factor.analysis_refusals import BASELINE_REFUSED
from ..factor.numerics import indices
from ..factor.numerics.model import Numbers
from ..factor.numerics.robust_fit import RobustFit
from ..factor.numerics.standardize import delta_method
from .analysis_continuous import LEVELS, ContinuousModel, ContinuousModels, Level
from .analysis_rows import ANSWERS
from .numerics.continuous_fit import Structure, TwoLevelFit
from .numerics.continuous_reliability import SumVariances

Kind = Literal["equal", "free"]
KINDS: tuple[Kind, ...] = ("equal", "free")
PER_ITEM = ("loading_within", "loading_between", "residual_variance_within", "residual_variance_between")
OMEGAS = ("omega_within", "omega_between", "omega_two_level")
FIT_OF_LEVEL = ("chi2_scaled", "cfi_robust", "rmsea_robust", "srmr")


def declared(patterns: ResponsePatterns) -> Iterator[Statistic]:
    """The rows of both models, whether or not there are estimates."""
    for kind in KINDS:
        yield from _declared_of_model(patterns.items, kind, patterns.n)


def _declared_of_model(items: tuple[str, ...], kind: Kind, n: int) -> Iterator[Statistic]:
    method = f"continuous/{kind}"
    row = partial(Statistic, method=method, n=n)
    yield from (row(quantity=quantity, item=item) for item in items for quantity in PER_ITEM)
    yield from (row(quantity=quantity) for quantity in ("icc", "log_likelihood", "chi2_scaled", *OMEGAS))
    yield from (row(quantity="leader_reliability", category=answers) for answers in ANSWERS)
    if kind == "free":
        yield Statistic(quantity="omega_between", method=f"{method}/geldhof", n=n)
        yield from (Statistic(quantity=quantity, method=f"{method}/saturated", n=n) for quantity in OMEGAS)
        yield from (
            Statistic(quantity=name, method=f"{method}/{level}_leaders", n=n) for level in LEVELS for name in FIT_OF_LEVEL
        )


def rows(models: ContinuousModels) -> Iterator[Statistic]:
    """Of one role; null rows with the reason for what cannot be had."""
    for kind in KINDS:
        empty = _declared_of_model(models.items, kind, models.n)
        try:
            model = models.equal if kind == "equal" else models.free
        except EstimationError as error:
            yield from completed((), empty, error.reason)
        else:
            yield from completed(_ModelRows(models, model, kind).rows(), empty)


class _ModelRows:
    """The rows of one model."""

    def __init__(self, models: ContinuousModels, model: ContinuousModel, kind: Kind) -> None:
        self._models, self._model, self._kind = models, model, kind
        self._df = intervals.degrees_of_freedom(models.units)
        self._method = f"continuous/{kind}"

    def rows(self) -> Iterator[Statistic]:
        yield from self._parameters()
        yield self._icc()
        yield replace(self._row("log_likelihood"), estimate=self._model.log_likelihood, note=self._models.remark)
        yield self._exact_fit()
        yield from self._reliabilities()
        if self._kind == "free":
            yield self._latent()
            yield from self._with_saturated_variances()
            for level in LEVELS:
                yield from self._fit_of(level)

    def _row(
        self, quantity: str, *, variant: str | None = None, item: str | None = None, category: int | None = None
    ) -> Statistic:
        method = f"{self._method}/{variant}" if variant else self._method
        return Statistic(quantity=quantity, item=item, category=category, method=method, n=self._models.n)

    def _estimate(
        self, row: Statistic, value: float, error: float, bounds: intervals.BoundsOf, note: str | None = None
    ) -> Statistic:
        return replace(
            row,
            estimate=value,
            std_error=error,
            interval=interval(bounds, value, error, self._df),
            cluster=self._models.cluster,
            note=joined("one_cluster" if math.isnan(error) else None, note, self._models.remark),
        )

    def _at_bound(self, row: Statistic) -> Statistic:
        """0, without an error: the variance between leaders is at its bound."""
        return replace(row, estimate=0.0, note=joined("variance_at_zero", self._models.remark))

    # ---------------------------------------------------------------- parameters

    def _parameters(self) -> Iterator[Statistic]:
        at_bound = self._model.at_bound
        loadings = {level: self._model.loading(level) for level in LEVELS}
        residuals = {level: self._model.residual_variance(level) for level in LEVELS}
        for place, item in enumerate(self._models.items):
            for level, (values, errors) in loadings.items():
                row = self._row(f"loading_{level}", item=item)
                if level == "between" and at_bound:
                    yield self._at_bound(row)
                else:
                    yield marked(self._estimate(row, float(values[place]), float(errors[place]), intervals.wald))
            for level, (values, errors) in residuals.items():
                note = str(Note("negative_residual_variance", item)) if values[place] < 0 else None
                row = self._row(f"residual_variance_{level}", item=item)
                yield self._estimate(row, float(values[place]), float(errors[place]), intervals.wald, note)

    def _icc(self) -> Statistic:
        row = self._row("icc")
        if self._kind == "free":
            return null(row, "share_needs_equal_loadings")
        if self._model.at_bound:
            return self._at_bound(row)
        return self._estimate(row, *self._model.icc(), intervals.logit_wald)

    # ---------------------------------------------------------------- reliability of the observed score

    def _reliability(self, row: Statistic, function: Callable[[SumVariances], Numbers]) -> Statistic:
        value, error = self._model.delta(lambda parameters: function(self._model.sums(parameters)))
        return self._share(row, float(value), float(error))

    def _share(self, row: Statistic, value: float, error: float) -> Statistic:
        """Reliabilities of leaders have their interval on the logit, as those of ordered answers; one that negative residual
        variances take beyond the scale of its interval has none."""
        of_leaders = row.quantity in ("omega_between", "leader_reliability")
        bounds = intervals.logit_wald if of_leaders else intervals.log_complement
        inside = value < 1 and (value > 0 or not of_leaders)
        return self._estimate(row, value, error, bounds, None if inside else "no_interval")

    def _reliabilities(self) -> Iterator[Statistic]:
        yield self._reliability(self._row("omega_within"), lambda sums: sums.omega_within)
        usual, at_bound = self._models.usual_answers, self._model.at_bound
        if at_bound:
            yield self._at_bound(self._row("omega_between"))
            yield null(self._row("omega_two_level"), "variance_at_zero")
        else:
            yield self._reliability(self._row("omega_between"), lambda sums: sums.omega_between(usual))
            yield self._reliability(self._row("omega_two_level"), lambda sums: sums.omega_two_level)
        for answers in ANSWERS:
            row = self._row("leader_reliability", category=answers)
            if self._between <= 0:
                yield self._at_bound(row)
            else:
                yield self._reliability(row, partial(SumVariances.reliability_of_means, answers=answers))

    @property
    def _between(self) -> float:
        """Variance of the sum of the items between leaders, which negative residual variances may bring below 0."""
        return float(self._model.sums(self._model.fit.parameters).between)

    def _latent(self) -> Statistic:
        """Geldhof's omega between leaders."""
        row = self._row("omega_between", variant="geldhof")
        if self._between <= 0:
            return null(row, "variance_at_zero")
        row = self._reliability(row, lambda sums: sums.omega_latent)
        return replace(row, note=joined("infinitely_many_answers", row.note))

    def _with_saturated_variances(self) -> Iterator[Statistic]:
        """The omegas with the saturated variances of the sum in the denominator."""
        yield from completed(self._saturated(), (self._row(name, variant="saturated") for name in OMEGAS))

    def _saturated(self) -> Iterator[Statistic]:
        model, saturated, usual = self._model.fit, self._models.saturated, self._models.usual_answers
        both = np.concatenate([model.parameters, saturated.parameters])
        covariance = self._joint_covariance(saturated)

        def variances(parameters: Numbers) -> SumVariances:
            own, others = parameters[..., : model.model.q], parameters[..., model.model.q :]
            return SumVariances.of(model.model, own, saturated.model.moments(others))

        def omegas(parameters: Numbers) -> Numbers:
            sums = variances(parameters)
            return np.stack([sums.omega_within, sums.omega_between(usual), sums.omega_two_level], axis=-1)

        for name, value, error in zip(OMEGAS, *delta_method(omegas, both, covariance), strict=True):
            yield self._share(self._row(name, variant="saturated"), float(value), float(error))

    def _joint_covariance(self, saturated: TwoLevelFit) -> Floats:
        """Of the parameters of the model and those of the saturated moments."""
        influence = np.hstack([self._model.fit.influence, saturated.influence])
        return meat(influence, np.ones(len(influence)), self._models.units)

    # ---------------------------------------------------------------- fit

    def _test(self, row: Statistic, fit: TwoLevelFit) -> Statistic:
        test = self._models.test(fit)
        return replace(
            row, statistic=test.scaled, df=test.df, p_value=test.scaled_p_value, cluster=self._models.cluster,
            note=self._models.remark,
        )  # fmt: skip

    def _exact_fit(self) -> Statistic:
        row = self._row("chi2_scaled")
        if self._model.at_bound:
            return null(row, "variance_at_zero")
        return attempted(row, lambda: self._test(row, self._model.fit))

    def _fit_of(self, level: Level) -> Iterator[Statistic]:
        """Ryu & West (2009): the other level is saturated, so that all misfit is of this one."""
        named = (self._row(name, variant=f"{level}_leaders") for name in FIT_OF_LEVEL)
        yield from completed(self._computed_fit_of(level), named)

    def _computed_fit_of(self, level: Level) -> Iterator[Statistic]:
        models, within, saturated = self._models, level == "within", self._models.saturated
        structure: tuple[Structure, Structure] = ("factor", "saturated")
        fit = models.structured(*structure if within else structure[::-1])
        yield self._test(self._row("chi2_scaled", variant=f"{level}_leaders"), fit)
        test = models.test(fit)
        n = models.n if within else models.answers.groups
        yield attempted(self._row("cfi_robust", variant=f"{level}_leaders"), lambda: self._cfi(level, fit))
        yield replace(
            self._row("rmsea_robust", variant=f"{level}_leaders"),
            estimate=indices.rmsea(test.chi2, test.df, n, scaling=test.scaling),
            interval=partial(indices.rmsea_interval, chi2=test.chi2, df=test.df, n=n, scaling=test.scaling),
            p_value=indices.close_fit_p_value(test.chi2, test.df, n, scaling=test.scaling),
            cluster=models.cluster,
            note=models.remark,
        )
        sample, implied = (getattr(one.levels, level) for one in (saturated, fit))
        srmr = self._row("srmr", variant=f"{level}_leaders")
        if (np.diag(sample) <= 0).any():
            yield null(srmr, "variance_at_zero")
        else:
            yield replace(srmr, estimate=indices.srmr(sample, implied), note=models.remark)

    def _cfi(self, level: Level, fit: TwoLevelFit) -> Statistic:
        models = self._models
        independent: tuple[Structure, Structure] = ("independent", "saturated")
        try:
            baseline = models.structured(*independent if level == "within" else independent[::-1])
        except EstimationError as error:
            raise EstimationError("baseline_unbounded") from error
        test, worst = models.test(fit), models.test(baseline)
        both = RobustFit(
            chi2=test.chi2, df=test.df, scaling=test.scaling,
            baseline_chi2=worst.chi2, baseline_df=worst.df, baseline_scaling=worst.scaling,
        )  # fmt: skip
        if not both.has_baseline:
            raise EstimationError(BASELINE_REFUSED)
        return replace(
            self._row("cfi_robust", variant=f"{level}_leaders"),
            estimate=indices.robust_cfi(both),
            interval=partial(indices.cfi_interval, fit=both),
            cluster=models.cluster,
            note=models.remark,
        )
