"""Simulation: bias and coverage of the two-level ordinal factor model, and the level of its tests.

    python studies/two_level.py --replications 400 --seed 1

Answers are drawn from the model itself (two_level_answers.py): 30 to 3,000 leaders with teams of 2 to 20; 10 % "ved ikke", at
random or the more likely the worse a person thinks of the leader; sizes of teams that depend on the leader; an item that tells
leaders apart only half as well as people; and no variance between leaders. Rows are those of `op.two_level`, true values from
the model's closed forms, `omega_between` at the harmonic mean number of answers of the sample.

Every replication is a line of --records, so that the study may be stopped, and goes on from there. Prints Markdown with Monte
Carlo errors; docs/studies/two_level.md keeps it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from resumable import Record, Records, with_error
from two_level_answers import ITEMS, LOADING, THRESHOLDS, Teams, VedIkke, drawn

import omstilling_psychometrics as op
from omstilling_psychometrics.core.results import Result, Statistic
from omstilling_psychometrics.simulation.streams import Stream
from omstilling_psychometrics.survey.patterns import ResponsePatterns

SHARE = 0.10
EQUAL = Teams(leaders=0).between
EVERYTHING = VedIkke()


@dataclass(frozen=True, kw_only=True)
class Design:
    """teams; missing; times: so many times as many replications as are asked for."""

    name: str
    teams: Teams
    missing: VedIkke = EVERYTHING
    times: float = 1.0


DESIGNS = (
    Design(name="30 leaders, teams of 2–20", teams=Teams(leaders=30), times=2.0),
    Design(name="100 leaders, teams of 2–20", teams=Teams(leaders=100)),
    Design(name="300 leaders, teams of 2–20", teams=Teams(leaders=300)),
    Design(name="3,000 leaders, teams of 2–20", teams=Teams(leaders=3000), times=0.3),
    Design(name="300 leaders, teams of 2", teams=Teams(leaders=300, largest=2)),
    Design(name="300 leaders, 10 % ved ikke at random", teams=Teams(leaders=300), missing=VedIkke(share=SHARE)),
    Design(
        name="300 leaders, 10 % ved ikke that depend on the view",
        teams=Teams(leaders=300),
        missing=VedIkke(share=SHARE, slope=-0.8),
    ),
    Design(name="300 leaders, larger teams of worse leaders (r = −.5)", teams=Teams(leaders=300, related=-0.5)),
    Design(
        name="300 leaders, one item half as steep between",
        teams=Teams(leaders=300, between=(*EQUAL[:3], EQUAL[3] / 2, *EQUAL[4:])),
    ),
    Design(name="30 leaders, no variance between", teams=Teams(leaders=30, between=(0.0,) * len(ITEMS)), times=2.0),
    Design(name="300 leaders, no variance between", teams=Teams(leaders=300, between=(0.0,) * len(ITEMS)), times=2.0),
)
METHODS = ("equal", "free")
OF_ITEMS = ("loading", "loading_between", "threshold")
ANSWERS = (1, 5, 20)
TESTS = ("no_variance_between", "equal_loadings")
LEVEL = 0.05


def harmonic_size(answers: ResponsePatterns) -> float:
    """Harmonic mean number of people with an answer about a leader."""
    some = (answers.patterns > 0).any(axis=1)[answers.pattern]
    n = np.bincount(answers.keys["leader"].codes[some], answers.counts[some])
    return len(n[n > 0]) / float((1 / n[n > 0]).sum())


def true_values(teams: Teams, harmonic: float) -> Iterator[tuple[str, str | None, int | None, float]]:
    """quantity, item, category, value."""
    for item, loading, between, thresholds in zip(ITEMS, LOADING, teams.loading_between, THRESHOLDS, strict=True):
        yield "loading", item, None, loading
        yield "loading_between", item, None, between
        for category, threshold in enumerate(thresholds, start=1):
            yield "threshold", item, category, threshold
    variances = teams.score_variances
    yield "icc", None, None, teams.icc
    yield "omega_within", None, None, variances.omega_within.estimate
    yield "omega_between", None, None, variances.leader_reliability(harmonic).estimate
    for answers in ANSWERS:
        yield "leader_reliability", None, answers, variances.leader_reliability(answers).estimate


def replication(design: Design, seed: int, place: int, number: int) -> Record:
    """rows: method, label, estimate, truth, error, low, high; tests: p values."""
    answers = drawn(design.teams, design.missing, Stream.of(np.random.default_rng([seed, place, number])))
    result = op.two_level(answers)
    rows = []
    for quantity, item, category, truth in true_values(design.teams, harmonic_size(answers)):
        for method in METHODS:
            for one in result.find(quantity, item=item, category=category, method=method):
                low, high = one.confidence_interval()
                label = f"{quantity} ({category})" if quantity == "leader_reliability" else quantity
                rows.append((method, label, _number(one.estimate), float(truth), _number(one.std_error), low, high))
    tests = {name: _number(_test(result, name).p_value) for name in TESTS}
    return {"rows": rows, "tests": tests, "at_bound": result.get("icc", method="equal").estimate == 0}


def _test(result: Result, name: str) -> Statistic:
    (one,) = result.find(name)
    return one


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def tables(design: Design, records: list[Record]) -> Iterator[str]:
    tests = "; ".join(f"`{name}` {with_error([_rejects(one['tests'][name]) for one in records])}" for name in TESTS)
    bound = with_error([float(one["at_bound"]) for one in records])
    yield f"{len(records)} samples. No variance between fits best: {bound}. p < .05: {tests}.\n"
    if not design.teams.loading_between.any():
        yield from (
            f"Intervals of `loading_between` ({method}) that leave out 0: {_beyond_zero(records, method)}."
            for method in METHODS
        )
        return
    yield "| | row | truth | bias | SD | its error | coverage | truth below | truth above | without interval |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for one in records:
        of_sample: dict[tuple[str, str], list[list[float]]] = {}
        for method, label, *numbers in one["rows"]:
            of_sample.setdefault((method, label), []).append(numbers)
        for key, rows in of_sample.items():
            found.setdefault(key, []).append(np.array(rows))
    for (method, label), samples in found.items():
        if line := _line(np.stack(samples)):
            yield f"| {method} | {label} | {line} |"


def _beyond_zero(records: list[Record], method: str) -> str:
    """Per item; where there is no interval, nothing is left out."""
    low = [[row[5] for row in one["rows"] if row[:2] == [method, "loading_between"]] for one in records]
    return with_error([sum(bound > 0 for bound in of_items) / len(ITEMS) for of_items in low])


def _rejects(p_value: float) -> float:
    return math.nan if math.isnan(p_value) else float(p_value < LEVEL)


def _line(samples: np.ndarray) -> str | None:
    """Of numbers (samples, parameters, 5), means over parameters; None where nothing was estimated, or nothing is true."""
    estimate, truth, error, low, high = np.moveaxis(samples, 2, 0)
    usable = np.isfinite(estimate) & np.isfinite(truth)
    if not usable.any():
        return None
    bias = _per_sample(np.where(usable, estimate - truth, np.nan))
    interval = np.isfinite(low) & np.isfinite(high)
    below = np.where(interval, truth < low, np.nan)
    above = np.where(interval, truth > high, np.nan)
    spread = np.nanmean(np.nanstd(np.where(usable, estimate, np.nan), axis=0, ddof=1))
    cells = (
        f"{np.nanmean(truth):.3f}",
        with_error(bias.tolist(), 4),
        f"{spread:.3f}",
        f"{np.nanmean(error):.3f}" if np.isfinite(error).any() else "–",
        with_error((1 - _per_sample(below + above)).tolist()),
        f"{np.nanmean(below):.3f}" if interval.any() else "–",
        f"{np.nanmean(above):.3f}" if interval.any() else "–",
        f"{1 - interval.mean():.3f}",
    )
    return " | ".join(cells)


def _per_sample(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=1) / known.sum(axis=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--replications", type=int, default=400, help="of most designs; twice as many of fast ones, .3 of slow ones"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=Path, default=Path("build/two_level.jsonl"))
    options = parser.parse_args()
    records = Records(options.records)
    print(f"{date.today().isoformat()}, seed {options.seed}; in brackets Monte Carlo standard errors.")
    for place, design in enumerate(DESIGNS):
        number = int(design.times * options.replications)
        records.run(design.name, number, lambda one, design=design, place=place: replication(design, options.seed, place, one))
        print(f"\n### {design.name}\n")
        print("\n".join(tables(design, records.of(design.name, number))), flush=True)


if __name__ == "__main__":
    main()
