"""Guttman's bounds and the greatest lower bound: hand values, identities, optimality."""

import numpy as np
import pytest

from omstilling_psychometrics.core.numerics.moments import complete, covariance
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.reliability.numerics import guttman
from omstilling_psychometrics.topics.reliability.numerics.glb import glb, largest_errors, proved_gap
from omstilling_psychometrics.topics.reliability.numerics.measurement_error import standard_error_of_measurement

BOUNDS = (guttman.lambda1, guttman.lambda2, guttman.lambda3, guttman.lambda4, guttman.lambda5, guttman.lambda6)
PARALLEL = 0.4 + 0.6 * np.eye(4)


def covariance_of(name):
    patterns = load_case(name)
    values, (_, counts) = patterns.values(), patterns.table()
    used = complete(values)
    return covariance(values[used], counts[used])


def random_covariance(k, seed):
    rng = np.random.default_rng(seed)
    # A sample covariance: at an exact factor model the greatest lower bound has a kink, and no derivative.
    answers = rng.normal(size=(40, 2)) @ rng.normal(1, 0.8, size=(2, k)) + rng.normal(size=(40, k)) * rng.uniform(0.4, 1.5, k)
    return np.cov(answers.T)


def test_two_items_by_hand():
    matrix = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert guttman.lambda1(matrix).value == pytest.approx(1 - 3 / 4, rel=1e-15)
    assert guttman.lambda3(matrix).value == pytest.approx(0.5, rel=1e-15)
    assert guttman.lambda2(matrix).value == pytest.approx(0.25 + 2 * 0.5 / 4, rel=1e-15)
    assert guttman.lambda4(matrix).value == pytest.approx(4 * 0.5 / 4, rel=1e-15)
    assert guttman.lambda5(matrix).value == pytest.approx(0.25 + 2 * 0.5 / 4, rel=1e-15)
    assert guttman.lambda6(matrix).value == pytest.approx(1 - (2 - 0.25 / 1 + 1 - 0.25 / 2) / 4, rel=1e-14)
    assert glb(matrix).value == pytest.approx(0.5, abs=1e-8)


def test_two_items_of_which_one_has_no_error():
    # |covariance| exceeds the smaller variance: its error variance is 0 and the other's is 4 - 1.2^2.
    matrix = np.array([[4.0, 1.2], [1.2, 1.0]])
    errors, _ = largest_errors(matrix)
    assert errors == pytest.approx([4 - 1.44, 0], abs=1e-7)


def test_parallel_items_have_one_reliability():
    expected = 4 * 0.4 / (1 + 3 * 0.4)
    for bound in (*BOUNDS[1:4], glb):
        assert bound(PARALLEL).value == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_no_bound_exceeds_the_greatest(seed):
    matrix = random_covariance(7, seed)
    greatest = glb(matrix).value
    assert max(bound(matrix).value for bound in BOUNDS) <= greatest + 1e-8
    assert guttman.lambda1(matrix).value < guttman.lambda3(matrix).value <= guttman.lambda2(matrix).value


@pytest.mark.parametrize("seed", range(5))
def test_glb_is_proved_optimal_by_its_dual(seed):
    matrix = random_covariance(8, seed)
    errors, dual = largest_errors(matrix)
    assert np.linalg.eigvalsh(matrix - np.diag(errors))[0] > -1e-9
    assert (errors >= 0).all()
    assert np.linalg.eigvalsh(dual)[0] > -1e-9
    # Any psi that may be: sum psi <= sum diag(X) psi = tr(X S) - tr(X (S - diag psi)) <= tr(X S).
    assert (np.diag(dual) >= 1 - 1e-14).all()
    assert -1e-12 <= proved_gap(matrix, errors, dual) < 2e-7 * matrix.sum()


@pytest.mark.parametrize("bound", [*BOUNDS, glb, standard_error_of_measurement])
def test_gradient_is_the_derivative(bound):
    matrix = random_covariance(6, 11)
    rng = np.random.default_rng(2)
    direction = rng.normal(size=matrix.shape)
    direction = (direction + direction.T) * 1e-4
    slope = (bound(matrix + direction).value - bound(matrix - direction).value) / 2
    assert (bound(matrix).gradient * direction).sum() == pytest.approx(slope, rel=1e-3)


def test_linearly_dependent_items_have_no_error():
    # The third item is the sum of the first two: none of the three can have error, the fourth can.
    base = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.4], [0.2, 0.4, 1.5]])
    map_ = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1.0]])
    matrix = map_ @ base @ map_.T
    errors, dual = largest_errors(matrix)
    assert errors[:3] == pytest.approx([0, 0, 0], abs=1e-12)
    given = base[2, 2] - base[2, :2] @ np.linalg.solve(base[:2, :2], base[:2, 2])
    assert errors[3] == pytest.approx(given, abs=1e-7)
    assert (matrix * dual).sum() == pytest.approx(errors.sum(), abs=1e-7)
    with pytest.raises(ValueError, match="covariance_singular"):
        guttman.lambda6(matrix)


def test_a_constant_item_is_no_obstacle_to_the_glb():
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = [[1.0, 0.5], [0.5, 1.0]]
    assert glb(matrix).value == pytest.approx(glb(matrix[:2, :2]).value, abs=1e-8)


def test_impossible_matrices_are_refused():
    with pytest.raises(ValueError, match="covariance_not_positive_semidefinite"):
        glb(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))
    with pytest.raises(ValueError, match="total_variance_not_positive"):
        guttman.lambda2(np.zeros((3, 3)))


def test_every_split_of_many_items():
    # Twelve items in two opposed halves: the best split is known, and it is found among 2^23 for 24 items.
    k = 24
    first = np.arange(k) % 2 == 0
    matrix = np.where(first[:, None] == first, 0.1, 0.6) + np.eye(k)
    split = guttman.best_split(matrix)
    assert abs(split[first].sum()) == 12
    assert abs(split[~first].sum()) == 12
    assert split[0] == -split[1]
    with pytest.raises(ValueError, match="too_many_splits: 25"):
        guttman.lambda4(np.eye(25) + 0.2)


def test_split_is_that_of_a_plain_search():
    matrix = random_covariance(9, 3)
    signs = np.array([[1 - 2 * (code >> item & 1) for item in range(9)] for code in range(1, 2**8)], dtype=float)
    smallest = min(float(one @ matrix @ one) for one in signs)
    best = guttman.best_split(matrix)
    assert best @ matrix @ best == pytest.approx(smallest, rel=1e-13)


def test_measurement_error_is_sd_times_root_of_unreliability():
    matrix = covariance_of("bfi_N")
    alpha = guttman.lambda3(matrix).value
    expected = np.sqrt(matrix.sum()) / 5 * np.sqrt(1 - alpha)
    assert standard_error_of_measurement(matrix).value == pytest.approx(expected, rel=1e-13)


def test_influence_is_the_delta_method_of_alpha():
    from omstilling_psychometrics.topics.reliability.numerics.alpha import listwise_alpha

    patterns = load_case("sim1")
    values, (_, counts) = patterns.values(), patterns.table()
    used = complete(values)
    x, weights = values[used], counts[used]
    ours = guttman.influence(guttman.lambda3(covariance(x, weights)).gradient, x, weights)
    n = weights.sum()
    # The same values up to the divisor of S (n or n - 1), which scales the gradient.
    assert ours * n / (n - 1) == pytest.approx(listwise_alpha(values, counts).influence[used], rel=2e-3, abs=1e-9)
