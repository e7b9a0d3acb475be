"""Bootstrap draws against exact moments of resampling."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_array

from omstilling_psychometrics.core.numerics.bootstrap import bootstrap_sums, case_counts, drawn_counts
from omstilling_psychometrics.core.numerics.moments import covariance
from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.numerics.alpha import alpha_draws, alpha_of

DRAWS = 4000


def test_case_draws_have_the_moments_of_the_multinomial() -> None:
    counts = np.array([50.0, 30.0, 20.0])
    draws = np.concatenate(list(case_counts(counts, DRAWS, np.random.default_rng(1))))
    assert (draws.sum(axis=1) == 100).all()
    error = 4 * np.sqrt(counts * (1 - counts / 100) / DRAWS)
    assert (np.abs(draws.mean(axis=0) - counts) < error).all()
    np.testing.assert_allclose(draws.var(axis=0), counts * (1 - counts / 100), rtol=4 * math.sqrt(2 / DRAWS))


def test_cluster_draws_have_the_variance_of_cluster_sums() -> None:
    counts = csr_array(np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]]))
    clusters = Clusters(counts, np.array([0.0, 2.0]))
    terms = np.array([[1.0], [10.0]])
    draws = bootstrap_sums(terms, np.array([4.0, 5.0]), clusters, DRAWS, np.random.default_rng(1)).ravel()
    units = np.array([3.0, 20.0, 11.0, 10.0, 10.0])  # the empty cluster is no unit
    assert abs(draws.mean() - units.sum()) < 4 * units.std() * math.sqrt(5 / DRAWS)
    np.testing.assert_allclose(draws.var(), 5 * units.var(), rtol=4 * math.sqrt(2 / DRAWS))


def test_drawn_counts_are_those_whose_sums_are_drawn() -> None:
    counts = csr_array(np.array([[3.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    clusters = Clusters(counts, np.array([0.0, 2.0, 1.0]))
    total, terms = np.array([4.0, 5.0, 2.0]), np.array([[1.0, 0.5], [10.0, 0.0], [100.0, 2.0]])
    for units in (clusters, None):
        blocks = list(drawn_counts(total, units, 250, np.random.default_rng(1), together=100))
        assert [len(block) for block in blocks] == [100, 100, 50]
        drawn = np.concatenate(blocks)
        if units is None:
            assert (drawn.sum(axis=1) == 11).all()
        else:
            sums = [
                bootstrap_sums(terms, total, units, size, rng) for rng in [np.random.default_rng(1)] for size in (100, 100, 50)
            ]
            np.testing.assert_allclose(drawn @ terms, np.concatenate(sums), rtol=1e-12)


def test_a_draw_of_alpha_is_alpha_of_the_drawn_counts() -> None:
    answers = load_case("datCat")
    values, counts = answers.values(), answers.table()[1]
    drawn = np.concatenate(list(case_counts(counts, 5, np.random.default_rng(3))))
    expected = [alpha_of(covariance(values, one)) for one in drawn]
    np.testing.assert_allclose(alpha_draws(values, counts, None, 5, np.random.default_rng(3)), expected, rtol=1e-12)


def test_spread_of_alpha_draws_is_the_influence_standard_error() -> None:
    answers = load_case("lq2002_lead")
    values, counts = answers.values(), answers.table()[1]
    clusters = answers.clusters("leader")
    independent = alpha_draws(values, counts, None, DRAWS, np.random.default_rng(1)).std()
    clustered = alpha_draws(values, counts, clusters, DRAWS, np.random.default_rng(1)).std()
    by_influence = reliability(answers, cluster=None).get("alpha", method="listwise/influence").std_error
    np.testing.assert_allclose(independent, by_influence, rtol=0.05)
    # G clusters drawn from G: the bootstrap lacks the factor G/(G − 1) that the sandwich has.
    by_sandwich = reliability(answers).get("alpha", method="listwise").std_error * math.sqrt(48 / 49)
    np.testing.assert_allclose(clustered, by_sandwich, rtol=0.08)


def test_one_cluster_cannot_be_resampled() -> None:
    clusters = Clusters(csr_array(np.array([[3.0, 2.0]])), np.zeros(2))
    assert np.isnan(bootstrap_sums(np.ones((2, 1)), np.array([3.0, 2.0]), clusters, 10, np.random.default_rng(1))).all()
