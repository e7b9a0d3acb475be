"""Which column of a file is read as what: items, role, leader and other keys, from the codebook and the column names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..errors import DataError, UsageError, suggestion
from ..instrument import Instrument
from .codebook import KEY_COLUMNS, NOT_SHOWN_KEY, Codebook
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


def refuse_repeated(columns: Sequence[str], source: str) -> None:
    """DataError if two columns have the same name. Columns without a name (a trailing delimiter) do not count."""
    repeated = [name for name, times in Counter(normalised(name) for name in columns).items() if times > 1 and name]
    if repeated:
        raise DataError(
            f"{source}: the column name {listed(repeated)} stands more than once in the header. "
            "Rename the columns so that each name is unique."
        )


def plan_columns(columns: Sequence[str], instrument: Instrument, codebook: Codebook, by: Sequence[str], source: str) -> Plan:
    """The columns to read. DataError for a missing one, UsageError for an unknown name in `by`."""
    refuse_repeated(columns, source)
    place = {normalised(name): name for name in columns if normalised(name)}
    place = {without_text_mark(known): name for known, name in place.items()} | place

    def column(name: str) -> str | None:
        """The file's column for our name: the codebook's, else the one that has the name already."""
        wanted = codebook.columns.get(name)
        if wanted is None:
            found = place.get(normalised(name))
            # A column that the codebook gives to another name is not also read under its own.
            taken = {normalised(other) for other in codebook.columns.values()}
            return None if found is None or normalised(found) in taken else found
        if normalised(wanted) not in place:
            raise DataError(
                f"{source}: the codebook reads {quoted(name)} from the column {quoted(wanted)}, which the file does not have. "
                f"Its columns: {listed(columns)}.{suggestion(wanted, columns)}"
            )
        return place[normalised(wanted)]

    items = _item_columns(column, columns, instrument, codebook, source)
    keys = {name: found for name in KEY_COLUMNS if (found := column(name)) is not None}
    if codebook.file.role is not None and "role" in keys:
        raise DataError(
            f"{source}: [file] says that the whole file has the role {quoted(codebook.file.role)}, and there is a column "
            f"{quoted(keys['role'])}. Take that line out; or, if the column is about something else, give it a name of its own "
            f'under [columns], for example position = "{keys["role"]}".'
        )
    for name in codebook.background(instrument):
        keys[name] = column(name) or ""
    keys |= _asked_for(columns, place, items, keys, codebook, by, source)

    def of_rule(rule: str, wanted: str) -> str:
        """The column that a rule about rows names."""
        found = place.get(normalised(wanted))
        if found is None:
            raise DataError(
                f"{source}: {rule} names the column {quoted(wanted)}, which the file does not have. "
                f"Its columns: {listed(columns)}.{suggestion(wanted, columns)}"
            )
        return found

    not_shown = None if codebook.not_shown is None else of_rule("[not_shown]", codebook.not_shown.column)
    left_out = tuple(of_rule("[[left_out]]", rule.column) for rule in codebook.left_out)
    _refuse_unknown_keys(keys, columns, place, codebook, source)
    # The time of completion decides between records of one respondent, so it is of use only where respondents are known.
    completed = column("completed") if "respondent" in keys else None
    return Plan(items, keys, completed, not_shown, left_out)


def _refuse_unknown_keys(
    keys: Collection[str], columns: Sequence[str], place: Collection[str], codebook: Codebook, source: str
) -> None:
    """DataError for a name under [not_known] that is no key: a column of the file that nobody reads is none of our business."""
    for name in codebook.not_known:
        if name not in {*keys, *KEY_COLUMNS} and normalised(name) not in place:
            known = [*dict.fromkeys((*KEY_COLUMNS[1:], *keys))]
            raise DataError(
                f"{source}: [not_known] names {quoted(name)}, which is no key column; there are: {listed(known)}."
                f"{suggestion(name, [*known, *columns])}"
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
            "survey); `omstilling inspect FILE --write-codebook FILE.toml` drafts one."
        )
    return items


def _asked_for(
    columns: Sequence[str],
    place: dict[str, str],
    items: dict[str, str | None],
    keys: dict[str, str],
    codebook: Codebook,
    by: Sequence[str],
    source: str,
) -> dict[str, str]:
    """Background variables of `by` that the codebook does not name."""
    found: dict[str, str] = {}
    used = {name: ours for ours, name in {**keys, **{key: col for key, col in items.items() if col is not None}}.items()}
    for name in by:
        if name in keys:
            continue
        column = place.get(normalised(name))
        if column is None:
            known = [*keys, *(one for one in columns if one not in used)]
            raise UsageError(
                f"{source}: no column {quoted(name)} to group by; there are: {listed(known)}.{suggestion(name, known)}"
            )
        if column in used:
            raise UsageError(
                f"{source}: the column {quoted(name)} is read as {quoted(used[column])}; group by that name, or by another "
                "column."
            )
        found[name] = column
    return found
