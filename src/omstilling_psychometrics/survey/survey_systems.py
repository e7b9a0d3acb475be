"""Which survey system wrote a file, told by columns that no other writes, and what its own signs mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .codebook import BLANK_KEY, NOT_SHOWN_KEY
from .question_texts import called


@dataclass(frozen=True)
class SurveySystem:
    """columns: plain names of columns that together give the system away; signs: what it writes where there is no answer, and
    what that means; no_answers: column to the values of rows that are no answers at all, with what each says."""

    name: str
    columns: frozenset[str]
    signs: Mapping[str, str] = field(default_factory=dict)
    no_answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


# Qualtrics: 'Understanding Your Dataset' (response types 1, 2, 8, 9 and 17; -99 for what was seen and not answered).
# LimeSurvey: 'Export results' (N/A for what was not displayed).
_SYSTEMS = (
    SurveySystem(
        "Qualtrics",
        frozenset(("responseid", "durationinseconds", "finished")),
        {"-99": BLANK_KEY},
        {"status": {"1": "preview", "2": "test", "8": "spam", "9": "spam", "17": "preview"}},
    ),
    SurveySystem("LimeSurvey", frozenset(("submitdate", "lastpage", "startlanguage")), {"n/a": NOT_SHOWN_KEY}),
    SurveySystem("SurveyMonkey", frozenset(("respondentid", "collectorid"))),
    SurveySystem("REDCap", frozenset(("recordid", "redcapsurveyidentifier"))),
    SurveySystem("SurveyXact", frozenset(("stato1", "stato2", "stato3", "stato4", "stato5"))),
    SurveySystem("Microsoft Forms", frozenset(("id", "starttime", "completiontime"))),
    SurveySystem("Microsoft Forms", frozenset(("id", "starttidspunkt", "fuldførelsestidspunkt"))),
)

UNKNOWN = SurveySystem("", frozenset())


def survey_system(columns: Collection[str]) -> SurveySystem:
    """The system that wrote a file with these columns; `UNKNOWN` where they do not tell."""
    names = {called(name) for name in columns}
    return next((system for system in _SYSTEMS if system.columns <= names), UNKNOWN)
