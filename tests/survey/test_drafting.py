"""A draft says no more than the file shows: each kind of evidence, and what is left open without it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import omstilling_psychometrics as op
from drafts import ITEMS, codes, csv, sav, scale
from omstilling_psychometrics.survey.frames import FrameTable
from omstilling_psychometrics.survey.inspection import Inspection, inspect
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.statistics_file import StatisticsTable

# ---------------------------------------------------------------- columns by their texts

WORDED = {
    "glad": 'wording.all = { da = "Jeg er glad for mit arbejde", en = "I am happy with my job" }',
    "traet": 'gloss = { da = "er træt efter arbejde" }\nwording.all = { da = "Jeg er træt, når jeg går hjem" }',
    "stolt": 'wording.all = { da = "Jeg er stolt af min arbejdsplads" }',
}


@pytest.mark.parametrize(
    "form",
    [
        "{}", "{}.", "1. {}", "Hvor enig er du? [{}]", "Hvor enig er du i følgende? - {}", "Spørgsmål 3: {}",
        "G01Q02[SQ001]. Hvor enig er du? [{}]", "<p>{}</p>", "Arbejdet (alle): <b>{}</b>", "Trivsel » {}",
    ],
)  # fmt: skip
def test_items_by_their_whole_wording_behind_a_question_or_a_code(tmp_path: Path, form: str) -> None:
    texts = ("Jeg er stolt af min arbejdsplads", "I am happy with my job", "er træt efter arbejde")
    path = csv(tmp_path, {"nr": range(5), **{form.format(text): [1, 2, 3, 4, place] for place, text in enumerate(texts, 1)}})
    found = inspect(path, instrument=scale(items=WORDED))
    assert {item.item: item.column for item in found.items} == {
        "stolt": form.format(texts[0]),
        "glad": form.format(texts[1]),
        "traet": form.format(texts[2]),
    }
    assert found.reading is not None
    assert [op.items(found.reading).value("mean", item=item) for item in WORDED] == [2.4, 2.6, 2.2]


def test_a_part_of_a_wording_is_none(tmp_path: Path) -> None:
    columns = {"Jeg er glad for mit arbejde og min fritid": [1, 2], "Min kollega siger: Jeg er stolt": [1, 2], "x": [1, 2]}
    found = inspect(csv(tmp_path, columns), instrument=scale(items=WORDED))
    assert found.items == ()
    assert tomllib.loads(found.codebook)["columns"] == {}


def test_two_columns_with_the_wording_of_one_item_are_both_proposed(tmp_path: Path) -> None:
    columns = {f"{place}. Jeg er glad for mit arbejde": [1, 2] for place in (1, 2)}
    found = inspect(csv(tmp_path, columns), instrument=scale(items=WORDED))
    assert found.items == ()
    for place in (1, 2):
        assert f'# glad = "{place}. Jeg er glad for mit arbejde"  # one of 2 columns with its wording (all)' in found.codebook


def test_a_wording_that_is_cut_off_is_proposed(tmp_path: Path) -> None:
    columns = {"Jeg er stolt af min arb": [1, 2], "Jeg er glad": [1, 2], "Jeg er glad for mit arbejde": [1, 2]}
    found = inspect(csv(tmp_path, columns), instrument=scale(items=WORDED))
    assert [item.item for item in found.items] == ["glad"]
    assert '# stolt = "Jeg er stolt af min arb"  # its text is the beginning of the wording' in found.codebook


def test_headings_between_the_answers_are_shown_and_left_out(tmp_path: Path) -> None:
    lines = ["nr,q1,q2,q3", "Afdeling Nord,,,", "1,2,3,4", "2,3,4,5", "Afdeling Syd,,,", "3,1,1,1"]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = inspect(tmp_path / "x.csv", instrument=scale())
    assert "?? x.csv: column 'nr': rows in which 'Afdeling Nord', 'Afdeling Syd' stands alone look like headings" in str(found)
    assert "[[left_out]]  # GUESS: headings between the answers" in found.codebook
    assert rules(found) == [("nr", ["Afdeling Nord", "Afdeling Syd"], "heading")]
    assert found.reading is not None
    assert found.reading.n == 3


def test_a_wording_with_the_word_name_in_it_is_no_identifier(tmp_path: Path) -> None:
    items = {
        "a": 'wording.all = { da = "Min leder kender mit navn" }',
        "b": 'wording.all = { da = "Min leder har min adresse" }',
    }
    found = inspect(
        csv(tmp_path, {"Min leder kender mit navn": [1, 2], "Min leder har min adresse": [3, 4], "navn": "AB"}),
        instrument=scale(items=items),
    )
    assert [item.item for item in found.items] == ["a", "b"]
    assert list(found.identifiers) == ["navn"]


def test_a_label_that_is_the_wording_of_another_item_is_shown(tmp_path: Path) -> None:
    labels = {"glad": "Jeg er træt, når jeg går hjem", "traet": "Jeg er glad for mit arbejde", "stolt": "Stolthed"}
    path = sav(tmp_path / "x.sav", {item: [1, 2, 3] for item in WORDED}, column_labels=labels)
    found = inspect(path, instrument=scale(items=WORDED))
    text = str(found)
    assert "?? read as glad by its name, but its text is of traet: 'Jeg er træt, når jeg går hjem'" in text
    assert "      text: 'Stolthed'" in text
    assert """# glad = "traet"  # the text of 'traet' in the file is the wording of glad""" in found.codebook
    assert '# glad = "glad"  # if the name is right, and the text, of traet, is wrong' in found.codebook
    assert "\nglad =" not in found.codebook
    book = tmp_path / "book.toml"
    book.write_text('[columns]\nglad = "traet"\ntraet = "glad"\n', encoding="utf-8")
    assert "??" not in str(inspect(path, instrument=scale(items=WORDED), codebook=book))


def test_numbered_columns_with_other_texts_are_proposed_and_not_taken(tmp_path: Path) -> None:
    path = sav(
        tmp_path / "x.sav", {f"v{n}": [1, 2, 3] for n in (1, 2, 3)}, column_labels={f"v{n}": f"Andet {n}" for n in (1, 2, 3)}
    )
    found = inspect(path, instrument=scale(items=WORDED))
    assert found.items == ()
    assert """# traet = "v2"  # by the order of the columns; its text is 'Andet 2': is it this one?""" in found.codebook
    bare = inspect(csv(tmp_path, {f"v{n}": [1, 2, 3] for n in (1, 2, 3)}), instrument=scale(items=WORDED))
    assert [item.column for item in bare.items] == ["v1", "v2", "v3"]
    for names in (("v2", "v1", "v3"), ("a", "b", "c")):
        other = inspect(csv(tmp_path, {name: [1, 2, 3] for name in names}), instrument=scale(items=WORDED))
        assert other.items == (), names


# ---------------------------------------------------------------- keys

LEADERSHIP = load_instrument()
KEYS = LEADERSHIP.item_keys


def survey(tmp_path: Path, columns: Mapping[str, Sequence[object]], rows: int = 12, empty: Sequence[int] = ()) -> Path:
    """Five items, empty in some rows, and other columns."""
    rng = np.random.default_rng(3)
    items = {key: [None if row in empty else int(value) for row, value in enumerate(rng.integers(1, 6, rows))] for key in KEYS}
    frame = pd.DataFrame({**columns, **{key: pd.array(values, dtype="Int64") for key, values in items.items()}})
    frame.to_csv(tmp_path / "x.csv", index=False)
    return tmp_path / "x.csv"


@pytest.mark.parametrize(
    ("name", "values", "line"),
    [
        ("Enhed", "abcabcabcabc", '# leader = "Enhed"  # if each of them has one leader'),
        ("Team", "abcabcabcabc", '# leader = "Team"'),
        ("Afdeling", "abcabcabcabc", '# leader = "Afdeling"'),
        ("unit", "abcabcabcabc", '# leader = "unit"'),
        ("løbenr", range(12), '# respondent = "løbenr"  # if it is the number of a person'),
        ("år", [2023] * 6 + [2025] * 6, '# wave = "år"'),
        ("Leder-ID", "abcabcabcabc", 'leader = "Leder-ID"  # GUESS by its name'),
        ("Leder", ["ja", "nej"] * 6, '# leader = "Leder"  # its name says so, but its values are yes and no'),
        ("ID", range(12), 'respondent = "ID"  # GUESS by its name'),
        ("ID", [1, 2] * 6, '# respondent = "ID"  # its name says so, but its values repeat'),
        ("Respondent-id", range(12), 'respondent = "Respondent-id"  # GUESS'),
        ("Bølge", [1, 2] * 6, 'wave = "Bølge"  # GUESS'),
        ("type", "abcabcabcabc", '# role = "type"  # its name says so, but none of its values is a role'),
    ],
)
def test_keys_by_their_names(tmp_path: Path, name: str, values: Sequence[object], line: str) -> None:
    found = inspect(survey(tmp_path, {name: list(values)}))
    assert f"\n{line}" in found.codebook


def test_the_role_of_a_file_whose_texts_are_those_of_one_role(tmp_path: Path) -> None:
    for role, language in (("medarbejder", "da"), ("leder", "da"), ("overordnet", "en")):
        names = [item.wording[role][language] for item in LEADERSHIP.items]
        found = inspect(csv(tmp_path, {name: [1, 2, 3] for name in names}))
        assert f'[file]\nrole = "{role}"  # GUESS: the texts of the items are the wordings of this role' in found.codebook
        assert found.reading is not None
        assert found.reading.keys["role"].levels == (role,)
    mixed = [item.wording["leder" if place else "medarbejder"]["da"] for place, item in enumerate(LEADERSHIP.items)]
    assert "[file]" not in inspect(csv(tmp_path, {name: [1, 2, 3] for name in mixed})).codebook
    names = [item.wording["medarbejder"]["da"] for item in LEADERSHIP.items]
    given = inspect(csv(tmp_path, {"rolle": ["leder", "medarbejder", "leder"], **{name: [1, 2, 3] for name in names}}))
    assert "[file]" not in given.codebook


def test_roles_by_whole_names(tmp_path: Path) -> None:
    roles = ["Medarbejder", "Medarbejdere", "Nærmeste overordnede", "Medarbejderrepræsentant", "Leders leder", "Kollega"] * 2
    found = inspect(survey(tmp_path, {"rolle": roles}, empty=(5, 11)))
    drafted = tomllib.loads(found.codebook)["roles"]
    assert drafted == {"Medarbejdere": "medarbejder", "Nærmeste overordnede": "overordnet", "Kollega": "left_out"}
    assert '# "Medarbejderrepræsentant" = "…"  # which role? "medarbejder", "leder", "overordnet", "left_out"' in found.codebook
    assert '# "Leders leder" = "leder"  # or is it about another leader?' in found.codebook


# ---------------------------------------------------------------- rows


def rules(found: Inspection) -> list[tuple[str, list[str], str]]:
    return [(rule["column"], rule["values"], rule["reason"]) for rule in tomllib.loads(found.codebook).get("left_out", ())]


def test_rows_whose_status_says_that_nothing_was_answered_are_left_out(tmp_path: Path) -> None:
    status = ["Gennemført"] * 7 + ["Ikke besvaret"] * 3 + ["Delvist besvaret"] * 2
    found = inspect(survey(tmp_path, {"Status": status}, empty=(7, 8, 9)))
    assert rules(found) == [("Status", ["Ikke besvaret"], "not answered")]
    assert "[not_shown]" not in found.codebook
    assert '# values = ["Delvist besvaret"]' in found.codebook
    assert "# [[left_out]]" not in found.codebook.split("[[left_out]]", 1)[0]
    assert found.reading is not None
    assert found.reading.account is not None
    assert found.reading.account.left_out == {"not answered": 3}


@pytest.mark.parametrize("value", ["Survey Preview", "Spam", "Survey Test", "Testbesvarelse"])
def test_previews_and_tests_are_left_out_though_they_hold_answers(tmp_path: Path, value: str) -> None:
    found = inspect(survey(tmp_path, {"Status": ["IP Address"] * 10 + [value] * 2}))
    assert rules(found) == [("Status", [value], "preview or test")]
    assert found.reading is not None
    assert found.reading.n == 10


@pytest.mark.parametrize(
    ("name", "values", "left_out"),
    [
        ("Finished", ["True"] * 10 + ["False"] * 2, ["False"]),
        ("Finished", ["1"] * 10 + ["0"] * 2, ["0"]),
        ("Progress", ["100"] * 10 + ["43", "9"], ["9", "43"]),
        ("ledelse_complete", ["2"] * 10 + ["0"] * 2, ["0"]),
        ("Complete?", ["Complete"] * 10 + ["Incomplete"] * 2, ["Incomplete"]),
        ("submitdate", ["2025-01-01 10:00:00"] * 10 + [""] * 2, [""]),
    ],
)
def test_people_who_did_not_finish(tmp_path: Path, name: str, values: Sequence[str], left_out: list[str]) -> None:
    """Left out where they answered no item; where they did, that is for people to decide."""
    silent = inspect(survey(tmp_path, {name: list(values)}, empty=(10, 11)))
    assert [(column, kept) for column, kept, _ in rules(silent)] == [(name, left_out)]
    answered = inspect(survey(tmp_path, {name: list(values)}))
    assert rules(answered) == []
    assert "# [[left_out]]  # in 2 of these 2 rows items are answered" in answered.codebook
    assert '# reason = "not completed"' in answered.codebook
    assert answered.reading is not None
    assert answered.reading.n == 12


def test_an_item_without_an_answer_is_no_status(tmp_path: Path) -> None:
    """Who left everything blank is a person."""
    found = inspect(csv(tmp_path, {item: [1, 2, 3, 4, 5, "Ikke besvaret"] for item in ITEMS}), instrument=scale())
    assert codes(found) == {"Ikke besvaret": "blank"}
    assert "[[left_out]]" not in found.codebook
    assert found.reading is not None
    assert found.reading.n == 6


def test_signs_for_no_answer_are_no_answers_of_people_who_did_not_finish(tmp_path: Path) -> None:
    path = survey(tmp_path, {"Finished": ["True"] * 10 + ["False"] * 2}, empty=(10, 11))
    path.write_text(path.read_text(encoding="utf-8").replace(",,,,,", ",." * 5), encoding="utf-8")
    assert [(column, kept) for column, kept, _ in rules(inspect(path))] == [("Finished", ["False"])]


def test_a_theme_that_was_not_chosen_is_not_shown_and_chance_is_no_rule(tmp_path: Path) -> None:
    found = inspect(survey(tmp_path, {"tema": ["ja"] * 9 + ["nej"] * 3}, empty=(9, 10, 11)))
    assert tomllib.loads(found.codebook)["not_shown"] == {"column": "tema", "values": ["nej"]}
    rare = inspect(survey(tmp_path, {"koen": ["m", "k"] * 5 + ["andet", "k"]}, empty=(1, 4, 7, 10)))
    assert "[not_shown]" not in rare.codebook


def test_signs_for_what_is_not_known_in_keys(tmp_path: Path) -> None:
    leaders = ["a", "b", ".", "Ukendt", "a", "b", "999", "NA", "a", "b", "a", "b"]
    found = inspect(survey(tmp_path, {"leder_id": leaders}))
    assert tomllib.loads(found.codebook)["not_known"] == {"leader": [".", "Ukendt"]}
    assert '# leader = [".", "999", "Ukendt"]  # if these too say that it is not known' in found.codebook
    assert "# na_is_a_value = true  # if it is a name ('NA' in 'leder_id', 1 rows)" in found.codebook
    assert found.reading is not None
    assert found.reading.keys["leader"].levels == ("999", "a", "b")
    cut = inspect(survey(tmp_path, {"respondent": ["1,18E+11"] * 12}))
    assert '# respondent = ["1,18E+11"]  # the numbers have lost their digits' in cut.codebook
    assert cut.reading is None
    numbers = inspect(survey(tmp_path, {"respondent": range(95, 107)}))
    assert "not_known" not in numbers.codebook


# ---------------------------------------------------------------- weights, systems, cost


@pytest.mark.parametrize("name", ["vaegt", "Vægt_2024", "weight", "pspwght", "ANWEIGHT", "w_vaegt", "weights"])
def test_weights_are_named_and_not_used(tmp_path: Path, name: str) -> None:
    path = survey(tmp_path, {name: [0.5, 1.5] * 6})
    found = inspect(path)
    assert f"'{name}' looks like the weights of a survey. Weights are not used" in found.codebook
    assert f"weights_not_used: {name}" in found.notes
    answers = read(path)
    assert answers.account is not None
    assert f"weights_not_used: {name}" in answers.account.notes
    assert answers.n == 12


@pytest.mark.parametrize(("name", "value"), [("overweight", 1), ("weighted", 2), ("vaegt", "tung"), ("vaegtning_note", "x")])
def test_what_is_no_weight(tmp_path: Path, name: str, value: object) -> None:
    assert "eights are not used" not in str(inspect(survey(tmp_path, {name: [value] * 12})))


@pytest.mark.parametrize("ending", ["csv", "sav"])
def test_a_file_is_not_read_once_per_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Three times as many columns take as many readings, silent rows and columns with few values among them."""
    readings: list[int] = []

    def counted(name: str, of: type) -> None:
        inner = getattr(of, name)

        def outer(*arguments: Any, **options: Any) -> Any:
            readings[-1] += 1
            return inner(*arguments, **options)

        monkeypatch.setattr(of, name, outer)

    for name in ("group", "tallies", "head"):
        counted(name, FrameTable)
    counted("_read", StatisticsTable)
    for width in (20, 60):
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(rng.integers(1, 3, (50, width)).astype(float), columns=[f"v{place}" for place in range(width)])
        frame[list(KEYS)] = rng.integers(1, 6, (50, 5)).astype(float)
        frame.loc[frame["v3"] == 1, list(KEYS)] = np.nan
        path = tmp_path / f"x{width}.{ending}"
        frame.to_csv(path, index=False) if ending == "csv" else pyreadstat.write_sav(frame, str(path))
        readings.append(0)
        found = inspect(path)
        assert "[not_shown]  # GUESS" in found.codebook
        assert len(found.columns) == width + 5
    assert readings[0] == readings[1]


def test_roles_by_the_labels_of_their_values(tmp_path: Path) -> None:
    columns = {"stilling": [1, 2, 3] * 8, **{item: [1, 2, 3, 4, 5, 4] * 4 for item in LEADERSHIP.item_keys}}
    labels = {"stilling": {1: "Medarbejder", 2: "Leder", 3: "Nærmeste overordnet"}}
    found = inspect(sav(tmp_path / "x.sav", columns, variable_value_labels=labels))
    assert 'role = "stilling"  # GUESS by its values: check it' in found.codebook
    assert '"3" = "overordnet"  # GUESS: \'nærmeste overordnet\': check it' in found.codebook
    assert tomllib.loads(found.codebook).get("file") is None, "not the role whose wordings the texts are"
    (tmp_path / "draft.toml").write_text(found.codebook, encoding="utf-8")
    answers = read(tmp_path / "x.sav", codebook=tmp_path / "draft.toml")
    assert {role: one.n for role, one in answers.by_role.items()} == {"medarbejder": 8, "leder": 8, "overordnet": 8}
