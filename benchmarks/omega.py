"""All omegas with a thousand leader-bootstrap draws: 5, 10 and 20 items, 10³ and 10⁵ answers.

Usage: python benchmarks/omega.py > docs/benchmarks/omega.md   (about three minutes)
"""

from __future__ import annotations

import os
import platform
from datetime import date
from functools import partial

import numpy as np
import scipy
from factor_analysis import PER_LEADER, counted
from measure import cost, table

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.reliability.analysis_omega import DRAWS, model_based_reliability

SIZES = (1_000, 100_000)
ITEMS = (5, 10, 20)


def delta_method(data: ResponsePatterns) -> None:
    list(model_based_reliability(data, Clustering(key="leader")))


def with_draws(data: ResponsePatterns) -> None:
    list(model_based_reliability(data, Clustering(key="leader"), rng=np.random.default_rng(1)))


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    rows = []
    for items in ITEMS:
        for n in SIZES:
            measured = partial(cost, counted, runs=3 if n < SIZES[-1] else 1)
            plain, drawn = measured(delta_method, n, items), measured(with_draws, n, items)
            figures = [f"{one:.2f}" for one in (plain.processor, drawn.processor - plain.processor, drawn.seconds)]
            patterns = len(counted(n, items).patterns)
            rows.append([str(items), f"{n:,}", f"{patterns:,}", f"{n // PER_LEADER:,}", *figures, f"{drawn.megabytes:.0f}"])
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    print("# Omega with its bootstrap\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra. Five categories, 5 % holes,")
    print(f"{PER_LEADER} answers per leader. *Delta method*: omega total (ML, FIML), categorical omega (WLSMV), variance")
    print("extracted, maximal reliability and omega without each item, with errors by leader. *Draws*: what the intervals from")
    print(f"{DRAWS:,} draws of leaders take beside that, all five omegas fitted in each. Processor seconds, as other programs")
    print(f"ran on the machine (load {load}); *clock* is what both took there. Counting is not included.\n")
    head = ["items", "answers", "patterns", "leaders", "delta method", f"{DRAWS:,} draws", "clock", "peak MB"]
    print(table(head, rows))


if __name__ == "__main__":
    main()
