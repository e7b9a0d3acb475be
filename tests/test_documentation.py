"""Every example of the documentation runs: shell lines through the command line, Python blocks as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from omstilling_psychometrics.cli import run

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if BLOCK.search(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", "--output", "example", "--quiet"]) == 0
    names: dict[str, object] = {}
    for language, content in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(content, str(page), "exec"), names)
            continue
        for line in content.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                assert words[0] == "omstilling", f"{page.name}: only omstilling commands can be checked, not '{line}'"
                assert run([*words[1:], "--quiet"] if words[1] in ("report", "analyse") else words[1:]) == 0, line


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+\.(?:md|toml|cff))\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
