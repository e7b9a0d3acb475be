"""The codebook: how the columns and raw values of one file are to be read, from a TOML file (docs/codebook.md)."""

from __future__ import annotations

import codecs
from pathlib import Path

import msgspec

from .. import toml
from ..errors import DataError, cannot_read, require, suggestion
from ..files import refuse_pipe
from ..instrument import RESERVED_COLUMNS, Instrument
from .text import canonical, normalised, quoted

_FORM = "The form of a codebook is described in docs/codebook.md; an instrument file is given with --instrument."

LEFT_OUT = "left_out"
NOT_SHOWN_KEY = "not_shown"
BLANK_KEY = "blank"

# Columns with a fixed meaning; every other name in [columns] that is no item is a background variable.
KEY_COLUMNS = ("role", "leader", "respondent", "organisation", "wave", "form")

# A background variable of this name would clash with the column of counts in our own tables.
_NOT_A_BACKGROUND = ("count",)

DELIMITERS = (";", ",", "\t", "|")


class NotShown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose `column` holds one of `values` belong to people to whom the theme was not shown."""

    column: str
    values: tuple[str | int | float | bool, ...]


class FileForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What detection would get wrong about a text file."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None


class Codebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """columns: our name to the file's column; codes: raw value to category, non-answer key, `blank` or `not_shown`;
    roles: raw value to role key or `left_out`."""

    columns: dict[str, str] = {}
    codes: dict[str, int | str] = {}
    roles: dict[str, str] = {}
    not_shown: NotShown | None = None
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
    try:
        refuse_pipe(codebook)
        content = Path(codebook).read_bytes()
    except OSError as error:
        raise DataError(cannot_read("the codebook", codebook, error)) from error
    return parse_codebook(content, instrument, str(codebook))


def checked(codebook: Codebook, instrument: Instrument, source: str) -> Codebook:
    """The codebook itself if every name in it exists in the instrument. Raises DataError."""
    _check_columns(codebook, instrument, source)
    _check_codes(codebook, instrument, source)
    _check_roles(codebook, instrument, source)
    if codebook.not_shown is not None and not codebook.not_shown.values:
        raise DataError(f"{source}: [not_shown] has no values. Name the raw values of the rows where the theme was not shown.")
    _check_file(codebook.file, source)
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


def _check_file(form: FileForm, source: str) -> None:
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
