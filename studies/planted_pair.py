"""How often do the dynamic cut-offs find a pair of items that shares more than the factor, and how often something where there
is nothing? (How often the test of the pair finds it: `pair_tests.py`.)

    python studies/planted_pair.py --loading 0.70 --samples 100 --replications 150 --seed 1

Five items, five categories (5, 15, 30, 35 and 15 % of the answers), n answers of independent respondents or of leaders with ten
(n = 250: five) raters each, ICC of the factor .15. Planted: a residual correlation of .30 between the second and fourth item.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from omstilling_psychometrics import dynamic_cutoffs
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population

Floats = NDArray[np.float64]

ITEMS = tuple(f"q{item}" for item in range(1, 6))
THRESHOLDS = np.tile(ndtri([0.05, 0.20, 0.50, 0.85]), (5, 1))
INDICES = ("srmr", "cfi_robust", "rmsea_robust")
# Raters of each leader, few enough that there are more leaders than the 30 moments: else robust tests are refused.
RATERS = {250: 5}
USUAL_RATERS = 10


def sample(loading: float, n: int, leaders: bool, planted: bool, rng: np.random.Generator) -> ResponsePatterns:
    population = Population(
        loadings=np.full(5, loading),
        thresholds=THRESHOLDS,
        leader_share=0.15 if leaders else 0.0,
        leader_variances=np.zeros(5),
    )
    raters = RATERS.get(n, USUAL_RATERS)
    leader = np.repeat(np.arange(n // raters), raters) if leaders else np.full(n, -1)
    codes = population.draw(((1, 3),) if planted else (), leader, rng)
    keys = {"leader": Key(leader, tuple(f"l{one:05d}" for one in range(n // raters)))} if leaders else {}
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ITEMS), codes, keys)


def by_cutoffs(answers: ResponsePatterns, replications: int, seed: int, loadings: str) -> list[bool]:
    """Level 1 reached, by each index; beyond the limit of level 0, by each; no cut-off for level 1, by each."""
    result = dynamic_cutoffs(answers, rng=seed, replications=replications, loadings=loadings)
    reached, beyond, none = [], [], []
    for index in INDICES:
        method = f"WLSMV/{index}"
        limit, first = (result.get("dynamic_cutoff", method=method, category=level).estimate for level in (0, 1))
        value = result.value("dynamic_observed", method=method)
        sign = -1 if index.startswith("cfi") else 1
        none.append(math.isnan(first))
        reached.append(bool(sign * value >= sign * first))
        beyond.append(bool(sign * value >= sign * limit))
    return [*reached, *beyond, *none]


def study(loading: float, n: int, leaders: bool, planted: bool, samples: int, replications: int, seed: int) -> None:
    rng = np.random.default_rng([seed, round(100 * loading), n, leaders, planted])
    rows = []
    for draw in range(samples):
        answers = sample(loading, n, leaders, planted, rng)
        fitted = by_cutoffs(answers, replications, seed + draw, "fitted")
        freed = by_cutoffs(answers, replications, seed + draw, "pair_free")
        rows.append([*fitted, *freed[: len(INDICES)]])
    rates = [f"{rate:.2f}" for rate in np.array(rows, dtype=float).mean(axis=0)]
    three = [" / ".join(rates[place : place + 3]) for place in (0, 9, 3, 6)]
    setting = [
        f"{loading:.2f}",
        f"{n:,}",
        f"{RATERS.get(n, USUAL_RATERS)} raters each" if leaders else "none",
        ".30" if planted else "0",
    ]
    print("| " + " | ".join([*setting, *three]) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loading", type=float, default=0.70)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--replications", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 1000, 5000])
    chosen = parser.parse_args()
    print(
        "| loading | n | leaders | planted | level 1 reached | level 1 reached, `pair_free` | beyond the limit of level 0 "
        "| no cut-off for level 1 |"
    )
    print("|" + "---|" * 8)
    for n in chosen.sizes:
        for leaders in (False, True):
            for planted in (True, False):
                study(chosen.loading, n, leaders, planted, chosen.samples, chosen.replications, chosen.seed)


if __name__ == "__main__":
    main()
