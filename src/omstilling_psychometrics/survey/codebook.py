"""The codebook: how the columns and raw values of one file are to be read, from a TOML file (docs/codebook.md)."""

from __future__ import annotations

import codecs
from pathlib import Path

import msgspec

from ..core import toml
from ..core.errors import DataError, require, suggestion
from ..core.files import content_of
from .instrument import RESERVED_COLUMNS
from .scale import Instrument
from .text import canonical, normalised, quoted

_FORM = "'omstilling help codebook' describes the form of a codebook; an instrument file is given with --instrument."

LEFT_OUT = "left_out"
NOT_SHOWN_KEY = "not_shown"
BLANK_KEY = "blank"

# Columns with a fixed meaning; every other name in [columns] that is no item is a background variable.
KEY_COLUMNS = ("role", "leader", "respondent", "organisation", "wave", "form")

# Why a row is left out, as accounts and the report of them say it; a reason of the codebook's own must not be one of these.
REASONS = (
    "role", "role_not_asked_for", "no_group", "not_shown", "duplicate", "superseded", "empty", "suppressed", "withheld",
    "not_selected",
)  # fmt: skip
_LONGEST_REASON = 80

# Rows of titles and names that a file may have above its answers.
MOST_HEADER_ROWS = 50

# A background variable of this name would clash with the column of counts in our own tables.
_NOT_A_BACKGROUND = ("count",)

DELIMITERS = (";", ",", "\t", "|")

Values = tuple[str | int | float | bool, ...]


class NotShown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose `column` holds one of `values` belong to people to whom the theme was not shown."""

    column: str
    values: Values


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose `column` holds one of `values` are no answers to this theme; `reason` is their line in the account."""

    column: str
    values: Values
    reason: str


class FileForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What detection would get wrong about a file.

    header_rows: rows of names and of texts under them, 0 where the columns have no names; skip_rows: rows of titles above
    them; role: what the whole file is; na_is_a_value: in key columns, 'NA' and its like are names.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header_rows: int | None = None
    skip_rows: int | None = None
    role: str | None = None
    na_is_a_value: bool = False


class Codebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """columns: our name to the file's column; codes: raw value to category, non-answer key, `blank` or `not_shown`;
    roles: raw value to role key or `left_out`; not_known: key column to the raw values that say that nothing is known."""

    columns: dict[str, str] = {}
    codes: dict[str, int | str] = {}
    roles: dict[str, str] = {}
    not_shown: NotShown | None = None
    left_out: tuple[LeftOut, ...] = ()
    not_known: dict[str, Values] = {}
    file: FileForm = FileForm()

    def background(self, instrument: Instrument) -> tuple[str, ...]:
        """Names in [columns] that are neither items nor columns with a fixed meaning."""
        taken = {*instrument.item_keys, *RESERVED_COLUMNS}
        return tuple(name for name in self.columns if name not in taken)


def parse_codebook(content: bytes, instrument: Instrument, source: str = "codebook") -> Codebook:
    """A codebook from the bytes of its TOML file; `source` names it in errors. Raises DataError."""
    return checked(toml.decode(content, Codebook, source=source, form=_FORM, error=DataError), instrument, source)


def load_codebook(codebook: Codebook | str | Path | None, instrument: Instrument) -> Codebook:
    """The codebook given as an object or as the path of its file; an empty one for None. Raises DataError."""
    if codebook is None:
        return Codebook()
    if isinstance(codebook, Codebook):
        return checked(codebook, instrument, "codebook")
    require(codebook, (str, Path), "the codebook", "the path of a codebook file")
    return parse_codebook(content_of(codebook, "the codebook"), instrument, str(codebook))


def checked(codebook: Codebook, instrument: Instrument, source: str) -> Codebook:
    """The codebook itself if every name in it exists in the instrument. Raises DataError."""
    _check_columns(codebook, instrument, source)
    _check_codes(codebook, instrument, source)
    _check_roles(codebook, instrument, source)
    if codebook.not_shown is not None and not codebook.not_shown.values:
        raise DataError(f"{source}: [not_shown] has no values. Name the raw values of the rows where the theme was not shown.")
    _check_left_out(codebook, source)
    _check_not_known(codebook, instrument, source)
    _check_file(codebook.file, source)
    _check_role_of_file(codebook, instrument, source)
    return codebook


def _check_columns(codebook: Codebook, instrument: Instrument, source: str) -> None:
    shown = [name for name in instrument.item_keys if codebook.columns.get(name) != NOT_SHOWN_KEY]
    if not shown:
        raise DataError(f'{source}: every item is "not_shown". At least one item must have a column.')
    used: dict[str, str] = {}
    for name, column in codebook.columns.items():
        if not name.strip() or not column.strip():
            raise DataError(f"{source}: [columns] holds an empty name ({quoted(name)} = {quoted(column)}).")
        if name in _NOT_A_BACKGROUND:
            raise DataError(
                f"{source}: [columns] calls a background variable {quoted(name)}, a name this package uses itself. Rename it."
            )
        if name in instrument.item_keys and column == NOT_SHOWN_KEY:
            continue
        if normalised(column) in used:
            raise DataError(
                f"{source}: [columns] gives the column {quoted(column)} to both {quoted(used[normalised(column)])} and "
                f"{quoted(name)}. "
                "One column can be read as one thing."
            )
        used[normalised(column)] = name


def _check_codes(codebook: Codebook, instrument: Instrument, source: str) -> None:
    reasons = (*instrument.reason_keys, BLANK_KEY, NOT_SHOWN_KEY)
    categories = ", ".join(str(value) for value in instrument.categories)
    seen: dict[str, int | str] = {}
    for raw, meaning in codebook.codes.items():
        accepted = meaning in instrument.categories if isinstance(meaning, int) else meaning in reasons
        if not accepted:
            hint = suggestion(meaning, reasons) if isinstance(meaning, str) else ""
            if isinstance(meaning, str) and canonical(meaning) in {str(value) for value in instrument.categories}:
                hint = f" Write a category without quotes: {quoted(raw)} = {canonical(meaning)}."
            raise DataError(
                f"{source}: [codes] maps {quoted(raw)} to {quoted(meaning)}, which is no category ({categories}) and none of "
                f"{', '.join(reasons)}.{hint}"
            )
        key = canonical(raw)
        if key in seen and seen[key] != meaning:
            raise DataError(f"{source}: [codes] maps {quoted(raw)} to both {quoted(seen[key])} and {quoted(meaning)}.")
        seen[key] = meaning


def _check_roles(codebook: Codebook, instrument: Instrument, source: str) -> None:
    keys = (*instrument.role_keys, LEFT_OUT)
    seen: dict[str, str] = {}
    for raw, role in codebook.roles.items():
        if role not in keys:
            raise DataError(
                f"{source}: [roles] maps {quoted(raw)} to {quoted(role)}, which is no role of the instrument; "
                f"accepted: {', '.join(keys)}.{suggestion(role, keys)}"
            )
        key = canonical(raw)
        if key in seen and seen[key] != role:
            raise DataError(f"{source}: [roles] maps {quoted(raw)} to both {quoted(seen[key])} and {quoted(role)}.")
        seen[key] = role


def _check_left_out(codebook: Codebook, source: str) -> None:
    for number, rule in enumerate(codebook.left_out, start=1):
        place = f"{source}: [[left_out]] number {number} (column {quoted(rule.column)})"
        if not rule.values:
            raise DataError(f"{place} has no values. Name the raw values of the rows that are no answers.")
        reason = normalised(rule.reason)
        if not reason or len(reason) > _LONGEST_REASON:
            raise DataError(f"{place}: the reason {quoted(rule.reason)} must have from 1 to {_LONGEST_REASON} characters.")
        if reason in REASONS:
            raise DataError(f"{place}: the account has a line {quoted(reason)} of its own. Give the reason in other words.")


def _check_not_known(codebook: Codebook, instrument: Instrument, source: str) -> None:
    """Whether background variables that are not in [columns] exist is seen when the columns are known."""
    for name, values in codebook.not_known.items():
        if name in instrument.item_keys:
            raise DataError(
                f"{source}: [not_known] is for key columns, and {quoted(name)} is an item. Say under [codes] what its values "
                f'mean, for example {quoted(values[0] if values else ".")} = "{BLANK_KEY}".'
            )
        if name == "role":
            raise DataError(
                f"{source}: [not_known] has 'role', but without a role a row cannot be analysed. Leave such rows out under "
                f'[roles], for example {quoted(values[0] if values else ".")} = "{LEFT_OUT}".'
            )
        if not values:
            raise DataError(f'{source}: [not_known] has no values for {quoted(name)}. Name the raw values, as in ["."].')


def _check_role_of_file(codebook: Codebook, instrument: Instrument, source: str) -> None:
    role = codebook.file.role
    if role is None:
        return
    if role not in instrument.role_keys:
        raise DataError(
            f"{source}: [file] role {quoted(role)} is no role of the instrument; accepted: "
            f"{', '.join(instrument.role_keys) or 'none, since it has no roles'}.{suggestion(role, instrument.role_keys)}"
        )
    if "role" in codebook.columns:
        raise DataError(
            f"{source}: [file] says that the whole file has the role {quoted(role)}, and [columns] reads roles from the column "
            f"{quoted(codebook.columns['role'])}. Take one of the two out."
        )


def _check_file(form: FileForm, source: str) -> None:
    for name, number in (("header_rows", form.header_rows), ("skip_rows", form.skip_rows)):
        if number is not None and not 0 <= number <= MOST_HEADER_ROWS:
            raise DataError(f"{source}: [file] {name} is {number}; it can be 0 to {MOST_HEADER_ROWS}.")
    if form.encoding is not None:
        try:
            known = codecs.lookup(form.encoding)
            known.decode(b"")
        except (LookupError, ValueError, TypeError) as error:
            raise DataError(
                f"{source}: [file] encoding {quoted(form.encoding)} is not known; examples: utf-8, utf-16, cp1252."
            ) from error
        if not getattr(known, "_is_text_encoding", True):
            raise DataError(
                f"{source}: [file] encoding {quoted(form.encoding)} is not a text encoding; examples: utf-8, utf-16, cp1252."
            )
    if form.delimiter is not None and (len(form.delimiter) != 1 or not form.delimiter.isascii() or form.delimiter in '"\r\n'):
        raise DataError(f"{source}: [file] delimiter {quoted(form.delimiter)} must be one character, such as ; or , or \\t.")
    if form.decimal is not None and form.decimal not in (",", "."):
        raise DataError(f"{source}: [file] decimal {quoted(form.decimal)} must be ',' or '.'.")
