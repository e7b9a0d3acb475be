"""Answers that do not determine a model: a flagged result, never a crash, a silent zero or a nonsense slope."""

from __future__ import annotations

import math

import numpy as np
import pytest

from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt import analysis_fit, analysis_local_dependence, analysis_parameters
from omstilling_psychometrics.topics.irt.analysis import battery, irt
from omstilling_psychometrics.topics.irt.analysis_local_dependence import local_dependence
from omstilling_psychometrics.topics.irt.numerics.quadrature import LARGEST_SLOPE
from omstilling_psychometrics.topics.irt.result import IrtResult


def counted(codes: np.ndarray, keys: dict[str, Key] | None = None, categories: int = 5) -> ResponsePatterns:
    names = tuple(f"q{item}" for item in range(1, codes.shape[1] + 1))
    return ResponsePatterns.count(plain_instrument(tuple(range(1, categories + 1)), names), codes, keys or {})


def simulated(n: int, k: int = 5, c: int = 5, *, slope: float = 1.5, shift: float = 0.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    difficulty = np.sort(rng.uniform(-2, 2, (k, c - 1)), axis=1)
    logits = slope * (rng.normal(size=(n, 1, 1)) - difficulty) + shift + rng.logistic(size=(n, k, 1))
    return 1 + (logits > 0).sum(axis=2)


def constant_item() -> np.ndarray:
    codes = simulated(300)
    codes[:, 2] = 4
    return codes


def never_answered() -> np.ndarray:
    codes = simulated(300)
    codes[:, 2] = -1
    return codes


def same_twice() -> np.ndarray:
    codes = simulated(300)
    codes[:, 1] = codes[:, 0]
    return codes


def mostly_missing() -> np.ndarray:
    codes = simulated(60)
    codes[np.random.default_rng(1).random(codes.shape) < 0.6] = -1
    return codes


STARVED = {
    "one respondent": np.array([[3, 3, 4, 5, 1]]),
    "nobody answers": np.full((4, 5), -1),
    "everybody at the ceiling": np.full((50, 5), 5),
    "constant item": constant_item(),
    "item never answered": never_answered(),
    "two items": simulated(300, 2),
    "three items": simulated(300, 3),
    "fewer answers than parameters": simulated(8),
    "fifty near the ceiling": simulated(50, slope=2, shift=3),
    "the same item twice": same_twice(),
    "mostly missing": mostly_missing(),
    "noise": np.random.default_rng(2).integers(1, 6, (300, 5)),
}


def flagged(result: IrtResult) -> None:
    """Every row is a number or a reason, under a key of its own, in words of the vocabulary; slopes are usable ones."""
    words = vocabulary("en")
    keys = set()
    for row in result.statistics:
        key = (row.role, row.group, row.quantity, row.item, row.category, row.method)
        assert key not in keys
        keys.add(key)
        assert row.quantity in words.quantities
        if row.estimate is None or math.isnan(row.estimate):
            assert row.note is not None, row
        if row.note is not None:
            assert words.note(row.note)
        if row.quantity == "discrimination" and row.note is None:
            assert abs(row.estimate) <= LARGEST_SLOPE
            assert row.std_error > 0


@pytest.mark.parametrize("name", STARVED)
def test_starved_answers_are_flagged(name: str) -> None:
    answers = counted(STARVED[name])
    result = battery(answers, rng=1)
    flagged(result)
    partial = irt(answers, model="pcm")
    flagged(partial)
    for one in (result, partial):
        assert len(one.glance()) == 1
        if not one.models:
            with pytest.raises(UsageError, match="none: the notes of its rows say why"):
                one.by_pattern()
            continue
        assert one.by_pattern()["count"].sum() == one.get("log_likelihood").n
        assert len(one.score_table()) == 4 * answers.patterns.shape[1] + 1
        assert one.model().category_curves().shape[1] == 5


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("one respondent", "too_few_items_vary: 0 < 3"),
        ("nobody answers", "no_answers"),
        ("everybody at the ceiling", "too_few_items_vary: 0 < 3"),
        ("two items", "too_few_items_vary: 2 < 3"),
        ("fewer answers than parameters", "fewer_answers_than_parameters: n = 8, 16"),
        ("the same item twice", "slope_diverges: q1, q2"),
    ],
)
def test_the_reason_is_said(name: str, note: str) -> None:
    result = irt(counted(STARVED[name]))
    row = result.get("discrimination", item="q1")
    assert math.isnan(row.estimate)
    assert row.note == note
    assert not result.converged


def test_an_item_without_variance_is_left_out_of_the_model() -> None:
    """The others are as they would be without it."""
    codes = constant_item()
    result, others = irt(counted(codes)), irt(counted(np.delete(codes, 2, axis=1)))
    row = result.get("discrimination", item="q3")
    assert (math.isnan(row.estimate), row.note) == (True, "constant_item")
    assert irt(counted(never_answered())).get("discrimination", item="q3").note == "no_answers"
    assert result.value("log_likelihood") == pytest.approx(others.value("log_likelihood"), rel=1e-12)
    assert result.value("discrimination", item="q4") == pytest.approx(others.value("discrimination", item="q3"), abs=1e-7)
    assert result.value("c2") == pytest.approx(others.value("c2"), rel=1e-6)


def test_sum_score_fit_says_when_too_many_cells_were_joined() -> None:
    """Of 13 score groups at which every category is possible, four cells each less five parameters, few are left."""
    for row in irt(counted(simulated(70))).find("s_x2"):
        note, detail = row.note.split(": ")
        assert note == "cells_joined"
        assert detail == f"df = {row.df}, 47"
    assert {row.note for row in irt(counted(simulated(2000))).find("s_x2")} == {None}


def test_few_answers_for_so_many_parameters_are_said() -> None:
    """Sixty answers to 24 parameters (a category was not chosen) are noted; a hundred are four for each."""
    few, enough = irt(counted(simulated(60))), irt(counted(simulated(100)))
    for quantity in ("discrimination", "marginal_reliability", "information"):
        assert {row.note for row in few.find(quantity)} == {"few_per_parameter: n = 60, 24"}
        assert {row.note for row in enough.find(quantity)} == {None}


def test_two_items_can_be_partial_credit() -> None:
    result = irt(counted(simulated(300, 2)), model="pcm")
    assert result.converged
    assert result.value("discrimination", item="q1") == result.value("discrimination", item="q2") > 0


@pytest.mark.parametrize("model", ["graded", "gpcm"])
@pytest.mark.parametrize("category", [1, 3, 5])
def test_a_category_that_nobody_chose_never_shifts_labels(model: str, category: int) -> None:
    """Thresholds stay at their declared numbers; those that cannot be told are null, and the note names the category."""
    codes = simulated(800)
    codes[:, 1] = np.where(codes[:, 1] == category, category + 1 if category < 3 else category - 1, codes[:, 1])
    full, result = irt(counted(simulated(800)), model=model), irt(counted(codes), model=model)  # type: ignore[arg-type]
    rows = {row.category: row for row in result.find("difficulty", item="q2")}
    beside = {1: [1], 3: [2, 3], 5: [4]}[category]
    for threshold, row in rows.items():
        if threshold in beside:
            assert row.note == f"category_not_chosen: {category}"
        else:
            assert row.note is None
        if threshold in beside and (category != 3 or model == "gpcm"):
            assert math.isnan(row.estimate)
        elif threshold not in (category - 1, category, category - 2, category + 1):
            # Thresholds further off keep their place, up to what the change does to the slope.
            other = full.get("difficulty", item="q2", category=threshold)
            assert row.estimate == pytest.approx(other.estimate, abs=2 * other.std_error)
    if category == 3 and model == "graded":
        assert rows[2].estimate == rows[3].estimate
    assert result.get("discrimination", item="q2").note is None
    probabilities = result.model().category_curves()[1]
    assert (probabilities[category - 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-12)


def test_a_baseline_that_nobody_chose_leaves_no_intercept() -> None:
    codes = simulated(800)
    codes[:, 1] = np.maximum(codes[:, 1], 2)
    rows = irt(counted(codes), model="gpcm").find("intercept", item="q2")
    assert all(math.isnan(row.estimate) for row in rows)
    assert {row.note for row in rows} == {"category_not_chosen: 1"}


def test_one_leader_gives_no_standard_error() -> None:
    answers = counted(simulated(300), {"leader": Key.of(["x"] * 300)})
    row = irt(answers).get("discrimination", item="q1")
    assert row.estimate > 0
    assert math.isnan(row.std_error)
    assert row.note == "one_cluster"
    assert all(math.isnan(bound) for bound in row.confidence_interval())


@pytest.mark.parametrize(("k", "c"), [(6, 2), (4, 11), (14, 3)])
def test_any_number_of_items_and_categories(k: int, c: int) -> None:
    result = battery(counted(simulated(500, k, c), categories=c), rng=1)
    flagged(result)
    for method in ("graded", "gpcm"):
        assert result.get("c2", method=method).df == k * (k - 3) / 2
        assert len(result.find("eap_sum", method=method)) == k * (c - 1) + 1
    assert len(result.find("m2_star", method="graded")) == (k + k * (k - 1) / 2 > k * c)


# ---------------------------------------------------------------- Q3* by bootstrap


def test_local_dependence_is_found_where_it_is() -> None:
    """The first two items of lq2002 hang together far beyond the model; in simulated answers nothing does."""
    dependent = local_dependence(load_case("lq2002_lead"), rng=1, draws=19).get("q3_star")
    assert dependent.p_value == pytest.approx(1 / 20)
    assert dependent.estimate == irt(load_case("lq2002_lead")).value("q3_star")
    independent = local_dependence(load_case("datCat"), rng=1, draws=19)
    assert independent.get("q3_star").p_value > 0.05
    assert independent.value("q3_star_limit") > 0


@pytest.mark.proves("q3_star_limit")
def test_limit_and_p_value_by_hand_from_draws_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws of .01 … 1, and one that is not fitted: the quantile of .95 interpolates, and p counts those at least as large."""
    drawn = iter([np.nan, *np.arange(1, 101) / 100])
    monkeypatch.setattr("omstilling_psychometrics.topics.irt.analysis_local_dependence._one_draw", lambda *_: next(drawn))
    result = local_dependence(load_case("datCat"), rng=1, draws=101)
    assert result.value("q3_star_limit") == pytest.approx(0.9505, rel=1e-9)
    observed = result.get("q3_star")
    assert observed.estimate == pytest.approx(0.155986, abs=1e-6)  # mirt's Q3, tests/topics/irt/test_irt.py
    assert observed.p_value == pytest.approx((1 + 85) / 101, rel=1e-12)
    assert observed.note == "draws_not_fitted: 1 of 101"


def test_local_dependence_is_reproducible_and_says_what_it_cannot() -> None:
    answers = load_case("datCat_mis")
    first, again = (local_dependence(answers, rng=7, draws=3) for _ in range(2))
    assert first.rows() == again.rows()
    refused = local_dependence(counted(STARVED["everybody at the ceiling"]), rng=1, draws=3)
    assert {row.note for row in refused.statistics} == {"too_few_items_vary: 0 < 3"}
    with pytest.raises(UsageError, match="at least 1"):
        local_dependence(answers, rng=1, draws=0)
    with pytest.raises(UsageError, match="graded, gpcm, pcm"):
        local_dependence(answers, rng=1, model="rasch")  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [None, "leader"])
def test_the_rows_of_a_model_that_fits_are_the_declared_ones(key: str | None) -> None:
    keys = {key: Key.of([f"l{answer % 90}" for answer in range(360)])} if key else {}
    answers = counted(simulated(360, k=4, c=4), keys, categories=4)
    role = irt(answers).model()
    rows = [*analysis_fit.declared_of_complete(role.complete), *analysis_fit.declared(role)]
    refuse_other_rows(analysis_fit.rows(role), rows)
    rows = [row for item in range(4) for row in analysis_parameters.declared_of_item(role, item, role.n)]
    rows += [*analysis_parameters.declared_likelihood(role.n), *analysis_parameters.declared(role)]
    refuse_other_rows(analysis_parameters.rows(role), rows)
    rows = list(analysis_local_dependence.declared(answers, "graded/parametric_bootstrap"))
    refuse_other_rows(local_dependence(answers, rng=1, draws=2).statistics, rows)
