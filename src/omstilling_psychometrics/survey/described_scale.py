"""A scale that is described by arguments of `op.read` instead of files: from the arguments to instrument and codebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import index
from typing import Any

import msgspec

from ..core.errors import DataError, UsageError, suggestion
from .codebook import BLANK_KEY, NOT_SHOWN_KEY, Codebook, checked
from .columns import Plan
from .instrument import made_instrument
from .scale import Instrument
from .table import Table
from .text import canonical, listed, normalised, quoted, raw_text

# How messages call the arguments, in the place of a file.
_SOURCE = "the scale given to op.read"

# A column of more different values does not say in which role somebody answers.
_MOST_ROLES = 20


class Arguments(Codebook, frozen=True, forbid_unknown_fields=True):
    """A codebook that stands in no file: messages name the arguments that change it."""


def in_a_tuple(given: Any) -> Any:
    """A tuple of what any kind of list holds, such as the columns of a frame; texts, mappings and None as they are."""
    return given if given is None or isinstance(given, (str, Mapping)) or not isinstance(given, Iterable) else tuple(given)


@dataclass(frozen=True, kw_only=True)
class DescribedScale:
    """What `op.read` is given of a scale and of the columns beside its items. columns: our name to the file's column."""

    items: Sequence[str] | None = None
    categories: Sequence[int] | Mapping[int, str] | None = None
    reversed: Sequence[str] = ()
    non_answers: Mapping[object, str] = field(default_factory=dict)
    minimum_answered: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        alone = {"categories": self.categories is not None, "reversed": bool(self.reversed)}
        alone["minimum_answered"] = self.minimum_answered is not None
        for name, given in alone.items():
            if given and self.items is None:
                raise UsageError(
                    f"op.read: {name} describes a scale together with items=[…]; without items, the instrument says what it is."
                )
        for name, value in (("items", self.items), ("reversed", self.reversed)):
            if isinstance(value, str):
                raise UsageError(f"op.read: {name} is the text {quoted(value)}; a list of column names is needed.")
            if value is not None and not (isinstance(value, tuple) and all(isinstance(one, str) for one in value)):
                raise UsageError(f"op.read: {name} is {value!r}; a list of column names is needed.")
        if not isinstance(self.categories, (tuple, Mapping, type(None))):
            raise UsageError(
                f"op.read: categories is {self.categories!r}; a list of whole numbers is needed, as in range(1, 6)."
            )
        if self.minimum_answered is not None and not isinstance(self.minimum_answered, int):
            raise UsageError(f"op.read: minimum_answered is {self.minimum_answered!r}; a whole number is needed.")
        mapped: object = self.non_answers
        if not isinstance(mapped, Mapping):
            kind = type(mapped).__name__
            raise UsageError(f"op.read: non_answers is a {kind}; it maps values to names, as in {{8: 'ved_ikke', 9: 'blank'}}.")
        for value, reason in mapped.items():
            if not isinstance(reason, str):
                raise UsageError(
                    f"op.read: non_answers gives {value!r} the reason {reason!r}; a name is needed, as in 'ved_ikke'."
                )
        for name, column in self.columns.items():
            if not isinstance(column, str):
                raise UsageError(f"op.read: {name} is {column!r}; the name of a column is needed.")
        self._require_known_items()

    def _require_known_items(self) -> None:
        if self.items is None:
            return
        if self.categories is None:
            raise UsageError(
                "op.read: items needs categories beside it, the values that can be answered whether or not somebody did, as "
                "in categories=range(1, 6)."
            )
        for item in self.reversed:
            if item not in self.items:
                raise UsageError(
                    f"op.read: reversed names {quoted(item)}, which is not among the items: {listed(self.items)}."
                    f"{suggestion(str(item), self.items)}"
                )
        for name, column in self.columns.items():
            if column in self.items:
                raise UsageError(f"op.read: the column {quoted(column)} is given as an item and as {name}. It can be only one.")
        for value in self.non_answers:
            if canonical(raw_text(value) or "") in {str(category) for category in self.values}:
                raise UsageError(f"op.read: {value!r} is a category and, in non_answers, no answer. It can be one of them.")

    @property
    def values(self) -> tuple[int, ...]:
        """The categories."""
        values = []
        for value in self.categories or ():
            try:
                values.append(index(value))
            except TypeError as error:
                message = f"op.read: categories holds {value!r}; whole numbers in rising order are needed."
                raise UsageError(message) from error
        return tuple(values)

    def instrument(self, roles: Sequence[str] = ()) -> Instrument:
        """The scale as an instrument. Raises InstrumentError where it is none."""
        labels = self.categories if isinstance(self.categories, Mapping) else {}
        offered = dict.fromkeys(self.non_answers.values())
        return made_instrument(
            self.values,
            tuple(self.items or ()),
            labels={int(value): str(label) for value, label in labels.items()},
            reversed=tuple(self.reversed),
            non_answers=tuple(reason for reason in offered if reason not in (BLANK_KEY, NOT_SHOWN_KEY)),
            roles=tuple(roles),
            minimum_answered=self.minimum_answered,
            source=_SOURCE,
        )

    def codebook(self, book: Codebook, instrument: Instrument) -> Codebook:
        """The codebook with the columns and codes of the arguments, which must not stand in it already."""
        known = (*instrument.reason_keys, BLANK_KEY, NOT_SHOWN_KEY)
        for value, reason in self.non_answers.items():
            if reason not in known:
                raise UsageError(
                    f"op.read: non_answers calls {value!r} {quoted(reason)}, which the instrument does not have; accepted: "
                    f"{', '.join(known)}.{suggestion(str(reason), known)}"
                )
        codes = {raw_text(value) or "": reason for value, reason in self.non_answers.items()}
        if "" in codes:
            raise UsageError("op.read: non_answers names an empty value; an empty cell is blank, and needs no line.")
        for given, there in ((self.columns, book.columns), (codes, book.codes)):
            for name in given:
                if name in there:
                    raise UsageError(f"op.read: {quoted(name)} is given as an argument and in the codebook. Leave one out.")
        if self == DescribedScale():
            return book
        kind = Arguments if book == Codebook() else Codebook
        merged = msgspec.structs.replace(book, columns={**book.columns, **self.columns}, codes={**book.codes, **codes})
        return checked(kind(**msgspec.structs.asdict(merged)), instrument, "op.read")

    def require_columns(self, table: Table) -> None:
        """UsageError where the source lacks a column that an argument names."""
        there = {normalised(name) for name in table.columns}
        named = [*((item, "items") for item in self.items or ()), *((column, name) for name, column in self.columns.items())]
        lacking = [(column, name) for column, name in named if normalised(str(column)) not in there]
        if lacking:
            columns = ", ".join(f"{quoted(column)} ({name})" for column, name in lacking)
            close = "".join(dict.fromkeys(suggestion(str(column), table.columns) for column, _ in lacking))
            raise UsageError(f"{table.name}: no column {columns}; there are: {listed(table.columns)}.{close}")

    def with_roles(self, table: Table, plan: Plan) -> Instrument:
        """The instrument with the roles that the role column holds, in alphabetical order."""
        column = plan.keys.get("role")
        if column is None:
            return self.instrument()
        tallied = table.tallies([column], _MOST_ROLES)[column]
        if tallied is None:
            raise DataError(
                f"{table.name}: the column {quoted(column)} has more than {_MOST_ROLES} different values, which cannot be "
                "roles. A role says who answers, such as employee or leader; name its column with role=…, and keep any other "
                "column with by=[…]."
            )
        about = table.labels.get(column)
        names: dict[str, str] = {}
        for value in tallied:
            text = raw_text(value)
            if text is not None:
                label = about.labels.get(canonical(text), text) if about is not None else text
                names[canonical(label)] = min(label, names.get(canonical(label), label))
        return self.instrument(sorted(names.values()))
