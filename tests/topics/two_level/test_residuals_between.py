"""Residual variances of items between leaders: from exact correlations, slopes by differences, errors from leaders twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from scipy.sparse import csr_array, vstack

from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics.arrays import Floats
from omstilling_psychometrics.core.numerics.bivariate_normal import bivariate_normal_cdf
from omstilling_psychometrics.topics.two_level.numerics.cross_person import CrossPerson, Groups, cross_person
from omstilling_psychometrics.topics.two_level.numerics.residuals_between import ResidualsBetween, residuals_between

LOADING = np.array([1.6, 1.2, 0.8, 1.1])
CUTS = np.array([-1.0, 0.1, 1.1])


def drawn(rng: np.random.Generator, leaders: int, psi: Floats, between: Floats = 0.5 * LOADING, holes: float = 0.1) -> Groups:
    """Answers 1 … 4 of teams of 3 to 12, some not given."""
    leader = np.repeat(np.arange(leaders), rng.integers(3, 13, leaders))
    n, k = len(leader), len(LOADING)
    of_leader = rng.normal(size=(leaders, 1)) * between + rng.normal(size=(leaders, k)) * np.sqrt(psi)
    latent = rng.normal(size=(n, 1)) * LOADING + of_leader[leader] + rng.normal(size=(n, k))
    codes = 1 + (latent[:, :, None] > CUTS * np.sqrt(1 + LOADING**2)[:, None]).sum(axis=2)
    codes[rng.random(codes.shape) < holes] = 0
    patterns, pattern = np.unique(codes, axis=0, return_inverse=True)
    counts = csr_array((np.ones(n), (leader, pattern.ravel())), shape=(leaders, len(patterns)))
    counts.sum_duplicates()
    return Groups(patterns, 4, counts, np.arange(leaders))


def parameters(found: ResidualsBetween) -> Floats:
    return np.concatenate([found.loading, found.loading_between, found.thresholds.ravel(), found.variance, found.share])


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_exact_correlations_give_the_parameters_back_and_slopes_are_differences(kind: Literal["equal", "free"]) -> None:
    crossed = cross_person(drawn(np.random.default_rng(1), 60, np.zeros(4)))
    between = 0.5 * LOADING if kind == "equal" else np.array([0.3, 0.9, 0.5, -0.2])
    psi = np.array([0.2, -0.05, 0.0, 0.4])
    scale = np.sqrt(1 + LOADING**2 + between**2 + psi)
    of_two = np.outer(between, between) + np.diag(psi)
    of_one = np.outer(LOADING, LOADING) + np.outer(between, between)
    standard = np.outer(scale, scale)
    pair, triangle = np.triu_indices(4, 1), np.triu_indices(4)
    exact = replace(
        crossed,
        of_one=replace(crossed.of_one, correlations=(of_one / standard)[pair], thresholds=np.tile(CUTS, (4, 1))),
        correlations=(of_two / standard)[triangle],
    )
    found = residuals_between(exact, kind)
    expected = np.concatenate([LOADING, between, np.outer(scale, CUTS).ravel(), psi, psi / scale**2])
    assert parameters(found) == pytest.approx(expected, abs=1e-8)

    def moved(place: int, by: float) -> CrossPerson:
        at = np.concatenate([exact.of_one.thresholds.ravel(), exact.of_one.correlations, exact.correlations])
        at[place] += by
        of_one = replace(exact.of_one, thresholds=at[:12].reshape(4, 3), correlations=at[12:18])
        return replace(exact, of_one=of_one, correlations=at[18:])

    for place in range(28):
        up, down = (parameters(residuals_between(moved(place, by), kind)) for by in (1e-5, -1e-5))
        assert found.slopes[:, place] == pytest.approx((up - down) / 2e-5, abs=2e-6)


def test_correlations_are_of_pairs_of_people_that_go_by_their_group() -> None:
    """Two groups of three people and two items of two categories, counted by hand."""
    codes = np.array([[1, 1], [1, 2], [2, 2], [2, 1]])
    counts = csr_array(np.array([[2.0, 1, 0, 0], [0, 1, 1, 1], [0, 0, 2, 1]]))
    crossed = cross_person(Groups(codes, 2, counts, np.arange(3)))
    table = np.zeros((2, 2))
    for row in counts.toarray():
        people = np.repeat(np.arange(4), row.astype(int))
        for one in range(3):
            for other in range(3):
                if one != other:
                    table[codes[people[one], 0] - 1, codes[people[other], 1] - 1] += 1 / 2
    cut = crossed.of_one.thresholds
    at = np.linspace(-0.999, 0.999, 4001)
    low = bivariate_normal_cdf(cut[0], cut[1], at)
    first, second = bivariate_normal_cdf(cut[0], np.inf, 0.0), bivariate_normal_cdf(np.inf, cut[1], 0.0)
    cells = np.array([low, first - low, second - low, 1 - first - second + low])
    likelihood = (table.ravel()[:, None] * np.log(cells)).sum(axis=0)
    assert crossed.correlations[1] == pytest.approx(at[likelihood.argmax()], abs=5e-4)


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_influence_is_what_a_leader_more_like_this_one_would_change(kind: Literal["equal", "free"]) -> None:
    groups = drawn(np.random.default_rng(2), 1500, np.array([0.3, 0, 0, 0]))
    found = residuals_between(cross_person(groups), kind)
    weights = found.slopes.T
    influence = found.crossed.influence(weights[:12].reshape(4, 3, -1), weights[12:18], weights[18:])
    assert np.abs(influence.sum(axis=0)).max() < 1e-8
    changes = []
    for leader in range(6):
        counts = csr_array(vstack([groups.counts, groups.counts[[leader]]]))
        again = replace(groups, counts=counts, leader=np.append(groups.leader, 9999))
        changes.append(parameters(residuals_between(cross_person(again), kind)) - parameters(found))
    apart = np.array(changes) - influence[:6]
    assert np.abs(apart).max() < 0.06 * np.abs(influence[:6]).max()
    covariance = influence.T @ influence * 1500 / 1499
    assert found.covariance(np.eye(24)) == pytest.approx(covariance[:24, :24])
    assert np.concatenate(found.errors) ** 2 == pytest.approx(np.diag(covariance)[20:])


def test_level_and_power() -> None:
    """Of 60 surveys of 120 leaders with nothing to find, and with a residual of .3 in the first item."""
    rng = np.random.default_rng(3)
    rejected = {}
    for first in (0.0, 0.3):
        psi = np.array([first, 0, 0, 0])
        found = [residuals_between(cross_person(drawn(rng, 120, psi)), "equal") for _ in range(60)]
        z = np.array([one.z for one in found])
        rejected[first] = (z > 1.645).mean(axis=0)
        estimates = np.array([one.variance for one in found])
        assert estimates.mean(axis=0) == pytest.approx(psi, abs=3 * estimates.std(axis=0).max() / np.sqrt(60))
    assert rejected[0.0].mean() < 0.09
    assert rejected[0.3][0] > 0.5


def test_what_it_cannot_be_computed_from() -> None:
    groups = drawn(np.random.default_rng(4), 40, np.zeros(4))
    with pytest.raises(EstimationError, match="one_answer_per_leader"):
        cross_person(replace(groups, counts=csr_array(np.eye(len(groups.codes))), leader=np.arange(len(groups.codes))))
    with pytest.raises(EstimationError, match="one_leader"):
        cross_person(replace(groups, leader=np.zeros(40, dtype=int)))
