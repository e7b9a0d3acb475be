"""Simulation: how often S-X2 rejects a true graded response model, by the answers that a cell must be expected to have.

Five or ten items, two to seven categories, 50 to 1,000 independent complete answers; the fit is the one that `irt()` makes.
A cell too thinly expected is joined to the next, which leaves fewer degrees of freedom: their mean stands beside the size.

    python studies/sum_score_cells.py --replications 100
"""

from __future__ import annotations

import argparse
from datetime import date

import numpy as np

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis_role import fit_tabulated, tabulate
from omstilling_psychometrics.topics.irt.numerics.models import GRADED
from omstilling_psychometrics.topics.irt.numerics.sum_score_fit import sum_score_fit

SCALES = ((5, 5), (10, 5), (5, 3), (10, 2), (5, 7))
SIZES = (50, 75, 100, 150, 200, 250, 400, 1000)
LEAST = (1, 2, 3, 5)


def sample(k: int, c: int, n: int, rng: np.random.Generator) -> ResponsePatterns:
    slopes = np.resize([1.4, 2.0, 1.7, 2.4, 1.1], k)[:, None]
    difficulties = np.linspace(-1.8, 1.0, c - 1) + np.resize([-0.3, 0.1, 0.0, 0.3, -0.1], k)[:, None]
    theta = rng.normal(size=n)
    below = np.cumsum(GRADED.probabilities(np.hstack([slopes, -slopes * difficulties]), theta), axis=1)
    codes = 1 + (rng.random((k, 1, n)) > below[:, :-1]).sum(axis=1).T
    return ResponsePatterns.count(plain_instrument(tuple(range(1, c + 1)), tuple(f"q{i}" for i in range(k))), codes, {})


def row(k: int, c: int, n: int, replications: int) -> str:
    rejected: dict[int, list[bool]] = {least: [] for least in LEAST}
    left: dict[int, list[int]] = {least: [] for least in LEAST}
    unjoined = 0
    for replication in range(replications):
        answers = sample(k, c, n, np.random.default_rng([7, k, c, n, replication]))
        role = fit_tabulated(tabulate(answers), GRADED, Clustering(key=None))
        if not role.usable or role.fit is None:
            continue
        for least in LEAST:
            for one in sum_score_fit(role.fit, least=least):
                left[least].append(max(one.df, 0))
                unjoined = max(unjoined, one.df_unjoined)
                if one.df > 0:
                    rejected[least].append(one.p_value < 0.05)
    cells = [f"{np.mean(rejected[one]):.3f} ({np.mean(left[one]):.1f})" if rejected[one] else "none (0)" for one in LEAST]
    return f"| {k} × {c} | {n:,} | {unjoined} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=100)
    parser.add_argument("--scales", type=int, nargs="*", help="their numbers, from 1 on; all of them by default")
    options = parser.parse_args()
    print(f"{date.today().isoformat()}, {options.replications:,} replications per condition\n")
    print("| items × categories | n | df, none joined | 1 expected | 2 | 3 | 5 |\n|---|---|---|---|---|---|---|")
    for k, c in [SCALES[number - 1] for number in options.scales] if options.scales else SCALES:
        for n in SIZES:
            print(row(k, c, n, options.replications), flush=True)


if __name__ == "__main__":
    main()
