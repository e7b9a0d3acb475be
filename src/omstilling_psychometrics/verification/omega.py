"""Model-based reliability beside semTools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..analyses.by_role import Clustering
from ..analyses.omega import model_based_reliability
from ..responses.patterns import ResponsePatterns
from ..results import Statistic
from .comparison import Case, Comparison, Pair, Pairs, Tolerance

# A function of parameters that lavaan knows to about 1e-6.
_COEFFICIENT = Tolerance("function of parameters", 1e-5, absolute=True)


def _coefficients(patterns: ResponsePatterns) -> dict[tuple[str, str | None, str | None], Statistic]:
    found = model_based_reliability(patterns, Clustering(key=None))
    return {(one.quantity, one.method, one.item): one for one in found}


def _coefficient(quantity: str, method: str | None) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        theirs = stored["f"] if isinstance(stored, dict) else stored
        yield "", case.run(_coefficients)[quantity, method, None].estimate, theirs

    return pairs


COMPARISONS = tuple(
    Comparison(
        domain="omega", path=f"reliability/{path}", quantity=quantity, method=method, peer=f"semTools::{peer}",
        tolerance=_COEFFICIENT, pairs=_coefficient(quantity, method),
    )
    for quantity, method, path, peer in (
        ("omega_total", "ML-implied", "ml_complete/compRelSEM_mod", "compRelSEM"),
        ("omega_total", "ML-observed", "ml_complete/compRelSEM_obs", "compRelSEM"),
        ("omega_total", "FIML-implied", "fiml/compRelSEM_mod", "compRelSEM"),
        ("omega_categorical", "implied", "wlsmv_pairwise/compRelSEM_mod", "compRelSEM"),
        ("omega_categorical", "observed", "wlsmv_pairwise/compRelSEM_obs", "compRelSEM"),
        ("average_variance_extracted", None, "ml_complete/AVE_mod", "AVE"),
        ("maximal_reliability", None, "ml_complete/maximalRelia", "maximalRelia"),
    )
)  # fmt: skip
