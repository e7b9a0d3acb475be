"""Columns that are not read as anything and are told of none the less: identifiers of people, and survey weights."""

from __future__ import annotations

import re
from collections.abc import Collection

from .columns import Plan
from .identifiers import identifying_columns
from .table import Table
from .text import raw_text

# Rows that are looked at to tell what a column holds.
HEAD_ROWS = 200

# 'vaegt', 'design_weight', 'pspwght', 'wgt2', 'stratvægt'; not 'weightlifting' or 'overweight'.
_WEIGHTS = re.compile(
    r"(?:^|[\W_])(?!over)(?:\w{0,8}?(?:vægt(?:e|ning)?|vaegt(?:e|ning)?|vejning|weights?|weighting|wgh?ts?)|wts?)(?:$|[\W_0-9])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]*[.,]?[0-9]+(?:e-?[0-9]+)?", re.IGNORECASE)


def unread_columns(table: Table, plan: Plan) -> list[str]:
    """Notes that name columns of identifiers and of weights."""
    mapped = set(plan.mapped)
    unmapped = [name for name in table.columns if name not in mapped]
    found = {
        "identifiers_not_read": list(identifying_columns(table.head(unmapped, HEAD_ROWS)) if unmapped else {}),
        "weights_not_used": weight_columns(table, plan.item_columns),
    }
    return [f"{note}: " + ", ".join(names).replace(";", ",") for note, names in found.items() if names]


def weight_columns(table: Table, items: Collection[str]) -> list[str]:
    """Columns that look like survey weights by name or label and hold numbers, read as something else than an item or not.
    items: the columns that are read as such."""
    named = [
        name
        for name in table.columns
        if name not in items and any(map(_WEIGHTS.search, (name, table.descriptions.get(name, ""))))
    ]
    found = []
    for name, values in (table.head(named, HEAD_ROWS) if named else {}).items():
        texts = [text for value in values if (text := raw_text(value)) is not None]
        if texts and all(map(_NUMBER.fullmatch, texts)):
            found.append(name)
    return found
