"""Bivariate normal probabilities against closed forms and Owen's T, another route to the same integral."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, owens_t

from omstilling_psychometrics.core.numerics.bivariate_normal import (
    bivariate_normal_cdf,
    bivariate_normal_density,
    bivariate_normal_grid,
    bivariate_normal_moved,
)


def owen(h, k, rho):
    """Owen (1956, eq. 2.1), for h and k other than 0."""
    root = np.sqrt((1 - rho) * (1 + rho))
    same = (h * k > 0) | ((h * k == 0) & (h + k >= 0))
    wedges = owens_t(h, (k / h - rho) / root) + owens_t(k, (h / k - rho) / root)
    return (ndtr(h) + ndtr(k)) / 2 - wedges - np.where(same, 0, 0.5)


def test_median_quadrant_is_known_in_closed_form():
    rho = np.linspace(-1, 1, 201)
    assert_allclose(bivariate_normal_cdf(0.0, 0.0, rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=3e-16)


def test_independence_and_perfect_correlation():
    h, k = np.meshgrid(np.linspace(-4, 4, 17), np.linspace(-4, 4, 17))
    assert_allclose(bivariate_normal_cdf(h, k, 0.0), ndtr(h) * ndtr(k), atol=2e-16)
    assert_allclose(bivariate_normal_cdf(h, k, 1.0), ndtr(np.minimum(h, k)), atol=2e-16)
    assert_allclose(bivariate_normal_cdf(h, k, -1.0), np.maximum(ndtr(h) - ndtr(-k), 0), atol=2e-16)


def test_agrees_with_owens_t_also_next_to_one():
    rng = np.random.default_rng(1)
    h, k = rng.normal(size=(2, 20_000)) * 2
    near = np.sign(rng.normal(size=10_000)) * (1 - 10.0 ** rng.uniform(-15, -1, 10_000))
    rho = np.concatenate([rng.uniform(-1, 1, 10_000), near])
    assert_allclose(bivariate_normal_cdf(h, k, rho), owen(h, k, rho), atol=2e-15)


def test_infinite_limits_are_margins():
    probability = bivariate_normal_cdf([np.inf, -np.inf, 0.3], [0.3, 0.3, np.inf], 0.7)
    assert_allclose(probability, [ndtr(0.3), 0, ndtr(0.3)], atol=1e-16)


def test_density_is_the_derivative_by_rho():
    h, k, rho, step = 0.4, 0.5, 0.97, 1e-6
    slope = (bivariate_normal_cdf(h, k, rho + step) - bivariate_normal_cdf(h, k, rho - step)) / (2 * step)
    assert_allclose(bivariate_normal_density(h, k, rho), slope, rtol=1e-8)
    assert bivariate_normal_density(np.inf, 0.0, 0.5) == 0


def test_refuses_what_is_no_correlation():
    with pytest.raises(ValueError, match=r"outside \[-1, 1\]"):
        bivariate_normal_cdf(0.0, 0.0, 1.1)


@pytest.mark.parametrize("step", [1e-9, 1e-5, 1e-3, 0.02, 0.06, 0.12, 0.2, 0.45, 1.0])
def test_moving_to_another_correlation_is_computing_anew(step):
    """Steps of each number of nodes, over the smaller sqrt(1 - rho^2), and beyond the last."""
    rng = np.random.default_rng(2)
    h, k = rng.normal(size=(2, 5, 400)) * 1.5
    h[0], k[-1] = -np.inf, np.inf
    start = np.concatenate(
        [rng.uniform(-0.99, 0.99, 360), np.sign(rng.normal(size=40)) * (1 - 10.0 ** rng.uniform(-9, -2, 40))]
    )
    to = np.sin(np.arcsin(start) + rng.choice([-1, 1], 400) * step * np.sqrt(1 - start**2))
    to[:2] = 1, -1
    moved = bivariate_normal_moved(bivariate_normal_grid(h, k, start), h, k, start, to)
    assert_allclose(moved, bivariate_normal_cdf(h[:, None], k[None], to), atol=3e-15)
