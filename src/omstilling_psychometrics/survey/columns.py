"""Which column of a file is read as what: items, role, leader and other keys, from the codebook and the column names."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..core.errors import DataError, UsageError, suggestion
from .codebook import KEY_COLUMNS, NOT_SHOWN_KEY, Codebook
from .instrument import RESERVED_COLUMNS
from .scale import Instrument
from .text import listed, normalised, quoted, without_text_mark


@dataclass(frozen=True)
class Plan:
    """items: item key to column, None where the item was not shown to anybody; keys: our name to column, role included;
    completed and not_shown: columns or None; left_out: the column of each such rule of the codebook. Columns are named as the
    file names them."""

    items: dict[str, str | None]
    keys: dict[str, str]
    completed: str | None
    not_shown: str | None
    left_out: tuple[str, ...] = ()

    @property
    def item_columns(self) -> tuple[str, ...]:
        return tuple(column for column in self.items.values() if column is not None)

    @property
    def mapped(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        others = (self.completed, self.not_shown, *self.left_out)
        return tuple(dict.fromkeys((*self.item_columns, *self.keys.values(), *(name for name in others if name is not None))))


# Name given to a column that shares its name with another, or has none.
_NUMBERED = re.compile(r"(.*) \(column [0-9]+\)")

# How like a name must be to one of ours, or to an item's, to be taken for it with a typing error: 'leder' is to 'leader'.
_TYPING_ERROR = 0.82


def distinct_names(header: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once: where several columns share a name, the place of each stands behind it; a column without a
    name (a delimiter at the end of every row) is called by its place."""
    times = Counter(header)
    names: dict[str, None] = {}
    for place, name in enumerate(header, start=1):
        name_here = name if times[name] == 1 and name else f"{name} (column {place})" if name else f"column {place} (unnamed)"
        while name_here in names or (name_here != name and name_here in times):
            name_here += f" (column {place})"
        names[name_here] = None
    return tuple(names)


class _Names:
    """The columns of a source by name."""

    def __init__(self, columns: Sequence[str], source: str) -> None:
        self.columns, self.source = columns, source
        self.repeated: dict[str, list[str]] = {}
        for name in columns:
            numbered = _NUMBERED.fullmatch(name)
            for known in {normalised(name), *((normalised(numbered[1]),) if numbered else ())}:
                self.repeated.setdefault(known, []).append(name)
        self.place = {known: names[0] for known, names in self.repeated.items() if known in map(normalised, names)}
        self.repeated = {known: names for known, names in self.repeated.items() if len(names) > 1 and known}
        plain = {known: name for known, name in self.place.items() if known}
        self.place = {without_text_mark(known): name for known, name in plain.items()} | plain

    def __contains__(self, name: str) -> bool:
        return normalised(name) in self.place

    def get(self, name: str, ours: str) -> str | None:
        """The column of a name. DataError where several columns have it; `ours` is what it is read as."""
        several = self.repeated.get(normalised(name))
        if several is not None:
            numbered = all(_NUMBERED.fullmatch(key) for key in several)
            choice = (
                f' Name the one that is meant under [columns] in the codebook: {ours} = "{several[0]}".' if numbered else ""
            )
            raise DataError(
                f"{self.source}: the column name {quoted(name)}, which is read as {quoted(ours)}, stands more than once in the "
                f"header{f', here called {listed(several)}' if numbered else ''}.{choice or ' Rename the columns.'}"
            )
        return self.place.get(normalised(name))


def plan_columns(columns: Sequence[str], instrument: Instrument, codebook: Codebook, by: Sequence[str], source: str) -> Plan:
    """The columns to read. DataError for a missing one, UsageError for an unknown name in `by`."""
    names = _Names(columns, source)
    _refuse_typing_errors(names, instrument, codebook)

    def column(name: str) -> str | None:
        """The file's column for our name: the codebook's, else the one that has the name already."""
        wanted = codebook.columns.get(name)
        if wanted is None:
            # A column that the codebook gives to another name is not also read under its own.
            taken = {normalised(other) for other in codebook.columns.values()}
            return None if normalised(name) in taken else names.get(name, name)
        heading = names.get(wanted, name)
        if heading is None:
            raise DataError(
                f"{source}: the codebook reads {quoted(name)} from the column {quoted(wanted)}, which the file does not have. "
                f"Its columns: {listed(columns)}.{suggestion(wanted, columns)}"
            )
        return heading

    items = _item_columns(column, columns, instrument, codebook, source)
    keys = {name: chosen for name in KEY_COLUMNS if (chosen := column(name)) is not None}
    if codebook.file.role is not None and "role" in keys:
        raise DataError(
            f"{source}: [file] says that the whole file has the role {quoted(codebook.file.role)}, and there is a column "
            f"{quoted(keys['role'])}. Take that line out; or, if the column is about something else, give it a name of its own "
            f'under [columns], for example position = "{keys["role"]}".'
        )
    for name in codebook.background(instrument):
        keys[name] = column(name) or ""
    keys |= _asked_for(names, items, keys, by)

    def of_rule(rule: str, wanted: str) -> str:
        """The column that a rule about rows names."""
        heading = names.get(wanted, rule)
        if heading is None:
            raise DataError(
                f"{source}: {rule} names the column {quoted(wanted)}, which the file does not have. "
                f"Its columns: {listed(columns)}.{suggestion(wanted, columns)}"
            )
        return heading

    not_shown = None if codebook.not_shown is None else of_rule("[not_shown]", codebook.not_shown.column)
    left_out = tuple(of_rule("[[left_out]]", rule.column) for rule in codebook.left_out)
    _refuse_unknown_keys(keys, names, codebook)
    # The time of completion decides between records of one respondent, so it is of use only where respondents are known.
    completed = column("completed") if "respondent" in keys else None
    return Plan(items, keys, completed, not_shown, left_out)


def _refuse_typing_errors(names: _Names, instrument: Instrument, codebook: Codebook) -> None:
    """DataError for a name under [columns] that is none of ours, but very like one of ours that has no column otherwise; and
    for lines that are written the other way round."""
    open_names = [
        name for name in (*instrument.item_keys, *RESERVED_COLUMNS) if name not in codebook.columns and name not in names
    ]
    folded = {name.casefold(): name for name in open_names}
    for name in codebook.background(instrument):
        column = codebook.columns[name]
        if column in open_names and name in names and column not in names:
            raise DataError(
                f"{names.source}: [columns] {name} = {quoted(column)} is written the other way round: our name comes first, "
                f'as in {column} = "{name}".'
            )
        close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=_TYPING_ERROR)
        if close:
            raise DataError(
                f"{names.source}: [columns] names {quoted(name)}, which is no item and no key column. Did you mean "
                f"{quoted(folded[close[0]])}? If it is a background variable, call it something less like that."
            )


def _refuse_unknown_keys(keys: Collection[str], names: _Names, codebook: Codebook) -> None:
    """DataError for a name under [not_known] that is no key: a column of the file that nobody reads is none of our business."""
    for name in codebook.not_known:
        if name not in {*keys, *KEY_COLUMNS} and name not in names:
            known = [*dict.fromkeys((*KEY_COLUMNS[1:], *keys))]
            raise DataError(
                f"{names.source}: [not_known] names {quoted(name)}, which is no key column; there are: {listed(known)}."
                f"{suggestion(name, [*known, *names.columns])}"
            )


def _item_columns(
    column: Callable[[str], str | None], columns: Sequence[str], instrument: Instrument, codebook: Codebook, source: str
) -> dict[str, str | None]:
    items: dict[str, str | None] = {}
    missing = []
    for key in instrument.item_keys:
        if codebook.columns.get(key) == NOT_SHOWN_KEY:
            items[key] = None
            continue
        items[key] = column(key)
        if items[key] is None:
            missing.append(key)
    if missing:
        close = "".join(dict.fromkeys(suggestion(name, columns) for name in missing))
        raise DataError(
            f"{source}: no column for the item(s) {listed(missing)}. The file has: {listed(columns)}.{close} Name the columns "
            f'under [columns] in a codebook ({missing[0]} = "column in the file"; = "not_shown" if the item was not in this '
            "survey); `omstilling inspect FILE --write-codebook FILE.toml` drafts one. In text and Excel files the names are "
            "read from the first row: titles above them are skipped with skip_rows under [file]. "
            "In Python, a scale of your own needs no file: op.read(data, items=['q1', 'q2', …], categories=range(1, 6))."
        )
    return items


def _asked_for(names: _Names, items: dict[str, str | None], keys: dict[str, str], by: Sequence[str]) -> dict[str, str]:
    """Background variables of `by` that the codebook does not name."""
    columns: dict[str, str] = {}
    used = {name: ours for ours, name in {**keys, **{key: col for key, col in items.items() if col is not None}}.items()}
    for name in by:
        if name in keys:
            continue
        column = names.get(name, name)
        if column is None:
            known = [*keys, *(name for name in names.columns if name not in used)]
            raise UsageError(
                f"{names.source}: no column {quoted(name)} to group by; there are: {listed(known)}.{suggestion(name, known)}"
            )
        if column in used:
            raise UsageError(
                f"{names.source}: the column {quoted(name)} is read as {quoted(used[column])}; group by that name, or by "
                "another column."
            )
        columns[name] = column
    return columns
