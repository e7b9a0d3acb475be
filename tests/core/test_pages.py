"""`omstilling help`: pages that an installed user has."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core import pages
from omstilling_psychometrics.core.errors import UsageError

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def test_the_pages_are_listed_with_their_titles(capsys: Capture) -> None:
    assert run(["help"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^  codebook +Reading files, and the codebook$", listed, re.MULTILINE)
    assert re.search(r"^  methods/omega +Omega", listed, re.MULTILINE)


@pytest.mark.parametrize("name", ["codebook", "Codebook", "docs/codebook.md"])
def test_a_page_is_printed_as_it_stands(capsys: Capture, name: str) -> None:
    assert run(["help", name]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "found"), [("omega", "methods/omega"), ("instrument file", "instrument-file")])
def test_a_page_is_found_without_its_folder(name: str, found: str) -> None:
    assert pages.page(name).name == found


def test_a_command_explains_itself(capsys: Capture) -> None:
    assert run(["help", "inspect"]) == 0
    assert "Usage: omstilling inspect" in capsys.readouterr().out


def test_a_page_that_there_is_not(capsys: Capture) -> None:
    assert run(["help", "codbook"]) == 2
    assert "Did you mean 'codebook'?" in capsys.readouterr().err
    with pytest.raises(UsageError, match="lists the pages"):
        pages.page("../pyproject")


def test_the_wheel_holds_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the build puts into the wheel, laid out as it does, are found as pages."""
    included = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]["force-include"]
    placed = {
        target.removeprefix("omstilling_psychometrics/docs/"): ROOT / source
        for source, target in included.items()
        if source.startswith("docs/")
    }
    archive = tmp_path / "docs.zip"
    with zipfile.ZipFile(archive, "w") as wheel:
        for target, source in placed.items():
            for path in [source] if source.is_file() else sorted(source.iterdir()):
                wheel.write(path, target if source.is_file() else f"{target}/{path.name}")
        wheel.extractall(tmp_path / "docs")
    here = pages.pages()
    monkeypatch.setattr(pages, "_FOLDERS", (tmp_path / "docs",))
    assert pages.pages() == here


def test_messages_point_to_pages_that_there_are() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        for name in re.findall(r"omstilling help ([a-z][a-z/-]*)['`]", path.read_text(encoding="utf-8")):
            assert pages.page(name)
