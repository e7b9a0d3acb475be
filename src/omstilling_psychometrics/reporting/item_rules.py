"""What speaks against an item, role by role, and the one sentence that says it.

Three complaints that are easily taken for each other: *weak*, it does not go with the others, by coefficients that a ceiling
does not lower (polyserial correlation, Loevinger's H); *near its ceiling*, most answers are the highest, which lowers the plain
correlation of a good item too; *heavy with non-answers*, which says nothing of those who answer. Of forms that were compared
the one that has the item worse speaks for its wording there; that answers are only shifted speaks for none of the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..core.criteria import Verdict
from ..present.rows import Unit
from .form_changes import FormChange
from .item_evidence import ItemEvidence, Known

Mark = Literal["yes", "no", "open", "unknown"]
Decision = Literal["keep", "reword", "drop", "open", "unknown"]

_MARKS: dict[str, Mark] = {"not_met": "yes", "met": "no", "inconclusive": "open", "not_evaluated": "unknown"}


def mark(verdict: Verdict | None) -> Mark:
    """Is there a complaint?"""
    return "unknown" if verdict is None else _MARKS[verdict.state]


def any_of(marks: Iterable[Mark]) -> Mark:
    """One complaint is enough; what is not known settles nothing where something is."""
    found = set(marks)
    return next((one for one in ("yes", "open", "no") if one in found), "unknown")


@dataclass(frozen=True)
class JudgedItem:
    """One item in all roles."""

    evidence: ItemEvidence
    item: str

    def known(self, key: str, unit: Unit) -> Known | None:
        return self.evidence.known(key, self.item, unit)

    def mark(self, key: str, unit: Unit) -> Mark:
        """The complaint by one kind of evidence."""
        one = self.known(key, unit)
        return "unknown" if one is None else mark(one.verdict)

    def weak(self, unit: Unit) -> Mark:
        """Does it not go with the others, whatever its distribution?"""
        return any_of(self.mark(key, unit) for key in ("polyserial", "scalability"))

    def near_an_end(self, unit: Unit) -> Literal["highest", "lowest"] | None:
        """The end in which most answers are."""
        return next((end for end in ("highest", "lowest") if self.mark(end, unit) == "yes"), None)

    def main_reason(self, unit: Unit) -> str | None:
        """The reason that most of the non-answers give."""
        rates = {
            kind.method: one.row["estimate"]
            for kind in self.evidence.kinds
            if kind.key.startswith("unanswered_") and (one := self.known(kind.key, unit)) is not None and one.row["estimate"]
        }
        return max(rates, key=lambda reason: rates[reason]) if rates else None

    def overlapping(self, unit: Unit) -> list[str]:
        """Items that it goes with beyond what the scale explains."""
        pairs = [one for one in self.evidence.pairs(self.item, unit) if one.state == "not_met"]
        return [other for one in pairs for other in (one.statistic.item or "").split("~") if other != self.item]

    def sharing(self, unit: Unit) -> list[str]:
        """Items with which it shares something besides the factor, by the factor model."""
        return self.evidence.freed(self.item, unit)

    def in_forms(self, unit: Unit) -> FormChange | None:
        """What became of it from one form to another, where forms were compared."""
        return self.evidence.form_change(self.item, unit)

    @cached_property
    def between(self) -> Verdict | None:
        """What is said of its differential functioning between the groups compared."""
        return self.evidence.between(self.item)

    @cached_property
    def decision(self) -> Decision:
        """What the evidence speaks for."""
        units = self.evidence.units
        weak = [self.weak(unit) for unit in units]
        if "yes" in weak:
            return "drop"
        wording = [self.mark(key, unit) for key in ("unanswered", "form") for unit in units] + [mark(self.between)]
        if "yes" in wording or any(self.near_an_end(unit) or self.overlapping(unit) for unit in units):
            return "reword"
        if set(weak) <= {"unknown"}:
            return "unknown"
        return "open" if "open" in weak else "keep"


def sentence(judged: JudgedItem) -> str:
    """The item in one sentence, and what the evidence speaks for."""
    wording = judged.evidence.view.wording
    clauses = [*_goes_with_the_others(judged), *_at_an_end(judged), *_unanswered(judged), *_biased(judged)]
    clauses += [*_in_forms(judged), *_overlaps(judged)]
    return wording.text(
        "item_sentence",
        item=wording.item(judged.item),
        clauses="; ".join(clauses),
        decision=wording.text(f"item_speaks_{judged.decision}"),
    )


def _figures(judged: JudgedItem, told: dict[Unit, str]) -> str:
    """'employee, leader', with figures 'employee 12.3%', or figures alone where everybody is one group."""
    evidence, alone = judged.evidence, len(judged.evidence.units) < 2
    parts = [figure if alone else " ".join(filter(None, (evidence.name(unit), figure))) for unit, figure in told.items()]
    return ", ".join(part for part in parts if part)


def _among(judged: JudgedItem, told: dict[Unit, str]) -> str:
    """The same in brackets, behind a space."""
    figures = _figures(judged, told)
    return f" ({figures})" if figures else ""


def _goes_with_the_others(judged: JudgedItem) -> list[str]:
    text, units = judged.evidence.view.wording.text, judged.evidence.units
    marks = {unit: judged.weak(unit) for unit in units}
    clauses = []
    for told in ("no", "yes", "open", "unknown"):
        own = dict.fromkeys((unit for unit in units if marks[unit] == told), "")
        if own:
            clauses.append(text(f"item_weak_{told}") + (_among(judged, own) if len(own) < len(units) else ""))
    weaker = {
        unit: _shown(judged, "polyserial", unit)
        for unit in units
        if judged.mark("dropped", unit) == "yes" and marks[unit] == "no"
    }
    if weaker:
        limit = next((kind.criterion for kind in judged.evidence.kinds if kind.key == "polyserial"), None)
        if limit is None or limit.threshold is None or not all(weaker.values()):
            clauses.append(text("item_weaker") + _among(judged, dict.fromkeys(weaker, "")))
        else:
            asked = judged.evidence.view.wording.decimal(limit.threshold, 2)
            clauses.append(text("item_weaker_figures", figures=_figures(judged, weaker), limit=asked))
    return clauses


def _shown(judged: JudgedItem, key: str, unit: Unit) -> str:
    one = judged.known(key, unit)
    return "" if one is None else judged.evidence.view.wording.number(one.row["quantity"], one.row["estimate"])


def _at_an_end(judged: JudgedItem) -> list[str]:
    clauses = []
    for end in ("highest", "lowest"):
        units = [unit for unit in judged.evidence.units if judged.near_an_end(unit) == end]
        only = {unit: _shown(judged, end, unit) for unit in units if judged.weak(unit) == "no"}
        besides = {unit: _shown(judged, end, unit) for unit in units if unit not in only}
        for key, own in ((f"item_only_{end}", only), (f"item_{end}", besides)):
            if own:
                clauses.append(judged.evidence.view.wording.text(key) + _among(judged, own))
    return clauses


def _unanswered(judged: JudgedItem) -> list[str]:
    wording = judged.evidence.view.wording
    by_reason: dict[str, dict[Unit, str]] = {}
    for unit in judged.evidence.units:
        if judged.mark("unanswered", unit) == "yes" and (reason := judged.main_reason(unit)) is not None:
            by_reason.setdefault(reason, {})[unit] = _shown(judged, "unanswered", unit)
    return [
        wording.text("item_unanswered", reason=wording.reason(reason)) + _among(judged, own)
        for reason, own in by_reason.items()
    ]


def _biased(judged: JudgedItem) -> list[str]:
    """By how much it is answered otherwise, in roles whose test set it free."""
    wording, clauses = judged.evidence.view.wording, []
    for one in judged.evidence.changes:
        biased = judged.evidence.known("bias", judged.item, (one.pair.partition("~")[0], None))
        if one.item != judged.item or biased is None or not one.set_free or biased.bounds is None:
            continue
        low, high = biased.bounds
        if low > 0 or high < 0:
            size = wording.number("expected_score_bias", abs(biased.row["estimate"]))
            key = "item_biased_up" if low > 0 else "item_biased_down"
            role, first = one.pair.split("~")
            clauses.append(wording.text(key, size=size, role=wording.role(role), first=wording.role(first)))
    return clauses


def _in_forms(judged: JudgedItem) -> list[str]:
    """The form that has it worse, or in which it is only shifted."""
    wording = judged.evidence.view.wording
    by_clause: dict[str, dict[Unit, str]] = {}
    for unit in judged.evidence.units:
        one = judged.in_forms(unit)
        if one is None:
            continue
        form, other = (wording.level("form", value) for value in one.forms)
        if one.worse_in is not None and one.loading is not None:
            key, size = "item_worse_in_form", wording.number("loading_difference", one.loading.estimate)
        elif one.change.change == "shifted" and one.change.shift is not None:
            by = one.change.shift.estimate or 0.0
            key = f"item_shifted_{'up' if by > 0 else 'down'}_in_form"
            size = wording.number("expected_score_bias", abs(by))
        else:
            continue
        by_clause.setdefault(wording.text(key, form=form, other=other), {})[unit] = size
    # Where forms have columns of their own the clause names them already.
    alone = {group for _, group in judged.evidence.units} != {None}
    return [
        f"{clause} ({', '.join(sizes.values()) if alone else _figures(judged, sizes)})" for clause, sizes in by_clause.items()
    ]


def _overlaps(judged: JudgedItem) -> list[str]:
    wording = judged.evidence.view.wording
    by_item: dict[str, dict[Unit, str]] = {}
    for unit in judged.evidence.units:
        for other in judged.overlapping(unit):
            by_item.setdefault(other, {})[unit] = ""
    return [wording.text("item_overlaps", other=wording.item(other)) + _among(judged, own) for other, own in by_item.items()]
