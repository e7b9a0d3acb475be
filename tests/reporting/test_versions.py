"""Waves and forms are compared in the ordinary report where that tells of nobody who is withheld, and in no other output."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.results import COLUMNS
from omstilling_psychometrics.present.blocks import Bullets, Table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.story.versions import FORMS, WAVES
from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.reporting.versions import versions
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.released import also_by
from shown_rows import alpha

EMPLOYEES = ("medarbejder", None)


def answers(waves: list[str | None], forms: list[str | None] | None = None, *, leaders: int = 0) -> ResponsePatterns:
    """Answers of employees in these waves and forms, the second wave with twice the noise, and of some leaders in wave 1."""
    random, instrument = np.random.default_rng(5), load_instrument()
    n = len(waves)
    noise = np.where(np.array([wave == "2" for wave in waves]), 2.0, 0.6)[:, None]
    given = np.clip(np.round(3 + random.normal(size=(n, 1)) + noise * random.normal(size=(n, 5))), 1, 5).astype(int)
    given = np.vstack([given, np.full((leaders, 5), 4)])
    keys = {
        "role": Key.of(["medarbejder"] * n + ["leder"] * leaders, instrument.role_keys),
        "wave": Key.of([*waves, *["1"] * leaders]),
    }
    if forms is not None:
        keys["form"] = Key.of([*forms, *["A"] * leaders])
    return ResponsePatterns.count(instrument, given, keys)


def halves(n: int, first: str, second: str) -> list[str | None]:
    return [first] * n + [second] * n


@pytest.fixture(scope="module")
def done() -> Validation:
    return validate(answers(halves(150, "1", "2"), ["A", "B"] * 150), ("items", "reliability", "alpha_comparison"), rng=1)


def test_the_numbers_are_those_of_a_report_by_wave(done: Validation) -> None:
    view = done._view("en")
    by_wave = op.alpha_comparison(answers(halves(150, "1", "2")), by="wave")
    expected = by_wave.get("alpha_difference", method="1~2")
    found = next(row for row in view.versions["wave"] if (row["quantity"], row["method"]) == ("alpha_difference", "1~2"))
    assert (found["role"], found["n"], found["estimate"]) == ("medarbejder", 300, expected.estimate)
    cell = WAVES.by_unit(view, EMPLOYEES)  # type: ignore[misc]
    assert cell.text == "yes, it fell"  # twice the noise
    low, high = expected.confidence_interval(0.95)
    assert cell.number == f"{expected.estimate:.3f} [{low:.3f}; {high:.3f}]"
    assert {section.key for section in done.document("en").questions} >= {"question-waves"}


def test_no_row_of_the_results_comes_of_it(done: Validation) -> None:
    before = [dict(row) for row in done.rows]
    done.document("en")
    done.overview()
    assert done.rows == before
    assert not any(row["method"] == "1~2" for row in done.rows)


def released(*given: Any, **more: Any) -> Any:
    return answers(*given, **more).released()


def test_what_may_not_be_told_beside_the_rest_is_not_told() -> None:
    assert also_by(released(halves(20, "1", "2")), "wave") is not None
    # Three in a wave are withheld; two of no wave could be got by taking waves from the total.
    assert also_by(released([*halves(20, "1", "2"), *["3"] * 3]), "wave") is None
    assert also_by(released([*halves(20, "1", "2"), *[None] * 6]), "wave") is None
    # Wave 2 less form B is two people.
    crossed = released(halves(20, "1", "2"), ["A"] * 22 + ["B"] * 18)
    assert also_by(crossed, "wave") is None
    assert also_by(crossed, "form") is None
    # A role that is withheld whole has no number that could be taken from another.
    assert also_by(released(halves(20, "1", "2"), leaders=3), "wave") is not None
    assert also_by(answers(halves(20, "1", "2")).released(by="wave"), "wave") is None
    assert also_by(answers([*halves(20, "1", "2"), "3"]).released(Disclosure.none()), "wave") is not None


def test_it_is_asked_where_the_analysis_is() -> None:
    one = released(halves(20, "1", "2"))
    assert versions(one, ("items", "invariance")) == {}
    assert list(versions(one, ("alpha_comparison",))) == ["wave"]


def test_a_report_that_may_not_says_where() -> None:
    done = validate(answers([*halves(60, "1", "2"), *["3"] * 3]), ("items", "reliability", "alpha_comparison"), rng=1)
    page = done.document("en")
    assert "question-waves" not in {section.key for section in page.questions}
    told = done.overview()
    assert "in a report of its own · the waves are compared with --by wave" in told


def test_a_role_of_one_wave_is_asked_nothing() -> None:
    done = validate(answers(halves(60, "1", "2"), leaders=30), ("items", "alpha_comparison"), rng=1)
    assert WAVES.by_unit(done._view("en"), ("leder", None)).text == "does not arise"  # type: ignore[misc]


def form_rows(change: str, *, step: float = 0.0) -> list[dict[str, Any]]:
    """Of two forms whose steps cost so much CFI, with one item that became worse, or only shifted."""
    blank = {**dict.fromkeys(COLUMNS), "analysis": "invariance", "role": "medarbejder", "n": 600}
    fit = {"chi2_scaled": 8.0, "cfi_robust": 0.99, "rmsea_robust": 0.03, "srmr": 0.01}
    rows = [{**blank, "quantity": name, "method": "configural", "estimate": value} for name, value in fit.items()]
    for name in ("thresholds", "loadings", "intercepts"):
        values = {"difference": 3.0, "cfi_robust_change": -step, "rmsea_robust_change": 0.0, "srmr_change": 0.0}
        rows += [{**blank, "quantity": quantity, "method": name, "estimate": value} for quantity, value in values.items()]
    for item in load_instrument().item_keys:
        own = {**blank, "item": item}
        free = item == "kultur" and change != "no_difference"
        rows.append({**own, "quantity": "item_difference", "method": "intercepts", "p_value": 0.4})
        size = -0.3 if free else 0.0
        bias = {"estimate": size, "conf_low": size - 0.1, "conf_high": size + 0.1}
        rows.append({**own, "quantity": "expected_score_bias", "method": "B~A", **bias})
        if free:
            rows.append({**own, "quantity": "partial_invariance", "method": "intercepts", "category": 1, "p_value": 0.0})
            p = 0.0 if change == "worse" else 0.8
            rows.append({**own, "quantity": "loading_difference", "method": "B~A", "estimate": -0.2, "p_value": p})
    return rows


@pytest.mark.parametrize(
    ("change", "step", "text", "state", "number"),
    [
        ("no_difference", 0.0, "yes", "met", "no difference found"),
        ("shifted", 0.0, "only with a reservation", "inconclusive", "1 only shifted"),
        ("worse", 0.0, "no", "not_met", "1 worse"),
        ("worse", 0.005, "no", "not_met", "1 worse"),
    ],
)
def test_forms_are_as_comparable_as_their_items(change: str, step: float, text: str, state: str, number: str) -> None:
    one = released(halves(20, "1", "2"))
    view = View(one, [], Wording("en", one.instrument))
    cell = FORMS.by_unit(replace(view, versions={"form": Rows(form_rows(change, step=step))}), EMPLOYEES)  # type: ignore[misc]
    assert (cell.text, cell.state, cell.number) == (text, state, number)


def test_the_page_on_forms_has_the_verdict_n_and_the_rules() -> None:
    one = released(halves(20, "1", "2"))
    view = replace(
        View(one, [alpha(0.8, 0.7, 0.9)], Wording("en", one.instrument)), versions={"form": Rows(form_rows("worse"))}
    )
    blocks = FORMS.page(view)  # type: ignore[misc]
    table = next(block for block in blocks if isinstance(block, Table))
    assert [(cell.text, cell.detail) for cell in table.head[0]] == [("item", ""), ("employee", "n = 600")]
    assert [(cell.text, cell.state) for cell in table.body[0]] == [("all items together", None), ("no", "not_met")]
    (rules, _) = next(block for block in blocks if isinstance(block, Bullets)).texts
    assert rules.startswith("An item differs where its test has p below 0.05 divided by the number of items; ")
    assert rules.endswith("Chen (2007); Cheung & Rensvold (2002); Rutkowski & Svetina (2017).")


class Rows(list[dict[str, Any]]):
    is_released = True
