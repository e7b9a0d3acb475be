"""A scale described by arguments of op.read: the same counts as by files, and refusals that say what to type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import omstilling_psychometrics as op

FRAME = pd.DataFrame(
    {
        "q1": [1, 5, 4, 8, 2, None],
        "q2": [5, 1, 2, 2, 9, 3],
        "q3": [2, 2, 2, 5, 1, 4],
        "boss": ["A", "A", "B", "B", "B", None],
        "who": ["staff", "staff", "self", "staff", "self", "staff"],
        "gender": ["f", "m", "f", "m", "f", "m"],
    }
)
SCALE = {"items": ["q1", "q2", "q3"], "categories": range(1, 6), "non_answers": {8: "unsure", 9: "blank"}}

INSTRUMENT = """
[instrument]
key = "scale"
[scale]
categories = [1, 2, 3, 4, 5]
[scoring]
minimum_answered = 3
[[non_answers]]
key = "unsure"
[[roles]]
key = "self"
[[roles]]
key = "staff"
[[items]]
key = "q1"
[[items]]
key = "q2"
reversed = true
[[items]]
key = "q3"
"""
CODEBOOK = """
[columns]
leader = "boss"
role = "who"
gender = "gender"
[codes]
8 = "unsure"
9 = "blank"
"""


@pytest.mark.parametrize("source", ["pandas", "polars lazy", "path"])
def test_arguments_are_an_instrument_and_a_codebook(tmp_path: Path, source: str) -> None:
    (tmp_path / "scale.toml").write_text(INSTRUMENT, encoding="utf-8")
    (tmp_path / "book.toml").write_text(CODEBOOK, encoding="utf-8")
    FRAME.to_csv(tmp_path / "answers.csv", index=False)
    data = {"pandas": FRAME, "polars lazy": pl.from_pandas(FRAME).lazy(), "path": tmp_path / "answers.csv"}[source]
    by_files = op.read(data, instrument=tmp_path / "scale.toml", codebook=tmp_path / "book.toml")
    own = op.read(data, **SCALE, reversed=["q2"], minimum_answered=3, leader="boss", role="who", by=["gender"])
    assert own == by_files
    assert own.instrument == by_files.instrument


def test_reversed_items_and_reasons() -> None:
    rows = op.read(FRAME, **SCALE, reversed=["q2"], leader="boss").select(leader="B").expand(reasons=True)
    assert sorted(rows["q2"].dropna()) == [4.0, 4.0]
    assert rows["q1_reason"].dropna().tolist() == ["unsure"]
    assert rows["q2_reason"].dropna().tolist() == ["blank"]


def test_every_key_has_an_argument() -> None:
    columns = {"who": "role", "boss": "leader", "w": "wave", "f": "form", "id": "respondent", "org": "organisation"}
    frame = FRAME.assign(w=[1, 2] * 3, f="A", id=range(6), org="x", t=range(6))
    own = op.read(frame, **SCALE, completed="t", **{name: column for column, name in columns.items()})
    assert set(own.keys) == set(columns.values())


def test_labels_stand_for_their_categories() -> None:
    frame = pd.DataFrame({"a": ["No", "Yes", "2"], "b": [1, 2, 2]})
    own = op.read(frame, items=["a", "b"], categories={1: "No", 2: "Yes"})
    assert op.items(own).value("mean", item="a") == pytest.approx(5 / 3)


def test_any_kind_of_list_will_do() -> None:
    """The columns of the frame, an array of categories."""
    own = op.read(FRAME, **{**SCALE, "items": FRAME.columns[:3], "categories": np.arange(1, 6)}, reversed=np.array(["q2"]))
    assert own == op.read(FRAME, **SCALE, reversed=["q2"])
    assert own.drop(FRAME.columns[:1]).items == ("q2", "q3")


def test_arguments_go_with_an_instrument_too() -> None:
    items = op.load_instrument().item_keys
    frame = pd.DataFrame({item: [1, 4, 8] for item in items}).assign(boss=["A", "A", "B"])
    answers = op.read(frame, leader="boss", non_answers={8: "ved_ikke"})
    assert answers.select(leader="B").expand(reasons=True)["kultur_reason"].tolist() == ["ved_ikke"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({**SCALE, "items": ["q1", "q2", "q33"]}, r"no column 'q33' \(items\); there are: 'q1', .* Did you mean 'q3'"),
        ({**SCALE, "leader": "bos"}, r"no column 'bos' \(leader\).*Did you mean 'boss'"),
        ({**SCALE, "non_answers": {9: "blank"}}, r"'8' in row 4 has no meaning.*non_answers=\{8: \"ved_ikke\"\}"),
        ({"items": ["q1", "q2"]}, r"items needs categories .* categories=range\(1, 6\)"),
        ({"categories": range(1, 6)}, r"categories describes a scale together with items"),
        ({**SCALE, "non_answers": {5: "unsure"}}, "5 is a category and, in non_answers, no answer"),
        ({**SCALE, "non_answers": ["unsure"]}, r"non_answers is a list; it maps values to names, as in \{8: 'ved_ikke'"),
        ({**SCALE, "reversed": ["q4"]}, "reversed names 'q4', which is not among the items: 'q1', 'q2', 'q3'"),
        ({**SCALE, "items": "q1"}, "items is the text 'q1'; a list of column names"),
        ({**SCALE, "items": 5}, "items is 5; a list of column names"),
        ({**SCALE, "categories": 5}, r"categories is 5; a list of whole numbers is needed, as in range\(1, 6\)"),
        ({**SCALE, "non_answers": {8: 3}}, "gives 8 the reason 3; a name is needed"),
        ({**SCALE, "minimum_answered": "2"}, "minimum_answered is '2'; a whole number"),
        ({**SCALE, "items": ["q1", "q1"]}, "'q1' stands more than once"),
        ({**SCALE, "items": ["q1"]}, "the scale given to op.read: 1 item"),
        ({**SCALE, "categories": [1.5, 2]}, "categories holds 1.5; whole numbers"),
        ({**SCALE, "categories": [2, 1]}, "rising order"),
        ({**SCALE, "leader": "q1"}, "given as an item and as leader"),
        ({**SCALE, "leader": 3}, "leader is 3; the name of a column"),
        ({**SCALE, "minimum_answered": 4}, "minimum_answered is 4; 1 to 3 is possible"),
        ({**SCALE, "instrument": op.load_instrument()}, "in the place of an instrument file and a codebook"),
        ({"non_answers": {8: "unsure"}}, "calls 8 'unsure', which the instrument does not have; accepted: ved_ikke"),
        ({}, r"op.read\(data, items=\['q1', 'q2', …\], categories=range\(1, 6\)\)"),
    ],
)
def test_refusals_say_what_to_type(arguments: dict[str, object], words: str) -> None:
    with pytest.raises((op.UsageError, op.DataError), match=words):
        op.read(FRAME, **arguments)


def test_a_column_of_people_is_no_role() -> None:
    frame = pd.DataFrame({"q1": [1, 2] * 20, "q2": 1, "q3": 2, "who": [f"p{i}" for i in range(40)]})
    with pytest.raises(op.DataError, match="'who' has more than 20 different values, which cannot be roles"):
        op.read(frame, **SCALE, role="who")


def test_fewer_items_are_a_shorter_scale() -> None:
    """Dropping an item is what alpha_if_dropped says, and the order of the names does not matter."""
    answers = op.read(FRAME, **SCALE, by=["gender"])
    assert answers.select(items=["q3", "q1"]) == answers.drop("q2")
    assert answers.drop("q2").instrument.minimum_answered == 2
    draws = np.random.default_rng(3).integers(1, 6, (200, 4))
    frame = pd.DataFrame(np.clip(draws + draws[:, :1], 1, 5), columns=list("abcd"))
    four = op.read(frame, items=list("abcd"), categories=range(1, 6))
    expected = op.items(four).value("alpha_if_dropped", item="b")
    assert op.reliability(four.drop("b")).value("alpha", method="listwise") == pytest.approx(expected, rel=1e-12)
    women = answers.select(gender="f", items=["q1", "q2"])
    assert (women.n, women.account.left_out) == (3, {"not_selected": 3})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda answers: answers.drop("q4"), "there is no item 'q4'; there are: 'q1', 'q2', 'q3'"),
        (lambda answers: answers.drop(["q1", "q2"]), "1 item would be left; a scale has at least two"),
        (lambda answers: answers.select(gender="f"), r"no column 'gender'.*by=\[…\]"),
    ],
)
def test_what_cannot_be_selected_is_refused(call, words) -> None:
    with pytest.raises(op.UsageError, match=words):
        call(op.read(FRAME, **SCALE))


def test_whoever_saw_none_of_the_items_is_left_out() -> None:
    frame = FRAME.assign(q1=["not_shown"] * 2 + [1] * 4, q2=["not_shown"] * 2 + [1] * 4)
    fewer = op.read(frame, **SCALE).drop("q3")
    assert (fewer.n, fewer.account.left_out) == (4, {"not_shown": 2})


def test_a_selection_of_items_is_released_as_all_of_them_are() -> None:
    """Withheld people are in one line of the account, with or without the item that they left out."""
    frame = pd.DataFrame({"q1": [1, 2] * 20, "q2": [2, 3] * 20, "q3": [4] * 40, "wave": ["1"] * 37 + ["2"] * 3})
    answers = op.read(frame, items=["q1", "q2", "q3"], categories=range(1, 6))
    released = answers.drop("q3").released()
    assert released.account.left_out == answers.released().account.left_out == {"withheld": 3}
    assert released.without_account() == answers.released().drop("q3").without_account()
