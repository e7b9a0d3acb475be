"""Published criteria by role with their verdicts: at a glance for the terminal, and for the pages that rest on some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.criteria import WORST_FIRST, Verdict
from ..present.blocks import Cell, Table
from ..present.tables import head_cell
from ..present.view import View
from .closing import about_what, criterion_source, criterion_words, observed


def matrix(view: View, keys: Sequence[str] | None = None) -> Table | None:
    """Criteria by units with the verdicts in words; those about items as how many meet them. What compares the units has one
    cell over all of them. keys: only these criteria."""
    given = [verdict for verdict in view.verdicts if keys is None or verdict.criterion.key in keys]
    if not given:
        return None
    wording = view.wording
    units = list(dict.fromkeys(view.judged(verdict) for verdict in given if not verdict.criterion.between))
    units = units or [wording.text("between_groups")]
    answered = {unit: _answers(view, [one for one in given if view.judged(one) == unit]) for unit in units}
    criteria = list(dict.fromkeys(verdict.criterion for verdict in given))
    head = [
        [
            head_cell(wording.text("criterion_heading"), number=False),
            *(Cell(text=unit, scope="col", detail=answered[unit]) for unit in units),
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
    remark = [wording.text("matrix_remark")] if keys is None else []
    if any(criterion.between and criterion.by_estimate for criterion in criteria):
        remark.append(wording.text("matrix_between"))
    return Table(caption=wording.text("matrix_caption"), head=head, body=body, remark=" ".join(remark), stacks=True)


def _answers(view: View, of_unit: list[Verdict]) -> str:
    """How many answers all of them rest on; nothing where these are not as many."""
    known = {verdict.statistic.n for verdict in of_unit}
    n = known.pop() if len(known) == 1 else None
    return "" if n is None else f"n = {view.wording.count(n)}"


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
