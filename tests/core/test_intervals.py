"""Intervals at their ends."""

import math

from omstilling_psychometrics.core.numerics import intervals


def test_an_interval_without_end_is_infinite_and_no_error() -> None:
    """A hundred standard errors to 1, or a t of one degree of freedom: e^x is beyond what a double holds."""
    assert intervals.log_complement(0.95, 0.999, 2.0) == (-math.inf, 1.0)
    assert intervals.bonett(0.95, -1e300, 3, 2)[0] < -1e300
    assert intervals.exp(1000.0) == math.inf
    assert intervals.exp(-1000.0) == 0.0
    assert intervals.exp(1.0) == math.e


def test_the_interval_on_the_logit_is_symmetric_there() -> None:
    """At .8, one standard error of .16 is one logit: bounds are where the odds are 4 e^(-z) and 4 e^z."""
    z = intervals.quantile(0.95)
    low, high = intervals.logit_wald(0.95, 0.8, 0.16)
    assert math.isclose(low / (1 - low), 4 * math.exp(-z), rel_tol=1e-12)
    assert math.isclose(high / (1 - high), 4 * math.exp(z), rel_tol=1e-12)
    assert all(math.isnan(bound) for end in (0.0, 1.0) for bound in intervals.logit_wald(0.95, end, 0.1))
