"""The evidence on each item: its numbers, the three complaints told apart, its sentence and its page."""

from __future__ import annotations

import re

import numpy as np
import pytest

import omstilling_psychometrics as op
from made_up import rated
from omstilling_psychometrics.core.criteria import cut_off
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.present.blocks import Bullets, Plot, Table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting import dossiers, items
from omstilling_psychometrics.reporting.dossier_curves import linkings
from omstilling_psychometrics.reporting.form_changes import FormChange
from omstilling_psychometrics.reporting.item_evidence import ItemEvidence
from omstilling_psychometrics.reporting.item_rules import JudgedItem, any_of, sentence
from omstilling_psychometrics.reporting.story import items as story_items
from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.simulation.survey import simulate
from omstilling_psychometrics.survey.codes import FIRST_REASON
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.invariance.item_changes import ItemChange

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
    assert frame.attrs["released"] is True
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
    # Of one role, three kinds of evidence beside each other: a line for their names, one for each item.
    lines = [*table.head, *table.body]
    assert len(lines) == 4 * 7
    assert {len(line) for line in lines} == {4}
    found = {
        kind.text: {line[0].text: line[place] for line in lines[first + 1 : first + 7]}
        for first in range(0, len(lines), 7)
        for place, kind in enumerate(lines[first])
        if place and kind.text
    }
    assert "Information where people are" in found
    assert found["Corrected item-total correlation (item-rest)"]["noise"].state == "not_met"
    assert found["Mean"]["noise"].state is None
    heads = {kind.text: kind.detail for line in lines for kind in line[1:] if kind.scope == "col"}
    assert heads["Corrected item-total correlation (item-rest)"] == "≥ 0.30: Nunnally & Bernstein (1994)"
    assert list(found["Mean"]) == ["good", "fair", "fine", "noise", "ceiling", "unsaid"]
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
    assert [cell.text for cell in decision.body[0]] == ["☐ keep  ☐ keep, look at the wording  ☐ reword  ☐ drop", "", "", ""]


def tables_of(validation: Validation, place: int, language: str = "en") -> list[Table]:
    return [block for block in dossiers.sections(view_of(validation, language))[place].blocks if isinstance(block, Table)]


def test_a_page_says_what_its_criteria_come_to_and_from_how_many_answers(told_apart: Validation) -> None:
    frame = told_apart.items()
    for place, said in enumerate(["keeping"] * 3 + ["rewording or dropping"] + ["a look at its wording"] * 2):
        complaints, criteria = tables_of(told_apart, place)[-3:-1]
        n = int(frame[(frame["evidence"] == "mean")].iloc[place]["n"])
        assert complaints.head[0][1].text == criteria.head[0][1].text == f"estimate, n = {n:,}"
        last = criteria.body[-1]
        assert (last[0].text, last[0].columns, last[-1].text) == ("taken together", 2, said)
    assert {line[0].text: line[0].detail for line in complaints.body} == {
        "weak?": "polyserial <\N{NO-BREAK SPACE}0.30 or H ≤\N{NO-BREAK SPACE}0.30",
        "near its ceiling or floor?": "≥\N{NO-BREAK SPACE}50% in one",
        "heavy with non-answers?": "≥\N{NO-BREAK SPACE}10% unanswered",
    }


def test_the_reasons_of_the_unanswered_add_up(told_apart: Validation) -> None:
    complaints = tables_of(told_apart, 5)[-3]
    frame = told_apart.items().set_index(["evidence", "item"])["estimate"]
    whole, own = frame["unanswered", "unsaid"], frame["unanswered_dk", "unsaid"]
    assert frame["unanswered_blank", "unsaid"] == 0
    assert complaints.body[2][1].detail == f"{100 * whole:.1f}% = dk {100 * own:.1f}%"


def test_local_dependence_is_judged_by_q3_less_its_mean(told_apart: Validation) -> None:
    rows = {row["item"]: row for row in told_apart.rows if row["quantity"] == "q3" and row["method"] == "graded"}
    mean = sum(row["estimate"] for row in rows.values()) / len(rows)
    evidence = ItemEvidence(view_of(told_apart))
    found = {one.statistic.item: one for one in evidence.pairs("good", ALL)}
    assert len(found) == 5
    for pair, one in found.items():
        row = rows[pair]
        assert one.statistic.estimate == pytest.approx(row["estimate"] - mean)
        assert (one.low, one.high) == pytest.approx((row["conf_low"] - mean, row["conf_high"] - mean))
    star = next(row["estimate"] for row in told_apart.rows if row["quantity"] == "q3_star" and row["method"] == "graded")
    every = [one.statistic.estimate for item in evidence.items for one in evidence.pairs(item, ALL)]
    assert max(one for one in every if one is not None) == pytest.approx(star)


def test_weaker_than_the_others_is_not_weak() -> None:
    rng = np.random.default_rng(8)
    strength = np.array([2.0, 2.0, 2.0, 0.8])
    answers = np.clip(np.round(3 + 0.8 * (rng.normal(size=(1200, 1)) * strength + rng.normal(size=(1200, 4)))), 1, 5)
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple("abcd")), answers.astype(int))
    evidence = ItemEvidence(view_of(validate(patterns, ("items", "mokken"), rng=1)))
    polyserial = evidence.known("polyserial", "d", ALL).row["estimate"]  # type: ignore[union-attr]
    said = sentence(JudgedItem(evidence, "d"))
    assert f"weaker than the others, but not weak (polyserial {polyserial:.3f}; criterion 0.30)" in said
    assert said.endswith("The evidence speaks for keeping it.")


def test_in_english_every_wording_is_a_translation() -> None:
    validation = validate(simulate(3).to_patterns().select(wave="2"), ("items",), rng=1)
    marks = {language: [line[1].marks for line in tables_of(validation, 0, language)[0].body] for language in ("da", "en")}
    assert marks == {"da": [(), ("*",), ("*",)], "en": [("*",), ("*",), ("*",)]}


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
    evidence = ItemEvidence(view_of(validation))
    said = sentence(JudgedItem(evidence, "itsikkerhed"))
    line = next(line for line in tables_of(validation, 4)[-2].body if "DIF" in line[0].text)
    totals = [one for one in validation.rows if one["analysis"] == "dif" and one["quantity"] == "total"]
    dif = next(one for one in totals if (one["item"], one["method"]) == ("itsikkerhed", None))
    assert (line[1].text, line[1].columns) == (f"{dif['estimate']:.4f}", 3)
    assert line[1].detail == (
        f"all groups together, no interval; n = {dif['n']:,}; seen by the test (p < 0.001), small by this rule"
    )
    assert f"answered {row['estimate']:.2f} points higher by the role leader than by the role employee" in said


def test_the_curves_of_roles_are_on_one_scale_by_the_items_that_do_not_differ() -> None:
    answers = simulate(3).to_patterns().select(wave="2")
    validation = validate(answers, ("items", "invariance", "irt"), rng=1)
    view = view_of(validation)
    evidence = ItemEvidence(view)
    free = {one.item for one in evidence.changes if one.set_free}
    assert "itsikkerhed" in free
    models = {unit: view.model("irt", unit) for unit in evidence.units}
    lines = linkings(evidence, models)
    assert lines is not None
    means = {row["method"]: row["estimate"] for row in view.of("invariance") if row["quantity"] == "latent_mean"}
    for role in ("leder", "overordnet"):
        # A probit and a logistic model, fitted together and apart.
        assert lines[role, None].intercept == pytest.approx(means[f"intercepts/partial/{role}"], abs=0.06)
    place = evidence.items.index("itsikkerhed")
    at = np.array([0.0])
    gap = [float(models[role, None].expected_scores(lines[role, None].back(at))[place, 0]) for role in ("leder", "medarbejder")]
    shift = next(one.shift for one in evidence.changes if (one.item, one.pair) == ("itsikkerhed", "leder~medarbejder"))
    assert gap[0] - gap[1] == pytest.approx(shift.estimate, abs=0.12)  # type: ignore[union-attr]
    alone = validate(answers, ("items", "irt"), rng=1)  # nobody knows which items are equal
    assert linkings(ItemEvidence(view_of(alone)), models) is None
    plot = next(block for block in dossiers.sections(view_of(alone))[4].blocks if isinstance(block, Plot))
    assert "do not read a gap as bias" in plot.caption
    linked = next(block for block in dossiers.sections(view)[4].blocks if isinstance(block, Plot))
    assert "Haebara" in linked.caption


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


@pytest.mark.parametrize("by", [None, "form"])
def test_a_form_that_has_an_item_worse_speaks_for_its_wording_there_and_a_shift_for_none(by: str | None) -> None:
    """`kultur` is worse in form B by design, `vaerdi` only shifted (simulation/truth.py): in a report of everybody as in one
    by form."""
    answers = simulate(3).to_patterns().select(wave="2", role="medarbejder")
    validation = validate(answers, ("items", "mokken", "invariance"), rng=1, by=by)
    evidence = ItemEvidence(validation._view("en"))
    units = [("medarbejder", None)] if by is None else [("medarbejder", "A"), ("medarbejder", "B")]
    assert evidence.units == units
    judged = {item: JudgedItem(evidence, item) for item in evidence.items}
    marks = {item: [one.mark("form", unit) for unit in units] for item, one in judged.items()}
    assert marks["kultur"] == (["yes"] if by is None else ["unknown", "yes"])  # in the form that has it worse
    assert all("yes" not in found for item, found in marks.items() if item != "kultur")
    assert {item for item, one in judged.items() if one.decision == "reword"} == {"kultur"}
    assert {judged[item].decision for item in evidence.items if item != "kultur"} == {"keep"}
    said = {item: sentence(one) for item, one in judged.items()}
    known = evidence.known("form", "kultur", units[-1])
    assert known is not None
    assert known.verdict is not None
    assert known.row["estimate"] < 0
    assert f"worse in form B than in form A, by its loading ({known.row['estimate']:.3f})" in said["kultur"]
    assert said["kultur"].endswith("The evidence speaks for keeping it and looking at its wording.")
    assert "only shifted in form B: answered lower than in form A at equal latent values, by points (0." in said["vaerdi"]
    assert said["vaerdi"].endswith("The evidence speaks for keeping it.")
    frame = validation.items()
    own = frame[(frame["evidence"] == "form") & (frame["item"] == "kultur")].iloc[0]
    assert (own["criterion"], own["state"], own["group"]) == ("≥ 0", "not_met", units[-1][1])
    lines = [line for block in dossiers.sections(validation._view("en"))[3].blocks if isinstance(block, Table)
             for line in block.body if line[0].text.startswith("loading in a form")]  # fmt: skip
    assert [(line[-2].state, line[-1].text) for line in lines] == [("not_met", "a look at its wording")]
    assert lines[0][-2].detail.startswith("B – A: [")


def test_a_form_that_has_an_item_better_leaves_the_other_worse() -> None:
    change = ItemChange(
        item="a", pair="B~A", change="better", test=None, set_free=True, shift=None,
        loading=Statistic(quantity="loading_difference", method="B~A", estimate=0.2, interval=lambda level: (0.1, 0.3)),
    )  # fmt: skip
    one = FormChange(role="all", change=change)
    assert (one.worse_in, one.forms) == ("A", ("A", "B"))
    verdict = one.verdict(0.95)
    assert verdict is not None
    assert (verdict.state, verdict.statistic.estimate, verdict.low, verdict.high) == ("not_met", -0.2, -0.3, -0.1)
    assert verdict.statistic.method == "A~B"
    assert one.concerns(("team", "A"))
    assert one.concerns(("team", None))
    assert not one.concerns(("team", "B"))


def test_what_is_lost_is_of_the_coefficient_that_is_to_be_printed() -> None:
    """Categorical omega with its pair among the synthetic employees; alpha where equal loadings are not rejected."""
    answers = simulate(3).to_patterns().select(wave="2", role="medarbejder")
    wanted = {
        "omega": (answers, "medarbejder", "implied/forklare~vaerdi"),
        "alpha": (rated(n=800, leaders=False, seed=3), "all", None),
    }
    for name, (given, role, method) in wanted.items():
        validation = validate(given, ("items", "cfa", "reliability"), rng=1)
        view = view_of(validation)
        analysis, quantity = ("items", "alpha") if name == "alpha" else ("reliability", "omega_categorical")
        rows = {row["item"]: row for row in view.of(analysis) if row["quantity"] == f"{quantity}_if_dropped_difference"
                and row["method"] == method}  # fmt: skip
        frame = validation.items()
        own = frame[frame["evidence"] == "dropped"].set_index("item")
        assert own["estimate"].to_dict() == {item: row["estimate"] for item, row in rows.items()}
        assert set(own["quantity"]) == {f"{quantity}_if_dropped_difference"}
        assert set(own["criterion"]) == {"≤ 0"}
        fourth = list(rows)[3]
        without = next(
            row["estimate"]
            for row in view.of(analysis)
            if (row["quantity"], row["item"], row["method"]) == (f"{quantity}_if_dropped", fourth, method)
        )
        symbol = {"alpha": "α", "omega": "ω"}[name]
        page = dossiers.sections(view)[3].blocks
        lost = [text for block in page if isinstance(block, Bullets) for text in block.texts]
        assert f"Reliability without it: {symbol} {without:.2f}." in lost
        lines = [line for block in page if isinstance(block, Table) for line in block.body if "less expected" in line[0].text]
        low, high = rows[fourth]["conf_low"], rows[fourth]["conf_high"]
        assert lines[0][1].detail == f"{symbol}: [{low:.3f}; {high:.3f}]"
        assert {row["role"] for row in rows.values()} == {role}
