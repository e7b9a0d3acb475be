"""Two-level ordinal factor model: 10³, 10⁴ and 10⁵ leaders with five items, and twenty items.

Usage: python benchmarks/two_level.py > docs/benchmarks/two_level.md   (about two minutes)
"""

from __future__ import annotations

import os
import platform
from datetime import date

import numpy as np
import scipy
from measure import cost, table

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.two_level.analysis_role import fit_role

LEADERS = {5: (1_000, 10_000, 100_000), 20: (1_000, 10_000)}
# Answers about a leader: one, and a Poisson number more.
MORE = 6.66
LOADINGS = (1.2, 0.8, 1.0, 0.7, 1.1)
THRESHOLDS = np.array([-2.2, -1.4, -0.5, 0.8])
# Standard deviation between leaders over that within.
RATIO = 0.5


def counted(leaders: int, items: int) -> ResponsePatterns:
    """Answers with 6 % holes, leaders making up a fifth of the factor's variance."""
    rng = np.random.default_rng(1)
    leader = np.repeat(np.arange(leaders), 1 + rng.poisson(MORE, leaders))
    factor = rng.normal(size=leader.size) + RATIO * rng.normal(size=leaders)[leader]
    codes = np.empty((leader.size, items), dtype=np.int8)
    for item in range(items):
        tendency = LOADINGS[item % len(LOADINGS)] * factor + rng.normal(size=leader.size)
        codes[:, item] = 1 + (tendency[:, None] > THRESHOLDS).sum(axis=1)
    codes[rng.random(codes.shape) < 0.06] = -1
    names = tuple(f"i{number + 1}" for number in range(items))
    key = Key(leader, tuple(f"{number:08}" for number in range(leaders)))
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), names), codes, {"leader": key})


def equal(data: ResponsePatterns) -> None:
    _ = fit_role(data, Clustering(key="leader"), only_equal=True).equal.covariance


def both(data: ResponsePatterns) -> None:
    role = fit_role(data, Clustering(key="leader"))
    _ = role.equal.covariance, role.free and role.free.covariance


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    rows = []
    for items, sizes in LEADERS.items():
        for leaders in sizes:
            data = counted(leaders, items)
            alone = cost(counted, equal, leaders, items, runs=1)
            together = cost(counted, both, leaders, items, runs=1) if items == 5 or leaders < 10_000 else None
            figures = [f"{alone.processor:.1f}", f"{alone.megabytes:.0f}"]
            figures += ["", ""] if together is None else [f"{together.processor:.1f}", f"{together.megabytes:.0f}"]
            rows.append([str(items), f"{leaders:,}", f"{data.n:,}", f"{len(data.patterns):,}", *figures])
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    print("# Two-level ordinal factor model\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra. Five categories, 6 % holes,")
    print("7.66 answers per leader on average. From counted answers to estimates with standard errors by leader: `equal`")
    print(
        "loadings, and `equal` and `free` together. Processor seconds and largest memory beside the answers, as other programs"
    )
    print(f"ran on the machine (load {load}). Counting is not included.\n")
    print(table(["items", "leaders", "answers", "patterns", "equal", "peak MB", "equal and free", "peak MB"], rows))
    print("\nlavaan 0.7-2, measured elsewhere: 21.7 s of processor time for 7,840 complete rows about 799 leaders by weighted")
    print("least squares, another estimator; it takes no missing answers there.")


if __name__ == "__main__":
    main()
