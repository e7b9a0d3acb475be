"""One vocabulary: symbol, name, definition and range of every quantity, method, note and column, in Danish and English.

`words….da.toml` and `words….en.toml` in a topic's folder, or in another room's, hold the same keys (a test compares them);
results, plots, report, tables and glossary read them all as one.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args

import msgspec

from .errors import OmstillingError, UsageError
from .note import Note, joined, notes_in

Language = Literal["da", "en"]


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity, analysis or column: its name, the symbol it is printed with, what it is and the values it can take. digits:
    how many decimals it is shown with (results keep all), or `share` for what is shown as a percentage."""

    name: str
    definition: str
    symbol: str = ""
    range: str = ""
    digits: Literal["share", 0, 2, 3, 4] = 3


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
        parts = notes_in(note)
        if unknown := [part.key for part in parts if part.key not in self.notes]:
            raise OmstillingError(f"the vocabulary has no note '{unknown[0]}'.")
        return joined(*(Note(self.notes[part.key], part.detail) for part in parts)) or ""

    def method(self, method: str) -> str:
        """A method in words, part by part ('listwise/bonett'); parts that are data (a reason's key) stay as they are."""
        return ", ".join(self.methods.get(part, part) for part in method.split("/"))


def sources(language: Language) -> dict[str, Traversable]:
    """Files of a language by name, room by room and topic by topic: `irt` for the words of that topic, `reliability/omega` for
    its `words_omega`."""
    package = resources.files(__package__.rpartition(".")[0])
    rooms = [room for room in package.iterdir() if room.is_dir()]
    rooms += [topic for room in rooms if room.name == "topics" for topic in room.iterdir() if topic.is_dir()]
    sources_of = {}
    for room in sorted(rooms, key=str):
        for file in sorted(room.iterdir(), key=str):
            stem, _, ending = file.name.partition(".")
            if stem.startswith("words") and ending == f"{language}.toml":
                sources_of["/".join([room.name, *stem.split("_", 1)[1:]])] = file
    return sources_of


@cache
def vocabulary(language: Language) -> Vocabulary:
    """The vocabulary of a language, from all its files; a key that stands in two files is refused. Raises UsageError for a
    language that there is not."""
    if language not in get_args(Language):
        raise UsageError(f"language is '{language}'; there are: {', '.join(get_args(Language))}.")
    merged: dict[str, dict[str, Any]] = {name: {} for name in Vocabulary.__struct_fields__}
    for name, source in sources(language).items():
        part = msgspec.toml.decode(source.read_bytes(), type=Vocabulary)
        for section, words in merged.items():
            entries = getattr(part, section)
            if twice := sorted(words.keys() & entries.keys()):
                raise OmstillingError(f"words of {name} in {language}: {', '.join(twice)} of [{section}] stand elsewhere too.")
            words.update(entries)
    return Vocabulary(**merged)
