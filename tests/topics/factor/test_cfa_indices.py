"""Fit indices by hand, intervals against the noncentral chi-square of scipy.stats."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ncx2

from omstilling_psychometrics.topics.factor.numerics import indices
from omstilling_psychometrics.topics.factor.numerics.robust_fit import RobustFit
from omstilling_psychometrics.topics.factor.numerics.srmr import unbiased_srmr
from omstilling_psychometrics.topics.factor.numerics.tests_of_fit import mean_scaled, scaled_and_shifted


def test_indices_by_hand():
    assert_allclose(indices.cfi(15.0, 5, 110.0, 10), 0.9)
    assert_allclose(indices.tli(15.0, 5, 110.0, 10), 1 - 2 / 10)
    assert_allclose(indices.rmsea(15.0, 5, 200), 0.1)
    assert_allclose(indices.rmsea(15.0, 5, 200, groups=2), 0.1 * math.sqrt(2))
    assert indices.cfi(3.0, 5, 110.0, 10) == 1
    assert indices.rmsea(3.0, 5, 200) == 0
    assert indices.tli(3.0, 5, 110.0, 10) > 1
    # A model that fits worse than uncorrelated items.
    assert indices.cfi(50.0, 5, 20.0, 10) == 0


def test_robust_indices_divide_the_scaling_out():
    assert_allclose(indices.cfi(15.0, 5, 110.0, 10, 2.0, 1.0), 1 - 5 / 100)
    assert_allclose(indices.rmsea(15.0, 5, 200, scaling=2.0), math.sqrt(1 / 200))


def test_no_degrees_of_freedom():
    assert indices.rmsea(0.0, 0, 100) == 0
    assert np.isnan(indices.rmsea_interval(0.9, chi2=0.0, df=0, n=100)).all()
    assert math.isnan(indices.close_fit_p_value(0.0, 0, 100))
    assert math.isnan(mean_scaled(0.0, 0, 0.0).scaling)


@pytest.mark.parametrize("chi2", [12.0, 90.0, 600.0, 4e3, 2e4, 1e6])
def test_interval_has_its_level(chi2):
    low, high = indices.rmsea_interval(0.9, chi2=chi2, df=5, n=1000)
    assert low < indices.rmsea(chi2, 5, 1000) < high
    for bound, probability in ((low, 0.95), (high, 0.05)):
        assert_allclose(ncx2.cdf(chi2, 5, bound**2 * 1000 * 5), probability, atol=2e-6)


def test_close_fit_is_the_test_that_the_interval_inverts():
    low, _ = indices.rmsea_interval(0.9, chi2=40.0, df=5, n=300, scaling=1.3)
    assert_allclose(indices.close_fit_p_value(40.0, 5, 300, scaling=1.3, close=low), 0.05, atol=1e-8)


def test_mean_and_variance_adjustment():
    # U O with eigenvalues 1 ... 4: mean 10 and variance 2 * 30 become 4 and 8.
    test = scaled_and_shifted(10.0, 4, np.diag([1.0, 2.0, 3.0, 4.0]))
    assert_allclose(test.factor**2 * 60, 8)
    assert_allclose(test.factor * 10 + test.shift, 4)
    assert_allclose(test.scaled, 4)
    assert_allclose(mean_scaled(10.0, 4, 10.0).scaled, 4)


def test_residuals_by_hand():
    sample, implied = np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([[4.0, 0.6], [0.6, 1.0]])
    assert_allclose(indices.srmr(sample, implied), math.sqrt(0.2**2 / 3))
    assert_allclose(indices.crmr(sample, implied), 0.2)


def test_a_scaling_that_is_not_positive_gives_no_test() -> None:
    test = mean_scaled(4.0, 2, -0.5)
    assert np.isnan([test.scaling, test.scaled]).all()
    assert test.chi2 == 4.0
    assert mean_scaled(4.0, 2, 1.0).scaled == 8.0


def test_unbiased_srmr_by_hand_and_without_misfit():
    # Two residuals of .1 and .2 with errors .01: e'e = .05, tr Xi = .0002, tr Xi^2 + 2 e'Xi e = 2e-8 + 1e-5, of p = 3 elements.
    found = unbiased_srmr(np.array([0.1, 0.2]), 1e-4 * np.eye(2), 3)
    correction = 1 - 1.002e-5 / (4 * 0.05**2)
    assert_allclose(found.estimate, math.sqrt(0.0498 / 3) / correction)
    assert_allclose(found.std_error, math.sqrt(1.002e-5 / (2 * 3 * 0.05)) / correction)
    assert found.close_fit_p_value() < 1e-9
    # With known moments it is the root mean square itself; with none of their misfit it is 0, with a finite error.
    assert_allclose(unbiased_srmr(np.array([0.1, 0.2]), np.zeros((2, 2)), 3).estimate, math.sqrt(0.05 / 3))
    nothing = unbiased_srmr(np.zeros(2), 1e-4 * np.eye(2), 3)
    assert nothing.estimate == 0
    assert 0 < nothing.std_error < 0.02
    assert nothing.close_fit_p_value() > 0.99


FIT = RobustFit(chi2=60.0, df=5, scaling=1.5, baseline_chi2=1020.0, baseline_df=10, baseline_scaling=2.0)


def test_intervals_of_cfi_and_tli_say_of_the_same_excess_what_that_of_rmsea_says():
    low, high = indices.rmsea_interval(0.95, chi2=60.0, df=5, n=400, scaling=1.5)
    excess = np.array([400 * 5 * low**2, 400 * 5 * high**2])
    assert_allclose(indices.cfi_interval(0.95, FIT), (1 - excess / 1000)[::-1], rtol=1e-12)
    assert_allclose(indices.tli_interval(0.95, FIT), (1 - excess / 1000 * 10 / 5)[::-1], rtol=1e-12)
    for value, interval in ((indices.robust_cfi, indices.cfi_interval), (indices.robust_tli, indices.tli_interval)):
        wide, narrow = interval(0.99, FIT), interval(0.90, FIT)
        assert wide[0] < narrow[0] < value(FIT) < narrow[1] < wide[1]


def test_intervals_of_cfi_and_tli_end_at_a_perfect_fit():
    good = RobustFit(chi2=2.0, df=5, scaling=1.0, baseline_chi2=1010.0, baseline_df=10, baseline_scaling=1.0)
    assert indices.cfi_interval(0.95, good)[1] == 1
    # The TLI of a sample may exceed 1, and its interval then ends there.
    assert indices.tli_interval(0.95, good)[1] == indices.robust_tli(good) == pytest.approx(1.006)
    unrelated = RobustFit(chi2=2.0, df=5, scaling=1.0, baseline_chi2=8.0, baseline_df=10, baseline_scaling=1.0)
    saturated = RobustFit(chi2=0.0, df=0, scaling=math.nan, baseline_chi2=90.0, baseline_df=3, baseline_scaling=1.0)
    for fit in (unrelated, saturated):
        assert np.isnan([*indices.cfi_interval(0.95, fit), *indices.tli_interval(0.95, fit)]).all()


def test_a_statistic_that_rounding_takes_below_zero_is_a_perfect_fit():
    assert indices.rmsea_interval(0.95, chi2=-1e-12, df=5, n=1000) == (0, 0)


def test_srmr_interval_of_residuals_with_equal_errors_is_noncentral_chi_square():
    # e'e/v is chi-square with 4 degrees of freedom and noncentrality 15 srmr^2/v.
    residual, v = np.array([0.03, -0.02, 0.01, 0.02]), 1e-4
    found = unbiased_srmr(residual, v * np.eye(4), 15)
    low, high = found.confidence_interval(0.95)
    assert_allclose(ncx2.cdf(residual @ residual / v, 4, 15 * low**2 / v), 0.975, rtol=1e-8)
    assert_allclose(ncx2.cdf(residual @ residual / v, 4, 15 * high**2 / v), 0.025, rtol=1e-8)
    close = unbiased_srmr(residual / 10, v * np.eye(4), 15).confidence_interval(0.95)
    assert close[0] == 0
    assert close[1] < high
    known = unbiased_srmr(residual, np.zeros((4, 4)), 15)
    assert known.confidence_interval(0.95) == (known.estimate, known.estimate)


def test_a_perfect_fit_of_very_many_answers_is_close():
    assert indices.close_fit_p_value(-1e-3, 5, 1e13) == 1
