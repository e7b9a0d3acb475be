"""Model-based reliability beside semTools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import Case, Comparison, Pair, Pairs, Tolerance
from .analysis import reliability

# A function of parameters that lavaan knows to about 1e-6.
_COEFFICIENT = Tolerance("function of parameters", 1e-6, absolute=True)


def _coefficient(quantity: str, method: str | None) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        theirs = stored["f"] if isinstance(stored, dict) else stored
        yield "", case.run(reliability).value(quantity, method=method), theirs

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
