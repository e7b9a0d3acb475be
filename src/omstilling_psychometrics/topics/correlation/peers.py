"""Correlations of pairs of items beside base R, lavaan and polycor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...analysis.by_role import Clustering
from ...core.results import Result
from ...reference.comparison import (
    CLOSED_FORM,
    PARAMETER,
    Case,
    Comparison,
    Pair,
    Pairs,
    Tolerance,
    item_pairs,
)
from ...survey.patterns import ResponsePatterns
from .analysis import correlation
from .complete_answers import CompleteAnswers

# lavaan's search for a correlation stops a little short of the maximum.
_CORRELATION = Tolerance("polychoric correlation", 5e-8, absolute=True)
_ERROR = Tolerance("standard error of a polychoric correlation or threshold", 1e-6)
# polycor's search stops early.
_NEAR = Tolerance("polychor's early stop", 5e-3, absolute=True)
_NEAR_ERROR = Tolerance("polychor's early stop", 3e-2)
# With holes polychor takes the thresholds from the pair's answers instead of all answers to an item.
_COMPLETE = ("lq2002_lead", "datCat")


def _correlations(case: Case) -> Result:
    result: Result = case.run(correlation, cluster=None, one_step=True)
    return result


def _estimates(quantity: str, aspect: str) -> Pairs:
    """Polychoric correlations (~~) and thresholds (|) of lavCor's table of parameters."""
    column = "est" if aspect == "estimate" else "se"

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = _correlations(case)
        for row in stored:
            if quantity == "polychoric" and row["op"] == "~~" and row["lhs"] != row["rhs"]:
                name = f"{row['lhs']}~{row['rhs']}"
                yield name, getattr(result.get("polychoric", item=name, method=None), aspect), row[column]
            elif quantity == "threshold" and row["op"] == "|":
                category = int(row["rhs"].removeprefix("t"))
                ours = result.get("threshold", item=row["lhs"], category=category)
                yield f"{row['lhs']} {category}", getattr(ours, aspect), row[column]

    return pairs


def _complete_rows(case: Case, stored: Any) -> Iterator[Pair]:
    """As the analyses of dimensionality and factors use them."""
    answers = CompleteAnswers.of(case.patterns, Clustering(key=None))
    ours = answers.correlations("polychoric")
    for i, first in enumerate(case.items):
        for j, second in enumerate(case.items[:i]):
            yield f"{second}~{first}", ours[j, i], stored["values"][j][i]


def _correlations_of_complete_rows(patterns: ResponsePatterns) -> Result:
    rows = patterns.to_frame()
    complete = rows[(rows[list(patterns.items)] > 0).all(axis=1)]
    return correlation(ResponsePatterns.from_frame(complete, patterns.instrument))


def _by_leader(aspect: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(_correlations_of_complete_rows)
        for row in stored:
            if row["op"] == "|":
                category = int(row["rhs"].removeprefix("t"))
                ours = getattr(result.get("threshold", item=row["lhs"], category=category), aspect)
                yield f"{row['lhs']} {category}", ours, row["est" if aspect == "estimate" else "se"]

    return pairs


def _of_pair(pair: str, method: str | None, aspect: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        theirs = stored["_"] if isinstance(stored, dict) else stored
        yield pair, getattr(_correlations(case).get("polychoric", item=pair, method=method), aspect), theirs

    return pairs


COMPARISONS = (
    *(
        Comparison(
            domain="correlation", path=f"correlation/{quantity}_pairwise", quantity=quantity, peer="stats::cor",
            tolerance=CLOSED_FORM, pairs=item_pairs(_correlations, quantity),
        )
        for quantity in ("pearson", "spearman")
    ),
    Comparison(
        domain="correlation", path="correlation/lavCor_pairwise/cor", quantity="polychoric", peer="lavaan::lavCor",
        tolerance=_CORRELATION, pairs=item_pairs(_correlations, "polychoric", method=None),
    ),
    Comparison(
        domain="correlation", path="correlation/lavCor_pairwise/pe", quantity="threshold", peer="lavaan::lavCor",
        tolerance=CLOSED_FORM, pairs=_estimates("threshold", "estimate"),
    ),
    *(
        Comparison(
            domain="correlation", path="correlation/lavCor_pairwise/pe", quantity=quantity, aspect="std_error",
            peer="lavaan::lavCor", tolerance=_ERROR, pairs=_estimates(quantity, "std_error"),
        )
        for quantity in ("polychoric", "threshold")
    ),
    Comparison(
        domain="correlation", path="correlation/lavCor_complete/cor", quantity="polychoric", method="complete rows",
        peer="lavaan::lavCor", tolerance=_CORRELATION, pairs=_complete_rows,
    ),
    # lavaan 0.7-2 on complete rows, whose thresholds are free in the model.
    *(
        Comparison(
            domain="cfa", path="lavaan_0_7_2/WLSMV_cluster_listwise/est", quantity="threshold",
            method="complete rows, by leader", aspect=aspect, peer="lavaan::cfa", tolerance=CLOSED_FORM,
            pairs=_by_leader(aspect),
        )
        for aspect in ("estimate", "std_error")
    ),
    *(
        comparison
        for item in ("i2", "i3", "i4", "i5")
        for comparison in (
            Comparison(
                domain="correlation", path=f"correlation/polycor/i1_{item}/rho_2step", quantity="polychoric",
                peer="polycor::polychor", tolerance=PARAMETER, datasets=_COMPLETE,
                pairs=_of_pair(f"i1~{item}", None, "estimate"),
            ),
            Comparison(
                domain="correlation", path=f"correlation/polycor/i1_{item}/rho_ML", quantity="polychoric", method="one_step",
                peer="polycor::polychor", tolerance=_NEAR, pairs=_of_pair(f"i1~{item}", "one_step", "estimate"),
            ),
            Comparison(
                domain="correlation", path=f"correlation/polycor/i1_{item}/se_ML", quantity="polychoric", method="one_step",
                aspect="std_error", peer="polycor::polychor", tolerance=_NEAR_ERROR,
                pairs=_of_pair(f"i1~{item}", "one_step", "std_error"),
            ),
            Comparison(
                domain="correlation", path=f"correlation/polycor/i1_{item}/rho_ML", quantity="polychoric", method="one_step",
                peer="polycor::polychor", tolerance=PARAMETER, pairs=_of_pair(f"i1~{item}", "one_step", "estimate"),
                error="the search (ML = TRUE) stops short of the maximum: its own chi-square against the saturated table is "
                "larger than at our estimate, on every pair.",
            ),
        )
    ),
)  # fmt: skip
