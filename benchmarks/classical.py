"""Counting and the classical battery at 10⁴ … 10⁷ answers, beside pandas, pingouin, statsmodels and R in the same run.

Usage: python benchmarks/classical.py > docs/benchmarks/classical.md   (about ten minutes)

R is used where Rscript is found, with psych, lme4 and multilevel (Debian: r-cran-psych r-cran-lme4 r-cran-multilevel).
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import Cost, cost, table

from omstilling_psychometrics.core.numerics import intervals
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.leaders.analysis import multilevel
from omstilling_psychometrics.topics.missing.analysis import missingness
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.numerics.alpha import alpha_draws, listwise_alpha

NAMES = ("a", "b", "c", "d", "e")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PER_LEADER = 8
# A peer that would take longer than this, going by the size before, is left out at the larger sizes.
LONGEST = 60.0


def answers(n: int) -> tuple[np.ndarray, Key]:
    """Answers in five categories that share a respondent's and a leader's part; 5 % holes, eight answers per leader."""
    rng = np.random.default_rng(1)
    leaders = n // PER_LEADER
    leader = rng.integers(0, leaders, n)
    theta = (0.4 * rng.normal(size=leaders)[leader] + 0.9 * rng.normal(size=n))[:, None]
    codes = np.clip(np.round(3.4 + theta + rng.normal(size=(n, 5))), 1, 5).astype(np.int64)
    codes[rng.random((n, 5)) < 0.05] = -1
    return codes, Key(leader, tuple(f"{number:08}" for number in range(leaders)))


def counted(n: int) -> ResponsePatterns:
    codes, leader = answers(n)
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), NAMES), codes, {"leader": leader})


def frame(n: int) -> pd.DataFrame:
    codes, leader = answers(n)
    rows = pd.DataFrame(codes.astype(float), columns=list(NAMES)).where(codes > 0)
    rows["leader"] = leader.codes
    return rows


# ---------------------------------------------------------------- ours


def count(data: tuple[np.ndarray, Key]) -> None:
    ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), NAMES), data[0], {"leader": data[1]})


def battery(data: ResponsePatterns) -> None:
    items(data)
    missingness(data)
    reliability(data)
    multilevel(data)


def alpha(data: ResponsePatterns) -> None:
    found = listwise_alpha(data.values(), data.table()[1])
    intervals.feldt(0.95, found.estimate, found.n, len(NAMES))


def leader_bootstrap(data: ResponsePatterns) -> None:
    alpha_draws(data.values(), data.table()[1], data.clusters("leader"), 2000, np.random.default_rng(1))


# ---------------------------------------------------------------- peers in Python


def count_by_pandas(data: pd.DataFrame) -> None:
    data.groupby(["leader", *NAMES], dropna=False).size()


def describe_by_pandas(data: pd.DataFrame) -> None:
    for name in NAMES:
        one = data[name]
        one.mean(), one.std(), one.skew(), one.kurt(), one.value_counts(normalize=True)
    complete = data[list(NAMES)].dropna()
    total = complete.sum(axis=1)
    for name in NAMES:
        complete[name].corr(total - complete[name])


def alpha_by_pingouin(data: pd.DataFrame) -> None:
    import pingouin

    pingouin.cronbach_alpha(data[list(NAMES)], nan_policy="listwise")


def rates_by_statsmodels(data: pd.DataFrame) -> None:
    import statsmodels.api as sm

    for name in NAMES:
        missing = data[name].isna().astype(float)
        sm.OLS(missing, np.ones(len(data))).fit(cov_type="cluster", cov_kwds={"groups": data["leader"]})


# (what, ours?, prepare, function); a peer stands under the task of ours that it is compared with.
Task = tuple[str, bool, Callable[..., Any], Callable[[Any], object] | str]
TASKS: tuple[tuple[Task, ...], ...] = (
    (
        ("count answer patterns by leader", True, answers, count),
        ("the same, pandas groupby", False, frame, count_by_pandas),
        ("the same, R aggregate", False, answers, "count"),
    ),
    (
        ("items(): shares, moments, item-rest, alpha if dropped, clustered errors", True, counted, items),
        ("shares, moments, item-rest without errors, pandas", False, frame, describe_by_pandas),
        ("moments, R psych::describe", False, answers, "describe"),
    ),
    (
        ("alpha and Feldt's interval", True, counted, alpha),
        ("the same, pingouin", False, frame, alpha_by_pingouin),
        ("alpha, alpha if dropped, item-rest, R psych::alpha", False, answers, "alpha"),
    ),
    (
        ("missingness(): rates by reason, patterns, Little's test, models, clustered", True, counted, missingness),
        ("five rates, clustered, statsmodels", False, frame, rates_by_statsmodels),
    ),
    (("reliability(): alpha, bounds, omega, every interval without draws", True, counted, reliability),),
    (("alpha of 2,000 draws of leaders", True, counted, leader_bootstrap),),
    (
        ("multilevel(): ICC by three methods, curve, six r_wg(j), r*, a_wg, AD", True, counted, multilevel),
        ("REML variance components alone, R lme4::lmer", False, answers, "reml"),
        ("r_wg(j) and r*_wg(j) alone, R multilevel", False, answers, "agreement"),
    ),
    (("items, missingness, reliability and multilevel together", True, counted, battery),),
)


class InR:
    """The tasks of classical.R on data in a temporary folder, written once per size."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.n = folder, 0

    def cost(self, n: int, task: str, runs: int) -> Cost:
        if n != self.n:
            codes, leader = answers(n)
            codes.T.astype(np.int32).tofile(self.folder / "codes.bin")
            leader.codes.astype(np.int32).tofile(self.folder / "leader.bin")
            self.n = n
        script = Path(__file__).with_suffix(".R")
        told = subprocess.run(
            ["Rscript", str(script), str(self.folder), str(n), task, str(runs)], capture_output=True, text=True, check=True
        )
        seconds, megabytes = told.stdout.split()
        return Cost(float(seconds), float(megabytes))


def measured(rows: list[list[str]], n: int, in_r: InR | None, before: dict[str, float]) -> None:
    """Adds a line for every task at n answers; before: seconds at a tenth of them, NaN where that was left out."""
    for task in TASKS:
        own = 0.0
        for name, ours, prepare, function in task:
            if isinstance(function, str) and in_r is None:
                continue
            expected = 10 * before.get(name, 0.0)
            if not (ours or expected <= LONGEST):
                rows.append([f"{n:,}", name, "", "", "", ""])
                before[name] = float("nan")
                continue
            runs = 1 if expected > 5 else 3
            if isinstance(function, str):
                assert in_r is not None
                one = in_r.cost(n, function, runs)
            else:
                one = cost(prepare, function, n, runs=runs)
            own = one.seconds if ours else own
            growth = f"{one.seconds / before[name]:.1f}" if name in before else ""
            ratio = "" if ours else f"{one.seconds / own:.1f}"
            before[name] = one.seconds
            rows.append([f"{n:,}", name, f"{one.seconds:.3f}", ratio, growth, f"{one.megabytes:.0f}"])


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    rows: list[list[str]] = []
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        in_r = InR(Path(folder)) if shutil.which("Rscript") else None
        for n in SIZES:
            measured(rows, n, in_r, before)
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{package} {version(package)}" for package in ("numpy", "pandas", "pingouin", "statsmodels")]
    if in_r is not None:
        asked = (
            'cat(R.version$major, R.version$minor, sapply(c("psych", "lme4", "multilevel"), \\(p) format(packageVersion(p))))'
        )
        major, minor, psych, lme4, leaders = subprocess.run(
            ["Rscript", "-e", asked], capture_output=True, text=True, check=True
        ).stdout.split()
        versions += [f"R {major}.{minor}", f"psych {psych}", f"lme4 {lme4}", f"multilevel {leaders}"]
    print("# Counting and the classical battery\n")
    print("    python benchmarks/classical.py\n")
    print(f"{date.today().isoformat()}, two cores that other programs used too (load {os.getloadavg()[2]:.0f});")
    print(f"{', '.join(versions)}; one thread for linear algebra.")
    print("Five items with five categories, 5 % holes, eight answers per leader, so leaders grow with the answers. Ours")
    print("start from counts (but for the first line), peers from rows that are already in memory.\n")
    print("*Ratio*: seconds of the peer over ours above it, though ours does more, as the lines say. *Growth*: seconds over")
    print("those of a tenth of the answers. *MB*: largest memory during the run, less that of the data. An empty line: left")
    print(f"out, since it would have taken more than {LONGEST:.0f} seconds.\n")
    print(table(["answers", "what", "seconds", "ratio", "growth", "MB"], rows))


if __name__ == "__main__":
    main()
