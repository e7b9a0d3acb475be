"""Which rows a draft leaves out, what their roles are, and which signs in key columns say that nothing is known.

A row is left out by a guess only where it holds no answer to any item, or where its status says that it is none (a preview).
Rows of people who answered in part are proposed: whether they count is for people to decide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.errors import DataError
from .codebook import LEFT_OUT, Codebook
from .codebook_lines import Line, RawLine
from .coding import Meanings, ValueLabels, in_words
from .drafted_columns import FEW, UNCOUNTED, DraftedColumns, Values, few_values, has_too_many
from .not_known import DOUBTFUL_IDENTIFIERS, SCIENTIFIC, SIGNS, WORDS, is_like_a_code, may_be_a_sign
from .question_texts import called
from .scale import Instrument
from .survey_systems import SurveySystem
from .table import Table
from .text import canonical, quoted

# Columns about how far an answer came, in plain form, and what their values say.
_FINISHED_COLUMNS = "finished færdig faerdig complete completed gennemført gennemfoert afsluttet stato4"
_STATUS_COLUMNS = (
    "status svarstatus besvarelsesstatus responsestatus surveystatus respondentstatus statoverall samletstatus overallstatus "
    "interviewstatus completionstatus"
)
_PROGRESS_COLUMNS = "progress fremdrift progressprocent"
_PREVIEWS = "survey preview|preview|survey test|test|test response|spam|testbesvarelse|forhåndsvisning|testsvar"
_UNFINISHED = (
    "ikke besvaret|ubesvaret|ikke påbegyndt|ikke startet|ny|distribueret|inviteret|nogen svar|påbegyndt|delvist besvaret|delvis"
    "|delvist|ikke gennemført|ikke afsluttet|igangværende|i gang|afbrudt|frafaldet|afvist|ufuldstændig|not answered|not started"
    "|not completed|new|invited|sent|distributed|partial|partially completed|partially answered|incomplete|in progress|started"
    "|disqualified|screened out|rejected|dropped out|unfinished|false|falsk"
)
# Said of people who did not finish where the column asks whether they did.
_NO = "0|nej|no"
# Words of these that other columns hold too.
_ELSEWHERE = "ny|new|sent|started|test|preview|false|falsk|delvis|delvist|partial"

# Values of one column that are gone through at once to see in which rows no item is answered.
_CELLS_AT_ONCE = 1 << 24

# Columns that have many values and say how far an answer came.
_LOOKED_AT = ("submitdate", *_PROGRESS_COLUMNS.split())

# A column of the theme's not being shown has hardly more different values than yes, no and perhaps one more.
_YES_NO = 3

_ALL_EMPTY = "GUESS: no item is answered in any of these rows"
_PREVIEW, _NOT_ANSWERED, _NOT_COMPLETED = "preview or test", "not answered", "not completed"


@dataclass(frozen=True)
class DraftedRule:
    """Rows whose column holds one of the values; as a comment where it is only proposed."""

    column: str
    values: tuple[str, ...]
    reason: str
    remark: str
    proposed: bool = False


@dataclass
class DraftedRows:
    """left_out: rules of rows that are no answers; not_shown: of rows that were not shown the theme; roles and not_known: lines
    of these tables; na_is_a_value: where 'NA' stands in a key column."""

    left_out: list[DraftedRule] = field(default_factory=list)
    not_shown: DraftedRule | None = None
    roles: list[Line] = field(default_factory=list)
    not_known: list[Line] = field(default_factory=list)
    na_is_a_value: list[str] = field(default_factory=list)


def drafted_rows(
    columns: DraftedColumns,
    table: Table,
    instrument: Instrument,
    book: Codebook,
    values: Values,
    known: Meanings,
    system: SurveySystem,
    signs: Collection[str],
) -> DraftedRows:
    """Rules about rows. values: rows per raw text of every column; signs: texts of items that say that nothing was answered."""
    draft = DraftedRows()
    silence = _Silence.of(columns, table, values, known, frozenset(map(canonical, signs)))
    others = {*columns.items.values(), *(rule.column for rule in book.left_out)}
    for name, counted in values.items():
        if name not in others and counted is not UNCOUNTED:
            draft.left_out += _rules(name, counted, table.labels.get(name), silence, system)
    if any(called(rule.column) in _FINISHED_COLUMNS.split() for rule in draft.left_out):
        draft.left_out = [rule for rule in draft.left_out if called(rule.column) not in _PROGRESS_COLUMNS.split()]
    _roles(draft, columns, table, instrument, book, values, silence)
    if book.not_shown is None:
        draft.not_shown = _not_shown(draft, columns, values, silence)
    _not_known(draft, columns, table, book, values)
    return draft


# ---------------------------------------------------------------- rows without answers


@dataclass
class _Silence:
    """Rows in which no item is answered. rows: their number; of_value: for each column that has few values, how many of them
    hold each."""

    rows: int = 0
    of_value: dict[str, dict[str | None, int]] = field(default_factory=dict)

    @staticmethod
    def of(columns: DraftedColumns, table: Table, values: Values, known: Meanings, signs: Collection[str]) -> _Silence:
        """Looked for only where every item has cells without an answer, in as few readings of the file as memory allows."""
        silence = _Silence()
        items = list(columns.items.values())
        if not items or any(
            has_too_many(values[item], known)
            or not any(rows and _is_silent(text, signs) for text, rows in values[item].items())
            for item in items
        ):
            return silence
        looked_at = [
            name
            for name, counted in values.items()
            if name not in items and (few_values(counted) or (counted is not UNCOUNTED and called(name) in _LOOKED_AT))
        ]
        rows = sum(values[items[0]].values())
        at_once = max(1, _CELLS_AT_ONCE // max(rows, 1))
        try:
            for start in range(0, max(len(looked_at), 1), at_once):
                silence._look(table, items, looked_at[start : start + at_once], signs)
        except DataError:
            return _Silence()  # what stands in the way is said where the file is read
        return silence

    def _look(self, table: Table, items: Sequence[str], names: Sequence[str], signs: Collection[str]) -> None:
        grouped = table.group([*items, *names])
        silent = np.ones(len(grouped.counts), dtype=bool)
        for item in items:
            raw = grouped.columns[item]
            silent &= np.array([_is_silent(text, signs) for text in raw.texts], dtype=bool)[raw.codes]
        self.rows = int(grouped.counts[silent].sum())
        for name in names:
            raw = grouped.columns[name]
            counts = np.bincount(raw.codes[silent], weights=grouped.counts[silent], minlength=len(raw.values))
            self.of_value[name] = {}
            for text, number in zip(raw.texts, counts.astype(int).tolist(), strict=True):
                self.of_value[name][text] = self.of_value[name].get(text, 0) + number

    def all_of(self, name: str, text: str | None, rows: int) -> bool:
        """Do all rows with this value hold no answer?"""
        return rows > 0 and self.of_value.get(name, {}).get(text, 0) == rows


def _is_silent(text: str | None, signs: Collection[str]) -> bool:
    return text is None or canonical(text) in signs


# ---------------------------------------------------------------- [[left_out]]


def _rules(
    name: str, counted: Mapping[str | None, int], labels: ValueLabels | None, silence: _Silence, system: SurveySystem
) -> Iterator[DraftedRule]:
    """Rules about the values of one column that say how far an answer came."""
    own_name = called(name)
    texts = [text for text in counted if text is not None]
    if own_name in _PROGRESS_COLUMNS.split():
        part = sorted((text for text in texts if re.fullmatch(r"[0-9]{1,2}", text)), key=int)
        if part and len(part) < len(texts) and len(part) <= FEW:
            yield _rule(name, part, _NOT_COMPLETED, counted, silence)
        return
    if own_name == "submitdate" and counted.get(None):
        yield _rule(name, [""], _NOT_COMPLETED, counted, silence)
        return
    if not few_values(counted):
        return
    labels_of = {text: in_words(text, labels) for text in texts}
    asks = own_name in _FINISHED_COLUMNS.split() or own_name.endswith("complete")
    known = {*_PREVIEWS.split("|"), *_UNFINISHED.split("|")} - {*_ELSEWHERE.split("|")}
    if not (asks or own_name in _STATUS_COLUMNS.split() or any(word in known for word in labels_of.values())):
        return
    of_system = system.no_answers.get(own_name, {})
    previews = [text for text in texts if labels_of[text] in _PREVIEWS.split("|") or text in of_system]
    if previews:
        meant = ", ".join(f"{text} is {of_system[text]}" for text in previews if text in of_system)
        remark = f"GUESS: {meant} in {system.name}" if meant else "GUESS: check it"
        yield DraftedRule(name, tuple(sorted(previews)), _PREVIEW, remark)
    silent = [text for text in texts if text not in previews and silence.all_of(name, text, counted[text])]
    if silent and len(silent) < len(texts):
        yield DraftedRule(name, tuple(sorted(silent)), _NOT_ANSWERED, _ALL_EMPTY)
    unfinished = {*_UNFINISHED.split("|"), *(_NO.split("|") if asks else ())}
    partly = sorted(text for text in texts if text not in (*previews, *silent) and labels_of[text] in unfinished)
    if partly and len(texts) > 1:
        yield _rule(name, partly, _NOT_COMPLETED, counted, silence)


def _is_status(name: str) -> bool:
    """Does a column say how far an answer came? Then it does not say what was shown."""
    own_name = called(name)
    names = (*_FINISHED_COLUMNS.split(), *_STATUS_COLUMNS.split(), *_LOOKED_AT, "lastpage")
    return own_name in names or own_name.startswith("stato") or own_name.endswith(("status", "complete", "timestamp"))


def _rule(name: str, texts: Sequence[str], reason: str, counted: Mapping[str | None, int], silence: _Silence) -> DraftedRule:
    """A rule about people who did not finish: taken where none of them answered an item, '' standing for empty cells."""
    rows = sum(counted[text or None] for text in texts)
    answered = rows - sum(silence.of_value.get(name, {}).get(text or None, 0) for text in texts)
    if not answered:
        return DraftedRule(name, tuple(texts), reason, _ALL_EMPTY)
    remark = f"in {answered} of these {rows} rows items are answered: take the lines if such answers are not to count"
    return DraftedRule(name, tuple(texts), reason, remark, proposed=True)


# ---------------------------------------------------------------- [roles], [not_shown]


def _roles(
    draft: DraftedRows,
    columns: DraftedColumns,
    table: Table,
    instrument: Instrument,
    book: Codebook,
    values: Values,
    silence: _Silence,
) -> None:
    """Roles that nothing maps, by their labels in the file: a role of the instrument behind one more word ('Nærmeste
    overordnet'), and those in whose rows no item is answered; the others are left for people."""
    column = columns.keys.get("role")
    if column is None or not instrument.roles or not few_values(values[column]):
        return
    words = {canonical(text): role.key for role in instrument.roles for text in (role.key, *role.label.variants())}
    mapped = {*words, *(canonical(raw) for raw in book.roles)}
    for text, rows in values[column].items():
        said = in_words(text or "", table.labels.get(column))
        if text is None or not mapped.isdisjoint({canonical(text), said}):
            continue
        role = _role_of(said, words)
        label = "" if said == canonical(text) else f"{quoted(said)}: "
        if role is not None and instrument.relation(role) != "self":
            draft.roles.append(RawLine(text, role, f"GUESS: {label}check it"))
        elif role is not None:
            draft.roles.append(RawLine(text, role, f"{label}or is it about another leader?", proposed=True))
        elif silence.all_of(column, text, rows):
            remark = f"GUESS: {label}it is no role of the instrument, and no item is answered there"
            draft.roles.append(RawLine(text, LEFT_OUT, remark))
        else:
            accepted = ", ".join([*(quoted(key) for key in instrument.role_keys), quoted(LEFT_OUT)]).replace("'", '"')
            draft.roles.append(RawLine(text, None, f"{label}which role? {accepted}"))


def _role_of(text: str, words: Mapping[str, str]) -> str | None:
    """The role whose name is the last of two words, or a name with an ending of its plural or definite form."""
    last = text.split()[-1] if len(text.split()) == 2 else text
    ends = ("", "e", "en", "er", "ere", "erne", "s")
    forms = {word + end: role for word, role in words.items() for end in ends if " " not in word}
    forms |= {word[:-1] + "de": role for word, role in words.items() if word.endswith("t")}
    return forms.get(last)


def _not_shown(draft: DraftedRows, columns: DraftedColumns, values: Values, silence: _Silence) -> DraftedRule | None:
    """The column that tells most rows without answers apart: with some of its values no item is answered, with the others some
    are. Rows that go for another reason need no second one."""
    gone = sum(silence.of_value.get(rule.column, {}).get(text, 0) for rule in draft.left_out for text in rule.values)
    role = columns.keys.get("role", "")
    gone += sum(silence.of_value.get(role, {}).get(line.key, 0) for line in draft.roles if line.meaning == LEFT_OUT)
    rest = silence.rows - gone
    if rest <= 0:
        return None
    taken = {*columns.read_as, *(rule.column for rule in draft.left_out), *(str(line.meaning) for line in columns.proposals)}
    best: tuple[int, DraftedRule] | None = None
    for name, counted in values.items():
        texts = [text for text in counted if text is not None]
        if name in taken or not 2 <= len(texts) <= _YES_NO or _is_status(name):
            continue
        never = sorted(text for text in texts if silence.all_of(name, text, counted[text]))
        rows = sum(counted[text] for text in never)
        if never and len(never) < len(texts) and 2 * rows > rest and (best is None or rows > best[0]):
            best = (
                rows,
                DraftedRule(name, tuple(never), "", "GUESS: with these values every item is empty"),
            )
    return best[1] if best is not None else None


# ---------------------------------------------------------------- [not_known]


def _not_known(draft: DraftedRows, columns: DraftedColumns, table: Table, book: Codebook, values: Values) -> None:
    for ours, column in columns.keys.items():
        if ours in ("role", "completed"):
            continue
        given = [str(value) for value in book.not_known.get(ours, ())]
        settled = {canonical(value) for value in given}
        labels = table.labels.get(column, ValueLabels())
        words = {canonical(text) for text in values[column] if text is not None}
        sure, perhaps, lost = [], [], []
        for text, rows in values[column].items():
            if text is None or canonical(text) in settled or labels.is_missing(canonical(text)):
                continue
            label = labels.labels.get(canonical(text), text)
            word = canonical(label)
            if text in SIGNS or word in DOUBTFUL_IDENTIFIERS:
                if not book.file.na_is_a_value:
                    draft.na_is_a_value.append(f"{quoted(text)} in {quoted(column)}, {rows} rows")
                    perhaps += [text] if text not in SIGNS else []
            elif may_be_a_sign(ours, label) or word in WORDS:
                sure.append(text)
            elif SCIENTIFIC.fullmatch(text):
                lost.append(text)
            elif is_like_a_code(word, words):
                perhaps.append(text)
        if sure or given:
            draft.not_known.append(Line(ours, (*given, *sorted(sure)), "GUESS: check it" if sure else ""))
        if perhaps:
            texts = (*given, *sorted((*sure, *perhaps)))
            draft.not_known.append(Line(ours, texts, "if these too say that it is not known", proposed=True))
        if lost:
            remark = "the numbers have lost their digits: export them as text, or take this line, and nobody is known by them"
            draft.not_known.append(Line(ours, (*given, *sorted((*sure, *lost))), remark, proposed=True))
