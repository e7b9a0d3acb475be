"""Columns that look like the weights of a survey. Weights are not used: every answer counts once, and that is said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .text import raw_text

# 'vaegt', 'Vægt_2024', 'weight', 'pspwght', 'ANWEIGHT', 'finalwgt', 'W_VAEGT'; not 'overweight' or 'weighted'.
_NAME = re.compile(
    r"(?:^|[\W_])(?:survey|design|post|pop|sample|final|base|an|ps|psp|p|d|f)?"
    r"(?:v(?:æ|ae)gt(?:e|en)?|weights?|w[ei]?ght|wgts?|opregningsfaktor)(?:$|[\W_0-9])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]*[.,]?[0-9]+(?:[eE]-?[0-9]+)?")


def weight_columns(head: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Columns called so that hold numbers. head: the first values of each column."""
    return tuple(name for name, values in head.items() if _NAME.search(name) and _holds_numbers(values))


def _holds_numbers(values: Sequence[object]) -> bool:
    texts = [text for value in values if (text := raw_text(value)) is not None]
    return bool(texts) and all(_NUMBER.fullmatch(text) for text in texts)
