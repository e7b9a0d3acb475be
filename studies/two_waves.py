"""Simulation: coverage of ICC(1), ICC(2) and the number of answers needed when teams answer in two waves.

    python studies/two_waves.py --replications 1000 --seed 1

Employees' answers are drawn from the synthetic survey's truth (normal-ogive graded model, five items, all answered; leader
share of the latent variance .15; simulation/truth.py) about 30, 100 and 400 leaders with teams of 2 to 45, twice. In the
second wave a seat in a team is kept or filled anew, whoever stays has a view that correlates with the former one, and
everybody's theta is shifted. Leaders stay as they are. The target is the share of the variance of the scale score that lies
between leaders, about the means of the waves: by quadrature, the mean over waves of the variance between over that of the
whole variance. ICC(2) and answers needed follow from it, the first at the mean number of answers of the sample.

Beside the analysis stands what it gives where waves are not known, so that whoever comes back counts as two raters. Prints a
Markdown table per condition, with Monte Carlo errors; docs/studies/two_waves.md keeps them.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from omstilling_psychometrics.analysis.raters import raters
from omstilling_psychometrics.core.numerics.scale_score import scale_score
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.simulation.analytic import (
    item_parameters,
    leader_score_variance,
    pattern_probabilities,
    score_variance,
)
from omstilling_psychometrics.simulation.answering import Sheets, graded, team_sizes
from omstilling_psychometrics.simulation.streams import Floats, Stream
from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.leaders.analysis_intraclass import intraclass, reliability_of_means
from omstilling_psychometrics.topics.leaders.analysis_role import ScoresByLeader
from omstilling_psychometrics.topics.leaders.numerics.variance_components import answers_needed, group_sums, spearman_brown

LEADERS = (30, 100, 400)
RELIABILITY = 0.70
ROWS = (
    ("icc1", "anova", None),
    ("icc1", "reml", None),
    ("icc2", "anova", None),
    ("icc2", "reml", None),
    ("answers_needed", None, RELIABILITY),
)


@dataclass(frozen=True)
class Second:
    """The second wave: the share of seats whose person stays, the correlation of such a person's view with the former one,
    and the shift of theta in standard deviations."""

    stay: float
    alike: float
    shift: float


CONDITIONS = (Second(stay=0.6, alike=0.8, shift=0.5), Second(stay=1.0, alike=0.9, shift=0.0))


def icc1_of(second: Second) -> float:
    """ICC(1) of the scale score about the means of the waves."""
    between, whole = 0.0, 0.0
    for shift in (0.0, second.shift):
        items = item_parameters(TRUTH, TEAM)
        moved = replace(items, thresholds=items.thresholds - items.loadings[:, None] * shift)
        between += leader_score_variance(TRUTH, moved)
        whole += score_variance(*pattern_probabilities(TRUTH, moved))
    return between / whole


def drawn(leaders: int, second: Second, stream: Stream) -> ResponsePatterns:
    leader = np.repeat(np.arange(leaders), team_sizes(TRUTH, leaders, stream))
    n = len(leader)
    effect = np.sqrt(TRUTH.leader_variance) * stream.normal(leaders)
    own = stream.normal(n)
    stays = stream.happens(second.stay, n)
    later = np.where(stays, second.alike * own + math.sqrt(1 - second.alike**2) * stream.normal(n), stream.normal(n))
    person = np.concatenate([np.arange(n), np.where(stays, np.arange(n), n + np.arange(n))])
    answers = [
        _answers(shift + effect[leader] + math.sqrt(TRUTH.variance_within) * view, stream)
        for shift, view in ((0.0, own), (second.shift, later))
    ]
    keys = {
        "wave": Key(np.repeat([0, 1], n), ("1", "2")),
        "leader": Key(np.tile(leader, 2), tuple(f"l{code:04d}" for code in range(leaders))),
        "respondent": Key(person, tuple(f"p{code:06d}" for code in range(2 * n))),
    }
    return ResponsePatterns.count(instrument(), np.concatenate(answers), keys)


def _answers(theta: Floats, stream: Stream) -> np.ndarray:
    nobody, nothing = np.zeros(len(theta), dtype=bool), np.zeros(len(theta))
    sheets = Sheets(theta=theta, position=theta, ved_ikke=nothing, refusal=nothing, form_b=nobody, focal=nobody, offered=nobody)
    return graded(TRUTH, sheets, stream)


def rows_of(answers: ResponsePatterns) -> dict[tuple[str, str | None, float | None], Statistic]:
    """The rows of `multilevel` about variances, and no others."""
    score = scale_score(answers.values(), answers.instrument.minimum_answered)
    who = raters(answers, ~np.isnan(score))
    sums = group_sums(score, who.counts, who.leader, who.wave)
    leaders = ScoresByLeader(sums)
    rows = (*intraclass(leaders), *reliability_of_means(leaders))
    return {(one.quantity, one.method, one.category): one for one in rows}


class Tally:
    """Estimates, and on which side of the intervals the truth was, by analysis and row."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[tuple[float, ...]]] = {}

    def add(self, analysis: str, answers: ResponsePatterns, icc1: float, size: float) -> None:
        truth = {
            "icc1": icc1,
            "icc2": spearman_brown(icc1, size),
            "answers_needed": answers_needed(icc1, RELIABILITY),
        }
        found = rows_of(answers)
        for quantity, method, category in ROWS:
            one = found[quantity, method, category]
            low, high = one.confidence_interval()
            if not math.isnan(low):
                target = truth[quantity]
                row = (one.estimate - target, target < low, target > high, high - low)
                self.found.setdefault((analysis, " ".join(filter(None, (quantity, method)))), []).append(row)

    def lines(self) -> list[str]:
        lines = []
        for (analysis, label), rows in self.found.items():
            bias, below, above, width = np.array(rows, dtype=float).T
            n = len(rows)
            missed = (below + above).mean()
            error = math.sqrt(missed * (1 - missed) / n)
            middle = (
                f"{np.median(np.nan_to_num(bias, nan=math.inf)) + 0.0:.0f}"
                if label == "answers_needed"
                else f"{bias.mean():.4f} ({bias.std() / n**0.5:.4f})"
            )
            width = np.nan_to_num(width, nan=math.inf)
            wide = f"{np.median(width):.0f}" if label == "answers_needed" else f"{np.median(width):.3f}"
            lines.append(
                f"| {analysis} | {label} | {middle} | {1 - missed:.3f} ({error:.3f}) | {below.mean():.3f} | {above.mean():.3f} "
                f"| {wide} | {n} |"
            )
        return lines


def condition(leaders: int, place: int, replications: int, seed: int) -> None:
    second, icc1 = CONDITIONS[place], icc1_of(CONDITIONS[place])
    stream, tally = Stream.of(np.random.default_rng([seed, leaders, place])), Tally()
    for _ in range(replications):
        answers = drawn(leaders, second, stream)
        size = answers.n / (2 * leaders)
        tally.add("raters are people", answers, icc1, size)
        tally.add("waves not known", answers.pool(["wave", "respondent"]), icc1, size)
    needed = answers_needed(icc1, RELIABILITY)
    print(f"\n### {leaders} leaders, {second.stay:.0%} stay (r = {second.alike:.1f}), shift {second.shift:.1f}\n")
    print(f"ICC(1) {icc1:.4f}; {needed:.0f} answers are needed for {RELIABILITY:.2f}.\n")
    print("| | row | bias | coverage | truth below | truth above | median width | n |\n|---|---|---|---|---|---|---|---|")
    print("\n".join(tally.lines()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaders", type=int, nargs="+", default=LEADERS)
    parser.add_argument("--conditions", type=int, nargs="+", default=range(len(CONDITIONS)))
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{date.today().isoformat()}, {options.replications} replications per condition, seed {options.seed};")
    print("in brackets Monte Carlo standard errors; bias and width of the answers needed are medians.")
    for place in options.conditions:
        for leaders in options.leaders:
            condition(leaders, place, options.replications, options.seed)


if __name__ == "__main__":
    main()
