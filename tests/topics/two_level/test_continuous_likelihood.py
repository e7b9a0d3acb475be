"""The normal likelihood of two levels beside densities written out in full, and its derivatives beside differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.stats import multivariate_normal

from omstilling_psychometrics.topics.factor.numerics.normal import Normal, group_moments
from omstilling_psychometrics.topics.two_level.numerics import continuous_groups
from omstilling_psychometrics.topics.two_level.numerics.continuous_groups import grouped_answers
from omstilling_psychometrics.topics.two_level.numerics.continuous_likelihood import TwoLevelNormal
from omstilling_psychometrics.topics.two_level.numerics.continuous_part import Levels

K = 3
UPPER = np.triu_indices(K)
MEAN = np.array([3.0, 2.8, 3.2])
WITHIN = np.array([[1.2, 0.4, 0.3], [0.4, 1.0, 0.2], [0.3, 0.2, 0.9]])
# A negative variance, and a negative eigenvalue, as residuals between groups may bring.
BETWEEN = np.array([[0.3, 0.1, 0.15], [0.1, -0.05, 0.1], [0.15, 0.1, 0.2]])
MOMENTS = np.concatenate([np.zeros(K), WITHIN[UPPER], MEAN, BETWEEN[UPPER]])
# Means within are 0 by convention and no moments.
MEANT = np.arange(K, len(MOMENTS))


@pytest.fixture(scope="module")
def rows():
    """People in eight groups of one to five, a quarter of the answers missing, some of the people alike."""
    rng = np.random.default_rng(5)
    answers = rng.integers(1, 4, (26, K)).astype(float)
    answers[rng.random(answers.shape) < 0.25] = np.nan
    answers[:2] = [[1, 2, 3], [1, 2, 3]]
    group = np.sort(rng.integers(0, 8, len(answers)))
    some = ~np.isnan(answers).all(axis=1)
    return answers[some], np.unique(group[some], return_inverse=True)[1]


def likelihood(answers, group):
    patterns, place = np.unique(answers, axis=0, return_inverse=True)
    shape = (group.max() + 1, len(patterns))
    counts = csr_array((np.ones(len(group)), (group, place.ravel())), shape=shape)
    counts.sum_duplicates()
    return TwoLevelNormal(grouped_answers(patterns, counts))


def written_out(answers, group, moments):
    """The log-density of each group's answers, all of its people at once."""
    levels, heights = Levels.of(moments, K), []
    for one in range(group.max() + 1):
        mine = answers[group == one]
        there = ~np.isnan(mine).ravel()
        covariance = np.kron(np.eye(len(mine)), levels.within) + np.kron(np.ones((len(mine),) * 2), levels.between)
        mean = np.tile(levels.mean, len(mine))
        density = multivariate_normal(mean[there], covariance[np.ix_(there, there)])
        heights.append(density.logpdf(mine.ravel()[there]))
    return np.array(heights)


def differences(function, at, step=1e-5):
    steps = step * np.eye(len(at))
    return np.array([(function(at + one) - function(at - one)) / (2 * step) for one in steps])


@pytest.fixture(params=[continuous_groups._PART, 3])
def model(request, rows, monkeypatch):
    """All groups in one part, and in three."""
    monkeypatch.setattr(continuous_groups, "_PART", request.param)
    return likelihood(*rows)


def test_height_is_that_of_the_whole_density(model, rows):
    assert_allclose(model.log_likelihood(MOMENTS), written_out(*rows, MOMENTS).sum(), rtol=1e-12)


def test_scores_are_differences_of_each_groups_density(model, rows):
    expected = differences(lambda moments: written_out(*rows, moments), MOMENTS)
    assert_allclose(model.scores(MOMENTS)[:, MEANT], expected.T[:, MEANT], atol=1e-8)
    assert_allclose(model.slope(MOMENTS), model.scores(MOMENTS).sum(axis=0), atol=1e-12)


def test_curvature_is_a_difference_of_the_slope(model):
    observed = model.information(MOMENTS, np.eye(len(MOMENTS)))
    expected = -differences(model.slope, MOMENTS)
    assert_allclose(observed[np.ix_(MEANT, MEANT)], expected[np.ix_(MEANT, MEANT)], atol=1e-6)


def test_expected_information_is_the_spread_of_the_scores(rows):
    """Under the model E ss' is the information: tr(V^-1 E V^-1 E')/2 of covariances, written out."""
    answers, group = rows
    found = likelihood(answers, group).expected_information(MOMENTS)
    expected, covariances = np.zeros((len(MOMENTS),) * 2), np.delete(MEANT, np.arange(6, 9))
    for one in range(group.max() + 1):
        there = ~np.isnan(answers[group == one]).ravel()
        people = len(there) // K

        def covariance(moments, people=people, there=there):
            levels = Levels.of(moments, K)
            whole = np.kron(np.eye(people), levels.within) + np.kron(np.ones((people, people)), levels.between)
            return whole[np.ix_(there, there)]

        turned = [np.linalg.solve(covariance(MOMENTS), covariance(unit)) for unit in np.eye(len(MOMENTS))]
        expected += np.array([[np.trace(first @ second) / 2 for second in turned] for first in turned])
    assert_allclose(found[np.ix_(covariances, covariances)], expected[np.ix_(covariances, covariances)], rtol=1e-10)


def test_without_variance_between_it_is_the_likelihood_of_one_level(rows):
    answers, _ = rows
    alone = np.concatenate([MOMENTS[: -len(UPPER[0])], np.zeros(len(UPPER[0]))])
    one_level = Normal([group_moments(answers, np.ones(len(answers)))])
    expected = one_level.log_likelihood(np.concatenate([MEAN, WITHIN[UPPER]])[None])[0]
    assert_allclose(likelihood(*rows).log_likelihood(alone), expected, rtol=1e-12)


def test_a_covariance_that_cannot_be_has_no_likelihood(rows):
    answers, group = rows
    largest = np.bincount(group).max()
    moments = MOMENTS.copy()
    moments[-len(UPPER[0]) :] = (-WITHIN / (largest - 1))[UPPER]  # of the largest group's mean it leaves less than nothing
    assert likelihood(*rows).value(moments[None]) == np.inf
    moments[-len(UPPER[0]) :] = (-WITHIN / (largest + 1))[UPPER]
    assert_allclose(likelihood(*rows).log_likelihood(moments), written_out(answers, group, moments).sum(), rtol=1e-12)


def test_groups_that_answered_equally_much_are_of_a_kind(rows):
    part = likelihood(*rows).answers.parts[0]
    answers, group = rows
    sets = [tuple(sorted(map(tuple, ~np.isnan(answers[group == one])))) for one in range(part.size)]
    alike = np.array(part.kind)[:, None] == part.kind
    assert (alike == np.array([[one == other for other in sets] for one in sets])).all()
