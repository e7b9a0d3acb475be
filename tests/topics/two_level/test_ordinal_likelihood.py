"""The likelihood of the ordinal two-level model against integrals written out here, its nodes and its derivatives."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import ndtr

from omstilling_psychometrics.topics.two_level.numerics import ordinal_fit
from omstilling_psychometrics.topics.two_level.numerics.equal_slopes import EqualSlopes
from omstilling_psychometrics.topics.two_level.numerics.free_slopes import FreeSlopes
from omstilling_psychometrics.topics.two_level.numerics.grouped import Grouped
from omstilling_psychometrics.topics.two_level.numerics.marginal import derivatives

LOADING = np.array([1.2, 0.8, 1.0])
BETWEEN = np.array([0.3, 0.9, 0.5])
THRESHOLDS = np.array([[-1.3, -0.2, 0.9], [-1.0, 0.1, 1.2], [-0.7, 0.0, 0.4]])


def grouped(codes, group, categories):
    """Rows (n, k) of codes, and the group (n,) of each."""
    rows, place = np.unique(codes, axis=0, return_inverse=True)
    counts = csr_array((np.ones(len(group)), (group, place.ravel())), shape=(max(group) + 1, len(rows)))
    counts.sum_duplicates()
    return Grouped.of(rows.astype(np.int64), categories, counts)


def drawn(sizes, loading=LOADING, between=BETWEEN, thresholds=THRESHOLDS, seed=1, holes=0.2):
    """Answers of teams of these sizes."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    latent = np.outer(rng.normal(size=len(group)), loading) + np.outer(rng.normal(size=len(sizes))[group], between)
    latent += rng.normal(size=latent.shape)
    codes = 1 + (latent[:, :, None] > thresholds).sum(axis=2)
    missing = rng.random(codes.shape) < holes
    missing[:, 0] &= ~missing[:, 1:].all(axis=1)
    codes[missing] = 0
    return codes, group


def by_integration(codes, group, loading, between, thresholds):
    """Log-likelihood by Gauss's rule with 300 nodes for either factor."""
    edges = np.hstack([np.full((len(loading), 1), -np.inf), thresholds, np.full((len(loading), 1), np.inf)])
    nodes, weights = np.polynomial.legendre.leggauss(300)
    x, weights = 9 * nodes, 9 * weights * np.exp(-((9 * nodes) ** 2) / 2) / math.sqrt(2 * math.pi)

    def person(row):
        product = np.ones((len(x), len(x)))  # theta by u
        for item in np.flatnonzero(row):
            line = loading[item] * x[:, None] + between[item] * x
            product *= ndtr(edges[item, row[item]] - line) - ndtr(edges[item, row[item] - 1] - line)
        return weights @ product

    teams = (np.prod([person(row) for row in codes[group == one]], axis=0) for one in range(max(group) + 1))
    return sum(math.log(weights @ team) for team in teams)


def test_equal_loadings_against_integration() -> None:
    """Three categories more in one item than in the others, holes, a team of one person."""
    codes, group = drawn([1, 3, 2], between=0.6 * LOADING)
    parameters = np.concatenate([LOADING, THRESHOLDS.ravel(), [0.6]])
    ours = ordinal_fit.height("equal", grouped(codes, group, 4), parameters)
    assert ours == pytest.approx(by_integration(codes, group, LOADING, 0.6 * LOADING, THRESHOLDS), rel=1e-9)


def test_free_loadings_against_integration() -> None:
    codes, group = drawn([1, 3, 2], seed=2)
    parameters = np.concatenate([LOADING, BETWEEN, THRESHOLDS.ravel()])
    ours = ordinal_fit.height("free", grouped(codes, group, 4), parameters)
    assert ours == pytest.approx(by_integration(codes, group, LOADING, BETWEEN, THRESHOLDS), rel=1e-9)


def test_two_categories_and_one_loading_freed_against_integration() -> None:
    thresholds = np.array([[-0.5], [0.2], [0.4]])
    between = 0.5 * LOADING
    between[1] = -0.2
    codes, group = drawn([2, 3], thresholds=thresholds, seed=3)
    parameters = np.concatenate([LOADING, between, thresholds.ravel()])
    ours = ordinal_fit.height("free", grouped(codes, group, 2), parameters)
    assert ours == pytest.approx(by_integration(codes, group, LOADING, between, thresholds), rel=1e-9)


def test_both_forms_agree_where_loadings_are_equal() -> None:
    codes, group = drawn(np.random.default_rng(4).integers(1, 40, 30), seed=4)
    answers = grouped(codes, group, 4)
    equal = ordinal_fit.height("equal", answers, np.concatenate([LOADING, THRESHOLDS.ravel(), [0.7]]))
    free = ordinal_fit.height("free", answers, np.concatenate([LOADING, 0.7 * LOADING, THRESHOLDS.ravel()]))
    assert equal == pytest.approx(free, rel=1e-12)


def test_without_loadings_between_it_is_the_graded_model_of_one_level() -> None:
    """The sum over people of one integral each, on a fine grid of its own."""
    codes, group = drawn([4, 7, 1], seed=5)
    answers = grouped(codes, group, 4)
    theta = np.linspace(-9, 9, 4001)
    edges = (
        np.hstack([np.full((3, 1), -np.inf), THRESHOLDS, np.full((3, 1), np.inf)])[:, :, None] - LOADING[:, None, None] * theta
    )
    curves = ndtr(edges[:, 1:]) - ndtr(edges[:, :-1])
    density = np.exp(-(theta**2) / 2) / math.sqrt(2 * math.pi) * (theta[1] - theta[0])
    one_level = sum(
        math.log(density @ np.prod([curves[item, code - 1] for item, code in enumerate(row) if code], axis=0)) for row in codes
    )
    for kind, slopes in (("equal", [0.0]), ("free", None)):
        parameters = np.concatenate(
            [LOADING, THRESHOLDS.ravel(), slopes] if slopes else [LOADING, np.zeros(3), THRESHOLDS.ravel()]
        )
        assert ordinal_fit.height(kind, answers, parameters) == pytest.approx(one_level, rel=1e-11)


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_twice_the_nodes_change_nothing(kind) -> None:
    """Teams of one, of 500 and between, half of the factor's variance between leaders."""
    codes, group = drawn([1, 2, 30, 200, 500, 500, 1, 1], between=LOADING, seed=6)
    answers = grouped(codes, group, 4)
    slopes = [LOADING, THRESHOLDS.ravel(), [1.0]] if kind == "equal" else [LOADING, BETWEEN + 0.5, THRESHOLDS.ravel()]
    parameters = np.concatenate(slopes)
    usual = ordinal_fit.height(kind, answers, parameters)
    assert ordinal_fit.height(kind, answers, parameters, finer=2.0) == pytest.approx(usual, rel=1e-11)


def test_leaders_whose_people_all_chose_the_highest_category() -> None:
    """Their posterior is no normal density: one side tells nothing."""
    codes, group = np.full((60, 3), 4), np.repeat([0, 1], [20, 40])
    answers = grouped(codes, group, 4)
    parameters = np.concatenate([LOADING, THRESHOLDS.ravel(), [0.8]])
    usual = ordinal_fit.height("equal", answers, parameters)
    assert ordinal_fit.height("equal", answers, parameters, finer=3.0) == pytest.approx(usual, rel=1e-9)


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_gradient_and_hessian_are_those_of_the_likelihood(kind) -> None:
    """Against Richardson's differences of the height, and of the gradient, in four directions."""
    codes, group = drawn([1, 1, 5, 12], seed=7)
    answers = grouped(codes, group, 4)
    slopes = [LOADING, THRESHOLDS.ravel(), [0.6]] if kind == "equal" else [LOADING, BETWEEN, THRESHOLDS.ravel()]
    parameters = np.concatenate(slopes)

    def there(values):
        if kind == "equal":
            return derivatives(answers, lambda block, farthest: EqualSlopes(block, values, farthest), len(values))
        return derivatives(answers, lambda block, farthest: FreeSlopes(block, values, farthest, derivatives=True), len(values))

    ours = there(parameters)
    for direction in np.random.default_rng(1).normal(size=(4, len(parameters))):

        def along(step, direction=direction):
            ahead, back = there(parameters + step * direction), there(parameters - step * direction)
            return np.append(ahead.gradient - back.gradient, ahead.value - back.value) / (2 * step)

        numeric = (4 * along(5e-4) - along(1e-3)) / 3
        assert ours.gradient @ direction == pytest.approx(numeric[-1], abs=1e-7)
        assert ours.hessian @ direction == pytest.approx(numeric[:-1], rel=1e-7, abs=1e-6)


def test_slope_by_the_variance_at_nought() -> None:
    """The derivative of the log-likelihood by s^2 where the model has one level, against its differences."""
    codes, group = drawn([6] * 30, between=0 * BETWEEN, seed=8, holes=0.1)
    answers = grouped(codes, group, 4)
    single = ordinal_fit.one_level(answers)

    def height(square):
        parameters = np.append(single.parameters[:-1], math.sqrt(square))
        return ordinal_fit.height("equal", answers, parameters)

    step = 1e-4
    forward = (-3 * height(0) + 4 * height(step) - height(2 * step)) / (2 * step)
    assert ordinal_fit.rise_with_variance(single, answers) == pytest.approx(forward, rel=1e-4)


@pytest.mark.parametrize("kind", ["equal", "free"])
def test_a_large_team_that_says_the_same_puts_its_leader_far_out(kind) -> None:
    """300 people at the top of every item, of leaders who hardly differ: the maximum is at 17 standard deviations."""
    answers = grouped(np.full((300, 3), 4), np.zeros(300, dtype=np.int64), 4)
    slopes = [LOADING, THRESHOLDS.ravel(), [0.15]] if kind == "equal" else [LOADING, 0.15 * LOADING, THRESHOLDS.ravel()]
    theta, u = np.linspace(-9, 9, 601), np.linspace(0, 40, 1601)
    line = theta[:, None] + 0.15 * u
    top = np.prod([ndtr(slope * line - cut) for slope, cut in zip(LOADING, THRESHOLDS[:, -1], strict=True)], axis=0)
    one = np.exp(-(theta**2) / 2) @ top * (theta[1] - theta[0]) / math.sqrt(2 * math.pi)
    joint = 300 * np.log(one) - u**2 / 2
    assert u[joint.argmax()] > 15
    expected = joint.max() + math.log(np.exp(joint - joint.max()).sum() * (u[1] - u[0]) / math.sqrt(2 * math.pi))
    assert ordinal_fit.height(kind, answers, np.concatenate(slopes)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["one_level", "equal", "free"])
def test_the_same_rare_answer_to_many_items_puts_a_person_far_out(kind) -> None:
    """20 weak items, all answered at a top that .6 % reach: the person's factor is at 6 and more."""
    loading, thresholds = np.full(20, 0.3), np.full((20, 1), 2.6)
    answers = grouped(np.full((4, 20), 2), np.arange(4) // 2, 2)
    theta, u = np.linspace(-14, 14, 1401), np.linspace(-9, 9, 181)
    log_top = 20 * np.log(ndtr(0.3 * (theta + 0.2 * u[:, None]) - 2.6)) - theta**2 / 2
    one = np.exp(log_top).sum(axis=1) * 0.02 / math.sqrt(2 * math.pi)
    if kind == "one_level":
        slopes, expected = [loading, thresholds.ravel(), [0.0]], 4 * math.log(one[90])
    else:
        slopes = [loading, thresholds.ravel(), [0.2]] if kind == "equal" else [loading, 0.2 * loading, thresholds.ravel()]
        expected = 2 * math.log((one**2 * np.exp(-(u**2) / 2)).sum() * 0.1 / math.sqrt(2 * math.pi))
    assert theta[log_top[90].argmax()] > 5.5
    assert ordinal_fit.height(kind, answers, np.concatenate(slopes)) == pytest.approx(expected, rel=1e-10)
