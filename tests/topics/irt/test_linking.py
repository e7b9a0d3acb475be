"""Two models on one latent scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.curves import ItemCurves
from omstilling_psychometrics.topics.irt.linking import linking
from omstilling_psychometrics.topics.irt.numerics.models import MODELS

NAMES = ("a", "b", "c", "d")


def curves(items: np.ndarray) -> ItemCurves:
    return ItemCurves(
        kind=MODELS["graded"], names=NAMES, values=(1, 2, 3), items=items, observed=np.ones((4, 3), dtype=bool), n=1000
    )


ONTO = curves(np.array([[1.5, 1.0, -1.0], [1.0, 0.5, -1.5], [2.0, 2.0, 0.0], [1.2, 0.0, -2.0]]))


def seen_by(mean: float, sd: float) -> ItemCurves:
    """The same items in a group of this mean and standard deviation, on a scale of its own: a theta + d with
    theta = sd theta' + mean."""
    items = ONTO.items
    return curves(np.column_stack([sd * items[:, 0], items[:, 1:] + mean * items[:, :1]]))


def test_mean_and_standard_deviation_of_the_other_group_are_found() -> None:
    line = linking(seen_by(0.4, 1.3), ONTO, NAMES)
    assert line is not None
    assert (line.slope, line.intercept) == pytest.approx((1.3, 0.4), abs=1e-6)
    assert line.back(np.array([0.4, 1.7])) == pytest.approx([0.0, 1.0], abs=1e-6)


def test_an_item_that_differs_does_not_carry_the_linking_and_its_curve_shows_by_how_much() -> None:
    other = seen_by(0.4, 1.3)
    shifted = other.items.copy()
    shifted[3, 1:] += 0.8  # easier, in logits
    differing = replace(other, items=shifted)
    line = linking(differing, ONTO, NAMES[:3])
    assert line is not None
    assert (line.slope, line.intercept) == pytest.approx((1.3, 0.4), abs=1e-6)
    theta = np.array([0.0])
    gap = (differing.expected_scores(line.back(theta)) - ONTO.expected_scores(theta))[:, 0]
    logistic = 1 / (1 + np.exp(-np.array([0.0, -2.0])))
    easier = 1 / (1 + np.exp(-np.array([0.8, -1.2])))
    assert gap == pytest.approx([0.0, 0.0, 0.0, (easier - logistic).sum()], abs=1e-6)


def test_two_items_with_the_same_categories_at_least() -> None:
    assert linking(ONTO, ONTO, ("a",)) is None
    unseen = ONTO.observed.copy()
    unseen[:3, 2] = False
    assert linking(replace(ONTO, observed=unseen), ONTO, NAMES) is None


def test_it_agrees_with_both_groups_fitted_together() -> None:
    rng = np.random.default_rng(1)
    n = 3000
    theta = np.concatenate([rng.normal(size=n), 0.5 + 1.2 * rng.normal(size=n)])
    answers = np.clip(np.round(2 + 0.7 * (theta[:, None] + rng.normal(size=(2 * n, 5)))), 1, 3).astype(int)
    role = Key.of(["one"] * n + ["two"] * n, ("one", "two"))
    patterns = ResponsePatterns.count(
        plain_instrument((1, 2, 3), tuple("abcde"), roles=("one", "two")), answers, {"role": role}
    )
    together = op.irt_groups(patterns, by="role")
    apart = op.irt(patterns)
    line = linking(apart.models["two"], apart.models["one"], tuple("abcde"))
    assert line is not None
    assert line.intercept == pytest.approx(together.value("latent_mean", group="two"), abs=0.02)
    assert line.slope**2 == pytest.approx(together.value("latent_variance", group="two"), rel=0.05)
