"""What is not known in key columns: empty cells, declared missing values, and the signs that systems write for nothing.

A sign that were taken for a value would make one leader of all answers whose leader is unknown, and one person of all who
have no number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DataError
from ..core.numerics.arrays import Ints
from .codebook import Codebook
from .codebook_lines import Line
from .coding import ValueLabels
from .table import RawColumn, Table
from .text import canonical, perhaps_among, quoted, raw_text

# What programs write for a missing value, to the letter.
SIGNS = frozenset(("NA", "NaN", "NULL", "#N/A", "#NULL!"))

# What may be a sign for nothing or a value: somebody has to say. 'None' and '***' are values of many a background variable.
_DOUBTFUL = frozenset(
    (".", "-", "--", "n/a", "<na>", "#n/v", "#i/t", *(sign.casefold() for sign in SIGNS), r"\n", "n.a.", "(blank)", "(tom)")
)
DOUBTFUL_IDENTIFIERS = frozenset(("none", "nat"))
_IDENTIFIERS = ("leader", "respondent", "organisation", "wave", "form")
_ERROR = re.compile(r"#[\w/]+[!?]")  # of a spreadsheet program: #VALUE!, #NAVN?

# Words that say that nothing is known, and may be a value none the less; they are noted.
WORDS = frozenset(
    (
        "ukendt", "uoplyst", "ubesvaret", "ikke oplyst", "ikke besvaret", "intet svar", "ved ikke", "ingen", "mangler",
        "unknown", "missing", "not known", "not stated", "no answer", "don't know", "not available",
    )
)  # fmt: skip

# 1,18E+11 or 1E+11: what spreadsheet programs show of a long number; 1.18E11: what others write from 10 millions. 3E10, 1E+5
# and 1.5E3 may be identifiers.
SCIENTIFIC = re.compile(r"-?[0-9](?:[.,][0-9]+E\+[0-9]+|E\+[0-9]{2,}|[.,][0-9]+E(?:[7-9]|[1-9][0-9]+))", re.IGNORECASE)

# What looks like the number of nothing among numbers of something.
_LIKE_A_CODE = re.compile(r"9{2,9}|-[0-9]{1,9}")
_NINES = frozenset("9" * digits for digits in range(2, 10))


def may_be_a_sign(name: str, text: str) -> bool:
    """May a value of a key column be a sign for nothing? That marks alone are, as '–', '?' and '...', goes for identifiers."""
    word = canonical(text)
    if word in _DOUBTFUL or _ERROR.fullmatch(text):
        return True
    return name in _IDENTIFIERS and (word in DOUBTFUL_IDENTIFIERS or all(map(_is_mark, word)))


def _is_mark(sign: str) -> bool:
    return sign == "\u2212" or unicodedata.category(sign).startswith("P")


def is_like_a_code(word: str, words: Collection[str]) -> bool:
    """Is a value a number such as 999 or -1, of which no neighbour occurs among `words`?"""
    around = _around(word)
    return around is not None and not any(text in words for text in around)


def _around(word: str) -> tuple[str, str] | None:
    """The numbers before and after one that may be a code, else None."""
    return (str(int(word) - 1), str(int(word) + 1)) if _LIKE_A_CODE.fullmatch(word) else None


@dataclass(frozen=True)
class Doubtful:
    """A distinct value of a key column of which something may have to be noted. place: among the values; is_sign: it says that
    nothing is known; is_word: it may say so; beside: the values whose numbers are one less or more, if it is like a code."""

    place: int
    text: str
    is_sign: bool
    is_word: bool
    beside: tuple[int, ...] | None


def known_texts(
    name: str, column: str, raw: RawColumn, rows: Ints, table: Table, codebook: Codebook
) -> tuple[list[str | None], tuple[Doubtful, ...]]:
    """The text of each distinct value of a key column, None where it is not known, and the values of which something may have
    to be noted. Neither depends on how many rows hold a value.

    rows: how many rows that are analysed hold each value. Raises DataError for values that may be either, and for numbers that
    a spreadsheet program has cut.
    """
    labels = table.labels.get(column, ValueLabels())
    declared = {canonical(text) for value in codebook.not_known.get(name, ()) if (text := raw_text(value)) is not None}
    worth_a_look = declared | _DOUBTFUL | DOUBTFUL_IDENTIFIERS | WORDS | labels.missing | labels.labels.keys()
    texts = list(raw.texts)
    doubtful_texts: list[tuple[Doubtful, tuple[str, str] | None]] = []
    neighbours: dict[str, list[int]] = {}
    for place in range(len(texts)) if labels.tagged else perhaps_among(texts, worth_a_look | _NINES):
        text, number = texts[place], int(rows[place])
        plain = canonical(text or "")
        ordinary = plain[:1].isalnum() and plain not in worth_a_look and plain not in _NINES
        if ordinary and not SCIENTIFIC.fullmatch(plain) and not labels.tagged:
            continue
        label = canonical(labels.labels.get(plain, ""))
        if text is None or plain in declared or label in declared:
            texts[place] = None
            continue
        value = None if labels.is_missing(plain) else text
        if value is not None and not (codebook.file.na_is_a_value and _is_word(text)):
            if text in SIGNS:
                value = None
            elif number and may_be_a_sign(name, text):
                raise _undecided(name, column, text, number, raw, table)
        if value is not None and number and SCIENTIFIC.fullmatch(text):
            raise _cut(name, column, text, number, raw, table)
        is_word = plain in WORDS or label in WORDS
        around = _around(plain)
        if value is None or is_word or around is not None:
            neighbours |= {word: [] for word in around or ()}
            doubtful_texts.append((Doubtful(place, text, value is None, is_word, None), around))
        texts[place] = value
    if neighbours:
        for place in perhaps_among(raw.texts, neighbours):
            text = raw.texts[place]
            if text is not None and (word := canonical(text)) in neighbours:
                neighbours[word].append(place)
    return texts, tuple(
        text_here
        if around is None
        else replace(text_here, beside=tuple(place for word in around for place in neighbours[word]))
        for text_here, around in doubtful_texts
    )


def noted(column: str, doubtful: Collection[Doubtful], rows: Ints, there: NDArray[np.bool_]) -> dict[str, str]:
    """What is to be noted of a key column: key of the note to the signs that were found.

    rows: how many rows that are analysed hold each of its values; there: which of them occur in the file.
    """
    signs: dict[str, int] = {}
    words: dict[str, int] = {}
    for doubt in doubtful:
        number = int(rows[doubt.place])
        if number and doubt.is_sign:
            signs[doubt.text] = signs.get(doubt.text, 0) + number
        elif number and (doubt.is_word or (doubt.beside is not None and not there[list(doubt.beside)].any())):
            words[doubt.text] = words.get(doubt.text, 0) + number
    notes = {"sign_for_nothing": signs, "perhaps_not_known": words}
    return {note: _told(column, values) for note, values in notes.items() if values}


def _is_word(text: str) -> bool:
    return re.search(r"\w", text) is not None


def _told(column: str, numbers: dict[str, int]) -> str:
    texts = ", ".join(f"{quoted(text)} ({number})" for text, number in sorted(numbers.items()))
    return f"{column} {texts}".replace(";", ",")


def _spot(text: str, number: int, column: str, raw: RawColumn, table: Table) -> str:
    stands = table.where(column, raw.values[raw.texts.index(text)])
    return f"{quoted(text)} in {number} row{'s' if number > 1 else ''}{f', first in {stands}' if stands else ''}"


def _undecided(name: str, column: str, text: str, number: int, raw: RawColumn, table: Table) -> DataError:
    value = (
        " If it is a name, say na_is_a_value = true under [file]."
        if _is_word(text)
        else " It cannot be told from a value otherwise; where it is one, replace it by a word."
    )
    return DataError(
        f"{table.name}: column {quoted(column)}, read as {quoted(name)}: {_spot(text, number, column, raw, table)} may be a "
        f"sign for what is not known, or a value. If nothing is known, say so in the codebook: [not_known] "
        f"{Line(name, (text,))}.{value}"
    )


def _cut(name: str, column: str, text: str, number: int, raw: RawColumn, table: Table) -> DataError:
    return DataError(
        f"{table.name}: column {quoted(column)}, read as {quoted(name)}: {_spot(text, number, column, raw, table)} is a number "
        "that a spreadsheet program has written in scientific notation, so that different numbers look the same. Export the "
        "answers again with the column as text, or with all its digits; if such numbers identify nobody, map another column."
    )
