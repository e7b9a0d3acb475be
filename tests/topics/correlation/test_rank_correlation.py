"""Spearman's correlation on tied answers: scipy's value, and influence by finite differences."""

import numpy as np
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from omstilling_psychometrics.topics.correlation.numerics.rank_correlation import spearman


def test_agrees_with_scipy_and_with_finite_differences():
    rng = np.random.default_rng(3)
    x = rng.integers(1, 6, 60).astype(float)
    y = np.clip(x + rng.integers(-2, 3, 60), 1, 5)
    y[:5] = np.nan
    counts = rng.integers(1, 5, 60).astype(float)
    result = spearman(x, y, counts)
    rows = np.repeat(np.arange(60), counts.astype(int))
    both = ~np.isnan(y[rows])
    assert_allclose(result.estimate, spearmanr(x[rows][both], y[rows][both]).statistic, rtol=1e-12)
    assert_allclose(counts @ result.influence, 0, atol=1e-12)
    # d estimate / d weight of one more answer of pattern 7: influence/n to first order.
    many, more = counts * 1e6, counts * 1e6
    more[7] += 100
    slope = (spearman(x, y, more).estimate - spearman(x, y, many).estimate) / 100 * many[5:].sum()
    assert_allclose(slope, result.influence[7], rtol=1e-4)


def test_nothing_to_correlate():
    assert np.isnan(spearman(np.array([1.0, 1.0]), np.array([1.0, 2.0]), np.ones(2)).estimate)
    assert np.isnan(spearman(np.array([1.0]), np.array([2.0]), np.ones(1)).estimate)
