"""Every example of the documentation runs: shell lines through the command line, Python blocks as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core.vocabulary import sources
from omstilling_psychometrics.reporting.validation import validate

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What `omstilling report` and `analyse` compute here: with everything they take a minute, and other tests look at all of it.
REPORTED = ("correlation", "multilevel")
OPTIONS = {"report": ["--quiet"], "analyse": ["--quiet", "--analyses", ",".join(REPORTED)]}
# Commands that take their time, and are run by tests of their own.
ELSEWHERE = ("notebooks", "verify")
PAGES = sorted(
    page for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if BLOCK.search(page.read_text(encoding="utf-8"))
)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `omstilling simulate --output example` makes, which every page takes for granted."""
    folder = tmp_path_factory.mktemp("documentation") / "example"
    assert run(["simulate", "--output", str(folder), "--quiet"]) == 0
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page: Path, example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(example, tmp_path / "example")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(validate.__wrapped__, "__defaults__", (REPORTED,))  # type: ignore[attr-defined]
    names: dict[str, object] = {}
    for language, content in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(content, str(page), "exec"), names)
            continue
        for line in content.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                assert words[0] == "omstilling", f"{page.name}: only omstilling commands can be checked, not '{line}'"
                if words[1] in ELSEWHERE:
                    continue
                assert run([words[1], *OPTIONS.get(words[1], []), *words[2:]]) == 0, line


def test_the_readme_is_among_the_pages_that_run() -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [language for language, _ in blocks] == ["sh", "python"]


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+\.(?:md|toml|cff|py))[)#]", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_quantity_stands_on_the_page_of_a_method() -> None:
    """Pages name the vocabulary files whose quantities they explain; the directive fills in the words."""
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "methods").glob("*.md")]
    named = [
        name for page in pages for line in re.findall(r"^```\{vocabulary\} (.+)$", page, re.MULTILINE) for name in line.split()
    ]
    assert len(named) == len(set(named)), "a quantity is explained on one page"
    words = {name: tomllib.loads(source.read_text(encoding="utf-8")) for name, source in sources("en").items()}
    having = {name for name, content in words.items() if "quantities" in content}
    assert set(named) == having


def test_every_page_is_in_a_table_of_contents() -> None:
    docs = ROOT / "docs"
    listed = set()
    for page in docs.rglob("*.md"):
        for content in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for line in content.splitlines():
                if line and not line.startswith(":"):
                    listed |= {one.relative_to(docs) for one in page.parent.glob(f"{line}.md")}
    pages = {page.relative_to(docs) for page in docs.rglob("*.md") if "_build" not in page.parts}
    assert pages - listed == {Path("index.md")}


def test_the_way_from_an_own_file_to_the_report_is_as_long_as_the_page_says() -> None:
    """Commands or calls, and edits, of every section; that the right answers are read is said by the page, which runs."""
    page = (ROOT / "docs" / "howto" / "own-files.md").read_text(encoding="utf-8")
    table = [(int(commands), int(edits)) for commands, edits in re.findall(r"^\|.+\| (\d) \| (\d) \|$", page, re.MULTILINE)]
    counted = []
    for section in page.split("\n## ")[1:]:
        blocks = BLOCK.findall(section)
        commands = sum(content.count("omstilling ") for language, content in blocks if language == "sh")
        calls = len(re.findall(r"\bop\.(?:read|report)\(", blocks[0][1])) if blocks[0][0] == "python" else 0
        counted.append((commands + calls, section.count("  # edit\n")))
    assert counted == table == [(2, 2), (2, 1), (2, 0), (2, 0)]
