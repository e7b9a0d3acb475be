"""Published rules on changes of fit: their limits, Chen's supplement, and that they are seen to disagree."""

import math

import pytest

from omstilling_psychometrics.topics.invariance.rules import judge_fit, judge_step, together


def judged(step, cfi, rmsea=0.0, srmr=0.0):
    changes = {"cfi_scaled_change": cfi, "rmsea_scaled_change": rmsea, "srmr_change": srmr}
    return {one.rule.key: one.state for one in judge_step(step, changes)}


@pytest.mark.parametrize(
    ("step", "cfi", "rmsea", "srmr", "state"),
    [
        ("loadings", -0.009, 0.014, 0.029, "met"),
        ("loadings", -0.011, 0.014, 0.029, "inconclusive"),  # CFI alone
        ("loadings", -0.011, 0.016, 0.029, "not_met"),
        ("loadings", -0.011, 0.014, 0.031, "not_met"),
        ("loadings", -0.009, 0.016, 0.031, "inconclusive"),  # without CFI
        ("intercepts", -0.009, 0.0, 0.011, "inconclusive"),  # SRMR has .010 there
        ("continuous/scalar", -0.011, 0.0, 0.011, "not_met"),
        ("residuals", -0.009, 0.0, 0.009, "met"),
        ("loadings", math.nan, 0.0, 0.0, "not_evaluated"),
        ("loadings", -0.02, 0.02, None, "not_evaluated"),
    ],
)
def test_chen_supplements_cfi(step, cfi, rmsea, srmr, state):
    assert judged(step, cfi, rmsea, srmr)["chen"] == state


def test_each_rule_speaks_of_its_own_kind_of_answers_and_steps():
    ordinal, numbers = judged("loadings", -0.006, 0.04), judged("continuous/metric", -0.015, 0.02)
    assert ordinal == {"chen": "inconclusive", "cheung_rensvold": "met", "rutkowski_svetina_2017": "not_met"}
    assert numbers == {"chen": "not_met", "cheung_rensvold": "not_met", "rutkowski_svetina_2014": "met"}
    assert set(judged("thresholds", 0.0)) == set(judged("residuals", 0.0)) == {"chen", "cheung_rensvold"}
    assert judged("intercepts", -0.003, 0.011)["rutkowski_svetina_2017"] == "not_met"


def test_robust_changes_come_first():
    changes = {"cfi_robust_change": -0.02, "cfi_scaled_change": 0.0, "rmsea_scaled_change": 0.0, "srmr_change": 0.0}
    assert {one.rule.key: one.state for one in judge_step("fiml/metric", changes)}["cheung_rensvold"] == "not_met"


def test_together_they_are_settled_only_where_they_agree():
    assert together(["met", "met", "not_evaluated"]) == "met"
    assert together(["not_met", "met"]) == "inconclusive"
    assert together(["not_met"]) == "not_met"
    assert together(["not_evaluated"]) == together([]) == "not_evaluated"


@pytest.mark.parametrize(
    ("cfi", "rmsea", "srmr", "cosmin", "acceptable"),
    [
        (0.99, 0.03, 0.02, "met", "met"),
        (0.71, 0.40, 0.17, "not_met", "not_met"),
        (0.97, 0.09, 0.03, "met", "not_met"),  # one index is enough for COSMIN
        (0.95, 0.08, 0.10, "not_met", "met"),  # at the cut-offs themselves
        (math.nan, math.nan, 0.03, "met", "not_evaluated"),
        (math.nan, 0.09, 0.09, "not_evaluated", "not_met"),
    ],
)
def test_the_first_step_is_judged_by_its_fit(cfi, rmsea, srmr, cosmin, acceptable):
    told = {rule.key: state for rule, state in judge_fit({"cfi": cfi, "rmsea": rmsea, "srmr": srmr})}
    assert told == {"cosmin": cosmin, "acceptable": acceptable}
