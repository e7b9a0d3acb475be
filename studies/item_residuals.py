"""Is the test of an item's residual between leaders of the size it says, and how often is a residual found?

    python studies/item_residuals.py --samples 1000 --seed 1

Five items in five categories, teams of 2 to 14, 10 % of the answers missing at random; the factor's share between leaders is
.17. Loadings between leaders are those within up to a constant. Planted: nothing, or a residual variance between leaders of .20
in the second item. The test is one-sided, t with G - 1; Holm over the five items.
"""

from __future__ import annotations

import argparse
from typing import Literal, get_args

import numpy as np
from scipy.sparse import csr_array
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics import intervals
from omstilling_psychometrics.core.numerics.arrays import Floats
from omstilling_psychometrics.topics.two_level.numerics.cross_person import CrossPerson, Groups, cross_person
from omstilling_psychometrics.topics.two_level.numerics.residuals_between import residuals_between

Kind = Literal["equal", "free"]

LOADING = np.array([1.25, 1.43, 1.33, 1.55, 0.79])
SHARE = 0.17
CUTS = np.array([-1.8, -1.1, -0.3, 0.8])
HOLES = 0.10
PLANTED = 1
LEADERS = (60, 120, 300, 1000)


def drawn(rng: np.random.Generator, leaders: int, psi: Floats) -> Groups:
    between = LOADING * np.sqrt(SHARE / (1 - SHARE))
    leader = np.repeat(np.arange(leaders), rng.integers(2, 15, leaders))
    n, k = len(leader), len(LOADING)
    of_leader = rng.normal(size=(leaders, 1)) * between + rng.normal(size=(leaders, k)) * np.sqrt(psi)
    latent = rng.normal(size=(n, 1)) * LOADING + of_leader[leader] + rng.normal(size=(n, k))
    scale = np.sqrt(1 + LOADING**2 + between**2 + psi)
    codes = 1 + (latent[:, :, None] > np.outer(scale, CUTS)).sum(axis=2)
    codes[rng.random(codes.shape) < HOLES] = 0
    patterns, pattern = np.unique(codes, axis=0, return_inverse=True)
    counts = csr_array((np.ones(n), (leader, pattern.ravel())), shape=(leaders, len(patterns)))
    counts.sum_duplicates()
    return Groups(patterns, len(CUTS) + 1, counts, np.arange(leaders))


def estimated(crossed: CrossPerson, kind: Kind) -> tuple[Floats, Floats, Floats] | None:
    """Variances, standard errors and z; None where there are none."""
    try:
        found = residuals_between(crossed, kind)
    except EstimationError:
        return None
    return found.variance, found.errors[0], found.z


def condition(leaders: int, planted: float, samples: int, seed: int) -> None:
    rng = np.random.default_rng([seed, leaders, round(100 * planted)])
    psi = np.zeros(len(LOADING))
    psi[PLANTED] = planted
    found: dict[Kind, list[tuple[Floats, Floats, Floats]]] = {kind: [] for kind in get_args(Kind)}
    for _ in range(samples):
        try:
            crossed = cross_person(drawn(rng, leaders, psi))
        except EstimationError:
            continue
        for kind, of_kind in found.items():
            if (one := estimated(crossed, kind)) is not None:
                of_kind.append(one)
    for kind, of_kind in found.items():
        variance, error, z = (np.array(part) for part in zip(*of_kind, strict=True))
        upper = z > stdtrit(leaders - 1, 0.95)
        others = np.arange(len(psi)) != PLANTED if planted else np.full(len(psi), True)
        # Holm's first step decides whether any item is named.
        named = z.max(axis=1) > stdtrit(leaders - 1, 1 - 0.05 / len(psi))
        margin = intervals.quantile(0.95, leaders - 1) * error
        covered = np.abs(variance - psi) <= margin
        cells = [
            str(leaders), f"{planted:.2f}", kind, str(len(variance)),
            _rate(upper[:, others].mean(axis=1)), _rate(upper[:, PLANTED]) if planted else "",
            _rate(named), _rate(covered[:, PLANTED]), f"{variance[:, PLANTED].mean():.3f}",
            f"{variance[:, PLANTED].std():.3f}", f"{error[:, PLANTED].mean():.3f}",
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


def _rate(hits: Floats) -> str:
    return f"{hits.mean():.3f} ({hits.std() / np.sqrt(len(hits)):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    heading = (
        "leaders", "planted", "loadings", "samples", "rejected where nothing is", "planted rejected", "any item named (Holm)",
        "covers", "mean", "sd", "mean error",
    )  # fmt: skip
    print("| " + " | ".join(heading) + " |")
    print("|" + "---|" * len(heading))
    with threadpool_limits(limits=1):
        for leaders in LEADERS:
            for planted in (0.0, 0.2):
                condition(leaders, planted, chosen.samples, chosen.seed)


if __name__ == "__main__":
    main()
