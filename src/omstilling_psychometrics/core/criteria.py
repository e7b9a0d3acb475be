"""Published cut-offs and the four-state verdict: met, not met, inconclusive, could not be evaluated.

A criterion is met when the whole confidence interval lies on its good side, not met when the whole interval lies on the other
side, inconclusive when the threshold is inside, and could not be evaluated when there is no estimate, no interval, no answer
to what it presupposes, or fewer answers than its source asks for. What is met for the sole reason that something more basic
fails (an alpha that is not too high, being near zero) is not shown as met. Where a statistic has no interval that could be
judged the estimate alone decides, and the verdict says so. Systems that disagree stand side by side; none of them is a
property of the scale.

That a difference is too small to matter is a criterion too, whose margin nobody can publish: it is declared for a study before
the comparison, and without it nothing could be evaluated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeVar

import msgspec

from .note import Note, joined, notes_in, without
from .registry import ANALYSES, files
from .results import Statistic

State = Literal["met", "not_met", "inconclusive", "not_evaluated"]

# The method of a row that compares two groups: `b~a`.
_PAIR = re.compile(r"[^/~]+~[^/~]+")

# The note of a row about groups that are smaller than its source asks for.
SMALL_GROUPS = "small_groups"

# One violation is enough, and what was not looked at may hide one.
WORST_FIRST: tuple[State, ...] = ("not_met", "inconclusive", "not_evaluated", "met")


@dataclass(frozen=True, kw_only=True)
class SampleSize:
    """What a source takes for enough: so many answers, so many for every item, so many in every group that is compared, where
    the row itself says which groups have fewer."""

    source: str
    answers: int = 0
    per_item: int = 0
    per_group: int = 0
    quoted: bool = False

    def needed(self, items: int) -> int:
        """Answers."""
        return max(self.answers, self.per_item * items)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One cut-off: `quantity` (and `method`) of `analysis` should be at least, at most, or within `threshold` of 0.

    strict: the source says more than, or less than. lacking: the note that says why there is no threshold.
    quoted: the source was not at hand, and the cut-off is what others say that it says. presupposes: keys of criteria one of
    which must be met in the same role before this one means anything. every: it asks something of all items or pairs
    together, so that the worst of them speaks for all. by_estimate: the statistic has no interval, and its source judges the
    number itself. between: it compares the groups, and its verdict belongs to none of them. rests_on: keys of more basic
    criteria; where the numbers of all these fail in a role, this one would be met for that alone. sample: how many answers its
    source asks for. declared: the number of the study file that is its threshold. pairs: it speaks of two groups that are
    compared, whichever they are.
    """

    key: str
    analysis: str
    quantity: str
    method: str | None = None
    side: Literal["at_least", "at_most", "within"]
    threshold: float | None = None
    source: str
    strict: bool = False
    lacking: str | None = None
    quoted: bool = False
    presupposes: tuple[str, ...] = ()
    every: bool = False
    by_estimate: bool = False
    between: bool = False
    rests_on: tuple[str, ...] = ()
    sample: SampleSize | None = None
    declared: str | None = None
    pairs: bool = False

    @property
    def sign(self) -> str:
        """Before the threshold."""
        if self.side == "within":
            return "\N{PLUS-MINUS SIGN}"
        return {("at_least", False): "≥", ("at_least", True): ">", ("at_most", False): "≤", ("at_most", True): "<"}[
            self.side, self.strict
        ]

    @property
    def short_source(self) -> str:
        """Who says so, up to the year."""
        return re.sub(r"(?<=\(\d{4}\)).*", "", self.source)

    def speaks_of(self, statistic: Statistic) -> bool:
        """Is it about this row of its analysis?"""
        if statistic.quantity != self.quantity:
            return False
        return _PAIR.fullmatch(statistic.method or "") is not None if self.pairs else statistic.method == self.method

    def state(self, low: float, high: float) -> State:
        """Of an interval."""
        accepted = self.accepts(low), self.accepts(high)
        # Wider than what is accepted on both sides.
        around = self.side == "within" and low < 0 < high
        return "met" if all(accepted) else "inconclusive" if any(accepted) or around else "not_met"

    def better_by(self, value: float) -> float:
        """By how much a value is on the good side; negative on the other."""
        if self.side == "within":
            return (math.nan if self.threshold is None else self.threshold) - abs(value)
        distance = value - (math.nan if self.threshold is None else self.threshold)
        return distance if self.side == "at_least" else -distance

    def accepts(self, value: float) -> bool:
        """At the threshold itself a strict criterion is not met."""
        better = self.better_by(value)
        return better > 0 or (better == 0 and not self.strict)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a criterion says of one statistic; `reason` is the note that says why it could not be evaluated, `beside` notes
    that must be read with a verdict that was given."""

    criterion: Criterion
    statistic: Statistic
    low: float
    high: float
    state: State
    reason: str | None = None
    beside: str | None = None


V = TypeVar("V", bound=Verdict)


class _File(msgspec.Struct, frozen=True):
    """criteria.toml of a topic; what else is in it is the topic's own."""

    criteria: tuple[Criterion, ...] = ()
    described: tuple[Criterion, ...] = ()


@cache
def _files() -> tuple[_File, ...]:
    return tuple(msgspec.toml.decode(source.read_bytes(), type=_File) for source in files("criteria.toml"))


@cache
def criteria() -> tuple[Criterion, ...]:
    """Every published cut-off, in the order of the analyses."""
    places = list(ANALYSES)
    cut_offs = [criterion for file in _files() for criterion in file.criteria]
    return tuple(sorted(cut_offs, key=lambda criterion: places.index(criterion.analysis)))


@cache
def described() -> tuple[Criterion, ...]:
    """Cut-offs that describe and judge no scale: those of an item stand on its page, and none in a list of verdicts."""
    return tuple(criterion for file in _files() for criterion in file.described)


def cut_off(key: str) -> Criterion:
    """The cut-off of this key."""
    return next(criterion for criterion in (*criteria(), *described()) if criterion.key == key)


def threshold(key: str) -> float:
    """The number of the cut-off of this key; NaN where nobody gives one."""
    number = cut_off(key).threshold
    return math.nan if number is None else number


def judge(criterion: Criterion, statistic: Statistic, level: float = 0.95) -> Verdict:
    """The verdict of one criterion on one statistic, from its confidence interval."""
    low, high = statistic.confidence_interval(level)
    state: State
    reason = beside = None
    if statistic.estimate is None or math.isnan(statistic.estimate):
        state, reason = "not_evaluated", statistic.note or "not_computed"
    elif criterion.threshold is None:
        state, reason = "not_evaluated", criterion.lacking
    elif criterion.by_estimate:
        state = "met" if criterion.accepts(statistic.estimate) else "not_met"
        # That its test ignores clusters says nothing of an estimate.
        beside = joined("judged_by_estimate", without(statistic.note, ["clusters_ignored"]))
    elif math.isnan(low) or math.isnan(high):
        state, reason = "not_evaluated", statistic.note or "no_interval"
    else:
        state = criterion.state(low, high)
    return Verdict(criterion=criterion, statistic=statistic, low=low, high=high, state=state, reason=reason, beside=beside)


def verdicts(
    statistics: Mapping[str, Iterable[Statistic]],
    judged_by: Iterable[Criterion] | None = None,
    level: float = 0.95,
    *,
    items: int = 0,
) -> tuple[Verdict, ...]:
    """Every criterion, or these, on every statistic it speaks of; statistics by analysis. What was not run has no verdict.

    items: of the scale.
    """
    plain = {
        criterion: [
            judge(criterion, statistic, level)
            for statistic in statistics.get(criterion.analysis, ())
            if criterion.speaks_of(statistic)
        ]
        for criterion in (criteria() if judged_by is None else judged_by)
    }
    basic = [verdict for judged in plain.values() for verdict in judged]
    given: list[Verdict] = []
    for criterion, judged in plain.items():
        named = [qualified(verdict, basic, given, items=items) for verdict in judged]
        given += _worst(named) if criterion.every else named
    return tuple(given)


def qualified(verdict: Verdict, basic: Iterable[Verdict], given: Iterable[Verdict], *, items: int) -> Verdict:
    """The verdict, where there are enough answers for it, what it rests on does not fail, and what it presupposes was given."""
    enough = _with_enough(verdict, items)
    return _with_presuppositions(resting(enough, basic), given)


def refused(verdict: V, reason: str) -> V:
    """The same number, which could not be evaluated."""
    return replace(verdict, state="not_evaluated", reason=reason, beside=None)


def _with_enough(verdict: Verdict, items: int) -> Verdict:
    sample, statistic = verdict.criterion.sample, verdict.statistic
    if sample is None or verdict.state == "not_evaluated":
        return verdict
    small = next((note for note in notes_in(statistic.note) if note.key == SMALL_GROUPS), None) if sample.per_group else None
    needed = sample.needed(items)
    few = statistic.n is not None and statistic.n < needed
    reason = small or (Note("fewer_than_asked_for", f"{statistic.n} < {needed}") if few else None)
    return refused(verdict, str(reason)) if reason else verdict


def resting(verdict: V, others: Iterable[Verdict]) -> V:
    """The verdict, unless it is met for the sole reason that what it rests on fails; of one between groups in any of them."""
    if verdict.state != "met" or not verdict.criterion.rests_on:
        return verdict
    failing: dict[tuple[str, str | None], list[bool]] = {}
    for other in others:
        estimate = other.statistic.estimate
        if other.criterion.key in verdict.criterion.rests_on and estimate is not None and not math.isnan(estimate):
            unit = (other.statistic.role, other.statistic.group)
            if verdict.criterion.between or unit == (verdict.statistic.role, verdict.statistic.group):
                failing.setdefault(unit, []).append(not other.criterion.accepts(estimate))
    return refused(verdict, "rests_on_what_fails") if any(all(fails) for fails in failing.values()) else verdict


def _worst(verdicts: list[Verdict]) -> list[Verdict]:
    """Of every role and group the worst verdict; among equals the one nearest to the other side, or beyond it."""
    kept: dict[tuple[str, str | None], Verdict] = {}
    for verdict in sorted(verdicts, key=_badness):
        kept.setdefault((verdict.statistic.role, verdict.statistic.group), verdict)
    order = list(dict.fromkeys((verdict.statistic.role, verdict.statistic.group) for verdict in verdicts))
    return [kept[unit] for unit in order]


def _badness(verdict: Verdict) -> tuple[int, float]:
    """Smallest for the worst."""
    estimate = verdict.statistic.estimate
    unknown = estimate is None or math.isnan(estimate) or verdict.criterion.threshold is None
    return WORST_FIRST.index(verdict.state), 0.0 if unknown else verdict.criterion.better_by(estimate or 0.0)


def _with_presuppositions(verdict: Verdict, given: Iterable[Verdict]) -> Verdict:
    """The verdict, if one of the criteria that it presupposes is met in the same role."""
    needed = verdict.criterion.presupposes
    if not needed or verdict.state == "not_evaluated":
        return verdict
    where = (verdict.statistic.role, verdict.statistic.group)
    states = {
        other.state
        for other in given
        if other.criterion.key in needed and (other.statistic.role, other.statistic.group) == where
    }
    return verdict if "met" in states else refused(verdict, "structural_validity_not_shown")
