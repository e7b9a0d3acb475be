"""The survey as files: the tidy answers, and what a survey system would hand over (text export, SPSS file, codebook)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.pattern_distribution import Codes
from ..core.files import atomic_path
from ..core.numerics.arrays import Ints
from ..survey.codes import BLANK, NOT_SHOWN, reason_codes
from ..survey.export.statistics_file import without_time_in_sav
from .answering import REFUSAL, VED_IKKE
from .streams import Stream
from .survey import RECORDS, Survey, organisation_name, person_name
from .truth import ROLES, SELF, TEAM, instrument

# Raw names of the columns, as a survey system gives them.
RAW_ITEMS = ("q1", "q2", "q3", "q4", "q5")
RAW_ROLES = ("Medarbejder", "Leder", "Nærmeste overordnet", "Sideordnet")
PEER = len(ROLES)
SAV_CODES = {VED_IKKE: 8, REFUSAL: 9}
RAW_LABELS = {1: "Helt uenig", 2: "2", 3: "3", 4: "4", 5: "Helt enig", VED_IKKE: "Ved ikke", REFUSAL: "Ønsker ikke at oplyse"}

# First day of each wave and how many days it is open after that one (on which only first attempts fall); office hours.
_OPENING = (np.datetime64("2025-03-03T00:00:00"), np.datetime64("2026-03-02T00:00:00"))
_DAYS_OPEN = 20
_OFFICE_HOURS = (7, 17)

Times = np.ndarray[Any, np.dtype[np.datetime64]]


def delimited(header: Sequence[str], columns: Sequence[Iterable[str]], delimiter: str) -> str:
    """A delimited text. No value here needs quotes; one that would is refused."""
    rows = [delimiter.join(header), *map(delimiter.join, zip(*columns, strict=True))]
    if any(row.count(delimiter) != len(header) - 1 or '"' in row or "\n" in row for row in rows):
        raise ValueError("a value holds the delimiter, a quote or a line break")
    return "\n".join(rows) + "\n"


def tidy(survey: Survey) -> str:
    """The answers as tidy CSV: one row per record, keys of the contract, categories as numbers, blank as an empty cell."""
    words = {code: reason for reason, code in reason_codes(instrument()).items()}
    words |= {BLANK: "", NOT_SHOWN: ""} | {category: str(category) for category in range(1, 6)}
    names = survey.names()
    items = dict(zip(survey.truth.items, _words(survey.answers, words), strict=True))
    background = survey.truth.background
    columns = {name: values for name, values in names.items() if name not in background} | items
    columns |= {name: names[name] for name in background}
    return delimited(list(columns), list(columns.values()), ",")


def _words(codes: Codes, words: dict[int, str]) -> list[list[str]]:
    return [[words[code] for code in column] for column in codes.T.tolist()]


@dataclass(frozen=True, kw_only=True)
class RawRecords:
    """What the survey system holds, in order of completion: the survey's records, repeated and superseded ones, and peers.

    source: (n,) record of the survey, or -1 for a peer; role: (n,) place in RAW_ROLES; answers: (n, k) codes; completed: (n,)
    seconds; minutes: (n,) tenths of minutes spent; the keys of a peer stand in organisation, leader and respondent.
    """

    source: Ints
    role: Ints
    organisation: Ints
    leader: Ints
    respondent: Ints
    answers: Codes
    completed: Times
    minutes: Ints


def _other_answers(answers: Codes) -> Codes:
    """Answers of a first attempt, different from the ones that stayed: the first item otherwise, the last one left empty."""
    first = answers.copy()
    first[:, 0] = np.where(answers[:, 0] == 3, 4, 3)
    first[:, -1] = BLANK
    return first


def _moments(wave: Ints, stream: Stream) -> Times:
    """When records of these waves were completed, (n,)."""
    n = len(wave)
    day = 1 + np.floor(stream.uniform(n) * _DAYS_OPEN).astype(np.int64)
    start, end = (3600 * hour for hour in _OFFICE_HOURS)
    second = start + np.floor(stream.uniform(n) * (end - start)).astype(np.int64)
    return np.asarray(np.asarray(_OPENING)[wave] + (86400 * day + second).astype("timedelta64[s]"))


def _tenths(n: int, stream: Stream) -> Ints:
    """Tenths of minutes spent on the page, (n,)."""
    return np.asarray(np.rint(10 * np.exp(1.2 + 0.5 * stream.normal(n))), dtype=np.int64)


def raw_records(survey: Survey) -> RawRecords:
    """The records of the raw export."""
    truth, n = survey.truth, survey.n
    stream = Stream.component(survey.seed, RECORDS)
    completed, minutes = _moments(survey.wave, stream), _tenths(n, stream)
    shown = (survey.answers != NOT_SHOWN).any(axis=1)
    repeated = np.flatnonzero(stream.happens(truth.duplicate_share, n) & shown)
    superseded = stream.happens(truth.superseded_share, len(repeated))
    seconds = np.floor(stream.uniform(len(repeated)) * 86400).astype(np.int64)
    before = np.where(superseded, 1800 + seconds, 0).astype("timedelta64[s]")
    again = survey.answers[repeated]
    again[superseded] = _other_answers(again[superseded])

    # One peer of some leaders, in the first wave; peers get other questions, so the five items are empty.
    rated, at = np.unique(np.where(shown & (survey.wave == 0), survey.leader, -1), return_index=True)
    rated, at = rated[rated >= 0], at[rated >= 0]
    chosen = np.flatnonzero(stream.happens(truth.peer_share, len(rated)))
    peers = len(chosen)

    source = np.concatenate([np.arange(n), repeated, np.full(peers, -1)])
    first_wave = np.zeros(peers, dtype=np.int64)
    time = np.concatenate([completed, completed[repeated] - before, _moments(first_wave, stream)])
    spent = np.concatenate([minutes, minutes[repeated], _tenths(peers, stream)])
    keys = {
        name: np.concatenate([values, values[repeated], of_peers])
        for name, values, of_peers in (
            ("role", survey.role, np.full(peers, PEER)),
            ("organisation", survey.organisation, survey.organisation[at[chosen]]),
            ("leader", survey.leader, rated[chosen]),
            ("respondent", survey.respondent, np.arange(peers)),
        )
    }
    answers = np.concatenate([survey.answers, again, np.full((peers, len(truth.items)), BLANK, dtype=np.int8)])
    order = np.lexsort((source, time))
    return RawRecords(
        source=source[order], answers=answers[order], completed=time[order], minutes=spent[order],
        **{name: values[order] for name, values in keys.items()},
    )  # fmt: skip


def _raw_columns(survey: Survey) -> tuple[dict[str, list[str]], RawRecords]:
    """Every column of the raw export but the items, as text."""
    records = raw_records(survey)
    peer = records.source < 0
    rows = np.where(peer, 0, records.source)
    respondent = [
        f"sid{1 + code:03d}" if role == PEER else person_name(ROLES[role], code)
        for role, code in zip(records.role.tolist(), records.respondent.tolist(), strict=True)
    ]
    chose = (survey.answers != NOT_SHOWN).any(axis=1)[rows] | peer
    wave = np.where(peer, 0, survey.wave[rows])
    form = np.where(peer, False, survey.form_b[rows])
    columns = {
        "respondent_id": respondent,
        "respondenttype": [RAW_ROLES[role] for role in records.role],
        "leder_id": [person_name(SELF, code) for code in records.leader],
        "org_id": [organisation_name(code) for code in records.organisation],
        "runde": [str(1 + code) for code in wave],
        "skema": ["B" if form_b else "A" for form_b in form],
        "afsluttet": [str(time).replace("T", " ") for time in records.completed],
        "minutter": [f"{tenths // 10},{tenths % 10}" for tenths in records.minutes.tolist()],
        "tema_valgt": ["ja" if one else "nej" for one in chose],
    }
    for name, variable in survey.truth.background.items():
        codes = np.where(peer, -1, survey.background[name][rows])
        columns[name] = [variable.values[code] if code >= 0 else "" for code in codes]
    return columns, records


def raw_text(survey: Survey) -> bytes:
    """The export as Windows-1252 text: semicolons, labels, decimal commas, an e-mail column."""
    columns, records = _raw_columns(survey)
    words = RAW_LABELS | {BLANK: "", NOT_SHOWN: ""}
    items = dict(zip(RAW_ITEMS, _words(records.answers, words), strict=True))
    mail = {"e-mail": [f"{respondent}@opdigtet.example" for respondent in columns["respondent_id"]]}
    everything = {"respondent_id": columns.pop("respondent_id"), **mail, **columns, **items}
    return delimited(list(everything), list(everything.values()), ";").encode("cp1252")


def write_sav(survey: Survey, path: str | Path) -> None:
    """The export as SPSS file: items as numbers with value labels, 8 and 9 user-missing, the rest as text; no e-mail column."""
    import pandas as pd
    import pyreadstat

    columns, records = _raw_columns(survey)
    frame = pd.DataFrame(columns)
    frame["runde"] = frame["runde"].astype(float)
    frame["minutter"] = records.minutes / 10
    numbers = {BLANK: np.nan, NOT_SHOWN: np.nan} | {category: float(category) for category in range(1, 6)}
    numbers |= {code: float(value) for code, value in SAV_CODES.items()}
    for name, column in zip(RAW_ITEMS, records.answers.T.tolist(), strict=True):
        frame[name] = [numbers[code] for code in column]
    labels: dict[int | float, str] = {SAV_CODES.get(code, code): label for code, label in RAW_LABELS.items()}
    missing: list[int | float | str | Any] = sorted(SAV_CODES.values())
    wordings: dict[str, str | None] = {
        name: item.wording[TEAM]["da"] for name, item in zip(RAW_ITEMS, instrument().items, strict=True)
    }
    with atomic_path(path) as temporary:
        pyreadstat.write_sav(
            frame,
            temporary,
            column_labels=wordings,
            variable_value_labels=dict.fromkeys(RAW_ITEMS, labels),
            missing_ranges=dict.fromkeys(RAW_ITEMS, missing),
            row_compress=True,
        )
        temporary.write_bytes(without_time_in_sav(temporary.read_bytes(), b"@(#) SPSS DATA FILE - synthetic survey"))
