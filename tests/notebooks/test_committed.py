"""The committed notebooks: executed, alike in form, small, and free of anything that belongs to one machine."""

from __future__ import annotations

import ast
import base64
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.notebooks.execution import tidied
from omstilling_psychometrics.notebooks.parameters import SYNTHETIC, TAG, tags, values
from omstilling_psychometrics.notebooks.shelf import Shelved, question, shelf, title

NAMES = (
    "01_instrument_and_data",
    "02_item_analysis",
    "03_reliability",
    "04_dimensionality",
    "05_item_response",
    "06_missingness",
    "07_roles_and_leaders",
    "08_parameter_recovery",
    "09_side_by_side",
)

# What a notebook may import beside the package itself.
LIBRARIES = {"matplotlib", "pathlib", "tempfile", "numpy", "pandas", "scipy", "statsmodels", "pingouin"}

# A folder of somebody's machine, or the address of an object.
MACHINE = re.compile(r"/(home|root|tmp|Users|usr|var|opt)/|site-packages|[A-Z]:\\\\|0x[0-9a-f]{8}")


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def texts(notebook: Any) -> Iterator[str]:
    """Everything in it but its figures."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            yield from (text for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def test_the_nine_notebooks_are_there() -> None:
    assert tuple(one.name for one in shelf()) == NAMES


every = pytest.mark.parametrize("one", shelf(), ids=lambda one: one.name)


@every
def test_the_file_is_valid_small_and_holds_no_path(one: Shelved) -> None:
    nbformat.validate(one.open())
    assert len(one.path.read_bytes()) < 1_000_000
    for text in texts(one.open()):
        assert not MACHINE.search(text), MACHINE.search(text)
        assert str(Path(__file__).parents[2]) not in text


@every
def test_the_metadata_are_fixed(one: Shelved) -> None:
    notebook = one.open()
    before = nbformat.writes(notebook)
    assert nbformat.writes(tidied(notebook, one.name)) == before
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info


@every
def test_it_was_executed_from_top_to_bottom_without_a_warning(one: Shelved) -> None:
    notebook = one.open()
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


@every
def test_one_cell_names_the_file(one: Shelved) -> None:
    notebook = one.open()
    assert TAG in tags(code(notebook)[0])
    given = values(notebook)
    assert given["FILE"] == "../data/synthetic/answers.csv"
    assert {"INSTRUMENT", "CODEBOOK", "MINIMUM_RESPONDENTS", "MINIMUM_LEADERS"} <= set(given)
    assert (one.path.parent / str(given["FILE"])).exists() or one.path.parent.name != "notebooks"
    for cell in code(notebook)[1:]:
        assert "answers.csv" not in cell.source
        names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
        assert not {node.id for node in names if isinstance(node.ctx, ast.Store)} & set(given)


@every
def test_it_uses_the_public_interface_only(one: Shelved) -> None:
    for cell in code(one.open()):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    ours = alias.name == "omstilling_psychometrics" and alias.asname == "op"
                    assert ours or alias.name.split(".")[0] in LIBRARIES, alias.name
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in LIBRARIES, node.module
            elif isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), node.attr
                if isinstance(node.value, ast.Name) and node.value.id == "op":
                    assert node.attr in op.__all__, node.attr


@every
def test_it_asks_answers_and_says_what_does_not_follow(one: Shelved) -> None:
    notebook = one.open()
    assert title(notebook).startswith(f"{int(one.name[:2])}. ")
    assert question(notebook).endswith("?")
    text = prose(notebook)
    for heading in ("## What one may conclude", "## What one may not conclude"):
        assert heading in text


@every
def test_what_is_said_of_the_synthetic_file_stays_with_it(one: Shelved) -> None:
    for cell in one.open().cells:
        if SYNTHETIC not in tags(cell):
            assert "planted" not in cell.source
            assert "<!--" not in cell.source


@every
def test_links_lead_to_notebooks_that_exist(one: Shelved) -> None:
    for target in re.findall(r"\]\(([^)]+\.ipynb)\)", prose(one.open())):
        assert target.removesuffix(".ipynb") in NAMES


@every
def test_figures_have_100_dots_per_inch_and_say_what_they_show(one: Shelved) -> None:
    for cell in code(one.open()):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                place = png.index(b"pHYs") + 4
                assert struct.unpack(">II", png[place : place + 8]) == (3937, 3937)
                assert output.metadata["image/png"]["alt"]


@every
def test_lines_of_code_fit_on_a_page(one: Shelved) -> None:
    for cell in code(one.open()):
        assert max(len(line) for line in cell.source.splitlines()) <= 110, cell.source


@every
def test_it_shows_three_pictures_at_least(one: Shelved) -> None:
    shown = [output for cell in code(one.open()) for output in cell.get("outputs", ())]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 3


def test_they_show_the_plain_calls_and_the_page_only_lays_out() -> None:
    source = "\n".join(cell.source for one in shelf() for cell in code(one.open()))
    assert source.count("page.table(") <= 5
    plain = (".fit_measures()", ".confidence_interval(", ".glance()", ".to_frame()", "op.difference_test(", ".scores(")
    for call in (
        *plain,
        "op.retest(",
        "op.verify()",
        "op.anonymise(",
        ".model(role)",
        "items.plot(kind=kind, ax=ax, title=title)",
    ):
        assert call in source, call
    for kind in ("categories", "information", "errors", "path_diagram", "residuals", "polychoric"):
        assert f'kind="{kind}"' in source, kind


def test_anonymising_moves_nothing_and_the_first_notebook_says_so() -> None:
    """Beside each raw number stand the anonymised one and the difference."""
    (first, *_) = shelf()
    printed = [output.get("text", "") for cell in code(first.open()) for output in cell.get("outputs", ())]
    assert any("largest difference: 0.0e+00" in text for text in printed)
    shown = "\n".join(text for text in texts(first.open()) if "anonymised" in text)
    for number in ("alpha", "omega_total", "item_rest_correlation", "loading_standardized", "oensker_ikke_at_oplyse", "blank"):
        assert number in shown, number
