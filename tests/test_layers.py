"""Imports point down: the order of rooms and topics, who may import which library, what importing the package costs."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError
from pathlib import Path

import pytest

from architecture import PACKAGE, UPWARD, arrows, imports, levels, place

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
# Numerics import numerics, and what says why a number cannot be computed.
IN_NUMERICS = ("core.errors.EstimationError", "core.note.")
# Where a library is used; topics draw in their plots and sections.
ONLY = {
    "matplotlib": ("present/", "topics/*/plot*.py", "topics/*/section*.py", "reporting/"),
    "narwhals": ("survey/",),
    "polars": ("survey/",),
    "pyreadstat": ("survey/", "simulation/"),
    "jinja2": ("reporting/",),
    "docx": ("present/word/",),
    "openpyxl": ("present/excel.py",),
    "babel": ("present/", "reporting/"),
    "rich": ("cli/",),
    "click": ("cli/",),
    "pingouin": (),
}


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
    if room == "topics" and len(parts) > 2 and target[0] == "present" and parts[2].startswith(("analysis", "peers")):
        return f"{here} imports {name}: an analysis is not about how it is shown"
    return None


@pytest.mark.parametrize("path", FILES, ids=place)
def test_imports_point_down(path: Path) -> None:
    assert [fault for kind, name in imports(path) if (fault := wrong(place(path), kind, name))] == []


def test_topics_import_each_other_one_way() -> None:
    """A topic may import any other that does not lead back to it; docs/architecture.svg shows which do."""
    _, topics = arrows()
    assert levels(topics)
    with pytest.raises(CycleError, match="irt"):
        levels({**topics, "factor": topics["factor"] | {"irt"}})


def test_every_room_has_its_place() -> None:
    rooms, _ = arrows()
    assert set(rooms) == set(ROOMS)


def test_the_layer_test_sees_imports() -> None:
    assert any(name.startswith("core.numerics.tally") for _, name in imports(PACKAGE / "survey" / "counted_answers.py"))
    assert ("library", "numpy") in imports(PACKAGE / "core" / "numerics" / "moments.py")
    assert wrong("core/errors.py", "ours", "survey.patterns")
    assert wrong("topics/irt/numerics/graded.py", "ours", "core.results.Statistic")
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
        "docx",
        "openpyxl",
        "click",
        "rich",
    ]
    code = f"import sys, omstilling_psychometrics; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
