"""Simulation: do tests of non-answers keep their level when employees share a leader, and do they find what is not ignorable?

Teams of 2 to 45, their leaders and superiors answer the five items by the synthetic survey's graded model (simulation/truth.py;
leader share of the employees' latent variance .15), and leave items out by its propensities for "ved ikke" and refusals, blanks
and break-offs. In the first two conditions the propensities have nothing to do with the answers: non-answers are ignorable,
and each rejection of what does not matter is an error. Either everyone has an own propensity, or .15 of its variance is shared
within teams and each superior answers about three leaders. In the third condition the propensities depend on the answers as in
the synthetic survey, and roles differ. Background (`koen`) and `form`, given to whole teams, never matter.

    python studies/nonanswer_tests.py --replications 500 --seed 1
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from shared_leaders import Sharing, draw

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, Truth
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.missing.analysis_little import little_mcar
from omstilling_psychometrics.topics.missing.analysis_reasons import reason_models, reason_models_over_roles

LEADERS = (30, 100, 800)
REASONS = ("any", "ved_ikke")
# Per role (employees), then over roles.
OF_TEAM = ("koen", "form", "leader_answers", "leader_score", "other_answers")
OVER_ROLES = ("role", "koen", "form")

IGNORABLE = replace(
    TRUTH,
    ved_ikke_correlation=0.0,
    refusal_correlation=0.0,
    straight_lining=0.0,  # careless lines answer everything, and not by the graded model
    self_rating=replace(TRUTH.self_rating, ved_ikke_shift=0.0),
    superior_rating=replace(TRUTH.superior_rating, ved_ikke_shift=0.0),
)


@dataclass(frozen=True)
class Condition:
    name: str
    truth: Truth
    sharing: Sharing


CONDITIONS = (
    Condition("Ignorable, everyone with an own propensity", IGNORABLE, Sharing()),
    Condition("Ignorable, teams alike, superiors of three leaders", IGNORABLE, Sharing(propensity=0.15, leaders_each=3)),
    Condition("Not ignorable, as in the synthetic survey", TRUTH, Sharing(leaders_each=3)),
)


def p_values(answers: ResponsePatterns, *, by_leader: bool) -> Iterator[tuple[str, float | None]]:
    """(name, p) of Little's test and every reason test, errors added up by leader or not."""
    team = answers.select(role=TEAM).pool("role")
    if by_leader:
        of_team, over_roles = reason_models(team, Clustering(key="leader")), reason_models_over_roles(answers)
        yield "Little", little_mcar(team, Clustering(key="leader")).p_value
    else:
        of_team, over_roles = reason_models(team, Clustering(key=None)), reason_models_over_roles(answers.pool("leader"))
    yield from _named(of_team, "")
    yield from _named(over_roles, "roles/")


def _named(statistics: Iterator[Statistic], prefix: str) -> Iterator[tuple[str, float | None]]:
    return ((prefix + str(one.method), one.p_value) for one in statistics if one.quantity == "reason_test")


def condition(one: Condition, replications: int, seed: int) -> None:
    rejected: dict[tuple[int, bool, str], list[bool]] = defaultdict(list)
    rates, heights = [], defaultdict(list)
    for leaders in LEADERS:
        rng = np.random.default_rng([seed, CONDITIONS.index(one), leaders])
        for _ in range(replications):
            answers = draw(one.truth, leaders, one.sharing, rng)
            heights[leaders].append(answers.n)
            if leaders == LEADERS[-1]:
                rates.append(float(answers.table()[1] @ (answers.patterns < 1).mean(axis=1)) / answers.n)
            for by_leader in (True, False) if one.truth is IGNORABLE else (True,):
                for name, p in p_values(answers, by_leader=by_leader):
                    if p is not None:
                        rejected[leaders, by_leader, name].append(p < 0.05)
    print(f"\n### {one.name}\n")
    sizes = ", ".join(f"{np.mean(heights[leaders]):.0f}" for leaders in LEADERS)
    print(f"{sizes} answers on average; {np.mean(rates):.1%} of the items not answered.\n")
    print("| test | reason | " + " | ".join(f"{leaders} leaders" for leaders in LEADERS) + " |")
    print("| --- | --- |" + " --- |" * len(LEADERS))

    def share(leaders: int, by_leader: bool, name: str) -> str:
        tests = rejected[leaders, by_leader, name]
        return f"{np.mean(tests):.3f}" if len(tests) > replications / 2 else "–"

    print("| Little's test | any | " + " | ".join(share(leaders, True, "Little") for leaders in LEADERS) + " |")
    for prefix, group, names in (("", "employees", OF_TEAM), ("roles/", "all roles", OVER_ROLES)):
        for name in names:
            for reason in REASONS:
                test = f"{prefix}{reason}/{name}"
                cells = [f"{share(leaders, True, test)} ({share(leaders, False, test)})" for leaders in LEADERS]
                print(f"| {name}, {group} | {reason} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    error = math.sqrt(0.05 * 0.95 / options.replications)
    print(f"{date.today().isoformat()}, {options.replications} replications per condition, seed {options.seed}; Monte Carlo")
    print(f"standard error of a share of .05: {error:.4f}. Share of the tests with p < .05, errors added up by leader (in")
    print("brackets: answers taken as independent).")
    for one in CONDITIONS:
        condition(one, options.replications, options.seed)


if __name__ == "__main__":
    main()
