"""Another file in a notebook's first cell, whatever it is called."""

from __future__ import annotations

import ast
from typing import Any

import nbformat
import pytest

from omstilling_psychometrics.core.errors import OmstillingError
from omstilling_psychometrics.notebooks.parameters import SYNTHETIC, TAG, values, with_values

CELL = 'FILE = "æ.csv"  # the file, "quoted"\nCODEBOOK = None\nSEED = 1  # of everything random\n'


def notebook(source: str = CELL, *more: Any) -> Any:
    first = nbformat.v4.new_code_cell(source, metadata={"tags": [TAG]})
    return nbformat.v4.new_notebook(cells=[first, *more])


def test_values_are_read_from_the_cell() -> None:
    assert values(notebook()) == {"FILE": "æ.csv", "CODEBOOK": None, "SEED": 1}


def test_only_the_value_changes_and_comments_stay() -> None:
    given = with_values(notebook(), {"FILE": "other.csv", "SEED": 7, "NOT_THERE": 3})
    lines = ["FILE = 'other.csv'  # the file, \"quoted\"", "CODEBOOK = None", "SEED = 7  # of everything random"]
    assert given.cells[0].source.splitlines() == lines


@pytest.mark.parametrize(
    "name",
    [
        '"; import os; os.remove("x") #',
        "it's.csv",
        "a\nb.csv",
        r"C:\new\table.csv",
        "søgning.csv",
        "'''",
        "{x}",
        "a\\",
        "\u2028.csv",
    ],
)
def test_a_name_of_any_kind_stays_a_name(name: str) -> None:
    source = with_values(notebook(), {"FILE": name}).cells[0].source
    statements = ast.parse(source).body
    assert len(statements) == 3
    assert values(with_values(notebook(), {"FILE": name}))["FILE"] == name


def test_the_given_notebook_is_left_alone() -> None:
    original = notebook()
    with_values(original, {"FILE": "other.csv"})
    assert original.cells[0].source == CELL


def test_cells_about_the_synthetic_file_are_left_out() -> None:
    about = nbformat.v4.new_markdown_cell("What was planted", metadata={"tags": [SYNTHETIC]})
    kept = nbformat.v4.new_markdown_cell("What one may conclude")
    assert [cell.source for cell in with_values(notebook(CELL, about, kept), {}).cells[1:]] == ["What one may conclude"]


def test_a_notebook_without_the_cell_is_refused() -> None:
    plain = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("FILE = 1")])
    with pytest.raises(OmstillingError, match="0 cells tagged 'parameters'"):
        with_values(plain, {})


def test_a_value_over_several_lines_is_refused() -> None:
    with pytest.raises(OmstillingError, match="FILE of a notebook stands on several lines"):
        with_values(notebook('FILE = (\n"a.csv"\n"b")'), {"FILE": "c"})
