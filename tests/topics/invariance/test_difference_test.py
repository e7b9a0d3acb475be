"""The test of two nested models: the same as the tests that come with the fits, and refused where nothing is nested."""

from __future__ import annotations

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.reference import load_case

ANSWERS = load_case("lq2002_lead")
LADDER = op.invariance(load_case("datCat"), by="group")
CONTINUOUS = op.invariance(load_case("datCat"), by="group", estimator="MLR")


@pytest.mark.parametrize("estimator", ["ML", "MLR", "WLSMV"])
@pytest.mark.proves("model_difference")
def test_equal_loadings_as_the_fit_tests_them(estimator: str) -> None:
    """In either order; by leader, but for ML."""
    wider, narrower = (op.cfa(ANSWERS, estimator=estimator, model=model) for model in ("congeneric", "tau_equivalent"))
    expected = wider.get("tau_equivalence")
    for one, other in ((wider, narrower), (narrower, wider), (wider.model(), narrower.model())):
        test = op.difference_test(one, other).get("model_difference")
        assert test.statistic == pytest.approx(expected.statistic, rel=1e-6)
        assert (test.df, test.cluster, test.n) == (expected.df, expected.cluster, expected.n)
        assert test.p_value == pytest.approx(expected.p_value, rel=1e-5)


def test_a_freed_pair_costs_one_degree_of_freedom() -> None:
    plain, pair = op.cfa(ANSWERS), op.cfa(ANSWERS, residual_covariances=[("i1", "i2")])
    test = op.difference_test(plain, pair).get("model_difference")
    assert test.df == 1
    assert test.statistic == pytest.approx(plain.get("modification_index", item="i1~i2").statistic, rel=1e-4)


@pytest.mark.parametrize(
    ("ladder", "wider", "narrower"),
    [(LADDER, "thresholds", "loadings"), (CONTINUOUS, "continuous/configural", "continuous/metric")],
)
def test_steps_next_to_each_other_as_the_ladder_tests_them(ladder, wider, narrower) -> None:
    test = op.difference_test(ladder.step(narrower), ladder.step(wider)).get("model_difference")
    expected = ladder.get("difference", method=narrower)
    assert test.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert test.df == expected.df


def test_steps_further_apart() -> None:
    test = op.difference_test(LADDER.step("configural"), LADDER.step("residuals")).get("model_difference")
    assert test.df == LADDER.step("residuals").fit.df - LADDER.step("configural").fit.df
    assert 0 < test.statistic < 200


def test_several_roles_are_tested_apart() -> None:
    """The self-reports and the others of one file, each with its own test."""
    answers = op.draw_team(leaders=40, team_size=8, rng=1)
    frame = answers.expand(coded=True).assign(role=["medarbejder", "leder"] * 160)
    both = op.ResponsePatterns.from_frame(frame, answers.instrument)
    fits = [op.cfa(both, estimator="MLR", model=model) for model in ("congeneric", "tau_equivalent")]
    result = op.difference_test(*fits)
    assert [row.role for row in result.statistics] == ["medarbejder", "leder"]
    one = op.difference_test(*(fit.model("leder") for fit in fits)).get("model_difference")
    assert result.get("model_difference", role="leder").statistic == one.statistic


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: (
                op.cfa(ANSWERS, residual_covariances=[("i1", "i2")]),
                op.cfa(ANSWERS, residual_covariances=[("i1", "i3")]),
            ),
            "not nested",
        ),
        (
            lambda: (op.cfa(ANSWERS, residual_covariances=[("i1", "i2")], model="tau_equivalent"), op.cfa(ANSWERS)),
            "not nested: WLSMV, tau_equivalent with i1~i2 free",
        ),
        (lambda: (op.cfa(ANSWERS), op.cfa(ANSWERS)), "not nested"),
        (lambda: (op.cfa(ANSWERS, estimator="MLR"), op.cfa(ANSWERS)), r"differ in estimator \(MLR and WLSMV\)"),
        (lambda: (op.cfa(ANSWERS), op.cfa(ANSWERS, cluster=None)), r"differ in cluster \(leader and None\)"),
        (lambda: (op.cfa(ANSWERS), op.cfa(load_case("sim1_complete"))), "only one of the results|not of the same answers"),
        (lambda: (LADDER.step("configural"), CONTINUOUS.step("continuous/metric")), "not of one ladder"),
        (lambda: (LADDER, LADDER), "has several models"),
        (lambda: (ANSWERS, LADDER), "got ResponsePatterns and InvarianceResult"),
    ],
)
def test_what_is_not_nested_is_refused(call, words) -> None:
    with pytest.raises(op.UsageError, match=words):
        op.difference_test(*call())
