"""How many answers about a leader a report to that leader needs."""

from __future__ import annotations

from ...present.view import View
from ...survey.instrument import DEFAULT

# The evaluation's own: a leader about whom fewer answered gets no report.
FLOOR = 5


def floor(view: View) -> int:
    """Answers that a leader's report needs for reasons of anonymity; for any other instrument by the disclosure policy."""
    if view.answers.instrument.key == DEFAULT:
        return FLOOR
    return view.disclosure.minimum_respondents or FLOOR
