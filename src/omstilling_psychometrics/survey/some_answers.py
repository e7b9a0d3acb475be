"""Some of the answers: of some people, or to some of the items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from ..core.errors import UsageError, suggestion
from .account import NOT_SELECTED
from .codes import NOT_SHOWN
from .counted_answers import occurring
from .disclosure import Cell
from .keys import no_such_level
from .patterns import Reading, ResponsePatterns
from .scale import Instrument
from .text import listed, quoted


def of_keys(answers: ResponsePatterns, wanted: Mapping[str, str | int | Sequence[str | int] | None]) -> ResponsePatterns:
    """See `ResponsePatterns.select`."""
    keep = np.ones(len(answers.counts), dtype=bool)
    for name, value in wanted.items():
        key = answers.key(name)
        several = [value] if value is None or isinstance(value, (str, int)) else list(value)
        levels = [level if level is None else str(level) for level in several]
        if name == "role":
            levels = [level if level is None else answers.role_key(level) for level in levels]
        code: dict[str | None, int] = {None: -1, **{level: place for place, level in enumerate(key.levels)}}
        for level in levels:
            if level not in code:
                raise UsageError(no_such_level(name, str(level), key.levels))
        keep &= np.isin(key.codes, [code[level] for level in levels])
    # Some of the cells are as distinct and sorted as all of them.
    keys = {name: key.of_cells(keep) for name, key in answers.keys.items()}
    account = answers.account and answers.account.leaving_out(NOT_SELECTED, int(answers.counts[~keep].sum()))
    patterns, pattern = occurring(answers.patterns, answers.pattern[keep])
    selected = ResponsePatterns(answers.instrument, patterns, pattern, keys, answers.counts[keep], account)
    return replace(selected, reading=answers.reading) if keep.all() else selected


@dataclass(frozen=True)
class _ItemsOfReading:
    """How answers were read, of which some items are kept."""

    reading: Reading
    items: tuple[str, ...]

    def everyone(self) -> ResponsePatterns:
        return of_items(self.reading.everyone(), self.items)

    def without(self, cells: Collection[Cell]) -> ResponsePatterns:
        return of_items(self.reading.without(cells), self.items)


def of_items(answers: ResponsePatterns, items: Sequence[str]) -> ResponsePatterns:
    """See `ResponsePatterns.select`."""
    shorter = _shorter(answers.instrument, items)
    chosen = answers.patterns[:, _places(answers.instrument, shorter.item_keys)]
    shown = (chosen != NOT_SHOWN).any(axis=1)[answers.pattern]
    keys = {name: key.take(shown) for name, key in answers.keys.items()}
    account = answers.account and answers.account.leaving_out("not_shown", int(answers.counts[~shown].sum()))
    counted = ResponsePatterns.count(shorter, chosen[answers.pattern[shown]], keys, answers.counts[shown], account=account)
    return replace(
        counted,
        set_aside=None if answers.set_aside is None else of_items(answers.set_aside, items),
        reading=None if answers.reading is None else _ItemsOfReading(answers.reading, shorter.item_keys),
    )


def without_items(answers: ResponsePatterns, items: str | Sequence[str]) -> ResponsePatterns:
    """See `ResponsePatterns.drop`."""
    dropped = [items] if isinstance(items, str) else list(items)
    _require_items(answers.instrument, dropped)
    return of_items(answers, [item for item in answers.items if item not in dropped])


def _require_items(instrument: Instrument, named: Sequence[str]) -> None:
    for item in named:
        if item not in instrument.item_keys:
            known = listed(instrument.item_keys)
            raise UsageError(
                f"there is no item {quoted(item)}; there are: {known}.{suggestion(str(item), instrument.item_keys)}"
            )


def _places(instrument: Instrument, items: Collection[str]) -> list[int]:
    return [place for place, key in enumerate(instrument.item_keys) if key in items]


def _shorter(instrument: Instrument, items: Sequence[str]) -> Instrument:
    """The instrument with some items, in its own order; a scale score needs the same share of them, rounded up."""
    named = [items] if isinstance(items, str) else list(items)
    _require_items(instrument, named)
    kept = tuple(item for item in instrument.items if item.key in named)
    if len(kept) < 2:
        raise UsageError(f"{len(kept)} item{'s' if len(kept) != 1 else ''} would be left; a scale has at least two.")
    minimum = -(-instrument.minimum_answered * len(kept) // len(instrument.items))
    return msgspec.structs.replace(instrument, items=kept, minimum_answered=minimum)
