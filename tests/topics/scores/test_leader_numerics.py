"""A leader's score, reliability, probability and change as functions of arrays: by hand, by brute force, by simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.sparse import csr_array
from scipy.special import ndtr
from scipy.stats import norm

from omstilling_psychometrics.core.numerics.arrays import Floats, Ints
from omstilling_psychometrics.topics.scores.numerics.change import MeanOfWave, change
from omstilling_psychometrics.topics.scores.numerics.expected_score import ExpectedScore
from omstilling_psychometrics.topics.scores.numerics.factor_score import FactorScores, factor_scores
from omstilling_psychometrics.topics.scores.numerics.observed_mean import answer_covariances, observed_mean_reliability
from omstilling_psychometrics.topics.scores.numerics.others import others
from omstilling_psychometrics.topics.scores.numerics.posterior import Posterior, probability_above
from omstilling_psychometrics.topics.two_level.numerics.grouped import Grouped
from omstilling_psychometrics.topics.two_level.numerics.ordinal_fit import equal, free, one_level

MODEL = ExpectedScore(
    np.array([1.1, 0.8, 1.6]),
    np.array([0.6, 0.4, 0.9]),
    np.array([[-2.0, -0.5, 0.8], [-1.2, 0.1, 1.5], [-2.5, -1.0, np.inf]]),
    np.array([1.0, 2.0, 3.0, 5.0]),
)
NODES, WEIGHTS = (each for each in np.polynomial.hermite_e.hermegauss(41))
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def given_both(model: ExpectedScore, u: Floats, theta: Floats) -> Floats:
    """P(each category) (…, k, c) of people theta under leaders u."""
    latent = model.loading * theta[..., None] + model.loading_between * u[..., None]
    passed = ndtr(latent[..., None] - model.thresholds)
    edges = np.concatenate([np.ones((*passed.shape[:-1], 1)), passed, np.zeros((*passed.shape[:-1], 1))], axis=-1)
    return np.asarray(edges[..., :-1] - edges[..., 1:])


def drawn(rng: np.random.Generator, model: ExpectedScore, leaders: int, people: int) -> tuple[Floats, Ints]:
    """u (leaders,) and codes of the categories (leaders, people, k) from 0."""
    u = rng.normal(size=leaders)
    theta = rng.normal(size=(leaders, people))
    probability = given_both(model, np.broadcast_to(u[:, None], theta.shape), theta)
    codes = (rng.random((*theta.shape, len(model.loading), 1)) > probability.cumsum(axis=-1)[..., :-1]).sum(axis=-1)
    return u, codes


def brute(model: ExpectedScore, codes: Ints, nodes: int = 61) -> tuple[Floats, Floats]:
    """Nodes and weights of the posterior of each leader, so many of both factors, for small teams; code -1: not answered."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    probability = given_both(model, np.repeat(x[:, None], nodes, 1), np.repeat(x[None], nodes, 0))
    likelihood = np.ones((*codes.shape[:2], nodes, nodes))
    for k in range(codes.shape[2]):
        of_item = np.moveaxis(np.concatenate([probability[:, :, k], np.ones((nodes, nodes, 1))], axis=-1), -1, 0)
        likelihood *= of_item[codes[:, :, k]]
    of_leader = np.log(likelihood @ (w / w.sum())).sum(axis=1)
    weights = w * np.exp(of_leader - of_leader.max(axis=1, keepdims=True))
    return x, weights / weights.sum(axis=1, keepdims=True)


def test_the_expected_score_of_one_item_of_two_categories() -> None:
    """0 and 1: the probability of 1, a normal ogive flattened by the people."""
    model = ExpectedScore(np.array([0.75]), np.array([1.5]), np.array([[0.5]]), np.array([0.0, 1.0]))
    u = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(model(u), ndtr((1.5 * u - 0.5) / 1.25), rtol=1e-14)
    np.testing.assert_allclose(model.inverse(model(u)), u, atol=1e-5)
    assert model.inverse(np.array([-0.1, 1.1])).tolist() == [-np.inf, np.inf]


def test_the_expected_score_is_the_mean_over_people() -> None:
    u = np.array([-1.3, 0.4])
    probability = given_both(MODEL, np.repeat(u[:, None], 41, 1), np.repeat(NODES[None], 2, 0))
    by_quadrature = np.einsum("utkc,t,c->u", probability, WEIGHTS, MODEL.values) / 3
    np.testing.assert_allclose(MODEL(u), by_quadrature, rtol=1e-9)
    assert MODEL.increasing
    assert not ExpectedScore(MODEL.loading, -MODEL.loading_between, MODEL.thresholds, MODEL.values).increasing


def test_reliability_with_every_item_left_out_by_somebody() -> None:
    """One item of two categories by hand: B = Phi2 of two people less p^2. Three items by quadrature over u and theta."""
    one = ExpectedScore(np.array([1.0]), np.array([1.0]), np.array([[0.0]]), np.array([0.0, 1.0]))
    b, total = np.arcsin(1 / 3) / (2 * np.pi), 1 / 4
    found = observed_mean_reliability(answer_covariances(one), np.array([[True]]), csr_array(np.array([[6.0]])))
    assert found[0] == pytest.approx(b / (b + (total - b) / 6), rel=1e-12)

    answered = np.array([[True, True, True], [True, False, True], [False, True, False]])
    counts = csr_array(np.array([[2.0, 1.0, 1.0], [0.0, 0.0, 5.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    found = observed_mean_reliability(answer_covariances(MODEL), answered, counts)
    u, theta = np.repeat(NODES[:, None], 41, 1), np.repeat(NODES[None], 41, 0)
    probability = given_both(MODEL, u, theta)
    first, second = probability @ MODEL.values, probability @ MODEL.values**2
    weights = answered / answered.sum(axis=1, keepdims=True)
    for leader, row in enumerate(counts.toarray()[:3]):
        n = row.sum()
        mean, noise = np.zeros(41), np.zeros(41)
        for pattern, number in enumerate(row):
            of_person = first @ weights[pattern]
            mean += number / n * (of_person @ WEIGHTS)
            spread = ((second - first**2) @ weights[pattern] ** 2 + of_person**2) @ WEIGHTS - (of_person @ WEIGHTS) ** 2
            noise += number / n**2 * spread
        between = WEIGHTS @ mean**2 - (WEIGHTS @ mean) ** 2
        assert found[leader] == pytest.approx(between / (between + WEIGHTS @ noise), rel=1e-8)
    assert np.isnan(found[3])


def test_a_skewed_posterior_by_its_moments() -> None:
    """Five people who all gave the highest answer: distribution function and quantiles against integration."""
    posterior = Posterior.of(*brute(MODEL, np.array([[[3, 3, 2]] * 5])))
    x, w = np.polynomial.hermite_e.hermegauss(41)
    passed = np.array([-0.8, 0.1, 0.9, 2.2])

    def density(u: float) -> float:
        inside = given_both(MODEL, np.full(41, u), x)
        return float(norm.pdf(u) * (inside[:, [0, 1, 2], [3, 3, 2]].prod(axis=1) @ (w / w.sum())) ** 5)

    total = quad(density, -8, 8, epsabs=1e-13)[0]
    exact = np.array([quad(density, -8, limit, epsabs=1e-13)[0] / total for limit in passed])
    found = np.array([posterior.cdf(np.array([limit]))[0] for limit in passed])
    np.testing.assert_allclose(found, exact, atol=2e-5)
    assert posterior.cdf(posterior.quantile(0.025))[0] == pytest.approx(0.025, abs=1e-10)


def test_probability_above_a_mark_that_is_uncertain() -> None:
    """A normal posterior under a curve that is nearly a line: P = Phi((m - mark)/sqrt(s^2 + error^2)) in u."""
    model = ExpectedScore(np.array([30.0]), np.array([1.0]), np.array([[0.0]]), np.array([0.0, 1.0]))
    slope = norm.pdf(0) / np.sqrt(901)
    posterior = Posterior.of(0.3 + 0.4 * NODES, WEIGHTS[None])
    found = probability_above(posterior, model, np.array([0.5 + slope * 0.1]), np.array([slope * 0.3]))
    assert found[0] == pytest.approx(norm.cdf((0.3 - 0.1) / 0.5), abs=2e-4)
    assert np.isnan(probability_above(posterior, model, np.array([np.nan]), np.array([0.0]))[0])
    assert probability_above(posterior, model, np.array([1.2]), np.array([0.0]))[0] == 0


def test_probabilities_are_calibrated_over_leaders() -> None:
    """Of leaders whose probability lies in a band, that share truly lies above: a declared mark, and the mean of the others."""
    rng = np.random.default_rng(11)
    u, codes = drawn(rng, MODEL, 1500, 6)
    codes[rng.random(codes.shape) < 0.1] = -1
    nodes, weights = brute(MODEL, codes, 31)
    posterior = Posterior.of(nodes, weights)
    truth = MODEL(u)
    expected = MODEL(nodes)
    score = weights @ expected
    rest = others(score, weights @ expected**2 - score**2, np.arange(1500) // 5)
    true_rest = others(truth, np.zeros(1500), np.arange(1500) // 5).mean
    for mark, error, above in (
        (np.full(1500, MODEL(np.zeros(1))), np.zeros(1500), u > 0),
        (rest.mean, np.sqrt(rest.variance), truth > true_rest),
    ):
        p = probability_above(posterior, MODEL, mark, error)
        for low in (0.0, 0.2, 0.4, 0.6, 0.8):
            band = (p >= low) & (p < low + 0.2)
            n, mean = band.sum(), p[band].mean()
            assert n > 100
            assert abs(above[band].mean() - mean) < 3.5 * np.sqrt(mean * (1 - mean) / n)
    # Nine in ten lie between the quantiles of 5 and 95 %.
    inside = (u > posterior.quantile(0.05)) & (u < posterior.quantile(0.95))
    assert inside.mean() == pytest.approx(0.9, abs=0.025)


def test_the_others_by_hand() -> None:
    value = np.array([1.0, 2.0, 6.0, np.nan, 5.0, 4.0])
    variance = np.array([0.1, 0.2, 0.3, np.nan, 0.5, 0.7])
    rest = others(value, variance, np.array([0, 0, 0, 0, 1, -1]))
    np.testing.assert_allclose(rest.mean[:3], [4.0, 3.5, 1.5])
    np.testing.assert_allclose(rest.variance[:3], [0.125, 0.1, 0.075])
    assert rest.number.tolist() == [2, 2, 2, 0, 0, 0]
    assert np.isnan(rest.mean[3:]).all()


def test_a_change_by_hand() -> None:
    """Leader 0: people 1, 2 in both waves, 3 in the first only. The covariance within leaders is that of those who returned."""
    rng = np.random.default_rng(2)
    pairs = rng.normal(size=(30, 2))
    leader = np.repeat(np.arange(6), 5)
    n = np.full(6, 5.0)
    mean = np.array([pairs[leader == one].mean(axis=0) for one in range(6)])
    apart = pairs - mean[leader]
    within = np.array([(apart[leader == one] ** 2).sum(axis=0) for one in range(6)])
    once = np.r_[n[:5], 7.0]  # two people about the last leader answered the second time only
    found = change(MeanOfWave(n, mean[:, 0], within[:, 0]), MeanOfWave(once, mean[:, 1], within[:, 1]), leader, pairs)
    v1, v2, c = within[:, 0].sum() / 24, within[:, 1].sum() / 26, (apart[:, 0] * apart[:, 1]).sum() / 24
    np.testing.assert_allclose(found.difference, mean[:, 1] - mean[:, 0])
    np.testing.assert_allclose(found.variance[:5], (v1 + v2 - 2 * c) / 5)
    assert found.variance[5] == pytest.approx(v1 / 5 + v2 / 7 - 10 * c / 35)
    assert found.covariance == pytest.approx(c)
    assert found.df == 50
    alone = change(MeanOfWave(n, mean[:, 0], within[:, 0]), MeanOfWave(n, mean[:, 1], within[:, 1]), leader[:9], pairs[:9])
    assert alone.covariance is None
    np.testing.assert_allclose(alone.variance, (v1 + within[:, 1].sum() / 24) / 5)


def of_wave(leader: Ints, score: Floats) -> MeanOfWave:
    n = np.bincount(leader).astype(float)
    mean = np.bincount(leader, score) / n
    return MeanOfWave(n, mean, np.bincount(leader, (score - mean[leader]) ** 2).astype(float))


def test_five_in_a_hundred_changes_are_false_alarms() -> None:
    """All leaders move alike; half of the people return, and their two scores correlate at .7."""
    rng = np.random.default_rng(4)
    alarms = []
    for _ in range(12):
        leaders = 150
        n = rng.integers(5, 15, leaders)
        leader = np.repeat(np.arange(leaders), n)
        stable = rng.normal(size=leader.size)
        level = rng.normal(0, 0.5, leaders)[leader]
        first = level + 0.84 * stable + 0.55 * rng.normal(size=leader.size)
        back = rng.random(leader.size) < 0.5
        again = np.where(back, stable, rng.normal(size=leader.size))
        second = level + 0.3 + 0.84 * again + 0.55 * rng.normal(size=leader.size)
        one, two = (of_wave(leader, score) for score in (first, second))
        found = change(one, two, leader[back], np.column_stack([first, second])[back])
        rest = others(found.difference, found.variance, np.zeros(leaders, dtype=int))
        z = (found.difference - rest.mean) / np.sqrt(found.variance + rest.variance)
        alarms.append(np.abs(z) > 1.96)
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_a_factor_score_and_what_estimated_parameters_add(kind: str) -> None:
    """Score and spread by brute force at the estimates; slopes by the parameters against differences of scores."""
    rng = np.random.default_rng(8)
    _, codes = drawn(rng, MODEL, 60, 7)
    codes[rng.random(codes.shape) < 0.1] = -1
    patterns, pattern = np.unique(codes.reshape(-1, 3) + 1, axis=0, return_inverse=True)
    counts = csr_array((np.ones(pattern.size), (np.repeat(np.arange(60), 7), pattern.ravel())), shape=(60, len(patterns)))
    grouped = Grouped.of(patterns, 4, counts)
    fit = equal(one_level(grouped), grouped)
    fit = free(fit) if kind == "free" else fit

    def scored(parameters: Floats) -> FactorScores:
        there = replace(fit, parameters=parameters)
        expected = ExpectedScore(there.loading, there.loading_between, there.thresholds, MODEL.values)
        return factor_scores(there, expected, fit.natural, fit.covariance(np.arange(60)))

    found = scored(fit.parameters)
    nodes, weights = brute(found.expected, codes, 81)
    g = found.expected(nodes)
    np.testing.assert_allclose(found.score, weights @ g, atol=1e-8)
    np.testing.assert_allclose(found.spread, np.sqrt(weights @ g**2 - (weights @ g) ** 2), atol=1e-8)
    slopes = []
    for place in np.flatnonzero(fit.free):
        step = np.zeros(len(fit.parameters))
        step[place] = 1e-5
        slopes.append((scored(fit.parameters + step).score - scored(fit.parameters - step).score) / 2e-5)
    by_difference = np.array(slopes).T
    error = np.sqrt(np.einsum("gp,pq,gq->g", by_difference, fit.covariance(np.arange(60)), by_difference))
    np.testing.assert_allclose(found.parameter_error, error, rtol=1e-6)
