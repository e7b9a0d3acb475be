"""The rows of one fitted factor model: parameters, tests, indices, pairs of items."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...analysis.by_role import missing
from ...analysis.declared_rows import completed
from ...analysis.item_direction import marked
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Mask
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from ..correlation.numerics.polychoric import pairs
from .analysis_model import FittedModel
from .analysis_refusals import BASELINE_REFUSED
from .analysis_residual_pairs import PairTest, pair_tests
from .analysis_restrictions import restricted, restrictions
from .analysis_specification import Specification
from .numerics import indices
from .numerics.model import Part
from .numerics.robust_fit import RobustFit

_INDICES = ("cfi", "tli", "rmsea")
FIT_MEASURES = (
    "chi2", "chi2_scaled", *_INDICES, *(f"{name}_scaled" for name in _INDICES), *(f"{name}_robust" for name in _INDICES),
    "srmr", "srmr_unbiased", "crmr", "log_likelihood", "aic", "bic",
)  # fmt: skip
# Of every pair of items.
PAIR_QUANTITIES = (
    "residual_correlation", "modification_index", "modification_index_holm", "expected_parameter_change",
    "expected_residual_correlation",
)  # fmt: skip


def declared(patterns: ResponsePatterns, specification: Specification) -> Iterator[Statistic]:
    """The rows of a model, whether or not it can be fitted."""
    method, items = specification.estimator, patterns.items
    row = partial(Statistic, method=method)
    per_item = ["loading", "loading_standardized", "residual_variance"]
    if not specification.ordinal:
        per_item.append("intercept")
    for quantity in per_item:
        for item in items:
            yield row(quantity=quantity, item=item)
    if specification.ordinal:
        for item in items:
            for cut in range(1, len(patterns.instrument.categories)):
                yield row(quantity="threshold", item=item, category=cut)
    for first, second in specification.residual_covariances:
        for quantity in ("residual_covariance", "residual_covariance_standardized"):
            yield row(quantity=quantity, item=f"{items[first]}~{items[second]}")
    for quantity in FIT_MEASURES:
        robust = quantity.endswith(("_scaled", "_robust"))
        if not (robust and method == "ML") and not (specification.ordinal and quantity in ("log_likelihood", "aic", "bic")):
            yield row(quantity=quantity)
    for quantity in PAIR_QUANTITIES:
        for first, second in zip(*pairs(len(items)), strict=True):
            yield row(quantity=quantity, item=f"{items[first]}~{items[second]}")
    for quantity in restrictions(specification):
        yield row(quantity=quantity)


class Rows:
    """The rows of one fitted model. `cluster` stands in rows whose error, test or index depends on it."""

    def __init__(self, model: FittedModel) -> None:
        self.items = model.items
        self.model = model
        self.fit = model.fit
        self.cluster = model.clustering.key if model.clusters is not None else None
        self.df = intervals.degrees_of_freedom(model.clusters)
        self.improper = tuple(self.items[item] for item in model.improper())

    def all(self) -> Iterator[Statistic]:
        """Those that are declared, in the order of the report."""
        yield from self.parameters()
        yield from self.residual_covariances()
        yield from self.tests()
        yield from self.indices()
        yield from self.pairs()
        yield from restricted(self.model)

    def _estimate(self, quantity: str, value: float, error: float, *, item: str, category: int | None = None) -> Statistic:
        note = self.model.clustering.note
        if math.isnan(error):
            note = joined(note, "one_cluster")
        if item in self.improper and quantity != "threshold":
            note = joined(note, Note("negative_residual_variance", item))
        return Statistic(
            quantity=quantity,
            item=item,
            category=category,
            method=self.model.method,
            cluster=self.cluster,
            estimate=value,
            std_error=error,
            interval=partial(intervals.wald, estimate=value, std_error=error, df=self.df),
            n=self.model.n,
            note=note,
        )

    def _parameter_errors(self, part: Part) -> Floats:
        """Standard errors of a part's elements, NaN where they are not free."""
        model = self.fit.model
        number = model.free[0, model.elements_of(part)]
        errors = np.sqrt(np.diag(self.model.covariance))
        return np.where(number >= 0, errors[number], np.nan)

    def parameters(self) -> Iterator[Statistic]:
        model, skipped = self.fit.model, self.model.skipped
        for item, value, error in zip(self.items, self.model.loadings, self._parameter_errors("loadings"), strict=True):
            yield marked(self._estimate("loading", float(value), float(error), item=item))
        for item, value, error in zip(self.items, *self.model.standardized(), strict=True):
            yield marked(self._estimate("loading_standardized", float(value), float(error), item=item))
        if skipped is None:
            elements = model.elements(self.fit.parameters)[0]
            named: tuple[tuple[str, Part], ...] = (("intercept", "intercepts"), ("residual_variance", "residual_variances"))
            for quantity, part in named:
                values = elements[model.elements_of(part)]
                for item, value, error in zip(self.items, values, self._parameter_errors(part), strict=True):
                    yield self._estimate(quantity, float(value), float(error), item=item)
            return
        values, errors = self.model.delta(lambda parameters: model.residual_variances(model.elements(parameters))[..., 0, :])
        for item, value, error in zip(self.items, values, errors, strict=True):
            # Under `theta` they are 1 by convention and have no error.
            statistic = self._estimate("residual_variance", float(value), float(error), item=item)
            yield replace(statistic, std_error=None, interval=None, cluster=None) if model.kind == "theta" else statistic
        yield from self._thresholds(skipped)

    def _thresholds(self, skipped: Mask) -> Iterator[Statistic]:
        """skipped (k, c): categories between used ones that nobody chose."""
        model = self.fit.model
        values = model.matrix("thresholds", model.elements(self.fit.parameters))[0].ravel()
        errors = self._parameter_errors("thresholds")
        for place, (value, error) in enumerate(zip(values, errors, strict=True)):
            item, cut = self.items[place // model.t], place % model.t + 1
            if math.isnan(error) and model.free[0, model.elements_of("thresholds")[place]] < 0:
                fields = {"item": item, "category": cut, "method": self.model.method, "n": self.model.n}
                yield missing("category_not_chosen", quantity="threshold", **fields)
                continue
            statistic = self._estimate("threshold", float(value), float(error), item=item, category=cut)
            # An empty category between two used ones makes its two thresholds equal.
            beside = skipped[place // model.t, place % model.t : place % model.t + 2].any()
            yield replace(statistic, note=joined(statistic.note, "category_not_chosen" if beside else None))

    def residual_covariances(self) -> Iterator[Statistic]:
        """Of the pairs that the model frees, none without."""
        freed = self.model.specification.residual_covariances
        if not freed:
            return
        names = ["~".join(self.items[item] for item in pair) for pair in freed]
        covariances, covariance_errors, correlations, correlation_errors = self.model.freed()
        named = (
            ("residual_covariance", covariances, covariance_errors),
            ("residual_covariance_standardized", correlations, correlation_errors),
        )
        for quantity, values, errors in named:
            for name, value, error in zip(names, values, errors, strict=True):
                statistic = self._estimate(quantity, float(value), float(error), item=name)
                improper = [item for item in name.split("~") if item in self.improper]
                note = joined(statistic.note, *(Note("negative_residual_variance", item) for item in improper))
                yield replace(statistic, note=note)

    def tests(self) -> Iterator[Statistic]:
        exact = self.model.tests.exact
        improper = joined(*(Note("negative_residual_variance", item) for item in self.improper))
        saturated = "no_degrees_of_freedom" if exact.df <= 0 else None
        refusal = self.model.test_refusal
        fields: dict[str, Any] = {"method": self.model.method, "df": exact.df, "n": self.model.n}
        yield Statistic(
            quantity="chi2",
            statistic=exact.chi2,
            p_value=None if self.model.too_few_clusters else exact.p_value,
            note=joined(saturated, self.model.too_few_clusters, improper),
            **fields,
        )
        if self.model.method == "ML":
            return
        if refusal or saturated:
            yield missing(str(refusal or saturated), quantity="chi2_scaled", **fields)
            return
        yield Statistic(
            quantity="chi2_scaled",
            statistic=exact.scaled,
            p_value=exact.scaled_p_value,
            cluster=self.cluster,
            note=joined(self.model.clustering.note, self.model.test_warning, improper),
            **fields,
        )

    def _index(
        self, quantity: str, value: float, *, cluster: bool = False, note: str | None = None, **fields: Any
    ) -> Statistic:
        if math.isnan(value) and note is None:
            note = "not_computed"
        return Statistic(
            quantity=quantity,
            method=self.model.method,
            estimate=value,
            cluster=self.cluster if cluster else None,
            n=self.model.n,
            note=note,
            **fields,
        )

    def indices(self) -> Iterator[Statistic]:
        for kind in ("",) if self.model.method == "ML" else ("", "_scaled", "_robust"):
            named = (Statistic(quantity=f"{name}{kind}", method=self.model.method, n=self.model.n) for name in _INDICES)
            yield from completed(self._triple(kind), named)
        yield self._index("srmr", self.model.srmr())
        yield self._unbiased_srmr()
        yield self._index("crmr", self.model.crmr())
        if (height := self.model.log_likelihood) is not None:
            q = self.fit.model.q
            yield self._index("log_likelihood", height)
            yield self._index("aic", 2 * q - 2 * height)
            yield self._index("bic", q * math.log(self.model.n) - 2 * height)

    def _fit_behind(self, kind: str) -> RobustFit:
        """What the indices of this kind are made of. Raises EstimationError where they are not defined."""
        exact, baseline = self.model.tests.exact, self.model.tests.baseline
        if exact.df <= 0:
            raise EstimationError("no_degrees_of_freedom")
        if kind and (refusal := self.model.test_refusal):
            raise EstimationError(refusal)
        if kind == "_robust":
            return self.model.robust_fit
        chi2, baseline_chi2 = (exact.scaled, baseline.scaled) if kind else (exact.chi2, baseline.chi2)
        return RobustFit(
            chi2=chi2, df=exact.df, scaling=1.0,
            baseline_chi2=baseline_chi2, baseline_df=baseline.df, baseline_scaling=1.0,
        )  # fmt: skip

    def _triple(self, kind: str) -> Iterator[Statistic]:
        """CFI, TLI and RMSEA with their intervals, and the p value of close fit."""
        fit, cluster = self._fit_behind(kind), kind != ""
        n = self.fit.index_n
        note = joined(self.model.test_warning) if cluster else None
        for name, value, interval in (
            ("cfi", indices.robust_cfi, indices.cfi_interval),
            ("tli", indices.robust_tli, indices.tli_interval),
        ):
            fields: dict[str, Any] = {"quantity": f"{name}{kind}"}
            if fit.has_baseline:
                yield self._index(value=value(fit), cluster=cluster, note=note, interval=partial(interval, fit=fit), **fields)
            else:
                yield missing(BASELINE_REFUSED, method=self.model.method, n=self.model.n, **fields)
        yield self._index(
            f"rmsea{kind}",
            indices.robust_rmsea(fit, n),
            cluster=cluster,
            note=note,
            interval=partial(indices.rmsea_interval, chi2=fit.chi2, df=fit.df, n=n, scaling=fit.scaling),
            p_value=indices.close_fit_p_value(fit.chi2, fit.df, n, scaling=fit.scaling),
        )

    def _unbiased_srmr(self) -> Statistic:
        reason = "no_degrees_of_freedom" if self.fit.df <= 0 else self.model.test_refusal
        if reason:
            return missing(reason, quantity="srmr_unbiased", method=self.model.method, n=self.model.n)
        srmr = self.model.unbiased_srmr
        return self._index(
            "srmr_unbiased",
            srmr.estimate,
            cluster=True,
            std_error=srmr.std_error,
            interval=srmr.confidence_interval,
            p_value=srmr.close_fit_p_value(),
            note=joined(self.model.test_warning),
        )

    def pairs(self) -> Iterator[Statistic]:
        """Of every pair of items, quantity by quantity: see PAIR_QUANTITIES."""
        residual = indices.correlation_residuals(self.model.observed, self.model.implied)
        tests = pair_tests(self.model)
        names = ["~".join(self.items[item] for item in test.cell) for test in tests]
        for name, test in zip(names, tests, strict=True):
            yield self._index("residual_correlation", float(residual[test.cell]), item=name)
        for name, test in zip(names, tests, strict=True):
            yield replace(self._pair_test("modification_index", name, test, test.p_value), estimate=test.index)
        for name, test in zip(names, tests, strict=True):
            yield self._pair_test("modification_index_holm", name, test, test.holm)
        for name, test in zip(names, tests, strict=True):
            unknown = test.note if math.isnan(test.change) else None
            yield self._index("expected_parameter_change", test.change, item=name, note=unknown)
        for name, test in zip(names, tests, strict=True):
            yield self._expected_correlation(name, test)

    def _pair_test(self, quantity: str, name: str, test: PairTest, p_value: float) -> Statistic:
        warned = test.note or joined(self.model.clustering.note, self.model.test_warning)
        return Statistic(
            quantity=quantity,
            item=name,
            method=self.model.method,
            cluster=self.cluster,
            statistic=test.statistic,
            df=1,
            p_value=p_value,
            n=self.model.n,
            note=warned,
        )

    def _expected_correlation(self, name: str, test: PairTest) -> Statistic:
        quantity = "expected_residual_correlation"
        if test.note and test.std_error != 0:  # an error of nought is remarked on beside the estimate
            return missing(test.note, quantity=quantity, item=name, method=self.model.method, n=self.model.n)
        if math.isnan(test.correlation):
            return missing("negative_residual_variance", quantity=quantity, item=name, method=self.model.method, n=self.model.n)
        return self._estimate(quantity, test.correlation, test.std_error, item=name)
