"""As on Windows and macOS, without such a machine: no SIGTERM, no links, no locks, no limits of memory, spawned processes, a
console of Windows-1252, and folders with spaces and Danish letters. The commands are the README's for Windows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyreadstat

from omstilling_psychometrics.survey.instrument import load_instrument

ROOT = Path(__file__).parents[1]

# What the package finds when it is imported there.
_THERE = """
import multiprocessing, os, signal, sys, types

def none(*_, **__):
    raise OSError(1314, "a required privilege is not held by the client")

os.symlink = os.link = none
sys.modules["resource"] = None
multiprocessing.set_start_method("spawn", force=True)
from omstilling_psychometrics import cli
from omstilling_psychometrics.core import ending, files
files.fcntl = None
ending.signal = cli.signal = types.SimpleNamespace(**{name: getattr(signal, name) for name in dir(signal) if name != "SIGTERM"})
from omstilling_psychometrics.cli import main
if __name__ == "__main__":
    main(sys.argv[1:])
"""


def windows_lines() -> list[list[str]]:
    """The arguments of the commands that the README has for Windows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\.venv\\Scripts\\omstilling (.*)$", readme, re.MULTILINE)
    return [line.replace("\\", "/").split() for line in lines]


def test_the_readmes_lines_for_windows(tmp_path: Path) -> None:
    folder = tmp_path / "Målinger og svar på æ ø å"
    (folder / "data" / "synthetic").mkdir(parents=True)
    there = folder / "dér.py"
    there.write_text(_THERE, encoding="utf-8")
    answers = (ROOT / "data" / "synthetic" / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    leaders = [line for line in answers[1:] if "leder" in line.split(",")][:60]
    (folder / "data" / "synthetic" / "answers.csv").write_text("".join([answers[0], *leaders]), encoding="utf-8")
    commands = windows_lines()
    assert [arguments[0] for arguments in commands] == ["inspect", "report", "analyse"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "OPENBLAS_NUM_THREADS": "1"}
    for arguments in commands:
        found = subprocess.run(
            [sys.executable, there.name, *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert (found.returncode, found.stderr) == (0, b""), found.stderr.decode("cp1252", "replace")
        assert arguments[0] != "report" or b"May these 5 items be averaged" in b" ".join(found.stdout.split())
        assert b"answers.csv" in found.stdout or arguments[-1].encode() in found.stdout
    assert sorted(one.name for one in folder.iterdir()) == ["data", "dér.py", "report.html", "results.json"]


def test_a_statistics_file_with_danish_letters_in_its_name(tmp_path: Path) -> None:
    """Read by the process of its own, whose requests hold the path."""
    folder = tmp_path / "Målinger på æ ø å"
    folder.mkdir()
    (folder / "dér.py").write_text(_THERE, encoding="utf-8")
    frame = pd.DataFrame({item: [1.0, 2.0, 5.0] for item in load_instrument().item_keys})
    pyreadstat.write_sav(frame, str(folder / "svar på alt.sav"))
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "OPENBLAS_NUM_THREADS": "1"}
    arguments = [sys.executable, "dér.py", "inspect", "svar på alt.sav"]
    found = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b"")
    shown = found.stdout.decode("cp1252")
    assert shown.startswith("svar på alt.sav")
    assert "without a process" not in shown
