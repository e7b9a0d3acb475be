"""Published cut-offs and the four-state verdict: met, not met, inconclusive, could not be evaluated.

A criterion is met when the whole confidence interval lies on its good side, not met when the whole interval lies on the
other side, inconclusive when the threshold is inside, and could not be evaluated when there is no estimate, no interval or
no answer to what it presupposes. Where a statistic has no interval that could be judged the estimate alone decides, and the
verdict says so. Systems that disagree stand side by side; none of them is a property of the scale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .results import Statistic

State = Literal["met", "not_met", "inconclusive", "not_evaluated"]

# Pairs of items that share something besides the factor: the level of their tests, by Holm over all pairs of a role, and the
# residual correlation, in size, from which COSMIN (table 1) sees items as dependent.
PAIR_LEVEL, PAIR_MATTERS = 0.05, 0.20

# One violation is enough, and what was not looked at may hide one.
WORST_FIRST: tuple[State, ...] = ("not_met", "inconclusive", "not_evaluated", "met")


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One cut-off: `quantity` (and `method`) of `analysis` should be at least, or at most, `threshold`.

    strict: the source says more than, or less than. lacking: the note that says for want of what there is no threshold.
    quoted: the source was not at hand, and the cut-off is what others say that it says. presupposes: keys of criteria one of
    which must be met in the same role before this one means anything. every: it asks something of all items or pairs
    together, so that the worst of them speaks for all. by_estimate: the statistic has no interval, and its source judges the
    number itself. between: it compares the groups, and its verdict belongs to none of them.
    """

    key: str
    analysis: str
    quantity: str
    method: str | None = None
    side: Literal["at_least", "at_most"]
    threshold: float | None
    source: str
    strict: bool = False
    lacking: str | None = None
    quoted: bool = False
    presupposes: tuple[str, ...] = ()
    every: bool = False
    by_estimate: bool = False
    between: bool = False

    @property
    def sign(self) -> str:
        """Before the threshold."""
        return {("at_least", False): "≥", ("at_least", True): ">", ("at_most", False): "≤", ("at_most", True): "<"}[
            self.side, self.strict
        ]

    @property
    def short_source(self) -> str:
        """Who says so, up to the year."""
        return re.sub(r"(?<=\(\d{4}\)).*", "", self.source)

    def better_by(self, value: float) -> float:
        """By how much a value is on the good side; negative on the other."""
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


_COSMIN = "COSMIN: Prinsen et al. (2018), Qual Life Res 27, 1147–1157, table 1"
_AGGREGATION = "LeBreton & Senter (2008), Organizational Research Methods 11, 815–852"
_TERWEE = "Terwee et al. (2007), J Clin Epidemiol 60, 34–42"
_COTAN = "COTAN: Evers (2001), Int J Testing 1, 155–182"
_STRUCTURE = ("cosmin_cfi", "cosmin_tli", "cosmin_rmsea", "cosmin_srmr")

CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        key="cosmin_cfi",
        analysis="cfa",
        quantity="cfi_robust",
        method="WLSMV",
        side="at_least",
        threshold=0.95,
        source=_COSMIN,
        strict=True,
    ),
    Criterion(
        key="cosmin_tli",
        analysis="cfa",
        quantity="tli_robust",
        method="WLSMV",
        side="at_least",
        threshold=0.95,
        source=_COSMIN,
        strict=True,
    ),
    Criterion(
        key="cosmin_rmsea",
        analysis="cfa",
        quantity="rmsea_robust",
        method="WLSMV",
        side="at_most",
        threshold=0.06,
        source=_COSMIN,
        strict=True,
    ),
    Criterion(
        key="cosmin_srmr",
        analysis="cfa",
        quantity="srmr_unbiased",
        method="WLSMV",
        side="at_most",
        threshold=0.08,
        source=_COSMIN,
        strict=True,
    ),
    *(
        Criterion(
            key=f"dynamic_{index.partition('_')[0]}",
            analysis="dynamic_cutoffs",
            quantity="dynamic_level",
            method=f"WLSMV/{index}",
            side="at_most",
            threshold=0.0,
            source="McNeish & Wolf (2023), Behav Res Methods 55, 1157–1174",
        )
        for index in ("cfi_robust", "rmsea_robust", "srmr")
    ),
    Criterion(
        key="cosmin_alpha",
        analysis="reliability",
        quantity="alpha",
        method="listwise",
        side="at_least",
        threshold=0.70,
        source=_COSMIN,
        presupposes=_STRUCTURE,
    ),
    # Systems that ask something else of the same coefficient.
    Criterion(
        key="terwee_alpha",
        analysis="reliability",
        quantity="alpha",
        method="listwise",
        side="at_most",
        threshold=0.95,
        source=_TERWEE,
        quoted=True,
    ),
    Criterion(
        key="efpa_good",
        analysis="reliability",
        quantity="alpha",
        method="listwise",
        side="at_least",
        threshold=0.80,
        source="EFPA (2013), Review Model for the Description and Evaluation of Psychological Tests, version 4.2.6",
        quoted=True,
    ),
    Criterion(
        key="cotan_groups",
        analysis="reliability",
        quantity="alpha",
        method="listwise",
        side="at_least",
        threshold=0.70,
        source=_COTAN,
        quoted=True,
    ),
    Criterion(
        key="cotan_individuals",
        analysis="reliability",
        quantity="alpha",
        method="listwise",
        side="at_least",
        threshold=0.90,
        source=_COTAN,
        quoted=True,
    ),
    Criterion(
        key="cosmin_measurement_error",
        analysis="reliability",
        quantity="smallest_detectable_change",
        side="at_most",
        threshold=None,
        source=_COSMIN,
        strict=True,
        lacking="no_minimal_important_change",
    ),
    Criterion(
        key="cosmin_q3",
        analysis="irt",
        quantity="q3",
        method="graded",
        side="at_most",
        threshold=0.37,
        source=_COSMIN,
        strict=True,
        every=True,
    ),
    Criterion(
        key="cosmin_item_scalability",
        analysis="mokken",
        quantity="h_item",
        method="listwise",
        side="at_least",
        threshold=0.30,
        source=_COSMIN,
        strict=True,
    ),
    Criterion(
        key="mokken_scale",
        analysis="mokken",
        quantity="h",
        method="listwise",
        side="at_least",
        threshold=0.30,
        source="Mokken (1971), A Theory and Procedure of Scale Analysis",
    ),
    Criterion(
        key="icc1",
        analysis="multilevel",
        quantity="icc1",
        method="reml",
        side="at_least",
        threshold=0.10,
        source=_AGGREGATION,
        quoted=True,
    ),
    Criterion(
        key="icc2",
        analysis="multilevel",
        quantity="icc2",
        method="reml",
        side="at_least",
        threshold=0.70,
        source=_AGGREGATION,
        quoted=True,
    ),
    *(
        Criterion(
            key=f"rwg_j_{null}",
            analysis="multilevel",
            quantity="rwg_j",
            method=null,
            side="at_least",
            threshold=0.71,
            source=_AGGREGATION,
            quoted=True,
        )
        for null in ("uniform", "slight_skew")
    ),
    Criterion(
        key="item_rest",
        analysis="items",
        quantity="item_rest_correlation",
        side="at_least",
        threshold=0.30,
        source="Nunnally & Bernstein (1994), Psychometric Theory",
        quoted=True,
    ),
    Criterion(
        key="scale_floor",
        analysis="items",
        quantity="scale_floor",
        side="at_most",
        threshold=0.15,
        source=_TERWEE,
        quoted=True,
    ),
    Criterion(
        key="scale_ceiling",
        analysis="items",
        quantity="scale_ceiling",
        side="at_most",
        threshold=0.15,
        source=_TERWEE,
        quoted=True,
    ),
    Criterion(
        key="cosmin_dif",
        analysis="dif",
        quantity="total",
        side="at_most",
        threshold=0.02,
        source=_COSMIN,
        strict=True,
        every=True,
        by_estimate=True,
        between=True,
    ),
)


def fixed_cutoffs() -> dict[str, float]:
    """COSMIN's cut-offs of fit (Hu & Bentler's are the same numbers), by the name of the index without a variant."""
    own = [one for one in CRITERIA if one.key in _STRUCTURE]
    return {one.quantity.partition("_")[0]: one.threshold for one in own if one.threshold is not None}


def _fit(system: str, source: str, cfi: float, tli: float, rmsea: float, srmr: float, *, strict: bool) -> tuple[Criterion, ...]:
    cuts: tuple[tuple[str, Literal["at_least", "at_most"], float], ...] = (
        ("cfi_robust", "at_least", cfi), ("tli_robust", "at_least", tli),
        ("rmsea_robust", "at_most", rmsea), ("srmr_unbiased", "at_most", srmr),
    )  # fmt: skip
    return tuple(
        Criterion(
            key=f"{system}_{quantity}", analysis="cfa", quantity=quantity, method="WLSMV", side=side, threshold=threshold,
            source=source, strict=strict,
        )
        for quantity, side, threshold in cuts
    )  # fmt: skip


_SCHERMELLEH_ENGEL = "Schermelleh-Engel, Moosbrugger & Müller (2003), Methods Psychol Res Online 8(2), 23–74"
# Systems of fixed cut-offs for one model, to stand side by side; each has the same four indices. COSMIN has the numbers of Hu &
# Bentler, but does not accept the number itself.
FIT_SYSTEMS: dict[str, tuple[Criterion, ...]] = {
    "cosmin": tuple(one for one in CRITERIA if one.key in _STRUCTURE),
    "hu_bentler": _fit(
        "hu_bentler", "Hu & Bentler (1999), Struct Equ Modeling 6, 1–55",
        cfi=0.95, tli=0.95, rmsea=0.06, srmr=0.08, strict=False,
    ),
    "acceptable": _fit("acceptable", _SCHERMELLEH_ENGEL, cfi=0.95, tli=0.95, rmsea=0.08, srmr=0.10, strict=False),
    "good": _fit("good", _SCHERMELLEH_ENGEL, cfi=0.97, tli=0.97, rmsea=0.05, srmr=0.05, strict=False),
}  # fmt: skip


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
        beside = "; ".join(["judged_by_estimate", *_of_the_estimate(statistic.note)])
    elif math.isnan(low) or math.isnan(high):
        state, reason = "not_evaluated", statistic.note or "no_interval"
    else:
        accepted = criterion.accepts(low), criterion.accepts(high)
        state = "met" if all(accepted) else "inconclusive" if any(accepted) else "not_met"
    return Verdict(criterion=criterion, statistic=statistic, low=low, high=high, state=state, reason=reason, beside=beside)


def _of_the_estimate(note: str | None) -> list[str]:
    """The parts of a note without those that are about its test."""
    return [part for part in (note.split("; ") if note else []) if part != "clusters_ignored"]


def verdicts(
    statistics: dict[str, Iterable[Statistic]], criteria: Iterable[Criterion] = CRITERIA, level: float = 0.95
) -> tuple[Verdict, ...]:
    """Every criterion on every statistic it speaks of; statistics by analysis. What was not run has no verdict."""
    given: list[Verdict] = []
    for criterion in criteria:
        own = [
            _with_presuppositions(judge(criterion, statistic, level), given)
            for statistic in statistics.get(criterion.analysis, ())
            if (statistic.quantity, statistic.method) == (criterion.quantity, criterion.method)
        ]
        given += _worst(own) if criterion.every else own
    return tuple(given)


def _worst(verdicts: list[Verdict]) -> list[Verdict]:
    """Of every role and group the worst verdict; among equals the one nearest to the other side, or beyond it."""
    kept: dict[tuple[str, str | None], Verdict] = {}
    for one in sorted(verdicts, key=_badness):
        kept.setdefault((one.statistic.role, one.statistic.group), one)
    order = list(dict.fromkeys((one.statistic.role, one.statistic.group) for one in verdicts))
    return [kept[unit] for unit in order]


def _badness(verdict: Verdict) -> tuple[int, float]:
    """Smallest for the worst."""
    estimate = verdict.statistic.estimate
    unknown = estimate is None or math.isnan(estimate) or verdict.criterion.threshold is None
    return WORST_FIRST.index(verdict.state), 0.0 if unknown else verdict.criterion.better_by(estimate or 0.0)


def _with_presuppositions(verdict: Verdict, given: list[Verdict]) -> Verdict:
    needed = verdict.criterion.presupposes
    if not needed or verdict.state == "not_evaluated":
        return verdict
    where = (verdict.statistic.role, verdict.statistic.group)
    states = {one.state for one in given if one.criterion.key in needed and (one.statistic.role, one.statistic.group) == where}
    if "met" in states:
        return verdict
    return Verdict(
        criterion=verdict.criterion,
        statistic=verdict.statistic,
        low=verdict.low,
        high=verdict.high,
        state="not_evaluated",
        reason="structural_validity_not_shown",
    )
