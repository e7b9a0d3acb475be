"""Leaving out leaders: brute force, equal sizes, below the boundary, data without an answer."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.topics.leaders.numerics import jackknife
from omstilling_psychometrics.topics.leaders.numerics import variance_components as components


def drawn(leaders, between, seed, waves=2, smallest=1, largest=9):
    """Columns leader, wave, score; most leaders in every wave."""
    rng = np.random.default_rng(seed)
    rows = []
    for leader in range(leaders):
        own = rng.normal(0, math.sqrt(between))
        for wave in range(waves):
            if wave and rng.random() < 0.3:
                continue
            rows += [(leader, wave, wave + own + rng.normal()) for _ in range(rng.integers(smallest, largest))]
    return np.array(rows)


def sums_of(rows):
    groups, place = np.unique(rows[:, :2].astype(int), axis=0, return_inverse=True)
    counts = csr_array((np.ones(len(rows)), (place.ravel(), np.arange(len(rows)))))
    return components.group_sums(rows[:, 2], counts, groups[:, 0], groups[:, 1])


def unbounded(rows, size):
    """log(1 + m ratio) where the restricted likelihood of a dense model is largest, ratio below 0 allowed."""
    sums = sums_of(rows)
    design = np.equal.outer(sums.wave, np.arange(sums.waves)).astype(float)

    def deviance(log_f):
        ratio = math.expm1(log_f) / size
        variance = ratio + 1 / sums.n  # of group means, in units of the variance within
        inverse = design.T @ (design / variance[:, None])
        mean = np.linalg.solve(inverse, design.T @ (sums.mean / variance))
        square = sums.within.sum() + ((sums.mean - design @ mean) ** 2 / variance).sum()
        freedom = sums.total - sums.waves
        return np.log(variance).sum() + np.linalg.slogdet(inverse)[1] + freedom * math.log(square)

    lowest = math.log1p(-size / sums.n.max()) if size < sums.n.max() else -10
    grid = np.linspace(max(lowest + 1e-3, -3), 3, 601)
    best = int(np.argmin([deviance(point) for point in grid]))
    low, high = grid[best - 1], grid[best + 1]
    for _ in range(80):
        first, second = low + (high - low) * 0.382, low + (high - low) * 0.618
        low, high = (low, second) if deviance(first) < deviance(second) else (first, high)
    return (low + high) / 2


@pytest.mark.parametrize(("between", "seed"), [(0.4, 1), (0.1, 2), (0.0, 3)])
def test_reml_is_leaving_leaders_out_one_by_one(between, seed):
    """Also where the variance between leaders is estimated as 0: there the errors come from estimates that may be negative."""
    rows = drawn(12, between, seed)
    fitted = components.reml(sums_of(rows))
    size = len(rows) / fitted.sums.groups
    left_out = [unbounded(rows[rows[:, 0] != leader], size) for leader in range(12)]
    centre, error = jackknife.jackknife_reml(fitted)
    assert centre == pytest.approx(unbounded(rows, size), abs=1e-6)
    assert error == pytest.approx(jackknife.jackknife_error(np.array(left_out)), rel=1e-5)
    if fitted.between > 0:
        assert centre == pytest.approx(math.log1p(size * fitted.between / fitted.within), abs=1e-9)
    else:
        assert centre < 0


def test_anova_is_leaving_leaders_out_one_by_one():
    rows = drawn(12, 0.4, 5, waves=3)
    left_out = [math.log(components.anova(sums_of(rows[rows[:, 0] != leader])).f) for leader in range(12)]
    expected = jackknife.jackknife_error(np.array(left_out))
    assert jackknife.jackknife_log_f(sums_of(rows)) == pytest.approx(expected, rel=1e-10)


def test_equal_sizes_make_both_one_number():
    rows = drawn(10, 0.3, 6, smallest=4, largest=5)
    sums = sums_of(rows)
    centre, error = jackknife.jackknife_reml(components.reml(sums))
    assert math.exp(centre) == pytest.approx(components.anova(sums).f, rel=1e-9)
    assert error == pytest.approx(jackknife.jackknife_log_f(sums), rel=1e-7)


def test_a_wave_that_a_single_leader_has():
    """Without that leader the wave is gone, and its mean with it."""
    rows = np.vstack([drawn(8, 0.4, 7, waves=1), [[3, 1, 2.0], [3, 1, 4.0], [3, 1, 3.5]]])
    left_out = [math.log(components.anova(sums_of(rows[rows[:, 0] != leader])).f) for leader in range(8)]
    sums = sums_of(rows)
    assert jackknife.jackknife_log_f(sums) == pytest.approx(jackknife.jackknife_error(np.array(left_out)), rel=1e-10)
    size = sums.total / sums.groups
    expected = [unbounded(rows[rows[:, 0] != leader], size) for leader in range(8)]
    assert jackknife.jackknife_reml(components.reml(sums))[1] == pytest.approx(
        jackknife.jackknife_error(np.array(expected)), rel=1e-5
    )


def test_two_leaders_have_none():
    rows = drawn(2, 1.0, 8, smallest=3)
    sums = sums_of(rows)
    assert math.isnan(jackknife.jackknife_log_f(sums))
    assert math.isnan(jackknife.jackknife_reml(components.reml(sums))[1])


def test_pieces_of_many_leaders_give_the_same(monkeypatch):
    fitted = components.reml(sums_of(drawn(20, 0.2, 9)))
    whole = jackknife.jackknife_reml(fitted)
    monkeypatch.setattr(jackknife, "_LEADERS_AT_ONCE", 7)
    assert jackknife.jackknife_reml(fitted) == pytest.approx(whole, rel=1e-9)


def test_mean_over_groups():
    values, leader = np.array([1.0, 2, 4, 7]), np.array([5, 5, 8, 9])
    # Means without each leader: 11/2, 10/3, 7/3.
    left_out = np.array([11 / 2, 10 / 3, 7 / 3])
    expected = math.sqrt(2 / 3 * ((left_out - left_out.mean()) ** 2).sum())
    assert jackknife.mean_over_groups(values, leader) == (pytest.approx(expected, rel=1e-12), 3)
    # A group each: the usual standard error, to the last digit.
    alone = jackknife.mean_over_groups(values, np.arange(4))
    assert alone == (float(values.std(ddof=1)) / 2, 4)
    assert math.isnan(jackknife.mean_over_groups(values, np.zeros(4, dtype=int))[0])
    assert jackknife.mean_over_groups(np.full(6, 0.9) + 1e-16 * np.arange(6), np.arange(6) // 2) == (0.0, 3)


def test_nothing_left_without_one_leader_is_no_error():
    """All that varies within, or all that varies between, is one leader's: zero but for rounding."""
    within = np.array([[0, 0, 0.1], [0, 0, 0.7], [1, 0, 0.3], [1, 0, 0.3], [2, 0, 0.6], [2, 0, 0.6], [3, 0, 0.2], [3, 0, 0.2]])
    between = np.array([[0, 0, 2.1], [0, 0, 2.9], [1, 0, 0.1], [1, 0, 0.6], [2, 0, 0.1], [2, 0, 0.6], [3, 0, 0.2], [3, 0, 0.5]])
    for rows in (within, between):
        again = np.vstack([rows, rows + np.array([0, 1, 0.3])])
        sums = sums_of(again)
        assert math.isnan(jackknife.jackknife_log_f(sums))
        assert math.isnan(jackknife.jackknife_reml(components.reml(sums))[1])
