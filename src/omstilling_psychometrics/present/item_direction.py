"""Items that run the other way than the others, in the sentences that come before everything else."""

from __future__ import annotations

from ..analysis.item_direction import OTHER_WAY
from ..core.note import notes_in
from . import rows as find
from .blocks import Block, Paragraph
from .rows import Row, Unit
from .view import View

# So many items that run the same way are named; of more it is said how many there are.
_LISTED = 6


def opposed(view: View, unit: Unit) -> list[str]:
    """Keys of the items that run the other way, by the notes of the unit's rows."""
    for row in [*find.of(view.of("items"), unit), *find.of(view.of("reliability"), unit)]:
        for note in notes_in(row["note"]):
            if note.key == OTHER_WAY:
                return note.detail.split(", ")
    return []


def in_words(view: View, unit: Unit) -> list[str]:
    """What must be said of the direction of a unit's items; nothing where all go together."""
    wording = view.wording
    negative = [row for row in _rest(view, unit) if row["estimate"] is not None and row["estimate"] < 0]
    if turned := opposed(view, unit):
        known = {row["item"]: row for row in _rest(view, unit)}
        constant = [item for item, row in known.items() if row["estimate"] is None]
        others = [_named(view, item, None) for item in view.answers.items if item not in (*turned, *constant)]
        items = wording.listed([_named(view, item, known.get(item)) for item in turned])
        many = len(others) > _LISTED
        against = wording.text("direction_others", n=wording.count(len(others))) if many else wording.listed(others)
        return [wording.text("direction_clear", items=items, others=against)]
    if negative:
        return [wording.text("direction_unclear", items=wording.listed([_named(view, row["item"], row) for row in negative]))]
    alpha = find.one(find.of(view.of("reliability"), unit), quantity="alpha", method="listwise")
    if alpha is not None and alpha["estimate"] is not None and alpha["estimate"] < 0:
        low, high = (wording.decimal(alpha[bound], 2) for bound in ("conf_low", "conf_high"))
        return [wording.text("direction_alpha", alpha=wording.decimal(alpha["estimate"], 2), low=low, high=high)]
    return []


def by_unit(view: View, *analyses: str) -> list[str]:
    """The same for every unit of some analyses, each by name."""
    units = find.units([row for analysis in analyses for row in view.of(analysis)])
    return [f"{view.unit_title(unit)}: {text}" for unit in units for text in in_words(view, unit)]


def cautions(view: View, analysis: str) -> list[Block]:
    """The same at the head of a section."""
    return [Paragraph(text=text, tone="caution") for text in by_unit(view, analysis)]


def _rest(view: View, unit: Unit) -> list[Row]:
    return find.where(find.of(view.of("items"), unit), quantity="item_rest_correlation")


def _named(view: View, item: str, row: Row | None) -> str:
    """An item, with its item-rest correlation where there is one."""
    wording = view.wording
    quotes = "»{}«" if wording.language == "da" else "“{}”"
    name = quotes.format(wording.item(item))
    if row is None or row["estimate"] is None:
        return name
    correlation = f"{wording.symbol('item_rest_correlation')}\N{NO-BREAK SPACE}= {wording.decimal(row['estimate'], 2)}"
    bounds = [wording.decimal(row[bound], 2) for bound in ("conf_low", "conf_high")]
    return f"{name} ({correlation} [{'; '.join(bounds)}])" if row["conf_low"] is not None else f"{name} ({correlation})"
