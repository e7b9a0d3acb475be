"""Extraction, rotation and fit against identities, numerical derivatives and psych."""

import numpy as np
import pytest

from omstilling_psychometrics.core.numerics.moments import correlation, covariance
from omstilling_psychometrics.reference import load_case, manifest, reference_value
from omstilling_psychometrics.topics.correlation.numerics.resampled_correlations import pearson_draws, polychoric_draws
from omstilling_psychometrics.topics.dimensionality.numerics import efa
from omstilling_psychometrics.topics.dimensionality.numerics.efa import (
    degrees_of_freedom,
    extract,
    extract_draws,
    fit,
    residuals,
)
from omstilling_psychometrics.topics.dimensionality.numerics.factor_alignment import aligned, oriented
from omstilling_psychometrics.topics.dimensionality.numerics.rotation import criterion, rotate, rotate_towards

PATH = "dimensionality/pearson_complete/efa"


def complete(name: str):
    case = load_case(name)
    codes, counts = case.table()
    kept = (codes > 0).all(axis=1)
    return case, case.values()[kept], codes[kept].astype(np.int64), counts[kept]


def pearson(name: str) -> tuple[np.ndarray, int]:
    _, values, _, counts = complete(name)
    return correlation(covariance(values, counts)), round(counts.sum())


def implied(loadings, phi=None) -> np.ndarray:
    loadings = np.asarray(loadings, dtype=float)
    matrix = loadings @ (np.eye(loadings.shape[1]) if phi is None else phi) @ loadings.T
    np.fill_diagonal(matrix, 1.0)
    return matrix


@pytest.mark.parametrize("method", ["minres", "ml"])
@pytest.mark.parametrize("name", sorted(manifest()))
def test_two_factors_agree_with_psych_or_fit_better(name, method):
    matrix, n = pearson(name)
    found = extract(matrix, 2, method)
    chi2 = reference_value("efa", name, f"{PATH}/{method}_2_oblimin/STATISTIC").value
    uniquenesses = np.array(list(reference_value("efa", name, f"{PATH}/{method}_2_oblimin/uniq").value.values()))
    if np.abs(found.uniquenesses - uniquenesses).max() > 0.01:
        # A different minimum: psych's first start ends in a local one.
        theirs = reference_value("efa", name, f"{PATH}/{method}_2_varimax/loadings").matrix()
        if method == "ml":
            assert fit(matrix, found.loadings, n).chi2 < chi2
        else:
            assert (residuals(matrix, found.loadings) ** 2).sum() < (residuals(matrix, theirs) ** 2).sum()
        return
    rng = np.random.default_rng(1)
    target = reference_value("efa", name, f"{PATH}/{method}_2_oblimin/loadings").matrix()
    rotated, phi = rotate(found.loadings, "oblimin", rng)
    loadings, phi = aligned(rotated, target, phi)
    assert loadings == pytest.approx(target, abs=2e-4)
    assert phi == pytest.approx(reference_value("efa", name, f"{PATH}/{method}_2_oblimin/Phi").matrix(), abs=5e-4)
    # R's varimax stops early (eps 1e-5): ours is near, and nearer to the minimum of the criterion.
    target = reference_value("efa", name, f"{PATH}/{method}_2_varimax/loadings").matrix()
    loadings, _ = aligned(rotate(found.loadings, "varimax", rng)[0], target)
    assert loadings == pytest.approx(target, abs=0.011)
    left, _, right = np.linalg.svd(found.loadings.T @ target)
    assert criterion(loadings, "varimax") <= criterion(found.loadings @ left @ right, "varimax") + 1e-9


@pytest.mark.parametrize("method", ["minres", "ml", "paf"])
def test_the_loadings_of_a_true_factor_model_are_found(method):
    loadings = np.array([[0.8], [0.7], [0.6], [0.5], [0.4]])
    found = extract(implied(loadings), 1, method)
    assert found.loadings == pytest.approx(loadings, abs=1e-7)
    assert fit(implied(loadings), found.loadings, 500).chi2 == pytest.approx(0.0, abs=1e-8)
    two = np.array([[0.8, 0], [0.7, 0], [0.6, 0.0], [0, 0.7], [0, 0.6], [0, 0.8], [0.3, 0.4]])
    found = extract(implied(two), 2, method)
    assert residuals(implied(two), found.loadings) == pytest.approx(np.zeros((7, 7)), abs=1e-7)


@pytest.mark.parametrize("function", [efa._least_squares, efa._maximum_likelihood])
def test_gradient_and_hessian_are_derivatives(function):
    matrices = np.array([pearson("bfi_N")[0], pearson("bfi_A")[0]])
    psi, step = np.array([[0.4, 0.5, 0.45, 0.6, 0.7], [0.8, 0.5, 0.4, 0.7, 0.6]]), 1e-5
    _, gradient, hessian = function(matrices, 2, psi)
    for item in range(5):
        shift = np.eye(5)[item] * step
        up, down = function(matrices, 2, psi + shift), function(matrices, 2, psi - shift)
        assert gradient[:, item] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-6, abs=1e-9)
        assert hessian[:, item] == pytest.approx((up[1] - down[1]) / (2 * step), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("method", ["minres", "ml"])
@pytest.mark.parametrize("factors", [1, 2])
def test_many_draws_have_the_solution_of_each(method, factors):
    rng = np.random.default_rng(1)
    answers = rng.standard_normal((20, 60, 6)) + 1.2 * rng.standard_normal((20, 60, 1))
    matrices = np.array([np.corrcoef(one.T) for one in answers])
    matrices[3, 0, 1] = np.nan  # an item did not vary
    matrices[7] = 1.0  # items are the same: no inverse
    start = np.full(6, 0.4)
    drawn = extract_draws(matrices, factors, method, start)
    assert drawn[3] is None
    assert (drawn[7] is None) == (method == "ml")
    for one, matrix in zip(drawn, matrices, strict=True):
        if one is not None and one.converged:
            alone = extract(matrix, factors, method, start=start)
            assert alone.converged
            np.testing.assert_allclose(one.uniquenesses, alone.uniquenesses, atol=1e-7)
            np.testing.assert_array_equal(one.heywood, alone.heywood)
    assert sum(one is not None and one.converged for one in drawn) >= 17


def test_principal_axes_settle_where_squared_residuals_are_least():
    matrix, _ = pearson("bfi_A")
    assert extract(matrix, 1, "paf").loadings == pytest.approx(extract(matrix, 1, "minres").loadings, abs=1e-8)


def test_heywood_cases_are_named():
    # r12 r13 / r23 = 1.2: the first item's communality would have to exceed 1.
    matrix = np.array([[1, 0.8, 0.75, 0.3], [0.8, 1, 0.5, 0.2], [0.75, 0.5, 1, 0.25], [0.3, 0.2, 0.25, 1]])
    for method in ("minres", "ml", "paf"):
        assert extract(matrix, 1, method).heywood.tolist() == [True, False, False, False]


def test_degrees_of_freedom_and_what_is_not_identified():
    assert [degrees_of_freedom(5, m) for m in (1, 2, 3)] == [5, 1, -2]
    assert [degrees_of_freedom(k, 1) for k in (2, 3, 4)] == [-1, 0, 2]
    with pytest.raises(ValueError, match="not_identified"):
        extract(np.array([[1, 0.5], [0.5, 1]]), 1, "minres")
    three = implied([[0.8], [0.7], [0.6]])
    assert extract(three, 1, "ml").loadings[:, 0] == pytest.approx([0.8, 0.7, 0.6], abs=1e-6)
    assert np.isnan(fit(three, extract(three, 1, "ml").loadings, 100).chi2)


def test_an_item_that_repeats_another_leaves_ml_without_an_inverse():
    matrix = np.ones((4, 4)) * 0.5 + np.eye(4) * 0.5
    matrix[0, 1] = matrix[1, 0] = 1.0
    with pytest.raises(ValueError, match="covariance_singular"):
        extract(matrix, 1, "ml")
    assert extract(matrix, 1, "minres").loadings.shape == (4, 1)


def test_orientation_and_alignment():
    loadings = np.array([[0.1, -0.8], [0.2, -0.7], [0.6, 0.1], [0.5, 0.0]])
    placed, phi = oriented(loadings, np.array([[1.0, 0.3], [0.3, 1.0]]))
    assert placed[:, 0] == pytest.approx(-loadings[:, 1])
    assert phi == pytest.approx(np.array([[1.0, -0.3], [-0.3, 1.0]]))
    back, _ = aligned(placed, loadings)
    assert back == pytest.approx(loadings)


def test_rotation_keeps_the_implied_correlations_and_does_not_depend_on_the_start():
    rng = np.random.default_rng(4)
    simple = np.array([[0.8, 0], [0.7, 0.1], [0.75, 0], [0, 0.6], [0.1, 0.7], [0, 0.65]])
    for kind in ("varimax", "oblimin"):
        turned = simple @ np.linalg.qr(rng.standard_normal((2, 2)))[0]
        loadings, phi = rotate(turned, kind, rng)
        assert loadings @ phi @ loadings.T == pytest.approx(simple @ simple.T, abs=1e-6)
        again, _ = rotate(simple, kind, np.random.default_rng(9))
        assert loadings == pytest.approx(again, abs=1e-4)
        near, _ = rotate_towards(turned, kind, loadings)
        assert near == pytest.approx(loadings, abs=1e-4)
    assert rotate(-simple[:, :1], "oblimin", rng)[0].sum() > 0


def test_bootstrap_correlations_centre_on_the_estimate_and_follow_the_clusters():
    case, values, codes, counts = complete("lq2002_lead")
    matrix, n = pearson("lq2002_lead")
    rng = np.random.default_rng(5)
    independent = pearson_draws(values, counts, None, 400, rng)
    assert independent.mean(axis=0) == pytest.approx(matrix, abs=0.01)
    z = (values - counts @ values / n) / np.sqrt(np.diag(covariance(values, counts)))
    influence = z[:, 0] * z[:, 1] - matrix[0, 1] / 2 * (z[:, 0] ** 2 + z[:, 1] ** 2)
    assert independent[:, 0, 1].std() == pytest.approx(np.sqrt(counts @ influence**2) / n, rel=0.12)
    clustered = polychoric_draws(codes, counts, 5, case.clusters("leader"), 60, rng)
    assert clustered.shape == (60, 5, 5)
    assert clustered[:, 0, 1].mean() == pytest.approx(0.67, abs=0.03)
    constant = pearson_draws(np.column_stack([values[:, 0], np.ones(len(values))]), counts, None, 3, rng)
    assert np.isnan(constant[:, 0, 1]).all()
