"""The evidence on each item: its numbers, the three complaints told apart, its sentence and its page."""

from __future__ import annotations

import re

import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.criteria import cut_off
from omstilling_psychometrics.present.blocks import Bullets, Plot, Table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting import dossiers, items
from omstilling_psychometrics.reporting.item_evidence import ItemEvidence
from omstilling_psychometrics.reporting.item_rules import JudgedItem, any_of, sentence
from omstilling_psychometrics.reporting.story import items as story_items
from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.simulation.survey import simulate
from omstilling_psychometrics.survey.codes import FIRST_REASON
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

NAMES = ("items", "missingness", "cfa", "correlation", "mokken", "irt")
ALL = ("all", None)


def view_of(validation: Validation, language: str = "en") -> View:
    wording = Wording(language, validation.answers.instrument)  # type: ignore[arg-type]
    return View(validation.answers, list(validation.rows), wording, validation.analysed)


@pytest.fixture(scope="module")
def told_apart() -> Validation:
    """Six items: `noise` goes with nothing, `ceiling` is a good item that most agree with, of `unsaid` a fifth say that they
    do not know; the others are good."""
    rng = np.random.default_rng(3)
    n = 1500
    latent = rng.normal(size=(n, 1))
    strength = np.array([1.5, 1.5, 1.5, 0.0, 1.5, 1.5])
    place = np.array([0.0, 0.2, -0.2, 0.0, 3.5, 0.0])
    answers = np.clip(np.round(3 + place + 0.7 * (strength * latent + rng.normal(size=(n, 6)))), 1, 5).astype(int)
    answers[rng.random(n) < 0.2, 5] = FIRST_REASON
    names = ("good", "fair", "fine", "noise", "ceiling", "unsaid")
    instrument = plain_instrument((1, 2, 3, 4, 5), names, non_answers=("dk",))
    return validate(ResponsePatterns.count(instrument, answers), NAMES, rng=1)


def test_weak_and_near_its_ceiling_and_heavy_with_non_answers_are_told_apart(told_apart: Validation) -> None:
    evidence = ItemEvidence(view_of(told_apart))
    found = {
        item: (judged.weak(ALL), judged.near_an_end(ALL), judged.mark("unanswered", ALL), judged.decision)
        for item in evidence.items
        for judged in [JudgedItem(evidence, item)]
    }
    assert found == {
        "good": ("no", None, "no", "keep"),
        "fair": ("no", None, "no", "keep"),
        "fine": ("no", None, "no", "keep"),
        "noise": ("yes", None, "no", "drop"),
        "ceiling": ("no", "highest", "no", "reword"),
        "unsaid": ("no", None, "yes", "reword"),
    }


def test_each_sentence_says_its_complaint(told_apart: Validation) -> None:
    evidence = ItemEvidence(view_of(told_apart))
    said = {item: sentence(JudgedItem(evidence, item)) for item in evidence.items}
    share = evidence.known("highest", "ceiling", ALL).row["estimate"]  # type: ignore[union-attr]
    assert said["good"] == "“good”: goes with the others. The evidence speaks for keeping it."
    assert "weak, it hardly goes with the others" in said["noise"]
    assert said["noise"].endswith("The evidence speaks for wording it anew or dropping it.")
    assert f"only near its ceiling, not weak ({100 * share:.1f}%)" in said["ceiling"]
    assert "heavy with non-answers, most of them “dk” (" in said["unsaid"]
    assert "ceiling" not in said["unsaid"] + said["noise"]
    danish = ItemEvidence(view_of(told_apart, "da"))
    assert sentence(JudgedItem(danish, "good")) == "»good«: hænger sammen med de andre. Samlet taler det for at beholde itemet."


def test_the_frame_holds_the_rows_and_what_their_cut_offs_say(told_apart: Validation) -> None:
    frame = told_apart.items()
    assert frame.attrs == {"released": True, "policy": str(told_apart.answers.disclosure)}
    rows = {(row["analysis"], row["quantity"], row["method"], row["item"]): row for row in told_apart.rows}
    for one in frame.itertuples():
        row = rows[one.analysis, one.quantity, one.method if isinstance(one.method, str) else None, one.item]
        assert (one.estimate, one.n) == (row["estimate"], row["n"])
    states = frame[frame["evidence"] == "item_rest"].set_index("item")["state"]
    # Its ceiling lowers the plain correlation of a good item.
    others = {"noise": "not_met", "ceiling": "inconclusive"}
    assert states.to_dict() == dict.fromkeys(("good", "fair", "fine", "unsaid"), "met") | others
    asked = frame[frame["evidence"] == "scalability"].iloc[0]
    assert (asked["criterion"], asked["source"]) == ("> 0.3", cut_off("cosmin_item_scalability").source)
    wide = frame.pivot(index="item", columns=["role", "evidence"], values="estimate")
    assert wide.loc["noise", ("all", "loading")] < 0.1 < wide.loc["good", ("all", "loading")]
    assert set(frame["evidence"]) == {
        "mean", "lowest", "highest", "unanswered_dk", "unanswered_blank", "unanswered", "item_rest", "polyserial", "loading",
        "scalability", "dropped", "information",
    }  # fmt: skip


def test_the_table_has_every_kind_of_evidence_and_every_item(told_apart: Validation) -> None:
    section = items.section(view_of(told_apart))
    assert section is not None
    table = next(block for block in section.blocks if isinstance(block, Table))
    kinds = [line[0].text for line in table.body if line[0].scope == "rowgroup"]
    assert "Corrected item-total correlation (item-rest)" in kinds
    assert "Information where people are" in kinds
    assert len(table.body) == len(kinds) * 7  # a line for the kind, one for each item
    noise = [line for line in table.body if line[0].text == "noise"]
    marked = {kinds[place]: line[1].state for place, line in enumerate(noise)}
    assert marked["Corrected item-total correlation (item-rest)"] == "not_met"
    assert marked["Mean"] is None
    bullets = next(block for block in section.blocks if isinstance(block, Bullets))
    assert len(bullets.texts) == 6


def test_a_page_has_its_complaints_its_criteria_its_curves_and_room_for_a_decision(told_apart: Validation) -> None:
    pages = dossiers.sections(view_of(told_apart))
    assert [page.key for page in pages] == [f"item-{place}" for place in range(1, 7)]
    noise = pages[3]
    tables = {block.caption: block for block in noise.blocks if isinstance(block, Table)}
    complaints = tables["Three complaints not to be confused"].body
    assert [(line[0].text, line[1].text) for line in complaints] == [
        ("weak?", "yes"),
        ("near its ceiling or floor?", "no"),
        ("heavy with non-answers?", "no"),
    ]
    criteria = {line[0].text: line for line in tables["The evidence, criterion by criterion"].body}
    line = criteria["corrected item-total correlation (item-rest) ≥ 0.30"]
    assert (line[1].state, line[-1].text) == ("not_met", "rewording or dropping")
    assert line[0].detail == "Nunnally & Bernstein (1994)"
    assert any(isinstance(block, Plot) for block in noise.blocks)
    decision = tables["Decision on item 4"]
    assert [cell.text for cell in decision.head[0]] == ["decision", "reason", "by whom", "when"]
    assert [cell.text for cell in decision.body[0][1:]] == ["", "", ""]


def test_what_is_lost_is_its_share_of_the_information_and_what_it_goes_with(told_apart: Validation) -> None:
    view = view_of(told_apart)
    rows = {row["item"]: row["estimate"] for row in view.of("irt") if row["quantity"] == "expected_information"
            and row["method"] == "graded"}  # fmt: skip
    share = round(100 * rows["good"] / sum(rows.values()))
    page = dossiers.sections(view)[0]
    lost = next(block for block in page.blocks if isinstance(block, Bullets)).texts
    assert any(f"people are: {share}% of what" in text for text in lost)
    polychoric = {row["item"]: row["estimate"] for row in view.of("correlation") if row["quantity"] == "polychoric"}
    nearest = max((one for one in polychoric if "good" in one.split("~")), key=lambda one: polychoric[one])
    other = next(one for one in nearest.split("~") if one != "good")
    assert any(f"Goes most with “{other}” (ρ = {polychoric[nearest]:.2f})" in text for text in lost)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (["no", "yes", "open"], "yes"),
        (["no", "open"], "open"),
        (["no", "unknown"], "no"),
        (["unknown"], "unknown"),
        ([], "unknown"),
    ],
)
def test_one_complaint_is_enough(marks, expected) -> None:
    assert any_of(marks) == expected


def test_two_categories_have_a_limit_of_their_own() -> None:
    rng = np.random.default_rng(2)
    answers = (rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)) > [-0.5, -0.9, -2.5, 0.0]).astype(int) + 1
    validation = validate(ResponsePatterns.count(plain_instrument((0, 1), tuple("abcd")), answers), ("items",), rng=1)
    frame = validation.items()
    highest = frame[frame["evidence"] == "highest"].set_index("item")
    assert set(highest["criterion"]) == {"< 0.8"}
    assert highest.loc["a", "estimate"] > 0.55
    assert highest["state"].to_dict() == {"a": "met", "b": "inconclusive", "c": "not_met", "d": "met"}


def test_twenty_items_without_roles_or_models_have_their_pages(tmp_path) -> None:
    rng = np.random.default_rng(5)
    answers = (rng.normal(size=(200, 1)) + rng.normal(size=(200, 20)) > 0).astype(int) + 1
    instrument = plain_instrument((0, 1), tuple(f"q{place}" for place in range(20)))
    validation = validate(ResponsePatterns.count(instrument, answers), ("items",), rng=1)
    for language in ("da", "en"):
        validation.write_report(tmp_path / "report.html", language)  # type: ignore[arg-type]
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert len(re.findall(r'<section id="item-\d+"', page)) == 20


@pytest.fixture(scope="module")
def forms() -> Validation:
    answers = simulate(3).to_patterns().select(wave="2")
    return validate(answers, ("items", "invariance"), rng=1, by="form", roles="medarbejder")


def test_an_old_and_a_new_form_are_compared_item_by_item(forms: Validation) -> None:
    section = items.section(view_of(forms))
    assert section is not None
    table = [block for block in section.blocks if isinstance(block, Table)][-1]
    said = {line[0].text: line[2].text for line in table.body}
    assert said["creates a curious culture"] == "worse"
    assert said["creates value for citizens"] == "only shifted"
    assert set(said.values()) == {"worse", "only shifted", "no difference found"}
    page = dossiers.sections(view_of(forms))[3]
    assert any("B – A: worse; loading −0." in text or "B – A: worse; loading -0." in text
               for block in page.blocks if isinstance(block, Bullets) for text in block.texts)  # fmt: skip
    assert "bias" not in set(forms.items()["evidence"])  # that is between roles


def test_bias_between_roles_is_read_beside_the_items_that_differ() -> None:
    answers = simulate(3).to_patterns().select(wave="2")
    validation = validate(answers, ("items", "invariance", "dif"), rng=1)
    changes = op.invariance(answers.released()).item_changes()
    one = changes[(changes["item"] == "itsikkerhed") & (changes["groups"] == "leder~medarbejder")].iloc[0]
    frame = validation.items()
    row = frame[(frame["evidence"] == "bias") & (frame["item"] == "itsikkerhed") & (frame["role"] == "leder")].iloc[0]
    assert row["method"].startswith("partial/")
    assert row["estimate"] == pytest.approx(one["expected_score_bias"])
    assert "medarbejder" not in set(frame[frame["evidence"] == "bias"]["role"])
    said = sentence(JudgedItem(ItemEvidence(view_of(validation)), "itsikkerhed"))
    assert f"answered {row['estimate']:.2f} points higher by the role leader than by the role employee" in said


def test_a_withheld_role_has_no_number_on_a_page() -> None:
    rng = np.random.default_rng(1)
    instrument = plain_instrument((1, 2, 3), tuple("abc"), roles=("team", "boss"))
    answers = np.clip(np.round(2 + rng.normal(size=(62, 1)) + rng.normal(size=(62, 3))), 1, 3).astype(int)
    validation = validate(
        ResponsePatterns.count(instrument, answers, {"role": Key.of(["team"] * 60 + ["boss"] * 2, ("team", "boss"))}),
        ("items", "mokken", "irt"),
        rng=1,
    )
    frame = validation.items()
    assert frame[frame["role"] == "boss"]["estimate"].isna().all()
    page = dossiers.sections(view_of(validation))[0]
    complaints = next(block for block in page.blocks if isinstance(block, Table) and "complaints" in block.caption)
    assert {line[2].text for line in complaints.body} == {"could not be evaluated"}


def test_page_one_counts_what_the_pages_of_the_items_say(told_apart: Validation) -> None:
    """`noise` is weak; `ceiling` and `unsaid` are kept and looked at; the others are kept."""
    view = view_of(told_apart)
    evidence = ItemEvidence(view)
    decisions = [JudgedItem(evidence, item).decision for item in evidence.items]
    assert [decisions.count(one) for one in ("keep", "reword", "drop")] == [3, 2, 1]  # type: ignore[arg-type]
    cell = story_items.together(view)
    assert (cell.text, cell.state) == ("keep 5, look at the wording of 2, reword or drop 1", "not_met")
    assert cell.number == "reword or drop: “noise”; wording: “ceiling” and “unsaid”"
