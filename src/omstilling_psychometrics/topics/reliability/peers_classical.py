"""Items, non-answers, alpha, lower bounds and measurement error, beside base R, psych, polycor and norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.numerics.moments import complete, covariance, pairwise_covariance
from ...reference.comparison import CLOSED_FORM, COUNT, IDENTITY, Case, Comparison, Pair, Pairs
from ..items.analysis import items
from ..missing.analysis import missingness
from .analysis import reliability


def _of_items(quantity: str, column: str | None = None) -> Pairs:
    """A number per item, stored as a vector or as the column of a table with a row per item."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(items)
        if column is not None:
            values = {row["row"]: row[column] for row in stored}
        else:
            values = stored if isinstance(stored, dict) else dict(zip(case.items, stored, strict=True))
        for item in case.items:
            yield item, result.value(quantity, item=item), values[item]

    return pairs


def _shares(case: Case, stored: Any) -> Iterator[Pair]:
    result = case.run(items)
    for item in case.items:
        counts = {label: count for label, count in stored[item].items() if label != "_"}
        for value in case.patterns.instrument.categories:
            share = result.value("proportion", item=item, category=value)
            yield f"{item}={value}", share, counts.get(str(value), 0) / sum(counts.values())


def _scale(quantity: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", case.run(items).value(quantity), stored[name]

    return pairs


def _scored(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(items).get("scale_mean").n, stored["n"]


def _pattern_counts(case: Case, stored: Any) -> Iterator[Pair]:
    ours = {one.item: one.estimate for one in case.run(missingness).find("pattern_count")}
    for pattern in sorted(ours.keys() | stored.keys()):
        yield pattern, ours.get(pattern), stored.get(pattern)


def _little(aspect: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(case.run(missingness).get("little_mcar"), aspect), stored[name]

    return pairs


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


def _polyserial(case: Case, stored: Any) -> Iterator[Pair]:
    result = case.run(items)
    for row in stored:
        yield row["item"], result.value("item_rest_polyserial", item=row["item"]), row["polycor_2step"]


COMPARISONS = (
    *(
        Comparison(
            domain="items", path=f"descriptives/{path}", quantity=quantity, peer=peer,
            tolerance=CLOSED_FORM, pairs=_of_items(quantity),
        )
        for quantity, path, peer in (
            ("mean", "mean", "base::colMeans"),
            ("sd", "sd", "stats::sd"),
            ("skewness", "skew_type2", "psych::skew"),
            ("kurtosis", "kurt_type2", "psych::kurtosi"),
        )
    ),
    Comparison(
        domain="items", path="descriptives/counts", quantity="proportion", peer="base::table", tolerance=IDENTITY, pairs=_shares
    ),
    Comparison(
        domain="items", path="reliability/alpha_complete/item_stats", quantity="item_rest_correlation", peer="psych::alpha",
        tolerance=CLOSED_FORM, pairs=_of_items("item_rest_correlation", "r.drop"),
    ),
    Comparison(
        domain="items", path="reliability/alpha_complete/alpha_drop", quantity="alpha_if_dropped", peer="psych::alpha",
        tolerance=CLOSED_FORM, pairs=_of_items("alpha_if_dropped", "raw_alpha"),
    ),
    Comparison(
        domain="classical", path="correlation/polyserial_rest", quantity="item_rest_polyserial", peer="polycor::polyserial",
        tolerance=CLOSED_FORM, pairs=_polyserial,
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_mean", peer="base::rowMeans",
        tolerance=CLOSED_FORM, pairs=_scale("scale_mean", "mean"),
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_mean", aspect="n", peer="base::rowMeans",
        tolerance=COUNT, pairs=_scored,
    ),
    Comparison(
        domain="items", path="descriptives/scale_mean_half", quantity="scale_sd", peer="stats::sd",
        tolerance=CLOSED_FORM, pairs=_scale("scale_sd", "sd"),
    ),
    Comparison(
        domain="missingness", path="missingness/patterns", quantity="pattern_count", peer="base::table",
        tolerance=COUNT, pairs=_pattern_counts,
    ),
    *(
        Comparison(
            domain="classical", path="missingness/little_tight_ML", quantity="little_mcar", aspect=aspect,
            peer="norm::em.norm", tolerance=COUNT if aspect == "df" else CLOSED_FORM, pairs=_little(aspect, name),
        )
        for aspect, name in (("statistic", "d2"), ("df", "df"), ("p_value", "p"))
    ),
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
