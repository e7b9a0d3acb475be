"""The factor model's moments and derivatives, the discrepancies and the minimiser, by identities and finite differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from omstilling_psychometrics.topics.factor.numerics.curvature import curvature, pullback
from omstilling_psychometrics.topics.factor.numerics.least_squares import LeastSquares
from omstilling_psychometrics.topics.factor.numerics.minimise import minimise
from omstilling_psychometrics.topics.factor.numerics.model import factor_model, one_factor
from omstilling_psychometrics.topics.factor.numerics.normal import Normal, group_moments, precision

LOADS = [[1, 0], [1, 0], [1, 1], [0, 1]]


def rich_model(kind):
    """Two groups, two factors, equalities within and between groups, free means, variances and one residual covariance."""
    model = factor_model(kind, LOADS, thresholds=0 if kind == "continuous" else 3, groups=2)
    model = model.equal("loadings", cells=[(0, 0), (2, 1)]).release("latent_variances", groups=[1])
    model = model.release("latent_means", groups=[1]).release("residual_covariances", cells=[(0, 1)])
    if kind != "continuous":
        model = model.release("scales" if kind == "delta" else "residual_variances", groups=[1])
    return model.same("loadings", cells=[(0, 0), (1, 0)], groups=[0])


@pytest.mark.parametrize("kind", ["continuous", "delta", "theta"])
def test_jacobian_and_curvature_are_derivatives_of_the_moments(kind):
    model = rich_model(kind)
    rng = np.random.default_rng(0)
    parameters = 1 + 0.3 * rng.normal(size=(3, model.q))
    stepped = [model.moments(parameters + 1e-30j * unit).imag / 1e-30 for unit in np.eye(model.q)]
    assert_allclose(model.jacobian(parameters), np.stack(stepped, axis=-1), atol=1e-13)
    pulled = pullback(model, model.elements(parameters), np.ones((3, model.g, model.s)))
    assert_allclose(pulled, model.element_jacobian(model.elements(parameters)).sum(axis=-2), atol=1e-12)
    weights, step = rng.normal(size=(3, model.g * model.s)), 1e-6
    moved = [model.jacobian(parameters + step * unit) - model.jacobian(parameters - step * unit) for unit in np.eye(model.q)]
    numeric = np.stack([np.einsum("bs,bsq->bq", weights, change) / (2 * step) for change in moved], axis=-1)
    assert_allclose(curvature(model, parameters, weights), numeric, atol=1e-7)


def test_moments_by_hand():
    model = one_factor("continuous", 3).release("residual_covariances", cells=[(0, 2)])
    # Parameters in the order of the elements: loadings, then Theta by rows, then intercepts.
    parameters = np.array([0.5, 1.0, 2.0, 0.1, 0.3, 0.2, 0.4, 7.0, 8.0, 9.0])
    assert_allclose(model.moments(parameters), [7, 8, 9, 0.25 + 0.1, 0.5, 1.0 + 0.3, 1.0 + 0.2, 2.0, 4.0 + 0.4])
    ordinal = one_factor("theta", 2, thresholds=1)
    scale = 1 / np.sqrt([1.25, 2.0])
    moments = ordinal.moments(np.array([0.5, 1.0, 0.3, -0.2]))
    assert_allclose(moments, [0.3 * scale[0], -0.2 * scale[1], 0.5 * scale[0] * scale[1]])
    assert_allclose(one_factor("delta", 2, thresholds=1).moments(np.array([0.5, 0.9, 0.3, -0.2])), [0.3, -0.2, 0.45])


def test_degrees_of_freedom_of_the_ordinal_invariance_steps():
    # Wu & Estabrook (2016): five items with five categories and two groups.
    steps = [one_factor("theta", 5, thresholds=4, groups=2)]
    steps.append(steps[-1].equal("thresholds").release("intercepts", groups=[1]).release("residual_variances", groups=[1]))
    steps.append(steps[-1].equal("loadings").release("latent_variances", groups=[1]))
    steps.append(steps[-1].fix("intercepts", 0.0, groups=[1]).release("latent_means", groups=[1]))
    steps.append(steps[-1].fix("residual_variances", 1.0, groups=[1]))
    assert [step.df for step in steps] == [10, 20, 24, 28, 33]


def incomplete_groups():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4))
    x[rng.random(x.shape) < 0.2] = np.nan
    return x, x[:30] + 1


def test_normal_likelihood_and_its_derivatives():
    first, second = incomplete_groups()
    normal = Normal([group_moments(first, np.ones(60)), group_moments(second, np.ones(30))])
    i, j = np.triu_indices(4)
    sigma = np.eye(4) + 0.4
    moments = np.tile(np.concatenate([[0.1, 0.2, 0.3, 0.4], sigma[i, j]]), 2)[None]
    by_row = 0.0
    for row in np.concatenate([first, second]):
        seen = ~np.isnan(row)
        if seen.any():
            by_row += multivariate_normal(np.array([0.1, 0.2, 0.3, 0.4])[seen], sigma[np.ix_(seen, seen)]).logpdf(row[seen])
    assert_allclose(normal.log_likelihood(moments)[0], by_row, rtol=1e-12)
    slope, second_derivative, _ = normal.derivatives(moments)
    step = 1e-5
    units = np.eye(moments.shape[1])
    numeric = [(normal.value(moments + step * unit) - normal.value(moments - step * unit))[0] / (2 * step) for unit in units]
    assert_allclose(slope[0], numeric, atol=1e-8)
    numeric = [
        (normal.derivatives(moments + step * unit)[0] - normal.derivatives(moments - step * unit)[0])[0] / (2 * step)
        for unit in units
    ]
    assert_allclose(second_derivative[0], np.stack(numeric, axis=-1), atol=1e-8)


def test_expected_information_is_the_observed_one_at_fitting_moments():
    x, _ = incomplete_groups()
    x = x[~np.isnan(x).any(axis=1)]
    normal = Normal([group_moments(x, np.ones(len(x)))])
    i, j = np.triu_indices(4)
    moments = np.concatenate([normal.groups[0].mean[0, 0], normal.groups[0].covariance[0, 0][i, j]])[None]
    slope, observed, expected = normal.derivatives(moments)
    assert_allclose(slope, 0, atol=1e-12)
    assert_allclose(observed, expected, atol=1e-12)


def test_not_positive_definite_moments_are_infinitely_bad():
    normal = Normal([group_moments(np.random.default_rng(0).normal(size=(9, 2)), np.ones(9))])
    assert normal.value(np.array([[0.0, 0.0, 1.0, 2.0, 1.0]]))[0] == np.inf


def test_counts_and_expanded_rows_have_the_same_moments():
    x, _ = incomplete_groups()
    counts = np.arange(1.0, 61.0)
    one, many = group_moments(x, counts), group_moments(np.repeat(x, counts.astype(int), axis=0), np.ones(int(counts.sum())))
    assert_allclose(one.covariance, many.covariance, rtol=1e-12, atol=1e-13)
    assert_allclose(one.mean, many.mean, rtol=1e-12, atol=1e-13)


def test_a_stack_of_problems_is_solved_like_each_by_itself():
    model = one_factor("delta", 4)
    rng = np.random.default_rng(4)
    sample = model.moments(np.array([0.8, 0.6, 0.7, 0.5])) + 0.05 * rng.normal(size=(5, 6))
    start = np.full((5, 4), 0.5)
    together = minimise(model, LeastSquares(sample, np.ones((5, 6))), start)
    assert together.converged.all()
    for draw in range(5):
        alone = minimise(model, LeastSquares(sample[[draw]], np.ones((1, 6))), start[[draw]])
        assert_allclose(together.parameters[draw], alone.parameters[0], atol=1e-9)
    scoring = minimise(model, LeastSquares(sample, np.ones((5, 6))), start, exact=False)
    assert_allclose(scoring.parameters, together.parameters, atol=1e-6)


def test_a_covariance_singular_to_rounding_is_not_positive_definite() -> None:
    """Its smallest eigenvalue may come out above 0, and there is no inverse all the same."""
    sigma = np.ones((2, 2, 2))
    sigma[0, 1, 1] += np.finfo(float).eps
    sigma[1] = [[2.0, 0.5], [0.5, 1.0]]
    inverse, log_determinant = precision(np.ones((1, 2), dtype=bool), sigma)
    assert np.isinf(log_determinant[0])
    assert log_determinant[1] == pytest.approx(np.log(1.75))
    np.testing.assert_allclose(inverse[1, 0] @ sigma[1], np.eye(2), atol=1e-12)
