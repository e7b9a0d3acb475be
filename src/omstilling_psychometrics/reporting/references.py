"""The works that the methods come from, by the analyses that use them: references.toml of each topic."""

from __future__ import annotations

import tomllib
from collections.abc import Collection

from ..core.registry import files


def references(analyses: Collection[str]) -> list[str]:
    """Works behind the analyses that were run, in alphabetical order."""
    works = [work for source in files("references.toml") for work in tomllib.loads(source.read_text(encoding="utf-8"))["works"]]
    return sorted({work["text"] for work in works if set(work["analyses"]) & set(analyses)})


def in_full(name: str, year: str) -> str:
    """The work of an author (the first) and a year. Raises LookupError where no topic has it."""
    for source in files("references.toml"):
        for work in tomllib.loads(source.read_text(encoding="utf-8"))["works"]:
            if work["text"].startswith(f"{name},") and f"({year})" in work["text"]:
                return str(work["text"])
    raise LookupError(f"no references.toml has {name} ({year})")
