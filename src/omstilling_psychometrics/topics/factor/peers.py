"""Confirmatory factor analysis beside lavaan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ...reference.comparison import (
    COUNT,
    HEIGHT,
    TAIL,
    Case,
    Comparison,
    Pair,
    Pairs,
    Tolerance,
    item_pairs,
)
from .analysis import CfaResult, cfa

# lavaan stops when the gradient is small, which leaves parameters 1e-6 or so off their minimum.
_PARAMETER = Tolerance("parameter of a factor model", 2e-5, absolute=True)
_ERROR = Tolerance("standard error of a factor model", 2e-5)
_INDEX = Tolerance("index of fit", 2e-5, absolute=True)
_STATISTIC = Tolerance("test statistic", 1e-5)
# The robust RMSEA of ordinal models: N in lavaan 0.7-2, N - 1 in 0.6-14 and here. The smallest data set that shows it has 1,497
# complete rows.
_ROOT_FACTOR_N = Tolerance("root of (n - 1)/n", 4e-4)
# A ratio of a squared derivative and its small variance.
_INDEX_OF_CHANGE = Tolerance("modification index", 1e-4)
# Ordinal models: see the error named below. The smallest data set has 107 complete rows.
_FACTOR_N = Tolerance("factor (n - 1)/n", 1e-2)
# The size of a residual is known to its standard error over a thousand or so.
_RESIDUAL_TAIL = Tolerance("p value of residuals", 1e-5, absolute=True)

Options = Mapping[str, Any]
Measures = Mapping[tuple[str, str], str]

# Columns of lavaan's fitMeasures by quantity and aspect; RMSEA's interval is of 90 %, its tail that of at most .05.
_PLAIN = {
    ("chi2", "statistic"): "chisq", ("chi2", "df"): "df", ("chi2", "p_value"): "pvalue",
    ("cfi", "estimate"): "cfi", ("tli", "estimate"): "tli", ("rmsea", "estimate"): "rmsea",
    ("rmsea", "low"): "rmsea.ci.lower", ("rmsea", "high"): "rmsea.ci.upper", ("rmsea", "p_value"): "rmsea.pvalue",
    ("srmr", "estimate"): "srmr_bentler_nomean", ("crmr", "estimate"): "crmr_nomean",
}  # fmt: skip
# Where lavaan gives no tail of the unscaled chi-square.
_UNTESTED = {key: column for key, column in _PLAIN.items() if column != "pvalue"}
_HEIGHTS = {("log_likelihood", "estimate"): "logl", ("aic", "estimate"): "aic", ("bic", "estimate"): "bic"}
_SCALED = {
    ("chi2_scaled", "statistic"): "chisq.scaled", ("chi2_scaled", "p_value"): "pvalue.scaled",
    **{(f"{name}_scaled", "estimate"): f"{name}.scaled" for name in ("cfi", "tli", "rmsea")},
    **{(f"{name}_robust", "estimate"): f"{name}.robust" for name in ("cfi", "tli", "rmsea")},
    ("rmsea_robust", "low"): "rmsea.ci.lower.robust", ("rmsea_robust", "high"): "rmsea.ci.upper.robust",
}  # fmt: skip


def _tolerance(path: str, quantity: str, aspect: str) -> Tolerance:
    if path.startswith("lavaan_0_7_2/WLSMV") and quantity == "rmsea_robust":
        return _ROOT_FACTOR_N
    if aspect == "df":
        return COUNT
    if quantity in ("log_likelihood", "aic", "bic"):
        return HEIGHT
    return {"statistic": _STATISTIC, "p_value": TAIL}.get(aspect, _INDEX)


def _fit(case: Case, **options: Any) -> CfaResult:
    result: CfaResult = case.run(cfa, **options)
    return result


def _measure(quantity: str, aspect: str, column: str, **options: Any) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        row = _fit(case, **options).get(quantity)
        if aspect in ("low", "high"):
            low, high = row.confidence_interval(0.90)
            yield "", low if aspect == "low" else high, stored[column]
        else:
            yield "", getattr(row, aspect), stored[column]

    return pairs


def _parameters(quantity: str, aspect: str, columns: tuple[str, str], **options: Any) -> Pairs:
    """Rows of parameterEstimates or standardizedSolution; columns: names of estimate and standard error there."""
    sides = {"loading": "=~", "loading_standardized": "=~", "intercept": "~1", "residual_variance": "~~", "threshold": "|"}
    column = columns[0 if aspect == "estimate" else 1]

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = _fit(case, **options)
        for row in stored:
            if row["op"] != sides[quantity]:
                continue
            item = row["rhs"] if row["op"] == "=~" else row["lhs"]
            if item not in case.items or (row["op"] == "~~" and row["lhs"] != row["rhs"]):
                continue
            category = _declared(case, item, row, **options) if row["op"] == "|" else None
            ours = result.get(quantity, item=item, category=category)
            # lavaan gives 0 as the error of what is fixed or derived.
            if aspect == "estimate" or row[column]:
                yield f"{item} {category or ''}".strip(), getattr(ours, aspect), row[column]

    return pairs


def _declared(case: Case, item: str, row: Any, **options: Any) -> int:
    """lavaan counts thresholds through the categories that occur, we through the declared ones."""
    thresholds = _fit(case, **options).find("threshold", item=item)
    occurring = [
        place
        for place, threshold in enumerate(thresholds, start=1)
        if threshold.estimate is not None and math.isfinite(threshold.estimate)
    ]
    return occurring[int(row["rhs"].removeprefix("t")) - 1]


def _modification(quantity: str, column: str, **options: Any) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = _fit(case, **options)
        for row in stored:
            if row["op"] == "~~" and row["lhs"] in case.items and row["lhs"] != row["rhs"]:
                name = f"{row['lhs']}~{row['rhs']}"
                yield name, result.value(quantity, item=name), row[column]

    return pairs


def _unbiased(aspect: str, **options: Any) -> Pairs:
    """lavResiduals calls the covariance part `cov`, the correlation part of ordinal models `cor`."""
    wanted = {"estimate": "usrmr", "std_error": "usrmr.se", "p_value": "usrmr.closefit.pvalue"}[aspect]

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        row = next(row for row in stored if row["row"] == wanted)
        yield "", getattr(_fit(case, **options).get("srmr_unbiased"), aspect), row.get("cov", row.get("cor"))

    return pairs


def _difference(quantity: str, aspect: str, column: str, **options: Any) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(_fit(case, **options).get(quantity), aspect), stored[1][column]

    return pairs


def _measures(
    path: str, method: str, measures: Measures, options: Options, datasets: tuple[str, ...] | None = None
) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            domain="cfa", path=f"{path}/fit", quantity=quantity, method=method, aspect=aspect, peer="lavaan::fitMeasures",
            tolerance=_tolerance(path, quantity, aspect), pairs=_measure(quantity, aspect, column, **options),
            datasets=datasets,
        )
        for (quantity, aspect), column in measures.items()
    )  # fmt: skip


def _estimated(
    path: str, method: str, quantities: tuple[str, ...], options: Options, columns: tuple[str, str] = ("est", "se")
) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            domain="cfa", path=path, quantity=quantity, method=method, aspect=aspect, peer="lavaan::cfa",
            tolerance=_PARAMETER if aspect == "estimate" else _ERROR,
            pairs=_parameters(quantity, aspect, columns, **options),
        )
        for quantity in quantities
        for aspect in ("estimate", "std_error")
    )  # fmt: skip


def _tests(path: str, method: str, quantity: str, options: Options) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            domain="cfa", path=path, quantity=quantity, method=method, aspect=aspect, peer="lavaan::lavTestLRT",
            tolerance=_tolerance(path, quantity, aspect), pairs=_difference(quantity, aspect, column, **options),
        )
        for aspect, column in (("statistic", "Chisq diff"), ("df", "Df diff"), ("p_value", "Pr(>Chisq)"))
    )  # fmt: skip


# sim_small has fewer clusters than moments, where our robust tests are refused.
_ENOUGH_CLUSTERS = ("lq2002_lead_mis", "sim1")

_ML: Options = {"estimator": "ML", "cluster": None}
_MLR: Options = {"estimator": "MLR", "cluster": None}
_FIML: Options = {"estimator": "FIML", "cluster": None}
_WLSMV: Options = {"estimator": "WLSMV", "cluster": None}
_LISTWISE: Options = {**_WLSMV, "missing": "listwise"}
_THETA: Options = {**_LISTWISE, "parameterization": "theta"}
_THETA_PAIRWISE: Options = {**_WLSMV, "parameterization": "theta"}
_ULSMV: Options = {**_LISTWISE, "estimator": "ULSMV"}
_ULSMV_PAIRWISE: Options = {**_WLSMV, "estimator": "ULSMV"}
_TAU: Options = {**_MLR, "model": "tau_equivalent"}
_PARALLEL: Options = {**_MLR, "model": "parallel"}
_TAU_ORDINAL: Options = {**_LISTWISE, "model": "tau_equivalent"}
# Leaders are the clusters by default.
_MLR_BY_LEADER: Options = {"estimator": "MLR"}
_FIML_BY_LEADER: Options = {"estimator": "FIML"}
_WLSMV_BY_LEADER: Options = {"estimator": "WLSMV", "missing": "listwise"}

_STANDARDIZED = ("est.std", "se")
_CONTINUOUS = ("loading", "intercept", "residual_variance")
_COMPLETE = (("cfa_continuous/ML_complete", "ML", _ML), ("cfa_ordinal/WLSMV_complete_delta", "WLSMV", _LISTWISE))


def _changes() -> Iterator[Comparison]:
    for path, method, options in _COMPLETE:
        for quantity, column, tolerance in (
            ("modification_index", "mi", _INDEX_OF_CHANGE),
            ("expected_parameter_change", "epc", _PARAMETER if method == "ML" else _FACTOR_N),
        ):
            yield Comparison(
                domain="cfa", path=f"{path}/mi", quantity=quantity, method=method, peer="lavaan::modindices",
                tolerance=tolerance, pairs=_modification(quantity, column, **options),
            )  # fmt: skip
        yield Comparison(
            domain="cfa", path=f"{path}/resid_cor", quantity="residual_correlation", method=method, peer="lavaan::resid",
            tolerance=_PARAMETER, pairs=item_pairs(partial(_fit, **options), "residual_correlation"),
        )  # fmt: skip
    yield Comparison(
        domain="cfa", path="cfa_ordinal/WLSMV_complete_delta/mi", quantity="expected_parameter_change", method="WLSMV",
        peer="lavaan::modindices", tolerance=_PARAMETER, pairs=_modification("expected_parameter_change", "epc", **_LISTWISE),
        datasets=("sim_small", "datCat"),
        error="of ordinal models it is (n - 1)/n times the change, which knows no n.",
    )  # fmt: skip


def _residual_sizes() -> Iterator[Comparison]:
    for path, method, options in (
        ("cfa_continuous/ML_complete", "ML", _ML), ("cfa_continuous/MLR_complete", "MLR", _MLR),
        ("cfa_continuous/FIML_MLR", "FIML", _FIML), ("cfa_ordinal/WLSMV_pairwise_delta", "WLSMV", _WLSMV),
        ("cfa_ordinal/ULSMV_complete", "ULSMV, listwise", _ULSMV),
    ):  # fmt: skip
        for aspect, tolerance in (("estimate", _PARAMETER), ("std_error", _ERROR), ("p_value", _RESIDUAL_TAIL)):
            yield Comparison(
                domain="cfa", path=f"{path}/resid_summary", quantity="srmr_unbiased", method=method, aspect=aspect,
                peer="lavaan::lavResiduals", tolerance=tolerance, pairs=_unbiased(aspect, **options),
            )  # fmt: skip


# Under delta the standardized loadings are the loadings.
_ORDINAL = ("loading", "loading_standardized", "residual_variance", "threshold")

COMPARISONS = (
    *_measures("cfa_continuous/ML_complete", "ML", _PLAIN | _HEIGHTS, _ML),
    *_estimated("cfa_continuous/ML_complete/std", "ML", ("loading_standardized",), _ML, _STANDARDIZED),
    *_changes(),
    *_residual_sizes(),
    *_measures("cfa_continuous/MLR_complete", "MLR", _PLAIN | _SCALED, _MLR),
    # The same maximum; the peer's robust fit was without means, which its criteria count.
    *_measures("cfa_continuous/ML_complete", "MLR", _HEIGHTS, _MLR),
    *_estimated("cfa_continuous/MLR_complete_stdlv/est", "MLR", ("loading", "residual_variance"), _MLR),
    *_measures("cfa_continuous/FIML_MLR", "FIML", _PLAIN | _HEIGHTS | _SCALED, _FIML),
    *_estimated("cfa_continuous/FIML_MLR_stdlv/est", "FIML", _CONTINUOUS, _FIML),
    *_tests("cfa_continuous/lrt_tau_ML", "ML", "tau_equivalence", _ML),
    *_tests("cfa_continuous/lrt_parallel_ML", "ML", "parallel_items", _ML),
    *_tests("cfa_continuous/lrt_tau_default", "MLR", "tau_equivalence", _MLR),
    *_tests("cfa_continuous/lrt_parallel_default", "MLR", "parallel_items", _MLR),
    *_tests("cfa_continuous/lrt_tau_FIML_default", "FIML", "tau_equivalence", _FIML),
    *_tests("cfa_continuous/lrt_parallel_FIML_default", "FIML", "parallel_items", _FIML),
    *_measures("cfa_ordinal/WLSMV_complete_delta", "WLSMV, listwise", _PLAIN | _SCALED, _LISTWISE),
    *_estimated("cfa_ordinal/WLSMV_complete_delta/std", "WLSMV, listwise", _ORDINAL, _LISTWISE, _STANDARDIZED),
    *_measures("cfa_ordinal/WLSMV_complete_theta", "WLSMV, theta", _PLAIN | _SCALED, _THETA),
    *_measures("cfa_ordinal/WLSMV_pairwise_delta", "WLSMV", _PLAIN | _SCALED, _WLSMV),
    *_estimated("cfa_ordinal/WLSMV_pairwise_delta/std", "WLSMV", _ORDINAL, _WLSMV, _STANDARDIZED),
    *_measures("cfa_ordinal/ULSMV_complete", "ULSMV, listwise", _UNTESTED | _SCALED, _ULSMV),
    *_measures("cfa_ordinal/ULSMV_pairwise", "ULSMV", _UNTESTED | _SCALED, _ULSMV_PAIRWISE),
    *_estimated("cfa_ordinal/WLSMV_pairwise_theta/est", "WLSMV, theta", ("threshold",), _THETA_PAIRWISE),
    *_measures("cfa_continuous/tau_MLR_complete", "MLR, equal loadings", _PLAIN | _SCALED, _TAU),
    *_measures("cfa_continuous/parallel_MLR_complete", "MLR, parallel items", _PLAIN | _SCALED, _PARALLEL),
    *_measures("cfa_ordinal/tau", "WLSMV, equal loadings", _PLAIN | _SCALED, _TAU_ORDINAL),
    *_tests("cfa_ordinal/lrt_tau_default", "WLSMV, listwise", "tau_equivalence", _LISTWISE),
    *_tests("cfa_ordinal/lrt_tau_pairwise_default", "WLSMV", "tau_equivalence", _WLSMV),
    *_measures("cfa_cluster/MLR_cluster_complete", "MLR, by leader", _PLAIN | _SCALED, _MLR_BY_LEADER, _ENOUGH_CLUSTERS),
    *_measures("lavaan_0_7_2/MLR_cluster_FIML", "FIML, by leader", _PLAIN | _HEIGHTS | _SCALED, _FIML_BY_LEADER),
    *_estimated("lavaan_0_7_2/MLR_cluster_FIML/est", "FIML, by leader", _CONTINUOUS, _FIML_BY_LEADER),
    *_measures("lavaan_0_7_2/WLSMV_cluster_listwise", "WLSMV, by leader", _UNTESTED | _SCALED, _WLSMV_BY_LEADER),
    *_estimated("lavaan_0_7_2/WLSMV_cluster_listwise/est", "WLSMV, by leader", ("loading", "threshold"), _WLSMV_BY_LEADER),
)
