"""Imports point down: the order of rooms and topics, who may import which library, what importing the package costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import omstilling_psychometrics

PACKAGE = Path(omstilling_psychometrics.__file__).parent

# A module may import from its own room and from those before it.
ROOMS = (
    "core",
    "survey",
    "analysis",
    "present",
    "reference",
    "topics",
    "simulation",
    "reporting",
    "verification",
    "notebooks",
    "cli",
)
# A topic may import from those before it; a new one is put where its imports allow.
TOPICS = (
    "correlation",
    "missing",
    "factor",
    "reliability",
    "dimensionality",
    "invariance",
    "irt",
    "items",
    "leaders",
    "mokken",
    "roles",
)
# Numerics import numerics, and what says why a number cannot be computed.
IN_NUMERICS = ("core.errors.EstimationError", "core.note.")
UPWARD = {("core/results.py", "present")}  # Result.plot, inside the function
# Where a library is used; topics draw in their plots and sections.
ONLY = {
    "matplotlib": ("present/", "topics/*/plot*.py", "topics/*/section*.py", "reporting/"),
    "narwhals": ("survey/",),
    "polars": ("survey/",),
    "pyreadstat": ("survey/", "simulation/"),
    "jinja2": ("reporting/",),
    "babel": ("present/", "reporting/"),
    "rich": ("cli/",),
    "click": ("cli/",),
    "pingouin": (),
}


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> list[tuple[str, str]]:
    """(kind, name) of every import but those for annotations only: ('ours', 'topics.irt.numerics') or ('library', top name)."""
    found = []
    folder = list(path.relative_to(PACKAGE).parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for branch in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING":
            branch.body = [ast.Pass()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [("library", alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(("library", (node.module or "").split(".")[0]))
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] + (node.module or "").split(".")
            found += [("ours", ".".join(part for part in (*base, alias.name) if part)) for alias in node.names]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


def wrong(here: str, kind: str, name: str) -> str | None:
    """What is wrong with an import of the module at `here`, if anything."""
    parts, target = here.split("/"), name.split(".")
    room = parts[0].removesuffix(".py")
    if kind == "library":
        allowed = ONLY.get(name)
        if allowed is not None and not any(here.startswith(one) or Path(here).match(one) for one in allowed):
            return f"{here} imports {name}"
        return None
    if room == "__init__":
        return None
    if (here, target[0]) not in UPWARD and ROOMS.index(target[0]) > ROOMS.index(room):
        return f"{here} imports {name}, whose room comes after its own"
    numerics = "numerics" in parts
    if numerics and "numerics" not in target and not name.startswith(IN_NUMERICS):
        return f"{here}: numerics import {name}, which is none"
    if room == target[0] == "topics" and len(parts) > 2 and TOPICS.index(target[1]) > TOPICS.index(parts[1]):
        return f"{here} imports {name}: that topic comes after its own"
    if room == "topics" and len(parts) > 2 and target[0] == "present" and parts[2].startswith(("analysis", "peers")):
        return f"{here} imports {name}: an analysis is not about how it is shown"
    return None


@pytest.mark.parametrize("path", FILES, ids=place)
def test_imports_point_down(path: Path) -> None:
    assert [fault for kind, name in imports(path) if (fault := wrong(place(path), kind, name))] == []


def test_every_room_and_topic_has_its_place() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()} == set(ROOMS)
    assert {path.parent.name for path in (PACKAGE / "topics").glob("*/__init__.py")} == set(TOPICS)


def test_the_layer_test_sees_imports() -> None:
    assert any(name.startswith("core.numerics.tally") for _, name in imports(PACKAGE / "survey" / "patterns.py"))
    assert ("library", "numpy") in imports(PACKAGE / "core" / "numerics" / "moments.py")
    assert wrong("core/errors.py", "ours", "survey.patterns")
    assert wrong("topics/factor/analysis.py", "ours", "topics.irt.analysis.irt")
    assert wrong("topics/irt/numerics/graded.py", "ours", "core.errors.UsageError")
    assert wrong("topics/irt/analysis.py", "library", "matplotlib")
    assert wrong("topics/irt/plot.py", "library", "matplotlib") is None


def test_importing_the_package_leaves_heavy_libraries_alone() -> None:
    heavy = [
        "pandas",
        "polars",
        "pyarrow",
        "statsmodels",
        "matplotlib",
        "scipy.stats",
        "jinja2",
        "babel",
        "narwhals",
        "pyreadstat",
        "joblib",
        "click",
        "rich",
    ]
    code = f"import sys, omstilling_psychometrics; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
