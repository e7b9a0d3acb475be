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
RESULTS, REPORT = "results.json", "report.html"


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
    step, since, started = "imports", sum(os.times()[:4]), time.perf_counter()

    def begin(name: str) -> None:
        nonlocal step, since
        now = sum(os.times()[:4])
        spent[step] = spent.get(step, 0.0) + now - since
        step, since = name, now

    import omstilling_psychometrics as op

    begin("reading")
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
        f"a superior of {RATES}; of 72 answers seven of employees and one of the leader. Processor seconds of the process and"
    )
    print(
        f"its children, as other programs ran on the machine (load {load}); *clock* is what both took there. Every bootstrap,"
    )
    print("cut-off and other draw is included.\n")
    steps = list(dict.fromkeys(step for spent, *_ in found.values() for step in spent))
    rows = [[step, *(f"{found[n][0].get(step, 0.0):.2f}" for n in SIZES)] for step in steps]
    analyse = [sum(seconds for step, seconds in found[n][0].items() if step != REPORT) for n in SIZES]
    whole = [sum(found[n][0].values()) for n in SIZES]
    rows.append(["**`analyse`**: all but the report", *(f"{one:.1f}" for one in analyse)])
    rows.append(["clock", *(f"{found[n][1]:.1f}" for n in SIZES)])
    rows.append(["peak MB", *(f"{found[n][3]:.0f}" for n in SIZES)])
    rows.append(
        [
            "**`report`**: all but results.json",
            *(f"{one - found[n][0][RESULTS]:.1f}" for one, n in zip(whole, SIZES, strict=True)),
        ]
    )
    rows.append(["clock", *(f"{found[n][2]:.1f}" for n in SIZES)])
    rows.append(["peak MB", *(f"{found[n][4]:.0f}" for n in SIZES)])
    print(table(["processor seconds", *(f"{n:,} answers" for n in SIZES)], rows))


if __name__ == "__main__":
    main()
