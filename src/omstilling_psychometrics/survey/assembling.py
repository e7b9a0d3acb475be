"""From distinct raw rows to counted answer patterns: codes, roles, the not-shown rule, repeated records, and the account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DataError
from ..core.numerics.arrays import Ints
from ..core.numerics.tally import looked_up
from .account import SYNTHETIC, WITHHELD, Account
from .codebook import KEY_COLUMNS, LEFT_OUT, Codebook, LeftOut, NotShown
from .codes import NOT_SHOWN, silent
from .coding import Meanings, ValueLabels, code_values, meanings, merged_numbers
from .column_values import VERY_MANY, grouped_rows, refuse_identifiers
from .columns import Plan
from .columns_read import how_read
from .described_scale import Arguments
from .disclosure import Cell, in_cells
from .empty_items import empty_items_note
from .headings import refuse_headings
from .how_read import HowRead
from .keys import Key, key_of_many
from .not_known import Doubtful, known_texts, noted
from .patterns import ResponsePatterns
from .records import Completed, latest_records
from .refusals import Refusals
from .scale import Instrument
from .silent_organisations import organisations_note, silent_organisations
from .table import Grouped, RawColumn, Table
from .text import canonical, normalised, quoted, raw_text
from .unread import unread_columns
from .value_labels import refuse_contradictions, value_table
from .variable_labels import refuse_other_wordings

# A label that may be another value of the column.
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")

# Notes about any cell of the file, those of people who are withheld too.
_OF_CELLS = ("mojibake",)


def assemble(
    table: Table, plan: Plan, instrument: Instrument, codebook: Codebook, *, replaceable: Collection[str] = ()
) -> ResponsePatterns:
    """Counted answers of an opened table. Raises DataError for what the contract refuses.

    replaceable: keys that may hold identifiers, since the caller replaces them before anything is written.
    """
    known = meanings(instrument, codebook)
    labelled = [column for column in plan.item_columns if column in table.labels]
    refuse_contradictions([(column, value_table(table.labels[column], known)) for column in labelled], table.name)
    confirmed = refuse_other_wordings(plan.items, table.descriptions, instrument, codebook, table.name)
    refuse_headings(table, plan, codebook)
    grouped = grouped_rows(table, plan, known)
    if not grouped.rows:
        raise DataError(f"{table.name}: no respondents: there is a header but no row under it. Export the answers again.")
    refuse_identifiers(grouped, plan, table, replaceable)
    noticed = (f"label_of_another_item: {', '.join(confirmed).replace(';', ',')}",) if confirmed else ()
    return _FileReading(table, plan, instrument, codebook, known, grouped, noticed).read()


def _word(text: str | None, labels: ValueLabels | None, known: Collection[str]) -> str | None:
    """A raw value in the form of comparison; its label in the file where only that is known."""
    if text is None:
        return None
    word = canonical(text)
    label = labels.labels.get(word) if labels is not None else None
    return canonical(label) if label is not None and word not in known else word


def _named(text: str | None, labels: Mapping[str, str], shared: Mapping[str, int]) -> str | None:
    """A value by its label, beside which it stands itself where other values have that label or are written like it."""
    value = canonical(text or "")
    label = labels.get(value)
    if text is None or label is None:
        return text
    clear = shared[label] == 1 and (canonical(label) == value or not _NUMBER.fullmatch(canonical(label)))
    return label if clear else f"{text} {label}"


def rows_of_rule(rule: NotShown | LeftOut, raw: RawColumn, labels: ValueLabels | None) -> NDArray[np.bool_]:
    """Rows (m,) that a codebook's rule is about. raw and labels: of the column that it names."""
    wanted = {canonical(text) for value in rule.values if (text := raw_text(value)) is not None}
    empty = any(raw_text(value) is None for value in rule.values)
    words = [_word(text, labels, wanted) for text in raw.texts]
    hit = np.array([empty if word is None else word in wanted for word in words], dtype=bool)
    return np.asarray(hit[raw.codes])


@dataclass(frozen=True)
class _FileReading:
    """Everything that one file's answers are read from; noticed: notes of its columns; keys, doubtful: the keys of its rows and
    the values of each that are worth a note, once they have been read."""

    table: Table
    plan: Plan
    instrument: Instrument
    codebook: Codebook
    known: Meanings
    grouped: Grouped
    noticed: tuple[str, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[Doubtful, ...]] = field(default_factory=dict)

    def read(self) -> ResponsePatterns:
        reading = _Assembly(self, self.grouped)
        counted = reading.run()
        return replace(counted, reading=replace(self, keys=reading.keys, doubtful=reading.doubtful))

    def everyone(self) -> ResponsePatterns:
        """Every row that has a role, as if it held the lowest answers."""
        keys, counts = dict(self.keys), self.grouped.counts
        rows = keys["role"].codes >= 0 if "role" in keys else np.ones(len(counts), dtype=bool)
        lowest = np.ones((int(rows.sum()), len(self.instrument.items)), dtype=np.int8)
        return ResponsePatterns.count(
            self.instrument, lowest, {name: key.take(rows) for name, key in keys.items()}, counts[rows]
        )

    def without(self, cells: Collection[Cell]) -> ResponsePatterns:
        """The answers as they would have been read had the rows in these cells not been there: those rows are in one line of
        the account, and nothing else in it, no note either, knows of them."""
        gone = in_cells(cells, self.keys, len(self.grouped.counts))
        counted = _Assembly(self, self.grouped.take(~gone), again=~gone).run()
        account, rows = counted.account, int(self.grouped.counts[gone].sum())
        if account is None or not rows:
            return counted
        left_out = dict(sorted({**account.left_out, WITHHELD: rows}.items()))
        return replace(counted, account=replace(account, rows_read=account.rows_read + rows, left_out=left_out))


class _Assembly:
    """One reading; the steps take rows out one after the other, so that every row is accounted for once. again: which rows
    (m,) of a file that has been read before these are. keys, doubtful: as in `_FileReading`."""

    def __init__(self, file: _FileReading, grouped: Grouped, *, again: NDArray[np.bool_] | None = None) -> None:
        self.table, self.plan, self.instrument, self.codebook = file.table, file.plan, file.instrument, file.codebook
        self.known, self.file = file.known, file
        self.keys, self.doubtful = file.keys, file.doubtful
        table = file.table
        self.grouped, self.again = grouped, again
        self.counts = grouped.counts
        self._rows_read = grouped.rows + grouped.empty_at_end
        self.alive = np.ones(len(grouped.counts), dtype=bool)
        self.left_out = {"empty": grouped.empty_at_end} if grouped.empty_at_end else {}
        of_file = table.notes if again is None else [note for note in table.notes if note not in _OF_CELLS]
        self.notes: list[str] = [*of_file, *file.noticed]
        if SYNTHETIC in table.columns and SYNTHETIC not in self.notes:
            self.notes.append(SYNTHETIC)
        self.refusals = Refusals(table, file.known, by_arguments=isinstance(file.codebook, Arguments))

    def run(self) -> ResponsePatterns:
        """The counted answers; the keys are then those of all rows, the ones left out included."""
        self._rows_left_out()
        role = self._roles()
        not_shown = self._rows_not_shown()
        answers = self._answers()
        self._answered_though_not_shown(not_shown, answers)
        self.refusals.raise_if_any()
        keys = self.keys = self._keys(role)
        set_aside = self._organisations_not_shown(answers, keys)
        kept = self._records(answers, keys)
        if not kept[0].size and self.again is None:
            reasons = ", ".join(f"{reason}: {rows}" for reason, rows in self.left_out.items())
            raise DataError(f"{self.table.name}: no respondents: all {self._rows_read} rows are left out ({reasons}).")
        rows, counts = kept
        if rows.size < len(self.counts) or "respondent" in keys:
            answers, keys = answers[rows], {name: key.take(rows) for name, key in keys.items()}
        counted = ResponsePatterns.count(self.instrument, answers, keys, counts)
        self.notes += empty_items_note(counted)
        # The values in the first rows may be those of rows that are gone.
        self.notes += unread_columns(self.table, self.plan, by_values=self.again is None)
        account = Account(
            rows_read=self._rows_read,
            rows_analysed=counted.n,
            left_out=dict(sorted(self.left_out.items())),
            notes=tuple(self.notes),
            sources=(self.table.source,) if self.table.source is not None else (),
            files=(self._how_read(kept),),
        )
        return replace(counted, account=account, set_aside=set_aside)

    def _how_read(self, kept: tuple[Ints, Ints]) -> HowRead:
        again = self.again is not None
        return how_read(self.table, self.plan, self.codebook.file, self.known, self.grouped, kept, again=again)

    # ---------------------------------------------------------------- steps

    def _leave_out(self, rows: NDArray[np.bool_], reason: str) -> int:
        """Take living rows out for a reason; how many answers they stood for."""
        gone = rows & self.alive
        number = int(self.counts[gone].sum())
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number
            self.alive &= ~gone
        return number

    def _roles(self) -> Key | None:
        """The role of every row; rows of roles that are left out go, an unmapped role is a problem."""
        column = self.plan.keys.get("role")
        of_file = self.codebook.file.role
        if of_file is not None:
            if self.plan.keys:
                self._leave_out(self._empty_everywhere(), "empty")
            return Key(np.zeros(len(self.counts), dtype=np.int8), (of_file,))
        if column is None:
            self.notes.append("no_role_column")
            if self.plan.keys:  # with items alone, an empty row may be somebody who left them all empty
                self._leave_out(self._empty_everywhere(), "empty")
            return None
        if not self.instrument.roles and not self.codebook.roles:
            self.notes.append("no_roles_in_instrument")
            return None
        raw = self.grouped.columns[column]
        known = {canonical(role.key): role.key for role in self.instrument.roles}
        for role in self.instrument.roles:
            known |= {canonical(text): role.key for text in role.label.variants() if canonical(text) not in known}
        known |= {canonical(text): role for text, role in self.codebook.roles.items()}
        labels = self.table.labels.get(column)
        found = [known.get(word) if (word := _word(text, labels, known)) is not None else None for text in raw.texts]
        empty = np.array([text is None for text in raw.texts], dtype=bool)
        if empty.any():
            self._leave_out(empty[raw.codes] & self._empty_everywhere(), "empty")
        if LEFT_OUT in found:
            self._leave_out(np.array([role == LEFT_OUT for role in found], dtype=bool)[raw.codes], "role")
        if not self.instrument.roles:
            return None
        unmapped = [position for position, role in enumerate(found) if role is None]
        self.refusals.roles(column, self._living(raw, unmapped), known)
        return self._key(raw, [role if role != LEFT_OUT else None for role in found])

    def _rows_left_out(self) -> None:
        """Rows that are no answers to the theme by a rule of the codebook go, whatever else holds of them."""
        for rule, column in zip(self.codebook.left_out, self.plan.left_out, strict=True):
            gone = rows_of_rule(rule, self.grouped.columns[column], self.table.labels.get(column))
            if not gone.any():
                self.notes.append(f"left_out_rule_unused: {column}")
            self._leave_out(gone, normalised(rule.reason))

    def _rows_not_shown(self) -> NDArray[np.bool_]:
        """Rows (m,) that the codebook's rule says were not shown the theme; they go."""
        if self.plan.not_shown is None or self.codebook.not_shown is None:
            return np.zeros(len(self.counts), dtype=bool)
        raw = self.grouped.columns[self.plan.not_shown]
        gone = rows_of_rule(self.codebook.not_shown, raw, self.table.labels.get(self.plan.not_shown)) & self.alive
        rows = self._leave_out(gone, "not_shown")
        self.notes.append(f"theme_not_shown: {rows}" if rows else "not_shown_rule_unused")
        return gone

    def _answered_though_not_shown(self, rows: NDArray[np.bool_], answers: NDArray[np.int8]) -> None:
        """A rule that leaves out rows with answers may be the wrong one."""
        answered = rows & (answers > 0).any(axis=1) if rows.any() else rows
        if answered.any():
            self.notes.append(f"answered_though_not_shown: {int(self.counts[answered].sum())}")

    def _answers(self) -> NDArray[np.int8]:
        """Codes of every row (m, k); 0 where a problem was found."""
        c = len(self.instrument.categories)
        answers = np.full((len(self.counts), len(self.instrument.items)), NOT_SHOWN, dtype=np.int8, order="F")
        for position, item in enumerate(self.instrument.items):
            column = self.plan.items[item.key]
            if column is None:
                self.notes.append(f"item_not_shown: {item.key}")
                continue
            raw = self.grouped.columns[column]
            self._refuse_nonsense(column, raw)
            coded = code_values(raw.values, self.known, self.table.labels.get(column))
            self._refuse_merged_numbers(column, raw, coded.codes)
            codes = np.array(coded.codes, dtype=np.int8)
            if item.reversed:
                codes = np.where(codes > 0, c + 1 - codes, codes).astype(np.int8)
            if codes.size:
                answers[:, position] = looked_up(codes, raw.codes)
            unmapped = [place for place, code in enumerate(coded.codes) if code == 0]
            self.refusals.items(column, self._living(raw, unmapped))
        return answers

    def _refuse_merged_numbers(self, column: str, raw: RawColumn, codes: Sequence[int]) -> None:
        """DataError where two numbers mean the same category and the codebook does not say so of both."""
        if merged_numbers(codes, raw.texts, self.known) is None:
            return
        living = np.unique(raw.codes[self.alive]).tolist()
        found = merged_numbers([codes[place] for place in living], [raw.texts[place] for place in living], self.known)
        if found is None:
            return
        one, other, code = found
        category = self.instrument.categories[code - 1]
        raise DataError(
            f"{self.table.name}: column {quoted(column)}: the numbers {quoted(one)} and {quoted(other)} are both read as "
            f"category {category}, one of them surely wrongly. The file may hold the position of each label instead of its "
            f"value. Say under [codes] in the codebook what each number means; if both mean {category}, name both."
        )

    def _refuse_nonsense(self, column: str, raw: RawColumn) -> None:
        """A column of very many different values holds no answers; the first of them show it, and the rest need no look."""
        if len(raw.values) > VERY_MANY:
            first = code_values(raw.values[:VERY_MANY], self.known, self.table.labels.get(column)).codes
            living = self._living(raw, [place for place, code in enumerate(first) if code == 0])
            if living:
                number = f"{len(raw.values)} different values"
                self.refusals.too_many(column, sorted(raw_text(value) or "" for value, _ in living), number)
                self.refusals.raise_if_any()

    def _keys(self, role: Key | None) -> dict[str, Key]:
        """The keys of the rows. What a value says does not depend on which others occur, so that it is found out once; whether
        it is worth a note does."""
        keys = {} if role is None else {"role": role}
        columns = {name: column for name, column in self.plan.keys.items() if name != "role"}
        living = np.where(self.alive, self.counts, 0)
        if self.again is None:
            doubtful = {}
            for name, column in columns.items():
                raw = self.grouped.columns[column]
                rows = raw.occurring(living)
                texts, doubtful[name] = known_texts(name, column, raw, rows, self.table, self.codebook)
                keys[name] = self._key(raw, texts if name in KEY_COLUMNS else self._labelled(name, column, texts))
            self.doubtful = doubtful
        else:
            keys |= {name: self.file.keys[name].take(self.again) for name in columns}
        found: dict[str, list[str]] = {}
        for name, column in columns.items():
            if self.doubtful[name]:
                raw = self.file.grouped.columns[column]
                raw = raw if self.again is None else RawColumn(raw.codes[self.again], raw.values)
                there = np.bincount(raw.codes, minlength=len(raw.values)) > 0
                for note, signs in noted(column, self.doubtful[name], raw.occurring(living), there).items():
                    found.setdefault(note, []).append(signs)
        self.notes += (f"{note}: {', '.join(signs)}" for note, signs in found.items())
        return keys

    def _organisations_not_shown(self, answers: NDArray[np.int8], keys: Mapping[str, Key]) -> ResponsePatterns | None:
        """All items empty for a whole organisation × wave × form: the theme was not shown there. Rows whose every item
        is coded not shown saw nothing of it either. Returns what the first of these sets aside."""
        rows = 0
        if (answers == NOT_SHOWN).any():
            rows = self._leave_out((answers == NOT_SHOWN).all(axis=1), "not_shown")
        if rows:
            self.notes.append(f"theme_not_shown: {rows}")
        unit, gone = silent_organisations(~silent(answers), keys, self.alive)
        gone = gone & self.alive
        rows = self._leave_out(gone, "not_shown")
        if not rows:
            return None
        self.notes.append(organisations_note(unit, gone, rows))
        taken = {name: key.take(gone) for name, key in keys.items()}
        return ResponsePatterns.count(self.instrument, answers[gone], taken, self.counts[gone])

    def _records(self, answers: NDArray[np.int8], keys: Mapping[str, Key]) -> tuple[Ints, Ints]:
        """(rows, counts) that stay when repeated records are down to one."""
        rows = np.flatnonzero(self.alive)
        if "respondent" not in keys:
            return rows, self.counts if self.alive.all() else self.counts[rows]
        completed = None
        if self.plan.completed is not None:
            raw = self.grouped.columns[self.plan.completed]
            completed = Completed(raw.codes[rows], raw.values, self.known.decimal)
        kept = latest_records(
            answers[rows], {name: key.take(rows) for name, key in keys.items()}, self.counts[rows], completed,
            self._where_respondent, self.table.name, looked_at=self.again is not None,
        )  # fmt: skip
        for reason, number in (("duplicate", kept.duplicates), ("superseded", kept.superseded)):
            if number:
                self.left_out[reason] = number
        return rows[kept.rows], kept.counts

    # ---------------------------------------------------------------- helpers

    def _key(self, raw: RawColumn, texts: list[str | None]) -> Key:
        """A key whose levels are the distinct texts of a raw column's values."""
        key = key_of_many(texts)
        return Key(looked_up(key.codes, raw.codes), key.levels)

    def _labelled(self, name: str, column: str, texts: list[str | None]) -> list[str | None]:
        """Values of a background variable by their labels in the file, and by value and label where several values have it.
        What the file declares decides, not which values occur: nobody is called otherwise for another's value."""
        about = self.table.labels.get(column)
        if about is None:
            return texts
        unknown = {canonical(text) for value in self.codebook.not_known.get(name, ()) if (text := raw_text(value)) is not None}
        labels = {value: label for value, label in about.labels.items() if value not in unknown and not about.is_missing(value)}
        shared = Counter(labels.values())
        return [_named(text, labels, shared) for text in texts]

    def _empty_everywhere(self) -> NDArray[np.bool_]:
        """Rows in which every column that is read is empty: what spreadsheets leave under a table."""
        empty = np.ones(len(self.counts), dtype=bool)
        for raw in self.grouped.columns.values():
            empty &= np.array([text is None for text in raw.texts], dtype=bool)[raw.codes]
        return empty

    def _living(self, raw: RawColumn, positions: list[int]) -> list[tuple[object, int]]:
        """(raw value, rows) of those distinct values that stand in rows which are still in."""
        if not positions:
            return []
        rows = np.bincount(raw.codes[self.alive], weights=self.counts[self.alive], minlength=len(raw.values))
        return [(raw.values[position], int(rows[position])) for position in positions if rows[position]]

    def _where_respondent(self, respondent: str) -> str:
        column = self.plan.keys["respondent"]
        raw = self.grouped.columns[column]
        return self.table.where(column, raw.values[raw.texts.index(respondent)])
