"""The four states of a verdict."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from omstilling_psychometrics.core.criteria import Criterion, criteria, cut_off, judge, verdicts
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.topics.factor.fit_systems import fit_systems


def statistic(low: float, high: float, quantity: str = "x", method: str | None = None, role: str = "all") -> Statistic:
    return Statistic(quantity=quantity, method=method, role=role, estimate=(low + high) / 2, interval=lambda level: (low, high))


AT_LEAST = Criterion(key="k", analysis="a", quantity="x", side="at_least", threshold=0.7, source="s")
MORE_THAN = Criterion(key="k", analysis="a", quantity="x", side="at_least", threshold=0.7, source="s", strict=True)
LESS_THAN = Criterion(key="k", analysis="a", quantity="x", side="at_most", threshold=0.7, source="s", strict=True)
AT_MOST = Criterion(key="k", analysis="a", quantity="x", side="at_most", threshold=0.7, source="s")
WITHIN = Criterion(key="k", analysis="a", quantity="x", side="within", threshold=0.7, source="s", strict=True, pairs=True)


@pytest.mark.parametrize(
    ("criterion", "low", "high", "state"),
    [
        (AT_LEAST, 0.71, 0.8, "met"),
        (AT_LEAST, 0.70, 0.8, "met"),
        (AT_LEAST, 0.65, 0.75, "inconclusive"),
        (AT_LEAST, 0.5, 0.69, "not_met"),
        (MORE_THAN, 0.70, 0.8, "inconclusive"),
        (MORE_THAN, 0.71, 0.8, "met"),
        (MORE_THAN, 0.6, 0.70, "not_met"),
        (LESS_THAN, 0.6, 0.70, "inconclusive"),
        (LESS_THAN, 0.6, 0.69, "met"),
        (LESS_THAN, 0.70, 0.8, "not_met"),
        (AT_MOST, 0.5, 0.70, "met"),
        (AT_LEAST, 0.5, 0.70, "inconclusive"),
        (AT_MOST, 0.5, 0.69, "met"),
        (AT_MOST, 0.65, 0.75, "inconclusive"),
        (AT_MOST, 0.71, 0.8, "not_met"),
        (WITHIN, -0.69, 0.69, "met"),
        (WITHIN, 0.1, 0.6, "met"),
        (WITHIN, -0.7, 0.6, "inconclusive"),
        (WITHIN, 0.6, 0.8, "inconclusive"),
        (WITHIN, -0.8, 0.9, "inconclusive"),
        (WITHIN, 0.7, 0.9, "not_met"),
        (WITHIN, -0.9, -0.7, "not_met"),
    ],
)
def test_the_whole_interval_decides(criterion: Criterion, low: float, high: float, state: str) -> None:
    assert judge(criterion, statistic(low, high)).state == state


def test_what_is_missing_cannot_be_evaluated() -> None:
    no_estimate = judge(AT_LEAST, Statistic(quantity="x", estimate=math.nan, note="no_variance"))
    assert (no_estimate.state, no_estimate.reason) == ("not_evaluated", "no_variance")
    no_interval = judge(AT_LEAST, Statistic(quantity="x", estimate=0.8))
    assert (no_interval.state, no_interval.reason) == ("not_evaluated", "no_interval")


def test_a_note_on_the_number_says_why_it_has_no_interval() -> None:
    refused = judge(AT_LEAST, Statistic(quantity="x", estimate=0.8, note="clusters_do_not_exceed_moments: 12 <= 20"))
    assert (refused.state, refused.reason) == ("not_evaluated", "clusters_do_not_exceed_moments: 12 <= 20")


def test_without_a_threshold_the_number_is_shown_and_nothing_is_judged() -> None:
    (verdict,) = verdicts({"reliability": [statistic(0.4, 0.6, "smallest_detectable_change")]})
    assert verdict.criterion.threshold is None
    assert (verdict.state, verdict.reason) == ("not_evaluated", "no_minimal_important_change")
    assert (verdict.low, verdict.high) == (0.4, 0.6)


def test_a_margin_speaks_of_every_pair_of_groups_and_the_worst_decides() -> None:
    """Any two groups, plainly compared; not what is said of them by other methods."""
    bounds = {"b~a": (-0.1, 0.1), "c~a": (0.6, 0.8), "c~b": (0.2, 0.3), "c~a/feldt": (2.0, 3.0), "partial/c~a": (2.0, 3.0)}
    rows = [statistic(*both, "x", method) for method, both in bounds.items()]
    (worst,) = verdicts({"a": rows}, [replace(WITHIN, every=True)])
    assert (worst.statistic.method, worst.state) == ("c~a", "inconclusive")
    each = verdicts({"a": rows}, [WITHIN])
    assert [(one.statistic.method, one.state) for one in each] == [("b~a", "met"), ("c~a", "inconclusive"), ("c~b", "met")]
    undeclared = replace(WITHIN, threshold=None, lacking="no_margin_declared")
    assert {(one.state, one.reason) for one in verdicts({"a": rows}, [undeclared])} == {("not_evaluated", "no_margin_declared")}


def test_systems_that_disagree_about_one_alpha_stand_side_by_side() -> None:
    alpha = statistic(0.82, 0.86, "alpha", "listwise")
    states = {one.criterion.key: one.state for one in verdicts({"reliability": [alpha]})}
    assert states == {
        "cosmin_alpha": "not_evaluated",
        "terwee_alpha": "met",
        "efpa_good": "met",
        "cotan_groups": "met",
        "cotan_individuals": "not_met",
    }


def test_short_sources_end_with_the_year() -> None:
    for criterion in criteria():
        assert re.fullmatch(r".*\(\d{4}\)", criterion.short_source)
        assert criterion.source.startswith(criterion.short_source)


def test_alpha_means_nothing_without_structural_validity() -> None:
    alpha = statistic(0.8, 0.9, "alpha", "listwise", "team")
    given = {verdict.criterion.key: verdict for verdict in verdicts({"reliability": [alpha]})}
    assert given["cosmin_alpha"].state == "not_evaluated"
    assert given["cosmin_alpha"].reason == "structural_validity_not_shown"
    elsewhere = statistic(0.01, 0.02, "srmr_unbiased", "WLSMV", "self")
    states = [v.state for v in verdicts({"reliability": [alpha], "cfa": [elsewhere]}) if v.criterion.key == "cosmin_alpha"]
    assert states == ["not_evaluated"]
    here = statistic(0.01, 0.02, "srmr_unbiased", "WLSMV", "team")
    states = [v.state for v in verdicts({"reliability": [alpha], "cfa": [here]}) if v.criterion.key == "cosmin_alpha"]
    assert states == ["met"]


def test_criteria_are_unique_sourced_and_speak_of_known_quantities() -> None:
    assert len({criterion.key for criterion in criteria()}) == len(criteria())
    for criterion in criteria():
        assert criterion.source
        assert {*criterion.presupposes, *criterion.rests_on} <= {one.key for one in criteria()}
    known = vocabulary("en").quantities
    assert {criterion.quantity for criterion in criteria() if criterion.analysis != "cfa"} <= set(known)


def test_a_criterion_of_every_pair_is_judged_by_the_worst() -> None:
    """One pair above the limit is one too many; each role has its own worst pair."""
    team, own = ((-0.3, -0.1), (0.38, 0.5), (0.2, 0.6)), ((-0.2, 0.0), (0.1, 0.3), (0.3, 0.36))
    pairs = [
        statistic(*bounds, "q3", "graded", role)
        for role, all_bounds in (("team", team), ("self", own))
        for bounds in all_bounds
    ]
    given = [one for one in verdicts({"irt": pairs}) if one.criterion.key == "cosmin_q3"]
    assert [(one.statistic.role, one.state, one.low) for one in given] == [("team", "not_met", 0.38), ("self", "met", 0.3)]
    unknown = Statistic(quantity="q3", method="graded", role="self", estimate=math.nan, note="no_variance")
    given = [one for one in verdicts({"irt": [*pairs, unknown]}) if one.criterion.key == "cosmin_q3"]
    assert [one.state for one in given] == ["not_met", "not_evaluated"]


def test_scalability_is_judged_by_item_and_by_scale() -> None:
    h = {"mokken": [statistic(0.2, 0.29, "h_item", "listwise"), statistic(0.31, 0.4, "h", "listwise")]}
    assert [(one.criterion.key, one.state) for one in verdicts(h)] == [
        ("cosmin_item_scalability", "not_met"),
        ("mokken_scale", "met"),
    ]


def test_systems_of_fit_ask_for_what_their_sources_ask_for() -> None:
    """COSMIN does not accept the cut-off itself; Hu & Bentler, whose numbers these are, do."""
    asked = {name: [f"{one.sign} {one.threshold:.2f}" for one in system] for name, system in fit_systems().items()}
    assert asked == {
        "cosmin": ["> 0.95", "> 0.95", "< 0.06", "< 0.08"],
        "hu_bentler": ["≥ 0.95", "≥ 0.95", "≤ 0.06", "≤ 0.08"],
        "acceptable": ["≥ 0.95", "≥ 0.95", "≤ 0.08", "≤ 0.10"],
        "good": ["≥ 0.97", "≥ 0.97", "≤ 0.05", "≤ 0.05"],
    }
    assert {one.short_source for one in fit_systems()["cosmin"]} == {"COSMIN: Prinsen et al. (2018)"}
    assert {one.short_source for one in fit_systems()["hu_bentler"]} == {"Hu & Bentler (1999)"}


@pytest.mark.parametrize(("largest", "state"), [(0.0199, "met"), (0.02, "not_met"), (0.05, "not_met")])
def test_dif_is_judged_by_the_estimate_of_the_worst_item(largest: float, state: str) -> None:
    items = [
        Statistic(quantity="total", item=item, estimate=value, p_value=0.01, n=500, note="clusters_ignored; few_clusters")
        for item, value in (("i1", 0.001), ("i2", largest))
    ]
    (verdict,) = verdicts({"dif": items})
    assert (verdict.criterion.key, verdict.state, verdict.statistic.item) == ("cosmin_dif", state, "i2")
    assert verdict.beside == "judged_by_estimate; few_clusters"  # the note on the test is not on the estimate
    unknown = Statistic(quantity="total", item="i3", estimate=math.nan, note="perfect_prediction")
    (verdict,) = verdicts({"dif": [*items[:1], unknown]})
    assert (verdict.state, verdict.reason, verdict.beside) == ("not_evaluated", "perfect_prediction", None)


def test_groups_that_are_too_small_for_the_source_are_not_judged() -> None:
    total = Statistic(quantity="total", item="i1", estimate=0.001, n=400, note="clusters_ignored; small_groups: b 150")
    (verdict,) = verdicts({"dif": [total]})
    assert (verdict.state, verdict.reason, verdict.beside) == ("not_evaluated", "small_groups: b 150", None)


@pytest.mark.parametrize(
    ("n", "items", "reason"),
    [
        (99, 5, "fewer_than_asked_for: 99 < 100"),
        (100, 5, None),
        (139, 20, "fewer_than_asked_for: 139 < 140"),
        (140, 20, None),
    ],
)
def test_one_factor_is_judged_in_samples_of_a_hundred_and_seven_per_item(n: int, items: int, reason: str | None) -> None:
    def known(quantity: str, method: str, estimate: float, low: float, high: float) -> Statistic:
        return Statistic(quantity=quantity, method=method, estimate=estimate, n=n, interval=lambda level: (low, high))

    rows = {
        "cfa": [known("srmr_unbiased", "WLSMV", 0.01, 0.0, 0.02), known("rmsea_robust", "WLSMV", 0.2, 0.1, 0.3)],
        "irt": [known("q3", "graded", -0.1, -0.2, 0.0)],
        "reliability": [known("alpha", "listwise", 0.8, 0.75, 0.85)],
    }
    given = {one.criterion.key: one for one in verdicts(rows, items=items)}
    states = [given[key].state for key in ("cosmin_srmr", "cosmin_rmsea", "cosmin_q3", "cosmin_alpha", "efpa_good")]
    few = ["not_evaluated"] * 4
    assert states == [*(few if reason else ["met", "not_met", "met", "met"]), "inconclusive"]
    assert {given[key].reason for key in ("cosmin_srmr", "cosmin_rmsea", "cosmin_q3")} == {reason}


def rest(item: str, estimate: float) -> Statistic:
    bounds = (estimate - 0.1, estimate + 0.1)
    return Statistic(
        quantity="item_rest_correlation", item=item, role="team", estimate=estimate, n=500, interval=lambda level: bounds
    )


@pytest.mark.parametrize(
    ("key", "analysis", "quantity", "method"),
    [
        ("scale_floor", "items", "scale_floor", None),
        ("scale_ceiling", "items", "scale_ceiling", None),
        ("cosmin_rmsea", "cfa", "rmsea_robust", "WLSMV"),
        ("cosmin_srmr", "cfa", "srmr_unbiased", "WLSMV"),
        ("dynamic_srmr", "dynamic_cutoffs", "dynamic_level", "WLSMV/srmr"),
        ("cosmin_q3", "irt", "q3", "graded"),
        ("cosmin_dif", "dif", "total", None),
    ],
)
def test_what_is_met_since_items_do_not_go_together_is_not_shown_as_met(
    key: str, analysis: str, quantity: str, method: str | None
) -> None:
    """Noise has no floor, leaves no residual correlation, and hangs on no group."""
    between = key == "cosmin_dif"
    role = "all" if between else "team"
    value = Statistic(quantity=quantity, method=method, role=role, estimate=-0.001, n=500, interval=lambda level: (-0.002, 0.0))
    for correlations, state in (((0.05, -0.1, 0.29), "not_evaluated"), ((0.05, 0.31, 0.1), "met")):
        statistics: dict[str, list[Statistic]] = {"items": [rest(f"i{n}", r) for n, r in enumerate(correlations)]}
        statistics.setdefault(analysis, []).append(value)
        (verdict,) = [one for one in verdicts(statistics, items=3) if one.criterion.key == key]
        assert verdict.state == state
        assert verdict.reason == ("rests_on_what_fails" if state == "not_evaluated" else None)


@pytest.mark.parametrize(("alpha", "state"), [(0.13, "not_evaluated"), (0.69, "not_evaluated"), (0.8, "met")])
def test_an_alpha_near_zero_is_not_praised_for_not_being_too_high(alpha: float, state: str) -> None:
    given = verdicts({"reliability": [statistic(alpha - 0.04, alpha + 0.04, "alpha", "listwise")]})
    assert next(one.state for one in given if one.criterion.key == "terwee_alpha") == state


def test_what_is_not_met_stays_so_whatever_it_rests_on() -> None:
    high = statistic(0.2, 0.3, "scale_ceiling", None, "team")
    given = verdicts({"items": [rest("i1", 0.05), high]})
    assert next(one.state for one in given if one.criterion.key == "scale_ceiling") == "not_met"


def test_a_cut_off_is_found_by_its_key() -> None:
    found = cut_off("item_rest")
    assert (found.quantity, found.sign, found.threshold) == ("item_rest_correlation", "≥", 0.3)
