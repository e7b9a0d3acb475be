"""Does the test of a pair of items reject as often as it says, and how often is a pair that shares something found and named?

    python studies/pair_tests.py --samples 1000 --seed 1

Ordered answers in five categories with the loadings and thresholds of the synthetic survey's five items, of independent
respondents or of leaders with equally many raters each (ICC of the factor .15), complete or with 10 % of the answers missing at
random. Planted: nothing, or a residual correlation of .20 between the second and third item.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, stdtr
from threadpoolctl import threadpool_limits

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics import intervals
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_model import FittedModel
from omstilling_psychometrics.topics.factor.analysis_residual_pairs import PAIR_MATTERS, PairTest, beyond_chance, pair_tests
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.reliability.analysis_models import ReliabilityModels
from omstilling_psychometrics.topics.reliability.analysis_omega import omega_categorical
from omstilling_psychometrics.topics.reliability.numerics.omega import categorical_omega

Floats = NDArray[np.float64]

LOADINGS = np.array([0.78, 0.82, 0.80, 0.84, 0.62])
THRESHOLDS = np.array(
    [
        [-1.75, -1.05, -0.25, 0.85], [-1.85, -1.15, -0.40, 0.60], [-2.00, -1.25, -0.30, 0.75], [-1.65, -0.95, -0.15, 0.85],
        [-2.10, -1.50, -0.65, 0.55],
    ]
)  # fmt: skip
SHARE = 0.15
PLANTED = (1, 2)
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class Condition:
    """raters of each leader, 0 for independent answers."""

    n: int
    raters: int
    holes: float
    planted: float
    estimator: str = "WLSMV"
    k: int = 5

    @property
    def loadings(self) -> Floats:
        return np.tile(LOADINGS, self.k // 5)

    @property
    def thresholds(self) -> Floats:
        return np.tile(THRESHOLDS, (self.k // 5, 1))

    @property
    def omega(self) -> float:
        """Reliability of the sum of the categories."""
        matrix = np.outer(self.loadings, self.loadings)
        first, second = PLANTED
        more = self.planted * math.sqrt((1 - self.loadings[first] ** 2) * (1 - self.loadings[second] ** 2))
        matrix[first, second] = matrix[second, first] = matrix[first, second] + more
        return float(categorical_omega(self.thresholds, self.loadings, matrix))

    def draw(self, rng: np.random.Generator) -> ResponsePatterns:
        n, loadings = self.n, self.loadings
        leader = np.arange(n) // max(self.raters, 1)
        factor = rng.normal(size=n)
        if self.raters:
            factor = math.sqrt(SHARE) * rng.normal(size=leader[-1] + 1)[leader] + math.sqrt(1 - SHARE) * factor
        residuals = rng.normal(size=(n, self.k))
        first, second = PLANTED
        residuals[:, second] = self.planted * residuals[:, first] + math.sqrt(1 - self.planted**2) * residuals[:, second]
        latent = loadings * factor[:, None] + np.sqrt(1 - loadings**2) * residuals
        codes = 1 + (latent[:, :, None] > self.thresholds).sum(axis=-1)
        codes[rng.random(codes.shape) < self.holes] = -1
        keys = {"leader": Key(leader, tuple(f"l{one:05d}" for one in range(leader[-1] + 1)))} if self.raters else {}
        return ResponsePatterns.count(
            plain_instrument((1, 2, 3, 4, 5), tuple(f"i{one + 1}" for one in range(self.k))), codes, keys
        )


def wald(one: PairTest, df: float) -> float:
    """p of the residual correlation over its error, with t of df degrees of freedom."""
    return 2 * float(stdtr(df, -abs(one.correlation / one.std_error)))


def excluded(tests: list[PairTest], model: FittedModel) -> bool:
    """Whether every interval excludes a residual correlation that matters: 'no pair shares anything'."""
    df = intervals.degrees_of_freedom(model.clusters)
    bounds = [intervals.wald(0.95, estimate=one.correlation, std_error=one.std_error, df=df) for one in tests]
    return bool(np.abs(np.array(bounds)).max() < PAIR_MATTERS)


def one_sample(condition: Condition, rng: np.random.Generator) -> dict[str, float]:
    answers = condition.draw(rng)
    clustering = Clustering(key="leader" if condition.raters else None)
    model = fit_model(answers, clustering, specification(answers, condition.estimator))
    tests = pair_tests(model)
    if any(one.note for one in tests):
        raise EstimationError("not_converged")
    named = [one.cell for one in beyond_chance(tests)]
    planted = [one for one in tests if one.cell == PLANTED]
    judged = planted if condition.planted else tests
    df = intervals.degrees_of_freedom(model.clusters)
    out = {
        "index": float(np.mean([chdtrc(1, one.index) < LEVEL for one in judged])),
        "scaled": float(np.mean([one.p_value < LEVEL for one in judged])),
        "chi-square": float(np.mean([chdtrc(1, one.statistic) < LEVEL for one in judged])),
        "wald": float(np.mean([wald(one, df) < LEVEL for one in judged])),
        "mean": float(np.mean([one.statistic for one in judged])),
        "right": float(named == [PLANTED]),
        "wrong": float(bool(named) and named != [PLANTED]),
        "excluded": float(not named and excluded(tests, model)),
        "largest index": float(max(tests, key=lambda one: one.index).cell == PLANTED),
        "largest scaled": float(max(tests, key=lambda one: one.statistic).cell == PLANTED),
    }
    low, high = intervals.wald(0.95, estimate=planted[0].correlation, std_error=planted[0].std_error, df=df)
    out |= {"correlation": planted[0].correlation, "covered": float(low <= condition.planted <= high)}
    if condition.estimator == "WLSMV" and condition.planted and condition.k == 5:
        models = ReliabilityModels.of(answers, clustering)
        chosen = tuple((answers.items[first], answers.items[second]) for first, second in named) if len(named) == 1 else ()
        for name, free in (("chosen", chosen), ("plain", ())):
            one = next(omega_categorical(models, free))
            low, high = one.confidence_interval()
            out |= {f"{name} omega": float(one.estimate or math.nan), f"{name} covers": float(low <= condition.omega <= high)}
    return out


def study(condition: Condition, samples: int, seed: int) -> tuple[str, str]:
    """A line of each table."""
    settings = [seed, condition.n, condition.raters, round(100 * condition.holes), round(100 * condition.planted), condition.k]
    rng = np.random.default_rng(settings)
    found = []
    for _ in range(samples):
        try:
            found.append(one_sample(condition, rng))
        except EstimationError:
            continue
    mean = {name: float(np.nanmean([one[name] for one in found])) for name in found[0]}
    error = {name: float(np.nanstd([one[name] for one in found]) / math.sqrt(len(found))) for name in found[0]}

    def rate(name: str) -> str:
        return f"{mean[name]:.3f} ({error[name]:.3f})" if name in mean else "–"

    leaders = f"{condition.n // condition.raters} × {condition.raters}" if condition.raters else "none"
    planted = f"{condition.planted:.2f}".lstrip("0") if condition.planted else "0"
    holes = f"{100 * condition.holes:.0f} %"
    where = [condition.estimator, str(condition.k), f"{condition.n:,}", leaders, holes, planted, f"{len(found):,}"]
    tests, named = ("| " + " | ".join([*where, *(rate(name) for name in names)]) + " |" for names in (list(TESTS), list(NAMED)))
    return tests, named.removesuffix(" |") + f" | {condition.omega:.3f} |"


TESTS = {
    "index": "index", "scaled": "scaled test", "chi-square": "… as a chi-square", "wald": "Wald",
    "mean": "mean of the scaled test",
    "correlation": "residual correlation", "covered": "its interval covers",
}  # fmt: skip
NAMED = {
    "largest index": "planted is the largest index", "largest scaled": "… the largest test", "right": "planted pair named",
    "wrong": "another named", "excluded": "“no pair” said", "chosen omega": "omega recommended", "chosen covers": "covers",
    "plain omega": "omega without a pair", "plain covers": "covers",
}  # fmt: skip


def conditions() -> list[tuple[Condition, float]]:
    """Each with its share of the samples."""
    true = [Condition(n=1000, raters=raters, holes=holes, planted=0.0) for raters in (0, 10) for holes in (0.0, 0.1)]
    planted = [Condition(n=1000, raters=raters, holes=holes, planted=0.2) for raters, holes in ((0, 0.0), (0, 0.1), (10, 0.0))]
    return [
        *((one, 1.0) for one in (*true, *planted)),
        (Condition(n=500, raters=20, holes=0.1, planted=0.0), 0.5),
        (Condition(n=4000, raters=10, holes=0.1, planted=0.2), 0.2),
        (Condition(n=1000, raters=10, holes=0.1, planted=0.0, estimator="MLR"), 1.0),
        (Condition(n=500, raters=20, holes=0.1, planted=0.0, estimator="MLR"), 0.5),
        (Condition(n=1000, raters=10, holes=0.1, planted=0.2, estimator="MLR"), 0.5),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    where = ["estimator", "items", "n", "leaders", "holes", "planted", "samples"]
    tables = []
    with threadpool_limits(limits=1, user_api="blas"):
        for condition, share in conditions():
            tables.append(study(condition, max(1, round(share * chosen.samples)), chosen.seed))
            print(*tables[-1], sep="\n", flush=True)
    for number, heads in enumerate(([*where, *TESTS.values()], [*where, *NAMED.values(), "true omega"])):
        print("\n| " + " | ".join(heads) + " |")
        print("|" + "---|" * len(heads))
        print(*(lines[number] for lines in tables), sep="\n")


if __name__ == "__main__":
    main()
