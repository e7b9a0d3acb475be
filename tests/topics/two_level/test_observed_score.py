"""Reliability of the observed score from ordinal parameters: by hand, by quadrature and by differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from omstilling_psychometrics.core.numerics.arrays import Floats
from omstilling_psychometrics.topics.two_level.numerics.observed_score import ScoreVariances, score_variances

LOADING = np.array([1.2, 0.7, 0.4])
BETWEEN = np.array([0.5, -0.2, 0.9])
THRESHOLDS = np.array([[-1.0, 0.2, 1.5], [-2.0, -0.5, 0.4], [-0.7, 0.9, np.inf]])
VALUES = np.array([1.0, 2.0, 4.0, 5.0])


def _by_quadrature(loading: Floats, between: Floats, thresholds: Floats, values: Floats) -> tuple[float, float, float]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    theta, u = nodes[:, None, None, None], nodes[:, None, None]
    above = ndtr(loading[:, None] * theta + between[:, None] * u - thresholds)  # persons, leaders, items, thresholds
    step, square = np.diff(values), np.diff((values - values[0]) ** 2)
    item = above @ step
    variance = (above @ square - item**2).sum(axis=-1) / len(loading) ** 2
    score = item.mean(axis=-1)
    of_leader = weights @ score
    v_leader = weights @ of_leader**2 - (weights @ of_leader) ** 2
    v_person = weights @ (weights @ score**2 - of_leader**2)
    return float(v_leader), float(v_person), float(weights @ variance @ weights)


def test_variances_are_those_of_quadrature() -> None:
    found = score_variances(LOADING, BETWEEN, THRESHOLDS, VALUES)
    expected = _by_quadrature(LOADING, BETWEEN, THRESHOLDS, VALUES)
    assert (found.between, found.within, found.error) == pytest.approx(expected, rel=1e-9)


def test_one_item_of_two_categories_by_hand() -> None:
    """Sheppard's formula: an indicator at its median covaries by asin(rho)/(2 pi), rho 1/3 between and 2/3 within persons."""
    found = score_variances(np.ones(1), np.ones(1), np.zeros((1, 1)), np.array([0.0, 1.0]))
    leader, true = math.asin(1 / 3) / (2 * math.pi), math.asin(2 / 3) / (2 * math.pi)
    assert found.between == pytest.approx(leader, rel=1e-12)
    assert found.within == pytest.approx(true - leader, rel=1e-12)
    assert found.error == pytest.approx(0.25 - true, rel=1e-12)
    assert found.omega_within.estimate == pytest.approx((true - leader) / (0.25 - leader))
    assert found.leader_reliability(1).estimate == pytest.approx(leader / 0.25)
    assert found.leader_reliability(7).estimate == pytest.approx(leader / (leader + (0.25 - leader) / 7))


def _numbers(found: ScoreVariances) -> Floats:
    return np.array(
        [found.between, found.within, found.error, found.omega_within.estimate, found.leader_reliability(5).estimate]
    )


def test_slopes_are_those_of_differences() -> None:
    found = score_variances(LOADING, BETWEEN, THRESHOLDS, VALUES)
    slopes = np.vstack([found.gradient, found.omega_within.gradient, found.leader_reliability(5).gradient])
    at, step = np.concatenate([LOADING, BETWEEN, THRESHOLDS.ravel()]), 1e-5

    def at_parameters(parameters: Floats) -> Floats:
        return _numbers(score_variances(parameters[:3], parameters[3:6], parameters[6:].reshape(3, 3), VALUES))

    moves = step * np.eye(len(at))
    expected = np.column_stack([(at_parameters(at + move) - at_parameters(at - move)) / (2 * step) for move in moves])
    assert slopes == pytest.approx(expected, abs=1e-9)


def test_nothing_between_leaders_is_no_reliability_of_theirs() -> None:
    found = score_variances(LOADING, np.zeros(3), THRESHOLDS, VALUES)
    assert found.between == pytest.approx(0.0, abs=1e-15)
    assert found.leader_reliability(30).estimate == pytest.approx(0.0, abs=1e-12)
    covariance = np.eye(15)
    assert found.omega_within.std_error(covariance) == pytest.approx(float(np.linalg.norm(found.omega_within.gradient)))


def test_answers_without_variance_have_no_reliability() -> None:
    found = score_variances(np.ones(2), np.ones(2), np.full((2, 1), np.inf), np.array([0.0, 1.0]))
    assert math.isnan(found.omega_within.estimate)
