"""Simulation: scalability coefficients with missing answers and leaders, against their exact population values.

Answers follow a graded response model (five items, five categories); theta is the sum of a leader's part and a person's
part. The population H, H^W and H^B follow from the model by quadrature, so that bias, standard errors and coverage are
judged against the truth. Missingness is completely at random at a different rate for every item, then (as a warning)
dependent on theta, where the assumption of the pairwise method fails.

    python studies/mokken_missing.py --replications 2000 --seed 1
"""

from __future__ import annotations

import argparse
import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit

from omstilling_psychometrics.core.numerics import intervals
from omstilling_psychometrics.core.numerics.sandwich import Clusters
from omstilling_psychometrics.topics.mokken.numerics.scalability import pair_scalability, total
from omstilling_psychometrics.topics.mokken.numerics.two_level import Coefficient, groups, guttman_weights, two_level

Floats = NDArray[np.float64]

SLOPES = np.array([2.4, 1.9, 2.6, 1.4, 1.7])
DIFFICULTIES = np.array([-2.0, -1.0, 0.0, 1.1]) + np.array([-0.4, -0.1, 0.0, 0.2, 0.5])[:, None]
MISSING_RATES = np.array([0.05, 0.10, 0.20, 0.30, 0.15])
CATEGORIES = DIFFICULTIES.shape[1] + 1
ITEMS = SLOPES.size
MCAR, DEPENDENT = "MCAR", "depends on theta"


def category_shares(theta: Floats) -> Floats:
    """(items, categories, theta) probabilities of the graded response model."""
    steps = expit(SLOPES[:, None, None] * (theta - DIFFICULTIES[:, :, None]))
    edges = np.concatenate([np.ones((ITEMS, 1, theta.size)), steps, np.zeros((ITEMS, 1, theta.size))], axis=1)
    return np.asarray(edges[:, :-1] - edges[:, 1:])


def population(leader_share: float) -> tuple[float, float]:
    """H (= H^W) and H^B when the leader's part has the given share of theta's variance."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(81)
    weights = weights / weights.sum()
    shares = category_shares(nodes)
    own = category_shares((math.sqrt(leader_share) * nodes[:, None] + math.sqrt(1 - leader_share) * nodes).ravel())
    by_leader = own.reshape(ITEMS, CATEGORIES, nodes.size, nodes.size) @ weights
    margins = shares @ weights
    steps = margins[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    within = between = expected = 0.0
    for i, j in combinations(range(ITEMS), 2):
        errors = guttman_weights(steps[i], steps[j])
        within += float((errors * ((shares[i] * weights) @ shares[j].T)).sum())
        between += float((errors * ((by_leader[i] * weights) @ by_leader[j].T)).sum())
        expected += float(margins[i] @ errors @ margins[j])
    return 1 - within / expected, 1 - between / expected


def sample(rng: np.random.Generator, leaders: int, leader_share: float) -> tuple[Floats, Floats, Floats]:
    """theta and the leader of each person, and their answers (n, items) coded 1 … c; 3 to 20 persons per leader."""
    sizes = rng.integers(3, 21, leaders)
    leader = np.repeat(np.arange(leaders), sizes)
    theta = math.sqrt(leader_share) * rng.standard_normal(leaders)[leader]
    theta = theta + math.sqrt(1 - leader_share) * rng.standard_normal(leader.size)
    edges = category_shares(theta).cumsum(axis=1)[:, :-1]
    answers = 1 + (rng.random((ITEMS, 1, leader.size)) > edges).sum(axis=1).T
    return theta, leader, answers


def holes(rng: np.random.Generator, mechanism: str, theta: Floats) -> NDArray[np.bool_]:
    if mechanism == MCAR:
        rates = np.broadcast_to(MISSING_RATES, (theta.size, ITEMS))
    else:
        # The same rates on average, but those who rate low answer less often.
        rates = np.clip(MISSING_RATES * np.where(theta < 0, 1.8, 0.2)[:, None], 0, 1)
    return np.asarray(rng.random((theta.size, ITEMS)) < rates)


def clusters(leader: Floats, persons: int) -> Clusters:
    counts = csr_array((np.ones(persons), (leader, np.arange(persons))))
    return Clusters(counts, np.zeros(persons))


def one_replication(
    rng: np.random.Generator, leaders: int, leader_share: float, mechanism: str
) -> dict[str, tuple[float, float]]:
    """(estimate, standard error) of every method."""
    theta, leader, answers = sample(rng, leaders, leader_share)
    persons = leader.size
    observed = np.where(holes(rng, mechanism, theta), 0, answers)
    counts = np.ones(persons)
    by_leader = clusters(leader, persons)
    found = {}
    complete = (observed > 0).all(axis=1)
    for method, data in (
        ("complete data", answers),
        ("listwise", np.where(complete[:, None], observed, 0)),
        ("pairwise", observed),
    ):
        scale = total(
            (pair_scalability(data[:, i], data[:, j], counts, CATEGORIES) for i, j in combinations(range(ITEMS), 2)), persons
        )
        used = scale.used
        influence = scale.influence(counts)[used]
        for name, units in (("", by_leader.restrict(used)), (", errors independent", None)):
            found[method + name] = (scale.estimate, intervals.influence_error(influence, counts[used], units))
    *_, (_, coefficients) = two_level(groups(answers, csr_array(by_leader.counts), CATEGORIES))
    for name in ("within", "between", "ratio"):
        coefficient: Coefficient = getattr(coefficients, name)
        found[f"two-level {name}, sandwich"] = (coefficient.estimate, coefficient.sandwich)
        found[f"two-level {name}, koopman"] = (coefficient.estimate, coefficient.koopman)
    return found


def study(leaders: int, leader_share: float, mechanism: str, replications: int, seed: int) -> None:
    rng = np.random.default_rng([seed, leaders, round(100 * leader_share), mechanism == MCAR])
    within, between = population(leader_share)
    results = [one_replication(rng, leaders, leader_share, mechanism) for _ in range(replications)]
    print(f"\n### {leaders} leaders, leader's share of variance {leader_share:.2f}, missing: {mechanism}\n")
    print(f"Population: H = H^W = {within:.4f}, H^B = {between:.4f}.\n")
    print("| method | bias | MC error | SD | mean SE / SD | coverage of 95 % |")
    print("|---|---|---|---|---|---|")
    for method in results[0]:
        truth = between / within if "ratio" in method else between if "between" in method else within
        estimates, errors = np.array([one[method] for one in results]).T
        margin = intervals.quantile(0.95, leaders - 1) * errors
        spread = estimates.std(ddof=1)
        covered = (np.abs(estimates - truth) <= margin).mean()
        bias, noise = estimates.mean() - truth, spread / math.sqrt(replications)
        print(f"| {method} | {bias:+.4f} | {noise:.4f} | {spread:.4f} | {errors.mean() / spread:.3f} | {covered:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    for leaders, leader_share, mechanism in (
        (40, 0.15, MCAR),
        (150, 0.15, MCAR),
        (150, 0.0, MCAR),
        (600, 0.30, MCAR),
        (150, 0.15, DEPENDENT),
    ):
        study(leaders, leader_share, mechanism, chosen.replications, chosen.seed)


if __name__ == "__main__":
    main()
