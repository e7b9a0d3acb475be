"""Do the intervals of omega hold what they promise? Delta method beside leader bootstrap.

    python studies/omega_bootstrap.py --replications 1000 --draws 500 --seed 1

Employees rate their leader on five items with five categories, as in studies/clustered_factor_analysis.py (congeneric items,
intraclass correlation .15, a tenth of the answers missing at random). Where the model is true omega has a known value; in the
population `misfit` the first two items share a residual correlation of .5 that the one-factor model lacks, and the value that
its estimates approach is taken from a sample of LARGE leaders. Prints Markdown tables with the date, the seed, the number of
replications and the Monte Carlo error; docs/studies/omega_bootstrap.md keeps them.
"""

from __future__ import annotations

import argparse
import datetime
from collections import defaultdict

import numpy as np
from clustered_factor_analysis import ICC, ITEMS, MISSING, POPULATIONS, SIZE

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.reliability.analysis_models import ReliabilityModels
from omstilling_psychometrics.topics.reliability.analysis_omega import model_based_reliability

LARGE = 300_000
SETTINGS = (("congeneric", 120), ("congeneric", 30), ("misfit", 120))
METHODS = (
    ("omega_total", "ML-implied"),
    ("omega_total", "ML-observed"),
    ("omega_total", "FIML-implied"),
    ("omega_categorical", "implied"),
    ("omega_categorical", "observed"),
)
SHARED = 0.5  # residual correlation of the first two items


def answers(population: str, leaders: int, rng: np.random.Generator) -> ResponsePatterns:
    """Answers of a team per leader. Factor and residuals have a part that a leader's employees share."""
    loadings, thresholds = POPULATIONS["congeneric"]
    leader = np.repeat(np.arange(leaders), rng.integers(*SIZE, size=leaders))
    factor, *own = (
        np.sqrt(ICC) * rng.normal(size=leaders)[leader] + np.sqrt(1 - ICC) * rng.normal(size=len(leader))
        for _ in range(ITEMS + 1)
    )
    if population == "misfit":
        own[1] = SHARED * own[0] + np.sqrt(1 - SHARED**2) * own[1]
    latent = loadings * factor[:, None] + np.sqrt(1 - loadings**2) * np.column_stack(own)
    codes = np.ones(latent.shape, dtype=np.int8)
    for cuts in thresholds.T:
        codes += latent > cuts
    codes[rng.random(codes.shape) < MISSING] = -1
    instrument = plain_instrument((1, 2, 3, 4, 5), tuple(f"i{n + 1}" for n in range(ITEMS)))
    return ResponsePatterns.count(instrument, codes, {"leader": Key(leader, tuple(f"{n:06}" for n in range(leaders)))})


def omegas(patterns: ResponsePatterns, rng: np.random.Generator | None, draws: int):
    found = model_based_reliability(ReliabilityModels.of(patterns, Clustering(key="leader")), rng=rng, draws=draws)
    return {(one.quantity, one.method): one for one in found if one.item is None}


def table(results, replications: int) -> list[str]:
    lines = [
        "| omega | value | interval | mean SE / SD | coverage of 95 % | below | above | mean width |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for quantity, method in METHODS:
        for kind in ("delta method", "leader bootstrap"):
            target, estimates, errors, low, high = np.transpose(results[quantity, method, kind])
            below, above = np.mean(target < low), np.mean(target > high)
            name = f"`{quantity}` {method} | {target[0]:.4f}" if kind == "delta method" else " | "
            lines.append(
                f"| {name} | {kind} | {errors.mean() / estimates.std(ddof=1):.3f} | {1 - below - above:.3f} | "
                f"{below:.3f} | {above:.3f} | {np.mean(high - low):.4f} |"
            )
    return [*lines, "", f"Monte Carlo error of a coverage: {np.sqrt(0.05 * 0.95 / replications):.4f}."]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    today = datetime.date.today().isoformat()
    print(f"{today}, seed {options.seed}, {options.replications} replications, {options.draws} draws each.")
    truth = {}
    for place, population in enumerate(dict.fromkeys(name for name, _ in SETTINGS)):
        large = answers(population, LARGE, np.random.default_rng([options.seed, 100 + place]))
        truth[population] = {key: one.estimate for key, one in omegas(large, None, 0).items()}
    for place, (population, leaders) in enumerate(SETTINGS):
        rng = np.random.default_rng([options.seed, place])
        results = defaultdict(list)
        for _ in range(options.replications):
            found = omegas(answers(population, leaders, rng), rng, options.draws)
            for quantity, method in METHODS:
                for kind, name in (("delta method", method), ("leader bootstrap", f"{method}/cluster_bootstrap")):
                    one = found[quantity, name]
                    bounds = one.confidence_interval(0.95)
                    results[quantity, method, kind].append(
                        (truth[population][quantity, method], one.estimate, one.std_error, *bounds)
                    )
        print("", f"## {population.capitalize()}, {leaders} leaders", "", sep="\n")
        print("\n".join(table(results, options.replications)))


if __name__ == "__main__":
    main()
