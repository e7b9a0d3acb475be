"""Item functions: hand values, degenerate cases, and derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.topics.irt.numerics.information import (
    information,
    information_derivatives,
    item_information,
    marginal_reliability,
    marginal_reliability_derivatives,
)
from omstilling_psychometrics.topics.irt.numerics.models import GPCM, GRADED, ItemModel
from omstilling_psychometrics.topics.irt.numerics.quadrature import NODES, log_weight_derivatives, log_weights

THETA = np.array([-3.7, -0.4, 0.0, 1.3, 5.0])
ITEMS = {
    "graded": np.array([[1.7, 2.1, 0.3, -1.9], [0.6, 1.0, 0.9, -4.0], [-1.1, 0.4, 0.1, -0.2]]),
    "gpcm": np.array([[1.7, 0.0, 1.1, 0.3, -1.9], [0.6, 0.0, -2.0, 0.9, -4.0], [-1.1, 0.0, 0.4, 0.1, -0.2]]),
}
BOTH = pytest.mark.parametrize("model", [GRADED, GPCM], ids=lambda model: model.name)
STEP = 1e-6


def differences(function, items: np.ndarray, place: int) -> np.ndarray:
    """Central difference of a function of the items by the parameter `place` of every item at once."""
    step = np.zeros_like(items)
    step[:, place] = STEP
    return (function(items + step) - function(items - step)) / (2 * STEP)


def test_graded_probabilities_by_hand() -> None:
    above = 1 / (1 + np.exp(-(1.7 * 1.3 + np.array([2.1, 0.3, -1.9]))))
    expected = [1 - above[0], above[0] - above[1], above[1] - above[2], above[2]]
    np.testing.assert_allclose(GRADED.probabilities(ITEMS["graded"], THETA)[0, :, 3], expected, rtol=1e-12)


def test_partial_credit_probabilities_by_hand() -> None:
    weights = np.exp(np.arange(4) * 1.7 * 1.3 + np.array([0.0, 1.1, 0.3, -1.9]))
    np.testing.assert_allclose(GPCM.probabilities(ITEMS["gpcm"], THETA)[0, :, 3], weights / weights.sum(), rtol=1e-12)


def test_with_two_categories_both_are_the_two_parameter_logistic() -> None:
    graded = GRADED.log_probabilities(np.array([[1.4, -0.3]]), THETA)
    partial = GPCM.log_probabilities(np.array([[1.4, 0.0, -0.3]]), THETA)
    np.testing.assert_allclose(graded, partial, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(np.exp(graded[0, 1]), 1 / (1 + np.exp(-(1.4 * THETA - 0.3))), rtol=1e-12)


def test_log_probabilities_keep_their_digits_in_the_tails() -> None:
    tail = GRADED.log_probabilities(np.array([[2.0, 1.0, 0.5]]), np.array([-300.0, 300.0]))
    # Far out, log P of the middle category is a line in theta plus log(exp(d_1) - exp(d_2)), or its mirror image.
    expected = [-600 + np.log(np.exp(1.0) - np.exp(0.5)), -600 + np.log(np.exp(-0.5) - np.exp(-1.0))]
    np.testing.assert_allclose(tail[0, 1], expected, rtol=1e-12)


@BOTH
def test_probabilities_sum_to_one(model: ItemModel) -> None:
    np.testing.assert_allclose(model.probabilities(ITEMS[model.name], THETA).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize(
    ("model", "items"),
    [
        (GRADED, [[1.2, np.inf, 0.7, 0.7, -np.inf]]),
        (GPCM, [[1.2, -np.inf, 0.0, -np.inf, 0.7, -np.inf]]),
    ],
)
def test_a_category_can_be_taken_away_in_its_place(model: ItemModel, items: list[list[float]]) -> None:
    """Lowest, middle and highest of five categories are gone: what is left are categories 2 and 4, scored as they were."""
    left = np.array(items)
    probabilities = model.probabilities(left, THETA)[0]
    assert (probabilities[[0, 2, 4]] == 0).all()
    slope = 1.2 if model is GRADED else 2.4  # 4 is two steps above 2
    np.testing.assert_allclose(probabilities[3], 1 / (1 + np.exp(-(slope * THETA + 0.7))), rtol=1e-12)
    assert np.isfinite(item_information(model, left, THETA)).all()
    assert np.isfinite(information_derivatives(model, left, THETA)[:, 0]).all()


@BOTH
def test_derivatives_by_the_parameters(model: ItemModel) -> None:
    items = ITEMS[model.name]
    analytic = model.parameter_derivatives(items, THETA)
    mixed = model.mixed_derivatives(items, THETA)
    for place in range(items.shape[1]):
        numeric = differences(lambda at: model.log_probabilities(at, THETA), items, place)
        np.testing.assert_allclose(analytic[:, :, place], numeric, rtol=1e-6, atol=1e-7)
        numeric = differences(lambda at: model.theta_derivatives(at, THETA)[0], items, place)
        np.testing.assert_allclose(mixed[:, :, place], numeric, rtol=1e-6, atol=1e-7)


@BOTH
def test_second_derivatives_of_complete_data(model: ItemModel) -> None:
    items = ITEMS[model.name]
    expected = np.random.default_rng(1).uniform(0, 3, (3, 4, THETA.size))

    def gradient(at: np.ndarray) -> np.ndarray:
        return np.einsum("khmq,khq->km", model.parameter_derivatives(at, THETA), expected)

    analytic = model.complete_hessian(items, THETA, expected)
    for place in range(items.shape[1]):
        np.testing.assert_allclose(analytic[:, :, place], differences(gradient, items, place), rtol=1e-5, atol=1e-6)


@BOTH
def test_derivatives_by_theta(model: ItemModel) -> None:
    items = ITEMS[model.name]
    first, second = model.theta_derivatives(items, THETA)
    higher, lower = THETA + STEP, THETA - STEP
    numeric = (model.log_probabilities(items, higher) - model.log_probabilities(items, lower)) / (2 * STEP)
    np.testing.assert_allclose(first, numeric, rtol=1e-6, atol=1e-7)
    numeric = (model.theta_derivatives(items, higher)[0] - model.theta_derivatives(items, lower)[0]) / (2 * STEP)
    np.testing.assert_allclose(second, numeric, rtol=1e-6, atol=1e-7)


@BOTH
def test_information_is_minus_the_expected_second_derivative(model: ItemModel) -> None:
    items = ITEMS[model.name]
    expected = -(model.probabilities(items, THETA) * model.theta_derivatives(items, THETA)[1]).sum(axis=1)
    np.testing.assert_allclose(item_information(model, items, THETA), expected, rtol=1e-10)
    np.testing.assert_allclose(information(model, items, THETA), expected.sum(axis=0), rtol=1e-10)


@BOTH
def test_derivatives_of_information_and_reliability(model: ItemModel) -> None:
    items = ITEMS[model.name]
    analytic = information_derivatives(model, items, THETA)
    for place in range(items.shape[1]):
        numeric = differences(lambda at: item_information(model, at, THETA), items, place)
        np.testing.assert_allclose(analytic[:, place], numeric, rtol=1e-5, atol=1e-8)
    slope = np.zeros_like(items)
    slope[1, 0] = STEP
    numeric = (marginal_reliability(model, items + slope) - marginal_reliability(model, items - slope)) / (2 * STEP)
    assert marginal_reliability_derivatives(model, items)[1, 0] == pytest.approx(numeric, rel=1e-6)


def test_reliability_of_constant_information() -> None:
    """Items without slope tell nothing; scaling slopes by s is the same as a latent standard deviation s."""
    assert marginal_reliability(GRADED, np.array([[0.0, 1.0, -1.0]])) == 0
    items = ITEMS["graded"]
    doubled = items * np.array([2.0, 1.0, 1.0, 1.0])
    assert marginal_reliability(GRADED, items, 0.0, 4.0) == pytest.approx(marginal_reliability(GRADED, doubled), rel=1e-12)


def test_weights_of_the_nodes() -> None:
    weights = np.exp(log_weights(NODES, 0.3, 1.2))
    assert weights.sum() == pytest.approx(1, rel=1e-12)
    assert weights @ NODES == pytest.approx(0.3, abs=1e-6)
    first, second = log_weight_derivatives(NODES, 0.3, 1.2)
    by_mean = (log_weights(NODES, 0.3 + STEP, 1.2) - log_weights(NODES, 0.3 - STEP, 1.2)) / (2 * STEP)
    by_variance = (log_weights(NODES, 0.3, 1.2 + STEP) - log_weights(NODES, 0.3, 1.2 - STEP)) / (2 * STEP)
    np.testing.assert_allclose(first, [by_mean, by_variance], rtol=1e-5, atol=1e-6)
    higher, lower = log_weight_derivatives(NODES, 0.3, 1.2 + STEP)[0], log_weight_derivatives(NODES, 0.3, 1.2 - STEP)[0]
    np.testing.assert_allclose(second[:, 1], (higher - lower) / (2 * STEP), rtol=1e-5, atol=1e-6)
