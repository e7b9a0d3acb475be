"""A codebook drafted from what a file holds: columns, values, roles, rows that are no answers, and signs for what is not known.

A draft says no more than the file shows. Every guess is marked as one; what is only likely is proposed as a comment, and what
nobody can know from the file is left for people to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .codebook import BLANK_KEY, NOT_SHOWN_KEY, Codebook, FileForm
from .codebook_lines import Line, RawLine, Scalar, section, toml_key, toml_text, toml_value
from .coding import Meanings
from .drafted_codes import DraftedCodes, drafted_codes
from .drafted_columns import FEW, UNCOUNTED, DraftedColumns, Values, drafted_columns, has_too_many
from .drafted_rows import DraftedRows, DraftedRule, drafted_rows
from .scale import Instrument
from .survey_systems import survey_system
from .table import Table
from .text import quoted
from .weights import weight_columns

# Columns that are listed as possible background variables.
_BACKGROUND_LISTED = 30


@dataclass(frozen=True)
class Draft:
    """items: item key to column; read_as: column to what it is read as; contradicted: column read as an item by its name to
    the item that its text is about; weights: columns that look like such; system: that wrote the file, where its columns tell;
    text: the codebook as TOML."""

    items: Mapping[str, str]
    read_as: Mapping[str, str]
    contradicted: Mapping[str, str] = field(default_factory=dict)
    weights: Sequence[str] = ()
    system: str = ""
    text: str = ""


def draft_codebook(
    table: Table,
    instrument: Instrument,
    book: Codebook,
    values: Values,
    known: Meanings,
    given: Codebook,
) -> Draft:
    """The draft for a table. values: rows per raw text of every column that holds no identifiers; UNCOUNTED where there
    are too many. given: the codebook before what was found in the
    file was added to it.

    No text of a column with more different values than answers or roles have comes into the draft: people wrote it.
    """
    system = survey_system(table.columns)
    columns = drafted_columns(table, instrument, book, values, known)
    codes = drafted_codes(columns, table, instrument, values, known, system)
    signs = codes.unanswered | {raw for raw, meaning in book.codes.items() if meaning in (BLANK_KEY, NOT_SHOWN_KEY)}
    rows = drafted_rows(columns, table, instrument, book, values, known, system, signs)
    weights = weight_columns(table, [name for name in table.columns if name not in columns.items.values()])
    read_as = columns.read_as
    for rule in rows.left_out:
        if not rule.proposed:
            read_as.setdefault(rule.column, "rows left out")
    if rows.not_shown is not None:
        read_as[rows.not_shown.column] = "not shown"
    return Draft(
        items=columns.items,
        read_as=read_as,
        contradicted=columns.contradicted,
        weights=weights,
        system=system.name,
        text="\n".join(_toml(columns, codes, rows, weights, instrument, book, values, known, given)) + "\n",
    )


def _toml(
    columns: DraftedColumns,
    codes: DraftedCodes,
    rows: DraftedRows,
    weights: Sequence[str],
    instrument: Instrument,
    book: Codebook,
    values: Values,
    known: Meanings,
    given: Codebook,
) -> Iterator[str]:
    yield "# Drafted from the file. Look at every line marked GUESS before using it."
    for name in weights:
        yield f"# {quoted(name)} looks like the weights of a survey. Weights are not used: every answer counts once."
    yield from ("", "[columns]")
    yield from _item_lines(columns, instrument, book, values, known)
    yield from _key_lines(columns, instrument, book)
    yield from _background(columns, rows, weights, values)
    codes_given = (RawLine(raw, meaning) for raw, meaning in book.codes.items())
    yield from section("[codes]", [*codes_given, *(f"# {remark}" for remark in codes.remarks), *codes.lines.values()])
    role = columns.keys.get("role")
    if role is not None and (values[role] is UNCOUNTED or len(values[role]) > FEW):
        yield from ("", f"# [roles]: {quoted(role)} has more different values than there are roles: which column is it?")
    yield from section("[roles]", [*(RawLine(raw, key) for raw, key in book.roles.items()), *rows.roles])
    if book.not_shown is not None:
        yield from _rule("[not_shown]", book.not_shown.column, book.not_shown.values)
    elif rows.not_shown is not None:
        yield from _drafted_rule("[not_shown]", rows.not_shown)
    for rule in book.left_out:
        head = "[[left_out]]" if rule in given.left_out else "[[left_out]]  # GUESS: headings between the answers"
        yield from _rule(head, rule.column, rule.values, rule.reason)
    for drafted in rows.left_out:
        yield from _drafted_rule("[[left_out]]", drafted)
    not_known = {line.key for line in rows.not_known}
    kept = [Line(name, tuple(map(str, signs))) for name, signs in book.not_known.items() if name not in not_known]
    yield from section("[not_known]", [*kept, *rows.not_known])
    yield from section("[file]", _form(columns, rows, book.file, given.file))


def _item_lines(
    columns: DraftedColumns, instrument: Instrument, book: Codebook, values: Values, known: Meanings
) -> Iterator[str]:
    for item in instrument.item_keys:
        if book.columns.get(item) == NOT_SHOWN_KEY and item not in columns.items:
            yield str(Line(item, NOT_SHOWN_KEY))
            continue
        proposed = [line for line in columns.proposals if line.key == item]
        column = columns.items.get(item)
        if column is None and not proposed:
            yield str(Line(item, None, 'which column? "not_shown" if the item was not in this survey'))
        elif column is not None and not proposed and (column != item or item in book.columns):
            yield str(Line(item, column, columns.remarks.get(item, "")))
        if column is not None and has_too_many(values[column], known):
            yield f"# {toml_key(item)}: {quoted(column)} has more different values than answers: which column is it?"
        yield from map(str, proposed)


def _key_lines(columns: DraftedColumns, instrument: Instrument, book: Codebook) -> Iterator[str]:
    for ours, column in columns.keys.items():
        if ours != column or ours in book.columns:
            yield str(Line(ours, column, columns.remarks.get(ours, "")))
    yield from (str(line) for line in columns.proposals if line.key not in instrument.item_keys)


def _background(columns: DraftedColumns, rows: DraftedRows, weights: Sequence[str], values: Values) -> Iterator[str]:
    taken = {*columns.read_as, *weights, *(str(line.meaning) for line in columns.proposals)}
    taken |= {rule.column for rule in rows.left_out}
    if rows.not_shown is not None:
        taken.add(rows.not_shown.column)
    names = [name for name, counted in values.items() if name not in taken and 1 < len(counted) <= FEW]
    yield from (str(Line(name, name, "a background variable, if it is wanted", True)) for name in names[:_BACKGROUND_LISTED])
    if len(names) > _BACKGROUND_LISTED:
        yield f"# and {len(names) - _BACKGROUND_LISTED} more columns with few values"


def _rule(head: str, column: str, values: tuple[Scalar, ...], reason: str = "") -> Iterator[str]:
    yield from ("", head, f"column = {toml_text(column)}", f"values = {toml_value(values)}")
    if reason:
        yield f"reason = {toml_text(reason)}"


def _drafted_rule(head: str, rule: DraftedRule) -> Iterator[str]:
    first, *lines = list(_rule(f"{head}  # {rule.remark}", rule.column, rule.values, rule.reason))
    yield first
    yield from (f"# {line}" if rule.proposed else line for line in lines)


def _form(columns: DraftedColumns, rows: DraftedRows, form: FileForm, given: FileForm) -> Iterator[str]:
    for name in form.__struct_fields__:
        value = getattr(form, name)
        if value is not None and value is not False:
            found = "" if value == getattr(given, name) else "GUESS: what stands around the names of the columns"
            yield str(Line(name, value, found))
    if columns.role is not None:
        yield str(Line("role", columns.role, "GUESS: the texts of the items are the wordings of this role"))
    if rows.na_is_a_value:
        remark = f"if it is a name ({'; '.join(rows.na_is_a_value)}); else it is not known"
        yield str(Line("na_is_a_value", True, remark, proposed=True))
