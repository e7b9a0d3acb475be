"""Are the items interchangeable? Equal loadings (tau-equivalent items), then equal residual variances too (parallel items)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from ...analysis.by_role import missing
from ...core.errors import EstimationError
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from .analysis_fit import FittedModel, Restriction, Specification, fit_model
from .numerics.difference import normal_difference, ordinal_difference, plain_difference
from .numerics.normal_fit import NormalFit
from .numerics.ordinal_fit import OrdinalFit

_TESTS: dict[str, Restriction] = {"tau_equivalence": "tau_equivalent", "parallel_items": "parallel"}


def restrictions(specification: Specification) -> dict[str, Restriction]:
    """The models narrower than this one, by the name of the test of each against the one before."""
    order: list[Restriction] = ["congeneric", "tau_equivalent", *(() if specification.ordinal else ("parallel",))]
    narrower = order[order.index(specification.restriction) + 1 :]
    return {quantity: model for quantity, model in _TESTS.items() if model in narrower}


def restricted(patterns: ResponsePatterns, wider: FittedModel) -> Iterator[Statistic]:
    """Are all loadings equal (tau-equivalence), then all residual variances too (parallel items)? Scaled difference tests."""
    specification, clustering = wider.specification, wider.clustering
    for quantity, model in restrictions(specification).items():
        fields: dict[str, Any] = {"quantity": quantity, "method": specification.estimator, "n": wider.n}
        try:
            if refusal := wider.test_refusal:
                raise EstimationError(refusal)
            narrower = fit_model(patterns, clustering, replace(specification, restriction=model))
            yield _difference(wider, narrower, fields)
        except EstimationError as error:
            yield missing(error.note, **fields)
            return
        wider = narrower


def _difference(wider: FittedModel, narrower: FittedModel, fields: dict[str, Any]) -> Statistic:
    if isinstance(wider.fit, OrdinalFit) and isinstance(narrower.fit, OrdinalFit):
        test = ordinal_difference(wider.fit, narrower.fit, wider.clusters)
    elif isinstance(wider.fit, NormalFit) and isinstance(narrower.fit, NormalFit):
        plain = wider.method == "ML"
        test = (plain_difference if plain else partial(normal_difference, clusters=wider.clusters))(wider.fit, narrower.fit)
        if math.isnan(test.statistic):
            # Satorra & Bentler (2010), for when the 2001 scaling comes out negative.
            test = normal_difference(wider.fit, narrower.fit, wider.clusters, strictly_positive=True)
    return Statistic(
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        cluster=wider.clustering.key if wider.clusters is not None else None,
        note=wider.test_warning,
        **fields,
    )
