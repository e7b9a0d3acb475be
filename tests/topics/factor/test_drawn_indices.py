"""Indices of many drawn samples at once are those of one fit after the other."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import ndtri

from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.topics.dimensionality.numerics.efa import extract
from omstilling_psychometrics.topics.factor.numerics import indices
from omstilling_psychometrics.topics.factor.numerics.drawn_indices import DrawnMoments
from omstilling_psychometrics.topics.factor.numerics.drawn_moments import SampleDesign
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population
from omstilling_psychometrics.topics.factor.numerics.factor_loadings import loadings_of
from omstilling_psychometrics.topics.factor.numerics.least_squares import LeastSquares
from omstilling_psychometrics.topics.factor.numerics.minimise import minimise
from omstilling_psychometrics.topics.factor.numerics.model import one_factor
from omstilling_psychometrics.topics.factor.numerics.ordinal_fit import fit_ordinal, ordinal_sample
from omstilling_psychometrics.topics.factor.numerics.robust_fit import ordinal_robust_fit
from omstilling_psychometrics.topics.factor.numerics.tests_of_fit import OrdinalTests

N = 300
# Two minimisations, each within 1e-15 of the least discrepancy, leave loadings that differ by some 1e-8.
AGREEMENT = 1e-6


def population(k, c):
    cuts = ndtri(np.linspace(0, 1, c + 1)[1:-1] ** 1.5)
    loadings = np.linspace(0.5, 0.85, k)
    return Population(loadings=loadings, thresholds=np.tile(cuts, (k, 1)), leader_share=0.2, leader_variances=np.zeros(k))


def one_by_one(codes, c, units, estimator):
    """The same indices from the fit of thresholds and correlations together."""
    n, k = codes.shape
    patterns, place = np.unique(codes, axis=0, return_inverse=True)
    place = place.ravel()
    clusters = None
    if units is not None:
        group = np.cumsum(np.isin(np.arange(n), units)) - 1
        counts = csr_array((np.ones(n), (group, place)), shape=(len(units), len(patterns)))
        counts.sum_duplicates()
        clusters = Clusters(counts, np.zeros(len(patterns)))
    sample, _ = ordinal_sample(patterns, np.bincount(place).astype(float), c)
    fit = fit_ordinal(one_factor("delta", k, thresholds=c - 1), sample, estimator=estimator)
    tests = OrdinalTests(fit, clusters)
    exact, baseline, robust = tests.exact, tests.baseline, ordinal_robust_fit(tests)
    loadings = fit.parameters[:k]
    implied = np.outer(loadings, loadings)
    np.fill_diagonal(implied, 1)
    matrix = sample.groups[0].matrix()
    return {
        "cfi": indices.cfi(exact.chi2, exact.df, baseline.chi2, baseline.df),
        "tli": indices.tli(exact.chi2, exact.df, baseline.chi2, baseline.df),
        "rmsea": indices.rmsea(exact.chi2, exact.df, n - 1),
        "cfi_scaled": indices.cfi(exact.scaled, exact.df, baseline.scaled, baseline.df),
        "tli_scaled": indices.tli(exact.scaled, exact.df, baseline.scaled, baseline.df),
        "rmsea_scaled": indices.rmsea(exact.scaled, exact.df, n - 1),
        "cfi_robust": indices.robust_cfi(robust),
        "tli_robust": indices.robust_tli(robust),
        "rmsea_robust": indices.robust_rmsea(robust, n - 1),
        "srmr": indices.srmr(matrix, implied),
        "crmr": indices.crmr(matrix, implied),
    }


@pytest.mark.parametrize("estimator", ["DWLS", "ULS"])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(("k", "c"), [(5, 5), (4, 2), (7, 3)])
def test_a_stack_of_samples_has_the_indices_of_each(k, c, clustered, estimator):
    rng = np.random.default_rng([k, c])
    units = np.arange(0, N, 6) if clustered else None
    leader = np.repeat(np.arange(N // 6), 6) if clustered else np.full(N, -1)
    drawn = population(k, c)
    samples = []
    for _ in range(4):
        codes = drawn.draw(((0, 1),), leader, rng)
        holes = rng.random(codes.shape) < 0.1
        holes[:, 0] &= ~holes[:, 1:].all(axis=1)
        samples.append(np.where(holes, 0, codes).astype(np.int8))
    found = SampleDesign(c=c, units=units).moments(samples).indices(drawn.loadings, estimator)
    for codes, own in zip(samples, found, strict=True):
        expected = one_by_one(codes, c, units, estimator)
        assert own.keys() == expected.keys()
        for name, value in expected.items():
            assert own[name] == pytest.approx(value, abs=AGREEMENT), name


def test_samples_that_cannot_be_fitted_are_empty_and_leave_the_others_alone():
    drawn = population(5, 5)
    good = drawn.draw((), np.full(N, -1), np.random.default_rng(1))
    constant = good.copy()
    constant[:, 2] = 3
    copied = good.copy()
    copied[:, 1] = copied[:, 0]
    design = SampleDesign(c=5, units=None)
    both = design.moments([constant, good, copied]).indices(drawn.loadings)
    assert both[0] == both[2] == {}
    assert both[1] == pytest.approx(design.moments([good]).indices(drawn.loadings)[0], abs=1e-8)
    assert design.moments([constant]).indices(drawn.loadings) == [{}]


def test_a_loading_that_grows_for_ever_is_given_up_at_once_and_leaves_the_others_alone(monkeypatch):
    """Items go with the first alone: the discrepancy falls for ever as its loading grows and the others shrink."""
    rising = np.array([0.5, 0.5, 0.5, 0.0, 0.0, 0.0])
    proper = np.array([0.42, 0.48, 0.36, 0.56, 0.42, 0.48])
    both = DrawnMoments(
        n=300,
        k=4,
        correlations=np.stack([rising, proper]),
        variances=np.full((2, 6), 0.002),
        covariance=np.tile(np.eye(6), (2, 1, 1)),
    )
    steps = []
    take = LeastSquares.take
    monkeypatch.setattr(LeastSquares, "take", lambda self, chosen: steps.append(len(chosen)) or take(self, chosen))
    lost, kept = both.indices(np.array([0.7, 0.7, 0.6, 0.6]))
    assert lost == {}
    assert kept["srmr"] == pytest.approx(both_alone(proper), abs=1e-7)
    assert len(steps) < 100  # two a step and more: far from all 80 are taken


def both_alone(correlations):
    """SRMR of four items by least squares."""
    found = extract(_symmetric(correlations), 1, "minres").loadings[:, 0]
    left = correlations - np.outer(found, found)[np.triu_indices(4, 1)]
    return np.sqrt((left**2).sum() / 10)


def _symmetric(correlations):
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = correlations
    return matrix + np.triu(matrix, 1).T


def test_one_unit_leaves_only_the_indices_that_need_no_covariance():
    drawn = population(5, 5)
    codes = drawn.draw((), np.zeros(N, dtype=np.int64), np.random.default_rng(2))
    (found,) = SampleDesign(c=5, units=np.array([0])).moments([codes]).indices(drawn.loadings)
    assert set(found) == {"cfi", "tli", "rmsea", "srmr", "crmr"}
    assert all(math.isfinite(value) for value in found.values())


def test_loadings_by_items_are_those_of_the_general_minimiser():
    """Of drawn correlations with a residual correlation; there the sum of squares has no slope."""
    rng = np.random.default_rng(3)
    drawn = population(8, 3)
    moments = SampleDesign(c=3, units=None).moments([drawn.draw(((0, 1),), np.full(N, -1), rng) for _ in range(5)])
    weights = 1 / moments.variances / N
    loadings, found = loadings_of(moments.correlations, weights, drawn.loadings, 1e-12)
    assert found.all()
    problem = LeastSquares(moments.correlations, weights)
    expected = minimise(one_factor("delta", 8), problem, np.repeat(drawn.loadings[None], 5, axis=0))
    np.testing.assert_allclose(loadings, expected.parameters, atol=1e-7)
    slope = np.einsum("bm,bmk->bk", weights * (moments.correlations - _products(loadings)), _jacobian(loadings))
    np.testing.assert_allclose(slope, 0, atol=1e-9)


def _products(loadings):
    first, second = np.triu_indices(loadings.shape[1], 1)
    return loadings[:, first] * loadings[:, second]


def _jacobian(loadings):
    return np.stack([one_factor("delta", loadings.shape[1]).jacobian(one[None])[0] for one in loadings])
