"""What an analyst asks of the file and of this report: read as meant, what was left out, what may be handed on, synthetic or
real, and the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...present.blocks import Block, Bullets, Cell, Paragraph, Table
from ...present.tables import head_cell, row_cell
from ...present.view import View
from ...survey.account import SYNTHETIC, WITHHELD
from .. import context, how_read
from .question import Answer, Question

_KEYS = ("read", "excluded", "leave", "synthetic", "rerun")
# Of more waves or forms only how many is said.
_NAMED = 6


def _remarks(view: View) -> list[str]:
    account = view.answers.account
    return [] if account is None else [view.wording.note(note) for note in account.notes if note != SYNTHETIC]


def read(view: View) -> Answer:
    wording, account, remarks = view.wording, view.answers.account, _remarks(view)
    if account is None:
        return Answer(text=wording.text("story_read_no_file"))
    if not remarks:
        rows = wording.text("story_read_rows", analysed=wording.count(account.rows_analysed))
        return Answer(text=wording.text("story_read_yes"), number=rows)
    several = len(remarks) > 1
    text = wording.text("story_read_yes_but" if several else "story_read_yes_but_one", n=len(remarks))
    further = wording.text("story_read_further") if several else ""
    # Which, without its numbers; the page has it whole.
    return Answer(text=text, number=f"{remarks[0].partition(';')[0]}{further}")


def excluded(view: View) -> Answer:
    wording, account = view.wording, view.answers.account
    if account is None:
        return Answer(text=wording.text("story_read_no_file"))
    left_out = {reason: n for reason, n in account.left_out.items() if n}
    # How many are withheld stands in the flow of rows alone, so that they move no other line.
    withheld = context.left_out(view, WITHHELD) if left_out.pop(WITHHELD, 0) else ""
    if not left_out:
        return Answer(text=withheld or wording.text("story_excluded_none"))
    n = sum(left_out.values())
    figures = {"n": wording.count(n), "share": wording.share(n / (account.rows_analysed + n))}
    reasons = [f"{context.left_out(view, reason)} {wording.count(rows)}" for reason, rows in left_out.items()]
    number = wording.listed([*reasons, withheld] if withheld else reasons)
    return Answer(text=wording.text("story_excluded_rows", **figures), number=number)


def leave(view: View) -> Answer:
    wording, policy = view.wording, view.disclosure
    if not policy.active:
        return Answer(text=wording.text("story_leave_nothing"), state="not_met")
    key = "story_leave_leaders" if view.leaders else "story_leave_people"
    figures = {"people": policy.minimum_respondents, "leaders": policy.minimum_leaders}
    return Answer(text=wording.text("story_leave_report"), number=wording.text(key, **figures))


def synthetic(view: View, is_synthetic: bool) -> Answer:
    return Answer(text=view.wording.text("story_synthetic_yes" if is_synthetic else "story_synthetic_no"))


def rerun(view: View, origin: Mapping[str, Any]) -> Answer:
    figures = {"version": origin["package"]["version"], "seed": origin["seed"]}
    return Answer(text=view.wording.text("story_rerun_yes"), number=view.wording.text("story_rerun_number", **figures))


def _found(view: View) -> list[str]:
    """How the files were read, what is to be remarked, and which waves and forms there are."""
    wording, account = view.wording, view.answers.account
    told = []
    for file in () if account is None else account.files:
        codes = how_read.non_answers_read(view, file)
        told.append(how_read.line(view, file) + (f" {codes[:1].upper()}{codes[1:]}." if codes else ""))
    told += [note[:1].upper() + note[1:] for note in _remarks(view)]
    levels = {name: view.answers.keys[name].levels for name in ("wave", "form") if name in view.answers.keys}
    versions = [
        wording.text(f"story_{name}_levels", levels=", ".join(found) if len(found) <= _NAMED else wording.count(len(found)))
        for name, found in levels.items()
        if found
    ]
    return [*told, *(["; ".join(versions) + "."] if versions else [])]


def _checksums(view: View, origin: Mapping[str, Any]) -> list[str]:
    """Of the counted answers, and of the files where they may be told."""
    known = [(view.wording.text("origin_file", name=file["name"]), file["sha256"]) for file in origin["files"]]
    known.append((view.wording.text("origin_counts"), origin["counts"]["sha256"]))
    return [f"{name[:1].upper()}{name[1:]}: SHA-256 {checksum}" for name, checksum in known if checksum is not None]


def questions(origin: Mapping[str, Any], is_synthetic: bool) -> list[Question]:
    """The five, which have one page together."""
    answers: dict[str, Callable[[View], Answer]] = {
        "read": read,
        "excluded": excluded,
        "leave": leave,
        "synthetic": lambda view: synthetic(view, is_synthetic),
        "rerun": lambda view: rerun(view, origin),
    }

    def page(view: View) -> list[Block]:
        wording, account = view.wording, view.answers.account
        head = [[head_cell(wording.text(key), number=False) for key in ("story_question_heading", "story_answer_heading")]]
        told = {key: answers[key](view) for key in _KEYS}
        body = [
            [row_cell(wording.text(f"story_{key}_question")), Cell(text=answer.text, detail=answer.number, state=answer.state)]
            for key, answer in told.items()
        ]
        introduction = view.answers.instrument.introduction[wording.language]
        return [
            Table(caption=wording.text("story_read_caption"), head=head, body=body, stacks=True),
            *([Bullets(texts=found)] if (found := _found(view)) else []),
            *([context.rows_read(view, account)] if account is not None else []),
            context.by_role(view),
            *([Paragraph(text=introduction, tone="quote")] if introduction else []),
            Bullets(texts=[*context.scale_and_scoring(view), *_checksums(view, origin)]),
        ]

    evidence = ("how_read", "participants", "instrument", "study", "handing_on", "provenance")
    return [
        Question(
            key=key, together=answers[key], page=page if key == "read" else None, leads_to="question-read", evidence=evidence
        )
        for key in _KEYS
    ]
