"""Agreement within groups: hand values, the nulls' variances, multilevel's values."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.leaders.numerics import agreement

FIVE = np.arange(1.0, 6.0)


def table_of(name):
    patterns = load_case(name)
    categories = np.array(patterns.instrument.categories, dtype=float)
    return agreement.answer_table(patterns.values(), patterns.clusters("leader").counts, categories)


def table_from(rows, groups, categories=FIVE):
    return agreement.answer_table(np.array(rows, dtype=float), csr_array(np.eye(max(groups) + 1)[:, groups]), categories)


@pytest.mark.parametrize(
    ("null", "variance"),
    [
        ("uniform", 2),
        ("slight_skew", 1.34),
        ("moderate_skew", 0.90),
        ("heavy_skew", 0.44),
        ("triangular", 1.32),
        ("normal", 1.04),
    ],
)
def test_null_variances_are_those_printed(null, variance):
    assert agreement.null_variance(null, FIVE) == pytest.approx(variance, rel=1e-12)
    assert agreement.null_variance(null, FIVE - 1) == pytest.approx(variance, rel=1e-12)


def test_uniform_variance_of_any_number_of_categories():
    assert agreement.null_variance("uniform", np.arange(7.0)) == pytest.approx((49 - 1) / 12, rel=1e-14)
    with pytest.raises(EstimationError, match="null_needs_five_categories"):
        agreement.null_variance("normal", np.arange(7.0))


def test_slight_skew_sets_seventeen_companies_to_zero():
    table = table_of("lq2002_lead")
    null = agreement.null_variance("slight_skew", table.categories)
    assert round(float(agreement.rwg_j(table, null).mean()), 4) == 0.2776
    assert int(agreement.out_of_range(table, null).sum()) == 17
    assert round(float(agreement.rwg_j(table, null, truncated=False).mean()), 3) == 0.044


def test_by_hand():
    # Two items, three answers: variances 1 and 1/3, means 3 and 14/3.
    table = table_from([[2, 5], [3, 5], [4, 4]], [0, 0, 0])
    share = (1 + 1 / 3) / 2 / 2
    assert agreement.rwg_j(table, 2.0) == pytest.approx([2 * (1 - share) / (2 * (1 - share) + share)], rel=1e-14)
    assert agreement.r_star_wg_j(table, 2.0) == pytest.approx([1 - share], rel=1e-14)
    largest = [(6 * mean - mean**2 - 5) * 1.5 for mean in (3, 14 / 3)]
    # The second item's mean exceeds (2 * 5 + 1)/3: no larger variance is possible there, so it is left out.
    assert agreement.a_wg(table) == pytest.approx([1 - 2 * 1 / largest[0]], rel=1e-14)
    assert agreement.average_deviation(table) == pytest.approx([(2 / 3 + 4 / 9) / 2], rel=1e-14)


def test_perfect_agreement_is_one_everywhere():
    table = table_from([[3, 5], [3, 5]], [0, 0])
    assert agreement.rwg_j(table, 2.0) == [1]
    assert agreement.r_star_wg_j(table, 2.0) == [1]
    assert agreement.a_wg(table) == [1]
    assert agreement.average_deviation(table) == [0]


def test_more_than_random_spread_is_zero_or_negative():
    table = table_from([[1, 1], [5, 5]], [0, 0])
    assert agreement.rwg_j(table, 2.0) == [0]
    assert agreement.r_star_wg_j(table, 2.0) == pytest.approx([-3])
    assert agreement.out_of_range(table, 2.0).all()


def test_as_much_spread_as_random_answers_have_is_not_more():
    """Item variances 3, 4/3, 4, 1/3 and 4/3, whose mean is 2; in the last bits it comes out above."""
    table = table_from([[2, 1, 1, 4, 2], [5, 3, 5, 3, 4], [5, 1, 3, 3, 2]], [0, 0, 0])
    assert not agreement.out_of_range(table, 2.0).any()
    assert agreement.out_of_range(table, 2.0 - 1e-9).all()
    assert agreement.rwg_j(table, 2.0) == pytest.approx([0], abs=1e-15)


def test_incomplete_answers_and_single_raters_are_left_out():
    table = table_from([[2, 3], [4, 3], [np.nan, 3], [1, 1]], [0, 0, 0, 1])
    assert table.n == [2]
    assert table.means.tolist() == [[3, 3]]
