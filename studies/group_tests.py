"""Simulation: do tests that compare groups keep their level when people answer about the same leaders?

Employees, leaders and superiors of 120 leaders answer five items; measurement is the same in every group (one factor, equal
loadings and thresholds), 10 % of the answers are "ved ikke" with a propensity of its own, and the leader's share of the
employees' factor is .15. Groups are the three roles (every leader is in all of them), employees by a variable of theirs (a
leader's team is in both groups) and employees by a variable of the leader's (a leader is in one). Answers are graded cuts of
normal variables, or binomial with expectations linear in the factor (linear models then hold exactly).

Share of p values under .05 of every test that `invariance` and `dif` print: with scores added up by leader and naive.

    python studies/group_tests.py --condition 0 --replications 1000 --seed 1
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

from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, RoleTruth, Truth
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.invariance.analysis import invariance
from omstilling_psychometrics.topics.invariance.analysis_dif import dif

NOT_ANSWERED = 0.10
SHARED = Sharing(item=0.15, propensity=0.15)
_TESTS = ("chi2_scaled", "difference", "item_difference")
_EFFECTS = ("uniform", "nonuniform", "total")


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


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Which groups are compared, by which estimators; `functioning`: also DIF, whose hypothesis needs roles alike."""

    name: str
    truth: Truth
    sharing: Sharing = SHARED
    linear: bool = False
    by: str = "role"
    estimators: tuple[str, ...] = ("WLSMV",)
    functioning: bool = True


_ALIKE, _DIFFERENT = population(leader_share=0.15, impact=False), population(leader_share=0.15, impact=True)
_BOTH = ("MLR", "FIML")
CONDITIONS = (
    Condition(name="Roles, factor and items and propensity shared, roles alike", truth=_ALIKE),
    Condition(name="Roles, as before, roles differ in mean and spread", truth=_DIFFERENT),
    Condition(name="Roles, nothing shared, roles alike", truth=population(leader_share=0.0, impact=False), sharing=Sharing()),
    Condition(name="Roles, linear items, roles alike", truth=_ALIKE, linear=True, estimators=("FIML",)),
    Condition(
        name="Roles, linear items, roles differ in mean and spread",
        truth=_DIFFERENT,
        linear=True,
        estimators=("FIML",),
        functioning=False,
    ),
    Condition(name="Employees by gender", truth=_ALIKE, by="koen", estimators=("WLSMV", *_BOTH)),
    Condition(name="Employees by form, a leader in one group", truth=_ALIKE, by="form", estimators=("WLSMV", *_BOTH)),
    Condition(name="Employees by gender, linear items", truth=_ALIKE, linear=True, by="koen", estimators=_BOTH),
)


def tests(answers: ResponsePatterns, one: Condition) -> Iterator[tuple[str, str, float]]:
    """(test, 'by leader' or 'naive' with a variant, p) of every test that the package prints."""
    for kind, cluster in (("by leader", "leader"), ("naive", None)):
        for estimator in one.estimators:
            for row in invariance(answers, by=one.by, estimator=estimator, cluster=cluster).statistics:
                method = row.method or ""
                if row.quantity not in _TESTS or row.p_value is None or not math.isfinite(row.p_value):
                    continue
                if method.startswith("joined/") or "/partial" in method:
                    continue  # only in samples where a category is empty or an item was set free
                step = method.removesuffix("/small_sample")
                yield f"{row.quantity}: {step}", kind if step == method else f"{kind}, small sample", row.p_value
    if not one.functioning:
        return
    for row in dif(answers, by=one.by).statistics:
        if row.quantity in _EFFECTS and row.p_value is not None:
            yield f"dif: {row.quantity}", "by leader" if row.method == "clustered" else "naive", row.p_value


def condition(one: Condition, place: int, leaders: int, replications: int, seed: int) -> None:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    complete, sizes = [], []
    for number in range(replications):
        rng = np.random.default_rng([seed, place, leaders, number])
        answers = draw(one.truth, leaders, one.sharing, rng, linear=one.linear)
        if one.by != "role":
            answers = answers.select(role=TEAM)
        sizes.append(answers.n)
        complete.append(float(answers.table()[1] @ (answers.patterns > 0).all(axis=1)) / answers.n)
        for name, kind, p in tests(answers, one):
            found[name, kind].append(p)
    print(f"\n### {one.name}\n")
    print(f"{np.mean(sizes):.0f} answers on average, {np.mean(complete):.0%} of them complete.\n")
    kinds = ("by leader", "by leader, small sample", "naive", "naive, small sample")
    print(f"| test | {' | '.join(kinds)} | samples |\n|{' --- |' * (len(kinds) + 2)}")
    for name in dict.fromkeys(name for name, _ in found):
        sizes_at_5 = [f"{np.mean(np.array(found[name, kind]) < 0.05):.3f}" if (name, kind) in found else "" for kind in kinds]
        print(f"| {name} | {' | '.join(sizes_at_5)} | {len(found[name, 'by leader'])} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--leaders", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--condition", type=int, nargs="*", default=range(len(CONDITIONS)), help="which conditions, from 0")
    options = parser.parse_args()
    error = math.sqrt(0.05 * 0.95 / options.replications)
    print(f"{date.today().isoformat()}, {options.leaders} leaders, {options.replications} replications per condition, seed")
    print(f"{options.seed}; Monte Carlo standard error of a size of .05: {error:.4f}. Share of the tests with p < .05.")
    for place in options.condition:
        condition(CONDITIONS[place], place, options.leaders, options.replications, options.seed)


if __name__ == "__main__":
    main()
