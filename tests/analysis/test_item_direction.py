"""Items that run the other way are named before any number of the scale is read."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.numerics.item_direction import smaller_side
from omstilling_psychometrics.present.item_direction import in_words, opposed
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.story.score import sentence
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

ITEMS = ("q1", "q2", "q3", "q4", "q5", "q6")
LANGUAGES = ("da", "en")


def patterns(turned: tuple[str, ...] = (), declared: tuple[str, ...] = (), n: int = 300) -> ResponsePatterns:
    """Six items with loadings of .75, some worded the other way, some of these declared reversed."""
    random = np.random.default_rng(4)
    latent = 0.75 * random.normal(size=(n, 1)) + np.sqrt(1 - 0.75**2) * random.normal(size=(n, 6))
    codes = 1 + (latent[:, :, None] > np.array([-0.84, -0.25, 0.25, 0.84])).sum(axis=2)
    places = [ITEMS.index(item) for item in turned if item not in declared]
    codes[:, places] = 6 - codes[:, places]  # declared items are stored as they are scored
    plain = plain_instrument((1, 2, 3, 4, 5), ITEMS)
    items = tuple(msgspec.structs.replace(item, reversed=item.key in declared) for item in plain.items)
    return ResponsePatterns.count(msgspec.structs.replace(plain, items=items), codes, {})


def shown(data: ResponsePatterns, language: str = "en", names: tuple[str, ...] = ("items", "reliability")) -> View:
    done = validate(data, names, rng=1)
    wording = Wording(language, data.instrument)  # type: ignore[arg-type]
    return View(answers=done.answers, rows=done.rows, wording=wording)


@pytest.mark.parametrize("turned", [("q5",), ("q2", "q4"), ("q2", "q4", "q5")])
def test_they_are_named_in_rows_and_results(turned: tuple[str, ...]) -> None:
    data = patterns(turned)
    note = f"items_run_the_other_way: {', '.join(turned)}"
    reliability, items = op.reliability(data), op.items(data)
    assert reliability.get("alpha", method="listwise").note == note
    assert reliability.notes == items.notes == (note,)
    assert f"note: {note}" in repr(reliability)
    negative = [item for item in ITEMS if items.value("item_rest_correlation", item=item) < 0]
    assert set(turned) <= set(negative)
    for item in ITEMS:
        assert (items.get("item_rest_correlation", item=item).note == note) == (item in negative)


def test_declared_items_are_as_if_worded_alike() -> None:
    whole, declared = op.reliability(patterns()), op.reliability(patterns(("q2", "q5"), ("q2", "q5")))
    assert declared.alpha == pytest.approx(whole.alpha, abs=1e-12)
    assert whole.notes == declared.notes == ()
    half = op.reliability(patterns(("q2", "q5"), ("q2",)))
    assert half.alpha < whole.alpha - 0.2
    assert half.notes == ("items_run_the_other_way: q5",)


def test_negative_loadings_say_so_by_every_estimator() -> None:
    data = patterns(("q5",))
    for estimator in ("WLSMV", "MLR"):
        found = op.cfa(data, estimator=estimator)
        assert [row.item for row in found.find("loading") if row.note] == ["q5"]
        assert found.get("loading", item="q5").note == "goes_against_the_others"
    assert op.efa(data).get("loading", item="q5").note == "goes_against_the_others"
    assert op.irt(data).get("discrimination", item="q5", method="graded").note == "goes_against_the_others"
    assert op.mokken(data).get("h_item", item="q5", method="listwise").note == "goes_against_the_others"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_begins_with_it(language: str) -> None:
    view = shown(patterns(("q5",)), language)
    answer = sentence(view, ("all", None))
    first, last = (
        ("The items do not all run", "precisely it measures.") if language == "en" else ("Items vender ikke", "måles.")
    )
    assert answer.state == "not_met"
    assert answer.text.startswith(first)
    assert answer.text.endswith(last)  # no precision after it
    r = view.wording.decimal(op.items(patterns(("q5",))).value("item_rest_correlation", item="q5"), 2)
    assert f"({view.wording.symbol('item_rest_correlation')}\u00a0= {r} [" in answer.text
    assert "reversed = true" in answer.text


def test_the_terminal_begins_with_it() -> None:
    told = validate(patterns(("q5",)), ("items", "reliability"), rng=1).overview()
    assert told.startswith("Everyone: The items do not all run the same way: “q5” (")


def test_an_item_that_goes_with_nothing_is_not_said_to_run_the_other_way() -> None:
    """Its correlation is negative and 0 lies in the interval: that is said, and alpha is judged as before."""
    codes = np.array([[1, 1, 2], [2, 2, 1], [3, 3, 2], [1, 2, 3], [3, 2, 1], [2, 3, 3], [1, 1, 3], [3, 3, 2], [2, 1, 3]])
    data = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), codes, {})
    assert op.items(data).value("item_rest_correlation", item="c") < 0
    assert op.items(data).notes == ("goes_against_the_others: c",)
    view = shown(data)
    assert opposed(view, ("all", None)) == []
    (said,) = in_words(view, ("all", None))
    assert said.startswith("Negative item-rest correlation: “c” (")
    answer = sentence(view, ("all", None))
    assert answer.text.startswith(said)
    assert "coefficient alpha is" in answer.text


@pytest.mark.parametrize("leaders", [1, 4])
def test_few_leaders_hide_no_item(leaders: int) -> None:
    """One leader leaves no interval, four hardly one; the items are turned all the same."""
    data, turned = patterns(("q2", "q4", "q5"), n=80), "items_run_the_other_way: q2, q4, q5"
    led = ResponsePatterns.count(
        data.instrument,
        np.repeat(data.patterns[data.pattern], data.counts, axis=0),
        {"leader": Key.of([f"l{one % leaders}" for one in range(80)])},
    )
    assert op.items(led).notes == op.items(data).notes == (turned,)
    done = validate(led, ("items", "reliability"), rng=1, disclosure=Disclosure.none())
    view = View(answers=done.answers, rows=done.rows, wording=Wording("en", data.instrument))
    (said,) = in_words(view, ("all", None))
    assert said.startswith("The items do not all run the same way: “q2” (")
    assert "against “q1”, “q3” and “q6”." in said
    assert ("[" in said) == (leaders > 1)  # an interval only where there is one
    assert "[–" not in said


def test_a_constant_item_goes_neither_way() -> None:
    data = patterns(("q2", "q5"))
    codes = np.repeat(data.patterns[data.pattern], data.counts, axis=0)
    codes[:, 3] = 4
    one = ResponsePatterns.count(data.instrument, codes, {})
    assert op.items(one).notes == ("items_run_the_other_way: q2, q5",)
    (said,) = in_words(shown(one), ("all", None))
    assert "against “q1”, “q3” and “q6”." in said


def test_two_items_that_mirror_each_other() -> None:
    codes = np.array([[1, 5], [2, 4], [3, 3], [4, 2], [5, 1]] * 3)
    data = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b")), codes, {})
    assert op.items(data).value("item_rest_correlation", item="b") == -1
    assert op.items(data).notes == ("items_run_the_other_way: b",)


def test_negative_alpha_alone_is_said() -> None:
    """Three items with variances 2/7 and covariances -1/21: alpha = 3/2 (1 - (6/7)/(4/7)) = -3/4, and no item stands out."""
    codes = np.array([[2, 1, 1], [1, 2, 1], [1, 1, 2]] * 2 + [[2, 2, 2]])
    data = ResponsePatterns.count(plain_instrument((0, 1), ("a", "b", "c")), codes, {})
    result = op.reliability(data)
    assert result.alpha == pytest.approx(-3 / 4, abs=1e-12)
    assert result.get("alpha", method="listwise").note == "alpha_negative"
    assert result.get("lambda1").note is None
    (said,) = in_words(shown(data, names=("reliability",)), ("all", None))
    assert said.startswith("Coefficient alpha is below 0: -0.75 [")


def test_the_sides_of_the_first_axis() -> None:
    random = np.random.default_rng(1)
    latent = random.normal(size=(200, 1)) + 0.3 * random.normal(size=(200, 5))
    latent[:, [1, 3]] *= -1
    assert smaller_side(latent, np.ones(200)).tolist() == [False, True, False, True, False]
    latent[:, 2] = 2.0  # a constant item is on neither side
    assert smaller_side(latent, np.ones(200)).tolist() == [False, True, False, True, False]
    assert not smaller_side(np.full((200, 5), 2.0), np.ones(200)).any()


def test_roles_are_told_apart_in_the_notes() -> None:
    one, other = patterns(("q5",), n=150), patterns(n=150)
    instrument = plain_instrument((1, 2, 3, 4, 5), ITEMS, roles=("x", "y"))
    codes = np.vstack([np.repeat(data.patterns, data.counts, axis=0) for data in (one, other)])
    both = ResponsePatterns.count(instrument, codes, {"role": Key.of(["x"] * 150 + ["y"] * 150, ("x", "y"))})
    assert op.items(both).notes == ("items_run_the_other_way: q5 (x)",)
    assert op.items(both).get("item_rest_correlation", item="q5", role="y").note is None
