"""Scalability, monotonicity, item ordering and selection against identities and hand values."""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics.intervals import influence_error
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.mokken.numerics.item_ordering import coefficient_ht, item_ordering
from omstilling_psychometrics.topics.mokken.numerics.monotonicity import monotonicity
from omstilling_psychometrics.topics.mokken.numerics.rest_score import default_minimum_size, rest_score_groups
from omstilling_psychometrics.topics.mokken.numerics.scalability import coefficients, pair_scalability, step_counts, total
from omstilling_psychometrics.topics.mokken.numerics.selection import select_items
from omstilling_psychometrics.topics.mokken.numerics.two_level import groups, guttman_weights, two_level


def complete(name: str) -> tuple[np.ndarray, np.ndarray, int]:
    case = load_case(name)
    patterns, counts = case.table()
    kept = (patterns > 0).all(axis=1)
    return patterns[kept].astype(np.int64), counts[kept], len(case.instrument.categories)


def scales(patterns: np.ndarray, counts: np.ndarray, categories: int):
    """Scalability of the pairs, the items and the scale."""
    k = patterns.shape[1]
    pairs = {(i, j): pair_scalability(patterns[:, i], patterns[:, j], counts, categories) for i, j in combinations(range(k), 2)}
    items = [total((pair for key, pair in pairs.items() if item in key), counts.size) for item in range(k)]
    return pairs, items, total(pairs.values(), counts.size)


def by_leader(name: str):
    """Groups of the leaders with at least two complete answers."""
    case = load_case(name)
    patterns, _ = case.table()
    kept = (patterns > 0).all(axis=1)
    counts = case.clusters("leader").restrict(kept).counts
    return groups(patterns[kept].astype(np.int64), counts, len(case.instrument.categories))


@pytest.mark.parametrize("name", ["datCat", "sim_small", "bfi_A"])
def test_one_minus_errors_over_expected_errors_is_covariance_over_its_maximum(name):
    patterns, counts, categories = complete(name)
    n = counts.sum()
    for (i, j), pair in scales(patterns, counts, categories)[0].items():
        first, second = patterns[:, i], patterns[:, j]
        weights = guttman_weights(step_counts(first, counts, categories), step_counts(second, counts, categories))
        table = np.zeros((categories, categories))
        np.add.at(table, (first - 1, second - 1), counts)
        observed = (weights * table).sum()
        expected = (weights * np.outer(table.sum(axis=1), table.sum(axis=0))).sum() / n
        assert pair.estimate == pytest.approx(1 - observed / expected, rel=1e-12)
        assert pair.maximum == pytest.approx(expected / n, rel=1e-12)


def test_guttman_weights_by_hand():
    # Steps from the most to the least popular: i1 j1 i2 j2. (x, y) = (2, 0) passes i1 and i2 but fails j1: one error.
    weights = guttman_weights(np.array([40.0, 20.0]), np.array([30.0, 10.0]))
    np.testing.assert_allclose(weights, [[0, 1, 3], [0, 0, 1], [1, 0, 0]])


def test_equally_popular_steps_count_half_in_each_order():
    np.testing.assert_allclose(guttman_weights(np.array([10.0]), np.array([10.0])), [[0, 0.5], [0.5, 0]])


def test_perfect_guttman_scale_has_h_of_one_and_no_error():
    patterns = np.array([[1, 1, 1], [2, 1, 1], [2, 2, 1], [2, 2, 2], [3, 2, 2], [3, 3, 3]])
    counts = np.array([5.0, 4, 3, 6, 2, 1])
    pairs, items, scale = scales(patterns, counts, 3)
    for part in (*pairs.values(), *items, scale):
        assert part.estimate == pytest.approx(1.0, rel=1e-12)
    assert coefficients(patterns, counts, 3).scale == pytest.approx(1.0, rel=1e-12)


def test_influence_is_the_derivative():
    patterns, counts, categories = complete("bfi_A")
    _, _, scale = scales(patterns, counts, categories)
    influence = scale.influence(counts)
    assert counts @ influence == pytest.approx(0.0, abs=1e-8)
    step = 1e-3  # small against every difference in popularity, so that no order changes
    for pattern in (0, 100, 700):
        more, less = counts.copy(), counts.copy()
        more[pattern] += step
        less[pattern] -= step
        slope = (scales(patterns, more, categories)[2].estimate - scales(patterns, less, categories)[2].estimate) / (2 * step)
        assert slope * counts.sum() == pytest.approx(influence[pattern], rel=1e-4, abs=1e-6)


def test_counts_are_rows_and_shares_are_what_matters():
    patterns, counts, categories = complete("datCat")
    rows = np.repeat(patterns, counts.astype(int), axis=0)
    once = scales(patterns, counts, categories)[2]
    expanded = scales(rows, np.ones(len(rows)), categories)[2]
    assert expanded.estimate == pytest.approx(once.estimate, rel=1e-12)
    twice = scales(patterns, 2 * counts, categories)[2]
    assert twice.estimate == pytest.approx(once.estimate, rel=1e-12)
    errors = [influence_error(one.influence(weight), weight) for one, weight in ((once, counts), (twice, 2 * counts))]
    assert errors[1] == pytest.approx(errors[0] / np.sqrt(2), rel=1e-12)


def test_a_missing_answer_touches_only_the_pairs_of_its_item():
    patterns, counts, categories = complete("datCat")
    holed = patterns.copy()
    holed[3, 0] = -1
    full, part = scales(patterns, counts, categories)[0], scales(holed, counts, categories)[0]
    for key in full:
        assert (full[key].estimate == part[key].estimate) is (0 not in key)
    assert part[0, 1].used.sum() == len(counts) - 1


def test_an_item_without_variance_adds_nothing():
    patterns, counts, categories = complete("datCat")
    constant = patterns.copy()
    constant[:, 4] = 2
    pairs, items, scale = scales(constant, counts, categories)
    assert np.isnan(pairs[0, 4].estimate)
    assert np.isnan(items[4].estimate)
    assert scale.estimate == pytest.approx(scales(patterns[:, :4], counts, categories)[2].estimate, rel=1e-12)


def test_within_raters_is_h_with_the_clustered_sandwich():
    case = load_case("lq2002_lead")
    patterns, counts, categories = complete("lq2002_lead")
    scale = scales(patterns, counts, categories)[2]
    within = dict(two_level(by_leader("lq2002_lead")))[()].within
    assert within.estimate == pytest.approx(scale.estimate, rel=1e-12)
    assert within.sandwich == pytest.approx(
        influence_error(scale.influence(counts), counts, case.clusters("leader")), rel=1e-10
    )


def test_between_raters_counts_pairs_of_raters_of_one_leader():
    rng = np.random.default_rng(3)
    answers, leader = rng.integers(1, 4, (40, 2)), np.repeat(np.arange(8), 5)
    counts = csr_array((np.ones(40), (leader, np.arange(40))))
    found = dict(two_level(groups(answers, counts, 3)))[()]
    weights = guttman_weights(*(step_counts(answers[:, item], np.ones(40), 3) for item in range(2)))
    raters = [(a, b) for a in range(40) for b in range(40) if a != b and leader[a] == leader[b]]
    between = np.mean([weights[answers[a, 0] - 1, answers[b, 1] - 1] for a, b in raters])
    expected = np.mean([[weights[a[0] - 1, b[1] - 1] for a in answers] for b in answers])
    assert found.between.estimate == pytest.approx(1 - between / expected, rel=1e-12)


def test_sandwich_of_between_raters_is_close_to_the_jackknife_over_leaders():
    data = by_leader("lq2002_lead")
    found = dict(two_level(data))[()]
    leaders = data.sizes.size
    left_out = []
    for one in range(leaders):
        keep = np.arange(leaders) != one
        left_out.append(dict(two_level(groups(data.patterns, csr_array(data.counts[np.flatnonzero(keep)]), 5)))[()])
    for part in ("within", "between", "ratio"):
        estimates = np.array([getattr(result, part).estimate for result in left_out])
        jackknife = np.sqrt((leaders - 1) / leaders * ((estimates - estimates.mean()) ** 2).sum())
        assert getattr(found, part).sandwich == pytest.approx(jackknife, rel=0.08)


def test_leaders_with_one_rater_are_left_out():
    answers = np.array([[1, 2], [2, 3], [3, 3], [1, 1], [2, 1]])
    counts = csr_array(np.array([[1.0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]]))
    data = groups(answers, counts, 3)
    assert data.n == 4
    assert data.sizes.size == 2
    with pytest.raises(EstimationError, match="one_answer_per_cluster"):
        groups(answers, csr_array(np.eye(5)), 3)


def test_ht_by_brute_force():
    rng = np.random.default_rng(8)
    patterns, counts = rng.integers(1, 6, (12, 4)).astype(np.int64), rng.integers(1, 4, 12).astype(float)
    rows = np.repeat(patterns, counts.astype(int), axis=0)
    covariance, maximum = np.cov(rows), np.cov(np.sort(rows, axis=1))
    pairs = ~np.eye(len(rows), dtype=bool)
    assert coefficient_ht(patterns, counts) == pytest.approx(covariance[pairs].sum() / maximum[pairs].sum(), rel=1e-12)


def test_ht_of_one_order_shared_by_all_is_one_and_of_flat_answers_unknown():
    assert coefficient_ht(np.array([[1, 2, 4], [2, 3, 5]]), np.array([3.0, 2.0])) == pytest.approx(1.0)
    assert np.isnan(coefficient_ht(np.array([[2, 2, 2], [4, 4, 4]]), np.array([3.0, 2.0])))


def test_selection_finds_two_planted_scales_and_the_item_in_none():
    rng = np.random.default_rng(5)
    theta = rng.standard_normal((2000, 2))
    latent = np.column_stack([theta[:, [0, 0, 0, 1, 1, 1]] * 2, np.zeros(2000)]) + rng.standard_normal((2000, 7))
    answers = 1 + (latent[:, :, None] > np.array([-1.5, 0.0, 1.5])).sum(axis=2)
    scale = select_items(answers, np.ones(2000), 4)
    assert scale[6] == 0
    assert set(scale[:3]) != set(scale[3:6])
    assert len(set(scale[:3])) == len(set(scale[3:6])) == 1


def test_selection_passes_over_items_without_variance_and_uses_clusters():
    case = load_case("lq2002_lead")
    patterns, counts, categories = complete("lq2002_lead")
    clusters = case.clusters("leader")
    assert select_items(patterns, counts, categories, clusters=clusters).tolist() == [1] * 5
    constant = patterns.copy()
    constant[:, 2] = 3
    assert select_items(constant, counts, categories, clusters=clusters).tolist() == [1, 1, 0, 1, 1]
    assert select_items(patterns, counts, categories, lower_bound=0.9).tolist() == [0] * 5


def test_rest_score_groups_by_hand():
    rest, counts = np.array([2, 3, 4, 5, 6]), np.array([3.0, 4, 2, 5, 3])
    # 3 + 4 reach 5; 2 + 5 reach 5; the 3 left over join the second group.
    assert rest_score_groups(rest, counts, 5).tolist() == [0, 0, 1, 1, 1]
    assert rest_score_groups(rest, counts, 3).tolist() == [0, 1, 2, 2, 3]
    with pytest.raises(EstimationError, match="too_few_for_groups: n = 17"):
        rest_score_groups(rest, counts, 9)


def test_default_group_sizes():
    assert [default_minimum_size(n) for n in (100, 149, 150, 250, 251, 499, 500)] == [50, 50, 50, 83, 50, 99, 50]


def test_planted_violation_of_monotonicity_is_found():
    rng = np.random.default_rng(4)
    theta = rng.standard_normal(3000)
    latent = 2 * theta[:, None] + rng.standard_normal((3000, 4))
    latent[:, 3] = -2 * np.abs(theta) + 0.5 * rng.standard_normal(3000)
    answers = 1 + (latent[:, :, None] > np.array([-2.0, -0.7, 0.7, 2.0])).sum(axis=2)
    found = monotonicity(answers, np.ones(3000), 5)
    assert [one.significant > 0 for one in found] == [False, False, False, True]
    assert found[3].crit > 80


def test_two_categories_use_the_sign_test():
    rng = np.random.default_rng(6)
    theta = rng.standard_normal(2000)
    chance = 1 / (1 + np.exp(-np.column_stack([3 * theta, theta - 0.1, theta - 1.5, theta + 1.5])))
    answers = 1 + (rng.random((2000, 4)) < chance).astype(np.int64)
    found = item_ordering(answers, np.ones(2000), 2)
    assert found.items[0].significant > 0
    assert set(found.removed) <= {0, 1}
    with pytest.raises(EstimationError, match="needs_three_items"):
        item_ordering(answers[:, :2], np.ones(2000), 2)
