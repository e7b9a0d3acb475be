"""The page about the house tells the truth: the drawing is that of the imports, and every module and name on it is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from architecture import DRAWING, PACKAGE, ROOT, arrows, drawn
from omstilling_psychometrics.core.criteria import criteria
from omstilling_psychometrics.core.vocabulary import vocabulary

DOCS = ROOT / "docs"


def test_the_drawing_is_that_of_the_imports() -> None:
    assert DRAWING.read_text(encoding="utf-8") == drawn(), "draw it anew: python tests/architecture.py"


# `core.criteria.judge` and `topics/reliability/criteria.toml`, as pages write them.
NAME = re.compile(rf"`(?:omstilling_psychometrics\.)?((?:{'|'.join(arrows()[0])})(?:\.\w+)+)`")
FILE = re.compile(r"(?<!:caption: )`([\w.-]+(?:/[\w.-]+)*/(?:[\w.-]+\.(?:py|pyi|toml|json|csv|md))?)`")


# All but decisions, which are history.
PAGES = [
    ROOT / "README.md",
    *(page for page in DOCS.rglob("*.md") if page.name != "decisions.md" and "_build" not in page.parts),
]


def resolves(name: str) -> bool:
    """Is there a module, function, class or method of this name in the package?"""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(["omstilling_psychometrics", *parts[:end]]))
        except ModuleNotFoundError:
            continue
        return all((found := getattr(found, part, None)) is not None for part in parts[end:])
    return False


def test_names_on_the_page_are_there() -> None:
    assert len(NAME.findall((DOCS / "architecture.md").read_text(encoding="utf-8"))) > 35
    names = {name for page in PAGES for name in NAME.findall(page.read_text(encoding="utf-8"))}
    assert [name for name in sorted(names) if not resolves(name)] == []
    assert not resolves("core.criteria.judged")


def test_the_threshold_on_the_page_is_that_of_the_file_alone() -> None:
    (alpha,) = (one for one in criteria() if one.key == "cosmin_alpha")
    assert (alpha.threshold, alpha.presupposes[0]) == (0.7, "cosmin_cfi")
    for language in ("da", "en"):
        answers = {key: text for key, text in vocabulary(language).texts.items() if key.startswith("answer_")}
        assert "{cut}" in answers["answer_inconclusive"]
        assert [key for key, text in answers.items() if re.search(r"\d[.,]\d", text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_and_folders_that_pages_name_are_there(page: Path) -> None:
    """In the project, in the package or in a topic; `example/` is what `omstilling simulate` writes, NAME anybody's."""
    roots = [ROOT, PACKAGE, *(PACKAGE / "topics").iterdir()]
    names = [name for name in FILE.findall(page.read_text(encoding="utf-8")) if not re.search(r"^example/|\bNAME\b", name)]
    assert [name for name in names if not any((root / name).exists() for root in roots)] == []
