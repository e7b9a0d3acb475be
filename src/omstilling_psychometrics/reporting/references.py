"""The works that the methods come from, by the analyses that use them (references.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from importlib import resources


def references(analyses: Collection[str]) -> list[str]:
    """Works behind the analyses that were run, in alphabetical order."""
    text = resources.files(__package__).joinpath("references.toml").read_text(encoding="utf-8")
    return [work["text"] for work in tomllib.loads(text)["works"] if set(work["analyses"]) & set(analyses)]
