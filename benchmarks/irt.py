"""Item response models at 10³ … 10⁶ answers: the fit with standard errors, all rows, scores; and girth where it is installed.

Usage: python benchmarks/irt.py > docs/benchmarks/irt.md   (about two minutes)

girth (no standard errors, no missing answers) is no dependency of the package: `pip install girth` for its rows.
"""

from __future__ import annotations

import importlib.util
import os
import platform
from datetime import date
from typing import Any

import numpy as np
import scipy
from measure import cost, table

from omstilling_psychometrics.analyses.irt import battery, irt
from omstilling_psychometrics.analyses.irt_local_dependence import local_dependence
from omstilling_psychometrics.instrument import plain_instrument
from omstilling_psychometrics.numerics.irt.estimation import covariance, fit
from omstilling_psychometrics.numerics.irt.marginal import PatternTable
from omstilling_psychometrics.numerics.irt.models import MODELS
from omstilling_psychometrics.numerics.irt.parameters import layout
from omstilling_psychometrics.responses.patterns import Key, ResponsePatterns

NAMES = ("a", "b", "c", "d", "e")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PER_LEADER = 8
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


def graded_by_girth(data: np.ndarray) -> None:
    import girth

    girth.grm_mml(data)


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    rows: list[list[str]] = []
    before: dict[str, float] = {}
    for n in SIZES:
        patterns = len(tabulated(n).counts)
        measured: dict[str, Any] = {
            "graded response: fit and standard errors": cost(tabulated, graded, n),
            "generalized partial credit: fit and standard errors": cost(tabulated, gpcm, n),
            "irt(): every row, by leader": cost(counted, every_row, n),
            "battery: both models, every row": cost(counted, both_models, n),
            "irt().by_pattern(): EAP, Warm, Zh": cost(counted, scores, n),
            "local_dependence(): 100 bootstrap draws": cost(counted, bootstrap, n, runs=1),
        }
        if importlib.util.find_spec("girth"):
            measured["graded response, girth: no errors, no holes"] = cost(complete, graded_by_girth, n, runs=1)
        for name, one in measured.items():
            growth = "" if name not in before else f"{one.seconds / before[name]:.1f}"
            before[name] = one.seconds
            rows.append([f"{n:,}", f"{patterns:,}", name, f"{one.seconds:.2f}", growth, f"{one.megabytes:.0f}"])
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    print("# Item response models\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra. Five items with five")
    print("categories, 5 % holes, eight answers per leader, so leaders grow with the answers. Counting is not included.")
    print("*Patterns* is the number of distinct answer patterns, on which the cost of a fit depends; it cannot exceed")
    print("6⁵ − 1 = 7,775. *Growth* is the time over that of a tenth of the answers.\n")
    print(table(["answers", "patterns", "what", "seconds", "growth", "peak MB"], rows))


if __name__ == "__main__":
    main()
