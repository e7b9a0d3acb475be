"""Execute the committed notebooks again.

    python tests/notebooks/committed.py check     compare their text outputs with the committed ones
    python tests/notebooks/committed.py write     write them anew
    python tests/notebooks/committed.py kinds     run them on the kinds of file that people have

Text is compared, figures are not: letters are drawn a little differently from machine to machine.
"""

from __future__ import annotations

import copy
import difflib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

import omstilling_psychometrics as op
from omstilling_psychometrics.core.files import write_text
from omstilling_psychometrics.notebooks.execution import execute
from omstilling_psychometrics.notebooks.shelf import shelf
from omstilling_psychometrics.survey.anonymise import anonymise

REPOSITORY = Path(__file__).parents[2]
SYNTHETIC = REPOSITORY / "data" / "synthetic"

# The limits of all nine together, in seconds on one core, and of one file, in bytes.
SECONDS, BYTES = 180, 1_000_000


def text_outputs(notebook: Any) -> list[str]:
    """What every code cell printed, as lines: plain text of tables and values, streams, captions of figures."""
    lines: list[str] = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            text = output.text if output.output_type == "stream" else output.data.get("text/plain", "")
            lines += [f"{cell.id}: {line}" for line in text.splitlines()]
    return lines


def executed() -> Iterator[tuple[Path, Any, Any]]:
    """(file, committed, executed anew) of every notebook."""
    total = 0.0
    for one in shelf():
        committed = one.open()
        start = time.perf_counter()
        anew = execute(copy.deepcopy(committed), name=one.name, folder=one.path.parent)
        total += time.perf_counter() - start
        print(f"{one.name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
        yield one.path, committed, anew
    print(f"all: {total:.0f} s (limit {SECONDS})", file=sys.stderr)


def check() -> int:
    """Whether the committed notebooks say what an execution says; the differences are printed."""
    different = 0
    for path, committed, anew in executed():
        before, after = text_outputs(committed), text_outputs(anew)
        if before != after:
            different += 1
            print("\n".join(difflib.unified_diff(before, after, path.name, "executed anew", lineterm="", n=0)))
    return 1 if different else 0


def write() -> int:
    """Replace the committed notebooks."""
    for path, _, anew in executed():
        content = nbformat.writes(anew) + "\n"
        if len(content.encode("utf-8")) > BYTES:
            print(f"{path.name} has {len(content)} bytes, more than {BYTES}.", file=sys.stderr)
            return 1
        write_text(path, content)
    return 0


def kinds() -> int:
    """Run all notebooks on the anonymised raw export, on one role without leaders, and on a handful of answers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        anonymise(
            SYNTHETIC / "raw_export.csv",
            folder / "anonymised.csv",
            key_file=folder / "key",
            codebook=SYNTHETIC / "raw_export.toml",
        )
        plain_files(folder)
        for file in ("anonymised", "one_role", "few"):
            print(file, file=sys.stderr)
            op.run_notebooks(folder / f"{file}.csv", folder / file, progress=lambda one: print(f"  {one}", file=sys.stderr))
    return 0


def plain_files(folder: Path) -> None:
    """`one_role.csv`: the items of the employees' first 600 answers and nothing else; `few.csv`: the first seven of them."""
    rows = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines()
    items = op.load_instrument().item_keys
    header = rows[0].split(",")
    places = [header.index(item) for item in items]
    lines = [",".join(items)]
    for row in rows[1:601]:
        cells = row.split(",")
        lines.append(",".join(cells[place] for place in places))
    write_text(folder / "one_role.csv", "\n".join(lines) + "\n")
    write_text(folder / "few.csv", "\n".join(lines[:8]) + "\n")


if __name__ == "__main__":
    modes = {"check": check, "write": write, "kinds": kinds}
    if len(sys.argv) != 2 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    sys.exit(modes[sys.argv[1]]())
