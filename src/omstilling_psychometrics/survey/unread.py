"""Columns that are not read as anything and are told of none the less: identifiers of people, and survey weights."""

from __future__ import annotations

from .columns import Plan
from .identifiers import identifying_columns, kind_of_name
from .table import Table
from .weights import HEAD_ROWS, weight_columns


def unread_columns(table: Table, plan: Plan, *, by_values: bool = True) -> list[str]:
    """Notes that name columns of identifiers and of weights. by_values: they are told by the first values too."""
    mapped, items = set(plan.mapped), set(plan.item_columns)
    unmapped = [name for name in table.columns if name not in mapped]
    identifying = [name for name in unmapped if kind_of_name(name)]
    if by_values and unmapped:
        identifying = list(identifying_columns(table.head(unmapped, HEAD_ROWS)))
    found = {
        "identifiers_not_read": identifying,
        "weights_not_used": weight_columns(table, [name for name in table.columns if name not in items], by_values=by_values),
    }
    return [f"{note}: " + ", ".join(names).replace(";", ",") for note, names in found.items() if names]
