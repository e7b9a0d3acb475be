"""Why a number is missing, or what must be known to read it: a key of the vocabulary, with a detail in no particular language.

In rows and files the notes of a number are one text, `key: detail; key; …`. They are joined and taken apart here only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """key: of [notes] in the vocabulary; detail: what it is about, such as 'n = 3', or nothing."""

    key: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.detail}" if self.detail else self.key


def joined(*notes: Note | str | None) -> str | None:
    """The text of several notes, or texts of notes, each once; None where there is none."""
    each = (part for note in notes if note for part in ((note,) if isinstance(note, Note) else notes_in(note)))
    return "; ".join(dict.fromkeys(str(note) for note in each)) or None


def notes_in(text: str | None) -> tuple[Note, ...]:
    """The notes of a text."""
    return tuple(_parsed(part) for part in text.split("; ")) if text else ()


def without(text: str | None, keys: Iterable[str]) -> str | None:
    """The text without the notes of these keys."""
    left_out = set(keys)
    return joined(*(note for note in notes_in(text) if note.key not in left_out))


def _parsed(part: str) -> Note:
    key, _, detail = part.partition(": ")
    return Note(key, detail)
