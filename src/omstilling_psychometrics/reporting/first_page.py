"""The first page: a table of answers, and in a few lines what may be done with the scale, what not, and what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from string import ascii_lowercase

from ..present.blocks import Block, Cell, Finding, Findings, Links, Paragraph, Section, Table
from ..present.rows import Unit
from ..present.tables import head_cell, row_cell
from ..present.view import View
from .story import reliability, respondents, score
from .story.question import Answer, Question, Said, shown, units, withheld

# Columns of units that fit beside the questions; of more each unit is a line, and the questions are the columns.
_SIDE_BY_SIDE = 4


def first_page(view: View, questions: Sequence[Question]) -> Section:
    wording = view.wording
    blocks: list[Block] = [Paragraph(text=text, tone="caution") for text in _few(view)]
    asked, columns = numbered(view, questions), units(view)
    if len(columns) <= _SIDE_BY_SIDE:
        blocks.append(_table(view, asked, columns))
    else:
        by_unit = {one: number for one, number in asked.items() if one.by_unit is not None and _is_answered(view, one)}
        rest = {one: number for one, number in asked.items() if one not in by_unit}
        blocks += [_compact(view, by_unit, columns), _table(view, rest, [])]
    blocks.append(Findings(about=wording.text("first_page_title"), findings=_words(view, asked)))
    blocks.append(Paragraph(text=wording.text("first_page_remark"), tone="remark"))
    return Section(key="answers", title=wording.text("first_page_title"), blocks=blocks)


def question_pages(view: View, questions: Sequence[Question], sections: dict[str, str]) -> list[Section]:
    """A page for each question that has one and that arises. sections: titles of the others, by key."""
    pages = []
    for question, number in numbered(view, questions).items():
        if question.page is None or not _is_answered(view, question):
            continue
        more = [(sections[key], key) for key in question.evidence if key in sections]
        links = [Links(text=view.wording.text("story_more"), links=more)] if more else []
        title = f"{number.rstrip(ascii_lowercase)}. {question.title(view)}"
        blocks = [*question.page(view), *links]
        pages.append(Section(key=question.anchor, title=title, question=question.asked(view), blocks=blocks))
    return pages


def numbered(view: View, questions: Sequence[Question]) -> dict[Question, str]:
    """Those that somebody would ask, with their numbers; those that are answered on one page have one number, and a letter each
    ('11a')."""
    asked = [question for question in questions if question.arises(view) != ""]
    sharing = Counter(question.anchor for question in asked)
    places, before = list(sharing), Counter[str]()
    numbers = {}
    for question in asked:
        letter = ascii_lowercase[before[question.anchor]] if sharing[question.anchor] > 1 else ""
        numbers[question] = f"{places.index(question.anchor) + 1}{letter}"
        before[question.anchor] += 1
    return numbers


def with_its_number(view: View, questions: Sequence[Question], section: Section | None) -> Section | None:
    """A section that answers one of the questions, headed by its number."""
    numbers = (number for question, number in numbered(view, questions).items() if section and question.anchor == section.key)
    number = next(numbers, None)
    return section if section is None or number is None else replace(section, title=f"{number}. {section.title}")


def _is_answered(view: View, question: Question) -> bool:
    return question.arises(view) is None and question.elsewhere(view) is None


def _table(view: View, asked: Mapping[Question, str], columns: Sequence[Unit]) -> Table:
    wording, width = view.wording, max(1, len(columns))
    head = [head_cell(wording.text("story_question_heading"), number=False)]
    head += [head_cell(view.unit(unit), number=False) for unit in columns] or [
        head_cell(wording.text("story_answer_heading"), number=False)
    ]
    body = []
    for question, number in asked.items():
        why = question.arises(view)
        text = f"{number}. {question.asked(view)}"
        elsewhere = question.elsewhere(view)
        line = [Cell(text=text, scope="row", anchor="" if why or elsewhere else question.anchor)]
        if elsewhere is not None:
            line.append(Cell(text=elsewhere.text, detail=elsewhere.number, columns=width))
        elif why:
            line.append(Cell(text=wording.text("story_does_not_arise"), detail=why, columns=width))
        elif question.together is not None:
            line.append(_cell(question, question.together(view), width))
        else:
            line += [_unit_cell(view, question, unit) for unit in columns]
        body.append(line)
    return Table(caption=wording.text("first_page_caption"), head=[head], body=body, stacks=True)


def _compact(view: View, asked: Mapping[Question, str], columns: Sequence[Unit]) -> Table:
    """A line for every unit; what the answers rest on is on the pages of the questions."""
    wording = view.wording
    head = [head_cell(wording.text("unit_heading"), number=False)]
    head += [Cell(text=f"{number}. {one.title(view)}", scope="col", anchor=one.anchor) for one, number in asked.items()]
    body = [
        [row_cell(view.unit(unit)), *(replace(_unit_cell(view, question, unit), detail="") for question in asked)]
        for unit in columns
    ]
    return Table(caption=wording.text("first_page_units_caption"), head=[head], body=body, stacks=True)


def _unit_cell(view: View, question: Question, unit: Unit) -> Cell:
    if withheld(view, unit):
        return Cell(text=view.wording.note("suppressed"), state="not_evaluated")
    assert question.by_unit is not None
    return _cell(question, question.by_unit(view, unit))


def _cell(question: Question, answer: Answer, columns: int = 1) -> Cell:
    return Cell(text=answer.text, detail=answer.number, state=answer.state, anchor=question.anchor, columns=columns)


def _words(view: View, asked: Iterable[Question]) -> list[Finding]:
    """What may be done with the scale, what not, what is open: one line of sentences each."""
    told: list[Said] = [question.said(view) for question in asked if _is_answered(view, question)]
    retested = any(row["estimate"] is not None for row in view.of("retest"))
    declared = view.study is not None and view.study.minimal_important_change is not None
    always = f"first_page_always_open{'_retested' if retested else ''}{'_mic' if declared else ''}"
    kinds = {
        "may": [text for one in told for text in one.may],
        "may_not": [text for one in told for text in one.may_not],
        "open": [*(text for one in told for text in one.open), view.wording.text(always)],
    }
    return [
        Finding(unit=view.wording.text(f"first_page_{kind}"), text=" ".join(texts) or view.wording.text("first_page_nothing"))
        for kind, texts in kinds.items()
    ]


def _few(view: View) -> list[str]:
    """How much so few answers can decide, and what would be needed; nothing where every unit has enough for the structure, with
    incomplete answers too."""
    wording, needed = view.wording, respondents.for_one_factor(view)
    complete = {unit: _complete(view, unit) for unit in shown(view)}
    short = [unit for unit, n in complete.items() if n is not None and n < needed and not score.examined(view, unit)]
    if not short:
        return []
    judged = [one.state for one in view.verdicts]
    counted = {"n": wording.count(view.answers.n), "judged": len(judged) - judged.count("not_evaluated"), "of": len(judged)}
    sizes = [f"{view.unit(unit)} {wording.count(complete[unit])}" for unit in short]
    can = [wording.text("first_page_few", units=wording.listed(sizes), **counted)]
    widths = [found for unit in short if (found := respondents.width(view, unit)) is not None]
    if widths:
        key = "first_page_few_width" if max(widths) < 1 else "first_page_few_unknown"
        can.append(wording.text(key, width=wording.decimal(max(widths), 2)))
    would = [wording.text("first_page_few_needed", n=wording.count(needed))]
    if "invariance" in view.analyses or "dif" in view.analyses:
        would.append(wording.text("first_page_few_groups", n=wording.count(respondents.per_group())))
    return [" ".join(can), " ".join(would)]


def _complete(view: View, unit: Unit) -> int | None:
    """Complete answers, which alpha says how many there are."""
    row = reliability.alpha(view, unit)
    return None if row is None else row["n"]
