"""Verification holds; every comparison notices a wrong number; no stored value is left out without a reason."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from importlib import resources

import pytest

from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import ReferenceValue, load_values, manifest
from omstilling_psychometrics.reference.comparison import Case, Comparison, Tolerance, deviations
from omstilling_psychometrics.verification import Verification, running, verify
from omstilling_psychometrics.verification.running import COMPARISONS, Cases, run_comparison
from proof import wrong

# Stored values that verification does not compare, and why.
NOT_COMPARED = {
    "multilevel: lavaan_0_7_2/twolevel_WLSMV/est": "another estimator: the tests hold ours to within its standard errors",
    "cfa: cfa_ordinal/gamma_NACOV": "a covariance that is no row of the results: the tests compare it",
    "irt: irt/*/responses_first20": "the answers that scores are compared for",
    "irt: irt/graded/complete_cases/logLik": "C2 and S-X2 of the same fit are compared",
    "correlation: correlation/polycor/*/chisq": "says that the estimate beside it is not the maximum",
    "dimensionality: dimensionality/parallel_pc_fa/pc.sim": "means of 20 or 100 random draws",
    "efa: dimensionality/*/efa/*_1_none/null_chisq": "an ingredient of indices that psych mixes differently",
    "efa: dimensionality/*/efa/*_2_*": "psych keeps the first minimum it meets, which on some data sets is not the lowest",
    "cfa: cfa_continuous/lrt_*_satorra.bentler.2010": "the alternative scaling, which the analysis falls back on",
    "omega: reliability/fiml/compRelSEM_obs": "the analysis has the model-implied variance alone where answers are missing",
    "omega: reliability/wlsmv_*/AVE_mod": "a share of latent variance, which is not reported for ordinal models",
    "omega: reliability/wlsmv_complete/*": "the analysis uses every pair of answers",
    "cfa: invariance_ordinal/theta_complete/*": "stored twice: the values in invariance.json are compared",
    "invariance: invariance_two_categories/*": "answers made into two categories: the tests compare them",
    "two_level_continuous: cfa_cluster/twolevel_saturated_both/fit": "the saturated model, no row: the tests compare it",
    "two_level_continuous: cfa_cluster/twolevel_within1_saturated_between/fit": "its chi-square is against other moments",
    "two_level_continuous: cfa_cluster/twolevel_h1": "moments that semTools divides by: the tests put them into ours",
    "cfa: invariance_continuous/MLR_listwise/*": "stored twice: the values in invariance.json are compared",
}

# Numbers of the results' methods and of numerics, which are no rows of results.json.
NOT_IN_THE_VOCABULARY = {
    "covariance", "variance_component", "z", "item_information", "expected_scores", "category_curves", "eap", "eap_sd", "wle",
    "zh",
}  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


@pytest.fixture(scope="module")
def verification(cases: Cases) -> Verification:
    return verify(cases=cases)


def test_everything_holds(verification: Verification) -> None:
    assert verification.holds, verification.summary
    assert verification.values > 12_000
    assert {line.domain for line in verification.lines} == DOMAINS
    assert verification.summary.endswith("everything holds.")


def test_the_table_names_peers_versions_and_their_errors(verification: Verification) -> None:
    text = str(verification)
    for part in (
        "lavaan::cfa",
        "0.6.14",
        "0.7.2",
        "mokken::coefH",
        "3.1.2",
        "multilevel::ICC1",
        "2.7",
        "psych::alpha",
        "4.2.2",
    ):
        assert part in text
    agreement, errors = text.split("Known errors of peers")
    assert "DOES NOT HOLD" not in agreement
    for peer in ("psych::glb.fa 2.2.9", "ltm::grm", "lavaan::cfa 0.6.14", "lavaan::cfa 0.7.2", "mirt::M2", "polycor::polychor"):
        assert peer in errors
    frame = verification.to_frame()
    assert len(frame) == len(verification.lines)
    assert frame["holds"].all()


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda one: f"{one.path}-{one.quantity}-{one.aspect}")
def test_every_comparison_notices_wrong_numbers(comparison: Comparison, cases: Cases, verification: Verification) -> None:
    """Their numbers 5 % and 0.05 off; of known errors: the peer agreeing with us."""

    def wrong(case: Case, stored: object) -> list[tuple[str, float | None, float | None]]:
        pairs = comparison.pairs(case, stored)
        if comparison.error is not None:
            return [(place, ours, ours) for place, ours, _ in pairs]
        return [(place, ours, None if theirs is None else 1.05 * theirs + 0.05) for place, ours, theirs in pairs]

    assert run_comparison(comparison, cases).holds
    assert not run_comparison(replace(comparison, pairs=wrong), cases).holds


def test_one_wrong_digit_in_one_stored_value_is_found(cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "reliability/alpha_complete/total"

    def changed(domain: str) -> dict[str, dict[str, ReferenceValue]]:
        values = {name: dict(entries) for name, entries in load_values(domain).items()}
        if domain == "reliability":
            right = values["datCat"][path]
            row = dict(right.value[0], raw_alpha=right.value[0]["raw_alpha"] + 1e-7)
            values["datCat"][path] = replace(right, value=[row])
        return values

    chosen = [one for one in COMPARISONS if one.domain == "reliability"]
    assert verify(comparisons=chosen, cases=cases).holds
    monkeypatch.setattr(running, "load_values", changed)
    found = verify(comparisons=chosen, cases=cases)
    assert not found.holds
    assert [(line.quantity, line.largest.place) for line in found.lines if not line.holds] == [("alpha", "datCat")]
    assert "1 do not hold" in found.summary
    assert "DOES NOT HOLD" in str(found)


def test_a_value_that_is_gone_does_not_hold(cases: Cases) -> None:
    assert not run_comparison(replace(COMPARISONS[0], path="descriptives/nothing"), cases).holds
    assert not verify(comparisons=[]).holds


def test_deviations() -> None:
    relative, absolute = Tolerance("relative", 1e-3), Tolerance("absolute", 1e-3, absolute=True)
    assert relative.deviation(202.0, 200.0) == pytest.approx(0.01)
    assert absolute.deviation(202.0, 200.0) == 2.0
    assert relative.deviation(0.5, 0.0) == 0.5
    assert relative.deviation(float("nan"), 1.0) == float("inf")


def test_progress_names_each_domain_once() -> None:
    seen: list[str] = []
    verify(progress=seen.append, comparisons=[one for one in COMPARISONS if one.domain in ("items", "missingness", "glb")])
    assert sorted(seen) == ["glb", "items", "missingness"]


DOMAINS = {
    file.name.removesuffix(".json")
    for file in resources.files("omstilling_psychometrics.reference").joinpath("values").iterdir()
    if file.name.endswith(".json")
}


@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_every_stored_value_is_compared_or_has_a_reason(domain: str) -> None:
    compared = {one.path for one in COMPARISONS if one.domain == domain}
    stored = {path for entries in load_values(domain).values() for path in entries}
    left = [path for path in sorted(stored - compared) if not any(fnmatch(f"{domain}: {path}", one) for one in NOT_COMPARED)]
    assert left == []


@pytest.mark.parametrize("domain", ["classical", "correlation", "irt", "items", "missingness", "reliability"])
def test_every_data_set_has_values(domain: str) -> None:
    assert sorted(load_values(domain)) == sorted(manifest())


def test_no_likelihood_is_below_that_of_a_peer(cases: Cases) -> None:
    """Who finds the maximum is the higher one; what is left is rounding, of sums of some 20,000."""
    heights = [one for one in COMPARISONS if one.quantity == "log_likelihood" and one.error is None]
    pairs = [
        pair
        for comparison in heights
        for name, values in load_values(comparison.domain).items()
        if comparison.path in values and (comparison.datasets is None or name in comparison.datasets)
        for pair in deviations(comparison, cases[name], values[comparison.path])
    ]
    assert len(pairs) > 40
    assert [pair.place for pair in pairs if pair.ours < pair.theirs - 1e-5] == []


def reads_the_rows(comparison: Comparison, cases: Cases) -> bool:
    """Is a number of ours another one when the rows of the quantity have wrong numbers?"""
    name = next(name for name, values in load_values(comparison.domain).items() if comparison.path in values)
    stored = load_values(comparison.domain)[name][comparison.path]
    right = [one.ours for one in deviations(comparison, cases[name], stored)]
    with wrong(comparison.quantity):
        return right != [one.ours for one in deviations(comparison, cases[name], stored)]


def test_a_peer_proves_what_stands_in_the_rows(cases: Cases) -> None:
    """A comparison with a function of numerics alone leaves open what the row says."""
    below = []
    for quantity in vocabulary("en").quantities:
        with_peers = [one for one in COMPARISONS if one.quantity == quantity and one.error is None]
        if with_peers and not any(reads_the_rows(one, cases) for one in with_peers):
            below.append(quantity)
    assert below == []
    assert not reads_the_rows(replace(COMPARISONS[0], pairs=lambda case, stored: [("", 1.0, 1.0)]), cases)


def test_statistics_are_named_as_in_the_results() -> None:
    known = set(vocabulary("en").quantities) | NOT_IN_THE_VOCABULARY
    assert {one.quantity for one in COMPARISONS} <= known
