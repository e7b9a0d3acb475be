"""Lines of a drafted codebook as TOML: what is taken, what is proposed as a comment, and what is left for people to say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Line:
    """`key = meaning  # remark`; a comment where it is only proposed, or where nobody knows the meaning (None)."""

    key: str
    meaning: Scalar | tuple[Scalar, ...] | None
    remark: str = ""
    proposed: bool = False

    def __str__(self) -> str:
        meaning = '"…"' if self.meaning is None else toml_value(self.meaning)
        line = f"{self._key()} = {meaning}" + (f"  # {self.remark}" if self.remark else "")
        return f"# {line}" if self.proposed or self.meaning is None else line

    def _key(self) -> str:
        return toml_key(self.key)


class RawLine(Line):
    """A line about a raw value, which is always quoted."""

    def _key(self) -> str:
        return toml_text(self.key)


def toml_text(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(character if character.isprintable() else f"\\U{ord(character):08X}" for character in escaped) + '"'


def toml_value(value: Scalar | Iterable[Scalar]) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return toml_text(value) if isinstance(value, str) else f"[{', '.join(map(toml_value, value))}]"


def toml_key(name: str) -> str:
    """A key as TOML, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)


def section(head: str, lines: Iterable[object]) -> list[str]:
    """A table of TOML behind an empty line; nothing where it has no lines. The head stands above comments too, so that a line
    that is taken by removing its mark belongs to it."""
    written = [str(line) for line in lines]
    return ["", head, *written] if written else []
