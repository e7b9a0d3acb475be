"""Omega of many draws at once is that of one fit after the other, on the same drawn counts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

import made_up
from omstilling_psychometrics.core.numerics.bootstrap import drawn_counts, hopeless
from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.topics.factor.numerics import factor_loadings
from omstilling_psychometrics.topics.factor.numerics.model import one_factor
from omstilling_psychometrics.topics.factor.numerics.normal_fit import fit_normal, normal_sample
from omstilling_psychometrics.topics.factor.numerics.ordinal_fit import fit_ordinal, ordinal_sample
from omstilling_psychometrics.topics.reliability.numerics import omega_draws as reliability_draws
from omstilling_psychometrics.topics.reliability.numerics.congeneric import CongenericRows
from omstilling_psychometrics.topics.reliability.numerics.omega import categorical_omega, omega_observed, omega_total
from omstilling_psychometrics.topics.reliability.numerics.omega_draws import normal_omega_draws, ordinal_omega_draws

DRAWS = 20
# The draws are within 1e-10 of the least discrepancy (see `_TOLERANCE`), which is some 1e-5 in a parameter.
AGREEMENT = 2e-5


def sample(n=250, k=5, c=5, holes=0.1, seed=1, loadings=(0.5, 0.85)):
    """Patterns (p, k) of codes, their counts, and 40 leaders; every tenth answer has none."""
    rng = np.random.default_rng(seed)
    loading = np.linspace(*loadings, k)
    codes = 1 + (
        (loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k)))[:, :, None]
        > np.linspace(-1.5, 1.2, c - 1)
    ).sum(axis=2)
    codes[rng.random(codes.shape) < holes] = -1
    codes = codes[(codes > 0).any(axis=1)]
    patterns, place, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    leader = np.where(np.arange(len(codes)) % 10 == 0, -1, rng.integers(0, 40, len(codes)))
    known = leader >= 0
    by_leader = csr_array((np.ones(known.sum()), (leader[known], place.ravel()[known])), shape=(40, len(patterns)))
    by_leader.sum_duplicates()
    singles = np.bincount(place.ravel()[~known], minlength=len(patterns)).astype(float)
    return patterns, counts.astype(float), Clusters(by_leader, singles)


def normal_one_by_one(model, values, counts):
    data, _ = normal_sample(values, counts)
    fit = fit_normal(model, data)
    elements = fit.model.elements(fit.parameters)
    loadings = fit.model.matrix("loadings", elements)[0, :, 0]
    implied = omega_total(loadings, fit.model.matrix("residual_covariances", elements)[0])
    if not data.complete:
        return implied, np.nan
    total = values.sum(axis=1)
    mean = counts @ total / counts.sum()
    return implied, omega_observed(loadings, counts @ (total - mean) ** 2 / counts.sum())


def ordinal_one_by_one(model, codes, counts, c, estimator):
    data, _ = ordinal_sample(codes, counts, c)
    try:
        fit = fit_ordinal(model, data, estimator=estimator)
    except ValueError:  # no variance, or a perfect correlation
        return [np.nan, np.nan]
    elements = fit.model.elements(fit.parameters)
    loadings, moments = fit.model.matrix("loadings", elements)[0, :, 0], data.groups[0]
    if np.abs(loadings).max() > 1:  # no probabilities go with it
        return [np.nan, np.nan]
    matrices = fit.model.covariance(elements)[0], moments.matrix()
    return [categorical_omega(moments.thresholds, loadings, matrix) for matrix in matrices]


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("holes", [0.0, 0.15])
@pytest.mark.parametrize("k", [3, 6])
def test_normal_draws_are_those_of_fits_one_by_one(k, holes, clustered):
    patterns, counts, clusters = sample(k=k, holes=holes)
    values = np.where(patterns > 0, patterns, np.nan)
    model = one_factor("continuous", k)
    data, _ = normal_sample(values, counts)
    units = clusters if clustered else None
    found = normal_omega_draws(fit_normal(model, data), units, DRAWS, np.random.default_rng(5))
    (drawn,) = drawn_counts(counts, units, DRAWS, np.random.default_rng(5), together=DRAWS)
    expected = np.transpose([normal_one_by_one(model, values, one) for one in drawn])
    assert_allclose(found, expected, atol=AGREEMENT)


@pytest.mark.parametrize("estimator", ["DWLS", "ULS"])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(("k", "c"), [(4, 2), (6, 5)])
def test_ordinal_draws_are_those_of_fits_one_by_one(k, c, clustered, estimator):
    patterns, counts, clusters = sample(k=k, c=c)
    model = one_factor("delta", k, thresholds=c - 1)
    data, _ = ordinal_sample(patterns, counts, c)
    units = clusters if clustered else None
    found = ordinal_omega_draws(fit_ordinal(model, data, estimator=estimator), units, DRAWS, np.random.default_rng(6))
    (drawn,) = drawn_counts(counts, units, DRAWS, np.random.default_rng(6), together=DRAWS)
    expected = np.transpose([ordinal_one_by_one(model, patterns, one, c, estimator) for one in drawn])
    assert_allclose(found, expected, atol=AGREEMENT)


def test_freed_residual_covariances_are_freed_in_every_draw():
    patterns, counts, _ = sample(k=5, holes=0.0)
    values = patterns.astype(float)
    normal = one_factor("continuous", 5).release("residual_covariances", cells=[(0, 1)])
    ordinal = one_factor("delta", 5, thresholds=4).release("residual_covariances", cells=[(0, 1), (2, 4)])
    rng = [np.random.default_rng(7) for _ in range(3)]
    (drawn,) = drawn_counts(counts, None, DRAWS, rng[0], together=DRAWS)
    found = normal_omega_draws(fit_normal(normal, normal_sample(values, counts)[0]), None, DRAWS, rng[1])
    assert_allclose(found, np.transpose([normal_one_by_one(normal, values, one) for one in drawn]), atol=AGREEMENT)
    found = ordinal_omega_draws(fit_ordinal(ordinal, ordinal_sample(patterns, counts, 5)[0]), None, DRAWS, rng[2])
    expected = np.transpose([ordinal_one_by_one(ordinal, patterns, one, 5, "DWLS") for one in drawn])
    assert_allclose(found, expected, atol=AGREEMENT)


def negative_residuals():
    return np.unique(made_up.overlapping(), axis=0, return_counts=True)


def test_draws_with_a_negative_residual_variance_are_found_too():
    values, counts = negative_residuals()
    model = one_factor("continuous", 5)
    fit = fit_normal(model, normal_sample(values, counts.astype(float))[0])
    assert fit.parameters[5:10].min() < 0
    found = normal_omega_draws(fit, None, DRAWS, np.random.default_rng(8))
    (drawn,) = drawn_counts(counts.astype(float), None, DRAWS, np.random.default_rng(8), together=DRAWS)
    assert_allclose(found, np.transpose([normal_one_by_one(model, values, one) for one in drawn]), atol=AGREEMENT)


def test_draws_with_errors_of_negative_variance_in_sum_are_no_solutions():
    rng = np.random.default_rng(4)
    leader = rng.integers(0, 12, 300)
    factor = np.sqrt(0.8) * rng.normal(size=300) + np.sqrt(0.2) * rng.normal(size=12)[leader]
    loadings = np.array([0.4, 0.5, 0.8])
    latent = factor[:, None] * loadings + rng.normal(size=(300, 3)) * np.sqrt(1 - loadings**2)
    codes = 1.0 + (latent[:, :, None] > [-1, -0.3, 0.5, 1.2]).sum(axis=-1)
    fit = fit_normal(one_factor("continuous", 3), normal_sample(codes, np.ones(300))[0])
    clusters = Clusters(csr_array(np.eye(12)[:, leader]), np.zeros(300))
    implied, observed = normal_omega_draws(fit, clusters, 400, np.random.default_rng(5))
    improper = np.isnan(implied)
    assert 0 < improper.mean() < 0.2
    assert np.isnan(observed[improper]).all()
    assert np.nanmax(implied) <= 1
    assert np.nanstd(implied) < 0.2


def test_what_plain_steps_do_not_find_is_minimised(monkeypatch):
    patterns, counts, _ = sample(k=4)
    values = np.where(patterns > 0, patterns, np.nan)
    normal = fit_normal(one_factor("continuous", 4), normal_sample(values, counts)[0])
    ordinal = fit_ordinal(one_factor("delta", 4, thresholds=4), ordinal_sample(patterns, counts, 5)[0])

    def both():
        rng = np.random.default_rng(9)
        return normal_omega_draws(normal, None, DRAWS, rng)[0], ordinal_omega_draws(ordinal, None, DRAWS, rng)[0]

    plain = both()
    nothing = np.zeros(DRAWS, dtype=bool)
    monkeypatch.setattr(CongenericRows, "maximum", lambda self, counts, start, *_: (np.full_like(start, np.nan), nothing))
    monkeypatch.setattr(
        factor_loadings, "least_squares_loadings", lambda r, w, start, _: (start.copy(), np.zeros(len(start), dtype=bool))
    )
    assert_allclose(both(), plain, atol=AGREEMENT)


def test_blocks_of_draws_change_nothing(monkeypatch):
    patterns, counts, clusters = sample(k=4)
    values = np.where(patterns > 0, patterns, np.nan)
    normal = fit_normal(one_factor("continuous", 4), normal_sample(values, counts)[0])
    ordinal = fit_ordinal(one_factor("delta", 4, thresholds=4), ordinal_sample(patterns, counts, 5)[0])

    def all_draws(units):
        rng = np.random.default_rng(10)
        return [*normal_omega_draws(normal, units, DRAWS, rng)[:1], *ordinal_omega_draws(ordinal, units, DRAWS, rng)]

    for units in (None, clusters):
        whole = all_draws(units)
        with monkeypatch.context() as patched:
            patched.setattr(reliability_draws, "_MOST_TOGETHER", 7)
            assert_allclose(all_draws(units), whole, rtol=1e-10)


def test_a_draw_without_a_model_is_nothing():
    # Two answers of seven vary in the second item, so that many draws have none of them.
    codes = np.array([[1, 3, 2], [2, 3, 3], [3, 1, 1], [4, 3, 4], [5, 5, 5], [2, 3, 1], [4, 3, 5]])
    counts = np.ones(7)
    fit = fit_normal(one_factor("continuous", 3), normal_sample(codes.astype(float), counts)[0])
    found = normal_omega_draws(fit, None, 200, np.random.default_rng(1))[0]
    (drawn,) = drawn_counts(counts, None, 200, np.random.default_rng(1), together=200)
    constant = drawn[:, [2, 4]].sum(axis=1) == 0
    assert 10 < constant.sum() < 60
    # More than a third of the first draws cannot be fitted, which is beyond doubt more than a fifth: no further ones are made.
    assert len(found) == 125
    assert np.isnan(found[constant[:125]]).all()
    assert np.isnan(found).mean() > 1 / 3
    assert hopeless(44, 125)
    assert not hopeless(42, 125)
    assert not hopeless(190, 1000)
