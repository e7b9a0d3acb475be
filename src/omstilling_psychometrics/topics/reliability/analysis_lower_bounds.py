"""Lower bounds to reliability, and the measurement error that goes with alpha, of one role's complete rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from ...analysis.declared_rows import attempted
from ...analysis.sample import Sample
from ...core.errors import EstimationError
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.moments import complete, covariance
from ...core.results import Statistic
from .numerics import guttman
from .numerics.glb import glb
from .numerics.guttman import CovarianceFunction
from .numerics.measurement_error import SMALLEST_DETECTABLE_CHANGE, standard_error_of_measurement

Function = Callable[[Floats], CovarianceFunction]

_BOUNDS: dict[str, Function] = {
    "lambda1": guttman.lambda1,
    "lambda2": guttman.lambda2,
    "lambda3": guttman.lambda3,
    "lambda4": guttman.lambda4,
    "lambda5": guttman.lambda5,
    "lambda6": guttman.lambda6,
    "glb": glb,
}

# Maxima over splits or error variances: in samples they lie above the population value, and no interval here corrects that.
_MAXIMA = ("lambda4", "glb")


def declared(sample: Sample, quantities: Iterable[str]) -> Iterator[Statistic]:
    """The rows of these quantities, whether or not there are complete rows enough."""
    n = sample.n(complete(sample.values))
    yield from (Statistic(quantity=quantity, n=n) for quantity in quantities)


def lower_bounds(sample: Sample) -> Iterator[Statistic]:
    """`lambda1` ... `lambda6` and `glb` on the covariance of complete rows, with influence-function intervals on log(1 - x)."""
    for row in _rows(sample, _BOUNDS, intervals.log_complement):
        yield replace(row, note="rises_by_chance") if row.quantity in _MAXIMA and row.note is None else row


def measurement_error(sample: Sample) -> Iterator[Statistic]:
    """`standard_error_of_measurement` and `smallest_detectable_change` of the mean of complete rows, in scale points."""
    yield from _rows(sample, _ERRORS, intervals.log_wald)


def _smallest_detectable_change(covariances: Floats) -> CovarianceFunction:
    error = standard_error_of_measurement(covariances)
    return CovarianceFunction(SMALLEST_DETECTABLE_CHANGE * error.value, SMALLEST_DETECTABLE_CHANGE * error.gradient)


_ERRORS: dict[str, Function] = {
    "standard_error_of_measurement": standard_error_of_measurement,
    "smallest_detectable_change": _smallest_detectable_change,
}


def _rows(sample: Sample, functions: Mapping[str, Function], bounds: intervals.BoundsOf) -> Iterator[Statistic]:
    for row in declared(sample, functions):
        yield attempted(row, partial(_statistic, sample, row.quantity, functions[row.quantity], bounds))


def _statistic(sample: Sample, quantity: str, function: Function, bounds: intervals.BoundsOf) -> Statistic:
    used = complete(sample.values)
    if (n := sample.n(used)) < 2:
        raise EstimationError("too_few_complete", f"n = {n}")
    values, counts = sample.values[used], sample.counts[used]
    result = function(covariance(values, counts))
    influence = np.zeros(len(used))
    influence[used] = guttman.influence(result.gradient, values, counts)
    return sample.estimate(result.value, influence, used, bounds, quantity=quantity)
