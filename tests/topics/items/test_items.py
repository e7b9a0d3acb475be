"""Item analysis: hand values and identities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from omstilling_psychometrics.core.numerics.scale_score import scale_score
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.reliability.analysis import reliability


def scale(rows: list[list[int]], categories: tuple[int, ...] = (0, 1, 2, 3)) -> ResponsePatterns:
    names = tuple(f"q{number}" for number in range(1, len(rows[0]) + 1))
    return ResponsePatterns.count(plain_instrument(categories, names), np.array(rows))


def test_category_values_are_kept_from_zero() -> None:
    # Codes 1…4 stand for 0…3: answers 0, 3, 3 have mean 2 and sample variance 3.
    result = items(scale([[1, 1], [4, 4], [4, 4]]))
    assert result.value("mean", item="q1") == 2.0
    assert result.value("sd", item="q1") == pytest.approx(math.sqrt(3), rel=1e-12)
    assert result.value("proportion", item="q1", category=3) == pytest.approx(2 / 3, rel=1e-12)
    assert result.value("proportion", item="q1", category=1) == 0.0
    # The standard error of a mean of independent answers is s/√n and its interval t with n − 1 degrees of freedom.
    mean = result.get("mean", item="q1")
    assert mean.std_error == pytest.approx(1.0, rel=1e-12)
    assert mean.confidence_interval(0.95)[1] == pytest.approx(2 + 4.302652729911275, rel=1e-9)


def test_item_rest_standard_error_of_a_fourfold_table() -> None:
    # phi of a 2×2 table with equal margins has large-sample variance (1 − phi²)/n · (1 for uniform margins).
    answers = ResponsePatterns.count(
        plain_instrument((0, 1), ("a", "b")), np.array([[1, 1], [1, 2], [2, 1], [2, 2]]), counts=np.array([30, 20, 20, 30])
    )
    phi = items(answers).get("item_rest_correlation", item="a")
    assert phi.estimate == pytest.approx(0.2, rel=1e-12)
    assert phi.std_error == pytest.approx(math.sqrt((1 - 0.2**2) / 100), rel=1e-12)


def test_duplicated_respondents_in_pairs_change_clustered_errors_only() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(1, 6, (200, 4))
    instrument = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c", "d"))
    once = ResponsePatterns.count(instrument, codes, {"leader": Key.of([f"{row:03}" for row in range(200)])})
    twice = ResponsePatterns.count(
        instrument, np.vstack([codes, codes]), {"leader": Key.of([f"{row:03}" for row in [*range(200), *range(200)]])}
    )
    for quantity in ("item_rest_correlation", "alpha_if_dropped", "mean"):
        one, both = items(once).get(quantity, item="a"), items(twice).get(quantity, item="a")
        assert both.estimate == pytest.approx(one.estimate, rel=1e-12)
        assert both.std_error == pytest.approx(one.std_error, rel=1e-12)
        assert both.n == 2 * one.n


def test_alpha_with_all_items_is_alpha_if_an_empty_item_is_dropped_elsewhere() -> None:
    answers = load_case("bfi_N")
    kept = [item for item in answers.items if item != "i5"]
    complete = (answers.patterns > 0).all(axis=1)[answers.pattern]
    shorter = ResponsePatterns.count(
        plain_instrument(answers.instrument.categories, tuple(kept)),
        answers.patterns[answers.pattern[complete]][:, :4],
        counts=answers.counts[complete],
    )
    dropped = items(answers).get("alpha_if_dropped", item="i5")
    alpha = reliability(shorter).get("alpha", method="listwise/influence")
    assert dropped.estimate == pytest.approx(alpha.estimate, rel=1e-12)
    assert dropped.std_error == pytest.approx(alpha.std_error, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "quantity", "note"),
    [
        ([[2, 2, 1], [2, 3, 2], [2, 1, 3], [2, 4, 1]], "skewness", "constant_item"),
        ([[2, 2, 1], [2, 3, 2], [2, 1, 3], [2, 4, 1]], "item_rest_correlation", "no_variance"),
        ([[1, 2, 3]], "sd", "too_few_answers: n = 1 < 2"),
        ([[1, 2, 3]], "alpha_if_dropped", "too_few_complete: n = 1"),
        ([[BLANK, BLANK, BLANK]], "mean", "no_answers"),
        ([[BLANK, BLANK, BLANK]], "proportion", "no_answers"),
    ],
)
def test_starved_data_give_a_reason(rows: list[list[int]], quantity: str, note: str) -> None:
    for one in items(scale(rows)).find(quantity, item="q1"):
        assert math.isnan(one.estimate)
        assert one.note == note


def test_two_items_have_no_alpha_if_dropped() -> None:
    result = items(scale([[1, 2], [2, 1], [3, 3]]))
    assert result.get("alpha_if_dropped", item="q1").note == "two_items_only"
    for quantity in ("alpha_expected_if_dropped", "alpha_if_dropped_difference"):
        assert result.find(quantity)[0].note == "two_items_only"


@pytest.mark.proves("alpha_expected_if_dropped")
def test_parallel_items_lose_what_spearman_and_brown_expect() -> None:
    """Every item has the same variance and every pair the same covariance: dropping any gives the expected alpha exactly."""
    rows = [[1, 1, 1], [2, 2, 2], [1, 1, 2], [1, 2, 1], [2, 1, 1], [2, 2, 1], [2, 1, 2], [1, 2, 2]]
    result = items(scale(rows + rows[:2]))
    alpha = reliability(scale(rows + rows[:2])).alpha
    expected = result.get("alpha_expected_if_dropped")
    assert expected.estimate == pytest.approx(2 * alpha / (3 - alpha), rel=1e-12)
    for item in ("q1", "q2", "q3"):
        assert result.value("alpha_if_dropped", item=item) == pytest.approx(expected.estimate, rel=1e-12)
        assert result.value("alpha_if_dropped_difference", item=item) == pytest.approx(0, abs=1e-12)


@pytest.mark.proves("alpha_if_dropped_difference")
def test_the_difference_from_expected_has_the_jackknifes_error() -> None:
    answers = load_case("sim_small")
    statistic = items(answers, cluster=None).get("alpha_if_dropped_difference", item="i4")
    complete = answers.values()[answers.pattern][(answers.patterns > 0).all(axis=1)[answers.pattern]]
    counts = answers.counts[(answers.patterns > 0).all(axis=1)[answers.pattern]]
    rows = np.repeat(complete, counts, axis=0)

    def difference(x: np.ndarray) -> float:
        def alpha(y: np.ndarray) -> float:
            k = y.shape[1]
            return float(k / (k - 1) * (1 - y.var(axis=0, ddof=1).sum() / y.sum(axis=1).var(ddof=1)))

        whole = alpha(x)
        return alpha(np.delete(x, 3, axis=1)) - 4 * whole / (5 - whole)

    n = len(rows)
    left = np.array([difference(np.delete(rows, row, axis=0)) for row in range(n)])
    assert statistic.estimate == pytest.approx(difference(rows), rel=1e-10)
    assert statistic.std_error == pytest.approx(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()), rel=0.05)


@pytest.mark.proves("scale_skewness", "scale_kurtosis")
@pytest.mark.parametrize("name", ["bfi_A", "msq_pos"])
def test_shape_of_the_scale_score_is_that_of_scipy(name: str) -> None:
    """Type 2 is scipy's bias-corrected one."""
    from scipy import stats

    answers = load_case(name)
    result = items(answers)
    score = scale_score(answers.values(), answers.instrument.minimum_answered)[answers.pattern]
    rows = np.repeat(score, answers.counts)
    rows = rows[~np.isnan(rows)]
    assert result.value("scale_skewness") == pytest.approx(stats.skew(rows, bias=False), rel=1e-10)
    assert result.value("scale_kurtosis") == pytest.approx(stats.kurtosis(rows, bias=False), rel=1e-10)
    scores = result.scores["all"]
    assert scores.counts.sum() == len(rows)
    assert scores.score @ scores.counts == pytest.approx(rows.sum(), rel=1e-12)


def test_equal_scores_that_are_no_whole_numbers_have_no_shape() -> None:
    """The mean of five times 1.4 is not exactly 1.4 in floating point."""
    result = items(scale([[1, 1, 1, 1, 3]] * 7 + [[1, 1, 1, 3, 1]] * 4))
    assert result.value("scale_sd") == 0
    for quantity in ("scale_skewness", "scale_kurtosis"):
        assert math.isnan(result.value(quantity))
        assert result.get(quantity).note == "no_variance"


def test_what_rows_come_from_is_kept() -> None:
    """Three items of which two have to be answered."""
    rows = np.array([[1, 2, 3]] * 4 + [[2, 2, BLANK]] * 2 + [[3, BLANK, BLANK]])
    instrument = plain_instrument((1, 2, 3), ("a", "b", "c"))
    assert instrument.minimum_answered == 2
    result = items(ResponsePatterns.count(instrument, rows))
    model = result.model()
    assert model.frequencies.tolist() == [[4, 2, 1], [0, 6, 0], [0, 0, 4]]
    assert dict(zip(model.scores.score, model.scores.counts, strict=True)) == {2: 6}
    table = result.by_pattern().sort_values("a")
    assert table["count"].tolist() == [4, 2, 1]
    np.testing.assert_array_equal(table["score"], [2, 2, np.nan])
    np.testing.assert_array_equal(table["c"], [3, np.nan, np.nan])


def test_a_glance_at_a_scale() -> None:
    result = items(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), np.array([[1, 1], [3, 3], [1, 3], [1, 1]])))
    (seen,) = result.glance().to_dict("records")
    assert (seen["role"], seen["n"], seen["scale_mean"]) == ("all", 4, 1.75)
    assert seen["scale_sd"] == pytest.approx(np.std([1, 3, 2, 1], ddof=1))
    assert (seen["scale_floor"], seen["scale_ceiling"]) == (0.5, 0.25)
