"""Values of the comparison of groups that are known beforehand, or follow by hand from others."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.invariance.analysis import InvarianceResult, invariance

N = 400


@cache
def one_higher() -> InvarianceResult:
    """The same answers in two groups, but that the second gives each twice, and one point more to the third item, for which
    there is room."""
    rng = np.random.default_rng(5)
    latent = rng.normal(size=(N, 1)) + 0.8 * rng.normal(size=(N, 4))
    first = np.clip(np.round(2.5 + latent), 1, 4).astype(int)
    second = first + np.array([0, 0, 1, 0])
    keys = {"form": Key.of(["g0"] * N + ["g1"] * 2 * N)}
    answers = np.vstack([first, second, second])
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple("abcd")), answers, keys)
    return invariance(patterns, by="form", estimator="MLR")


@pytest.mark.proves("group_size")
def test_groups_have_their_sizes() -> None:
    assert [one.estimate for one in one_higher().find("group_size")] == [N, 2 * N]


@pytest.mark.proves("items_set_free", "expected_score_bias", "scale_score_bias")
def test_one_point_more_is_a_bias_of_one_point() -> None:
    result = one_higher()
    assert result.value("items_set_free") == 1
    for method in ("continuous/g1~g0", "continuous/partial/g1~g0"):
        assert result.value("expected_score_bias", item="c", method=method) == pytest.approx(1, abs=1e-6)
    assert result.value("scale_score_bias", method="continuous/partial/g1~g0") == pytest.approx(1 / 4, abs=1e-6)


@pytest.mark.proves("item_difference", "partial_invariance")
def test_the_test_of_an_item_is_the_scaled_difference_of_two_fits() -> None:
    """Satorra & Bentler (2001), from the plain and the scaled chi-squares of the models without and with the item free."""
    result = one_higher()
    tied, free = (
        [result.get(quantity, method=f"continuous/scalar{part}") for quantity in ("chi2", "chi2_scaled")]
        for part in ("", "/partial")
    )
    factors = [plain.statistic / scaled.statistic for plain, scaled in (tied, free)]
    df = tied[0].df - free[0].df
    scaling = (tied[0].df * factors[0] - free[0].df * factors[1]) / df
    expected = (tied[0].statistic - free[0].statistic) / scaling
    alone = result.get("item_difference", item="c", method="continuous/scalar")
    first = result.get("partial_invariance", item="c", method="continuous/scalar", category=1)
    assert (alone.df, first.df) == (df, df) == (2, 2)
    assert (alone.statistic, first.statistic) == pytest.approx((expected, expected), rel=1e-6)


@pytest.mark.proves(
    "cfi_scaled_change", "rmsea_scaled_change", "srmr_change", "cfi_robust_change", "rmsea_robust_change"
)  # fmt: skip
def test_changes_are_those_of_the_indices_from_step_to_step() -> None:
    result = one_higher()
    for index in ("cfi_scaled", "rmsea_scaled", "srmr", "cfi_robust", "rmsea_robust"):
        for before, step in (("configural", "metric"), ("metric", "scalar"), ("scalar", "strict")):
            one, other = (result.value(index, method=f"continuous/{name}") for name in (step, before))
            assert result.value(f"{index}_change", method=f"continuous/{step}") == pytest.approx(one - other, abs=1e-12)
