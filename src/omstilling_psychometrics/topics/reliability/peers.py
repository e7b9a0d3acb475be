"""Alpha, lower bounds and covariances, beside base R and psych."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.numerics.moments import complete, covariance, pairwise_covariance
from ...reference.comparison import CLOSED_FORM, IDENTITY, Case, Comparison, Pair, Pairs
from .analysis import reliability


def _alpha(method: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", case.run(reliability).value("alpha", method=method), stored[0]["raw_alpha"]

    return pairs


def _standardized(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(reliability).value("alpha_standardized"), stored[0]["std.alpha"]


def _feldt(case: Case, stored: Any) -> Iterator[Pair]:
    method = "listwise/feldt" if "leader" in case.patterns.keys else "listwise"
    low, high = case.run(reliability).confidence_interval("alpha", method=method)
    yield "low", low, stored["lower.ci"]
    yield "high", high, stored["upper.ci"]


def _bound(quantity: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", case.run(reliability).value(quantity), stored[quantity] if isinstance(stored, dict) else stored

    return pairs


def _covariances(*, listwise: bool) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        values, counts = case.patterns.values(), case.patterns.table()[1]
        used = complete(values)
        ours = covariance(values[used], counts[used]) if listwise else pairwise_covariance(values, counts)
        for i, first in enumerate(case.items):
            for j, second in enumerate(case.items[: i + 1]):
                yield f"{first}~{second}", ours[i, j], stored["values"][i][j]

    return pairs


COMPARISONS = (
    *(
        Comparison(
            domain="reliability", path=f"descriptives/{path}", quantity="covariance", method=method, peer="stats::cov",
            tolerance=CLOSED_FORM, pairs=_covariances(listwise=method == "listwise"),
        )
        for method, path in (("listwise", "cov_complete"), ("pairwise", "cov_pairwise"))
    ),
    *(
        Comparison(
            domain="reliability", path=f"reliability/{path}/total", quantity="alpha", method=method, peer="psych::alpha",
            tolerance=CLOSED_FORM, pairs=_alpha(method),
        )
        for method, path in (("listwise", "alpha_complete"), ("pairwise", "alpha_pairwise"))
    ),
    Comparison(
        domain="reliability", path="reliability/alpha_complete/total", quantity="alpha_standardized", peer="psych::alpha",
        tolerance=CLOSED_FORM, pairs=_standardized,
    ),
    Comparison(
        domain="reliability", path="reliability/alpha_ci_complete", quantity="alpha", method="listwise/feldt",
        aspect="interval", peer="psych::alpha.ci", tolerance=CLOSED_FORM, pairs=_feldt,
    ),
    *(
        Comparison(
            domain="classical", path="reliability/lambdas_cov_complete", quantity=quantity, peer="stats::cov",
            tolerance=IDENTITY, pairs=_bound(quantity),
        )
        for quantity in ("lambda1", "lambda2", "lambda3", "lambda4", "lambda5", "lambda6")
    ),
    Comparison(
        domain="glb", path="glb", quantity="glb", peer="clarabel::Solver", tolerance=CLOSED_FORM, pairs=_bound("glb")
    ),
)  # fmt: skip
