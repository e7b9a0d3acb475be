"""The population values of factor models, by other ways to them."""

import numpy as np

from omstilling_psychometrics.topics.factor.population import one_factor


def test_one_factor_solution_of_a_one_factor_matrix() -> None:
    loadings, residuals = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0.3, 0.4, 0.5, 0.6, 0.7])
    found, left, discrepancy = one_factor(np.outer(loadings, loadings) + np.diag(residuals))
    np.testing.assert_allclose(found, loadings, atol=1e-7)
    np.testing.assert_allclose(left, residuals, atol=1e-7)
    assert abs(discrepancy) < 1e-12
