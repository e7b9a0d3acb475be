"""The first page: may the items be one score, in each role, and what was found, in one sentence each."""

from __future__ import annotations

from dataclasses import replace

from ..core.criteria import WORST_FIRST, Verdict, cut_off
from ..core.registry import ANALYSES
from ..present import rows as find
from ..present.blocks import Block, Cell, Details, Finding, Findings, Heading, Paragraph, Section, State, Table
from ..present.item_direction import in_words, opposed
from ..present.rows import Unit
from ..present.tables import head_cell
from ..present.view import View
from ..topics.reliability.recommendation import recommended, to_print
from .closing import about_what, criterion_source, criterion_words, observed
from .evidence import findings, question

Told = tuple[str, list[Finding]]

# Of COSMIN: how precise, and what has to be shown before that means anything.
_PRECISION = cut_off("cosmin_alpha")
_STRUCTURE = _PRECISION.presupposes


def first_page(view: View) -> Section:
    """The answers, the verdicts at a glance, and what was found."""
    wording, about = view.wording, view.wording.text("summary_title")
    decisive, others = found(view)
    table = matrix(view)
    blocks: list[Block] = [
        Heading(text=wording.text("summary_question", k=len(view.answers.items))),
        Findings(about=about, findings=answers(view), boxed=True),
        *([] if table is None else [table]),
        *_told(decisive),
    ]
    if others:
        blocks.append(Details(summary=wording.text("more_findings"), blocks=_told(others)))
    return Section(key="summary", title=about, blocks=[*blocks, Paragraph(text=wording.text("summary_remark"), tone="remark")])


def _told(told: list[Told]) -> list[Block]:
    return [block for about, one in told for block in (Heading(text=about), Findings(about=about, findings=one))]


def answers(view: View) -> list[Finding]:
    """Per role: may the items be averaged? From structure and reliability, in that order."""
    units = find.units([*view.of("reliability"), *view.of("cfa"), *view.of("items")])
    return [_answer(view, unit) for unit in units]


def _states(view: View, unit: Unit, keys: tuple[str, ...]) -> list[State]:
    return [
        verdict.state
        for verdict in view.verdicts
        if verdict.criterion.key in keys and (verdict.statistic.role, verdict.statistic.group) == unit
    ]


def _answer(view: View, unit: Unit) -> Finding:
    alpha = find.one(find.of(view.of("reliability"), unit), quantity="alpha", method="listwise")
    structure = _states(view, unit, _STRUCTURE)
    figures: dict[str, object] = {"k": len(view.answers.items), "met": structure.count("met"), "of": len(structure)}

    def said(key: str, state: State, anchor: str) -> Finding:
        found = recommended(view, unit) if "alpha" in figures else None
        printed = [to_print(view, found)] if found is not None and found.row["quantity"] != "alpha" else []
        text = " ".join([*in_words(view, unit), view.wording.text(key, **figures), *printed])
        return Finding(unit=view.unit_title(unit), text=text, anchor=anchor, state=state)

    if alpha is not None and alpha["note"] == "suppressed":
        return said("answer_suppressed", "not_evaluated", "verdicts")
    if alpha is None or alpha["estimate"] is None:
        return said("answer_no_reliability", "not_evaluated", "reliability")
    if opposed(view, unit):
        # What a scale measures, and how precisely, is no question before all its items run the same way.
        return Finding(unit=view.unit_title(unit), text=" ".join(in_words(view, unit)), anchor="items", state="not_met")
    figures["alpha"] = view.wording.decimal(alpha["estimate"], 2)
    figures["low"], figures["high"] = (view.wording.decimal(alpha[bound], 2) for bound in ("conf_low", "conf_high"))
    if not structure:
        return said("answer_structure_not_examined", "not_evaluated", "reliability")
    if "met" in structure:
        figures["cut"] = view.wording.decimal(_PRECISION.threshold, 2)
        precise = _states(view, unit, (_PRECISION.key,))
        state: State = precise[0] if precise else "not_evaluated"
        return said(f"answer_{state}", state, "cfa")
    if set(structure) == {"not_evaluated"}:
        return said("answer_structure_not_evaluated", "not_evaluated", "cfa")
    state = "not_met" if set(structure) <= {"not_met", "not_evaluated"} else "inconclusive"
    return said(f"answer_structure_{state}", state, "cfa")


def matrix(view: View) -> Table | None:
    """Criteria by units with the verdicts in words; those about items as how many meet them. What compares the units has one
    cell over all of them."""
    given = view.verdicts
    if not given:
        return None
    wording = view.wording
    units = list(dict.fromkeys(view.judged(verdict) for verdict in given if not verdict.criterion.between))
    units = units or [wording.text("between_groups")]
    criteria = list(dict.fromkeys(verdict.criterion for verdict in given))
    head = [
        [
            head_cell(wording.text("criterion_heading"), number=False),
            *(head_cell(unit, number=False) for unit in units),
        ]
    ]
    body = []
    for criterion in criteria:
        line = [Cell(text=criterion_words(view, criterion), scope="row", detail=criterion_source(view, criterion, short=True))]
        of_criterion = [verdict for verdict in given if verdict.criterion == criterion]
        if criterion.between:
            line.append(replace(_verdict_cell(view, of_criterion), columns=len(units)))
        else:
            line += [
                _verdict_cell(view, [verdict for verdict in of_criterion if view.judged(verdict) == unit]) for unit in units
            ]
        body.append(line)
    remark = [wording.text("matrix_remark")]
    if any(criterion.between for criterion in criteria):
        remark.append(wording.text("matrix_between"))
    return Table(caption=wording.text("matrix_caption"), head=head, body=body, remark=" ".join(remark))


def _verdict_cell(view: View, of_unit: list[Verdict]) -> Cell:
    if not of_unit:
        return Cell(text="–")
    if len(of_unit) == 1:
        return Cell(
            text=view.wording.text(f"state_{of_unit[0].state}"),
            state=of_unit[0].state,
            detail=_observed(view, of_unit[0]),
        )
    states = [verdict.state for verdict in of_unit]
    worst = next(state for state in WORST_FIRST if state in states)
    return Cell(text=view.wording.text("items_met", met=states.count("met"), of=len(states)), state=worst)


def _observed(view: View, verdict: Verdict) -> str:
    """What was judged, with its interval, and why it could not be if so."""
    wording, quantity = view.wording, verdict.criterion.quantity
    parts = [observed(view, verdict), wording.interval(quantity, verdict.low, verdict.high)]
    seen = " ".join(part for part in parts if part)
    if verdict.criterion.between:
        about = ", ".join(part for part in (view.judged(verdict), about_what(view, verdict)) if part)
        seen = f"{about}: {seen}"
    if quantity == "dynamic_level":
        seen = f"{wording.text('dynamic_reached_heading')} {seen}"  # the number alone would pass for the index
    return "; ".join(part for part in (seen, wording.note(verdict.reason) if verdict.reason else "") if part)


def found(view: View) -> tuple[list[Told], list[Told]]:
    """(question, findings) of the analyses that say something in a sentence: those that decide, then the others."""
    by_analysis = dict(findings(view))
    rank = {analysis: ANALYSES[analysis].first_page for analysis in by_analysis}
    first = sorted(
        (analysis for analysis in by_analysis if rank[analysis] is not None), key=lambda analysis: rank[analysis] or 0
    )
    rest = [analysis for analysis in by_analysis if rank[analysis] is None]
    return _asked(view, by_analysis, first), _asked(view, by_analysis, rest)


def _asked(view: View, by_analysis: dict[str, list[Finding]], analyses: list[str]) -> list[Told]:
    return [(question(view, analysis), by_analysis[analysis]) for analysis in analyses]
