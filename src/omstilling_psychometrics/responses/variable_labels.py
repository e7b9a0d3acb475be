"""The texts that a file has for its columns against the wordings of the items: a column named as one item and labelled as
another was scrambled on its way, and reading it by its name would turn or move answers in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import DataError
from ..instrument import Instrument, Item
from .codebook import Codebook
from .text import listed, normalised, quoted

# Files cut their labels (Stata after 80 characters), and systems put the question before them: a wording is told by its
# beginning, or within more text, only where it is this long without spaces and punctuation.
_LONG = 15

# The number of a question before its text: '3. …', 'q3: …', 'Q5_1 - …'.
_NUMBERED = re.compile(r"^\s*(?:[A-Za-z]{0,3}[0-9]+(?:[._][0-9]+)*|[a-z])\s*[.:)\-–]\s*(?=\S)")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", normalised(text).casefold())


def _likeness(label: str, item: Item) -> int:
    """How many letters of an item's wordings or glosses a label says; 0 where it is not about the item."""
    said = {_plain(label), _plain(_NUMBERED.sub("", label))} - {""}
    wordings = [_plain(text) for wording in item.wording.values() for text in wording.variants()]
    glosses = [_plain(text) for text in item.gloss.variants()] if item.gloss is not None else []
    best = 0
    for one in said:
        best = max([best, *(len(text) for text in (*wordings, *glosses) if text == one)])
        for text in wordings:
            if len(text) >= _LONG and text in one:
                best = max(best, len(text))
            elif len(one) >= _LONG and text.startswith(one):
                best = max(best, len(one))
    return best


def other_items(label: str, own: str, instrument: Instrument) -> tuple[str, ...]:
    """Keys of the items that a column's label is about, where it says less about the item that the column is read as."""
    likeness = {item.key: _likeness(label, item) for item in instrument.items}
    most = max(likeness.values())
    if likeness[own] >= most:
        return ()
    return tuple(key for key, letters in likeness.items() if letters == most)


def contradicted(
    items: Mapping[str, str | None], labels: Mapping[str, str], instrument: Instrument
) -> dict[str, tuple[str, ...]]:
    """Item to the items that the label of its column is about instead. items: item key to column; labels: of columns."""
    return {
        item: others
        for item, column in items.items()
        if column is not None and column in labels and (others := other_items(labels[column], item, instrument))
    }


def refuse_other_wordings(
    items: Mapping[str, str | None], labels: Mapping[str, str], instrument: Instrument, codebook: Codebook, source: str
) -> list[str]:
    """DataError where a column is read as one item and labelled with the wording or gloss of another. A line of the codebook
    for the item confirms its column; such columns are returned, for a note."""
    found = contradicted(items, labels, instrument)
    told = {item: items[item] or "" for item in found if item not in codebook.columns}
    if not told:
        return [f"{items[item]} = {item}" for item in found]
    lines = [
        f"the column {quoted(column)} is read as the item {quoted(item)}, and its label {quoted(labels[column])} is the text "
        f"of {listed(found[item])}"
        for item, column in told.items()
    ]
    first = next(iter(told))
    raise DataError(
        f"{source}: the labels of columns contradict their names: {'; '.join(lines)}. Say under [columns] in the codebook "
        f'which column is which item: {first} = "{told[first]}" confirms a column as it is named, and '
        f'{found[first][0]} = "{told[first]}" follows its label.'
    )
