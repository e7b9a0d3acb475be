"""Tests of equal alphas: the examples printed in the papers, and identities."""

import numpy as np
import pytest
from scipy.stats import chi2, f, t

from omstilling_psychometrics.topics.reliability.numerics import alpha_comparison as compare


def test_two_independent_groups_as_printed():
    # Charter & Feldt (1996): .78 from 41 and .71 from 151 respondents.
    result = compare.feldt_1969((0.78, 0.71), (41, 151))
    assert result.statistic == pytest.approx(0.29 / 0.22, rel=1e-14)
    assert (result.df, result.df_denominator) == (40, 150)
    assert result.p_value == pytest.approx(2 * f.sf(0.29 / 0.22, 40, 150), rel=1e-10)
    assert round(result.p_value, 2) == 0.24


def test_order_of_the_groups_does_not_matter():
    assert compare.feldt_1969((0.71, 0.78), (151, 41)) == compare.feldt_1969((0.78, 0.71), (41, 151))


def test_same_respondents_as_printed():
    result = compare.feldt_1980((0.82, 0.89), 27, 0.74)
    assert round(result.statistic, 3) == -1.849
    assert result.df == 25
    assert result.p_value == pytest.approx(2 * t.sf(-result.statistic, 25), rel=1e-10)


@pytest.mark.parametrize(
    ("alphas", "n", "items", "correlations", "expected"),
    [
        # Feldt, Woodruff & Salih (1987), then AlphaTest (Lautenschlager & Meade 2008).
        ([0.784, 0.875, 0.936], [51, 101, 151], [5, 5, 5], None, 22.926),
        ([0.6, 0.7], [150, 200], [50, 100], None, 3.4535),
        (
            [0.857, 0.875, 0.8, 0.833],
            [100] * 4,
            [50, 40, 35, 25],
            [[1, 0.8, 0.6, 0.75], [0.8, 1, 0.65, 0.7], [0.6, 0.65, 1, 0.55], [0.75, 0.7, 0.55, 1]],
            10.66,
        ),
        ([0.6, 0.5], [90, 90], [35, 30], [[1, 0.8], [0.8, 1]], 2.8699),
    ],
)
def test_several_alphas_as_printed(alphas, n, items, correlations, expected):
    matrix = None if correlations is None else np.array(correlations)
    result = compare.feldt_woodruff_salih(np.array(alphas), np.array(n, float), np.array(items, float), matrix)
    assert result.statistic == pytest.approx(expected, abs=0.006 if expected == 10.66 else 0.0006)
    assert result.df == len(alphas) - 1
    assert result.p_value == pytest.approx(chi2.sf(result.statistic, result.df), rel=1e-10)


def test_wald_test_of_two_is_the_squared_difference_over_its_error():
    result = compare.wald_equality(np.array([0.8, 0.7]), np.array([[0.0004, 0.0001], [0.0001, 0.0009]]))
    error = 0.0004 + 0.0009 - 2 * 0.0001
    assert result.statistic == pytest.approx(np.log(0.2 / 0.3) ** 2 / error, rel=1e-12)
    assert result.df == 1


def test_equal_alphas_give_nothing():
    assert compare.feldt_1980((0.8, 0.8), 30, 0.5).p_value == pytest.approx(1)
    several = compare.feldt_woodruff_salih(np.full(3, 0.8), np.full(3, 50.0), np.full(3, 5.0))
    assert several.statistic == pytest.approx(0, abs=1e-20)


def test_alphas_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="alpha_not_comparable"):
        compare.feldt_1969((1.0, 0.8), (30, 30))
    with pytest.raises(ValueError, match="alpha_not_comparable"):
        compare.feldt_1980((0.9, 0.8), 2, 0.5)
    with pytest.raises(ValueError, match="alpha_not_comparable"):
        compare.feldt_woodruff_salih(np.array([0.9, 0.8]), np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    with pytest.raises(ValueError, match="alpha_not_comparable"):
        compare.wald_equality(np.array([0.9, 0.8]), np.full((2, 2), np.nan))
