"""Published rules on how well the first step must fit, and on how far fit may change when groups are held equal; they
disagree, and stand side by side.

Each was made from simulations of other models than the one at hand. A rule accepts a step when every change that it looks at is
within its limits; Chen (2007) rejects one when CFI falls too far and RMSEA or SRMR rises too far with it, and between the two
says nothing that is settled. The first step has none before it: COSMIN is content with one index on the good side of its
cut-off, Schermelleh-Engel et al. (2003) call fit acceptable when none is on the other side. No rule has an interval: an exact
test and the size of the bias in scale points say more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...core.criteria import Criterion, State
from ..factor.fit_systems import fit_systems

# Robust indices estimate what normal complete items would have had; of ordered answers only the scaled ones have changes.
_CFI = ("cfi_robust_change", "cfi_scaled_change")
_RMSEA = ("rmsea_robust_change", "rmsea_scaled_change")
_SRMR = ("srmr_change",)


# What a step holds equal; the ordinal steps first.
KIND = {
    "thresholds": "intercepts",
    "loadings": "loadings",
    "intercepts": "intercepts",
    "residuals": "residuals",
    "continuous/metric": "loadings",
    "continuous/scalar": "intercepts",
    "continuous/strict": "residuals",
    "fiml/metric": "loadings",
    "fiml/scalar": "intercepts",
    "fiml/strict": "residuals",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """CFI may fall by this much, RMSEA and SRMR rise; None where the rule does not look at it."""

    cfi: float
    rmsea: float | None = None
    srmr: float | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeRule:
    """limits by the kind of step; supplemented: the other indices count only beside CFI (Chen 2007); ordinal: for ordered
    answers or numbers alone, where the source says so. quoted: the source was not at hand, as in `criteria.Criterion`."""

    key: str
    name: str
    source: str
    limits: Mapping[str, Limits]
    supplemented: bool = False
    ordinal: bool | None = None
    quoted: bool = False

    def limits_of(self, step: str) -> Limits:
        return self.limits[KIND[step]]


_CHEN = Limits(cfi=0.010, rmsea=0.015, srmr=0.010)

RULES = (
    ChangeRule(
        key="chen",
        name="Chen (2007)",
        source="Chen (2007), Structural Equation Modeling 14, 464–504",
        limits={"loadings": Limits(cfi=0.010, rmsea=0.015, srmr=0.030), "intercepts": _CHEN, "residuals": _CHEN},
        supplemented=True,
    ),
    ChangeRule(
        key="cheung_rensvold",
        name="Cheung & Rensvold (2002)",
        source="Cheung & Rensvold (2002), Structural Equation Modeling 9, 233–255",
        limits=dict.fromkeys(("loadings", "intercepts", "residuals"), Limits(cfi=0.01)),
    ),
    ChangeRule(
        key="rutkowski_svetina_2014",
        name="Rutkowski & Svetina (2014)",
        source="Rutkowski & Svetina (2014), Educational and Psychological Measurement 74, 31–57",
        limits={"loadings": Limits(cfi=0.020, rmsea=0.030), "intercepts": Limits(cfi=0.010, rmsea=0.010)},
        ordinal=False,
        quoted=True,
    ),
    ChangeRule(
        key="rutkowski_svetina_2017",
        name="Rutkowski & Svetina (2017)",
        source="Rutkowski & Svetina (2017), Applied Measurement in Education 30, 39–51",
        limits={"loadings": Limits(cfi=0.004, rmsea=0.050), "intercepts": Limits(cfi=0.004, rmsea=0.010)},
        ordinal=True,
        quoted=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class FitRule:
    """criteria: one per index; one_is_enough: of them, else all are asked for."""

    key: str
    name: str
    source: str
    criteria: tuple[Criterion, ...]
    one_is_enough: bool


def _fit_rule(system: str, name: str, *, one_is_enough: bool) -> FitRule:
    """A system of cut-offs without TLI, which the ladder does not have."""
    criteria = tuple(criterion for criterion in fit_systems()[system] if criterion.quantity.partition("_")[0] in INDICES)
    return FitRule(key=system, name=name, source=criteria[0].source, criteria=criteria, one_is_enough=one_is_enough)


# Of the first step.
INDICES = ("cfi", "rmsea", "srmr")
FIT_RULES = (
    _fit_rule("cosmin", "COSMIN (2018)", one_is_enough=True),
    _fit_rule("acceptable", "Schermelleh-Engel et al. (2003)", one_is_enough=False),
)


@dataclass(frozen=True, kw_only=True)
class StepVerdict:
    """What a rule says of a step."""

    rule: ChangeRule
    step: str
    state: State


def change(changes: Mapping[str, float | None], *names: str) -> float:
    """The first of the changes that is known, else NaN."""
    for name in names:
        value = changes.get(name)
        if value is not None and not math.isnan(value):
            return value
    return math.nan


def judge_step(step: str, changes: Mapping[str, float | None]) -> tuple[StepVerdict, ...]:
    """Every rule on one step, given its `..._change` by quantity."""
    ordinal = "/" not in step
    cfi, rmsea, srmr = (change(changes, *names) for names in (_CFI, _RMSEA, _SRMR))
    judgements = []
    for rule in RULES:
        limits = rule.limits.get(KIND[step])
        if limits is None or rule.ordinal not in (None, ordinal) or (step == "thresholds" and rule.ordinal):
            continue
        judgements.append(StepVerdict(rule=rule, step=step, state=_state(rule, limits, cfi, rmsea, srmr)))
    return tuple(judgements)


def judge_fit(fit: Mapping[str, float]) -> tuple[tuple[FitRule, State], ...]:
    """Every rule on the first step, given its indices (NaN where one is not known)."""
    return tuple((rule, _state_of_fit(rule, fit)) for rule in FIT_RULES)


def _state_of_fit(rule: FitRule, fit: Mapping[str, float]) -> State:
    values = [(criterion, fit[criterion.quantity.partition("_")[0]]) for criterion in rule.criteria]
    known = [criterion.accepts(value) for criterion, value in values if not math.isnan(value)]
    decided = any(known) if rule.one_is_enough else not all(known)
    if len(known) < len(values) and not decided:
        return "not_evaluated"
    return "met" if (any(known) if rule.one_is_enough else all(known)) else "not_met"


def _state(rule: ChangeRule, limits: Limits, cfi: float, rmsea: float, srmr: float) -> State:
    others = [(value, limit) for value, limit in ((rmsea, limits.rmsea), (srmr, limits.srmr)) if limit is not None]
    if math.isnan(cfi) or any(math.isnan(value) for value, _ in others):
        return "not_evaluated"
    falls = cfi < -limits.cfi
    rises = [value > limit for value, limit in others]
    if not falls and not any(rises):
        return "met"
    if rule.supplemented:
        return "not_met" if falls and any(rises) else "inconclusive"
    return "not_met"


def together(states: Iterable[State]) -> State:
    """What the rules say together: met or not met where all that could be evaluated agree, else inconclusive."""
    known = {state for state in states if state != "not_evaluated"}
    if not known:
        return "not_evaluated"
    return known.pop() if len(known) == 1 else "inconclusive"
