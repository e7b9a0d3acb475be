"""Greatest lower bounds of the reference data by a general semidefinite solver, written as reference values.

Usage: glb.py DATA_FOLDER, in an environment with numpy, scipy and clarabel (none of the tests needs the latter):

    maximise sum psi   subject to   S - diag(psi) positive semi-definite,  psi >= 0
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import sys
from pathlib import Path

import clarabel
import numpy as np
from scipy import sparse

VALUES = Path(__file__).parents[2] / "src" / "omstilling_psychometrics" / "reference" / "values"
DATA = (
    "bfi_A",
    "bfi_N",
    "datCat",
    "datCat_mis",
    "lq2002_lead",
    "lq2002_lead_mis",
    "msq_pos",
    "sim1",
    "sim1_complete",
    "sim_small",
)


def largest_errors(covariance: np.ndarray) -> np.ndarray:
    k = len(covariance)
    triangle = [(row, column) for column in range(k) for row in range(column + 1)]
    weights = np.array([1.0 if row == column else math.sqrt(2) for row, column in triangle])
    positive = -sparse.identity(k)
    diagonal = sparse.csc_matrix(np.array([[float(row == column == item) for item in range(k)] for row, column in triangle]))
    bound = np.concatenate([np.zeros(k), weights * np.array([covariance[pair] for pair in triangle])])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((k, k)),
        -np.ones(k),
        sparse.csc_matrix(sparse.vstack([positive, diagonal])),
        bound,
        [clarabel.NonnegativeConeT(k), clarabel.PSDTriangleConeT(k)],
        settings,
    )
    return np.array(solver.solve().x)


def main(folder: Path) -> None:
    content = {}
    for name in DATA:
        source = folder / f"{name}.csv"
        rows = list(csv.DictReader(source.open(encoding="utf-8", newline="")))
        items = [key for key in rows[0] if key[0] == "i" and key[1:].isdigit()]
        complete = [row for row in rows if all(row[item] not in ("", "NA") for item in items)]
        answers = np.array([[float(row[item]) for item in items] for row in complete])
        covariance = np.cov(answers.T)
        content[name] = {
            "glb": {
                "value": 1 - largest_errors(covariance).sum() / covariance.sum(),
                "package": "clarabel",
                "version": clarabel.__version__,
                "call": "maximise sum(psi) with S - diag(psi) >= 0 and psi >= 0, S of complete rows; glb = 1 - sum(psi)/sum(S)",
                "data_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
            }
        }
    (VALUES / "glb.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
