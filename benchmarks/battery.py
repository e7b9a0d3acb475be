"""The whole battery and the report at 72, 10³ … 10⁶ answers: processor seconds by analysis, and memory.

Usage: python benchmarks/battery.py > docs/benchmarks/battery.md   (about five minutes)
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from measure import apart, resident, table

SIZES = (72, 1_000, 10_000, 100_000, 1_000_000)
ITEMS = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
LOADINGS = np.array([0.75, 0.85, 0.8, 0.88, 0.7])
THRESHOLDS = np.array([-1.8, -1.1, -0.3, 1.0])
PER_LEADER = 8
# Mean and share of its variance that lies between leaders, by role; a superior rates this many leaders.
ROLES = {"medarbejder": (0.0, 0.15), "leder": (0.5, 0.1), "overordnet": (0.2, 0.25)}
RATES = 4
HOLES = 0.05
# Steps beside the analyses.
READING, RESULTS, REPORT = "imports and reading", "results.json", "report.html"
# Processor seconds of a million answers before many leaders were drawn and added up together (2026-11-29).
BEFORE = {
    READING: 5.61, "items": 1.26, "missingness": 2.30, "correlation": 1.30, "reliability": 19.28, "dimensionality": 1.10,
    "efa": 6.64, "cfa": 2.38, "dynamic_cutoffs": 37.35, "irt": 2.68, "mokken": 2.60, "multilevel": 1.62,
    "role_comparison": 3.64, "alpha_comparison": 2.01, "invariance": 13.86, "dif": 5.69, RESULTS: 0.11, REPORT: 5.02,
}  # fmt: skip


def survey(n: int, path: Path) -> None:
    """A file of n answers, eight about a leader: six of employees, one of the leader, one of a superior; seven and one of 72.
    The second item is easier for leaders about themselves than the factor makes it."""
    rng = np.random.default_rng(1)
    leaders = n // PER_LEADER
    names = list(ROLES)
    roles = [0] * 6 + [1, 2] if leaders > RATES * 3 else [0] * 7 + [1]
    role, leader = np.tile(roles, leaders), np.repeat(np.arange(leaders), PER_LEADER)
    mean, shared = np.array([ROLES[name] for name in names])[role].T
    quality = rng.normal(size=leaders)[leader]
    factor = mean + np.sqrt(shared) * quality + np.sqrt(1 - shared) * rng.normal(size=len(role))
    latent = LOADINGS * factor[:, None] + np.sqrt(1 - LOADINGS**2) * rng.normal(size=(len(role), len(ITEMS)))
    latent[:, 1] += 0.25 * (role == 1)
    codes = 1 + (latent[:, :, None] > THRESHOLDS).sum(axis=2)
    codes[rng.random(codes.shape) < HOLES] = 0
    number = np.where(role == 2, leader // RATES, np.arange(len(role)))
    answers = np.array(["", "1", "2", "3", "4", "5"])[codes]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["role", "organisation", "leader", "respondent", *ITEMS]) + "\n")
        for at, who, person, row in zip(role.tolist(), leader.tolist(), number.tolist(), answers.tolist(), strict=True):
            file.write(f"{names[at]},org{who // 50},led{who},{names[at][:3]}{person},{','.join(row)}\n")


def measured(path: str, folder: str, pipe: Any) -> None:
    """Processor seconds of this process and its children by step, and the largest memory, of `analyse` and then of writing the
    report."""
    spent: dict[str, float] = {}
    step, since, started = READING, 0.0, time.perf_counter()

    def begin(name: str) -> None:
        nonlocal step, since
        now = sum(os.times()[:4])
        spent[step] = spent.get(step, 0.0) + now - since
        step, since = name, now

    import omstilling_psychometrics as op

    answers = op.read(path)
    found = op.validate(answers, rng=1, progress=begin)
    begin(RESULTS)
    found.write_results(Path(folder) / RESULTS)
    begin("")
    analysed, memory = time.perf_counter() - started, resident()
    begin(REPORT)
    found.write_report(Path(folder) / REPORT, "da")
    begin("")
    spent.pop("")
    pipe.send((spent, analysed, time.perf_counter() - started, memory, resident()))
    pipe.close()


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in SIZES:
            path = Path(folder) / f"{n}.csv"
            survey(n, path)
            found[n] = apart(measured, str(path), folder)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    print("# The whole battery\n\n    python benchmarks/battery.py\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra.")
    print(
        "Five items with five categories, 5 % holes, eight answers about a leader: six of employees, one of the leader, one of"
    )
    print(
        "a superior of four; of 72 answers seven of employees and one of the leader. Processor seconds of the process and its"
    )
    print(f"children, as other programs ran on the machine (load {load}); *clock* is what both took there. Every")
    print(
        "bootstrap, cut-off and other draw is included. *Before*: a million answers, until many leaders were drawn and added up"
    )
    print("together.\n")
    # Every step that was timed, in the order of the largest survey; an analysis that is newer has nothing before.
    rows = [
        [step, *(f"{found[n][0].get(step, 0.0):.2f}" for n in SIZES), f"{BEFORE[step]:.2f}" if step in BEFORE else ""]
        for step in found[SIZES[-1]][0]
    ]
    for what, step, place in (("**`analyse`**", REPORT, 1), ("**`report`**", RESULTS, 2)):
        seconds = [sum(spent.values()) - spent[step] for spent in (*(found[n][0] for n in SIZES), BEFORE)]
        rows.append([f"{what}: all but {step}", *(f"{one:.1f}" for one in seconds)])
        rows.append(["clock", *(f"{found[n][place]:.1f}" for n in SIZES), ""])
        rows.append(["peak MB", *(f"{found[n][2 + place]:.0f}" for n in SIZES), ""])
    print(table(["processor seconds", *(f"{n:,} answers" for n in SIZES), "before"], rows))


if __name__ == "__main__":
    main()
