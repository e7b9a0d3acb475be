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
