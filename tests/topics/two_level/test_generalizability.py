"""Generalizability: components by hand and by identities, coefficients and numbers of answers from the components."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array

import made_up
import omstilling_psychometrics as op
from omstilling_psychometrics.core.numerics.arrays import Floats
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.leaders.numerics.variance_components import spearman_brown
from omstilling_psychometrics.topics.two_level.numerics.cross_person import Groups, cross_person
from omstilling_psychometrics.topics.two_level.numerics.decision_study import mean_inverse_answered
from omstilling_psychometrics.topics.two_level.numerics.observed_score import score_variances
from omstilling_psychometrics.topics.two_level.numerics.ordinal_components import of_ordered_answers

answers = partial(made_up.answers, categories=range(1, 8))
VARIANCES = ("leader_variance", "item_variance", "leader_item_variance", "person_variance", "person_item_variance")


def teams(leaders: int = 6, size: int = 3, items: int = 4, seed: int = 1) -> Floats:
    """Answers 1 … 7 (leaders, people, items)."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 1, (leaders, 1, 1)) + rng.normal(0, 1, (leaders, size, 1)) + rng.normal(0, 0.7, items)
    made = 4 + level + rng.normal(0, 0.6, (leaders, 1, items)) + rng.normal(0, 0.8, (leaders, size, items))
    return np.clip(np.round(made), 1, 7)


def counted(made: Floats, holes: float = 0.0) -> ResponsePatterns:
    leaders, size, items = made.shape
    rows = made.reshape(-1, items).astype(int)
    rows[np.random.default_rng(2).random(rows.shape) < holes] = -1
    return answers(rows, leader=[f"l{one}" for one in np.repeat(np.arange(leaders), size)])


def variances(result: op.Result, method: str = "pairwise", aspect: str = "estimate") -> list[float]:
    return [getattr(result.get(quantity, method=method), aspect) for quantity in VARIANCES]


@pytest.mark.proves("leader_variance", "item_variance", "leader_item_variance", "person_variance", "person_item_variance")
def test_with_teams_of_one_size_they_are_the_expected_mean_squares() -> None:
    """Sums of squares of the layout, solved as in any textbook."""
    y = teams()
    leaders, size, items = y.shape
    of_leader, of_item, of_both, of_person = y.mean(axis=(1, 2)), y.mean(axis=(0, 1)), y.mean(axis=1), y.mean(axis=2)
    grand = y.mean()
    square_l = size * items * ((of_leader - grand) ** 2).sum() / (leaders - 1)
    square_i = leaders * size * ((of_item - grand) ** 2).sum() / (items - 1)
    interaction = of_both - of_leader[:, None] - of_item + grand
    square_li = size * (interaction**2).sum() / ((leaders - 1) * (items - 1))
    square_p = items * ((of_person - of_leader[:, None]) ** 2).sum() / (leaders * (size - 1))
    rest = y - of_person[:, :, None] - of_both[:, None, :] + of_leader[:, None, None]
    square_e = (rest**2).sum() / (leaders * (size - 1) * (items - 1))
    expected = [
        (square_l - square_li - square_p + square_e) / (size * items),
        (square_i - square_li) / (leaders * size),
        (square_li - square_e) / size,
        (square_p - square_e) / items,
        square_e,
    ]
    result = op.generalizability(counted(y))
    for method in ("pairwise", "listwise"):
        assert variances(result, method) == pytest.approx(expected, rel=1e-10)


def test_with_holes_they_are_means_over_pairs_of_items() -> None:
    """Of the answers to any two items alone, the complete rows are all that count."""
    holes = counted(teams(items=3), holes=0.15)
    pairs = [variances(op.generalizability(holes.select(items=pair)), "listwise") for pair in combinations(holes.items, 2)]
    result = op.generalizability(holes)
    assert variances(result) == pytest.approx(np.mean(pairs, axis=0), rel=1e-10)
    assert variances(result) != pytest.approx(variances(result, "listwise"), rel=1e-3)


def test_errors_leave_out_leaders() -> None:
    y = teams()
    left_out = np.array([variances(op.generalizability(counted(np.delete(y, leader, axis=0)))) for leader in range(len(y))])
    expected = math.sqrt(5) * left_out.std(axis=0)
    result = op.generalizability(counted(y))
    assert variances(result, aspect="std_error") == pytest.approx(expected, rel=1e-9)
    # On the logarithm of the error's share, which is linear in the components to first order.
    found = result.get("generalizability_coefficient", category=3)
    level = np.log(1 - np.array(found.confidence_interval()))
    assert level.mean() == pytest.approx(math.log(1 - found.estimate), rel=1e-9)


def test_a_second_wave_of_other_people_who_answer_one_higher_changes_nothing() -> None:
    y = np.clip(teams(), 1, 6)
    rows = np.concatenate([y, y + 1], axis=1)
    both = answers(
        rows.reshape(-1, 4).astype(int),
        leader=[f"l{one}" for one in np.repeat(np.arange(6), 6)],
        wave=["1", "1", "1", "2", "2", "2"] * 6,
    )
    one, two = op.generalizability(counted(y)), op.generalizability(both)
    for aspect in ("estimate", "std_error"):
        assert variances(two, aspect=aspect) == pytest.approx(variances(one, aspect=aspect), rel=1e-9)
    assert two.value("cluster_reliability") == pytest.approx(one.value("cluster_reliability"), rel=1e-9)
    assert two.get("leader_variance").note == "waves_pooled; few_clusters: 6 < 50"


def test_of_ordered_answers_they_are_those_of_the_score_under_the_model() -> None:
    """With the latent correlations of a factor model, whose variances of the mean score another module computes."""
    loading, between, psi = np.array([1.2, 0.7, 1.0]), np.array([0.5, 0.4, 0.1]), np.array([0.2, 0.0, 0.3])
    scale = np.sqrt(1 + loading**2 + between**2 + psi)
    cuts = np.array([[-1.0, 0.2, 0.9], [-0.5, 0.1, 1.5], [-1.4, -0.3, 0.4]])
    rows = np.random.default_rng(1).integers(1, 5, (60, 3))
    counts = csr_array((np.ones(60), (np.repeat(np.arange(12), 5), np.arange(60))))
    crossed = cross_person(Groups(rows, 4, counts, np.arange(12)))
    two = (np.outer(between, between) + np.diag(psi)) / np.outer(scale, scale)
    one = two + np.outer(loading, loading) / np.outer(scale, scale)
    exact = replace(
        crossed,
        of_one=replace(crossed.of_one, thresholds=cuts / scale[:, None], correlations=one[np.triu_indices(3, 1)]),
        correlations=two[np.triu_indices(3)],
    )
    values = np.array([1.0, 2.0, 4.0, 5.0])
    leader, _, leader_item, person, rest = of_ordered_answers(exact, values).values
    score = score_variances(loading, between, cuts, values, psi)
    assert leader + leader_item / 3 == pytest.approx(score.between + score.residual, rel=1e-12)
    assert person + rest / 3 == pytest.approx(score.within + score.error, rel=1e-12)


def test_of_ordered_answers_they_are_near_those_of_numbers_and_so_are_their_errors() -> None:
    result = op.generalizability(load_case("sim1_complete"))
    errors = np.array(variances(result, aspect="std_error"))
    assert variances(result, "ordinal") == pytest.approx(variances(result), abs=0.5 * errors.max())
    assert variances(result, "ordinal", "std_error") == pytest.approx(errors, rel=0.15)


@pytest.mark.proves("cluster_reliability")
def test_which_reliability_of_a_leader_is_meant() -> None:
    """With these items it is Spearman and Brown's of ICC(1) by the analysis of variance of the score."""
    case = load_case("lq2002_lead")
    result, leaders = op.generalizability(case), op.multilevel(case)
    size = leaders.model().harmonic_size
    icc = leaders.value("icc1", method="n0")
    assert result.value("cluster_reliability", method="items_fixed") == pytest.approx(spearman_brown(icc, size), rel=1e-10)
    leader, _, leader_item, person, rest = variances(result)
    error = leader_item / 5 + (person + rest / 5) / size
    assert result.value("cluster_reliability", method="items_sampled") == pytest.approx(leader / (leader + error), rel=1e-10)
    fixed = leader / (leader + leader_item / 5)
    assert result.value("cluster_reliability", method="persons_fixed") == pytest.approx(fixed, rel=1e-10)


@pytest.mark.proves("generalizability_coefficient", "dependability_coefficient")
def test_coefficients_follow_from_the_components() -> None:
    result = op.generalizability(load_case("lq2002_lead"))
    leader, item, leader_item, person, rest = variances(result)
    for method, k in (("pairwise", 5), ("pairwise/items_10", 10)):
        error = leader_item / k + person / 7 + rest / (7 * k)
        found = result.value("generalizability_coefficient", method=method, category=7)
        assert found == pytest.approx(leader / (leader + error), rel=1e-10)
        found = result.value("dependability_coefficient", method=method, category=7)
        assert found == pytest.approx(leader / (leader + error + item / k), rel=1e-10)


@pytest.mark.proves("generalizability_coefficient", "dependability_coefficient")
def test_ordered_answers_have_decision_studies_of_their_components() -> None:
    result = op.generalizability(load_case("lq2002_lead"))
    names = ("leader", "item", "leader_item", "person", "person_item")
    leader, item, leader_item, person, rest = (result.value(f"{name}_variance", method="ordinal") for name in names)
    for method, k in (("ordinal", 5), ("ordinal/items_20", 20)):
        error = leader_item / k + person / 10 + rest / (10 * k)
        found = result.value("generalizability_coefficient", method=method, category=10)
        assert found == pytest.approx(leader / (leader + error), rel=1e-10)
        found = result.value("dependability_coefficient", method=method, category=10)
        assert found == pytest.approx(leader / (leader + error + item / k), rel=1e-10)


def test_other_numbers_of_leaders_move_no_coefficient_but_its_interval() -> None:
    """49 leaders; the variance of an estimate is inverse to their number, and t has a degree of freedom less."""
    result = op.generalizability(load_case("lq2002_lead"))
    own = result.get("generalizability_coefficient", method="pairwise", category=10)
    for leaders in (30, 100, 300):
        row = result.get("generalizability_coefficient", method=f"pairwise/leaders_{leaders}", category=10)
        assert row.estimate == own.estimate
        assert row.std_error == pytest.approx(own.std_error * math.sqrt(49 / leaders), rel=1e-12)
        half = stats.t.ppf(0.975, leaders - 1) * row.std_error / (1 - row.estimate)
        expected = [1 - (1 - row.estimate) * math.exp(sign * half) for sign in (1, -1)]
        assert row.confidence_interval(0.95) == pytest.approx(expected, rel=1e-10)


@pytest.mark.proves("answers_for_generalizability", "answers_for_dependability")
def test_answers_needed_are_the_fewest_whose_coefficient_is_large_enough() -> None:
    result = op.generalizability(load_case("lq2002_lead"))
    model = result.model()
    leader, item, leader_item, person, rest = variances(result)
    for quantity, kind in (("answers_for_generalizability", "relative"), ("answers_for_dependability", "absolute")):
        row = result.get(quantity, method="pairwise/items_10", category=0.7)
        lasting = leader_item / 10 + (item / 10 if kind == "absolute" else 0)
        assert row.estimate == math.ceil((person + rest / 10) / (leader * 0.3 / 0.7 - lasting))
        for number, end in zip(row.confidence_interval(0.9), (1, 0), strict=True):
            enough, fewer = (model.coefficient(kind, answers=number - less, items=10).bounds(0.9)[end] for less in (0, 1))
            assert enough >= 0.7 > fewer
    assert result.get("answers_for_dependability", method="pairwise", category=0.7).note == "answers_without_end"
    assert result.get("answers_for_dependability", method="pairwise", category=0.8).note == "no_number_of_answers"


def test_items_left_unanswered_by_going_through_all_that_can_be_answered() -> None:
    """Two people about a leader, three items, each answered with probability .6, one at least: the variance of the leader's
    mean given the leader, of which what all leaders share is no error of comparisons."""
    model = op.generalizability(counted(teams(items=3))).model()
    leader, item, leader_item, person, rest = model.components.values
    subsets = [np.array(one) for one in product((0, 1), repeat=3) if any(one)]
    total, weight = 0.0, 0.0
    for one, two in product(subsets, subsets):
        chance = 0.6 ** (one.sum() + two.sum()) * 0.4 ** (6 - one.sum() - two.sum())
        shares = (one / one.sum() + two / two.sum()) / 2
        error = (item + leader_item) * (shares**2).sum() + person / 2 + rest * (1 / one.sum() + 1 / two.sum()) / 4
        total, weight = total + chance * error, weight + chance
    absolute = total / weight
    object.__setattr__(model, "minimum_answered", 1)
    found = model.coefficient("absolute", answers=2, unanswered=0.4)
    assert found.estimate == pytest.approx(leader / (leader + absolute), rel=1e-12)
    found = model.coefficient("relative", answers=2, unanswered=0.4)
    assert found.estimate == pytest.approx(leader / (leader + absolute - item / 3), rel=1e-12)
    assert mean_inverse_answered(2, 0.5, 1) == pytest.approx(5 / 6)


def test_without_leaders_or_several_answers_about_them_it_says_why() -> None:
    rows = teams(4, 1).reshape(-1, 4).astype(int)
    assert {one.note for one in op.generalizability(answers(rows)).statistics} == {"no_leaders"}
    alone = op.generalizability(answers(rows, leader=list("abcd")))
    assert {one.note for one in alone.statistics} == {"one_answer_per_leader"}
    one = op.generalizability(answers(rows, leader=["a"] * 4))
    assert {row.note for row in one.statistics} == {"one_leader"}
