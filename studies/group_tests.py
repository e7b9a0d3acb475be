"""Simulation: do tests that compare roles keep their level when team, leader and superior answer about the same leaders?

Employees, leaders and superiors of 120 leaders answer five items; measurement is the same in every role (one factor, equal
loadings and thresholds), 10 % of the answers are "ved ikke" with a propensity of its own, and the leader's share of the
employees' factor is .15. Sizes at 5 % of the scaled test of fit and of the difference tests of the ordinal ladder (Wu &
Estabrook 2016), the test of each item by itself, and the DIF tests, with scores added up by leader and naive. Conditions differ
in what leaders share and in whether roles differ in mean and spread.

    python studies/group_tests.py --replications 500 --seed 1
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy.special import ndtri
from shared_leaders import Sharing, draw

from omstilling_psychometrics.analyses.cfa_sample import stacked
from omstilling_psychometrics.analyses.dif import dif
from omstilling_psychometrics.analyses.invariance_fit import OrdinalGroups
from omstilling_psychometrics.numerics.invariance import ordinal_ladder
from omstilling_psychometrics.responses.patterns import ResponsePatterns
from omstilling_psychometrics.simulation.truth import TRUTH, RoleTruth, Truth

NOT_ANSWERED = 0.10


def population(*, leader_share: float, impact: bool) -> Truth:
    """One factor without residual correlation, alike in all roles; `impact`: roles differ in mean and spread of the factor."""
    weight = math.sqrt(leader_share)
    alike = RoleTruth(leader_weight=weight, threshold_shift={}, loading={})

    def same_measurement(role: RoleTruth) -> RoleTruth:
        return replace(alike, mean=role.mean, sd=role.sd, leader_weight=weight * role.sd) if impact else alike

    return replace(
        TRUTH,
        residual_correlation=0.0,
        variance_organisation=0.0,
        variance_leader=leader_share,
        variance_within=1 - leader_share,
        self_rating=same_measurement(TRUTH.self_rating),
        superior_rating=same_measurement(TRUTH.superior_rating),
        ved_ikke_intercepts=(float(ndtri(NOT_ANSWERED)) * math.sqrt(1 + TRUTH.ved_ikke_slope**2),) * len(TRUTH.items),
        ved_ikke_correlation=0.0,
        refusal_intercept=-math.inf,
        blank=0.0,
        break_off=0.0,
        straight_lining=0.0,
    )


@dataclass(frozen=True)
class Condition:
    name: str
    truth: Truth
    sharing: Sharing


CONDITIONS = (
    Condition("Nothing shared, roles alike", population(leader_share=0.0, impact=False), Sharing()),
    Condition("Factor shared, roles alike", population(leader_share=0.15, impact=False), Sharing()),
    Condition(
        "Factor, items and propensity shared, roles alike",
        population(leader_share=0.15, impact=False),
        Sharing(item=0.15, propensity=0.15),
    ),
    Condition(
        "Factor, items and propensity shared, roles differ in mean and spread",
        population(leader_share=0.15, impact=True),
        Sharing(item=0.15, propensity=0.15),
    ),
)


def ladder(answers: ResponsePatterns) -> Iterator[tuple[str, float, float]]:
    """(test, p by leader, p naive) of every step of the ordinal ladder."""
    rows = stacked(answers, by="role", cluster="leader")
    sample, clusters = rows.ordinal(listwise=False)
    views = (OrdinalGroups(sample, clusters), OrdinalGroups(sample, None))
    before = None
    for step in ordinal_ladder(sample.k, rows.categories, len(rows.levels)):
        fit = views[0].fit(step.model)
        yield f"fit: {step.name}", *(view.tests(fit).exact.scaled_p_value for view in views)
        if before is not None:
            yield f"difference: {step.name}", *(view.difference(before, fit).p_value for view in views)
        before = fit


def functioning(answers: ResponsePatterns) -> Iterator[tuple[str, float, float]]:
    """(test, p by leader, p naive) of DIF, the items one after the other."""
    result = dif(answers)
    for effect in ("uniform", "nonuniform", "total"):
        for item in answers.items:
            found = [result.find(effect, item=item, method=method) for method in ("clustered", None)]
            if all(one and one[0].p_value is not None for one in found):
                yield f"DIF: {effect}", *(one[0].p_value for one in found)


def condition(one: Condition, place: int, leaders: int, replications: int, seed: int) -> None:
    rng = np.random.default_rng([seed, place, leaders])
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    complete, failed, sizes = [], 0, []
    for _ in range(replications):
        answers = draw(one.truth, leaders, one.sharing, rng)
        sizes.append(answers.n)
        complete.append(float(answers.table()[1] @ (answers.patterns > 0).all(axis=1)) / answers.n)
        try:
            tests = [*ladder(answers), *functioning(answers)]
        except ValueError:
            failed += 1
            continue
        for name, clustered, naive in tests:
            found[name].append((clustered, naive))
    print(f"\n### {one.name}\n")
    print(f"{np.mean(sizes):.0f} answers on average, {np.mean(complete):.0%} of them complete; {failed} samples not fitted.\n")
    print("| test | by leader | naive | tests |\n| --- | --- | --- | --- |")
    for name, values in found.items():
        clustered, naive = (np.array(values) < 0.05).mean(axis=0)
        print(f"| {name} | {clustered:.3f} | {naive:.3f} | {len(values)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--leaders", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    error = math.sqrt(0.05 * 0.95 / options.replications)
    print(f"{date.today().isoformat()}, {options.leaders} leaders, {options.replications} replications per condition, seed")
    print(f"{options.seed}; Monte Carlo standard error of a size of .05: {error:.4f}. Share of the tests with p < .05.")
    for place, one in enumerate(CONDITIONS):
        condition(one, place, options.leaders, options.replications, options.seed)


if __name__ == "__main__":
    main()
