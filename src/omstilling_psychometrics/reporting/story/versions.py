"""Waves and forms that the answers have and this report does not compare: how to get the report that does."""

from __future__ import annotations

from functools import partial

from ...present.view import View
from .question import Answer, Question


def _arises(key: str, view: View) -> str | None:
    """Compared already, or nothing to compare."""
    known = view.answers.keys.get(key)
    return None if view.answers.by != key and known is not None and len(known.levels) > 1 else ""


def _together(key: str, view: View) -> Answer:
    return Answer(text=view.wording.text("story_other_report"), number=view.wording.text(f"story_{key}s_by"))


WAVES, FORMS = (
    Question(key=f"{key}s", together=partial(_together, key), arises=partial(_arises, key), leads_to="")
    for key in ("wave", "form")
)
