"""Margins that a study declares decide whether a difference is too small to matter; without them nothing is decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from omstilling_psychometrics.core.criteria import Verdict
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting import closing
from omstilling_psychometrics.reporting.item_evidence import ItemEvidence
from omstilling_psychometrics.reporting.item_rules import JudgedItem
from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.simulation.survey import simulate
from omstilling_psychometrics.survey.study import Margins, Study, parse_study

# The quantity that each margin is about, by the criterion.
ABOUT = {
    "alpha_equivalent": ("alpha", "alpha_comparison", "alpha_difference"),
    "scale_mean_equivalent": ("scale_mean", "role_comparison", "mean_difference"),
    "item_mean_equivalent": ("item_mean", "invariance", "expected_score_bias"),
    "loading_equivalent": ("loading", "invariance", "loading_difference"),
}


@pytest.fixture(scope="module")
def found() -> Validation:
    """Three roles in two waves, the second of them with two forms."""
    return validate(simulate(3).to_patterns(), ("items", "alpha_comparison", "role_comparison", "invariance"), rng=1)


def view(found: Validation, study: Study | None, *, versions: bool = True) -> View:
    wording = Wording("en", found.answers.instrument)
    return View(found.answers, found.rows, wording, study=study, versions=found._versions if versions else {})


def given(found: Validation, study: Study | None, key: str, *, versions: bool = True) -> list[Verdict]:
    return [one for one in view(found, study, versions=versions).verdicts if one.criterion.key == key]


@pytest.mark.parametrize("key", ABOUT)
def test_without_a_margin_equivalence_could_not_be_evaluated(found: Validation, key: str) -> None:
    for study in (None, Study()):
        (one,) = given(found, study, key)
        assert (one.state, one.reason) == ("not_evaluated", "no_margin_declared")


@pytest.mark.parametrize("key", ABOUT)
def test_a_margin_decides_by_the_whole_interval(found: Validation, key: str) -> None:
    """Of roles: a margin beyond the widest interval is met, one that the largest difference is beyond is not met, and one
    inside its interval settles nothing."""
    name, analysis, quantity = ABOUT[key]
    (undecided,) = given(found, Study(margins=Margins(**{name: 5.0})), key, versions=False)
    assert (undecided.state, undecided.criterion.threshold) == ("met", 5.0)
    (small,) = given(found, Study(margins=Margins(**{name: 1e-4})), key, versions=False)
    assert small.state == "not_met"
    (largest,) = given(found, Study(margins=Margins(**{name: abs(small.statistic.estimate or 0.0)})), key, versions=False)
    assert largest.state == "inconclusive"
    rows = [row for row in found.rows if (row["analysis"], row["quantity"]) == (analysis, quantity)]
    assert any(
        (row["conf_low"], row["conf_high"], row["item"]) == (small.low, small.high, small.statistic.item) for row in rows
    )
    sizes = [max(abs(row["conf_low"]), abs(row["conf_high"])) for row in rows if row["conf_low"] is not None]
    assert max(sizes) < 5


def test_waves_and_forms_are_held_against_the_margins_in_each_role(found: Validation) -> None:
    study = parse_study(b"[margins]\nalpha = 0.05\nloading = 0.1\n", found.answers.instrument)
    of_waves = [one for one in given(found, study, "alpha_equivalent") if one.statistic.role != "all"]
    rows = {row["role"]: row for row in found._versions["wave"]
            if row["quantity"] == "alpha_difference" and "/" not in row["method"]}  # fmt: skip
    assert {one.statistic.role: (one.low, one.high) for one in of_waves} == {
        role: (row["conf_low"], row["conf_high"]) for role, row in rows.items()
    }
    for one in of_waves:
        inside = max(abs(one.low), abs(one.high)) < 0.05
        beyond = min(one.low, one.high) >= 0.05
        assert one.state == ("met" if inside else "not_met" if beyond else "inconclusive")
    shown = view(found, study)
    assert shown.judged(of_waves[0]) == "employee: wave 1 – wave 2"
    employees = next(one for one in given(found, study, "loading_equivalent") if one.statistic.role == "medarbejder")
    # `kultur` has a loading of .60 for .84 in form B (simulation/truth.py).
    assert (employees.statistic.item, employees.state) == ("kultur", "not_met")


def test_the_table_of_verdicts_says_the_margin_and_where_it_is_from(found: Validation) -> None:
    study = Study(margins=Margins(alpha=0.05))
    for language, asked, source in (
        ("en", "difference of alphas within ±0.05", "declared in the study file"),
        ("da", "forskel i alfa inden for ±0,05", "erklæret i undersøgelsesfilen"),
    ):
        shown = View(found.answers, found.rows, Wording(language, found.answers.instrument), study=study)  # type: ignore[arg-type]
        criterion = next(one.criterion for one in shown.verdicts if one.criterion.key == "alpha_equivalent")
        assert closing.criterion_words(shown, criterion) == asked
        assert source in closing.criterion_source(shown, criterion)
        assert closing.verdict_table(shown).blocks


def test_a_form_that_is_worse_by_less_than_the_margin_leaves_its_wording(found: Validation) -> None:
    employees = ("medarbejder", None)
    states = {}
    for margin in (None, 0.01, 2.0):
        study = None if margin is None else Study(margins=Margins(loading=margin))
        judged = JudgedItem(ItemEvidence(view(found, study)), "kultur")
        states[margin] = judged.mark("form", employees)
    assert states == {None: "yes", 0.01: "yes", 2.0: "no"}


def test_the_report_with_margins_is_written(found: Validation, tmp_path: Path) -> None:
    study = Study(margins=Margins(alpha=0.05, scale_mean=0.2, item_mean=0.1, loading=0.1))
    found.write_report(tmp_path / "report.html", "da", study=study)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "inden for ±0,05" in page
    assert "runde 1 – runde 2" in page
