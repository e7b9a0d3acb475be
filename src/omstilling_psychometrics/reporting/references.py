"""The works that the methods come from, by the analyses that use them: references.toml of each topic."""

from __future__ import annotations

import tomllib
from collections.abc import Collection

from ..core.registry import files


def references(analyses: Collection[str]) -> list[str]:
    """Works behind the analyses that were run, in alphabetical order."""
    works = [work for source in files("references.toml") for work in tomllib.loads(source.read_text(encoding="utf-8"))["works"]]
    return sorted({work["text"] for work in works if set(work["analyses"]) & set(analyses)})
