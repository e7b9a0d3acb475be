"""Marginal maximum likelihood: exact derivatives, degenerate cases and what cannot be estimated."""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.core.note import Note
from omstilling_psychometrics.topics.irt.numerics.estimation import Fit, covariance, fit
from omstilling_psychometrics.topics.irt.numerics.marginal import PatternTable, derivatives, log_likelihood
from omstilling_psychometrics.topics.irt.numerics.models import GPCM, GRADED, PCM, ItemModel
from omstilling_psychometrics.topics.irt.numerics.parameters import Layout, layout
from omstilling_psychometrics.topics.irt.numerics.quadrature import NODES
from omstilling_psychometrics.topics.irt.numerics.sampling import draw

IDENTITY = 1e-12
LATENT = np.array([0.0, 1.0])


def simulated(seed: int = 1, n: int = 400, k: int = 4, c: int = 4) -> PatternTable:
    """Graded answers with holes, one row per answer pattern."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n, 1, 1))
    difficulty = np.sort(rng.uniform(-1.8, 1.8, (k, c - 1)), axis=1)
    logits = 1.6 * (theta - difficulty)
    answers = 1 + (logits + rng.logistic(size=(n, k, 1)) > 0).sum(axis=2)
    answers[rng.random((n, k)) < 0.1] = 0
    distinct, counts = np.unique(answers[(answers > 0).any(axis=1)], axis=0, return_counts=True)
    return PatternTable(distinct, counts.astype(float), c)


def one_group(model: ItemModel, table: PatternTable) -> Fit:
    return fit(model, [table], layout(model, table.observed()[None]))


def errors(fitted: Fit, **options: bool) -> np.ndarray:
    return np.sqrt(np.diag(covariance(fitted, **options)))


TABLE = simulated()


@pytest.mark.parametrize("model", [GRADED, GPCM], ids=lambda model: model.name)
def test_derivatives_of_the_marginal_likelihood(model: ItemModel) -> None:
    """Gradient and Hessian against differences, away from the maximum and with a latent mean and variance of its own."""
    items = one_group(model, TABLE).items[0] * 0.9
    k, m = items.shape
    point = np.concatenate([items.ravel(), [0.2, 1.3]])

    def at(place: np.ndarray):
        return derivatives(TABLE, model, place[:-2].reshape(k, m), place[-2:], NODES)

    found = at(point)
    value = log_likelihood(TABLE, model, items, point[-2:], NODES)
    assert found.value == pytest.approx(value, rel=IDENTITY)
    step = 1e-5
    for place in range(point.size):
        move = step * np.eye(point.size)[place]
        higher, lower = at(point + move), at(point - move)
        assert found.gradient[place] == pytest.approx((higher.value - lower.value) / (2 * step), rel=1e-6, abs=1e-5)
        numeric = (higher.gradient - lower.gradient) / (2 * step)
        np.testing.assert_allclose(found.hessian[place], numeric, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(TABLE.counts @ found.scores, found.gradient, rtol=1e-9, atol=1e-9)


def test_counts_are_the_same_as_expanded_rows() -> None:
    rows = np.repeat(np.arange(len(TABLE.counts)), TABLE.counts.astype(int))
    expanded = PatternTable(TABLE.answers[rows], np.ones(len(rows)), TABLE.categories)
    by_counts, by_rows = one_group(GRADED, TABLE), one_group(GRADED, expanded)
    assert by_rows.log_likelihood == pytest.approx(by_counts.log_likelihood, rel=IDENTITY)
    np.testing.assert_allclose(by_rows.free, by_counts.free, rtol=1e-9)
    for robust in (False, True):
        np.testing.assert_allclose(errors(by_rows, robust=robust), errors(by_counts, robust=robust), rtol=1e-9)


def test_many_patterns_are_worked_on_in_blocks() -> None:
    table = simulated(n=9000, k=7, c=5)
    assert len(table.blocks) > 1
    half = len(table.counts) // 2
    parts = [PatternTable(table.answers[rows], table.counts[rows], 5) for rows in (slice(half), slice(half, None))]
    items = one_group(GRADED, simulated(k=7, c=5)).items[0]
    together = derivatives(table, GRADED, items, LATENT, NODES)
    apart = [derivatives(part, GRADED, items, LATENT, NODES) for part in parts]
    assert together.value == pytest.approx(sum(part.value for part in apart), rel=IDENTITY)
    np.testing.assert_allclose(together.hessian, sum(part.hessian for part in apart), rtol=1e-9, atol=1e-6)


def test_generalized_partial_credit_with_equal_slopes_is_partial_credit() -> None:
    """The model with slopes of its own, made to share one, is the partial credit model; and a slope a with variance 1 is
    slope 1 with variance a squared."""
    partial = one_group(PCM, TABLE)
    free = layout(GPCM, TABLE.observed()[None])
    index = free.index.copy()
    slopes = np.arange(0, free.shape[0] * free.shape[1], free.shape[1])
    index[0, slopes] = index[0, 0]
    used, index[index >= 0] = np.unique(index[index >= 0], return_inverse=True)
    tied = fit(GPCM, [TABLE], Layout(index, free.fixed, used.size, free.shape))
    assert tied.log_likelihood == pytest.approx(partial.log_likelihood, rel=IDENTITY)
    np.testing.assert_allclose(tied.items, partial.items, atol=1e-8)
    slope = partial.items[0, 0, 0]
    rescaled = partial.items[0].copy()
    rescaled[:, 0] = 1.0
    stretched = log_likelihood(TABLE, PCM, rescaled, np.array([0.0, slope**2]), NODES * slope)
    assert stretched == pytest.approx(partial.log_likelihood, rel=IDENTITY)


def test_two_categories_make_both_models_the_same() -> None:
    table = simulated(n=600, k=5, c=2)
    graded, partial = one_group(GRADED, table), one_group(GPCM, table)
    assert graded.log_likelihood == pytest.approx(partial.log_likelihood, rel=IDENTITY)
    np.testing.assert_allclose(graded.items[0], partial.items[0][:, [0, 2]], atol=1e-7)
    np.testing.assert_allclose(errors(graded), errors(partial), rtol=1e-6)


def test_a_group_duplicated_gives_the_same_estimates_and_errors_over_root_two() -> None:
    once = one_group(GRADED, TABLE)
    observed = np.array([TABLE.observed()] * 2)
    twice = fit(GRADED, [TABLE, TABLE], layout(GRADED, observed, invariance="scalar"))
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood, rel=IDENTITY)
    np.testing.assert_allclose(twice.items[1], once.items[0], atol=1e-7)
    np.testing.assert_allclose(twice.latent, [[0, 1], [0, 1]], atol=1e-7)
    doubled = PatternTable(TABLE.answers, 2 * TABLE.counts, TABLE.categories)
    np.testing.assert_allclose(errors(one_group(GRADED, doubled)), errors(once) / np.sqrt(2), rtol=1e-7)
    configural = fit(GRADED, [TABLE, TABLE], layout(GRADED, observed))
    np.testing.assert_allclose(errors(configural), np.tile(errors(once), 2), rtol=1e-7)


def test_the_order_of_the_rows_changes_nothing() -> None:
    order = np.random.default_rng(2).permutation(len(TABLE.counts))
    shuffled = PatternTable(TABLE.answers[order], TABLE.counts[order], TABLE.categories)
    np.testing.assert_allclose(one_group(GRADED, shuffled).free, one_group(GRADED, TABLE).free, rtol=1e-9)


def test_a_reversed_item_gets_the_opposite_slope() -> None:
    turned = TABLE.answers.copy()
    turned[:, 2] = np.where(turned[:, 2] > 0, TABLE.categories + 1 - turned[:, 2], 0)
    plain, reverse = one_group(GRADED, TABLE), one_group(GRADED, PatternTable(turned, TABLE.counts, TABLE.categories))
    assert reverse.log_likelihood == pytest.approx(plain.log_likelihood, rel=IDENTITY)
    np.testing.assert_allclose(reverse.items[0, 2, 0], -plain.items[0, 2, 0], rtol=1e-6)
    np.testing.assert_allclose(reverse.items[0, 2, 1:], -plain.items[0, 2, :0:-1], rtol=1e-6)


def lost(category: int, item: int = 1) -> PatternTable:
    """TABLE with one category of one item joined to its neighbour."""
    answers = TABLE.answers.copy()
    answers[answers[:, item] == category, item] = category + 1 if category < TABLE.categories else category - 1
    return PatternTable(answers, TABLE.counts, TABLE.categories)


@pytest.mark.parametrize("category", [1, 2, 4])
def test_a_lost_category_keeps_its_place(category: int) -> None:
    """The fit is that of the relabelled item with one category less, with every threshold at its declared number."""
    table = lost(category)
    fitted = one_group(GRADED, table)
    relabelled = table.answers.copy()
    relabelled[relabelled[:, 1] > category, 1] -= 1
    fewer = one_group(GRADED, PatternTable(relabelled, table.counts, TABLE.categories))
    assert fitted.log_likelihood == pytest.approx(fewer.log_likelihood, rel=IDENTITY)
    assert fitted.reason is None
    intercepts, three = fitted.items[0, 1, 1:], fewer.items[0, 1, 1:3]
    expected = {1: [np.inf, *three], 2: [three[0], three[0], three[1]], 4: [*three, -np.inf]}[category]
    np.testing.assert_allclose(intercepts, expected, atol=1e-7)


def test_partial_credit_scores_a_lost_category_as_declared() -> None:
    """Without category 2 the item still counts 0, 2, 3: that is another model than 0, 1, 2, and the likelihood differs."""
    fitted = one_group(GPCM, lost(2))
    assert fitted.reason is None
    assert fitted.items[0, 1, 2] == -np.inf
    p = GPCM.probabilities(fitted.items[0], np.array([0.0, 1.0]))[1]
    odds = np.log(p[2] / p[0])
    assert odds[1] - odds[0] == pytest.approx(2 * fitted.items[0, 1, 0], rel=IDENTITY)


def test_a_category_lost_in_one_group_is_known_through_the_other() -> None:
    """Equal thresholds are estimated from the group that has the category."""
    other = lost(1)
    observed = np.array([TABLE.observed(), other.observed()])
    scalar = fit(GRADED, [TABLE, other], layout(GRADED, observed, invariance="scalar"))
    assert np.isfinite(scalar.items).all()
    np.testing.assert_array_equal(scalar.items[0], scalar.items[1])
    metric = fit(GRADED, [TABLE, other], layout(GRADED, observed, invariance="metric"))
    assert metric.items[1, 1, 1] == np.inf
    assert np.isfinite(metric.items[0]).all()
    assert metric.log_likelihood > scalar.log_likelihood


def test_a_diverging_slope_is_found() -> None:
    answers = np.repeat(np.array([[1, 1, 1, 1], [2, 2, 1, 2], [1, 1, 2, 1], [2, 2, 2, 2]]), 30, axis=0)
    fitted = one_group(GRADED, PatternTable(answers, np.ones(120), 2))
    assert fitted.reason == Note("slope_diverges")


def test_two_items_do_not_determine_two_slopes() -> None:
    answers = np.array([[1, 1], [1, 2], [2, 1], [2, 2]])
    fitted = one_group(GRADED, PatternTable(answers, np.array([40.0, 15.0, 20.0, 45.0]), 2))
    assert fitted.reason in (Note("not_identified"), Note("slope_diverges"), Note("not_converged"))


@pytest.mark.parametrize("model", [GRADED, GPCM], ids=lambda model: model.name)
def test_drawn_answers_give_the_parameters_back(model: ItemModel) -> None:
    """Ten million answers drawn from the model, with the holes of the table: within four standard errors everywhere."""
    truth = one_group(model, TABLE)
    many = PatternTable(TABLE.answers, np.round(TABLE.counts * 25_000), TABLE.categories)
    drawn = draw(model, truth.items[0], LATENT, many, NODES, np.random.default_rng(3))
    assert drawn.n == many.n
    again = fit(model, [drawn], truth.layout, start=truth.free)
    assert np.abs((again.free - truth.free) / errors(again)).max() < 4


def test_one_by_one_draws_agree_with_listed_ones() -> None:
    """Twelve items with four categories are too many patterns to list; their shares follow the same model."""
    table = simulated(n=300, k=12)
    fitted = one_group(GRADED, table)
    many = PatternTable(np.ones((1, 12), dtype=np.int64), np.array([40_000.0]), 4)
    drawn = draw(GRADED, fitted.items[0], LATENT, many, NODES, np.random.default_rng(4))
    weights = np.exp(-(NODES**2) / 2)
    expected = GRADED.probabilities(fitted.items[0], NODES) @ (weights / weights.sum())
    shares = drawn.frequencies() / drawn.n
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.25 / 40_000)
