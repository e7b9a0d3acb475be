"""Do the intervals of CFI, TLI, RMSEA and SRMR of an ordinal one-factor model keep their level?

    python studies/fit_interval_coverage.py --replications 1000 --seed 1

Employees' complete answers from the truth of the synthetic survey (normal-ogive graded model, five items, five categories,
15 % of the latent variance between leaders), with the residual correlation of `forklare` and `vaerdi` at 0, .20 and .50: a
one-factor model that is true, nearly true, and wrong. WLSMV, clustered by leader, robust indices. What they estimate is the
fit to the probabilities of all answer patterns, by quadrature. Prints a Markdown table; docs/studies/fit_intervals.md keeps it.
"""

from __future__ import annotations

import argparse
import datetime
import math
from collections import defaultdict
from dataclasses import replace

import numpy as np

from omstilling_psychometrics.simulation import TRUTH, draw_team
from omstilling_psychometrics.simulation.analytic import item_parameters, pattern_probabilities
from omstilling_psychometrics.simulation.truth import TEAM
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis import cfa

INDICES = ("cfi_robust", "tli_robust", "rmsea_robust", "srmr_unbiased")
# So many answers that what is left of sampling is below every printed digit, and few enough to be counted in integers.
POPULATION = 10**13
ROUNDING = 1e-6


def population(truth):
    patterns, probabilities = pattern_probabilities(truth, item_parameters(truth, TEAM))
    counts = np.round(probabilities * POPULATION).astype(np.int64)
    result = cfa(ResponsePatterns.count(load_instrument(), patterns, counts=counts), estimator="WLSMV")
    return {quantity: result.value(quantity) for quantity in INDICES}


def study(truth, leaders, size, replications, rng):
    """Per index: estimates, and whether the interval lies below, around or above the population value."""
    known, found = population(truth), defaultdict(list)
    for _ in range(replications):
        result = cfa(draw_team(truth, leaders=leaders, team_size=size, complete=True, rng=rng), estimator="WLSMV")
        for quantity in INDICES:
            low, high = result.confidence_interval(quantity, level=0.95)
            below, above = high < known[quantity] - ROUNDING, low > known[quantity] + ROUNDING
            found[quantity].append((result.value(quantity), below, above, high - low))
    return known, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    error = math.sqrt(0.05 * 0.95 / options.replications)
    print(f"{datetime.date.today().isoformat()}, {options.replications} replications per condition, seed {options.seed};")
    print(f"Monte Carlo standard error of a coverage of .95: {error:.4f}.")
    print("\n| residual correlation | leaders | answers | index | population | mean estimate | coverage | ", end="")
    print("interval below | interval above | mean width |\n" + "|---" * 10 + "|")
    for place, correlation in enumerate((0.0, 0.2, 0.5)):
        truth = replace(TRUTH, residual_correlation=correlation)
        for leaders, size in ((40, 7), (150, 7), (600, 7), (1000, 1)):
            rng = np.random.default_rng([options.seed, place, leaders])
            known, found = study(truth, leaders, size, options.replications, rng)
            for quantity in INDICES:
                mean, below, above, width = np.array(found[quantity], dtype=float).mean(axis=0)
                print(
                    f"| {correlation:.2f} | {leaders} | {leaders * size} | {quantity} | {known[quantity]:.4f} | {mean:.4f} | "
                    f"{1 - below - above:.3f} | {below:.3f} | {above:.3f} | {width:.4f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
