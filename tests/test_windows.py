"""As on Windows and macOS, without such a machine: no SIGTERM, no links, no locks, no memory limits, processes that are
spawned, a console of Windows-1252, and folders with spaces and Danish letters. The commands are the README's for Windows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What the package finds when it is imported there.
_THERE = """
import multiprocessing, os, signal, sys

def none(*_, **__):
    raise OSError(1314, "a required privilege is not held by the client")

os.symlink = os.link = none
del signal.SIGTERM
sys.modules["fcntl"] = sys.modules["resource"] = None
multiprocessing.set_start_method("spawn", force=True)
from omstilling_psychometrics import files
files.fcntl = None
from omstilling_psychometrics.cli import main
if __name__ == "__main__":
    main(sys.argv[1:])
"""


def windows_lines() -> list[str]:
    """The commands in the README's block for Windows."""
    block = re.search(r"```powershell\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return [line.split("#")[0].strip() for line in block[1].splitlines() if line.startswith("omstilling")]


@pytest.mark.parametrize("ending", ["csv", "sav"])
def test_read_report_and_analyse_as_on_windows(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "Målinger og svar på æ ø å"
    folder.mkdir()
    there = folder / "dér.py"
    there.write_text(_THERE, encoding="utf-8")
    if ending == "csv":
        lines = (ROOT / "data" / "synthetic" / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / "svar på alt.csv").write_text("".join([lines[0], *lines[1::40]]), encoding="cp1252", newline="\r\n")
    else:
        content = (ROOT / "data" / "synthetic" / "raw_export.sav").read_bytes()
        (folder / "svar på alt.sav").write_bytes(content)
    environment = {"PYTHONIOENCODING": "cp1252", "PATH": "", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    name = f"svar på alt.{ending}"
    commands = [["inspect", name]]
    if ending == "csv":
        commands += [["analyse", name, "--analyses", "items", "--output", "tal år 1.json"]]
    for arguments in commands:
        found = subprocess.run(
            [sys.executable, there.name, *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
        said = found.stderr.decode("cp1252")
        assert found.returncode == 0, said
        assert "Traceback" not in said
        assert "svar på alt" in found.stdout.decode("cp1252") or "tal år 1" in found.stdout.decode("cp1252")
