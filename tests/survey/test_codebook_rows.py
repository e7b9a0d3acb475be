"""Rows by the codebook: `[[left_out]]`, and `[file] role` for what a whole file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting import context
from omstilling_psychometrics.survey.account import Account
from omstilling_psychometrics.survey.codebook import REASONS
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read, read_all

Reader = Callable[..., ResponsePatterns]

ITEMS = "kompetencer,forklare,vaerdi,kultur,itsikkerhed"
RULES = """
[[left_out]]
column = "Status"
values = ["Survey Preview", 8]
reason = "not completed"
[[left_out]]
column = "Samtykke"
values = [""]
reason = "no consent"
"""
ROWS = "".join(
    f"{line}\n"
    for line in (
        f"Status,Samtykke,{ITEMS}",
        "IP Address,ja,1,2,3,4,5",
        "survey preview,ja,5,5,5,5,5",
        "8.0,ja,5,5,5,5,5",
        "8,,4,4,4,4,4",
        "IP Address,,4,4,4,4,4",
        "IP Address,nej,3,3,3,3,3",
    )
)


def test_each_rule_has_a_line_of_its_own_and_the_first_counts(read_text: Reader) -> None:
    answers = read_text(ROWS, codebook=RULES)
    assert answers.account is not None
    assert dict(answers.account.left_out) == {"no consent": 1, "not completed": 3}
    assert answers.n == 2
    assert answers.patterns.tolist() == [[1, 2, 3, 4, 5], [3, 3, 3, 3, 3]]
    assert "rows read 6 = analysed 2 + left out 4" in str(answers)
    assert "  3  not completed" in str(answers)


def test_values_that_would_be_refused_may_stand_in_rows_that_are_left_out(read_text: Reader) -> None:
    answers = read_text(ROWS.replace("8.0,ja,5", "8.0,ja,test"), codebook=RULES)
    assert answers.n == 2


def test_a_rule_that_fits_no_row_is_a_note(read_text: Reader) -> None:
    answers = read_text(f"Status,{ITEMS}\n1,1,2,3,4,5\n", codebook='[[left_out]]\ncolumn="Status"\nvalues=[9]\nreason="test"\n')
    assert answers.account is not None
    assert "left_out_rule_unused: Status" in answers.account.notes
    assert dict(answers.account.left_out) == {}


def test_a_rule_about_a_column_that_is_not_there(read_text: Reader) -> None:
    with pytest.raises(DataError, match=r"\[\[left_out\]\] names the column 'Status'.*Did you mean 'Statu'"):
        read_text(ROWS.replace("Status", "Statu"), codebook=RULES)


def test_in_frames_and_in_several_files_too(tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(RULES, encoding="utf-8")
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    frame = pd.read_csv(tmp_path / "a.csv", dtype=str)
    both = read_all([tmp_path / "a.csv", frame], codebook=tmp_path / "book.toml")
    assert both.account is not None
    assert dict(both.account.left_out) == {"no consent": 2, "not completed": 6}


def test_labels_of_a_statistics_file_are_values_too(tmp_path: Path) -> None:
    import pyreadstat

    frame = pd.DataFrame({"status": [1.0, 2.0, 2.0], **{name: [1.0, 2.0, 3.0] for name in ITEMS.split(",")}})
    labels = {"status": {1: "Gennemført", 2: "Afbrudt"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels)
    (tmp_path / "book.toml").write_text(
        '[[left_out]]\ncolumn="status"\nvalues=["Afbrudt"]\nreason="afbrudt"\n', encoding="utf-8"
    )
    answers = read(tmp_path / "a.sav", codebook=tmp_path / "book.toml")
    assert answers.account is not None
    assert dict(answers.account.left_out) == {"afbrudt": 2}


def test_reasons_of_the_account_are_words_of_the_vocabulary() -> None:
    words = {key.removeprefix("left_out_") for key in vocabulary("en").texts if key.startswith("left_out_")}
    assert words - {"table", "units"} <= set(REASONS)


def test_a_whole_file_is_one_role(read_text: Reader) -> None:
    answers = read_text(f"leader,{ITEMS}\nL1,1,2,3,4,5\nL2,5,4,3,2,1\n,,,,,\n", codebook='[file]\nrole = "leder"\n')
    assert answers.roles == ("leder",)
    assert answers.n == 2
    assert answers.account is not None
    assert "no_role_column" not in answers.account.notes
    assert dict(answers.account.left_out) == {"empty": 1}


def test_files_of_two_roles_together(tmp_path: Path, read_text: Reader) -> None:
    text = f"leader,{ITEMS}\nL1,1,2,3,4,5\nL2,5,4,3,2,1\n"
    one = read_text(text, codebook='[file]\nrole = "leder"\n')
    other = read_text(text.replace("L2", "L3"), name="b.csv", codebook='[file]\nrole = "medarbejder"\n')
    assert {role: part.n for role, part in (one + other).split("role")} == {"medarbejder": 2, "leder": 2}


def test_a_role_of_the_file_beside_a_column_of_roles_is_refused(read_text: Reader) -> None:
    with pytest.raises(DataError, match="whole file has the role 'leder', and there is a column 'role'"):
        read_text(f"role,{ITEMS}\nmedarbejder,1,2,3,4,5\n", codebook='[file]\nrole = "leder"\n')
    answers = read_text(f"role,{ITEMS}\nchef,1,2,3,4,5\n", codebook='[columns]\nposition = "role"\n[file]\nrole = "leder"\n')
    assert answers.roles == ("leder",)
    assert answers.keys["position"].levels == ("chef",)


def test_reasons_of_the_codebook_are_said_in_the_report_in_their_own_words() -> None:
    view = SimpleNamespace(wording=Wording("da"))
    account = Account(rows_read=12, rows_analysed=7, left_out={"duplicate": 2, "not completed": 3})
    table = context.rows_read(view, account)  # type: ignore[arg-type]
    assert [[cell.text for cell in row] for row in table.body] == [
        ["læst", "12"],
        ["− nøjagtig gentagelse af en besvarelse", "2"],
        ["− not completed", "3"],
        ["analyseret", "7"],
    ]
