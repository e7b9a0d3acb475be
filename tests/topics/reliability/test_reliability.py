"""Coefficient alpha: published anchors, identities, and what cannot be computed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from omstilling_psychometrics.core.numerics.intervals import influence_error
from omstilling_psychometrics.core.numerics.moments import complete
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.simulation import draw_team
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.numerics.alpha import listwise_alpha, pairwise_alpha


def test_errors_of_lambda3_are_those_of_alpha():
    for case in (load_case("datCat"), load_case("lq2002_lead")):
        result = reliability(case)
        by_influence = result.get("alpha", method="listwise/influence" if "leader" not in case.keys else "listwise")
        assert result.value("lambda3") == pytest.approx(by_influence.estimate, rel=1e-12)
        assert result.get("lambda3").std_error == pytest.approx(by_influence.std_error, rel=1e-9)


def test_anchors() -> None:
    result = reliability(load_case("bfi_A"))
    assert (round(result.alpha, 5), result.get("alpha", method="listwise").n) == (0.70376, 2709)
    pairwise = result.get("alpha", method="pairwise")
    assert (round(pairwise.estimate, 5), pairwise.n) == (0.70302, 2800)


@pytest.mark.parametrize(
    ("n", "low", "high"), [(30, 0.744, 0.921), (100, 0.798, 0.892), (300, 0.821, 0.875), (1000, 0.835, 0.864)]
)
def test_feldt_interval_of_published_example(n: int, low: float, high: float) -> None:
    from omstilling_psychometrics.core.numerics.intervals import feldt

    assert feldt(0.95, 0.85, n, 5) == pytest.approx((low, high), abs=5e-4)


def test_design_effect_of_alpha_is_not_that_of_a_mean() -> None:
    answers = load_case("lq2002_lead")
    clustered = reliability(answers).get("alpha", method="listwise").std_error
    independent = reliability(answers, cluster=None).get("alpha", method="listwise/influence").std_error
    assert (clustered / independent) ** 2 == pytest.approx(0.91, abs=0.01)


def test_random_leaders_leave_the_standard_error_of_alpha_as_it_is() -> None:
    answers = load_case("bfi_N").pool("group").expand(coded=True)
    rng = np.random.default_rng(7)
    ratios = []
    for _ in range(20):
        answers["leader"] = [f"{leader:03}" for leader in rng.integers(0, 400, len(answers))]
        patterns = ResponsePatterns.from_frame(answers, load_case("bfi_N").instrument)
        values, counts = patterns.values(), patterns.table()[1]
        used = complete(values)
        influence = listwise_alpha(values, counts).influence[used]
        clustered = influence_error(influence, counts[used], patterns.clusters("leader").restrict(used))
        ratios.append(clustered / influence_error(influence, counts[used]))
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("method", ["listwise", "pairwise"])
def test_leaders_drawn_for_answers_that_do_not_know_them_change_no_standard_error_by_five_percent(method: str) -> None:
    # With 3,000 leaders the ratio itself has a standard deviation of about 1/sqrt(2 · 3000), a little over one per cent.
    answers = draw_team(leaders=9000, team_size=1, rng=3).expand(coded=True)
    answers["leader"] = [f"{leader:04}" for leader in np.random.default_rng(4).integers(0, 3000, len(answers))]
    patterns = ResponsePatterns.from_frame(answers, load_instrument())
    clustered = reliability(patterns).get("alpha", method=method)
    independent = reliability(patterns, cluster=None).get("alpha", method=f"{method}/influence")
    assert clustered.cluster == "leader"
    assert clustered.std_error == pytest.approx(independent.std_error, rel=0.05)


def test_every_answer_its_own_leader_is_independence_with_the_factor() -> None:
    answers = load_case("datCat").pool("group").expand(coded=True)
    answers["leader"] = [f"{row:03}" for row in range(len(answers))]
    patterns = ResponsePatterns.from_frame(answers, load_case("datCat").instrument)
    clustered = reliability(patterns).get("alpha", method="listwise").std_error
    independent = reliability(patterns, cluster=None).get("alpha", method="listwise/influence").std_error
    n = len(answers)
    assert clustered == pytest.approx(independent * math.sqrt(n / (n - 1)), rel=1e-12)


def test_leaders_that_are_not_known_are_units_of_their_own() -> None:
    answers = load_case("datCat").pool("group").expand(coded=True)
    answers["leader"] = [f"{row:03}" if row % 2 else None for row in range(len(answers))]
    half = ResponsePatterns.from_frame(answers, load_case("datCat").instrument)
    answers["leader"] = [f"{row:03}" for row in range(len(answers))]
    known = ResponsePatterns.from_frame(answers, load_case("datCat").instrument)
    one, other = reliability(half).get("alpha"), reliability(known).get("alpha")
    assert one.std_error == pytest.approx(other.std_error, rel=1e-12)
    assert one.confidence_interval() == pytest.approx(other.confidence_interval(), rel=1e-12)


def test_influence_values_are_the_derivative_of_alpha() -> None:
    answers = load_case("sim1")
    values, counts = answers.values(), answers.table()[1]
    for function in (listwise_alpha, pairwise_alpha):
        alpha = function(values, counts)
        n = counts.sum() if function is pairwise_alpha else counts[complete(values)].sum()
        for pattern in (0, 100, 300):
            step = np.zeros_like(counts)
            step[pattern] = 1e-4
            slope = (function(values, counts + step).estimate - function(values, counts - step).estimate) / 2e-4
            # Up to terms of order 1/n², since covariances divide by n − 1.
            assert slope * n == pytest.approx(alpha.influence[pattern], abs=2e-3)


def test_every_interval_is_about_the_same_alpha() -> None:
    """Of complete rows, or of pairs of answers; both by hand."""
    answers = load_case("sim_small")
    rows = answers.expand()[list(answers.items)]
    by_hand = {}
    for method, covariances in (("listwise", rows.dropna().cov()), ("pairwise", rows.cov())):
        by_hand[method] = 5 / 4 * (1 - np.trace(covariances) / covariances.to_numpy().sum())
    found = reliability(answers).find("alpha")
    assert len(found) > 5
    for one in found:
        assert one.estimate == pytest.approx(by_hand[str(one.method).split("/")[0]], rel=1e-12)


def test_listwise_and_pairwise_are_one_without_holes() -> None:
    result = reliability(load_case("lq2002_lead"))
    listwise, pairwise = result.get("alpha", method="listwise"), result.get("alpha", method="pairwise")
    assert pairwise.estimate == pytest.approx(listwise.estimate, rel=1e-12)
    assert pairwise.std_error == pytest.approx(listwise.std_error, rel=1e-12)


def test_parallel_items_have_the_alpha_of_spearman_and_brown() -> None:
    # Two items: alpha = 2 cov/(half the variance of the sum) = 2r/(1 + r) for equal variances.
    answers = ResponsePatterns.count(
        plain_instrument((0, 1), ("a", "b")), np.array([[1, 1], [1, 2], [2, 1], [2, 2]]), counts=np.array([30, 20, 20, 30])
    )
    assert reliability(answers).alpha == pytest.approx(2 * 0.2 / 1.2, rel=1e-12)


def test_superiors_are_clustered_by_respondent_else_by_organisation() -> None:
    rng = np.random.default_rng(1)
    keys = {
        "role": Key.of(["overordnet"] * 60),
        "leader": Key.of([f"L{row:02}" for row in range(60)]),
        "respondent": Key.of([f"S{row // 3:02}" for row in range(60)]),
        "organisation": Key.of([f"O{row // 10}" for row in range(60)]),
    }
    answers = ResponsePatterns.count(load_instrument(), rng.integers(1, 6, (60, 5)), keys)
    assert reliability(answers).get("alpha").cluster == "respondent"
    assert reliability(answers.pool("respondent")).get("alpha").cluster == "organisation"
    bare = reliability(answers.pool(["respondent", "organisation"])).get("alpha")
    assert (bare.cluster, bare.note) == (None, "superiors_not_identified")


def test_one_respondent_is_not_an_error() -> None:
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), np.array([[1, 3]]))
    alpha = reliability(answers).get("alpha")
    assert math.isnan(alpha.estimate)
    assert alpha.note == "too_few_complete: n = 1"


def test_an_item_that_nobody_answered_is_named() -> None:
    rows = np.array([[1, 3, -1], [2, 2, -1], [3, 1, -1]])
    result = reliability(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), rows))
    assert result.get("alpha", method="pairwise").note == "item_without_answers: c"
    assert result.get("alpha").note == "too_few_complete: n = 0"
    silent = reliability(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), np.full((3, 3), -1)))
    assert silent.get("alpha", method="pairwise").note == "no_answers"


def test_one_leader_gives_the_estimate_without_a_standard_error() -> None:
    answers = load_case("datCat").pool("group").expand(coded=True)
    answers["leader"] = "one"
    alpha = reliability(ResponsePatterns.from_frame(answers, load_case("datCat").instrument)).get("alpha")
    assert alpha.estimate == pytest.approx(reliability(load_case("datCat").pool("group")).alpha, rel=1e-12)
    assert math.isnan(alpha.std_error)
    assert alpha.note == "one_cluster"


def test_opposite_items_have_no_standardized_alpha() -> None:
    # Two items with r = −1: the sum of the standardized items does not vary.
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), np.array([[1, 3], [2, 2], [3, 1], [1, 3]]))
    alpha = reliability(answers).get("alpha_standardized")
    assert math.isnan(alpha.estimate)
    assert alpha.note == "no_variance"
