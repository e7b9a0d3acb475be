"""Several records of one respondent about the same leader in the same wave and role: identical ones collapse, of differing
ones the last stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DataError
from ..core.numerics.arrays import Ints
from ..core.numerics.tally import distinct, tally
from .keys import Key
from .patterns import ResponsePatterns
from .text import quoted, raw_text

# A respondent answers once per leader, wave and role.
IDENTITY = ("respondent", "leader", "wave", "role")

_DAY_FIRST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})(?:[ T]+([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?)?")

# Eight digits may be a date: 20250304.
_NUMBER = re.compile(r"[0-9]{1,7}([.,][0-9]+)?|[0-9]{9,}([.,][0-9]+)?")
# A mark before three digits may separate thousands; before the last three, it may also be the decimal mark.
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:(?!\1)[.,][0-9]+)?")
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")

# No person gives so many answers about one leader in one wave: rows of one respondent that may go, of this many or more.
_MOST_OF_ONE = 1 / 10
_FEWEST_ROWS = 50

# Twelve hours and a half of the day: '8:05 PM', '8:05:00 p.m. GMT+2'.
_TWELVE_HOURS = re.compile(r"[0-9]\s*[ap]\.?\s?m\b", re.IGNORECASE)

_MAP_COMPLETED = "Map a column with the time of completion as `completed` in the codebook, so that the last record stays."
_FORMS = (
    "Accepted are 2025-03-25 14:30 (ISO 8601, with a zone or without), 25-03-2025 14:30 (the day first; also 25.03.2025 and "
    "25/03/2025), the dates of Excel, SPSS and Stata, or else numbers that rise."
)

_ORIGIN = datetime(1, 1, 1)
_MONTHS = 12


@dataclass(frozen=True)
class Kept:
    """rows: which distinct rows stay (indices); counts: how many answers each stands for now; duplicates and superseded:
    how many rows went."""

    rows: Ints
    counts: Ints
    duplicates: int
    superseded: int


class ManyOfOne(DataError):
    """One respondent stands in so many rows that it is no person."""


class Moment(NamedTuple):
    """A time of completion that sorts. is_date: seconds of the calendar, as opposed to a number of unknown origin."""

    is_date: bool
    value: float


class Completed(NamedTuple):
    """Times of completion. codes: (m,) into the raw `values`; decimal: the mark that the codebook declares."""

    codes: NDArray[np.integer[Any]]
    values: Sequence[object]
    decimal: str | None = None


def moment(value: object, decimal: str | None = None) -> Moment | None:
    """When a record was completed: a date or time, ISO 8601 text, day-month-year text as Danish systems write it, or a number
    that rises. None for anything else, '1.000' without a declared `decimal` mark included. Times with a zone are compared in
    UTC, the others as they stand."""
    if isinstance(value, datetime):
        plain = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return Moment(True, (plain - _ORIGIN).total_seconds())
    if isinstance(value, date):
        return moment(datetime(value.year, value.month, value.day))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Moment(False, float(value)) if value == value else None
    text = raw_text(value)
    if text is None:
        return None
    if decimal is None and _EITHER.fullmatch(text):
        return None
    grouped = _THOUSANDS.fullmatch(text)
    if grouped is not None and grouped[1] != decimal:
        return Moment(False, float(text.replace(grouped[1], "").replace(",", ".")))
    if _NUMBER.fullmatch(text):
        return Moment(False, float(text.replace(",", ".")))
    try:
        return moment(datetime.fromisoformat(text.replace(" ", "T", 1)))
    except ValueError:
        pass
    matched = _DAY_FIRST.fullmatch(text)
    if matched is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in matched.groups())
    try:
        return moment(datetime(year, month, day, hour, minute, second))
    except ValueError:
        return None


def _month_first(text: str) -> bool:
    """'3/25/2025' is no date with the day first, and so '3/4/2025' beside it is the fourth of March."""
    match = _DAY_FIRST.fullmatch(text)
    return match is not None and int(match[1]) <= _MONTHS < int(match[2])


def _no_time(value: object, time: Moment | None) -> str:
    """What is wrong with a time of completion."""
    text = raw_text(value)
    if text is None:
        return "and `completed` is no time in one of them: it is empty"
    if time is not None:
        return f"and `completed` holds dates and numbers ({quoted(text)})"
    if _TWELVE_HOURS.search(text):
        return f"and `completed` counts twelve hours ({quoted(text)}): write 20:05 for 8:05 PM"
    return f"and `completed` is no time that can be told in one of them ({quoted(text)})"


def latest_records(
    answers: NDArray[Any],
    keys: Mapping[str, Key],
    counts: Ints,
    completed: Completed | None,
    where: Callable[[str], str],
    source: str,
    looked_at: bool = False,
) -> Kept:
    """One record per respondent, leader, wave and role, wherever the respondent is known.

    answers: (m, k) codes; counts: (m,); where: rows of a respondent, for messages; looked_at: these are some of rows in which
    nobody was found who is no person.
    Raises DataError where records differ and `completed` does not say which is the last, ManyOfOne where a respondent is no
    person.
    """
    everything = np.arange(len(counts))
    known = np.flatnonzero(keys["respondent"].codes >= 0) if "respondent" in keys else everything[:0]
    if not known.size:
        return Kept(everything, counts, 0, 0)
    if (counts[known] == 1).all() and _all_different(keys, known):
        return Kept(everything, counts, 0, 0)
    identity, content = _cells(answers, keys, known)
    if not looked_at:
        _refuse_many_of_one(identity, known, keys["respondent"], counts, where, source)
    (owner, _), record = distinct([identity, content], [int(identity.max()) + 1, int(content.max()) + 1])
    first = np.zeros(owner.size, dtype=np.int64)
    first[record[::-1]] = np.arange(record.size - 1, -1, -1)
    records_of_owner = np.bincount(owner)
    stays = np.ones(owner.size, dtype=bool)
    if (records_of_owner > 1).any():
        latest = _latest(owner, record, known, records_of_owner, keys, completed, where, source)
        stays = (records_of_owner[owner] == 1) | latest
    unknown = keys["respondent"].codes < 0
    kept = np.concatenate([everything[unknown], known[first[stays]]])
    new_counts = np.concatenate([counts[unknown], np.ones(int(stays.sum()), dtype=np.int64)])
    return Kept(kept, new_counts, int(counts[known].sum()) - owner.size, int((~stays).sum()))


def one_record_each(answers: ResponsePatterns, source: str, *, looked_at: bool = False) -> ResponsePatterns:
    """Counted answers of several files in which a respondent's record may be more than once: identical ones collapse. Raises
    DataError where they differ, since no time of completion is left to tell which is the last."""
    if "respondent" not in answers.keys:
        return answers
    codes = answers.patterns[answers.pattern]
    try:
        kept = latest_records(codes, answers.keys, answers.counts, None, lambda respondent: "", source, looked_at)
    except ManyOfOne:
        raise
    except DataError as error:
        raise DataError(
            f"{source}: a respondent has a record for the same leader, wave and role in several of them, and they differ. Put "
            "the files together into one, with the time of completion as `completed`, or remove the records that do not count."
        ) from error
    if not kept.duplicates:
        return answers
    keys = {name: key.take(kept.rows) for name, key in answers.keys.items()}
    account = answers.account and answers.account.leaving_out("duplicate", kept.duplicates)
    return ResponsePatterns.count(answers.instrument, codes[kept.rows], keys, kept.counts, account=account)


def _all_different(keys: Mapping[str, Key], rows: Ints) -> bool:
    """Does no respondent stand twice in these rows for the same leader, wave and role?"""
    named = [keys[name] for name in IDENTITY if name in keys]
    codes, _ = tally([key.codes[rows] for key in named], [len(key.levels) + 1 for key in named], None, [-1] * len(named))
    return bool(codes[0].size == rows.size)


def _cells(answers: NDArray[Any], keys: Mapping[str, Key], rows: Ints) -> tuple[Ints, Ints]:
    """(identity, content) of each row as dense integers: who answered about whom, and everything that was said."""

    def dense(columns: list[Ints]) -> Ints:
        if not columns:
            return np.zeros(rows.size, dtype=np.int64)
        return distinct(columns, [int(column.max(initial=0)) + 1 for column in columns])[1]

    identity = [keys[name].codes[rows] + 1 for name in IDENTITY if name in keys]
    lowest = int(answers.min(initial=0))
    item_codes = [answers[rows, item].astype(np.int64) - lowest for item in range(answers.shape[1])]
    other = [key.codes[rows] + 1 for name, key in keys.items() if name not in IDENTITY]
    return dense(identity), dense([*item_codes, *other])


def _refuse_many_of_one(
    identity: Ints, known: Ints, respondent: Key, counts: Ints, where: Callable[[str], str], source: str
) -> None:
    """ManyOfOne where the rows of one respondent that would go, repeated or superseded, are more than a tenth of all rows."""
    rows = int(counts.sum())
    people = np.zeros(int(identity.max()) + 1, dtype=np.int64)
    people[identity] = respondent.codes[known]
    gone = np.bincount(identity, weights=counts[known]) - 1
    of_each = np.bincount(people, weights=gone)
    worst = int(of_each.argmax())
    if rows < _FEWEST_ROWS or of_each[worst] <= _MOST_OF_ONE * rows:
        return
    # Who it is about is not in the message, since respondents may be known by their names.
    spot = where(respondent.levels[worst])
    raise ManyOfOne(
        f"{source}: one and the same respondent stands in so many rows about the same leader in the same wave and role that "
        f"{int(of_each[worst])} of {rows} rows would be dropped as repetitions{f', first in {spot}' if spot else ''}. That is "
        "no person. If the value means that the respondent is not known, say so in the codebook: [not_known] respondent = "
        '["the value"]. If a program has cut the identifiers, export them again as text; if the column holds something else, '
        "map another one."
    )


def _latest(
    owner: Ints,
    record: Ints,
    known: Ints,
    records_of_owner: Ints,
    keys: Mapping[str, Key],
    completed: Completed | None,
    where: Callable[[str], str],
    source: str,
) -> NDArray[np.bool_]:
    """Which record of each owner of several was completed last."""
    rows = np.flatnonzero(records_of_owner[owner[record]] > 1)

    def refusal(position: int, problem: str, advice: str = "") -> DataError:
        respondent = keys["respondent"].levels[keys["respondent"].codes[known[position]]]
        several = int((records_of_owner > 1).sum())
        # A message may be passed on: who it is about is not in it, since respondents may be known by their names.
        spot = where(respondent)
        return DataError(
            f"{source}: {several} respondent(s) have several records for the same leader, wave and role that differ, {problem}"
            f"{f', first in {spot}' if spot else ''}. {advice or _MAP_COMPLETED} Or remove the records that do not count."
        )

    if completed is None:
        raise refusal(int(rows[0]), "and there is no `completed` column")
    codes, values, decimal = completed
    month_first = next((text for text in map(raw_text, values) if text and _month_first(text)), None)
    if month_first is not None:
        raise refusal(
            int(rows[0]), f"and `completed` has the month first ({quoted(month_first)}): write 2025-03-25 for 25 March", _FORMS
        )
    times = {code: moment(values[code], decimal) for code in np.unique(codes[known[rows]]).tolist()}
    kinds = {time.is_date for time in times.values() if time is not None}
    last = np.full(owner.size, -np.inf)
    for position, code in zip(rows.tolist(), codes[known[rows]].tolist(), strict=True):
        time = times[code]
        if time is None and _EITHER.fullmatch(raw_text(values[code]) or ""):
            mark = f"the mark in {quoted(values[code])}, which `completed` holds, may be for thousands or decimals"
            raise refusal(position, f"and {mark}: say `decimal` under [file] in the codebook", _FORMS)
        if time is None or len(kinds) > 1:
            raise refusal(position, _no_time(values[code], time), _FORMS)
        last[record[position]] = max(last[record[position]], time.value)
    best = np.full(records_of_owner.size, -np.inf)
    np.maximum.at(best, owner, last)
    latest = last == best[owner]
    winners = np.bincount(owner[latest], minlength=records_of_owner.size)
    tied = np.flatnonzero((winners > 1) & (records_of_owner > 1))
    if tied.size:
        raise refusal(int(rows[np.flatnonzero(owner[record[rows]] == tied[0])[0]]), "and `completed` is the same")
    return np.asarray(latest)
