"""Columns that look like the weights of a survey. Weights are not used: every answer counts once, and that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .table import Table
from .text import raw_text

# Rows that are looked at to tell what a column holds.
HEAD_ROWS = 200

# 'vaegt', 'Vægt_2024', 'weight', 'pspwght', 'ANWEIGHT', 'finalwgt', 'W_VAEGT', 'stratvægt'; not 'overweight' or 'weighted'.
_NAME = re.compile(
    r"(?:^|[\W_])(?:survey|design|post|pop|sample|strat|final|base|an|ps|psp|p|d|f)?"
    r"(?:v(?:æ|ae)gt(?:e|en|ning)?|vejning|weights?|weighting|w[ei]?ght|wgts?|wts?|opregningsfaktor)(?:$|[\W_0-9])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]*[.,]?[0-9]+(?:e-?[0-9]+)?", re.IGNORECASE)


def weight_columns(table: Table, names: Sequence[str], *, by_values: bool = True) -> list[str]:
    """Those of the named columns whose name or label calls them weights and, by_values, whose first values are numbers."""
    called = [name for name in names if any(map(_NAME.search, (name, table.descriptions.get(name, ""))))]
    if not by_values:
        return called
    head = table.head(called, HEAD_ROWS) if called else {}
    return [name for name, values in head.items() if _holds_numbers(values)]


def _holds_numbers(values: Sequence[object]) -> bool:
    texts = [text for value in values if (text := raw_text(value)) is not None]
    return bool(texts) and all(map(_NUMBER.fullmatch, texts))
