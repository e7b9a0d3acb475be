"""Do draws of many leaders by Poisson's law, the same for every coefficient, say the same as leaders drawn one by one for each?

    python studies/bootstrap_draws.py --draws 4000 --seed 1 > docs/studies/bootstrap_draws.md

A survey as in studies/omega_bootstrap.py, with more leaders than are drawn one by one: all its answers, several of a leader,
and one answer of each leader, which are drawn by pattern. One by one every coefficient draws the leaders with an answer that it
uses; by Poisson's law all of them take the counts from the same draws of all leaders. Of alpha and every omega the standard
error and both ends of the 95 % percentile interval come from as many draws of either kind. Prints the difference in its own
Monte Carlo errors.
"""

from __future__ import annotations

import argparse
import datetime

import numpy as np
from omega_bootstrap import answers

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.numerics import bootstrap
from omstilling_psychometrics.core.numerics.bootstrap import SharedDraws
from omstilling_psychometrics.core.numerics.multiplicities import MANY
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.reliability.numerics.alpha import alpha_draws
from omstilling_psychometrics.topics.reliability.numerics.omega_draws import normal_omega_draws, ordinal_omega_draws

LEADERS = 20_000
ENDS = (0.025, 0.975)
# Density of the standard normal at its 2.5 % quantile: the Monte Carlo error of an end of an interval.
DENSITY = 0.05845


def of_one_answer(patterns: ResponsePatterns) -> ResponsePatterns:
    """The first answer of each leader alone."""
    first = np.unique(patterns.keys["leader"].codes, return_index=True)[1]
    key = Key(patterns.keys["leader"].codes[first], patterns.keys["leader"].levels)
    return ResponsePatterns.count(patterns.instrument, patterns.patterns[patterns.pattern[first]], {"leader": key})


def draws_of(patterns: ResponsePatterns, draws: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Each coefficient by draws of its own, or all by the same where leaders are so many that these are shared."""
    clustering = Clustering(key="leader")
    clusters, (codes, counts) = patterns.clusters("leader"), patterns.table()
    shared = SharedDraws(counts, clusters, draws, rng)
    found = {"alpha": alpha_draws(patterns.values(), counts, clusters, draws, rng, shared)}
    for estimator in ("MLR", "FIML", "WLSMV"):
        model = fit_model(patterns, clustering, specification(patterns, estimator))
        of = ordinal_omega_draws if estimator == "WLSMV" else normal_omega_draws
        used = (codes > 0).all(axis=1) if estimator == "MLR" else (codes > 0).any(axis=1)
        found[f"omega {estimator}"] = of(model.fit, model.clusters, draws, rng, shared.of(used))[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    today = datetime.date.today().isoformat()
    print("# Many leaders drawn by Poisson's law\n")
    print(f"{today}, seed {options.seed}, {LEADERS:,} leaders, {options.draws:,} draws of either kind.")
    print("`python studies/bootstrap_draws.py`. One by one each coefficient draws the leaders with an answer that it uses; by")
    print(
        "Poisson's law all take the counts from the same draws of all leaders. *Difference*: by Poisson's law less one by one,"
    )
    print("in Monte Carlo errors of the difference, which are standard normal where both say the same; those of one kind of")
    print("answers hang together.\n")
    print("| answers | coefficient | quantity | one by one | by Poisson's law | difference |\n|---|---|---|---|---|---|")
    team = answers("congeneric", LEADERS, np.random.default_rng([options.seed, 0]))
    differences = []
    for name, patterns in (("several of a leader", team), ("one of a leader", of_one_answer(team))):
        both = []
        for place, many in enumerate((LEADERS + 1, MANY)):
            bootstrap.MANY = many
            both.append(draws_of(patterns, options.draws, np.random.default_rng([options.seed, 1, place])))
        for coefficient, plain in both[0].items():
            drawn = both[1][coefficient]
            error = plain.std(ddof=1) / np.sqrt(options.draws)
            rows = [("standard error", plain.std(ddof=1), drawn.std(ddof=1), error * np.sqrt(1 / 2))]
            for share in ENDS:
                ends = np.quantile(plain, share), np.quantile(drawn, share)
                rows.append((f"{share:.1%} quantile", *ends, error * np.sqrt(share * (1 - share)) / DENSITY))
            for quantity, one, other, spread in rows:
                differences.append((other - one) / (np.sqrt(2) * spread))
                cells = name, coefficient, quantity, f"{one:.6f}", f"{other:.6f}", f"{differences[-1]:+.2f}"
                print(f"| {' | '.join(cells)} |")
    print(f"\nRoot mean square of the differences: {np.sqrt(np.mean(np.square(differences))):.2f}.")


if __name__ == "__main__":
    main()
