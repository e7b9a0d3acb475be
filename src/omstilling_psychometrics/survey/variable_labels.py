"""The texts that a file has for its columns against the wordings of the items: a column named as one item and labelled as
another was scrambled on its way, and reading it by its name would turn or move answers in silence."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import DataError
from .codebook import Codebook
from .question_texts import ItemTexts, item_texts
from .scale import Instrument
from .text import listed, quoted


def other_items(label: str, item: str, texts: ItemTexts) -> tuple[str, ...]:
    """Keys of the items that a column's label is about, where the item that the column is read as is not among them."""
    about = texts.of(label) or texts.begun(label)
    return () if item in about else tuple(about)


def contradicted(
    items: Mapping[str, str | None], labels: Mapping[str, str], instrument: Instrument
) -> dict[str, tuple[str, ...]]:
    """Item to the items that the label of its column is about instead. items: item key to column; labels: of columns."""
    texts = item_texts(instrument)
    return {
        item: others
        for item, column in items.items()
        if column is not None and column in labels and (others := other_items(labels[column], item, texts))
    }


def refuse_other_wordings(
    items: Mapping[str, str | None], labels: Mapping[str, str], instrument: Instrument, codebook: Codebook, source: str
) -> list[str]:
    """DataError where a column is read as one item and labelled with the wording or gloss of another. A line of the codebook
    for the item confirms its column; such columns are returned, for a note."""
    contradictions = contradicted(items, labels, instrument)
    wordings = {item: items[item] or "" for item in contradictions if item not in codebook.columns}
    if not wordings:
        return [f"{items[item]} = {item}" for item in contradictions]
    lines = [
        f"the column {quoted(column)} is read as the item {quoted(item)}, and its label {quoted(labels[column])} is the text "
        f"of {listed(contradictions[item])}"
        for item, column in wordings.items()
    ]
    first = next(iter(wordings))
    raise DataError(
        f"{source}: the labels of columns contradict their names: {'; '.join(lines)}. Say under [columns] in the codebook "
        f'which column is which item: {first} = "{wordings[first]}" confirms a column as it is named, and '
        f'{contradictions[first][0]} = "{wordings[first]}" follows its label.'
    )
