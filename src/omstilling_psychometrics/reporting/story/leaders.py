"""May answers about one leader be one score, and from how many answers?"""

from __future__ import annotations

from dataclasses import replace

from ...core.criteria import cut_off
from ...core.note import notes_in
from ...present import rows as find
from ...present.blocks import Block, Bullets, Finding, Findings
from ...present.rows import Row, Unit
from ...present.view import View
from ...topics.leaders.analysis_intraclass import RELIABILITIES
from ...topics.leaders.report_floor import floor
from ...topics.leaders.section import curve, findings, table_of_answers_needed
from .question import Answer, Question, Said, in_brackets, of_units, reason, shown, sources, state_word, with_interval

_ONE_ANSWER = "one_answer_per_leader"
# Units that there is a sentence about, those with the most answers first; the table has them all.
_TOLD = 2
# Where the interval of the number of answers reaches beyond so many times that number, it is no number to act on.
_KNOWN = 2


def arises(view: View) -> str | None:
    if "multilevel" in view.analyses:
        return None
    if not view.of("multilevel"):
        return view.wording.text("story_not_examined") if view.leaders else ""
    return view.wording.text("story_no_leaders") if view.answers.instrument.role_keys else ""


def _row(view: View, unit: Unit, quantity: str, **wanted: object) -> Row | None:
    return find.one(find.of(view.of("multilevel"), unit), quantity=quantity, **wanted)


def _icc2(view: View, unit: Unit) -> Row | None:
    return _row(view, unit, "icc2", method="reml")


def _needed(view: View, unit: Unit) -> Row | None:
    row = _row(view, unit, "answers_needed", category=RELIABILITIES[0])
    return row if row is not None and row["estimate"] is not None else None


def _usual(view: View, unit: Unit) -> str:
    """How many answers there are about a leader."""
    row = _row(view, unit, "answers_per_leader", method="arithmetic")
    return view.wording.decimal(None if row is None else row["estimate"], 1)


def _defined(view: View) -> dict[Unit, Row]:
    """ICC(2) of the units that have one."""
    return {unit: row for unit in shown(view) if (row := _icc2(view, unit)) is not None and row["estimate"] is not None}


def _with_most_answers(view: View) -> list[Unit]:
    defined = _defined(view)
    return sorted(defined, key=lambda unit: -defined[unit]["n"])[:_TOLD]


def _answers(view: View, row: Row) -> str:
    """'17 [14; 21]'."""
    return in_brackets(row, view.wording.count)


def _single(row: Row | None) -> bool:
    """Every leader has one answer, so that there is nothing to put together."""
    return row is not None and any(note.key == _ONE_ANSWER for note in notes_in(row["note"]))


def by_unit(view: View, unit: Unit) -> Answer:
    wording, icc2, enough = view.wording, _icc2(view, unit), _needed(view, unit)
    if _single(icc2):
        waves = view.answers.keys["wave"].levels if "wave" in view.answers.keys else ()
        number = wording.text("story_leaders_single_in_a_wave" if len(waves) > 1 else "story_leaders_single")
        return Answer(text=wording.text("story_does_not_arise"), number=number)
    if icc2 is None or icc2["estimate"] is None:
        return Answer(text=state_word(view, "leaders", "not_evaluated"), number=reason(view, icc2), state="not_evaluated")
    state = view.judge(cut_off("icc2"), icc2).state
    usual = _usual(view, unit)
    short = "_not_met" if state == "not_met" and enough is not None else ""
    if enough is None:
        text = wording.text("story_leaders_no_number")
    else:
        text = wording.text(f"story_leaders_from{short}", needed=_answers(view, enough), size=usual, n=enough["estimate"])
    number = wording.text(f"story_leaders_number{short}", icc2=with_interval(view, icc2), size=usual)
    return Answer(text=text, number=number, state=state)


def page(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("multilevel")
    defined = _defined(view)
    told = {finding.unit: finding for finding in findings(view)}
    boxed = []
    for unit in shown(view):
        answer, title = by_unit(view, unit), view.unit_title(unit)
        text = (
            told[title].text if title in told else f"{answer.number}." if answer.state else f"{answer.text}: {answer.number}."
        )
        boxed.append(Finding(unit=title, text=text, state=answer.state, verdict=answer.text))
    own = [row for row in rows if (row["role"], row["group"]) in defined]
    figures: list[Block] = []
    if own:
        figures = [curve(view, own, "story-reliability-of-means"), replace(table_of_answers_needed(view, own), stacks=True)]
    sizes = [size for unit in defined if (size := _size(view, unit))]
    resting = [wording.text("story_leaders_n", each="; ".join(sizes))] if sizes else []
    return [
        Findings(about=wording.text("story_leaders_title"), findings=boxed, boxed=True),
        *figures,
        Bullets(
            texts=[
                *([sources(view, cut_off("icc2"))] if own else []),
                *resting,
                *_three_ways(view),
                wording.text("story_leaders_floor", floor=floor(view)),
                wording.text("story_leaders_other_questions"),
            ]
        ),
    ]


def _three_ways(view: View) -> list[str]:
    """Why three chapters have another number: all of them at the harmonic mean number of answers, where each has one."""
    each = []
    for unit in _with_most_answers(view):
        same = [
            _row(view, unit, "icc2", method="reml/harmonic"),
            find.one(find.of(view.of("two_level"), unit), quantity="omega_between", method="equal"),
            find.one(find.of(view.of("generalizability"), unit), quantity="cluster_reliability", method="items_fixed"),
        ]
        if all(row is not None and row["estimate"] is not None for row in same):
            icc2, factor, items_fixed = (with_interval(view, row) for row in same if row is not None)
            words = {"icc2": icc2, "factor": factor, "items_fixed": items_fixed}
            each.append(view.wording.text("story_leaders_ways", unit=view.unit(unit), **words))
    return [view.wording.text("story_leaders_three_ways", each="; ".join(each))] if each else []


def _size(view: View, unit: Unit) -> str:
    """How many answers about how many leaders the numbers of a unit rest on."""
    leaders, row = _row(view, unit, "leader_count"), _icc2(view, unit)
    if leaders is None or leaders["estimate"] is None or row is None or row["n"] is None:
        return ""
    figures = {"n": view.wording.count(row["n"]), "leaders": view.wording.count(leaders["estimate"])}
    return view.wording.text("story_leaders_size", unit=view.unit(unit), **figures)


def said(view: View) -> Said:
    wording = view.wording
    may: list[str] = []
    may_not: list[str] = []
    unsettled: list[str] = []
    defined = _defined(view)
    for unit in _with_most_answers(view):
        icc2, enough = defined[unit], _needed(view, unit)
        where = of_units(view, [unit])
        if enough is not None and enough["conf_high"] is not None:
            cut = wording.decimal(RELIABILITIES[0], 2)
            clear = enough["conf_high"] <= _KNOWN * enough["estimate"]
            key = "story_leaders_may" if clear else "story_leaders_open"
            told = wording.text(key, needed=_answers(view, enough), cut=cut, units=where)
            (may if clear else unsettled).append(told)
        if view.judge(cut_off("icc2"), icc2).state == "not_met":
            figures = {"size": _usual(view, unit), "icc2": wording.decimal(icc2["estimate"], 2)}
            may_not.append(wording.text("story_leaders_may_not", units=where, **figures))
    return Said(may=may, may_not=may_not, open=unsettled)


QUESTION = Question(
    key="leaders",
    by_unit=by_unit,
    arises=arises,
    page=page,
    said=said,
    evidence=("multilevel", "two_level", "generalizability", "participants"),
)
