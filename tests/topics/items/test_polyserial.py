"""Polyserial correlation: identities and its influence function."""

import math

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.analysis.sample import Sample
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.items import analysis_polyserial
from omstilling_psychometrics.topics.items.numerics.polyserial import item_rest_polyserial, polyserial


def test_two_categories_are_the_biserial_correlation():
    score, item = np.array([1.0, 2, 3, 4, 6, 7]), np.array([0.0, 0, 1, 0, 1, 1])
    # r_bis = (mean1 - mean0) p q / (s phi(z)), with p = .5 and phi(0) = 1/sqrt(2 pi).
    expected = (16 / 3 - 7 / 3) * 0.25 / (score.std() / math.sqrt(2 * math.pi))
    assert polyserial(score, item, np.ones(6)).estimate == pytest.approx(expected, rel=1e-13)


def test_category_values_do_not_matter():
    patterns = load_case("bfi_A")
    values, (_, counts) = patterns.values(), patterns.table()
    score = np.delete(values, 0, axis=1).mean(axis=1)
    plain = polyserial(score, values[:, 0], counts)
    stretched = polyserial(score, values[:, 0] ** 2 - 7, counts)
    assert stretched.estimate == pytest.approx(plain.estimate, rel=1e-13)


def test_influence_is_the_derivative_in_the_counts():
    patterns = load_case("sim_small")
    values, (_, counts) = patterns.values(), patterns.table()
    result = item_rest_polyserial(values, counts, 3)
    assert counts @ result.influence == pytest.approx(0, abs=1e-9)
    used = np.flatnonzero(result.influence)[:5]
    for pattern in used:
        more = counts.copy()
        more[pattern] += 1e-4
        moved = polyserial_at(values, more, 3) - polyserial_at(values, counts, 3)
        # Adding weight e to a pattern moves the estimate by e/n times its influence.
        assert moved * result.n / 1e-4 == pytest.approx(result.influence[pattern], rel=1e-4)


def polyserial_at(values, counts, item):
    # The estimate as a function of real-valued counts, written out without the rounding of n.
    from scipy.special import ndtri

    used = ~np.isnan(values).any(axis=1)
    y, w = values[used, item], counts[used] / counts[used].sum()
    x = np.delete(values[used], item, axis=1).mean(axis=1)
    rank = np.unique(y, return_inverse=True)[1]
    x, rank = x - w @ x, rank
    shares = np.array([w[rank <= j].sum() for j in range(rank.max())])
    density = np.exp(-(ndtri(shares) ** 2) / 2).sum() / math.sqrt(2 * math.pi)
    return w @ (x * (rank - w @ rank)) / (math.sqrt(w @ x**2) * density)


def test_nothing_to_correlate_is_nan():
    ones = np.ones(3)
    assert math.isnan(polyserial(np.array([1.0, 2, 3]), ones, ones).estimate)
    assert math.isnan(polyserial(ones, np.array([1.0, 2, 3]), ones).estimate)
    assert math.isnan(polyserial(np.array([1.0]), np.array([1.0]), np.ones(1)).estimate)
    assert polyserial(np.full(2, np.nan), np.ones(2), np.ones(2)).n == 0


def rows_of(patterns):
    return list(analysis_polyserial.item_rest_polyserial(Sample(patterns, Clustering(key=None))))


def test_every_item_has_a_row_with_an_interval():
    statistics = rows_of(load_case("bfi_A"))
    assert [one.item for one in statistics] == ["i1", "i2", "i3", "i4", "i5"]
    for one in statistics:
        low, high = one.confidence_interval()
        assert low < one.estimate < high


@pytest.mark.parametrize("rows", [[[1, 2, 3]], [[-1, -1, -1]], [[2, 2, 2], [2, 2, 2]], [[1, 2, -1], [2, 1, -1]]])
def test_rows_that_cannot_be_computed_have_a_reason(rows):
    for one in rows_of(made_up.answers(rows, 3)):
        assert math.isnan(one.estimate), one
        assert vocabulary("da").note(one.note)
