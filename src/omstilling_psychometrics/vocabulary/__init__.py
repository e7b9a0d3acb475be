"""One vocabulary: symbol, name, definition and range of every quantity, method, note and column, in Danish and English.

`da/DOMAIN.toml` and `en/DOMAIN.toml` hold the same keys (a test compares them), one file per analysis or other domain;
results, plots, report, tables and glossary read them as one.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import get_args

import msgspec

from ..errors import OmstillingError, UsageError
from ..instrument import Language


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity, analysis or column: its name, the symbol it is printed with, what it is and the values it can take."""

    name: str
    definition: str
    symbol: str = ""
    range: str = ""


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every word that results may use, in one language."""

    columns: dict[str, Term] = {}
    analyses: dict[str, Term] = {}
    quantities: dict[str, Term] = {}
    methods: dict[str, str] = {}
    notes: dict[str, str] = {}
    texts: dict[str, str] = {}

    def note(self, note: str) -> str:
        """A note in words: each key of '; '-joined notes translated, its ': detail' kept."""
        parts = []
        for part in note.split("; "):
            key, _, detail = part.partition(": ")
            if key not in self.notes:
                raise OmstillingError(f"the vocabulary has no note '{key}'.")
            parts.append(f"{self.notes[key]}: {detail}" if detail else self.notes[key])
        return "; ".join(parts)

    def method(self, method: str) -> str:
        """A method in words, part by part ('listwise/bonett'); parts that are data (a reason's key) stay as they are."""
        return ", ".join(self.methods.get(part, part) for part in method.split("/"))


@cache
def vocabulary(language: Language) -> Vocabulary:
    """The vocabulary of a language, from all its files; a key that stands in two files is refused. Raises UsageError for a
    language that there is not."""
    if language not in get_args(Language):
        raise UsageError(f"language is '{language}'; there are: {', '.join(get_args(Language))}.")
    merged: dict[str, dict[str, object]] = {name: {} for name in Vocabulary.__struct_fields__}
    folder = resources.files(__package__).joinpath(language)
    for source in sorted(folder.iterdir(), key=lambda one: one.name):
        part = msgspec.toml.decode(source.read_bytes(), type=Vocabulary)
        for section, words in merged.items():
            entries = getattr(part, section)
            if twice := sorted(words.keys() & entries.keys()):
                raise OmstillingError(
                    f"vocabulary {language}/{source.name}: {', '.join(twice)} of [{section}] stand elsewhere too."
                )
            words.update(entries)
    return Vocabulary(**merged)  # type: ignore[arg-type]
