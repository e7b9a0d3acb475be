"""May the items be averaged to one score? From structure and precision, in that order."""

from __future__ import annotations

import math

from ...core.criteria import Verdict, cut_off
from ...present import rows as find
from ...present.blocks import Block, Finding, Findings, State
from ...present.drawing import dot_plot
from ...present.item_direction import in_words, opposed
from ...present.rows import Unit
from ...present.tables import Line
from ...present.view import View
from ..verdict_matrix import matrix
from . import reliability
from .question import Answer, Question, Said, of_units, reason, shown, state_word

_STRUCTURE = cut_off("cosmin_alpha").presupposes
_MAIN = "WLSMV"
# One criterion that is met is enough, so that it is the one to show; one that decides nothing stands before one that fails.
_DECIDING: tuple[State, ...] = ("met", "inconclusive", "not_met", "not_evaluated")


def _structure(view: View, unit: Unit) -> list[Verdict]:
    return [
        verdict
        for verdict in view.verdicts
        if verdict.criterion.key in _STRUCTURE and (verdict.statistic.role, verdict.statistic.group) == unit
    ]


def _decided(view: View, unit: Unit) -> tuple[str, State]:
    """The sentence that says it (`answer_...`), and the state. One criterion of structure is enough."""
    alpha = reliability.alpha(view, unit)
    structure = [verdict.state for verdict in _structure(view, unit)]
    if opposed(view, unit):
        return "answer_opposed", "not_met"
    if alpha is None or alpha["estimate"] is None:
        return "answer_no_reliability", "not_evaluated"
    if not structure:
        return "answer_structure_not_examined", "not_evaluated"
    if "met" in structure:
        precise = reliability.verdict(view, unit)
        state: State = "not_evaluated" if precise is None else precise.state
        return f"answer_{state}", state
    if set(structure) == {"not_evaluated"}:
        return "answer_structure_not_evaluated", "not_evaluated"
    if set(structure) <= {"not_met", "not_evaluated"}:
        return "answer_structure_not_met", "not_met"
    return "answer_structure_inconclusive", "inconclusive"


def examined(view: View, unit: Unit) -> bool:
    """Could any criterion of structure be judged?"""
    return any(verdict.state != "not_evaluated" for verdict in _structure(view, unit))


def by_unit(view: View, unit: Unit) -> Answer:
    key, state = _decided(view, unit)
    found = _structure(view, unit)
    known = [one for one in found if one.statistic.estimate is not None and not math.isnan(one.statistic.estimate)]
    deciding = min(known, key=lambda one: _DECIDING.index(one.state), default=None)
    number = "" if deciding is None else _index(view, deciding)
    return Answer(text=_word(view, key, state), number=number, state=state)


def _word(view: View, key: str, state: State) -> str:
    own = f"story_score_{key.removeprefix('answer_')}"
    return view.wording.text(own) if view.wording.has_text(own) else state_word(view, "score", state)


def _index(view: View, verdict: Verdict) -> str:
    wording, quantity = view.wording, verdict.statistic.quantity
    interval = wording.interval(quantity, verdict.low, verdict.high)
    return f"{wording.symbol(quantity)} {wording.number(quantity, verdict.statistic.estimate)} {interval}".strip()


def sentence(view: View, unit: Unit) -> Finding:
    """The answer with the figures that it rests on."""
    wording = view.wording
    key, state = _decided(view, unit)
    structure = [verdict.state for verdict in _structure(view, unit)]
    if key == "answer_opposed":
        text = " ".join(in_words(view, unit))
    else:
        row = reliability.to_print(view, unit)
        figures: dict[str, object] = {"met": structure.count("met"), "of": len(structure)}
        figures["k"] = len(view.answers.items)
        figures["cut"] = wording.decimal(cut_off("cosmin_alpha").threshold, 2)
        if row is not None:
            figures["coefficient"] = reliability.name(view, unit)
            names = {"value": "estimate", "low": "conf_low", "high": "conf_high"}
            figures |= {name: wording.decimal(row[column], 2) for name, column in names.items()}
        else:
            figures["reason"] = reason(view, reliability.alpha(view, unit)) or wording.note("not_computed")
        text = " ".join([*in_words(view, unit), wording.text(key, **figures)])
    return Finding(unit=view.unit_title(unit), text=text, state=state, verdict=_word(view, key, state))


def page(view: View) -> list[Block]:
    wording, found = view.wording, shown(view)
    loadings = find.where(view.of("cfa"), method=_MAIN, quantity="loading_standardized")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(loadings, "item")]
    plot = dot_plot(
        view,
        "story-loadings",
        loadings,
        lines,
        title=wording.text("cfa_loadings_plot", interval=view.interval_name),
        xlabel=wording.quantity("loading_standardized"),
    )
    table = matrix(view, [key for key in _STRUCTURE if any(one.criterion.key == key for one in view.verdicts)])
    return [
        Findings(about=wording.text("story_score_title"), findings=[sentence(view, unit) for unit in found], boxed=True),
        *([plot] if plot else []),
        *([table] if table else []),
    ]


def said(view: View) -> Said:
    by_state: dict[str, list[Unit]] = {"met": [], "not_met": [], "open": []}
    for unit in shown(view):
        state = _decided(view, unit)[1]
        by_state[state if state in by_state else "open"].append(unit)
    k = view.wording.count(len(view.answers.items))

    def told(key: str, kind: str) -> list[str]:
        some = by_state[kind]
        return [view.wording.text(key, k=k, units=of_units(view, some))] if some else []

    return Said(
        may=told("story_score_may", "met"),
        may_not=told("story_score_may", "not_met"),
        open=told("story_score_open", "open"),
    )


QUESTION = Question(
    key="score",
    by_unit=by_unit,
    page=page,
    said=said,
    words=lambda view: {"k": view.wording.count(len(view.answers.items))},
    evidence=("cfa", "dimensionality", "dynamic_cutoffs"),
)
