"""Symbols of the vocabulary in a text: which part of 'H_i' is lowered, which of 'H^T' is raised."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from ..core.vocabulary import Language, vocabulary

Position = Literal["", "sub", "sup"]


@cache
def _symbols(language: Language) -> re.Pattern[str]:
    """Symbols that have an index, the longest first."""
    symbols = {term.symbol for term in vocabulary(language).quantities.values() if set(term.symbol) & {"_", "^"}}
    return re.compile("|".join(re.escape(one) for one in sorted(symbols, key=lambda one: (-len(one), one))) or r"(?!)")


def pieces(text: str, language: Language) -> list[tuple[str, Position]]:
    """The text in parts, each with its position on the line."""
    if "_" not in text and "^" not in text:
        return [(text, "")]
    parts: list[tuple[str, Position]] = []
    last = 0
    for found in _symbols(language).finditer(text):
        base, sign, index = re.split(r"([_^])", found[0], maxsplit=1)
        parts += [(text[last : found.start()] + base, ""), (index, "sub" if sign == "_" else "sup")]
        last = found.end()
    return [part for part in (*parts, (text[last:], "")) if part[0]]
