"""How one file was read: which column is what, and what each raw value of an item means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# What every byte of the file decides, those of people who are withheld too.
OF_BYTES = ("encoding",)


@dataclass(frozen=True, kw_only=True)
class ValueRead:
    """A raw value of an item ('' for empty), its label in the file, the code it was read as (before items that run the other
    way are turned), and how many answers that are analysed hold it."""

    raw: str
    label: str
    code: int
    answers: int


@dataclass(frozen=True, kw_only=True)
class HowRead:
    """found, stated: what was found out about the file's form, and what the codebook says of it; items, keys: our name to
    column, None for an item that was shown to nobody; values: of each item, None where the answers are not those that were
    read any more."""

    name: str
    found: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str | None] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[ValueRead, ...]] | None = None

    def without_values(self) -> HowRead:
        """What holds of the columns, whichever rows are looked at."""
        found = {name: fact for name, fact in self.found.items() if name not in OF_BYTES}
        return replace(self, found=found, values=None)
