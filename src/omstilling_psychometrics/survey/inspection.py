"""Was the file read as meant? What a file holds, how each column and value would be read, and a drafted codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from ..core.errors import DataError
from ..core.files import write_text
from ..core.vocabulary import vocabulary
from .assembling import assemble, rows_of_rule
from .codebook import Codebook, NotShown, load_codebook, parse_codebook
from .coding import Meanings, ValueLabels, code_values, meanings
from .column_values import VERY_MANY, few_valued, refuse_very_many
from .columns import plan_columns
from .drafted_columns import UNCOUNTED, has_too_many
from .drafting import Draft, draft_codebook
from .empty_items import EmptyItem, empty_items
from .header import RowsAroundHeader
from .headings import HeadingsBetween
from .identifiers import identifying_columns, kind_of_values
from .instrument import load_instrument
from .opening import open_table
from .parquet import read_counts
from .patterns import ResponsePatterns
from .question_texts import item_texts
from .reading import is_counts
from .refusals import NO_ITEM
from .scale import Instrument
from .study import draft_study
from .table import Table
from .text import canonical, normalised, quoted, raw_text, without_mojibake
from .value_labels import LabelLine, value_table
from .weights import HEAD_ROWS

_ENCODING = 'export the file again as UTF-8, or say under [file] in the codebook which it is, as encoding = "utf-8"'

# Titles above the names and texts under them are found one after the other.
_TIMES_OPENED = 3

# Values of a column that are listed one by one; a column with more is described by their number alone, and one with VERY_MANY
# not even by that.
_VALUES_LISTED = 25

# Values that are shown of a column that is read as an item and has too many of them.
_FIRST_VALUES = 10


@dataclass(frozen=True, kw_only=True)
class ColumnValues:
    """A column as it stands in the file. distinct: number of different values, None where there are too many to be counted;
    values: (raw value, rows, label in the file), empty where there are too many to be listed; text: its question or label in
    the file; problem: what stands in the way of reading it."""

    name: str
    read_as: str
    distinct: int | None
    empty: int
    values: tuple[tuple[str, int, str], ...] = ()
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemValues:
    """The value table of one item: (raw value, rows, label in the file, what it is read as or ''). Where the column has
    more different values than answers have (`too_many`) there are no lines; `first` are some values, `distinct` their number.
    about: the item whose wording the text of the column is, where that is another one.
    """

    item: str
    column: str
    lines: tuple[tuple[str, int, str, str], ...] = ()
    contradictions: tuple[LabelLine, ...] = ()
    empty_in: tuple[EmptyItem, ...] = ()
    too_many: bool = False
    first: tuple[str, ...] = ()
    distinct: int | None = None
    text: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What was found in a file; `str()` is the report, `write_codebook` writes the draft.

    rows: records; identifiers: column and what gives it away; around: what stands around the header; reading: what the draft
    makes of the file, or why it is refused.
    """

    name: str
    facts: Mapping[str, str]
    rows: int
    columns: tuple[ColumnValues, ...]
    items: tuple[ItemValues, ...]
    identifiers: Mapping[str, str]
    notes: tuple[str, ...]
    codebook: str
    reading: ResponsePatterns | None
    refusal: str | None
    around: tuple[str, ...] = ()

    def write_codebook(self, path: str | Path) -> None:
        """Write the drafted codebook, atomically."""
        write_text(path, self.codebook)

    def write_study(self, path: str | Path, instrument: Instrument) -> None:
        """Write a study file to be filled in, atomically; of the instrument that the answers brought along, if they did."""
        write_text(path, draft_study(instrument if self.reading is None else self.reading.instrument))

    def __str__(self) -> str:
        return "\n".join([*self._head(), *self._column_lines(), *self._item_lines(), *self._tail()])

    def _head(self) -> list[str]:
        facts = {**self.facts, "rows": f"{self.rows}", "columns": f"{len(self.columns) + len(self.identifiers)}"}
        if "delimiter" in facts:
            facts["delimiter"] = {"\t": "tab", ";": "semicolon ;", ",": "comma ,", "|": "bar |"}.get(
                facts["delimiter"], facts["delimiter"]
            )
        return [
            f"{self.name}",
            *(f"  {name:<10} {value}" for name, value in facts.items()),
            *(f"  ?? {problem}" for problem in self.around),
        ]

    def _column_lines(self) -> list[str]:
        lines = ["", "Columns (in the order of the file)"]
        width = min(40, max((len(column.name) for column in self.columns), default=0) + 2)
        for column in self.columns:
            empty = f", {column.empty} empty" if column.empty else ""
            read_as = column.read_as or "not read"
            lines.append(f"  {quoted(column.name):<{width}}  {read_as:<28}  {_number(column.distinct)} values{empty}")
            if column.text:
                lines.append(f"      text: {quoted(column.text)}")
            if column.problem:
                lines.append(f"      ?? {column.problem}")
            if column.values and column.read_as not in {item.item for item in self.items}:
                shown = ", ".join(
                    f"{quoted(value)}{f' = {label}' if label else ''} ({rows})" for value, rows, label in column.values[:8]
                )
                lines.append(f"      {shown}{', …' if len(column.values) > 8 else ''}")
        for name, kind in self.identifiers.items():
            lines.append(f"  {quoted(name):<{width}}  identifiers ({kind}): not read in")
        return lines

    def _item_lines(self) -> list[str]:
        lines = []
        for item in self.items:
            lines += ["", f"Item {item.item} (column {quoted(item.column)})"]
            if item.about:
                lines.append(f"  ?? read as {item.item} by its name, but its text is of {item.about}: {quoted(item.text)}")
                lines.append(f"  Say under [columns] in the codebook which column {item.item} is; that confirms it.")
            if item.too_many:
                lines.append(f"  ?? {_number(item.distinct)} different values: {', '.join(map(quoted, item.first))}, …")
                lines.append(f"  {NO_ITEM}")
                continue
            lines.append(f"  {'raw value':<28} {'rows':>9}  {'label in the file':<30} read as")
            contradicted = {line.value for line in item.contradictions}
            for value, rows, label, meaning in item.lines:
                shown, named = quoted(value) if value else "empty", quoted(label) if label else ""
                doubt = " ?? contradicts its label" if canonical(value) in contradicted else ""
                lines.append(f"  {shown:<28} {rows:>9}  {named:<30} {meaning or '?? nothing maps it'}{doubt}")
                right = without_mojibake(label or value)
                if right != (label or value):
                    lines.append(f"  ?? {quoted(label or value)} looks like {quoted(right)} in the wrong encoding: {_ENCODING}")
            for place in item.empty_in:
                where = f"all {place.records} records of {place.group or 'the file'}"
                lines.append(f"  ?? empty in {where}, and read as blank; if it was not asked there, {place.remedy}")
            for line in item.contradictions:
                labelled = f"{quoted(line.value)} is labelled {quoted(line.label)}"
                lines.append(
                    f"  contradiction: {labelled}, and read as {line.read_as} unless [codes] says more: {line.conflict}"
                )
        return lines

    def _tail(self) -> list[str]:
        lines = ["", *(f"note: {vocabulary('en').note(note)}" for note in self.notes)]
        if self.reading is not None:
            lines += ["With the drafted codebook:", *("  " + line for line in repr(self.reading).splitlines())]
        if self.refusal is not None:
            lines += ["Not readable yet:", *("  " + line for line in self.refusal.splitlines())]
        lines += ["", "Drafted codebook", "", self.codebook.rstrip()]
        return lines


def inspect(
    source: object, *, instrument: Instrument | None = None, codebook: Codebook | str | Path | None = None
) -> Inspection:
    """Look at a file or frame without analysing it.

    It says what every column holds, how it would be read and what stands in the way of that, and drafts the codebook, to be
    looked over before it is used.

    Parameters
    ----------
    source : str, pathlib.Path or data frame
        As in `read`.
    instrument : Instrument, optional
        The scale; the shipped one by default.
    codebook : Codebook, str or pathlib.Path, optional
        What is known already; the draft starts from it.

    Returns
    -------
    Inspection
        What each column looks like, and a draft of the codebook.

    Raises
    ------
    DataError
        Where it cannot be opened at all.

    See Also
    --------
    read : Read and count answers once nothing stands in the way.
    anonymise : Write the answers without people.
    load_instrument : The scale that columns are looked for by.

    Examples
    --------
    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> frame = pd.DataFrame({item: [1, 4, 4] for item in op.load_instrument().item_keys})
    >>> found = op.inspect(frame.assign(kultur=["1", "4", "rarely"]))
    >>> found.rows, [column.name for column in found.columns]
    (3, ['kompetencer', 'forklare', 'vaerdi', 'kultur', 'itsikkerhed'])
    >>> print(found.refusal.partition(".")[0])
    data frame: column 'kultur': 'rarely' in row 3 has no meaning
    """
    if is_counts(source):
        return _inspect_counts(Path(str(source)))
    scale = instrument or load_instrument()
    given = load_codebook(codebook, scale)
    table, book, around = _opened(source, scale, given)
    known = meanings(scale, book)
    problems = table.problems
    head = table.head([name for name in table.columns if name not in problems], HEAD_ROWS)
    texts = item_texts(scale)
    identifiers = {
        name: kind
        for name, kind in identifying_columns(head).items()
        if kind_of_values(map(raw_text, head[name])) is not None or not texts.of_column(table, name)
    }
    tallies = table.tallies([name for name in table.columns if name not in identifiers], VERY_MANY)
    values = {name: _values(tally) for name, tally in tallies.items()}
    uncounted = [name for name, counted in values.items() if counted is UNCOUNTED]
    draft = draft_codebook(table, scale, book, values, known, given)
    try:
        reading, refusal = _attempt(table, scale, draft, uncounted)
    except HeadingsBetween as error:
        around = (*around, str(error))
        book = replace(book, left_out=(*book.left_out, error.rule))
        draft = draft_codebook(table, scale, book, values, known, given)
        reading, refusal = _attempt(table, scale, draft, uncounted, final=True)
    final = _parsed(draft, scale) or book
    look = _Items(table, known, meanings(scale, final), final.not_shown, _empty(reading))
    return Inspection(
        name=table.name,
        facts={**table.facts, **({"system": f"{draft.system}, by its columns"} if draft.system else {})},
        rows=table.rows(),
        columns=tuple(_column(table, name, counted, draft, problems.get(name, "")) for name, counted in values.items()),
        items=tuple(
            look.table_of(item, name, values[name], head.get(name, ()), draft.contradicted.get(name, ""))
            for item, name in draft.items.items()
            if name in values
        ),
        identifiers=identifiers,
        around=around,
        notes=(*table.notes, *(f"weights_not_used: {name}" for name in draft.weights)),
        codebook=draft.text,
        reading=reading,
        refusal=refusal,
    )


def _opened(source: object, instrument: Instrument, book: Codebook) -> tuple[Table, Codebook, tuple[str, ...]]:
    """The source, opened; the codebook with what [file] must say for that; and what was found around the header."""
    problems: list[str] = []
    for _ in range(_TIMES_OPENED):
        try:
            return open_table(source, instrument, book), book, tuple(problems)
        except RowsAroundHeader as error:
            problems.append(str(error))
            book = replace(book, file=error.settled)
    return open_table(source, instrument, book), book, tuple(problems)


def _values(tally: Mapping[object, int] | None) -> Mapping[str | None, int]:
    """Rows per raw text of a column, None for empty."""
    if tally is None:
        return UNCOUNTED
    counted: dict[str | None, int] = {}
    for value, rows in tally.items():
        text = raw_text(value)
        counted[text] = counted.get(text, 0) + rows
    return counted


def _column(table: Table, name: str, counted: Mapping[str | None, int], draft: Draft, problem: str) -> ColumnValues:
    labels = table.labels.get(name, ValueLabels()).labels
    texts = sorted((text for text in counted if text is not None), key=lambda text: (-counted[text], text))
    listed = texts if len(texts) <= _VALUES_LISTED else []
    return ColumnValues(
        name=name,
        read_as=draft.read_as.get(name, ""),
        distinct=None if counted is UNCOUNTED else len(texts),
        empty=counted.get(None, 0),
        values=tuple((text, counted[text], labels.get(canonical(text), "")) for text in listed),
        text=table.descriptions.get(name, ""),
        problem=problem,
    )


def _number(distinct: int | None) -> str:
    return f"more than {VERY_MANY}" if distinct is None else str(distinct)


def _empty(reading: ResponsePatterns | None) -> tuple[EmptyItem, ...]:
    if reading is None:
        return ()
    return empty_items(reading)


@dataclass(frozen=True)
class _Items:
    """What the value tables of items are made from. known: meanings with the draft; given: without it; rule: of rows that were
    not shown the theme."""

    table: Table
    given: Meanings
    known: Meanings
    rule: NotShown | None
    empty: tuple[EmptyItem, ...]

    def table_of(
        self, item: str, column: str, counted: Mapping[str | None, int], head: Sequence[object], about: str = ""
    ) -> ItemValues:
        """The value table of an item. head: the first values of its column; about: the item that its text is about, if that is
        another one."""
        if has_too_many(counted, self.known):
            first = list(dict.fromkeys(text for value in head if (text := raw_text(value)) is not None))[:_FIRST_VALUES]
            distinct = None if counted is UNCOUNTED else len(counted) - (None in counted)
            return ItemValues(item=item, column=column, too_many=True, first=tuple(first), distinct=distinct)
        labels = self.table.labels.get(column)
        lines = []
        for text in sorted((text for text in counted if text is not None), key=lambda text: (len(text), text)):
            label = labels.labels.get(canonical(text), "") if labels is not None else ""
            lines.append((text, counted[text], label, self._meaning(text, labels)))
        unseen = self._unseen(column) if None in counted else 0
        if unseen:
            lines.append(("", unseen, "", "not shown (rule [not_shown])"))
        if counted.get(None, 0) > unseen:
            lines.append(("", counted[None] - unseen, "", self._meaning(None, labels)))
        conflicts = tuple(line for line in value_table(labels, self.given) if line.conflict) if labels is not None else ()
        empty = tuple(place for place in self.empty if place.item == item)
        return ItemValues(
            item=item,
            column=column,
            lines=tuple(lines),
            contradictions=conflicts,
            empty_in=empty,
            text=self.table.descriptions.get(column, ""),
            about=about,
        )

    def _meaning(self, text: str | None, labels: ValueLabels | None) -> str:
        code = code_values([text], self.known, labels).codes[0]
        return self.known.describe(code) if code else ""

    def _unseen(self, column: str) -> int:
        """Empty cells of a column in rows that were not shown the theme by the rule."""
        rule = self.rule
        if rule is None:
            return 0
        place = next((name for name in self.table.columns if normalised(name) == normalised(rule.column)), column)
        if place == column:
            return 0
        grouped = self.table.group([column, place])
        raw = grouped.columns[column]
        empty = np.array([text is None for text in raw.texts], dtype=bool)[raw.codes]
        return int(grouped.counts[empty & rows_of_rule(rule, grouped.columns[place], self.table.labels.get(place))].sum())


def _parsed(draft: Draft, instrument: Instrument) -> Codebook | None:
    try:
        return parse_codebook(draft.text.encode("utf-8"), instrument, "drafted codebook")
    except DataError:
        return None


def _attempt(
    table: Table, instrument: Instrument, draft: Draft, uncounted: Sequence[str], *, final: bool = False
) -> tuple[ResponsePatterns | None, str | None]:
    """The file read with the draft, or why it is refused: at once where a column that is read has too many values to count.
    Raises HeadingsBetween, which the draft can settle, unless it is the final attempt."""
    try:
        book = parse_codebook(draft.text.encode("utf-8"), instrument, "drafted codebook")
        plan = plan_columns(table.columns, instrument, book, (), table.name)
        for column in few_valued(plan, instrument):
            if column in uncounted:
                refuse_very_many(column, plan, table, meanings(instrument, book))
        return assemble(table, plan, instrument, book), None
    except DataError as error:
        if isinstance(error, HeadingsBetween) and not final:
            raise
        return None, str(error)


def _inspect_counts(path: Path) -> Inspection:
    counted = read_counts(path)
    return Inspection(
        name=path.name,
        facts={"format": "counts written by `omstilling counts`", "instrument": counted.instrument.key},
        rows=counted.n,
        columns=tuple(
            ColumnValues(name=name, read_as=name, distinct=len(key.levels), empty=0) for name, key in counted.keys.items()
        ),
        items=(),
        identifiers={},
        notes=counted.account.notes if counted.account else (),
        codebook="# Counts are coded already and need no codebook.\n",
        reading=counted,
        refusal=None,
    )
