"""Are the items interchangeable? Equal loadings (tau-equivalent items), then equal residual variances too (parallel items)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...analysis.by_role import missing
from ...core.errors import EstimationError
from ...core.results import Statistic
from .analysis_model import FittedModel
from .analysis_specification import Restriction, Specification

_TESTS: dict[str, Restriction] = {"tau_equivalence": "tau_equivalent", "parallel_items": "parallel"}


def restrictions(specification: Specification) -> dict[str, Restriction]:
    """The models narrower than this one, by the name of the test of each against the one before."""
    order: list[Restriction] = ["congeneric", "tau_equivalent", *(() if specification.ordinal else ("parallel",))]
    narrower = order[order.index(specification.restriction) + 1 :]
    return {quantity: model for quantity, model in _TESTS.items() if model in narrower}


def restricted(wider: FittedModel) -> Iterator[Statistic]:
    """Are all loadings equal (tau-equivalence), then all residual variances too (parallel items)? Scaled difference tests."""
    specification = wider.specification
    for quantity, model in restrictions(specification).items():
        fields: dict[str, Any] = {"quantity": quantity, "method": specification.estimator, "n": wider.n}
        try:
            if refusal := wider.test_refusal:
                raise EstimationError(refusal)
            narrower = wider.refitted(replace(specification, restriction=model))
            yield _difference(wider, narrower, fields)
        except EstimationError as error:
            yield missing(error.note, **fields)
            return
        wider = narrower


def _difference(wider: FittedModel, narrower: FittedModel, fields: dict[str, Any]) -> Statistic:
    test = wider.difference(narrower)
    return Statistic(
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        cluster=wider.clustering.key if wider.clusters is not None else None,
        note=wider.test_warning,
        **fields,
    )
