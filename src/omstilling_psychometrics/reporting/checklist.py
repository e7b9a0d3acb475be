"""Points that guidelines ask a paper to report: here, with where; for the researcher to add; or not applicable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from ..present.blocks import Bullets, Cell, Heading, Paragraph, Section, Table
from ..present.tables import head_cell, row_cell
from ..present.view import View
from ..survey.study import Study
from .references import in_full

State = Literal["here", "add", "not_applicable"]
STATES: tuple[State, ...] = ("here", "add", "not_applicable")
_GUIDELINES = (("Appelbaum", "2018"), ("Gagnier", "2021"))


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See checklist.toml."""

    key: str
    source: Literal["jars1", "jars7", "cosmin"]
    sections: tuple[str, ...] = ()
    study: str | None = None
    unless: str | None = None
    never: bool = False

    def place(self, view: View, sections: Mapping[str, str]) -> tuple[State, str]:
        """Whether the report has it, and the key of the section that does. sections: title of each, by key."""
        if self.never or self.unless in view.void:
            return "not_applicable", ""
        if self.study is not None:
            return ("here", "study") if "study" in sections and _told(view.study, self.study) else ("add", "")
        there = next((key for key in self.sections if key in sections), None)
        return ("add", "") if there is None else ("here", there)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    points: tuple[Point, ...]


@cache
def points() -> tuple[Point, ...]:
    """All, in the order of the guidelines."""
    content = resources.files(__package__).joinpath("checklist.toml").read_bytes()
    return msgspec.toml.decode(content, type=_File).points


def _told(study: Study | None, entry: str) -> bool:
    if study is None:
        return False
    if entry == "mic":
        return study.minimal_important_change is not None
    return bool(study.ratings) if entry == "ratings" else getattr(study.study, entry) is not None


def checklist(view: View, sections: Mapping[str, str]) -> Section:
    """sections: title of each section of the report, by key."""
    wording = view.wording
    placed = [(point, *point.place(view, sections)) for point in points()]
    counted = {state: sum(one == state for _, one, _ in placed) for state in STATES}
    head = [[head_cell(wording.text(f"check_{name}_heading"), number=False) for name in ("point", "source", "where")]]
    body = []
    for point, state, section in sorted(placed, key=lambda one: STATES.index(one[1])):
        where = Cell(text=sections[section], anchor=section) if section else Cell(text=wording.text(f"check_state_{state}"))
        body.append(
            [row_cell(wording.text(f"check_{point.key}")), Cell(text=wording.text(f"check_source_{point.source}")), where]
        )
    return Section(
        key="checklist",
        title=wording.text("check_title"),
        question=wording.text("check_question"),
        blocks=[
            Paragraph(text=wording.text("check_counted", **counted)),
            Table(caption=wording.text("check_caption"), head=head, body=body, remark=wording.text("check_remark")),
            Heading(text=wording.text("references_heading")),
            Bullets(texts=[in_full(name, year) for name, year in _GUIDELINES]),
        ],
    )
