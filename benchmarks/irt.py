"""Item response and Mokken models at 10³ … 10⁶ answers, beside girth and R where these are installed.

Usage: python benchmarks/irt.py > docs/benchmarks/irt.md   (about ten minutes)

girth (no standard errors, no missing answers) is no dependency of the package: `pip install girth` for its rows. R is used
where Rscript is found, with those of mirt, mokken and eRm that it has (Debian: r-cran-erm; the other two are on CRAN).
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from measure import Cost, cost, table

from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import battery, irt
from omstilling_psychometrics.topics.irt.analysis_local_dependence import local_dependence
from omstilling_psychometrics.topics.irt.numerics.estimation import covariance, fit
from omstilling_psychometrics.topics.irt.numerics.marginal import PatternTable
from omstilling_psychometrics.topics.irt.numerics.models import MODELS
from omstilling_psychometrics.topics.irt.numerics.parameters import layout
from omstilling_psychometrics.topics.mokken.analysis import mokken

NAMES = ("a", "b", "c", "d", "e")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PER_LEADER = 8
# Seconds.
LONGEST = 120.0
SLOPES = np.array([1.4, 2.0, 1.7, 2.4, 1.1])
DIFFICULTIES = np.array([-2.2, -1.2, -0.3, 0.9])


def answers(n: int, holes: float = 0.05) -> tuple[np.ndarray, Key]:
    """Graded answers to five items, eight respondents per leader, who makes up 15 % of the latent variance."""
    rng = np.random.default_rng(1)
    leaders = n // PER_LEADER
    leader = rng.integers(0, leaders, n)
    theta = np.sqrt(0.15) * rng.normal(size=leaders)[leader] + np.sqrt(0.85) * rng.normal(size=n)
    codes = np.ones((n, 5), dtype=np.int64)
    for item, slope in enumerate(SLOPES):
        tendency = slope * theta + rng.logistic(size=n)
        codes[:, item] += (tendency[:, None] > slope * DIFFICULTIES).sum(axis=1)
    codes[rng.random((n, 5)) < holes] = -1
    return codes, Key(leader, tuple(f"{number:08}" for number in range(leaders)))


def counted(n: int) -> ResponsePatterns:
    codes, leader = answers(n)
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), NAMES), codes, {"leader": leader})


def tabulated(n: int) -> PatternTable:
    codes, _ = answers(n)
    distinct, counts = np.unique(np.maximum(codes, 0), axis=0, return_counts=True)
    return PatternTable(distinct, counts.astype(float), 5)


def complete(n: int) -> np.ndarray:
    """Items by respondents, as girth takes them."""
    return answers(n, holes=0.0)[0].T


def _fit(name: str, data: PatternTable) -> None:
    covariance(fit(MODELS[name], [data], layout(MODELS[name], data.observed()[None])))


def graded(data: PatternTable) -> None:
    _fit("graded", data)


def gpcm(data: PatternTable) -> None:
    _fit("gpcm", data)


def every_row(data: ResponsePatterns) -> None:
    irt(data)


def both_models(data: ResponsePatterns) -> None:
    battery(data, rng=1)


def scores(data: ResponsePatterns) -> None:
    irt(data).by_pattern()


def bootstrap(data: ResponsePatterns) -> None:
    local_dependence(data, rng=1, draws=100)


def scalability(data: ResponsePatterns) -> None:
    mokken(data)


def graded_by_girth(data: np.ndarray) -> None:
    import girth

    girth.grm_mml(data)


# (what, how it is prepared, what is timed: a function, or a task of irt.R); below ours the peers, which take complete rows.
TASKS: tuple[tuple[str, Callable[..., Any], Callable[[Any], object] | str], ...] = (
    ("graded response: fit and standard errors", tabulated, graded),
    ("graded response, girth: no errors", complete, graded_by_girth),
    ("graded response, R mirt: fit and standard errors", complete, "mirt_graded"),
    ("generalized partial credit: fit and standard errors", tabulated, gpcm),
    ("generalized partial credit, R mirt: fit and standard errors", complete, "mirt_gpcm"),
    ("partial credit, R eRm: conditional likelihood, fit and standard errors", complete, "erm_pcm"),
    ("irt(): every row, by leader", counted, every_row),
    ("battery: both models, every row", counted, both_models),
    ("irt().by_pattern(): EAP, Warm, Zh", counted, scores),
    ("local_dependence(): 100 bootstrap draws", counted, bootstrap),
    ("mokken(): every row, by leader", counted, scalability),
    ("H with errors, R mokken: independent answers", complete, "mokken_h"),
)


@dataclass(frozen=True)
class InR:
    """The tasks of irt.R on answers that are written once for every n."""

    folder: Path

    def cost(self, task: str, n: int) -> Cost | None:
        """None where R or the package is not installed."""
        if not shutil.which("Rscript"):
            return None
        file = self.folder / f"{n}.bin"
        if not file.exists():
            complete(n).astype(np.int32).tofile(file)
        script = Path(__file__).with_suffix(".R")
        told = subprocess.run(["Rscript", str(script), str(file), str(n), task], capture_output=True, text=True, check=True)
        if told.stdout.split() == ["absent"]:
            return None
        seconds, megabytes = told.stdout.split()
        return Cost(float(seconds), float(megabytes))


def measured(prepare: Callable[..., Any], task: Callable[[Any], object] | str, n: int, in_r: InR) -> Cost | None:
    if isinstance(task, str):
        return in_r.cost(task, n)
    if task is graded_by_girth and not importlib.util.find_spec("girth"):
        return None
    return cost(prepare, task, n, runs=1 if task in (bootstrap, graded_by_girth) else 3)


def lines(n: int, before: dict[str, float], in_r: InR) -> list[list[str]]:
    """Rows of the table; before: seconds at a tenth of the answers, NaN where a peer was left out."""
    patterns, rows = len(tabulated(n).counts), []
    for name, prepare, task in TASKS:
        last = before.get(name)
        is_peer = prepare is complete
        if is_peer and last is not None and not 10 * last <= LONGEST:
            before[name] = float("nan")
            rows.append([f"{n:,}", f"{patterns:,}", name, "left out", "", ""])
            continue
        one = measured(prepare, task, n, in_r)
        if one is None:
            continue
        growth = "" if last is None else f"{one.seconds / last:.1f}"
        before[name] = one.seconds
        rows.append([f"{n:,}", f"{patterns:,}", name, f"{one.seconds:.2f}", growth, f"{one.megabytes:.0f}"])
    return rows


def peers() -> str:
    """Versions of those that are installed."""
    found = [f"girth {version('girth')}"] if importlib.util.find_spec("girth") else []
    if shutil.which("Rscript"):
        code = (
            'for (p in c("mirt", "mokken", "eRm")) if (requireNamespace(p, quietly = TRUE)) '
            'cat(p, format(packageVersion(p)), "\\n"); cat("R", format(getRversion()))'
        )
        told = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True).stdout
        found += [" ".join(line.split()) for line in told.splitlines()]
    return ", ".join(found) or "none"


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    rows: list[list[str]] = []
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in SIZES:
            rows += lines(n, before, InR(Path(folder)))
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    print("# Item response models\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra. Five items with five")
    print("categories, 5 % holes, eight answers per leader, so leaders grow with the answers. Counting is not included.")
    print("*Patterns* is the number of distinct answer patterns, on which the cost of a fit depends; it cannot exceed")
    print("6⁵ − 1 = 7,775. *Growth* is the time over that of a tenth of the answers. Peers have the same answers without")
    print(f"holes; one that would take more than {LONGEST:.0f} seconds, going by the size before, is left out.")
    print(f"Peers installed: {peers()}.\n")
    print(table(["answers", "patterns", "what", "seconds", "growth", "peak MB"], rows))


if __name__ == "__main__":
    main()
