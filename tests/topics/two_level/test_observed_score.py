"""Reliability of the observed score from ordinal parameters: by hand, by quadrature and by differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from omstilling_psychometrics.core.errors import EstimationError
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
    assert found.residual == 0


def test_residuals_of_items_between_leaders_are_those_of_quadrature() -> None:
    """Two items: u and both v are integrated out on a grid of nodes."""
    loading, between, thresholds, psi = LOADING[:2], BETWEEN[:2], THRESHOLDS[:2], np.array([0.3, 0.8])
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    weights = weights / weights.sum()
    u, v = nodes[:, None], np.sqrt(psi)[:, None, None] * nodes
    step, square = np.diff(VALUES), np.diff((VALUES - VALUES[0]) ** 2)
    line = between[:, None, None] * u + v  # items, u, v
    above = ndtr(
        loading[:, None, None, None, None] * nodes[:, None, None, None]
        + line[:, None, :, :, None]
        - thresholds[:, None, None, None, :]
    )  # items, theta, u, v, thresholds
    item = above @ step
    of_leader = np.einsum("t,ituv->iuv", weights, item)
    given_u = of_leader @ weights
    score = given_u.mean(axis=0)
    common = weights @ score**2 - (weights @ score) ** 2
    residual = (weights @ (of_leader**2 @ weights - given_u**2).sum(axis=0)) / 4
    error = np.einsum("t,u,v,ituv->", weights, weights, weights, above @ square - item**2) / 4
    # Of a person: variance over theta of the mean, whose items have residuals v of their own.
    square_of_items = np.einsum("t,u,v,ituv->i", weights, weights, weights, item**2) - np.einsum(
        "u,v,iuv->i", weights, weights, of_leader**2
    )
    given_both = item @ weights  # items, theta, u
    product = np.einsum("t,u,tu->", weights, weights, given_both[0] * given_both[1]) - weights @ (given_u[0] * given_u[1])
    within = (square_of_items.sum() + 2 * product) / 4
    found = score_variances(loading, between, thresholds, VALUES, psi)
    expected = (common, residual, within, error)
    assert (found.between, found.residual, found.within, found.error) == pytest.approx(expected, rel=1e-8)
    noise = (within + error) / 7
    assert found.leader_reliability(7).estimate == pytest.approx((common + residual) / (common + residual + noise), rel=1e-8)
    assert found.omega_between(7).estimate == pytest.approx(common / (common + residual + noise), rel=1e-8)


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


@pytest.mark.parametrize("residual", [None, np.array([0.3, 0.0, 0.8])])
def test_slopes_are_those_of_differences(residual: Floats | None) -> None:
    def found(parameters: Floats) -> ScoreVariances:
        psi = None if residual is None else parameters[15:]
        return score_variances(parameters[:3], parameters[3:6], parameters[6:15].reshape(3, 3), VALUES, psi)

    def numbers(parameters: Floats) -> Floats:
        of = found(parameters)
        reliabilities = [of.omega_within, of.leader_reliability(5), of.omega_between(5)]
        return np.array([of.between, of.residual, of.within, of.error, *(one.estimate for one in reliabilities)])

    at, step = np.concatenate([LOADING, BETWEEN, THRESHOLDS.ravel(), [] if residual is None else residual]), 1e-5
    here = found(at)
    reliabilities = [here.omega_within, here.leader_reliability(5), here.omega_between(5)]
    slopes = np.vstack([here.gradient, *(one.gradient for one in reliabilities)])
    moves = step * np.eye(len(at))
    expected = np.column_stack([(numbers(at + move) - numbers(at - move)) / (2 * step) for move in moves])
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


def test_residuals_below_nought_may_leave_no_possible_correlation() -> None:
    """The third item's variance would be 1 + .97 - 1.9, and its correlation with the first far above 1."""
    below = np.array([0.0, 0.0, -0.3])
    assert score_variances(LOADING, BETWEEN, THRESHOLDS, VALUES, below).error > 0
    for residual in (-1.9, -2.5):
        below[2] = residual
        with pytest.raises(EstimationError, match="negative_residual_variance"):
            score_variances(LOADING, BETWEEN, THRESHOLDS, VALUES, below)


def test_residuals_that_leave_no_correlations_are_refused() -> None:
    """1 + 9 - 2 is less than the covariance of two items, 9."""
    steep, residual = np.full(3, 3.0), np.full(3, -2.0)
    with pytest.raises(EstimationError, match="negative_residual_variance"):
        score_variances(steep, np.zeros(3), THRESHOLDS, VALUES, residual)
