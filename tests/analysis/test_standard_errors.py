"""Two clusters, or clusters that do not differ: no error is false precision without a word."""

import math

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.topics.correlation.analysis import correlation
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.reliability.analysis import reliability


@pytest.fixture(scope="module")
def codes():
    random = np.random.default_rng(5)
    return np.clip(random.integers(1, 5, (60, 1)) + random.integers(0, 2, (60, 3)), 1, 5)


def test_two_leaders_with_equal_shares_have_no_error_and_no_interval(codes):
    twice = made_up.answers(np.vstack([codes, codes]), leader=[i // 60 for i in range(120)])
    for one in correlation(twice).find("threshold"):
        assert math.isfinite(one.estimate)
        assert math.isnan(one.std_error)
        assert one.interval is None
        assert one.note == "no_spread_between_clusters: 2"
    mean = items(twice).get("mean", item="i1")
    assert math.isnan(mean.std_error)
    assert mean.note == "no_spread_between_clusters: 2"
    # The share of the lowest category keeps its interval, which does not rest on the error.
    floor = items(twice).get("floor", item="i1")
    assert 0 < floor.confidence_interval()[0] < floor.estimate
    assert floor.note == "no_spread_between_clusters: 2"


def test_many_leaders_who_agree_have_an_error_of_nought_that_is_remarked_on(codes):
    alike = made_up.answers(np.vstack([codes] * 12), leader=[i // 60 for i in range(720)])
    mean = items(alike).get("mean", item="i1")
    assert mean.std_error == 0
    assert mean.note == "no_spread_between_clusters: 12"


@pytest.mark.parametrize(("leaders", "note"), [(2, "few_clusters: 2 < 50"), (8, "few_clusters: 8 < 50"), (60, None)])
def test_errors_of_few_leaders_are_remarked_on(codes, leaders, note):
    some = made_up.answers(codes, leader=[i % leaders for i in range(60)])
    assert reliability(some).get("alpha").note == note
    assert items(some).get("mean", item="i2").note == note
    assert reliability(some, cluster=None).get("alpha").note is None


def test_items_that_repeat_each_other_correlate_perfectly_and_have_no_error(codes):
    repeated = made_up.answers(np.repeat(codes[:, :1], 3, axis=1))
    for one in (
        *correlation(repeated).find("pearson"),
        *correlation(repeated).find("spearman"),
        reliability(repeated).get("alpha", method="listwise/influence"),
    ):
        assert one.estimate == 1
        assert math.isnan(one.std_error)
        assert one.note == "perfect_correlation"


def test_constant_items_have_no_variance(codes):
    constant = np.column_stack([codes, np.full(60, 3)])
    mean = items(made_up.answers(constant)).get("mean", item="i4")
    assert (mean.estimate, mean.std_error, mean.note) == (3, 0, "no_variance")
