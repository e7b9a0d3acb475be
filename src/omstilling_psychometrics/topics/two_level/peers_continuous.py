"""Two-level factor models of answers as numbers beside lavaan, and their reliabilities beside semTools.

Both take complete rows only, and ours all answers: compared where the rows are complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ...core.results import Statistic
from ...reference.comparison import HEIGHT, PARAMETER, STANDARD_ERROR, Case, Comparison, Pair, Pairs, Tolerance
from .analysis import two_level

_COMPLETE = ("sim1_complete", "lq2002_lead")
# lavaan's saturated moments are positive semi-definite between clusters: another denominator than ours.
_OTHER_SATURATED = Tolerance("another saturated model between leaders", 3e-3, absolute=True)
_SCALED = Tolerance("scaled test of a level", 1e-3)


def _row(case: Case, quantity: str, method: str, item: str | None = None, cluster: str | None = "default") -> Statistic:
    found: Statistic = case.run(two_level, cluster=cluster).get(quantity, method=method, item=item)
    return found


def _leaders(case: Case) -> float:
    """G/(G - 1), which lavaan's variances by cluster do not have in models of two levels."""
    size = case.patterns.size("leader")
    return size / (size - 1)


def _loadings(quantity: str, method: str) -> Pairs:
    factor = {"loading_within": "fw", "loading_between": "fb"}[quantity]

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for row in stored:
            if row["lhs"] == factor and row["op"] == "=~":
                yield row["rhs"], _row(case, quantity, method, row["rhs"]).estimate, row["std.lv"]

    return pairs


def _residuals(quantity: str, method: str, aspect: str) -> Pairs:
    level, column = 1 + quantity.endswith("between"), "est" if aspect == "estimate" else "se"

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        scale = 1.0 if aspect == "estimate" else math.sqrt(_leaders(case))
        for row in stored:
            if row["op"] == "~~" and row["level"] == level and row["lhs"] == row["rhs"] and row["lhs"] in case.items:
                yield row["lhs"], getattr(_row(case, quantity, method, row["lhs"]), aspect), scale * row[column]

    return pairs


def _normal_errors(quantity: str) -> Pairs:
    """From the observed information, which takes the model and normality to hold."""
    level = 1 + quantity.endswith("between")

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for row in stored:
            if row["op"] == "~~" and row["level"] == level and row["lhs"] == row["rhs"] and row["lhs"] in case.items:
                ours = _row(case, quantity, "continuous/free", row["lhs"], cluster=None)
                yield row["lhs"], ours.std_error, row["se"]

    return pairs


def _height(method: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", _row(case, "log_likelihood", method).estimate, stored["logl"]

    return pairs


def _omega(quantity: str, value: Callable[[Any], float]) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", _row(case, quantity, "continuous/free/saturated").estimate, value(stored)

    return pairs


def _share(case: Case, stored: Any) -> Iterator[Pair]:
    """The factor's variance between over that of both levels, with equal loadings."""
    within, between = (row["est"] for row in stored if row["lhs"] == row["rhs"] and row["lhs"] in ("fw", "fb"))
    yield "", _row(case, "icc", "continuous/equal").estimate, between / (within + between)


def _scaled(level: str) -> Pairs:
    """Twice the difference of lavaan's heights over the scaling from its traces."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        wider, model = stored["saturated"], stored[f"{level}_factor"]
        df = wider["parameters"] - model["parameters"]
        scaling = (wider["trace"] - model["trace"]) * _leaders(case) / df
        ours = _row(case, "chi2_scaled", f"continuous/free/{level}_leaders")
        yield "", ours.statistic, 2 * (wider["log_likelihood"] - model["log_likelihood"]) / scaling

    return pairs


def _of_models() -> Iterator[Comparison]:
    for path, method in (("twolevel_MLR", "continuous/free"), ("twolevel_equal_loadings", "continuous/equal")):
        yield Comparison(
            domain="two_level_continuous", path=f"cfa_cluster/{path}/fit", quantity="log_likelihood", method=method,
            peer="lavaan::fitMeasures", tolerance=HEIGHT, pairs=_height(method), datasets=_COMPLETE,
        )  # fmt: skip
        for quantity in ("loading_within", "loading_between"):
            yield Comparison(
                domain="two_level_continuous", path=f"cfa_cluster/{path}/est", quantity=quantity, method=method,
                peer="lavaan::sem", tolerance=PARAMETER, pairs=_loadings(quantity, method), datasets=_COMPLETE,
            )  # fmt: skip
        for quantity in ("residual_variance_within", "residual_variance_between"):
            for aspect, tolerance in (("estimate", PARAMETER), ("std_error", STANDARD_ERROR)):
                yield Comparison(
                    domain="two_level_continuous", path=f"cfa_cluster/{path}/est", quantity=quantity, method=method,
                    aspect=aspect, peer="lavaan::sem", tolerance=tolerance, pairs=_residuals(quantity, method, aspect),
                    datasets=_COMPLETE,
                )  # fmt: skip


COMPARISONS = (
    *_of_models(),
    Comparison(
        domain="two_level_continuous", path="cfa_cluster/twolevel_equal_loadings/est", quantity="icc",
        method="continuous/equal", peer="lavaan::sem", tolerance=PARAMETER, pairs=_share, datasets=_COMPLETE,
    ),
    *(
        Comparison(
            domain="two_level_continuous", path="cfa_cluster/twolevel_ML/est", quantity=quantity,
            method="continuous/free, observed information", aspect="std_error", peer="lavaan::sem", tolerance=STANDARD_ERROR,
            pairs=_normal_errors(quantity), datasets=_COMPLETE,
        )
        for quantity in ("residual_variance_within", "residual_variance_between")
    ),
    *(
        Comparison(
            domain="two_level_continuous", path="two_level", quantity="chi2_scaled",
            method=f"continuous/free/{level}_leaders", aspect="statistic", peer="lavaan::sem", tolerance=_SCALED,
            pairs=_scaled(level), datasets=_COMPLETE,
        )
        for level in ("within", "between")
    ),
    *(
        Comparison(
            domain="two_level_continuous", path="cfa_cluster/twolevel_omega", quantity=quantity,
            method="continuous/free/saturated", peer="semTools::compRelSEM", tolerance=_OTHER_SATURATED,
            pairs=_omega(quantity, value), datasets=_COMPLETE,
        )
        for quantity, value in (
            ("omega_within", lambda stored: stored["compRelSEM"]["config"]["f"]["omega_W"]),
            ("omega_two_level", lambda stored: stored["compRelSEM"]["config"]["f"]["omega_2L"]),
            ("omega_between", lambda stored: stored["shared"]["shared"]["f"]["omega_B"]),
        )
    ),
)  # fmt: skip
