"""Logistic regression of several outcomes per respondent: closed forms, and counts of any size."""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.topics.missing.numerics.stacked_logistic import stacked_logistic


def test_fourfold_table_by_hand():
    """Two groups, odds 20/80 and 45/55: the variance of the log odds ratio is 1/a + 1/b + 1/c + 1/d."""
    group = np.array([0.0, 0.0, 1.0, 1.0])
    outcome = np.array([True, False, True, False])[:, None]
    counts = np.array([20.0, 80.0, 45.0, 55.0])
    design = np.stack([np.ones(4), group], axis=1)[:, None, :]
    fit = stacked_logistic(design, outcome, np.ones((4, 1), dtype=bool), counts, None)
    assert fit.coefficients == pytest.approx([np.log(20 / 80), np.log(45 / 55) - np.log(20 / 80)], rel=1e-12)
    assert fit.covariance[1, 1] == pytest.approx((1 / counts).sum(), rel=1e-10)


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_counts_of_any_size_have_one_maximum(size):
    """The log-likelihood of a hundred million answers has rounding errors beyond any fixed tolerance; the maximum does not."""
    rng = np.random.default_rng(0)
    r, k = 20_000, 3
    numbers = rng.normal(size=(r, 1, 2))
    design = np.concatenate([np.ones((r, k, 1)), np.broadcast_to(numbers, (r, k, 2))], axis=2)
    outcome = rng.random((r, k)) < 1 / (1 + np.exp(2 - 0.5 * numbers[:, :, 0]))
    used = np.ones((r, k), dtype=bool)
    once = stacked_logistic(design, outcome, used, np.ones(r), None)
    often = stacked_logistic(design, outcome, used, np.full(r, size), None)
    assert often.coefficients == pytest.approx(once.coefficients, rel=1e-9)
    assert often.covariance * size == pytest.approx(once.covariance, rel=1e-8)


def test_separation_is_refused():
    number = np.array([-2.0, -1.0, 1.0, 2.0])
    design = np.stack([np.ones(4), number], axis=1)[:, None, :]
    with pytest.raises(ValueError, match="not_converged"):
        stacked_logistic(design, (number > 0)[:, None], np.ones((4, 1), dtype=bool), np.ones(4), None)
