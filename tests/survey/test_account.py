"""The account balances whatever is selected and added, and halves of a file are the file."""

from __future__ import annotations

import csv
import random

import numpy as np
import pytest

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read, read_all

ITEMS = load_instrument().item_keys


@pytest.fixture
def file(tmp_path):
    """120 answers, three of which are no answers to this theme; organisation o0 left everything empty in both waves."""
    random.seed(4)
    rows = []
    for number in range(120):
        organisation = f"o{number % 6}"
        answers = (
            [""] * 5 if organisation == "o0" else [random.choice(["1", "2", "3", "4", "5", "ved_ikke", ""]) for _ in ITEMS]
        )
        role = ("medarbejder", "leder")[number % 2]
        rows.append([role, organisation, str(1 + number // 60), *answers])

    def write(name, some):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(["role", "organisation", "wave", *ITEMS])
            writer.writerows(some)
        return path

    return write, rows


def test_a_selection_has_the_others_as_one_line(file):
    write, rows = file
    answers = read(write("all.csv", rows))
    one = answers.select(wave="1")
    assert one.account.rows_read == 120
    assert one.account.rows_analysed == one.n == 50
    assert one.account.left_out == {"not_shown": 20, "not_selected": 50}
    two = one.select(role="leder")
    assert two.account.left_out == {"not_shown": 20, "not_selected": 100 - two.n}
    assert "not selected" in str(two.account)


def test_parts_of_a_file_add_up_to_it(file):
    write, rows = file
    answers = read(write("all.csv", rows))
    whole = answers.select(wave="1") + answers.select(wave="2")
    assert whole == answers
    assert whole.account == answers.account
    some = answers.select(wave="1", role="leder") + answers.select(wave="2", role="leder")
    assert some.account.left_out == {"not_shown": 20, "not_selected": 100 - some.n}
    with pytest.raises(UsageError, match="overlap"):
        answers + answers.select(wave="1")


def test_files_add_up(file):
    write, rows = file
    first, second = read(write("a.csv", rows[:60])), read(write("b.csv", rows[60:]))
    both = first + second
    assert (both.account.rows_read, both.account.rows_analysed) == (120, both.n)
    assert len(both.account.sources) == 2


def test_an_organisation_that_answers_in_another_file_was_shown_the_theme(file):
    """The rows of one file, in whatever two files they come, are the same answers."""
    write, rows = file
    # One answer of organisation o0 in wave 1: the nine others who left everything empty there saw the theme.
    rows[54][3:] = ["4", "", "", "", ""]
    whole = read(write("all.csv", rows))
    assert whole.account.left_out == {"not_shown": 10}
    for cut in (30, 57):
        halves = read(write("a.csv", rows[:cut])) + read(write("b.csv", rows[cut:]))
        assert halves == whole
        assert halves.account.left_out == whole.account.left_out
        assert halves.account.notes == whole.account.notes
        assert read_all([write("a.csv", rows[:cut]), write("b.csv", rows[cut:])]) == whole
    assert any(note.startswith("organisation_not_shown: 1 (10)") for note in whole.account.notes)


def test_expand_gives_values_and_reasons_on_request():
    instrument = load_instrument()
    answers = ResponsePatterns.count(instrument, [[1, 2, 3, 4, 5], [5, -1, -2, -3, -4], [5, -1, -2, -3, -4]])
    frame = answers.expand()
    assert list(frame.columns) == list(ITEMS)
    assert frame.dropna().to_numpy().tolist() == [[1, 2, 3, 4, 5]]
    assert frame[ITEMS[0]].mean() == pytest.approx(11 / 3)
    assert frame[ITEMS[3]].mean() == 4
    with_reasons = answers.expand(reasons=True)
    assert list(with_reasons.columns[:2]) == [ITEMS[0], f"{ITEMS[0]}_reason"]
    given = [sorted(with_reasons[f"{item}_reason"].dropna()) for item in ITEMS]
    assert given == [[], ["blank"] * 2, ["not_shown"] * 2, ["ved_ikke"] * 2, ["oensker_ikke_at_oplyse"] * 2]
    assert ResponsePatterns.from_frame(answers.expand(coded=True), instrument) == answers


def test_expanded_values_are_those_of_the_instrument(tmp_path):
    path = tmp_path / "scale.toml"
    path.write_text(
        '[instrument]\nkey = "k"\ntitle = { da = "t" }\n[scale]\ncategories = [0, 1, 2, 3]\n'
        '[[items]]\nkey = "a"\n[[items]]\nkey = "b"\n',
        encoding="utf-8",
    )
    answers = ResponsePatterns.count(load_instrument(path), np.array([[1, 4], [2, -1]]))
    assert answers.expand()["a"].tolist() == [0, 1]
    assert answers.expand()["b"].sum() == 3


def test_roles_may_be_named_by_their_labels(file):
    write, rows = file
    answers = read(write("all.csv", rows))
    assert answers.select(role="employee") == answers.select(role="Medarbejder") == answers.select(role="medarbejder")
    assert answers.select(role=["leader", "employee"]) == answers
    with pytest.raises(UsageError, match="there are: 'medarbejder', 'leder'"):
        answers.select(role="boss")


def test_a_file_given_twice_is_refused(file):
    write, rows = file
    with pytest.raises(DataError, match="twice"):
        read_all([write("a.csv", rows), write("b.csv", rows)])
