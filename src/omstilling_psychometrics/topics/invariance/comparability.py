"""What the ladder of invariance allows as a whole: comparing relations, comparing means.

Every step takes for granted what the steps before it hold equal, so that a later one says nothing where an earlier one fails:
with loadings that differ, equal intercepts may cost no more fit at all. A comparison is therefore met only where all the steps
that it takes are met, each by the rules on it together, and not met where one of them is not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...core.criteria import SMALL_GROUPS, Criterion, State, Verdict, cut_off, refused
from ...core.note import Note, joined, notes_in
from ...core.results import Statistic
from ...present.view import View
from .item_changes import item_changes
from .rules import FIT_RULES, INDICES, RULES, change, judge_fit, judge_step, together

FIRST = "configural"
# One step that fails is enough; what is not known leaves the whole unknown, and so does what is not settled.
_DECIDES: tuple[State, ...] = ("not_met", "not_evaluated", "inconclusive")


@dataclass(frozen=True, kw_only=True)
class Comparison(Criterion):
    """What may be compared where every one of the steps holds."""

    steps: tuple[str, ...]

    @property
    def short_source(self) -> str:
        """Names without years: there are many."""
        return re.sub(r" \(\d{4}\)", "", self.source)


def _comparison(key: str, *steps: str) -> Comparison:
    names = "; ".join([*(rule.name for rule in FIT_RULES), *(rule.name for rule in RULES if rule.ordinal is not False)])
    return Comparison(
        key=key,
        analysis="invariance",
        quantity="difference",
        side="at_least",
        threshold=None,
        source=names,
        by_estimate=True,
        between=True,
        rests_on=("item_rest",),
        sample=cut_off("cosmin_dif").sample,
        steps=steps,
    )


RELATIONS = _comparison("invariance_relations", FIRST, "thresholds", "loadings")
MEANS = _comparison("invariance_means", *RELATIONS.steps, "intercepts")


@dataclass(frozen=True, kw_only=True)
class JudgedStep:
    """One step as the rules see it together.

    rules: what each says, by its name; values: CFI, RMSEA and SRMR of the first step, of the others their changes; shown: the
    CFI among them; rmsea: the quantity of the RMSEA among them; reason: why there is no verdict; notes of the rows judged.
    """

    step: str
    state: State
    rules: tuple[tuple[str, State], ...]
    values: dict[str, float]
    shown: Statistic
    rmsea: str
    reason: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ComparisonVerdict(Verdict):
    """The steps that a comparison takes, and the one that decides; `statistic` is that step's CFI, or change of CFI."""

    steps: tuple[JudgedStep, ...]
    deciding: JudgedStep


def judged(statistics: Iterable[Statistic]) -> tuple[ComparisonVerdict, ...]:
    """What the ladder for ordered answers allows as a whole: both verdicts; none where it was not run."""
    rows = list(statistics)
    if not any(row.method == FIRST for row in rows):
        return ()
    judged_steps = {step: _judged(rows, step) for step in MEANS.steps}
    together = [
        _verdict(kind, [step for name in kind.steps if (step := judged_steps[name]) is not None]) for kind in (RELATIONS, MEANS)
    ]
    return tuple(_of_enough(verdict, rows) for verdict in together)


# What is said of each item in pairs of groups, by several models.
_SIZES = ("loading_difference", "expected_score_bias")


def read(statistics: Iterable[Statistic]) -> list[Statistic]:
    """The rows with those on items once each, as they are read: beside the items that were set free, by the pair of groups."""
    rows = list(statistics)
    sizes = [
        replace(row, method=change.pair)
        for change in item_changes(rows)
        for row in (change.loading, change.shift)
        if row is not None
    ]
    return [*(row for row in rows if row.quantity not in _SIZES), *sizes]


def _of_enough(verdict: ComparisonVerdict, rows: Sequence[Statistic]) -> ComparisonVerdict:
    """The verdict, where every group has as many answers as are asked for."""
    sizes = {one.method: one.n for one in rows if one.quantity == "group_size" and "/" not in (one.method or "")}
    needed = 0 if verdict.criterion.sample is None else verdict.criterion.sample.per_group
    small = ", ".join(f"{group} {n}" for group, n in sizes.items() if n is not None and n < needed)
    return refused(verdict, str(Note(SMALL_GROUPS, small))) if small and verdict.state != "not_evaluated" else verdict


def _verdict(criterion: Comparison, steps: list[JudgedStep]) -> ComparisonVerdict:
    states = [state for state in _DECIDES if any(step.state == state for step in steps)]
    state: State = states[0] if states else "met"
    deciding = steps[-1] if state == "met" else next(step for step in steps if step.state == state)
    beside = dict.fromkeys(note for step in steps for note in step.notes)
    return ComparisonVerdict(
        criterion=criterion,
        statistic=deciding.shown,
        low=math.nan,
        high=math.nan,
        state=state,
        reason=deciding.reason,
        beside=None if state == "not_evaluated" else joined("judged_by_estimate", *beside),
        steps=tuple(steps),
        deciding=deciding,
    )


def _judged(rows: Sequence[Statistic], step: str) -> JudgedStep | None:
    """None for a step that says nothing new about the groups, with so few categories."""
    by_quantity = {row.quantity: row for row in rows if row.method == step}
    if "difference" in by_quantity and "step_restricts_nothing" in _parts(by_quantity["difference"]):
        return None
    # Robust indices estimate what normal complete items would have had, for which all rules were made.
    ending = "" if step == FIRST else "_change"
    names = [_first_known(by_quantity, f"{index}_robust{ending}", f"{index}_scaled{ending}") for index in ("cfi", "rmsea")]
    names.append(f"srmr{ending}")
    used = [by_quantity[name] if name in by_quantity else _lacking(by_quantity, name, step) for name in names]
    estimates = {row.quantity: row.estimate for row in used}
    if any("no_degrees_of_freedom" in _parts(row) for row in used):
        estimates = dict.fromkeys(estimates)  # what fits whatever the answers are shows nothing
    values = {index: change(estimates, row.quantity) for index, row in zip(INDICES, used, strict=True)}
    rules: tuple[tuple[str, State], ...]
    if step == FIRST:
        rules = tuple((rule.name, state) for rule, state in judge_fit(values))
    else:
        rules = tuple((verdict.rule.name, verdict.state) for verdict in judge_step(step, estimates))
    state = together(rule_state for _, rule_state in rules)
    reasons = [row.note or "not_computed" for row in used if math.isnan(values[row.quantity.partition("_")[0]])]
    notes = dict.fromkeys(part for row in used if row.estimate is not None for part in _parts(row))
    return JudgedStep(
        step=step,
        state=state,
        rules=rules,
        values=values,
        shown=used[0],
        rmsea=used[1].quantity,
        reason=reasons[0] if state == "not_evaluated" and reasons else None,
        notes=tuple(notes) if state != "not_evaluated" else (),
    )


def _first_known(by_quantity: dict[str, Statistic], *names: str) -> str:
    """The first quantity that has a value; else the last that is there, whose reason is the general one."""
    known = [name for name in names if name in by_quantity and not _unknown(by_quantity[name])]
    return known[0] if known else next((name for name in reversed(names) if name in by_quantity), names[-1])


def _lacking(by_quantity: dict[str, Statistic], quantity: str, step: str) -> Statistic:
    """A step that could not be fitted has no changes; the reason stands with its test."""
    for other in ("difference", "chi2_scaled"):
        if other in by_quantity and by_quantity[other].note:
            return Statistic(
                quantity=quantity, method=step, estimate=math.nan, n=by_quantity[other].n, note=by_quantity[other].note
            )
    return Statistic(quantity=quantity, method=step, estimate=math.nan, note="not_computed")


def _unknown(statistic: Statistic) -> bool:
    return statistic.estimate is None or math.isnan(statistic.estimate)


def _parts(statistic: Statistic) -> list[str]:
    return [str(note) for note in notes_in(statistic.note)]


def comparisons(view: View) -> list[ComparisonVerdict]:
    """Those among the verdicts of a report."""
    return [verdict for verdict in view.verdicts if isinstance(verdict, ComparisonVerdict)]
