"""Inspection: what is said about a file, and a drafted codebook that reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.codebook_lines import toml_text
from omstilling_psychometrics.survey.frames import FrameTable
from omstilling_psychometrics.survey.inspection import Inspection, inspect
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.parquet import write_counts
from omstilling_psychometrics.survey.reading import read

SYNTHETIC = Path(__file__).parents[2] / "data" / "synthetic"
ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]


def look(tmp_path: Path, text: str, **options: Any) -> Inspection:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    return inspect(path, **options)


@pytest.mark.parametrize("name", ["raw_export.csv", "raw_export.sav", "answers.csv"])
def test_the_drafted_codebook_reads_the_synthetic_exports(tmp_path: Path, name: str) -> None:
    found = inspect(SYNTHETIC / name)
    found.write_codebook(tmp_path / "draft.toml")
    answers = read(SYNTHETIC / name, codebook=tmp_path / "draft.toml")
    assert answers == read(SYNTHETIC / "answers.csv") == found.reading
    assert found.refusal is None


def test_the_report_says_what_was_found() -> None:
    found = inspect(SYNTHETIC / "raw_export.csv")
    text = str(found)
    for piece in (
        "encoding   cp1252", "delimiter  semicolon ;", "'e-mail'", "identifiers (e-mail addresses): not read in",
        "Item kompetencer (column 'q1')", "'Ønsker ikke at oplyse'", "oensker_ikke_at_oplyse", "[not_shown]",
        'column = "tema_valgt"',
        '"Sideordnet" = "left_out"', "rows read 13975",
    ):  # fmt: skip
        assert piece in text, piece
    assert "@opdigtet.example" not in text
    assert found.rows == 13975


def test_labels_with_more_beside_them_are_guessed_and_the_guess_is_marked(tmp_path: Path) -> None:
    codes = ("Ved ikke/ikke relevant", "Ønsker ikke at oplyse.")
    lines = [f"1,2,3,4,{value}" for value in ("5", *codes)]
    found = look(tmp_path, ",".join(ITEMS) + "\n" + "\n".join(lines) + "\n")
    assert f'{toml_text(codes[0])} = "ved_ikke"  # GUESS' in found.codebook
    assert found.reading is not None
    assert found.reading.n == 3


@pytest.mark.parametrize("values", [("99",), ("0", "6"), ("7", "8", "9"), ("6", "7"), ("98", "99"), ("-1", "-2")])
def test_codes_that_cannot_be_guessed_are_left_open(tmp_path: Path, values: tuple[str, ...]) -> None:
    found = look(tmp_path, ",".join(ITEMS) + "\n" + "\n".join(f"1,2,3,4,{value}" for value in ("5", *values)) + "\n")
    assert f'# "{values[0]}" = "…"  # what does it mean?' in found.codebook
    assert found.reading is None
    assert found.refusal is not None
    assert "?? nothing maps it" in str(found)


def test_items_are_known_by_their_wording_too(tmp_path: Path) -> None:
    header = [item.wording["medarbejder"].variants()[0] for item in load_instrument().items]
    text = ";".join(f'"{name}"' for name in header) + "\n1;2;3;4;5\n"
    found = look(tmp_path, text)
    assert [item.column for item in found.items] == header
    assert found.reading is not None


def test_columns_of_answers_in_order(tmp_path: Path) -> None:
    text = "sp_1,sp_2,sp_3,sp_4,sp_5,hold\n1,2,3,4,5,1\n5,4,3,2,1,2\nved ikke,1,2,,1,1\n"
    found = look(tmp_path, text)
    assert [item.column for item in found.items] == ["sp_1", "sp_2", "sp_3", "sp_4", "sp_5"]
    assert "GUESS by the order" in found.codebook


def test_nothing_like_an_item_is_a_refusal_not_a_guess(tmp_path: Path) -> None:
    found = look(tmp_path, "a,b\nx,1\ny,2\n")
    assert found.items == ()
    assert found.reading is None
    assert '# kompetencer = "…"' in found.codebook


def test_label_positions_are_shown_and_a_codebook_drafted_from_the_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame({item: [0.0, 1.0, 4.0, 8.0] for item in ITEMS})
    labels = {0.0: "Helt uenig", 4.0: "Helt enig", 8.0: "Ved ikke"}
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=dict.fromkeys(ITEMS, labels), missing_ranges={ITEMS[0]: [8]})
    with pytest.raises(DataError, match="contradict"):
        read(path)
    found = inspect(path)
    assert "what the labels in the file say" in found.codebook
    assert found.reading is not None
    assert found.reading.patterns.tolist() == [[-3] * 5, [1] * 5, [2] * 5, [5] * 5]


def test_scales_that_run_the_other_way(tmp_path: Path) -> None:
    frame = pd.DataFrame({item: [1.0, 4.0] for item in ITEMS})
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(
        frame, str(path), variable_value_labels={item: {1.0: "Helt enig", 5.0: "Helt uenig"} for item in ITEMS}
    )
    found = inspect(path)
    assert found.reading is not None
    assert found.reading.patterns.tolist() == [[2] * 5, [5] * 5]


def test_what_is_known_already_is_the_start_of_the_draft(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text(
        '[columns]\nkompetencer = "x1"\nkultur = "not_shown"\n[codes]\n"!" = "blank"\n[file]\ndelimiter = "~"\n',
        encoding="utf-8",
    )
    found = look(tmp_path, "x1~forklare~vaerdi~itsikkerhed\n1~2~3~!\n", codebook=book)
    assert found.reading is not None
    assert found.reading.patterns.tolist() == [[1, 2, 3, -2, -1]]


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    evil = 'a"]\n[codes]\n"1" = 5 # \x07'
    path = tmp_path / "x.csv"
    frame = pd.DataFrame([[1, 2, 3, 4, 5, evil], [1, 2, 3, 4, evil, evil]], columns=[*ITEMS, evil.replace("\x07", "")])
    frame.to_csv(path, index=False)
    found = inspect(frame)
    assert "\x07" not in str(found)
    assert "\x07" not in found.codebook
    read(frame.iloc[:1], codebook=None)


def test_counts_and_other_instruments(tmp_path: Path) -> None:
    scale = plain_instrument((0, 1), ("a", "b"))
    found = look(tmp_path, "a,b\n" + "0,1\n1,1\n" * 5, instrument=scale)
    assert found.reading is not None
    write_counts(found.reading, tmp_path / "c.parquet")
    counts = inspect(tmp_path / "c.parquet")
    assert counts.reading == found.reading
    assert "counts" in str(counts)


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        look(tmp_path, ",".join(ITEMS) + "\n1,2,3,4,5\n").write_codebook(tmp_path / "no" / "book.toml")


# ---------------------------------------------------------------- columns that hold something else


@pytest.mark.parametrize(("people", "number"), [(28, "28"), (12_000, "more than 10000")])
def test_no_text_that_people_wrote_comes_into_the_draft(tmp_path: Path, people: int, number: str) -> None:
    lines = "".join(f"min rolle {row},1,2,3,min leder {row},5\n" for row in range(people))
    found = look(tmp_path, "role," + ",".join(ITEMS) + "\n" + lines)
    assert "min leder" not in found.codebook
    assert "min rolle" not in found.codebook
    assert "# kultur: 'kultur' has more different values than answers: which column is it?" in found.codebook
    assert "# [roles]: 'role' has more different values than there are roles" in found.codebook
    text = str(found)
    assert f"?? {number} different values: 'min leder 0', 'min leder 1'," in text
    assert "'min leder 9', …" in text
    assert found.items[3].first == tuple(f"min leder {row}" for row in range(10))
    assert "Such a column is no item. Name the column that holds the answers" in text
    assert len(text.splitlines()) < 80
    assert found.rows == people
    assert found.reading is None


def test_what_has_too_many_values_is_not_counted_to_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("counted everything")

    monkeypatch.setattr(FrameTable, "group", never)
    lines = ["1,2,3,4,5\n"] * 2_000 + [f"1,2,3,{row},5\n" for row in range(12_000)]
    found = look(tmp_path, ",".join(ITEMS) + "\n" + "".join(lines))
    assert found.refusal is not None
    assert "'kultur': more than 10000 different values ('4', …), and a column of answers has 27 at most" in found.refusal


def test_a_column_with_some_free_text_is_not_guessed_to_be_an_item(tmp_path: Path) -> None:
    lines = [f"1,2,3,4,5,{value}\n" for value in (*"12345" * 40, *(f"andet {row}" for row in range(28)))]
    found = look(tmp_path, "v1,v2,v3,v4,v5,f\n" + "5,4,1,2,1,1\n" + "".join(lines))
    assert [item.column for item in found.items] == ["v1", "v2", "v3", "v4", "v5"]
    assert "andet" not in found.codebook


def test_a_file_without_rows_is_looked_at(tmp_path: Path) -> None:
    found = look(tmp_path, ",".join(ITEMS) + "\n")
    assert found.rows == 0
    assert [(column.distinct, column.empty) for column in found.columns] == [(0, 0)] * 5
    assert "no respondents" in str(found)


# ---------------------------------------------------------------- labels that contradict


@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_labels_that_say_something_else_are_marked(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    write = pyreadstat.write_sav if ending == "sav" else pyreadstat.write_dta
    labels = {1: "Meget enig", 2: "Enig", 3: "Ved ikke / ikke relevant", 5: "Meget uenig"}
    write(
        pd.DataFrame({item: [1.0, 2.0, 3.0, 5.0] for item in ITEMS}),
        str(path),
        variable_value_labels=dict.fromkeys(ITEMS, labels),
    )
    found = inspect(path)
    text = str(found)
    marked = [line.split("  ")[1] for line in text.splitlines() if line.endswith("?? contradicts its label")]
    assert marked == ["'1'", "'3'", "'5'"] * 5
    assert "contradiction: '1' is labelled 'Meget enig', and read as 1 Helt uenig unless [codes] says more" in text
    assert """# "1" = "…"  # labelled 'Meget enig' in the file: 1 if the number is right""" in found.codebook
    assert '"3" = "ved_ikke"  # GUESS: what the label in the file says' in found.codebook
    assert found.reading is None
    assert found.refusal is not None
    assert "confirm it under [codes] in the codebook: '1' = 1, '5' = 5." in found.refusal


# ---------------------------------------------------------------- empty cells


def test_empty_cells_are_told_apart_by_the_rule_about_who_was_shown_the_theme(tmp_path: Path) -> None:
    lines = ["1,2,3,4,5,ja\n"] * 6 + [",2,3,4,5,ja\n"] * 2 + [",,,,,nej\n"] * 3
    found = look(tmp_path, ",".join(ITEMS) + ",vist\n" + "".join(lines))
    assert 'column = "vist"' in found.codebook
    assert found.items[0].lines == (
        ("1", 6, "", "1 Helt uenig"),
        ("", 3, "", "not shown (rule [not_shown])"),
        ("", 2, "", "blank"),
    )
    assert found.items[1].lines == (("2", 8, "", "2"), ("", 3, "", "not shown (rule [not_shown])"))
    without = look(tmp_path, ",".join(ITEMS) + "\n1,2,3,4,\n1,2,3,4,5\n")
    assert without.items[4].lines == (("5", 1, "", "5 Helt enig"), ("", 1, "", "blank"))


def test_the_rule_in_a_given_codebook_tells_empty_cells_apart_too(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text('[codes]\n"" = "not_shown"\n[not_shown]\ncolumn = "vist"\nvalues = ["nej"]\n', encoding="utf-8")
    found = look(tmp_path, ",".join(ITEMS) + ",vist\n1,2,3,4,5,ja\n1,2,3,4,,ja\n,,,,,NEJ\n", codebook=book)
    assert found.items[4].lines == (
        ("5", 1, "", "5 Helt enig"),
        ("", 1, "", "not shown (rule [not_shown])"),
        ("", 1, "", "not_shown"),
    )


def test_items_that_nobody_answered_are_told_with_what_to_do(tmp_path: Path) -> None:
    lines = ["A,1,2,3,,5\n"] * 5 + ["B,1,2,3,,\n"] * 6
    text = str(look(tmp_path, "form," + ",".join(ITEMS) + "\n" + "".join(lines)))
    assert (
        "  ?? empty in all 11 records of the file, and read as blank; if it was not asked there, write kultur = "
        '"not_shown" under [columns] in the codebook\n'
    ) in text
    assert (
        "  ?? empty in all 6 records of form=B, and read as blank; if it was not asked there, write not_shown in these cells\n"
    ) in text
