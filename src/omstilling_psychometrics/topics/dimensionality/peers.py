"""How many factors, and what they are, beside psych and base R."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core.results import Result
from ...reference.comparison import CLOSED_FORM, COUNT, PARAMETER, Case, Comparison, Pair, Pairs, Tolerance
from .analysis import dimensionality
from .analysis_efa import EfaResult, efa

# psych::fa stops earlier than its polychoric correlations and loadings are exact.
_FIT = Tolerance("function of parameters", 1e-4)
_TAIL = Tolerance("p value", 1e-6)
_RESIDUAL = Tolerance("root mean square residual", 1e-6, absolute=True)


def _of_matrix(case: Case) -> Result:
    """The rows of both kinds of correlations; independent answers, as the peers take them."""
    result: Result = case.run(dimensionality, rng=1, cluster=None)
    return result


def _kmo(method: str | None) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", _of_matrix(case).value("kmo", method=method), stored["MSA"]

    return pairs


def _kmo_items(method: str | None) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for item in case.items:
            yield item, _of_matrix(case).value("kmo_item", item=item, method=method), stored["MSAi"][item]

    return pairs


def _eigenvalues(method: str | None) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for number, theirs in enumerate(stored, start=1):
            yield f"{number}", _of_matrix(case).value("eigenvalue", category=number, method=method), theirs

    return pairs


def _bartlett(aspect: str, field: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(_of_matrix(case).get("bartlett"), aspect), stored[field]

    return pairs


def _partials(method: str | None) -> Pairs:
    """psych begins with one component; with k - 1 of them partial correlations are 1 by construction."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for number in range(1, len(case.items) - 1):
            ours = _of_matrix(case).value("average_squared_partial", category=number, method=method)
            yield f"{number}", ours, stored[number - 1]

    return pairs


def _best(rule: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", _of_matrix(case).value("n_factors", method=rule), 1 + int(np.argmin(stored))

    return pairs


def _one_factor(case: Case, method: str, correlations: str) -> EfaResult:
    result: EfaResult = case.run(efa, method=method, correlations=correlations)
    return result


def _loadings(method: str, correlations: str) -> Pairs:
    """Up to the sign of the factor: the column sum is positive."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        theirs = np.array(stored["values"], dtype=float)[:, 0]
        for row, value in zip(
            _one_factor(case, method, correlations).find("loading"), theirs * np.sign(theirs.sum()), strict=True
        ):
            yield str(row.item), row.estimate, value

    return pairs


def _uniquenesses(method: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = _one_factor(case, method, "pearson")
        for item, theirs in stored.items():
            yield item, result.value("uniqueness", item=item), theirs

    return pairs


def _fit(method: str, quantity: str, aspect: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(_one_factor(case, method, "pearson").get(quantity), aspect), stored

    return pairs


def _index(method: str, quantity: str, path: str) -> Pairs:
    """By its definition from psych's two chi-squares: psych mixes two corrections in TLI, and n with n - 1 in RMSEA."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        row = _one_factor(case, method, "pearson").get(quantity)
        k = len(case.items)
        df, of_none, null = k * (k - 3) / 2, k * (k - 1) / 2, case.stored("efa", f"{path}/null_chisq").value
        theirs = {
            "cfi": 1 - max(0.0, stored - df) / (null - of_none),
            "tli": (null / of_none - stored / df) / (null / of_none - 1),
            "rmsea": math.sqrt(max(0.0, stored - df) / df / ((row.n or 0) - 1)),
        }
        yield "", row.estimate, theirs[quantity]

    return pairs


_KINDS = (
    (None, "pearson", CLOSED_FORM),
    ("polychoric", "polychoric", PARAMETER),
)

COMPARISONS = (
    *(
        Comparison(
            domain="dimensionality", path=f"dimensionality/{kind}_complete/{name}", quantity=quantity, method=method, peer=peer,
            tolerance=tolerance, pairs=pairs(method),
        )
        for method, kind, tolerance in _KINDS
        for name, quantity, peer, pairs in (
            ("KMO", "kmo", "psych::KMO", _kmo),
            ("KMO", "kmo_item", "psych::KMO", _kmo_items),
            ("eigen", "eigenvalue", "base::eigen", _eigenvalues),
            ("MAP_VSS/map", "average_squared_partial", "psych::vss", _partials),
        )
    ),
    *(
        Comparison(
            domain="dimensionality", path=f"dimensionality/{kind}_complete/MAP_VSS/map", quantity="n_factors", method=rule,
            peer="psych::vss", tolerance=COUNT, pairs=_best(rule),
        )
        for rule, kind in (("map", "pearson"), ("map/polychoric", "polychoric"))
    ),
    *(
        Comparison(
            domain="dimensionality", path="dimensionality/pearson_complete/bartlett", quantity="bartlett", aspect=aspect,
            peer="psych::cortest.bartlett", tolerance=tolerance, pairs=_bartlett(aspect, field),
        )
        for aspect, field, tolerance in (
            ("statistic", "chisq", CLOSED_FORM), ("df", "df", COUNT), ("p_value", "p.value", _TAIL),
        )
    ),
    *(
        comparison
        for method, short in (("minres", "minres"), ("ml", "ml"), ("paf", "pa"))
        for comparison in (
            Comparison(
                domain="efa", path=f"dimensionality/pearson_complete/efa/{short}_1_none/loadings", quantity="loading",
                method=method, peer="psych::fa", tolerance=PARAMETER, pairs=_loadings(method, "pearson"),
            ),
            Comparison(
                domain="efa", path=f"dimensionality/pearson_complete/efa/{short}_1_none/uniq", quantity="uniqueness",
                method=method, peer="psych::fa", tolerance=PARAMETER, pairs=_uniquenesses(method),
            ),
            Comparison(
                domain="efa", path=f"dimensionality/pearson_complete/efa/{short}_1_none/STATISTIC", quantity="chi2",
                method=method, aspect="statistic", peer="psych::fa", tolerance=_FIT, pairs=_fit(method, "chi2", "statistic"),
            ),
            Comparison(
                domain="efa", path=f"dimensionality/pearson_complete/efa/{short}_1_none/rms",
                quantity="root_mean_square_residual", method=method, peer="psych::fa", tolerance=_RESIDUAL,
                pairs=_fit(method, "root_mean_square_residual", "estimate"),
            ),
            *(
                Comparison(
                    domain="efa", path=f"dimensionality/pearson_complete/efa/{short}_1_none/STATISTIC", quantity=quantity,
                    method=method, peer="psych::fa", tolerance=PARAMETER,
                    pairs=_index(method, quantity, f"dimensionality/pearson_complete/efa/{short}_1_none"),
                )
                for quantity in ("cfi", "tli", "rmsea")
            ),
        )
    ),
    *(
        Comparison(
            domain="efa", path=f"dimensionality/polychoric_complete/efa/{method}_1_none/loadings", quantity="loading",
            method=f"{method}/polychoric", peer="psych::fa", tolerance=PARAMETER, pairs=_loadings(method, "polychoric"),
        )
        for method in ("minres", "ml")
    ),
)  # fmt: skip
