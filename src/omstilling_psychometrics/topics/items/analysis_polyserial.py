"""Polyserial correlation of each item with the mean of the others, in one role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...analysis.sample import Sample
from ...core.numerics import intervals
from ...core.numerics.moments import complete
from ...core.results import Statistic
from .numerics.polyserial import item_rest_polyserial as polyserial_of


def item_rest_polyserial(sample: Sample) -> Iterator[Statistic]:
    """`item_rest_polyserial` of every item, two-step on complete rows, with influence-function intervals on artanh(rho)."""
    used = complete(sample.values)
    for position, item in enumerate(sample.patterns.items):
        result = polyserial_of(sample.values, sample.counts, position)
        statistic = sample.of_complete(result, used, intervals.fisher_z, quantity="item_rest_polyserial", item=item)
        yield replace(statistic, note="correlation_outside_range") if abs(result.estimate) >= 1 else statistic
