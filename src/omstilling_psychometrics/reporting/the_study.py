"""The study that the answers come from, as its file says: response rate, fieldwork, margins, ratings of experts."""

from __future__ import annotations

from ..core.criteria import cut_off
from ..present.blocks import Block, Bullets, Paragraph, Section, Table
from ..present.tables import Footnotes, head_cell, number_cell, row_cell
from ..present.view import View
from ..survey.study import Study, answered
from ..topics.content.analysis import ContentValidityResult, content_validity


def the_study(view: View) -> Section | None:
    """None without a study file."""
    wording, study = view.wording, view.study
    if study is None:
        return None
    blocks: list[Block] = [*_response(view, study)]
    facts = _fieldwork(view, study)
    if facts:
        blocks.append(Bullets(texts=facts))
    if study.ratings:
        blocks.append(_content(view, content_validity(study, instrument=view.answers.instrument)))
    if not blocks:
        blocks.append(Paragraph(text=wording.text("study_empty")))
    return Section(key="study", title=wording.text("study_title"), question=wording.text("study_question"), blocks=blocks)


def response_rates(view: View) -> list[tuple[str, int, int | None]]:
    """(role, invited, people who answered); None for these where some of them are withheld or were not asked for."""
    study, answers = view.study, view.answers
    if study is None or study.study.invited is None:
        return []
    came, invited = answered(answers), study.study.invited
    roles_lost = bool(answers.account and answers.account.left_out.get("role_not_asked_for"))
    if isinstance(invited, int):
        return [("all", invited, None if answers.withheld or roles_lost else sum(came.values()))]
    lost = {cell.role for cell in answers.withheld}
    asked = [role for role in answers.instrument.role_keys if role in invited]
    mixed = "role" not in answers.keys or None in lost
    return [(role, invited[role], None if mixed or role in lost else came.get(role)) for role in asked]


def _response(view: View, study: Study) -> list[Block]:
    wording, notes = view.wording, Footnotes(view.wording)
    rates = response_rates(view)
    if not rates:
        return []
    head = [[head_cell(wording.text("unit_heading"), number=False)]]
    head[0] += [head_cell(wording.text(f"study_{key}_heading")) for key in ("invited", "answered", "rate")]
    body = []
    for role, invited, came in rates:
        marks = notes.mark("not_told_of_some") if came is None else ()
        shown = ("–", "–") if came is None else (wording.count(came), wording.share(came / invited))
        cells = [number_cell(wording.count(invited)), number_cell(shown[0], marks=marks), number_cell(shown[1])]
        body.append([row_cell(wording.role(role)), *cells])
    remark = wording.text("study_rate_people" if "respondent" in view.answers.keys else "study_rate_answers")
    return [Table(caption=wording.text("study_rate_caption"), head=head, body=body, notes=notes.listed(), remark=remark)]


def _fieldwork(view: View, study: Study) -> list[str]:
    wording, fieldwork, facts = view.wording, study.study, []
    known = [name for name, day in (("first", fieldwork.first), ("last", fieldwork.last)) if day is not None]
    if known:
        days = {name: getattr(fieldwork, name).isoformat() for name in known}
        facts.append(wording.text("_".join(["study_days", *known]), **days))
    for name in ("mode", "translation", "preregistration"):
        if (text := getattr(fieldwork, name)) is not None:
            facts.append(wording.text(f"study_{name}", text=text))
    if (mic := study.minimal_important_change) is not None:
        facts.append(wording.text("study_mic", value=wording.decimal(mic, 2)))
    if study.declared_margins:
        margins = [
            f"{wording.text(f'margin_{name}')} {wording.decimal(value, 3)}" for name, value in study.declared_margins.items()
        ]
        facts.append(wording.text("study_margins", margins=", ".join(margins)))
    return facts


def _content(view: View, result: ContentValidityResult) -> Table:
    wording, notes = view.wording, Footnotes(view.wording)
    quantities = ("content_validity_index", "modified_kappa", "aiken_v")
    head = [[head_cell(wording.column("item"), number=False), head_cell(wording.text("experts_heading"))]]
    head[0] += [head_cell(wording.symbol(quantity)) for quantity in quantities] + [head_cell(view.interval_name)]
    body = []
    for item in view.answers.instrument.item_keys:
        found = [result.get(quantity, item=item) for quantity in quantities]
        low, high = found[-1].confidence_interval(view.level)
        numbers = [
            number_cell(wording.number(one.quantity, one.estimate), marks=notes.mark(one.note) if one.note else ())
            for one in found
        ]
        interval = number_cell(wording.interval("aiken_v", low, high))
        body.append([row_cell(wording.item(item)), number_cell(wording.count(found[0].n)), *numbers, interval])
    of_scale = {name: result.get("scale_content_validity_index", method=name) for name in ("average", "universal_agreement")}
    asked = cut_off("item_relevant")
    remark = wording.text(
        "content_remark",
        source=asked.short_source,
        cut=wording.decimal(asked.threshold, 2),
        average=wording.decimal(of_scale["average"].estimate, 2),
        agreement=wording.decimal(of_scale["universal_agreement"].estimate, 2),
        n=wording.count(of_scale["average"].n),
    )
    return Table(caption=wording.text("content_caption"), head=head, body=body, notes=notes.listed(), remark=remark)
