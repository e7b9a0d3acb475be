"""Items that nobody answered in the whole file, or in one form, wave or role: they were probably not asked there, and count as
left blank until somebody says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.numerics.arrays import Ints
from .codebook import NOT_SHOWN_KEY
from .codes import BLANK, NOT_SHOWN
from .keys import Key
from .patterns import ResponsePatterns

# Groups whose items are looked at, a coarse one before the finer ones that it explains.
_GROUPS = ((), ("form",), ("wave",), ("role",), ("wave", "form"))

# Fewer empty cells than this may be chance, and would say of few people that they left an item blank.
_ENOUGH = 5


@dataclass(frozen=True)
class EmptyItem:
    """An item that is empty in every record (there are `records`) of a group such as 'form=B', of the file if that is ''."""

    item: str
    group: str
    records: int

    @property
    def remedy(self) -> str:
        """What to do if the item was not asked there."""
        if self.group:
            return f"write {NOT_SHOWN_KEY} in these cells"
        return f'write {self.item} = "{NOT_SHOWN_KEY}" under [columns] in the codebook'


def empty_items(counted: ResponsePatterns) -> tuple[EmptyItem, ...]:
    """Empty items in the order of the instrument."""
    pooled = counted.pool([name for name in counted.keys if not any(name in names for names in _GROUPS)])
    keys, counts, answers = pooled.keys, pooled.counts, pooled.patterns[pooled.pattern]
    places = []
    groups = [_group(names, keys, len(counts)) for names in _GROUPS if all(name in keys for name in names)]
    for position, item in enumerate(counted.items):
        codes = answers[:, position]
        blank = codes == BLANK
        answered = ~blank & (codes != NOT_SHOWN)
        for place, names in groups:
            given = np.zeros(len(names) + 1, dtype=bool)  # the last place serves the code −1
            given[place[answered]] = True
            for code in np.flatnonzero(~given[:-1]).tolist():
                inside = blank & (place == code)
                records = int(counts[inside].sum())
                if records >= _ENOUGH:
                    places.append(EmptyItem(item, names[code], records))
                    blank = blank & ~inside  # what is explained now is not told again
    return tuple(places)


def empty_items_note(counted: ResponsePatterns) -> tuple[str, ...]:
    """The note of the account that names them, without the number of records; none where there are none."""
    names = [f"{place.item} ({place.group})" if place.group else place.item for place in empty_items(counted)]
    return ("item_empty: " + ", ".join(names).replace(";", ","),) if names else ()


def _group(names: Sequence[str], keys: Mapping[str, Key], rows: int) -> tuple[Ints, list[str]]:
    """Code of each row's group, −1 where a key is not known, and the names of the groups."""
    place, labels = np.zeros(rows, dtype=np.int64), [""]
    for name in names:
        key = keys[name]
        place = np.where((place < 0) | (key.codes < 0), -1, place * len(key.levels) + key.codes)
        labels = [", ".join(part for part in (label, f"{name}={level}") if part) for label in labels for level in key.levels]
    return place, labels
