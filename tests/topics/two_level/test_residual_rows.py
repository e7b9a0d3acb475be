"""Rows of items that differ between leaders beyond what the items have in common."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import omstilling_psychometrics as op
from made_up import answers
from omstilling_psychometrics.core.numerics.arrays import Floats, Ints
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.two_level.numerics.observed_score import score_variances

METHODS = ("equal/pairwise", "free/pairwise")


@pytest.mark.parametrize("name", ["sim1_complete", "lq2002_lead"])
def test_residuals_lie_within_a_standard_error_of_another_estimator_of_the_same_model(name: str) -> None:
    """lavaan's weighted least squares, whose standard errors are those of independent answers."""
    stored = reference_value("multilevel", name, "lavaan_0_7_2/twolevel_WLSMV/est").value
    of_items = {row["lhs"]: row for row in stored if row["op"] == "~~" and row["level"] == 2 and row["lhs"] != "fb"}
    result = op.two_level(load_case(name))
    for item, row in of_items.items():
        ours = result.value("residual_variance_between", item=item, method="free/pairwise")
        assert abs(ours - row["est"]) < row["se"]


def teams(residual: float = 0.0, leaders: int = 50, holes: float = 0.1) -> tuple[Ints, Ints]:
    """Codes 1 … 4 of teams of 6, and whose they are; the first item has a residual variance between leaders."""
    rng = np.random.default_rng(5)
    leader = np.repeat(np.arange(leaders), 6)
    own = rng.normal(size=(leaders, 4)) * np.sqrt([residual, 0, 0, 0])
    factor = rng.normal(size=len(leader)) + 0.6 * rng.normal(size=leaders)[leader]
    latent = np.outer(factor, [1.2, 1.0, 1.4, 0.9]) + own[leader] + rng.normal(size=(len(leader), 4))
    codes = 1 + (latent[:, :, None] > np.array([-1.5, 0.2, 1.4])).sum(axis=2)
    codes[rng.random(codes.shape) < holes] = -1
    return codes, leader


def counted(codes: Ints, leader: Ints) -> ResponsePatterns:
    return answers(codes, 4, leader=[f"l{one:03d}" for one in leader])


def of_pairs(result: op.Result, aspect: str) -> Floats:
    return np.array([getattr(row, aspect) for row in result.statistics if row.method in METHODS])


def test_every_leader_twice_halves_the_squared_errors() -> None:
    codes, leader = teams()
    one, two = (
        op.two_level(counted(np.tile(codes, (times, 1)), np.concatenate([leader, leader + 50])[: times * 300]))
        for times in (1, 2)
    )
    assert of_pairs(two, "estimate") == pytest.approx(of_pairs(one, "estimate"), abs=1e-9)
    assert of_pairs(two, "std_error") ** 2 == pytest.approx(
        of_pairs(one, "std_error") ** 2 / 2 * (100 / 99) / (50 / 49), rel=1e-6
    )


def test_a_residual_that_is_found_is_named_where_it_is_left_out() -> None:
    result = op.two_level(counted(*teams(1.0)))
    found = result.get("residual_variance_between", item="i1", method="free/pairwise")
    assert found.p_value < 0.01
    assert "residuals_between_leaders: i1" in result.get("omega_between", method="free").note
    assert "residuals_between_leaders: i1" in result.get("equal_loadings").note
    # The variances of the score at the values that the answers were drawn with.
    drawn_with = np.array([1.2, 1.0, 1.4, 0.9])
    cuts, values = np.tile([-1.5, 0.2, 1.4], (4, 1)), np.arange(1.0, 5.0)
    true = score_variances(drawn_with, 0.6 * drawn_with, cuts, values, np.array([1.0, 0, 0, 0])).omega_between(6).estimate
    omega = result.get("omega_between", method="free/pairwise")
    assert abs(omega.estimate - true) < omega.std_error < 0.1
    nothing = op.two_level(counted(*teams()))
    assert "residuals_between_leaders" not in (nothing.get("omega_between", method="free").note or "")


def _without_a_category(codes: Ints) -> Ints:
    codes[codes[:, 1] == 3, 1] = 4
    return codes


def _constant(codes: Ints) -> Ints:
    codes[:, 3] = 2
    return codes


@pytest.mark.parametrize("changed", [_without_a_category, _constant])
def test_a_category_that_nobody_chose_and_an_item_that_does_not_vary(changed: Callable[[Ints], Ints]) -> None:
    """The score's reliability is that of all items, of which one that does not vary changes nothing."""
    codes, leader = teams()
    result = op.two_level(counted(changed(codes), leader))
    omega = result.get("omega_between", method="equal/pairwise")
    assert 0 < omega.std_error < 0.2
    assert omega.estimate == pytest.approx(result.value("omega_between", method="equal"), abs=0.05)
    rows = result.find("residual_variance_between", method="equal/pairwise")
    assert [row.item for row in rows if np.isnan(row.estimate)] == (["i4"] if changed is _constant else [])
