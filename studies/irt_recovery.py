"""Simulation: recovery of item parameters, coverage of their intervals, and size of the tests of fit.

Five items with five categories under the graded response and the generalized partial credit model. Independent answers of
50 to 4,000 respondents, complete or with 10 % holes; and 35 to 200 leaders of eight, the leader's part of theta making up
15 or 30 % of its variance, where the marginal model still holds and only independence fails. Everything is computed by
`irt()` as a user would; a replication that it flags gives no estimate and is counted.

    python studies/irt_recovery.py --replications 400 --seed 1
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import irt
from omstilling_psychometrics.topics.irt.numerics.information import information, marginal_reliability
from omstilling_psychometrics.topics.irt.numerics.models import MODELS, ItemModel
from omstilling_psychometrics.topics.irt.result import IrtResult

ITEMS = ("q1", "q2", "q3", "q4", "q5")
SLOPES = {"graded": np.array([1.4, 2.0, 1.7, 2.4, 1.1]), "gpcm": np.array([0.9, 1.4, 1.2, 1.6, 0.7])}
DIFFICULTIES = np.array([-1.8, -1.0, -0.2, 0.9]) + np.array([[-0.3], [0.1], [0.0], [0.3], [-0.1]])
PER_LEADER = 8
INSTRUMENT = plain_instrument((1, 2, 3, 4, 5), ITEMS)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """leaders 0: independent answers; share: the leader's part of the variance of theta."""

    model: str
    n: int
    holes: float = 0.0
    leaders: int = 0
    share: float = 0.0

    @property
    def title(self) -> str:
        who = f"{self.leaders} leaders of {PER_LEADER}, share {self.share:.2f}" if self.leaders else f"n = {self.n:,}"
        return f"{self.model}, {who}, {'complete' if not self.holes else f'{self.holes:.0%} holes'}"


CONDITIONS = (
    *(Condition(model="graded", n=n) for n in (50, 100, 250, 1000, 4000)),
    Condition(model="graded", n=1000, holes=0.1),
    *(Condition(model="gpcm", n=n) for n in (250, 1000, 4000)),
    Condition(model="gpcm", n=1000, holes=0.1),
    Condition(model="graded", n=400, leaders=50, share=0.15),
    Condition(model="graded", n=1600, leaders=200, share=0.15),
    Condition(model="graded", n=1600, leaders=200, share=0.30),
    Condition(model="gpcm", n=1600, leaders=200, share=0.15),
    Condition(model="graded", n=280, leaders=35, share=0.15),
    Condition(model="graded", n=400, leaders=50, share=0.30),
)


def truth(model: str) -> np.ndarray:
    """Items (k, m) of the population."""
    slopes = SLOPES[model][:, None]
    if model == "graded":
        return np.hstack([slopes, -slopes * DIFFICULTIES])
    return np.hstack([slopes, np.zeros_like(slopes), -slopes * np.cumsum(DIFFICULTIES, axis=1)])


def sample(condition: Condition, rng: np.random.Generator) -> ResponsePatterns:
    n = condition.n
    theta = rng.normal(size=n)
    keys = {}
    if condition.leaders:
        leader = np.repeat(np.arange(condition.leaders), PER_LEADER)
        between = rng.normal(size=condition.leaders)[leader]
        theta = np.sqrt(condition.share) * between + np.sqrt(1 - condition.share) * theta
        keys["leader"] = Key(leader, tuple(f"{number:04}" for number in range(condition.leaders)))
    below = np.cumsum(MODELS[condition.model].probabilities(truth(condition.model), theta), axis=1)
    codes = 1 + (rng.random((5, 1, n)) > below[:, :-1]).sum(axis=1).T
    codes[rng.random(codes.shape) < condition.holes] = BLANK
    return ResponsePatterns.count(INSTRUMENT, codes, keys)


def population(model: ItemModel) -> dict[tuple[str, str | None, int | float | None], float]:
    """(quantity, item, category) to its true value."""
    items = truth(model.name)
    values: dict[tuple[str, str | None, int | float | None], float] = {}
    for item, name in enumerate(ITEMS):
        values["discrimination", name, None] = items[item, 0]
        for threshold in range(1, 5):
            values["difficulty", name, threshold] = DIFFICULTIES[item, threshold - 1]
    values["marginal_reliability", None, None] = marginal_reliability(model, items)
    values["information", None, 0.0] = float(information(model, items, np.zeros(1))[0])
    return values


class Tally:
    """Errors of the estimates of each kind of quantity, by replication."""

    def __init__(self, model: ItemModel) -> None:
        self.truth = population(model)
        self.errors: dict[str, list[list[float]]] = defaultdict(list)
        self.spreads: dict[str, list[list[float]]] = defaultdict(list)
        self.covered: dict[str, list[list[bool]]] = defaultdict(list)
        self.rejected: dict[str, list[float]] = defaultdict(list)
        self.flagged = 0

    def add(self, result: IrtResult, label: str) -> None:
        method = result.settings["model"]
        by_quantity: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
        for (quantity, item, category), value in self.truth.items():
            row = result.get(quantity, item=item, category=category, method=method)
            low, high = row.confidence_interval(0.95)
            if row.estimate is not None and row.std_error is not None and np.isfinite(row.estimate):
                kind = f"{quantity} {category}" if quantity == "difficulty" else quantity
                by_quantity[kind].append((row.estimate - value, row.std_error, low <= value <= high))
        for quantity, found in by_quantity.items():
            errors, spreads, covered = zip(*found, strict=True)
            self.errors[f"{quantity}{label}"].append(list(errors))
            self.spreads[f"{quantity}{label}"].append(list(spreads))
            self.covered[f"{quantity}{label}"].append(list(covered))

    def tests(self, result: IrtResult) -> None:
        for row in result.statistics:
            if row.quantity in ("c2", "s_x2") and row.p_value is not None:
                name = "C2" if row.quantity == "c2" else "S-X²"
                name += ", by leader" if row.cluster else ", noted" if "cells_joined" in (row.note or "") else ""
                self.rejected[name].append(float(row.p_value < 0.05))

    def rows(self) -> Iterator[str]:
        for quantity, errors in self.errors.items():
            means = np.array([np.mean(one) for one in errors])
            # Replications where some category was not chosen have fewer numbers, and no place in spreads number by number.
            most = max(map(len, errors))
            full = np.array([one for one in errors if len(one) == most])
            claimed = np.array([one for one in self.spreads[quantity] if len(one) == most]).mean(axis=0)
            spreads = full.std(axis=0, ddof=1)
            ratio = (claimed / spreads).mean()
            covered = np.mean([np.mean(one) for one in self.covered[quantity]])
            error = means.std(ddof=1) / np.sqrt(len(means))
            yield f"| {quantity} | {means.mean():.4f} | {error:.4f} | {spreads.mean():.4f} | {ratio:.3f} | {covered:.3f} |"


def run(condition: Condition, replications: int, seed: int) -> Tally:
    tally = Tally(MODELS[condition.model])
    for replication in range(replications):
        answers = sample(condition, np.random.default_rng([seed, CONDITIONS.index(condition), replication]))
        result = irt(answers, model=condition.model)  # type: ignore[arg-type]
        if not result.converged:
            tally.flagged += 1
            continue
        tally.add(result, ", by leader" if condition.leaders else "")
        tally.tests(result)
        if condition.leaders:
            tally.add(irt(answers, model=condition.model, cluster=None), ", leaders ignored")  # type: ignore[arg-type]
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conditions", type=int, nargs="*", help="their numbers, from 1 on; all of them by default")
    options = parser.parse_args()
    print(f"{date.today().isoformat()}, {options.replications:,} replications per condition, seed {options.seed}\n")
    for condition in [CONDITIONS[number - 1] for number in options.conditions] if options.conditions else CONDITIONS:
        tally = run(condition, options.replications, options.seed)
        print(f"### {condition.title}\n")
        print(f"Flagged, no estimates: {tally.flagged} of {options.replications:,}.\n")
        print("| quantity | bias | MC error | SD | mean SE / SD | coverage of 95 % |\n|---|---|---|---|---|---|")
        print("\n".join(tally.rows()))
        sizes = [f"{name} {np.mean(found):.3f} of {len(found):,}" for name, found in sorted(tally.rejected.items())]
        print(f"\nRejections at 5 %: {', '.join(sizes)}.\n", flush=True)


if __name__ == "__main__":
    main()
