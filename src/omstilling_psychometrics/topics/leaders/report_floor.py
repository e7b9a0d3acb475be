"""How many answers about a leader a report to that leader needs."""

from __future__ import annotations

from ...present.view import View
from ...survey.instrument import DEFAULT
from ...survey.released import ReleasedAnswers

# The evaluation's own: a leader about whom fewer answered gets no report.
FLOOR = 5


def needed(answers: ReleasedAnswers | None) -> int:
    """Answers that a leader's report needs for reasons of anonymity: the evaluation's own number for its instrument, and where
    nothing is known of the answers; for any other instrument that of the disclosure policy."""
    if answers is None or answers.instrument.key == DEFAULT:
        return FLOOR
    return answers.disclosure.minimum_respondents or FLOOR


def floor(view: View) -> int:
    """The same for the answers of a report."""
    return needed(view.answers)
