"""Ordered answers at two levels beside lavaan.

lavaan's is another estimator (weighted least squares of the polychoric correlations) of a wider model (each item has a residual
between leaders), of complete rows. Where these residuals are about 0, as in the data compared, both estimate the same numbers,
and they lie within a fraction of lavaan's standard errors of each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import Case, Comparison, Pair, Pairs, Tolerance
from .analysis import two_level

# Of distances in units of lavaan's standard errors.
_STANDARD_ERRORS = Tolerance("fraction of a standard error", 0.5, absolute=True)
_BETWEEN = Tolerance("fraction of a standard error", 0.4, absolute=True)


def _estimates(stored: Any, operator: str, level: int) -> Iterator[tuple[str, str, float, float]]:
    """Left and right side, estimate and standard error of the free parameters of a kind."""
    for row in stored:
        if (row["op"], row["level"]) == (operator, level) and row["se"] > 0:
            yield row["lhs"], row["rhs"], row["est"], row["se"]


def _loadings(quantity: str, level: int) -> Pairs:
    """Over that of the first item, which lavaan has at 1; and its square, the variance of lavaan's factor."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(two_level)
        first = result.value(quantity, item=case.items[0], method="free")
        for _, item, theirs, error in _estimates(stored, "=~", level):
            yield item, result.value(quantity, item=item, method="free") / first / error, theirs / error
        for factor, other, theirs, error in _estimates(stored, "~~", level):
            if factor == other and factor not in case.items:
                yield factor, first**2 / error, theirs / error

    return pairs


def _thresholds(case: Case, stored: Any) -> Iterator[Pair]:
    for item, step, theirs, error in _estimates(stored, "|", 2):
        ours = case.run(two_level).value("threshold", item=item, category=int(step[1:]), method="free")
        yield f"{item} {step}", ours / error, theirs / error


COMPARISONS = tuple(
    Comparison(
        domain="two_level_ordinal", path="lavaan_0_7_2/twolevel_WLSMV/est", quantity=quantity, method="free",
        peer="lavaan::cfa", tolerance=tolerance, pairs=pairs,
    )
    for quantity, tolerance, pairs in (
        ("loading", _STANDARD_ERRORS, _loadings("loading", 1)),
        ("loading_between", _BETWEEN, _loadings("loading_between", 2)),
        ("threshold", _STANDARD_ERRORS, _thresholds),
    )
)  # fmt: skip
