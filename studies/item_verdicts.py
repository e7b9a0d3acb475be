"""Simulation: are an item that is worse in a new form and one that is only shifted told apart from those that did not change?

    python studies/item_verdicts.py --leaders 800 --replications 250 --seed 1
    python studies/item_verdicts.py --leaders 200 100 --replications 150 --seed 1

Employees of the second wave of the synthetic survey (simulation/truth.py), who answer form A or form B at random: in form B
`kultur` has a loading of .60 for .84, and the thresholds of `vaerdi` are .30 higher; or nothing differs. With 800, 200 and
100 leaders. Each survey has ved ikke, blanks, straight lines, a residual correlation that no model of one factor knows, and
answers about one leader that depend on each other; `op.invariance(answers, by="form").item_changes()` says what became of each
item.

Every survey is a line of --records, so that the study may be stopped, and goes on from there. Prints Markdown with Monte Carlo
errors; docs/studies/item_verdicts.md keeps it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import omstilling_psychometrics as op
from omstilling_psychometrics.simulation.survey import simulate
from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, Truth
from omstilling_psychometrics.topics.invariance.item_changes import LEVEL

LEADERS = (800, 200, 100)
CHANGES = ("worse", "shifted", "better", "unclear", "no_difference", "not_evaluated")
_WORSE, _SHIFTED = TRUTH.form_b_loading[0], TRUTH.form_b_threshold_shift[0]
SAME = replace(
    TRUTH,
    form_b_loading=(_WORSE, TRUTH.loadings[TRUTH.items.index(_WORSE)]),
    form_b_threshold_shift=(_SHIFTED, 0.0),
)
TRUTHS = {"form B differs": TRUTH, "nothing differs": SAME}


def replication(truth: Truth, leaders: int, seed: int) -> dict[str, Any]:
    """What is said of each item of one survey; by_itself: would its test alone, all others equal, call it different?"""
    survey = simulate(seed, replace(truth, leaders=leaders))
    answers = survey.to_patterns().select(role=TEAM, wave="2")
    result = op.invariance(answers, by="form")
    items: dict[str, Any] = {}
    for one in result.item_changes().itertuples():
        alone = result.find("item_difference", item=one.item, method="intercepts/small_sample")
        p_value = alone[0].p_value if alone and alone[0].p_value is not None else math.nan
        error = (one.loading_difference_high - one.loading_difference_low) / 2 / 1.96
        items[one.item] = {
            "change": one.change,
            "by_itself": bool(p_value < LEVEL / len(truth.items)),
            "loading": [one.loading_difference, error],
            "shift": one.expected_score_bias,
        }
    return {"n": answers.n, "items": items}


def rate(hits: int, n: int) -> str:
    """A share with its Monte Carlo error; of none or all, the error of the share that has one hit more, or fewer."""
    near = min(max(hits, 1), n - 1) / n
    return f"{hits / n:.3f} ({math.sqrt(near * (1 - near) / n):.3f})"


def table(records: list[dict[str, Any]]) -> list[str]:
    n = len(records)
    names = " | ".join(change.replace("_", " ") for change in CHANGES)
    lines = [
        f"{n} surveys, {np.mean([one['n'] for one in records]):,.0f} answers in both forms on average.\n",
        f"| item | {names} | by itself | Δλ | its error, mean / SD | bias |",
        "|---" * (len(CHANGES) + 5) + "|",
    ]
    for item in TRUTH.items:
        own = [one["items"][item] for one in records]
        counts = Counter(one["change"] for one in own)
        loading = np.array([one["loading"] for one in own], dtype=float)
        shift = np.array([one["shift"] for one in own], dtype=float)
        rates = " | ".join(rate(counts[change], n) for change in CHANGES)
        lines.append(
            f"| `{item}` | {rates} | {rate(sum(one['by_itself'] for one in own), n)} | {np.nanmean(loading[:, 0]):+.3f} "
            f"| {np.nanmean(loading[:, 1]):.3f} / {np.nanstd(loading[:, 0], ddof=1):.3f} | {np.nanmean(shift):+.3f} |"
        )
    different = [{item for item, one in record["items"].items() if one["change"] in CHANGES[:4]} for record in records]
    unchanged = set(TRUTH.items) - {_WORSE, _SHIFTED}
    told = [
        record["items"][_WORSE]["change"] == "worse"
        and record["items"][_SHIFTED]["change"] == "shifted"
        and not found & unchanged
        for record, found in zip(records, different, strict=True)
    ]
    lines.append(
        f"\nAny item called different: {rate(sum(map(bool, different)), n)}; any of the three that are the same in both "
        f"conditions: {rate(sum(bool(found & unchanged) for found in different), n)}; `{_WORSE}` worse, `{_SHIFTED}` "
        "shifted and no other: "
        f"{rate(sum(told), n)}."
    )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1, help="of the first survey of a condition; the others follow on")
    parser.add_argument("--leaders", type=int, nargs="+", default=LEADERS)
    parser.add_argument("--records", type=Path, default=Path("build/item_verdicts.jsonl"))
    options = parser.parse_args()
    options.records.parent.mkdir(parents=True, exist_ok=True)
    known: dict[tuple[str, int, int], dict[str, Any]] = {}
    if options.records.exists():
        for line in options.records.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            known[one["truth"], one["leaders"], one["seed"]] = one
    print(f"{date.today().isoformat()}, {options.replications} surveys per condition, seeds from {options.seed};")
    print("in brackets Monte Carlo standard errors.")
    with options.records.open("a", encoding="utf-8") as file:
        for leaders in options.leaders:
            for name, truth in TRUTHS.items():
                seeds = range(options.seed, options.seed + options.replications)
                for seed in seeds:
                    if (name, leaders, seed) not in known:
                        one = {"truth": name, "leaders": leaders, "seed": seed, **replication(truth, leaders, seed)}
                        known[name, leaders, seed] = one
                        file.write(json.dumps(one) + "\n")
                        file.flush()
                print(f"\n### {leaders} leaders, {name}\n")
                print("\n".join(table([known[name, leaders, seed] for seed in seeds])), flush=True)


if __name__ == "__main__":
    main()
