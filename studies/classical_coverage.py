"""Simulation: coverage of the intervals of alpha and ICC, and size of Little's test, when employees share a leader.

Employees' answers are drawn from the synthetic survey's truth (normal-ogive graded model, five items, leader share of the
latent variance .15; simulation/truth.py) for 30, 100 and 800 leaders of 2 to 45 employees. The population values of alpha,
ICC(1) and the reliability of a mean come from that model by quadrature. For Little's test answers are deleted completely at
random at 4 to 11 % per item. Alpha is also judged with answers missing at random per item (pairwise) and with a leader share
of zero, where Feldt's interval should hold as far as normality does.

    python studies/classical_coverage.py --replications 1000 --seed 1
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import replace
from datetime import date

import numpy as np

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.numerics import intervals
from omstilling_psychometrics.core.numerics.moments import covariance
from omstilling_psychometrics.simulation.analytic import (
    item_parameters,
    leader_score_variance,
    pattern_probabilities,
    score_variance,
)
from omstilling_psychometrics.simulation.team import draw_team
from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, Truth
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.leaders.analysis import multilevel
from omstilling_psychometrics.topics.missing.numerics.little import little_test
from omstilling_psychometrics.topics.reliability.analysis import coefficient_alpha
from omstilling_psychometrics.topics.reliability.analysis_models import ReliabilityModels
from omstilling_psychometrics.topics.reliability.numerics.alpha import alpha_draws, alpha_of

LEADERS = (30, 100, 800)
MISSING = np.array([0.06, 0.04, 0.08, 0.06, 0.11])
DRAWS = 500
ALPHA = ("listwise", "listwise/feldt", "listwise/bonett", "listwise/influence", "pairwise")
ICC = (("icc1", "anova"), ("icc1", "n0"), ("icc1", "anova/f"), ("icc1", "reml"), ("icc2", "anova"), ("icc2", "reml"))
BY_LEADER = Clustering(key="leader")


def population(truth: Truth) -> dict[str, float]:
    """Alpha and ICC(1) of the scale score under the model."""
    items = item_parameters(truth, TEAM)
    codes, probabilities = pattern_probabilities(truth, items)
    categories = np.asarray(load_instrument().categories, dtype=float)
    scores = categories[codes - 1]
    # The divisor n − 1 of a population of this size does not matter.
    alpha = alpha_of(covariance(scores, probabilities * 1e12))
    return {"alpha": alpha, "icc1": leader_score_variance(truth, items) / score_variance(codes, probabilities)}


def with_holes(answers: ResponsePatterns, rng: np.random.Generator) -> ResponsePatterns:
    """The same answers, each item blank at random at its own rate."""
    rows = np.repeat(answers.patterns[answers.pattern], answers.counts, axis=0).astype(np.int64)
    rows[rng.random(rows.shape) < MISSING] = BLANK
    keys = {name: key.take(np.repeat(np.arange(len(answers.counts)), answers.counts)) for name, key in answers.keys.items()}
    return ResponsePatterns.count(answers.instrument, rows, keys)


class Tally:
    """Coverage, missed on either side, and mean width, by label."""

    def __init__(self) -> None:
        self.low: dict[str, int] = defaultdict(int)
        self.high: dict[str, int] = defaultdict(int)
        self.width: dict[str, float] = defaultdict(float)
        self.n: dict[str, int] = defaultdict(int)

    def add(self, label: str, bounds: tuple[float, float], truth: float) -> None:
        if math.isnan(bounds[0]):
            return
        self.n[label] += 1
        self.low[label] += truth < bounds[0]
        self.high[label] += truth > bounds[1]
        self.width[label] += bounds[1] - bounds[0]

    def rows(self) -> list[str]:
        return [
            f"| {label} | {1 - (self.low[label] + self.high[label]) / n:.3f} | {self.low[label] / n:.3f} | "
            f"{self.high[label] / n:.3f} | {self.width[label] / n:.4f} | {n} |"
            for label, n in self.n.items()
        ]


def condition(truth: Truth, leaders: int, replications: int, seed: int) -> None:
    rng, case_rng = np.random.default_rng([seed, leaders]), np.random.default_rng([seed, leaders, 1])
    values = population(truth)
    tally, rejected, sizes = Tally(), [], []
    for _ in range(replications):
        answers = draw_team(truth, leaders=leaders, complete=True, rng=rng).pool("role")
        sizes.append(answers.n)
        incomplete = with_holes(answers, rng)
        models = [ReliabilityModels.of(data, BY_LEADER) for data in (answers, incomplete)]
        listwise, pairwise = ({one.method: one for one in coefficient_alpha(own)} for own in models)
        for method in ALPHA:
            statistic = (pairwise if method == "pairwise" else listwise)[method]
            tally.add(f"alpha {method}", statistic.confidence_interval(), values["alpha"])
        drawn = alpha_draws(answers.values(), answers.table()[1], answers.clusters("leader"), DRAWS, rng)
        tally.add("alpha listwise/cluster_bootstrap", intervals.percentile(0.95, drawn), values["alpha"])
        drawn = alpha_draws(answers.values(), answers.table()[1], None, DRAWS, case_rng)
        tally.add("alpha listwise/bootstrap", intervals.percentile(0.95, drawn), values["alpha"])
        if truth.leader_variance > 0:
            between = multilevel(answers)
            mean_size = answers.n / answers.size("leader")
            icc2 = mean_size * values["icc1"] / (1 + (mean_size - 1) * values["icc1"])
            for quantity, method in ICC:
                true = values["icc1"] if quantity == "icc1" else icc2
                tally.add(f"{quantity} {method}", between.confidence_interval(quantity, method=method), true)
        rejected.append(little_test(incomplete.values(), incomplete.table()[1]).p_value < 0.05)
    print(f"\n### {leaders} leaders, leader share {truth.leader_variance:.2f}\n")
    print(f"Population: alpha {values['alpha']:.4f}, ICC(1) {values['icc1']:.4f}; {np.mean(sizes):.0f} answers on average.\n")
    print("| interval | coverage | truth below | truth above | mean width | n |\n| --- | --- | --- | --- | --- | --- |")
    print("\n".join(tally.rows()))
    print(f"\nLittle's test rejects at 5 % in {np.mean(rejected):.3f} of the replications.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    error = math.sqrt(0.95 * 0.05 / options.replications)
    print(f"{date.today().isoformat()}, {options.replications} replications per condition, seed {options.seed};")
    print(f"Monte Carlo standard error of a coverage of .95: {error:.4f}.")
    independent = replace(TRUTH, variance_leader=0.0, variance_organisation=0.0, variance_within=1.0)
    for truth in (TRUTH, independent):
        for leaders in LEADERS:
            condition(truth, leaders, options.replications, options.seed)


if __name__ == "__main__":
    main()
