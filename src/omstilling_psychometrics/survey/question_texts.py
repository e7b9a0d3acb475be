"""Which item a text of a file is about: variable labels, question texts under or in the header, against wordings and glosses.

A text counts where it is a wording or a gloss as a whole, or ends with one behind a question or a code of its own, as survey
systems write it: 'How much do you agree? [My leader explains]', 'G01Q02[SQ001]. … - My leader explains'.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from .scale import Instrument
from .table import Table
from .text import normalised, without_mojibake

# Where a wording may begin behind something else.
_BEFORE = re.compile(r"[\[\](){}|:?!]|\.\s|\s[-\u2010-\u2015/»>]\s")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")

# A text behind something else must say more than a word to be a wording.
_SHORTEST_PIECE = 12

# A wording that is cut off is known by so many letters.
_SHORTEST_BEGINNING = 15


def plain(text: str) -> str:
    """Letters and digits of a text, without case: what is left of 'Leder-ID' and 'leder_id' is the same."""
    return re.sub(r"[\W_]+", "", normalised(text).casefold())


def called(column: str) -> str:
    """What a column is called, in plain form: its name, or the code before its text ('submitdate. Date submitted')."""
    code = re.match(r"(\S+)\.\s", column)
    return plain(code[1] if code is not None else column)


@dataclass(frozen=True)
class ItemTexts:
    """found: plain wording or gloss to the items that have it, each with the roles whose wording it is."""

    found: Mapping[str, Mapping[str, frozenset[str]]]

    def of(self, text: str) -> Mapping[str, frozenset[str]]:
        """The items that a text is about, and the roles that are asked so; empty where it is about none."""
        for piece in _pieces(text):
            if piece in self.found:
                return self.found[piece]
        return {}

    def begun(self, text: str) -> tuple[str, ...]:
        """The items of which a text is the beginning of a wording, as programs cut it (Stata after 80 characters)."""
        start = plain(text)
        if len(start) < _SHORTEST_BEGINNING:
            return ()
        return tuple(dict.fromkeys(item for whole, items in self.found.items() if whole.startswith(start) for item in items))

    def of_column(self, table: Table, column: str) -> Mapping[str, frozenset[str]]:
        """The items that a column is about by its text in the file, else by its name."""
        description = table.descriptions.get(column)
        return (self.of(description) if description else {}) or self.of(column)


def item_texts(instrument: Instrument) -> ItemTexts:
    """The wordings and glosses of an instrument, in every language."""
    texts: dict[str, dict[str, frozenset[str]]] = {}
    for item in instrument.items:
        glosses = item.gloss.variants() if item.gloss is not None else ()
        asked = ((text, role) for role, wording in item.wording.items() for text in wording.variants())
        for text, role in chain(asked, ((text, None) for text in glosses)):
            of_text = texts.setdefault(plain(text), {})
            of_text[item.key] = of_text.get(item.key, frozenset()) | ({role} if role is not None else frozenset())
    texts.pop("", None)
    return ItemTexts(texts)


def _pieces(text: str) -> Iterator[str]:
    """The text and what stands behind each of its separators, the longest first, in plain form."""
    for reading in dict.fromkeys((text, without_mojibake(text))):
        words = _TAG.sub(" ", html.unescape(reading))
        yield plain(words)
        for mark in _BEFORE.finditer(words):
            piece = plain(words[mark.end() :])
            if len(piece) >= _SHORTEST_PIECE:
                yield piece
