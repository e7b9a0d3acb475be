"""Run the script that `answers.export(folder, "lavaan")` writes, and keep what R says.

    PYTHONPATH=tests python tests/reference/run_exports.py

For the synthetic survey and for a scale that other programs stumble over; needs R with lavaan. `exports/NAME.csv` is what the
script wrote, `exports/provenance.json` names versions and the checksums of counts and script. Tests hold our numbers to them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import omstilling_psychometrics as op
from made_up import awkward_scale
from omstilling_psychometrics.survey.patterns import ResponsePatterns

HERE = Path(__file__).parent / "exports"
_VERSIONS = 'cat(R.version.string, "\\n", as.character(packageVersion("lavaan")), sep = "")'


def cases() -> dict[str, ResponsePatterns]:
    """What was exported, by name."""
    survey = op.read(Path(__file__).parents[2] / "data" / "synthetic" / "answers.csv")
    return {"synthetic": survey, "awkward": awkward_scale()}


def checksums(folder: Path) -> dict[str, str]:
    """Of the counts and the script."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("counts.csv", "lavaan.R")}


if __name__ == "__main__":
    r, lavaan = subprocess.run(["Rscript", "-e", _VERSIONS], capture_output=True, text=True, check=True).stdout.split("\n")
    provenance = {}
    for name, answers in cases().items():
        with TemporaryDirectory() as place:
            folder = Path(place)
            answers.export(folder, "lavaan")
            subprocess.run(["Rscript", "lavaan.R"], cwd=folder, check=True, capture_output=True)
            shutil.copy(folder / "lavaan.csv", HERE / f"{name}.csv")
            provenance[name] = {"call": "Rscript lavaan.R", "R": r, "lavaan": lavaan, "sha256": checksums(folder)}
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")
