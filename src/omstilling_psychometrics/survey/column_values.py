"""Values of the columns that are read: few different ones where they are answers or roles, and none that identify people."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..core.errors import DataError
from .coding import Meanings
from .columns import Plan
from .identifiers import CPR_NUMBERS, kind_of_values
from .refusals import Refusals
from .scale import Instrument
from .table import Grouped, Table, TooManyValues
from .text import listed, quoted, raw_text
from .weights import HEAD_ROWS

# Different values that no column of answers has, whatever the codes.
VERY_MANY = 10_000


def grouped_rows(table: Table, plan: Plan, known: Meanings) -> Grouped:
    """Distinct rows of every column that is read. DataError for a column that has far too many different values for what it is
    read as, as soon as that is seen: counting the rest of them would take minutes and all of the memory."""
    try:
        return table.group(plan.mapped, dict.fromkeys(few_valued(plan, known.instrument), VERY_MANY))
    except TooManyValues as error:
        refuse_very_many(error.column, plan, table, known)
        raise


def few_valued(plan: Plan, instrument: Instrument) -> tuple[str, ...]:
    """Columns that hold few different values if they are what they are read as."""
    role = plan.keys.get("role") if instrument.roles else None
    return (*plan.item_columns, *((role,) if role is not None else ()))


def refuse_very_many(column: str, plan: Plan, table: Table, known: Meanings) -> None:
    """DataError for one of the `few_valued` columns that has more than VERY_MANY different values."""
    values = list(dict.fromkeys(value for value in table.head([column], HEAD_ROWS)[column] if value is not None))
    _refuse_kind(column, [raw_text(value) for value in values], plan, table)
    refusals = Refusals(table, known)
    refusals.too_many(column, values, f"more than {VERY_MANY} different values", role=column == plan.keys.get("role"))
    refusals.raise_if_any()


def refuse_identifiers(grouped: Grouped, plan: Plan, table: Table, replaceable: Collection[str]) -> None:
    exempt = {plan.keys[name] for name in replaceable if name in plan.keys}
    for column in plan.mapped:
        raw = grouped.columns[column]
        many = column in plan.item_columns and len(raw.values) > VERY_MANY  # refused in a moment whatever they are
        texts = [raw_text(value) for value in raw.values[:VERY_MANY]] if many else raw.texts
        if column not in exempt:
            _refuse_kind(column, texts, plan, table)


def _refuse_kind(column: str, texts: Sequence[str | None], plan: Plan, table: Table) -> None:
    """DataError where values of a column that is read identify people."""
    kind = kind_of_values(texts)
    if kind == CPR_NUMBERS and column == plan.completed:
        return  # times without separators are dates with digits behind them
    if kind is not None:
        names = {**plan.items, **plan.keys, "completed": plan.completed, "not_shown": plan.not_shown}
        ours = [name for name, mapped in names.items() if mapped == column]
        raise DataError(
            f"{table.name}: the column {quoted(column)}, read as {listed(ours)}, holds {kind}. Nothing was read. Replace "
            "them by numbers that identify nobody (`omstilling anonymise` does), or map another column."
        )
