"""Several groups: invariance ladders against lavaan, exact identities, thresholds declared by the instrument."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from omstilling_psychometrics.core.numerics.sandwich import Clusters, meat
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.topics.factor.analysis_sample import stacked
from omstilling_psychometrics.topics.factor.numerics.difference import normal_difference, ordinal_difference
from omstilling_psychometrics.topics.factor.numerics.model import factor_model, one_factor
from omstilling_psychometrics.topics.factor.numerics.normal_fit import fit_normal, normal_sample
from omstilling_psychometrics.topics.factor.numerics.ordinal_fit import fit_ordinal, ordinal_sample
from omstilling_psychometrics.topics.factor.numerics.small_sample_tests import difference_test
from omstilling_psychometrics.topics.factor.numerics.standardize import standardized_loadings
from omstilling_psychometrics.topics.factor.numerics.tests_of_fit import NormalTests, OrdinalTests
from omstilling_psychometrics.topics.invariance.numerics.ladder import ordinal_ladder as ladder_of_invariance

# lavaan weights groups by n - 1 in the fit and by n in the test; ours by n - 1 in both. That is 1/n_g of the scaled statistics.
GROUPS = 2e-4


def ordinal_ladder(kind, k, thresholds, groups):
    """Wu & Estabrook (2016): configural, thresholds, loadings, intercepts, residuals."""
    rest = list(range(1, groups))
    scale = "residual_variances" if kind == "theta" else "scales"
    steps = [one_factor(kind, k, thresholds=thresholds, groups=groups)]
    steps.append(steps[-1].equal("thresholds").release("intercepts", groups=rest).release(scale, groups=rest))
    steps.append(steps[-1].equal("loadings").release("latent_variances", groups=rest))
    steps.append(steps[-1].fix("intercepts", 0.0, groups=rest).release("latent_means", groups=rest))
    return [*steps, steps[-1].fix(scale, 1.0, groups=rest)]


def continuous_ladder(k, groups):
    rest = list(range(1, groups))
    steps = [one_factor("continuous", k, groups=groups)]
    steps.append(steps[-1].equal("loadings").release("latent_variances", groups=rest))
    steps.append(steps[-1].equal("intercepts").release("latent_means", groups=rest))
    return [*steps, steps[-1].equal("residual_variances")]


def test_delta_and_theta_fit_alike_where_both_can():
    rows = stacked(load_case("datCat"), by="group")
    sample, _ = rows.ordinal(listwise=True)
    theta, delta = ordinal_ladder("theta", 5, 4, 2), ordinal_ladder("delta", 5, 4, 2)
    for one, other in zip(theta[:4], delta[:4], strict=True):
        assert_allclose(fit_ordinal(one, sample).chi2, fit_ordinal(other, sample).chi2, rtol=1e-9)


def test_full_equality_is_the_single_group_fit():
    # With everything equal, the likelihood of two groups is that of all their rows.
    rows = stacked(load_case("sim_small"), by="group")
    pooled = stacked(load_case("sim_small").pool("group"))
    groups, _ = rows.normal(listwise=False)
    everyone, _ = pooled.normal(listwise=False)
    assert pooled.counts.sum() == rows.counts.sum()
    equal = one_factor("continuous", 5, groups=len(rows.levels))
    for part in ("loadings", "intercepts", "residual_variances"):
        equal = equal.equal(part)
    together, alone = fit_normal(equal, groups), fit_normal(one_factor("continuous", 5), everyone)
    assert_allclose(together.log_likelihood, alone.log_likelihood, rtol=1e-12)
    assert_allclose(together.parameters, alone.parameters, atol=1e-7)
    assert_allclose(together.robust_covariance(), alone.robust_covariance(), rtol=1e-5)


def test_twice_the_same_group_is_one_group():
    rows = stacked(load_case("datCat"))
    sample, _ = rows.ordinal(listwise=True)
    twice, _ = ordinal_sample(
        np.concatenate([sample.codes] * 2), np.concatenate([sample.counts] * 2), 5, np.repeat([0, 1], len(sample.counts))
    )
    model = one_factor("delta", 5, thresholds=4, groups=2).equal("loadings").equal("thresholds")
    one, two = fit_ordinal(one_factor("delta", 5, thresholds=4), sample), fit_ordinal(model, twice)
    assert_allclose(two.parameters, one.parameters, atol=1e-9)
    assert_allclose(two.chi2, 2 * one.chi2, rtol=1e-9)
    assert_allclose(np.diag(two.robust_covariance()), np.diag(one.robust_covariance()) / 2, rtol=5e-3)


def test_a_category_that_one_group_did_not_use_is_not_relabelled():
    rng = np.random.default_rng(8)
    latent = 0.7 * rng.normal(size=(1200, 1)) + 0.7 * rng.normal(size=(1200, 4))
    codes = 1 + (latent[:, :, None] > [-1.0, 0.0, 1.0]).sum(axis=-1)
    group = np.repeat([0, 1], 600)
    codes[(group == 1) & (codes[:, 0] == 1), 0] = 2  # the second group leaves the lowest category of item 1 empty
    sample, _ = ordinal_sample(codes, np.ones(1200), 4, group)
    assert sample.determined.sum() == 2 * (12 + 6) - 1
    ladder = ordinal_ladder("theta", 4, 3, 2)
    free, tied = fit_ordinal(ladder[0], sample), fit_ordinal(ladder[1], sample)
    # The threshold has no parameter where nothing determines it, and the other group's where it is equal.
    assert free.model.q == ladder[0].q - 1
    assert tied.model.q == ladder[1].q
    assert (free.df, tied.df) == (ladder[0].df, ladder[1].df - 1)
    first = tied.model.matrix("thresholds", tied.model.elements(tied.parameters))[:, 0, 0]
    assert_allclose(first[0], first[1])
    assert_allclose(free.chi2, _alone(codes[:600], 0) + _alone(codes[600:], 0), rtol=1e-8)


def test_a_category_that_no_group_uses_has_one_threshold():
    rng = np.random.default_rng(8)
    latent = 0.7 * rng.normal(size=(1200, 1)) + 0.7 * rng.normal(size=(1200, 4))
    codes = 1 + (latent[:, :, None] > [-1.0, 0.0, 0.6, 1.2]).sum(axis=-1)
    group = np.repeat([0, 1], 600)
    codes[codes[:, 0] == 3, 0] = 4
    fewer = np.where((np.arange(4) == 0) & (codes > 3), codes - 1, codes)  # 1, 2, 4, 5 as 1, 2, 3, 4
    clusters = Clusters(csr_array(np.eye(60)[rng.integers(0, 60, 1200)].T), np.zeros(1200))
    found = []
    for one in (codes, fewer):
        sample, _ = ordinal_sample(one, np.ones(1200), 5, group)
        assert sample.determined.sum() == 2 * (16 + 6 - 1)
        steps = [fit_ordinal(step.model, sample) for step in ladder_of_invariance(4, 5, 2)[:3]]
        assert [fit.df for fit in steps] == [4, 4 + 7, 4 + 7 + 3]
        tests = [ordinal_difference(*pair, clusters).statistic for pair in pairwise(steps)]
        small = [difference_test(*pair, clusters).statistic for pair in pairwise(steps)]
        found.append([*(fit.chi2 for fit in steps), *tests, *small, OrdinalTests(steps[1], clusters).exact.scaled])
    assert_allclose(found[0], found[1], rtol=1e-6)
    sample, _ = ordinal_sample(codes, np.ones(1200), 5, group)
    fit = fit_ordinal(ladder_of_invariance(4, 5, 2)[1].model, sample)
    cuts = fit.model.matrix("thresholds", fit.model.elements(fit.parameters))[:, 0]
    assert_allclose(cuts[:, 1], cuts[:, 2])
    assert not sample.skipped[:, 1:].any()
    assert sample.skipped[:, 0].tolist() == 2 * [[False, False, True, False, False]]


@pytest.mark.parametrize("ordinal", [True, False])
def test_a_fit_of_counts_is_the_fit_of_the_expanded_rows(ordinal):
    rng = np.random.default_rng(5)
    codes = 1 + ((0.7 * rng.normal(size=(900, 1)) + 0.7 * rng.normal(size=(900, 4)))[:, :, None] > [-0.8, 0.7]).sum(axis=-1)
    codes[rng.random(codes.shape) < 0.1] = -1
    leader = rng.integers(0, 60, 900)
    distinct, place, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    fits = []
    for rows, number, column in ((distinct, counts.astype(float), place.ravel()), (codes, np.ones(900), np.arange(900))):
        clusters = Clusters(csr_array((np.ones(900), (leader, column)), shape=(60, len(rows))), np.zeros(len(rows)))
        if ordinal:
            sample, used = ordinal_sample(rows, number, 3)
            fit = fit_ordinal(one_factor("delta", 4, thresholds=2), sample)
            scaled = OrdinalTests(fit, clusters.restrict(used)).exact.scaled
        else:
            sample, used = normal_sample(np.where(rows > 0, rows, np.nan), number)
            fit = fit_normal(one_factor("continuous", 4), sample)
            scaled = NormalTests(fit, clusters.restrict(used)).exact.scaled
        fits.append((fit.parameters, fit.chi2, scaled, fit.robust_covariance(clusters.restrict(used))))
    for one, other in zip(*fits, strict=True):
        # A likelihood ratio is a difference of two numbers a thousand times larger.
        assert_allclose(one, other, rtol=1e-12, atol=5e-12 if np.ndim(one) == 0 else 1e-15)


def _alone(codes, group):
    sample, _ = ordinal_sample(codes, np.ones(len(codes)), 4, np.full(len(codes), group))
    return fit_ordinal(one_factor("theta", 4, thresholds=3), sample).chi2


def test_strictly_positive_difference_agrees_with_lavaan():
    patterns = load_case("bfi_A")
    sample, _ = stacked(patterns).normal(listwise=True)
    # Identified by the first loading, as lavaan did it: this test, unlike all others, depends on that.
    free = one_factor("continuous", 5).fix("loadings", 1.0, cells=[(0, 0)]).release("latent_variances")
    tied = free.fix("loadings", 1.0)
    fits = [fit_normal(model, sample) for model in (free, tied, tied.same("residual_variances"))]
    for wider, narrower, name in ((fits[0], fits[1], "tau"), (fits[1], fits[2], "parallel")):
        expected = reference_value("cfa", "bfi_A", f"cfa_continuous/lrt_{name}_satorra.bentler.2010").value[1]
        found = normal_difference(wider, narrower, strictly_positive=True)
        assert_allclose(found.statistic, expected["Chisq diff"], rtol=2e-5)


def test_difference_of_models_that_are_not_nested_is_refused():
    sample, _ = stacked(load_case("datCat")).ordinal(listwise=True)
    fit = fit_ordinal(one_factor("delta", 5, thresholds=4), sample)
    with pytest.raises(ValueError, match="models_not_nested"):
        ordinal_difference(fit, fit)


def holzinger():
    with (Path(__file__).parents[2] / "reference" / "HS39.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = np.array([[float(row[f"i{n}"]) for n in range(1, 10)] for row in rows])
    return values, np.array([sorted({row["group"] for row in rows}).index(row["group"]) for row in rows])


def test_holzinger_and_swineford_three_factors():
    # lavaan's tutorial: chi2 85.306 with 24 degrees of freedom, three correlated factors with simple structure.
    values, _ = holzinger()
    sample, _ = normal_sample(values, np.ones(301))
    loads = np.kron(np.eye(3, dtype=bool), np.ones((3, 1), dtype=bool))
    fit = fit_normal(factor_model("continuous", loads), sample)
    assert fit.df == 24
    assert_allclose(fit.chi2, 85.306, atol=5e-4)
    assert_allclose(fit.log_likelihood, -3737.745, atol=5e-4)
    standardized = standardized_loadings(fit.model, fit.parameters)[0]
    assert_allclose(standardized[:3, 0], [0.772, 0.424, 0.581], atol=5e-4)
    covariances = fit.model.matrix("latent_covariances", fit.model.elements(fit.parameters))[0]
    assert_allclose(covariances[[0, 0, 1], [1, 2, 2]], [0.459, 0.471, 0.283], atol=5e-4)


@pytest.mark.parametrize("holes", [False, True])
def test_complete_answers_are_added_up_by_cluster_once_for_every_model(holes, monkeypatch):
    """Scores of complete answers are combinations of the same products, whatever the moments; those of others are not."""
    rng = np.random.default_rng(7)
    values = rng.integers(1, 5, size=(120, 3)).astype(float)
    if holes:
        values[:40, 1] = np.nan
    group = np.arange(120) % 2
    by_cluster = rng.poisson(0.05, size=(400, 120)).astype(float)
    clusters, counts = Clusters(csr_array(by_cluster), np.ones(120)), by_cluster.sum(axis=0) + 1
    sample, used = normal_sample(values, counts, group)
    assert used.all()
    added = []
    plain = Clusters.sums_of_several
    monkeypatch.setattr(Clusters, "sums_of_several", lambda self, scores: added.append(1) or plain(self, scores))
    scores = [sample.scores(sample.saturated * factor) for factor in (1.0, 1.1, 0.9)]
    found = [sample.meat(one, clusters) for one in scores]
    assert len(added) == (3 if holes else 1)
    for one, middle in zip(scores, found, strict=True):
        assert middle == pytest.approx(meat(one, counts, clusters), rel=1e-9, abs=1e-9 * np.abs(middle).max())
