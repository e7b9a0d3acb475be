"""A draft takes values for answers and reasons as far as the file shows it: each kind of evidence, and what is left open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest

import omstilling_psychometrics as op
from drafts import DANISH, ENGLISH, ITEMS, answers, codes, csv, sav, scale
from omstilling_psychometrics.survey.inspection import inspect
from omstilling_psychometrics.survey.reading import read


@pytest.mark.parametrize("form", ["{v} - {t}", "{t} ({v})", "{v}. {t}", "{v} = {t}", "{v}: {t}", "{v}) {t}", "{t} [{v}]"])
@pytest.mark.parametrize(("labels", "first"), [(DANISH, 1), (ENGLISH, 1), (DANISH, 0), (DANISH[::-1], 1)])
def test_labels_with_numbers_beside_them(tmp_path: Path, form: str, labels: Sequence[str], first: int) -> None:
    """The label counts: as the numbers are, one lower, or the other way round."""
    both = {form.format(v=place + first, t=label): label for place, label in enumerate(labels)}
    found = inspect(csv(tmp_path, answers(list(both))), instrument=scale())
    meant = {label: value for value, label in enumerate(DANISH if labels[0] in DANISH else ENGLISH, start=1)}
    assert codes(found) == {raw: meant[label] for raw, label in both.items()}


def test_numbers_beside_unknown_words_count_where_known_labels_confirm_them(tmp_path: Path) -> None:
    ends = {1: ("Helt uenig", "Strongly disagree"), 5: ("Helt enig", "Strongly agree")}
    said = ["0 - Helt uenig", "1 - Noget uenig", "2 - Midt imellem", "3 - Noget enig", "4 - Helt enig"]
    found = inspect(csv(tmp_path, answers(said)), instrument=scale(labels=ends))
    assert codes(found) == {text: value for value, text in enumerate(said, start=1)}
    mixed = inspect(csv(tmp_path, answers(["1 - Helt enig", "2 - Noget", "4 - Helt uenig"])), instrument=scale(labels=ends))
    assert codes(mixed) == {}
    numbered = ["1 - Meget lidt", "2 - Lidt", "3 - En del", "4 - Meget", "5 - Alt"]
    assert codes(inspect(csv(tmp_path, answers(numbered)), instrument=scale(labels={}))) == {
        text: value for value, text in enumerate(numbered, start=1)
    }
    fewer = inspect(csv(tmp_path, answers(numbered[1:])), instrument=scale(labels={}))
    assert codes(fewer) == {}
    assert '# "2 - Lidt" = 2  # if the number beside it is the category' in fewer.codebook


@pytest.mark.parametrize(
    ("labels", "neutral"), [(DANISH, "Hverken enig eller uenig"), (ENGLISH, "Neither agree nor disagree"), (ENGLISH, "So-so")]
)
def test_a_text_is_no_label_because_it_holds_one(tmp_path: Path, labels: Sequence[str], neutral: str) -> None:
    found = inspect(csv(tmp_path, answers([*labels[:2], neutral, *labels[3:]])), instrument=scale())
    assert codes(found) == {}
    assert f'# "{neutral}" = 3  # no other value is read as 3: is it that?' in found.codebook
    assert found.reading is None


def test_seven_answers_are_not_poured_into_five_categories(tmp_path: Path) -> None:
    seven = ["Strongly disagree", "Disagree", "Somewhat disagree", "Neither", "Somewhat agree", "Agree", "Strongly agree"]
    found = inspect(csv(tmp_path, answers(seven)), instrument=scale())
    assert codes(found) == {}
    assert "There are 7 different answers, and the instrument has 5 categories" in found.codebook


def test_one_answer_for_one_text(tmp_path: Path) -> None:
    said = [*DANISH, "Ved ikke", "Ved ikke / ikke relevant", "Enig.", "Helt enig / Strongly agree"]
    found = inspect(csv(tmp_path, answers(said)), instrument=scale())
    assert codes(found) == {"Enig.": 4, "Helt enig / Strongly agree": 5}
    assert """# "Ved ikke / ikke relevant" = "ved_ikke"  # only if it is the same as 'Ved ikke'""" in found.codebook


@pytest.mark.parametrize("said", ["Hverken / eller", "HVERKEN ELLER", "3 – hverken-eller.", "Hverken/eller (3)"])
def test_labels_in_other_spellings(tmp_path: Path, said: str) -> None:
    found = inspect(csv(tmp_path, answers([*DANISH[:2], said, *DANISH[3:]])), instrument=scale())
    assert codes(found) == {said: 3}


def test_labels_in_the_wrong_encoding_are_named_and_read(tmp_path: Path) -> None:
    wrong = "Ønsker ikke at svare".encode().decode("cp1252")
    found = inspect(csv(tmp_path, answers([*DANISH, wrong])), instrument=scale())
    assert codes(found) == {wrong: "afslag"}
    assert f"?? '{wrong}' looks like 'Ønsker ikke at svare' in the wrong encoding: export the file again" in str(found)


def test_repeated_names_of_items_are_both_proposed(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("q1,q2,q2,q3\n1,2,5,3\n2,3,5,4\n", encoding="utf-8")
    found = inspect(tmp_path / "x.csv", instrument=scale())
    assert [item.item for item in found.items] == ["q1", "q3"]
    for place in (2, 3):
        assert f'# q2 = "q2 (column {place})"  # one of 2 columns with its wording, or its name' in found.codebook
    assert found.reading is None


def test_cells_that_are_lost_do_not_end_the_look(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ([*ITEMS, "note"], [1, 2, 3, "=1+1"], [4, 5, "=2+2", "ok"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    text = str(inspect(tmp_path / "x.xlsx", instrument=scale()))
    assert text.count("?? cells that hold a formula that was never computed") + text.count("?? cells that hold an error") == 2
    assert "Not readable yet" in text
    frame = pl.DataFrame({"q1": [1, 2], "q2": [2, 3], "q3": [3, 4], "q4": [[1], [2]]})
    nested = inspect(frame, instrument=scale())
    assert "?? lists or records (List(Int64))" in str(nested)
    assert nested.reading is not None


def test_signs_that_say_nothing_was_answered(tmp_path: Path) -> None:
    said = [*DANISH, "Ikke besvaret", "NA", ".", "N/A", "-", "Ikke relevant"]
    columns = {item: [text or None for text in texts] for item, texts in answers(said).items()}
    found = inspect(pd.DataFrame(columns), instrument=scale())
    assert codes(found) == {"Ikke besvaret": "blank", "NA": "blank", ".": "blank"}
    for left in ("N/A", "-", "Ikke relevant"):
        assert f'# "{left}" = "…"  # what does it mean? A category (1 to 5) or "ved_ikke", "afslag", "blank"' in found.codebook


@pytest.mark.parametrize(
    ("categories", "numbers", "said"),
    [
        (range(1, 6), (0, 1, 2, 3, 4), "0 may be a category, since 5 never occurs: then all numbers are 1 lower"),
        (range(1, 6), (0, 1, 2, 3, 4, 98, 99), "0 may be a category, since 5 never occurs"),
        (range(1, 6), (2, 3, 4, 5, 6), "6 may be a category, since 1 never occurs: then all numbers are 1 higher"),
        (range(4), (1, 2, 3, 4), "4 may be a category, since 0 never occurs: then all numbers are 1 higher"),
        (range(11), tuple(range(1, 12)), "11 may be a category, since 0 never occurs"),
        (range(-2, 3), (1, 2, 3, 4, 5), "3, 4, 5 may be a category, since -2, -1, 0 never occurs"),
        (range(1, 6), (1, 2, 3, 4, 5, 6, 7), ""),
        (range(1, 6), (1, 2, 3, 4, 6), ""),
        (range(1, 6), (1, 2, 3, 4, 5, 0), ""),
        (range(1, 6), (1, 2, 3, 4), ""),
    ],
)
def test_a_shift_of_all_numbers_is_said_and_never_taken(
    tmp_path: Path, categories: range, numbers: Sequence[int], said: str
) -> None:
    found = inspect(csv(tmp_path, answers([str(number) for number in numbers])), instrument=scale(categories, {}))
    assert codes(found) == {}
    assert (said in found.codebook) if said else ("may be a category" not in found.codebook)


def test_a_shift_of_numbers_with_labels_that_nobody_knows_is_said(tmp_path: Path) -> None:
    labels = {0.0: "Slet ikke", 4.0: "I høj grad", 8.0: "Ved ikke", 9.0: "Uoplyst"}
    columns = {item: [0, 1, 2, 3, 4, 8, 9] for item in ITEMS}
    path = sav(tmp_path / "x.sav", columns, variable_value_labels=dict.fromkeys(ITEMS, labels))
    found = inspect(path, instrument=scale(labels={}))
    assert "0 may be a category, since 5 never occurs: then all numbers are 1 lower" in found.codebook
    assert codes(found) == {}


def test_numbers_of_any_length_are_left_open(tmp_path: Path) -> None:
    long = "9" * 5000
    texts = [long, f"{long} - trin", f"trin ({long})", "1", "2"]
    found = inspect(csv(tmp_path, {f"q{long[:n]}": texts for n in range(3)} | {"leader": [long, f"-{long}", "1", "2", "3"]}))
    assert codes(found) == {}


@pytest.mark.parametrize("form", ["{}", "{}: trin", "trin ({})"])
def test_the_lines_of_a_shift_can_be_taken_as_they_stand(tmp_path: Path, form: str) -> None:
    columns = answers([form.format(number) for number in range(5)])
    path = csv(tmp_path, columns)
    without_labels = scale(labels={})
    draft = inspect(path, instrument=without_labels).codebook
    lines = [line.removeprefix("#   ") if line.startswith('#   "') else line for line in draft.splitlines()]
    (tmp_path / "book.toml").write_text("\n".join(lines), encoding="utf-8")
    found = read(path, instrument=without_labels, codebook=tmp_path / "book.toml")
    mean = op.items(found).value("mean", item="q1")
    assert mean == pytest.approx(np.mean([1 + int(re.sub("[^0-9]", "", text)) for text in columns["q1"]]), abs=1e-12)


def test_codes_of_a_system_are_proposed_and_not_taken(tmp_path: Path) -> None:
    found = inspect(csv(tmp_path, answers([f"A{place}" for place in range(1, 6)])), instrument=scale())
    for item in ITEMS:
        assert f'# {item} = "{item}"' not in found.codebook
    assert codes(found) == {}
    assert '# "A4" = 4  # if the codes count the categories from the lowest' in found.codebook


@pytest.mark.parametrize(("seven", "nine"), [("Nægter at svare", "Uoplyst"), ("Refusal", "Other")])
def test_labelled_reasons_that_nobody_knows_are_left_open(tmp_path: Path, seven: str, nine: str) -> None:
    labels = {1.0: "Helt uenig", 5.0: "Helt enig", 7.0: seven, 8.0: "Ved ikke", 9.0: nine}
    path = sav(
        tmp_path / "x.sav", {item: [1, 2, 3, 5, 7, 8, 9] for item in ITEMS}, variable_value_labels=dict.fromkeys(ITEMS, labels)
    )
    found = inspect(path, instrument=scale())
    assert codes(found) == {}
    assert found.reading is None
    assert '# "7" = "…"' in found.codebook
    assert '"8"' not in found.codebook


def test_one_value_with_two_labels_is_left_open(tmp_path: Path) -> None:
    path = sav(
        tmp_path / "x.sav",
        {item: [1, 2, 5, 7] for item in ITEMS},
        variable_value_labels={"q1": {7.0: "Ved ikke"}, "q2": {7.0: "Ønsker ikke at svare"}, "q3": {7.0: "Andet"}},
    )
    found = inspect(path, instrument=scale())
    assert codes(found) == {}
    assert "'7' is labelled 'Ved ikke' and 'Ønsker ikke at svare' and 'Andet' in different columns" in found.codebook


@pytest.mark.parametrize(
    ("categories", "labels", "want"),
    [
        (range(1, 8), {0: "a", 6: "g"}, {str(place): place + 1 for place in range(7)}),
        (range(1, 8), {1: "g", 7: "a"}, {str(8 - place): place for place in range(1, 8)}),
        (range(4), {1: "a", 4: "g"}, {str(place): place - 1 for place in range(1, 5)}),
    ],
)
def test_label_positions_and_scales_that_run_the_other_way(
    tmp_path: Path, categories: range, labels: Mapping[int, str], want: Mapping[str, int]
) -> None:
    instrument = scale(categories, {categories[0]: ("a", "A"), categories[-1]: ("g", "G")})
    values = [float(value) for value in want]
    path = sav(
        tmp_path / "x.sav",
        dict.fromkeys(ITEMS, values),
        variable_value_labels={item: {float(value): label for value, label in labels.items()} for item in ITEMS},
    )
    found = inspect(path, instrument=instrument)
    assert codes(found) == want
    assert found.reading is not None
    mean = op.items(found.reading).value("mean", item="q1")
    assert mean == pytest.approx(np.mean(list(want.values())), abs=1e-12)
