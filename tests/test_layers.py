"""Dependencies point down: the order of the layers, who may import which library, and what importing the package costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import omstilling_psychometrics

PACKAGE = Path(omstilling_psychometrics.__file__).parent

# A module may import from its own layer and from those below it.
LAYERS = (
    {"errors", "ending"},
    {"files", "toml", "pages", "numerics"},
    {"instrument"},
    {"results", "vocabulary"},
    {"criteria", "responses"},
    {"invariance_rules"},
    {"comparability"},
    {"reference"},
    {"simulation", "analyses"},
    {"plots"},
    {"reporting"},
    {"verification", "notebooks"},
    {"cli", "__init__", "__main__"},
)
UPWARD = {("results", "plots")}  # Result.plot, inside the function
ONLY = {
    "matplotlib": {"plots", "reporting"},
    "narwhals": {"responses"},
    "polars": {"responses"},
    "pyreadstat": {"responses", "simulation"},
    "jinja2": {"reporting"},
    "babel": {"reporting", "plots"},
    "rich": {"cli"},
    "click": {"cli"},
    "pingouin": set(),
}


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, str]]:
    """(kind, name) of every import: ('ours', room) or ('library', top name)."""
    found = []
    folder = [PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1]]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for branch in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING":
            branch.body = [ast.Pass()]  # names for annotations only
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [("library", alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                found.append(("library", (node.module or "").split(".")[0]))
                continue
            base = folder[: len(folder) - node.level + 1] + (node.module or "").split(".")
            base = [part for part in base if part]
            if len(base) > 1:
                found.append(("ours", base[1]))
            else:
                found += [("ours", alias.name) for alias in node.names if not alias.name[0].isupper() and alias.name != "_"]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    height = {name: level for level, names in enumerate(LAYERS) for name in names}
    here = room(path)
    assert here in height, f"{here} stands in no layer"
    for kind, name in imports(path):
        if kind == "ours" and name in height and (here, name) not in UPWARD:
            assert height[name] <= height[here], f"{here} imports {name}, which lies above it"
        if kind == "library" and name in ONLY:
            assert here in ONLY[name], f"{here} imports {name}"
        if here == "numerics":
            assert kind == "library" or name == "numerics", f"numerics imports {name}"


def test_the_layer_test_sees_imports() -> None:
    assert ("ours", "numerics") in imports(PACKAGE / "responses" / "patterns.py")
    assert ("library", "numpy") in imports(PACKAGE / "numerics" / "moments.py")


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
