"""What it costs to change the package, measured: how far a statistic is scattered, which lists name an analysis, what is
proven, what is described.

    python tests/house.py [TREE …]        a table with a column for each tree (folders of the project); this one by default

`docs/decisions.md` has the numbers of the tree before topics had rooms of their own, and after.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import median

# What a statistic is called in code: its quantity, or the function that computes it.
STATISTICS = {
    "r*wg(j)": r"r_star_wg_j",
    "standardized alpha": r"alpha_standardized|standardized_alpha",
    "unbiased SRMR": r"srmr_unbiased|unbiased_srmr",
    "infit": r"infit",
    "λ6": r"lambda_?6",
    "ICC(1)": r"icc1",
    "Little's test": r"little_mcar",
    "H^T": r"\bht\b",
    "categorical omega": r"omega_categorical|categorical_omega",
    "polyserial item-rest correlation": r"item_rest_polyserial",
    "S-X²": r"\bs_x2\b",
    "external correlation": r"external_correlation",
}
# Fewer in one place are what somebody chose to speak of, and no list of what there is.
_FEW = 5

TEXTS = (".py", ".pyi", ".toml", ".md", ".j2")
# Stored numbers, what a script writes, and what is written once: nobody edits these for a statistic.
_LEFT_OUT = ("docs/decisions.md", "docs/_build", "docs/benchmarks", "docs/studies", "tests/house.py", "tests/reference")


def texts(tree: Path, *folders: str) -> Iterator[tuple[str, str]]:
    """Place and text of every file that people edit."""
    for folder in folders:
        for path in sorted((tree / folder).rglob("*")):
            place = path.relative_to(tree).as_posix()
            if path.suffix in TEXTS and path.is_file() and not place.startswith(_LEFT_OUT):
                yield place, path.read_text(encoding="utf-8")


def mentions(tree: Path, pattern: str) -> tuple[int, int, int]:
    """Folders and files in which a statistic is mentioned, and how many of the folders are under src."""
    files = [place for place, text in texts(tree, "src", "tests", "docs") if re.search(pattern, text)]
    folders = {os.path.dirname(place) for place in files}
    return len(folders), len(files), len([one for one in folders if one.startswith("src")])


# ---------------------------------------------------------------- lists


def _named(node: ast.AST) -> set[str]:
    """What a statement names: as texts, as names, as what is imported."""
    said = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            said.add(part.value)
        elif isinstance(part, ast.Name):
            said.add(part.id)
        elif isinstance(part, ast.alias):
            said.add(part.name)
    return said


def _statements(text: str) -> Iterator[list[ast.stmt]]:
    """Statements of a module, imports that follow each other as one, functions and classes left out."""
    body = ast.parse(text).body
    inside = [one for branch in body if isinstance(branch, ast.If) for one in branch.body]
    for block in (body, inside):
        for imports, group in groupby(block, lambda one: isinstance(one, (ast.Import, ast.ImportFrom))):
            own = [one for one in group if not isinstance(one, (ast.FunctionDef, ast.ClassDef, ast.If))]
            yield from [own] if imports else [[one] for one in own]


def lists(tree: Path) -> list[str]:
    """Places under src where many analyses are named side by side: what is edited when one is added. TOPIC, which names those
    of its topic, is one place."""
    found = ["src/omstilling_psychometrics/topics/*/__init__.py"] if list(tree.glob("src/*/topics/*/__init__.py")) else []
    every = list(texts(tree, "src"))
    analyses = {key for _, text in every for key in re.findall(r"^\[analyses\.(\w+)\]", text, re.MULTILINE)}
    for place, text in every:
        if place.endswith((".py", ".pyi")):
            blocks = [set.union(set(), *map(_named, block)) for block in _statements(text)]
        else:
            keys = set(re.findall(r"^(?:question|method)_(\w+) = ", text, re.MULTILINE))
            values = {
                one for line in re.findall(r"^analyses = \[(.*)\]", text, re.MULTILINE) for one in re.findall(r"\w+", line)
            }
            blocks = [keys, values] if place.endswith(".toml") else []
        found += [place for named in blocks if len(named & analyses) >= _FEW]
    return found


def steps(tree: Path) -> str:
    """Files that the guide writes to add a topic with one statistic, and how many of them are there already."""
    guide = (tree / "docs" / "adding-an-analysis.md").read_text(encoding="utf-8")
    files = re.findall(r"^:caption: `(\S+)`(.*)$", guide, re.MULTILINE)
    edited = [file for file, how in files if how]
    return f"{len(files)}, {len(edited)} of them edited, in {len({os.path.dirname(file) for file, _ in files})} folders"


# ---------------------------------------------------------------- what only the package itself can say

_ASKED = """
import doctest, inspect, json, re, sys
import omstilling_psychometrics as op
from omstilling_psychometrics.verification.running import COMPARISONS
try:
    from omstilling_psychometrics.core.vocabulary import vocabulary
except ModuleNotFoundError:
    from omstilling_psychometrics.vocabulary import vocabulary

peers = {one.quantity for one in COMPARISONS if getattr(one, "error", None) is None}
incomplete = []
examples = 0
for name in op.__all__:
    described = getattr(op, name)
    if isinstance(described, type) and issubclass(described, Exception):
        continue
    text = inspect.getdoc(described) or ""
    parts = re.split(r"^(\\w[\\w ]*)\\n-+\\n", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2]))
    heads = re.findall(r"^\\*{0,2}(\\w+(?:, \\w+)*)(?: : .+)?\\n    \\S", found.get("Parameters", ""), re.MULTILINE)
    said = [one for head in heads for one in head.split(", ")]
    taken = [one for one in inspect.signature(described).parameters]
    gives = isinstance(described, type) or inspect.signature(described).return_annotation in ("None", None)
    if said != taken or not (gives or "Returns" in found):
        incomplete.append(name)
    examples += sum(len(one.examples) for one in doctest.DocTestFinder().find(described, name))
print(json.dumps([list(vocabulary("en").quantities), sorted(peers), incomplete, examples]))
"""


def asked(tree: Path) -> tuple[list[str], set[str], list[str], int]:
    """Quantities, those with a peer, public names whose docstring is not complete, examples in docstrings."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
    done = subprocess.run([sys.executable, "-c", _ASKED], env=environment, capture_output=True, text=True, check=True)
    quantities, peers, incomplete, examples = json.loads(done.stdout)
    return quantities, set(peers), incomplete, examples


def marked(tree: Path) -> set[str]:
    """Quantities that a test is marked to prove."""
    marks = [found for _, text in texts(tree, "tests") for found in re.findall(r"mark\.proves\((.*?)\)\n", text, re.DOTALL)]
    return {one for found in marks for one in re.findall(r'"(\w+)"', found)}


def runs_examples(tree: Path) -> bool:
    return any("DocTestRunner(" in text for _, text in texts(tree, "tests"))


def measured(tree: Path) -> dict[str, object]:
    """Every number of a tree, by what it is called."""
    scattered = {name: mentions(tree, pattern) for name, pattern in STATISTICS.items()}
    quantities, peers, incomplete, examples = asked(tree)
    proven = peers | marked(tree)
    lines = sum(len(text.splitlines()) for place, text in texts(tree, "src") if place.endswith((".py", ".pyi")))
    numbers: dict[str, object] = {}
    for name, (folders, files, under) in scattered.items():
        numbers[f"{name}: folders (under src), files that mention it"] = f"{folders} ({under}), {files}"
    for which, place in (("folders", 0), ("folders under src", 2), ("files", 1)):
        numbers[f"median of {which}"] = f"{median(one[place] for one in scattered.values()):g}"
    return numbers | {
        "files of the guide's steps to add a topic": steps(tree),
        "lists under src that name analyses": len(lists(tree)),
        "quantities": len(quantities),
        "of these without a peer and without a test of the value": len([one for one in quantities if one not in proven]),
        "public names whose docstring lacks parameters or what is returned": len(incomplete),
        "examples in docstrings of public names that a test runs": examples if runs_examples(tree) else 0,
        "lines of Python under src": f"{lines:,}",
    }


def table(trees: list[Path]) -> str:
    """Markdown, a column for each tree."""
    columns = [measured(tree.resolve()) for tree in trees]
    names = list(columns[0])
    head = ["| |" + "".join(f" {tree.resolve().name} |" for tree in trees), "|---|" + "---|" * len(trees)]
    return "\n".join([*head, *(f"| {name} |" + "".join(f" {column[name]} |" for column in columns) for name in names)])


if __name__ == "__main__":
    print(table([Path(one) for one in sys.argv[1:]] or [Path(__file__).parents[1]]))
