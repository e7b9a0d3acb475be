"""Holm's adjustment by hand."""

import numpy as np
from numpy.testing import assert_allclose

from omstilling_psychometrics.core.numerics.holm import holm


def test_by_hand():
    # Of four: .01 · 4, .02 · 3, then .03 · 2 which is not above the one before, then .9 · 1; in the order given.
    assert_allclose(holm(np.array([0.03, 0.01, 0.9, 0.02])), [0.06, 0.04, 0.9, 0.06])
    assert_allclose(holm(np.array([0.5, 0.6])), [1.0, 1.0])
    # What was not tested does not count.
    assert_allclose(holm(np.array([np.nan, 0.01, 0.04])), [np.nan, 0.02, 0.04])
    assert holm(np.array([])).shape == (0,)
