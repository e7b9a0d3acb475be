"""Lower bounds to reliability, and the measurement error that goes with alpha, of one role's complete rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ...analysis.by_role import Clustering, missing
from ...analysis.sample import Sample, too_few_complete
from ...core.errors import EstimationError, estimating
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.moments import complete, covariance
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns
from .numerics import guttman
from .numerics.glb import glb
from .numerics.guttman import CovarianceFunction
from .numerics.measurement_error import SMALLEST_DETECTABLE_CHANGE, standard_error_of_measurement

_BOUNDS: tuple[tuple[str, Callable[[Floats], CovarianceFunction]], ...] = (
    ("lambda1", guttman.lambda1),
    ("lambda2", guttman.lambda2),
    ("lambda3", guttman.lambda3),
    ("lambda4", guttman.lambda4),
    ("lambda5", guttman.lambda5),
    ("lambda6", guttman.lambda6),
    ("glb", glb),
)

# Maxima over splits or error variances: in samples they lie above the population value, and no interval here corrects that.
_MAXIMA = ("lambda4", "glb")


def lower_bounds(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    """`lambda1` ... `lambda6` and `glb` on the covariance of complete rows, with influence-function intervals on log(1 - x)."""
    sample = Sample(patterns, clustering)
    for quantity, bound in _BOUNDS:
        statistic = _statistic(sample, quantity, bound, intervals.log_complement)
        yield replace(statistic, note="rises_by_chance") if quantity in _MAXIMA and statistic.note is None else statistic


def measurement_error(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    """`standard_error_of_measurement` and `smallest_detectable_change` of the mean of complete rows, in scale points."""
    sample = Sample(patterns, clustering)
    yield _statistic(sample, "standard_error_of_measurement", standard_error_of_measurement, intervals.log_wald)
    yield _statistic(sample, "smallest_detectable_change", _smallest_detectable_change, intervals.log_wald)


def _smallest_detectable_change(covariances: Floats) -> CovarianceFunction:
    error = standard_error_of_measurement(covariances)
    return CovarianceFunction(SMALLEST_DETECTABLE_CHANGE * error.value, SMALLEST_DETECTABLE_CHANGE * error.gradient)


def _statistic(
    sample: Sample,
    quantity: str,
    function: Callable[[Floats], CovarianceFunction],
    bounds: Callable[[float, float, float, float], intervals.Bounds],
) -> Statistic:
    used = complete(sample.values)
    n = sample.n(used)
    if note := too_few_complete(n):
        return missing(note, quantity=quantity, n=n)
    values, counts = sample.values[used], sample.counts[used]
    try:
        with estimating():
            result = function(covariance(values, counts))
    except EstimationError as error:
        return missing(error.reason, quantity=quantity, n=n)
    influence = np.zeros(len(used))
    influence[used] = guttman.influence(result.gradient, values, counts)
    return sample.estimate(result.value, influence, used, bounds, quantity=quantity)
