"""Scores and tests of fit against full enumeration of the answer patterns, and identities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import chi2, f

import omstilling_psychometrics as op
from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.irt.numerics.estimation import Fit, fit
from omstilling_psychometrics.topics.irt.numerics.information import empirical_reliability, information
from omstilling_psychometrics.topics.irt.numerics.item_fit import mean_squares
from omstilling_psychometrics.topics.irt.numerics.limited_information import independence, limited_information
from omstilling_psychometrics.topics.irt.numerics.local_dependence import pair_table, q3, q3_star
from omstilling_psychometrics.topics.irt.numerics.marginal import PatternTable, pattern_log_likelihoods
from omstilling_psychometrics.topics.irt.numerics.models import GPCM, GRADED, ItemModel
from omstilling_psychometrics.topics.irt.numerics.parameters import layout
from omstilling_psychometrics.topics.irt.numerics.person_fit import zh
from omstilling_psychometrics.topics.irt.numerics.quadrature import NODES, log_weights
from omstilling_psychometrics.topics.irt.numerics.scoring import (
    expected_a_posteriori,
    expected_a_posteriori_of_sums,
    sum_score_likelihood,
    weighted_likelihood,
)
from omstilling_psychometrics.topics.irt.numerics.sum_score_fit import sum_score_fit

LATENT = np.array([0.0, 1.0])
K, C = 4, 3
EVERY = np.array(list(product(range(1, C + 1), repeat=K)))
ITEMS = {
    "graded": np.array([[1.5, 1.8, -0.6], [0.9, 0.2, -1.4], [2.2, 1.0, 0.1], [1.2, 2.0, 0.5]]),
    "gpcm": np.array([[1.1, 0, 1.2, 0.4], [0.7, 0, 0.1, -1.4], [1.6, 0, 0.9, 0.6], [0.9, 0, 1.4, 1.5]]),
}
BOTH = pytest.mark.parametrize("model", [GRADED, GPCM], ids=lambda model: model.name)


def shares(model: ItemModel, items: np.ndarray) -> np.ndarray:
    """Probability of every answer pattern under the model."""
    table = PatternTable(EVERY, np.ones(len(EVERY)), C)
    return np.exp(pattern_log_likelihoods(table, model.log_probabilities(items, NODES), log_weights(NODES, *LATENT)))


def fitted(model: ItemModel, n: int = 600, seed: int = 5) -> Fit:
    counts = np.random.default_rng(seed).multinomial(n, shares(model, ITEMS[model.name]))
    seen = counts > 0
    table = PatternTable(EVERY[seen], counts[seen].astype(float), C)
    return fit(model, [table], layout(model, table.observed()[None]))


# ---------------------------------------------------------------- scores


@BOTH
def test_eap_is_the_posterior_mean(model: ItemModel) -> None:
    answers = np.array([[1, 3, 2, 0], [3, 0, 0, 0]])
    means, spreads = expected_a_posteriori(model, ITEMS[model.name], LATENT, answers, NODES)
    p, weights = model.probabilities(ITEMS[model.name], NODES), np.exp(-(NODES**2) / 2)
    for row, given in enumerate(([(0, 0), (1, 2), (2, 1)], [(0, 2)])):
        posterior = weights * np.prod([p[item, category] for item, category in given], axis=0)
        posterior /= posterior.sum()
        assert means[row] == pytest.approx(posterior @ NODES, rel=1e-12)
        assert spreads[row] == pytest.approx(np.sqrt(posterior @ NODES**2 - (posterior @ NODES) ** 2), rel=1e-10)


@BOTH
def test_warms_estimate_solves_his_equation(model: ItemModel) -> None:
    """l' + J/(2 I) = 0 with J by differences of P; for partial credit that is the peak of L sqrt(I)."""
    items, answers = ITEMS[model.name], np.array([[1, 1, 1, 1], [2, 3, 0, 1], [3, 3, 3, 3]])
    estimates, errors = weighted_likelihood(model, items, answers)
    step = 1e-4
    for row, at in enumerate(estimates):
        given = answers[row] > 0
        p, higher, lower = (model.probabilities(items[given], np.array([x]))[:, :, 0] for x in (at, at + step, at - step))
        first, second = (higher - lower) / (2 * step), (higher - 2 * p + lower) / step**2
        chosen = np.arange(given.sum()), answers[row][given] - 1
        total = (first**2 / p).sum()
        score = (first[chosen] / p[chosen]).sum() + (first * second / p).sum() / (2 * total)
        assert score == pytest.approx(0, abs=1e-5)
        assert errors[row] == pytest.approx(1 / np.sqrt(information(model, items[given], np.array([at]))[0]), rel=1e-10)
    assert estimates[0] < estimates[1] < estimates[2]


def test_no_answer_has_no_weighted_likelihood_estimate() -> None:
    estimates, errors = weighted_likelihood(GRADED, ITEMS["graded"], np.zeros((1, K), dtype=np.int64))
    assert np.isnan([*estimates, *errors]).all()


@BOTH
def test_sum_scores_by_enumeration(model: ItemModel) -> None:
    """Lord and Wingersky's recursion, with values that are not evenly spaced, against every pattern."""
    values = np.array([0, 1, 5])
    p = model.probabilities(ITEMS[model.name], NODES)
    sums = sum_score_likelihood(p, values)
    of_pattern = values[EVERY - 1].sum(axis=1)
    likelihood = np.prod([p[item, EVERY[:, item] - 1] for item in range(K)], axis=0)
    np.testing.assert_array_equal(sums.scores, np.unique(of_pattern))
    expected = [likelihood[of_pattern == score].sum(axis=0) for score in sums.scores]
    np.testing.assert_allclose(sums.likelihood, expected, rtol=1e-12)
    means, spreads, share = expected_a_posteriori_of_sums(sums, log_weights(NODES, *LATENT), NODES)
    assert share.sum() == pytest.approx(1, rel=1e-12)
    assert means @ share == pytest.approx(0, abs=1e-12)
    assert (spreads**2 + means**2) @ share == pytest.approx(1, abs=1e-7)


def test_partial_credit_with_equal_slopes_scores_by_the_sum() -> None:
    """The sum is sufficient: every pattern with the same sum has the EAP of the score table."""
    items = ITEMS["gpcm"].copy()
    items[:, 0] = 1.2
    sums = sum_score_likelihood(GPCM.probabilities(items, NODES), np.arange(1, C + 1))
    means, spreads, _ = expected_a_posteriori_of_sums(sums, log_weights(NODES, *LATENT), NODES)
    eap, spread = expected_a_posteriori(GPCM, items, LATENT, EVERY, NODES)
    np.testing.assert_allclose(eap, means[EVERY.sum(axis=1) - K], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(spread, spreads[EVERY.sum(axis=1) - K], rtol=1e-9)


def test_empirical_reliability_by_hand() -> None:
    scores, errors, counts = np.array([-1.0, 0.0, 2.0]), np.array([0.5, 0.4, 0.6]), np.array([2.0, 1.0, 1.0])
    variance = np.var([-1, -1, 0, 2], ddof=1)
    assert empirical_reliability(scores, errors, counts) == pytest.approx(
        variance / (variance + (0.25 + 0.25 + 0.16 + 0.36) / 4), rel=1e-12
    )
    assert np.isnan(empirical_reliability(scores[:1], errors[:1], np.ones(1)))


# ---------------------------------------------------------------- C2 and M2*


def residual_test(model: ItemModel, found: Fit, every: np.ndarray, moments: np.ndarray) -> float:
    """N e'Dc (Dc' X Dc)^-1 Dc'e, all of it by enumeration of the patterns `every` and differences."""
    table = PatternTable(every, np.ones(len(every)), C)

    def shares_at(free: np.ndarray) -> np.ndarray:
        log_p = model.log_probabilities(found.layout.expand(free)[0][0], NODES)
        return np.exp(pattern_log_likelihoods(table, log_p, log_weights(NODES, *LATENT)))

    p = shares_at(found.free)
    mean = p @ moments
    covariance = (moments * p[:, None]).T @ moments - np.outer(mean, mean)
    steps = 1e-5 * np.eye(found.layout.size)
    jacobian = np.array([(shares_at(found.free + step) - shares_at(found.free - step)) @ moments / 2e-5 for step in steps]).T
    complement = np.linalg.svd(jacobian)[0][:, jacobian.shape[1] :]
    row = (every[:, None] == found.tables[0].answers[None]).all(axis=2)
    residual = complement.T @ ((row @ found.tables[0].counts / found.n - p) @ moments)
    return float(found.n * residual @ np.linalg.solve(complement.T @ covariance @ complement, residual))


def products(every: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(every.shape[1], 1)
    return (every[:, first] - 1) * (every[:, second] - 1)


@BOTH
def test_c2_by_enumeration(model: ItemModel) -> None:
    found = fitted(model)
    indicators = (EVERY[:, :, None] == [2, 3]).reshape(len(EVERY), -1).astype(float)
    statistic = limited_information(found)
    assert (statistic.df, statistic.moments) == (2, 14)
    moments = np.hstack([indicators, products(EVERY)])
    assert statistic.statistic == pytest.approx(residual_test(model, found, EVERY, moments), rel=1e-5)


@BOTH
def test_c2_and_m2_star_are_the_same_for_two_categories(model: ItemModel) -> None:
    answers = np.array(list(product((1, 2), repeat=5)))
    counts = np.random.default_rng(6).multinomial(500, np.ones(32) / 32).astype(float) + (answers.sum(axis=1) % 5 == 0) * 40
    table = PatternTable(answers, counts, 2)
    found = fit(model, [table], layout(model, table.observed()[None]))
    c2, m2 = limited_information(found), limited_information(found, "M2*")
    assert (c2.df, m2.df) == (5, 5)
    assert c2.statistic == pytest.approx(m2.statistic, rel=1e-8)
    assert independence(table).df == 10


def test_m2_star_by_enumeration() -> None:
    """Six items with three categories leave it three degrees of freedom; four items none."""
    every = np.array(list(product(range(1, C + 1), repeat=6)))
    rng = np.random.default_rng(8)
    logits = 1.4 * (rng.normal(size=(500, 1, 1)) - np.array([[-0.8, 0.6]])) + rng.logistic(size=(500, 6, 1))
    answers, counts = np.unique(1 + (logits > 0).sum(axis=2), axis=0, return_counts=True)
    table = PatternTable(answers, counts.astype(float), C)
    found = fit(GRADED, [table], layout(GRADED, table.observed()[None]))
    statistic = limited_information(found, "M2*")
    assert (statistic.moments, statistic.df) == (21, 3)
    moments = np.hstack([every, products(every)]).astype(float)
    assert statistic.statistic == pytest.approx(residual_test(GRADED, found, every, moments), rel=1e-5)
    none = limited_information(fitted(GRADED), "M2*")
    assert none.df == 0
    assert np.isnan([none.statistic, none.p_value, none.rmsea]).all()


def test_one_cluster_per_answer_is_independence() -> None:
    """With every answer a cluster of its own the clustered C2 uses the sample covariance of the moments, factor n/(n - 1)."""
    found = fitted(GRADED)
    counts = found.tables[0].counts
    rows = np.repeat(np.arange(len(counts)), counts.astype(int))
    n = len(rows)
    single = csr_array((np.ones(n), (np.arange(n), rows)), shape=(n, len(counts)))
    nobody = np.zeros(len(counts))
    alone = limited_information(found, clusters=Clusters(single, nobody))
    unknown = limited_information(found, clusters=Clusters(csr_array((0, len(counts))), counts))
    assert alone.statistic == pytest.approx(unknown.statistic, rel=1e-10)
    assert alone.statistic == pytest.approx(limited_information(found).statistic, rel=0.2)


def test_few_clusters_are_compared_with_hotellings_t2() -> None:
    """p by hand from the statistic; with every answer a cluster of its own it comes close to chi-square."""
    found = fitted(GRADED)
    counts = found.tables[0].counts
    rows = np.random.default_rng(9).permutation(np.repeat(np.arange(len(counts)), counts.astype(int)))
    for units, close in ((20, False), (len(rows), True)):
        leader = np.arange(len(rows)) % units
        clusters = Clusters(csr_array((np.ones(len(rows)), (leader, rows)), shape=(units, len(counts))), np.zeros(len(counts)))
        tested = limited_information(found, clusters=clusters)
        assert tested.df == 2
        expected = f.sf(tested.statistic * (units - 2) / ((units - 1) * 2), 2, units - 2)
        assert tested.p_value == pytest.approx(expected, rel=1e-10)
        assert (abs(tested.p_value / chi2.sf(tested.statistic, 2) - 1) < 0.01) == close


def test_limited_information_refuses_incomplete_rows() -> None:
    found = fitted(GRADED)
    table = PatternTable(np.vstack([found.tables[0].answers, [[0, 1, 1, 1]]]), np.append(found.tables[0].counts, 1.0), C)
    with pytest.raises(ValueError, match="complete rows"):
        limited_information(fit(GRADED, [table], layout(GRADED, table.observed()[None])))


@pytest.mark.parametrize("observed", [(1, 2), (2, 3), (1, 3)])
def test_c2_with_a_lost_category_is_that_of_the_item_with_two(observed: tuple[int, int]) -> None:
    found = fitted(GRADED)
    answers = found.tables[0].answers.copy()
    low, high = observed
    answers[:, 0] = np.where(answers[:, 0] > 2, high, low)
    table = PatternTable(answers, found.tables[0].counts, C)
    statistics = [limited_information(fit(GRADED, [table], layout(GRADED, table.observed()[None])))]
    bases = [independence(table)]
    relabelled = answers.copy()
    relabelled[:, 0] = np.where(answers[:, 0] == high, 2, 1)
    two = PatternTable(relabelled, found.tables[0].counts, C)
    statistics.append(limited_information(fit(GRADED, [two], layout(GRADED, two.observed()[None]))))
    bases.append(independence(two))
    assert statistics[0].df == statistics[1].df == 2
    assert bases[0].df == bases[1].df == 6
    assert statistics[0].statistic == pytest.approx(statistics[1].statistic, rel=1e-6)
    assert bases[0].statistic == pytest.approx(bases[1].statistic, rel=1e-8)


# ---------------------------------------------------------------- items, pairs, persons


def test_exact_data_fit_given_the_sum() -> None:
    """Answers spread exactly as the model says have S-X2 0."""
    p = shares(GRADED, ITEMS["graded"])
    table = PatternTable(EVERY, p * 1e6, C)
    found = fit(GRADED, [table], layout(GRADED, table.observed()[None]))
    np.testing.assert_allclose(found.items[0], ITEMS["graded"], atol=1e-6)
    for one in sum_score_fit(found):
        assert one.statistic == pytest.approx(0, abs=1e-6)
        # Of the sums 1 … 7 the first and the last cannot have every category, and are joined to their neighbours.
        assert one.df == one.df_unjoined == 5 * 2 - 3
        assert one.p_value == pytest.approx(1)


def test_exact_data_have_no_residual_dependence() -> None:
    p = shares(GRADED, ITEMS["graded"])
    curves, weights = GRADED.probabilities(ITEMS["graded"], NODES), np.exp(log_weights(NODES, *LATENT))
    for i, j in ((0, 1), (2, 3)):
        found = pair_table(curves, weights, EVERY, p, (i, j))
        np.testing.assert_allclose(found.observed, found.expected, rtol=1e-9)
        assert found.chi2 == pytest.approx(0, abs=1e-15)


def test_q3_by_hand() -> None:
    """Weighted pairwise correlation of residuals, against numpy on the expanded rows."""
    rng = np.random.default_rng(7)
    answers = rng.integers(0, C + 1, (60, K))
    counts = rng.integers(1, 4, 60).astype(float)
    theta = rng.normal(size=60)
    found, n = q3(GRADED, ITEMS["graded"], answers, counts, theta)
    expected = np.einsum("h,khr->rk", np.arange(1, C + 1), GRADED.probabilities(ITEMS["graded"], theta))
    both = np.repeat((answers[:, 0] > 0) & (answers[:, 2] > 0), counts.astype(int))
    residuals = np.repeat(answers - expected, counts.astype(int), axis=0)[both]
    assert found[0, 2] == pytest.approx(np.corrcoef(residuals[:, 0], residuals[:, 2])[0, 1], rel=1e-10)
    assert n[0, 2] == both.sum()
    pairs = found[np.triu_indices(K, 1)]
    assert q3_star(found) == pytest.approx(pairs.max() - pairs.mean(), rel=1e-12)
    assert np.isnan(q3_star(np.eye(2)))


def test_mean_squares_expect_one_at_the_true_theta() -> None:
    """Over all answers to an item at one theta, weighted by their probability, both mean squares are 1 and z is near 0."""
    theta = 0.4
    p = GRADED.probabilities(ITEMS["graded"], np.array([theta]))[0, :, 0]
    answers = np.zeros((C, K), dtype=np.int64)
    answers[:, 0] = range(1, C + 1)
    found = mean_squares(GRADED, ITEMS["graded"], answers, p * 1e6, np.full(C, theta))
    assert (found[0].outfit, found[0].infit) == pytest.approx((1, 1), rel=1e-12)
    assert (found[0].outfit_z, found[0].infit_z) == pytest.approx((0, 0), abs=1e-2)
    assert found[1].n == 0
    assert np.isnan(found[1].outfit)


def test_zh_is_standardised_at_the_true_theta() -> None:
    """Over all patterns given theta, Zh has mean 0 and variance 1; items not answered do not count."""
    theta = np.full(len(EVERY), -0.3)
    p = GRADED.probabilities(ITEMS["graded"], theta)
    weights = np.prod([p[item, EVERY[:, item] - 1, range(len(EVERY))] for item in range(K)], axis=0)
    found = zh(GRADED, ITEMS["graded"], EVERY, theta)
    assert (weights @ found, weights @ found**2) == pytest.approx((0, 1), abs=1e-10)
    part = np.column_stack([EVERY[:, :2], np.zeros((len(EVERY), 2), dtype=np.int64)])
    np.testing.assert_allclose(
        zh(GRADED, ITEMS["graded"], part, theta), zh(GRADED, ITEMS["graded"][:2], EVERY[:, :2], theta), rtol=1e-10
    )


@pytest.mark.proves("expected_information")
def test_information_where_people_are_is_its_mean_over_the_latent_distribution() -> None:
    """Two categories: a^2 P(1 - P), integrated over the standard normal; its error by differences of that integral."""
    rng = np.random.default_rng(4)
    answers = (rng.normal(size=(400, 1)) * [1.5, 1.0, 0.7] + rng.logistic(size=(400, 3)) > [0.5, -1.0, 2.0]).astype(int) + 1
    patterns = ResponsePatterns.count(plain_instrument((0, 1), ("a", "b", "c")), answers)
    result = op.irt(patterns)
    points, weights = np.polynomial.hermite_e.hermegauss(80)

    def mean_information(slope: float, intercept: float) -> float:
        p = 1 / (1 + np.exp(-(slope * points + intercept)))
        return float(weights @ (slope**2 * p * (1 - p)) / weights.sum())

    for place, item in enumerate("abc"):
        row = result.get("expected_information", item=item)
        own = result.model().items[place]
        assert row.estimate == pytest.approx(mean_information(*own), rel=1e-6)
        gradient = np.array(
            [(mean_information(*(own + step)) - mean_information(*(own - step))) / 2e-5 for step in np.eye(2) * 1e-5]
        )
        covariance = result.model().covariance[2 * place : 2 * place + 2, 2 * place : 2 * place + 2]
        assert row.std_error == pytest.approx(np.sqrt(gradient @ covariance @ gradient), rel=1e-5)
        low, high = row.confidence_interval()
        assert low * high == pytest.approx(row.estimate**2)  # on the log
