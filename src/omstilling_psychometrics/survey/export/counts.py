"""How many people of each role gave each pattern of answers, as other programs read it.

Items are category values as scored (those declared `reversed` are turned already); why there is no answer stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..codes import reason_codes
from ..csv_text import csv_text
from ..patterns import ResponsePatterns
from ..released import ReleasedAnswers
from ..scale import Instrument


@dataclass(frozen=True)
class Row:
    """One pattern of one role: a category value or the reason for no answer to each item, and how many gave it."""

    role: str
    answers: tuple[int | str, ...]
    count: int


def counted(answers: ReleasedAnswers) -> ResponsePatterns:
    """The answers with no other key than the role."""
    return answers.pool([name for name in answers.keys if name != "role"])


def counted_rows(answers: ReleasedAnswers) -> Iterator[Row]:
    """Of every role and pattern, in the order of roles."""
    pooled = counted(answers)
    meaning = meanings(answers.instrument)
    for role, own in pooled.by_role.items():
        patterns, counts = own.table()
        for codes, count in zip(patterns.tolist(), counts.tolist(), strict=True):
            if count:
                yield Row(role, tuple(meaning[code] for code in codes), int(count))


def meanings(instrument: Instrument) -> dict[int, int | str]:
    """Code to category value or reason; what was left empty is an empty text."""
    reasons: dict[int, int | str] = {code: "" if key == "blank" else key for key, code in reason_codes(instrument).items()}
    return reasons | dict(enumerate(instrument.categories, start=1))


def counts_csv(answers: ReleasedAnswers) -> bytes:
    """As CSV: role, items, count."""
    rows = ((row.role, *row.answers, row.count) for row in counted_rows(answers))
    return csv_text(("role", *answers.items, "count"), rows).encode("utf-8")
