"""Simulation: do leaders' intervals and probabilities, and the alarms about their changes, keep what they promise?

    python studies/leader_comparisons.py --replications 200 --seed 1

Answers are drawn from the two-level ordinal factor model (two_level_answers.py), teams of 2 to 20. Over all leaders of all
samples, what `ResponsePatterns.scores(unit="leader")` says is counted: how often the intervals of the mean and of the score of
the two-level model hold g(u), the score that infinitely many answers would give the leader; how often g(u) lies above a mark,
and above the mean of the g of the other leaders of the organisation, among leaders of whom that was so probable.

In two waves, most of a team stays, and whoever stays has a view that correlates with the former one. Leaders stay as they are,
and everybody's view may shift; or leaders change. Alarms are intervals of the change, less the others' mean change, that leave
out 0.

Every replication is a line of --records, so that the study may be stopped, and goes on from there. Prints Markdown with Monte
Carlo errors; docs/studies/leader_comparisons.md keeps it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from resumable import Record, Records, with_error
from two_level_answers import Teams, codes, leader_key, role_key

import omstilling_psychometrics as op
from omstilling_psychometrics.simulation.streams import Floats, Ints, Stream
from omstilling_psychometrics.simulation.truth import instrument
from omstilling_psychometrics.survey.keys import Key
from omstilling_psychometrics.survey.patterns import ResponsePatterns

MARKS = (3.5, 4.0)
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
STAY, ALIKE = 0.6, 0.8
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class OneWave:
    """organisations: how many, equally large; share: of the variance between leaders that lies between them."""

    name: str
    teams: Teams
    organisations: int
    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TwoWaves:
    """shift of everybody's theta; lasting: correlation of a leader's factor with the former one; people_known: does a key say
    who answers?"""

    name: str
    teams: Teams
    shift: float = 0.0
    lasting: float = 1.0
    people_known: bool = True


ONE_WAVE = (
    OneWave(name="30 leaders in 3 organisations", teams=Teams(leaders=30), organisations=3),
    OneWave(name="100 leaders in 20 organisations", teams=Teams(leaders=100), organisations=20),
    OneWave(name="100 leaders in 20 organisations that differ", teams=Teams(leaders=100), organisations=20, share=0.2),
)
TWO_WAVES = (
    TwoWaves(name="30 leaders, nothing changes", teams=Teams(leaders=30)),
    TwoWaves(name="100 leaders, nothing changes", teams=Teams(leaders=100)),
    TwoWaves(name="100 leaders, all views shift by .5", teams=Teams(leaders=100), shift=0.5),
    TwoWaves(name="100 leaders, nothing changes, people not known", teams=Teams(leaders=100), people_known=False),
    TwoWaves(name="100 leaders, leaders change (r = .8)", teams=Teams(leaders=100), lasting=0.8),
)


def one_wave(design: OneWave, seed: int, place: int, number: int) -> Record:
    """held: by method, share of intervals that hold g; bins: by method, rows of bin, leaders, sum of P, how many lay above."""
    stream, teams = Stream.of(np.random.default_rng([seed, place, number])), design.teams
    organisation = np.arange(teams.leaders) % design.organisations
    shared = stream.normal(design.organisations)
    u = math.sqrt(design.share) * shared[organisation] + math.sqrt(1 - design.share) * stream.normal(teams.leaders)
    leader = np.repeat(np.arange(teams.leaders), teams.sizes(u, stream))
    answers = codes(teams, stream.normal(len(leader)), u[leader], stream)
    keys = {
        "role": role_key(len(leader)),
        "organisation": Key(organisation[leader], tuple(f"o{code:03d}" for code in range(design.organisations))),
        "leader": leader_key(leader, teams.leaders),
    }
    frame = scores(ResponsePatterns.count(instrument(), answers, keys), MARKS)
    g = teams.expected_score(u)
    total, size = np.bincount(organisation, g), np.bincount(organisation)
    others = (total[organisation] - g) / (size[organisation] - 1)
    bins = {f"above/{mark:g}": in_bins(frame, f"above/{mark:g}", g > mark) for mark in MARKS}
    bins["above/organisation"] = in_bins(frame, "above/organisation", g > others)
    held = {method: share_held(frame, method, g) for method in ("mean", "two_level")}
    return {"held": held, "bins": bins}


def two_waves(design: TwoWaves, seed: int, place: int, number: int) -> Record:
    """alarms: share of leaders; any_holm: is any adjusted p below .05; held: share of intervals that hold the true change."""
    stream, teams = Stream.of(np.random.default_rng([seed, place, number])), design.teams
    u = stream.normal(teams.leaders)
    later = design.lasting * u + math.sqrt(1 - design.lasting**2) * stream.normal(teams.leaders)
    leader = np.repeat(np.arange(teams.leaders), teams.sizes(u, stream))
    n = len(leader)
    own, other = stream.normal(n), stream.normal(n)
    stays = stream.happens(STAY, n)
    view = np.where(stays, ALIKE * own + math.sqrt(1 - ALIKE**2) * stream.normal(n), other)
    answers = np.concatenate(
        [codes(teams, own, u[leader], stream), codes(teams, view, later[leader], stream, shift=design.shift)]
    )
    keys = {
        "role": role_key(2 * n),
        "wave": Key(np.repeat([0, 1], n), ("1", "2")),
        "leader": leader_key(np.tile(leader, 2), teams.leaders),
    }
    if design.people_known:
        person = np.concatenate([np.arange(n), np.where(stays, np.arange(n), n + np.arange(n))])
        keys["respondent"] = Key(person, tuple(f"p{code:06d}" for code in range(2 * n)))
    frame = scores(ResponsePatterns.count(instrument(), answers, keys), ())
    moved = teams.expected_score
    change = shifted(teams, later, design.shift) - moved(u)
    beyond = change - (change.sum() - change) / (teams.leaders - 1)
    rows = of_method(frame, "change/1~2", teams.leaders)
    alarms = (rows["conf_low"] > 0) | (rows["conf_high"] < 0)
    holm = of_method(frame, "change/1~2/holm", teams.leaders)["score"]
    return {
        "alarms": float(alarms[rows["score"].notna()].mean()),
        "any_holm": float((holm < LEVEL).any()),
        "held": {"change": share_held(frame, "change/1~2", beyond)},
    }


def shifted(teams: Teams, u: Floats, shift: float) -> Floats:
    """g(u) where everybody's theta is higher by `shift`."""
    model = teams.expected_score
    return np.asarray(replace(model, thresholds=model.thresholds - shift * model.loading[:, None])(u))


def scores(answers: ResponsePatterns, marks: tuple[float, ...]) -> pd.DataFrame:
    return answers.scores(unit="leader", mark=marks, disclosure=op.Disclosure.none()).to_frame()


def of_method(frame: pd.DataFrame, method: str, leaders: int) -> pd.DataFrame:
    """A row per leader, in order."""
    rows = frame[frame["method"] == method].set_index("unit")
    return rows.reindex([f"l{code:05d}" for code in range(leaders)])


def share_held(frame: pd.DataFrame, method: str, truth: Floats) -> float:
    """Of those with an interval."""
    rows = of_method(frame, method, len(truth))
    low, high = rows["conf_low"].to_numpy(dtype=float), rows["conf_high"].to_numpy(dtype=float)
    known = np.isfinite(low) & np.isfinite(high)
    return float(((low <= truth) & (truth <= high))[known].mean()) if known.any() else math.nan


def in_bins(frame: pd.DataFrame, method: str, above: np.ndarray) -> list[tuple[int, int, float, int]]:
    probability = of_method(frame, method, len(above))["score"].to_numpy(dtype=float)
    known = np.isfinite(probability)
    which: Ints = np.clip(np.searchsorted(BINS, probability[known], side="right") - 1, 0, len(BINS) - 2)
    return [
        (
            number,
            int((which == number).sum()),
            float(probability[known][which == number].sum()),
            int(above[known][which == number].sum()),
        )
        for number in range(len(BINS) - 1)
    ]


def of_probabilities(records: list[Record]) -> Iterator[str]:
    held = "; ".join(f"`{method}` {with_error([one['held'][method] for one in records])}" for method in ("mean", "two_level"))
    yield f"{len(records)} samples. Intervals that hold g: {held}.\n"
    yield "| | P | leaders | mean P | above | difference |"
    yield "|---|---|---|---|---|---|"
    for method in records[0]["bins"]:
        # (samples, bins, 4)
        every = np.array([one["bins"][method] for one in records if one["bins"][method]], dtype=float)
        for number in range(len(BINS) - 1):
            n, expected, above = every[:, number, 1:].T
            if n.sum() == 0:
                continue
            rate = (above - expected).sum() / n.sum()
            # Of a ratio of sums over independent samples.
            error = math.sqrt((((above - expected) - rate * n) ** 2).sum()) / n.sum()
            yield (
                f"| {method} | {BINS[number]:g}–{BINS[number + 1]:g} | {n.sum():,.0f} | {expected.sum() / n.sum():.3f} "
                f"| {above.sum() / n.sum():.3f} | {rate:+.3f} ({error:.3f}) |"
            )


def of_changes(design: TwoWaves, records: list[Record]) -> str:
    alarms, held = (
        with_error([of(one) for one in records]) for of in (lambda one: one["alarms"], lambda one: one["held"]["change"])
    )
    return f"| {design.name} | {alarms} | {with_error([one['any_holm'] for one in records])} | {held} | {len(records)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=Path, default=Path("build/leader_comparisons.jsonl"))
    options = parser.parse_args()
    records = Records(options.records)
    print(f"{date.today().isoformat()}, seed {options.seed}; in brackets Monte Carlo standard errors.")
    for place, design in enumerate(ONE_WAVE):
        records.run(
            design.name,
            options.replications,
            lambda one, design=design, place=place: one_wave(design, options.seed, place, one),
        )
        print(f"\n### {design.name}\n")
        print("\n".join(of_probabilities(records.of(design.name, options.replications))), flush=True)
    print("\n### Change\n\n| | alarms | any after Holm | intervals that hold the change | samples |\n|---|---|---|---|---|")
    for place, change in enumerate(TWO_WAVES, start=len(ONE_WAVE)):
        records.run(
            change.name,
            options.replications,
            lambda one, change=change, place=place: two_waves(change, options.seed, place, one),
        )
        print(of_changes(change, records.of(change.name, options.replications)), flush=True)


if __name__ == "__main__":
    main()
