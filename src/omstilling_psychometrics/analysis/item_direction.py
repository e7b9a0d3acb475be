"""Items that run the other way than the others, which must be said before any number of the scale is read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..core.note import Note, joined, notes_in
from ..core.numerics import intervals
from ..core.numerics.item_direction import smaller_side
from ..core.numerics.item_rest import item_rest_correlation
from ..core.results import Statistic
from .sample import Sample

# The level at which an item is said to run the other way, and not merely to go with nothing.
_LEVEL = 0.95

# The variance of Fisher's z of n independent answers is 1/(n - 3).
_FISHER = 3

# The notes: of a number of the scale that has items of both ways in it, and of one item's negative number.
OTHER_WAY, AGAINST = "items_run_the_other_way", "goes_against_the_others"


def items_the_other_way(sample: Sample) -> str | None:
    """The note that names them, or None.

    Where an item goes with the sum of the others negatively: those on the smaller side of the first principal axis that would
    go with the others if that side were turned, the whole interval of the correlation above 0. The interval is that of
    independent answers (Fisher 1921): leaders turn no item, and few of them leave no other interval.
    """
    values, counts = sample.values, sample.counts
    k = values.shape[1]
    rest = [item_rest_correlation(values, counts, item) for item in range(k)]
    n = rest[0].n
    if n <= _FISHER or not any(correlation.estimate < 0 for correlation in rest):
        return None
    side = smaller_side(values, counts)
    turned = np.where(side, -values, values)
    clear = math.tanh(intervals.quantile(_LEVEL) / math.sqrt(n - _FISHER))
    turned_items = [
        sample.patterns.items[item]
        for item in np.flatnonzero(side)
        if item_rest_correlation(turned, counts, int(item)).estimate > clear
    ]
    return str(Note(OTHER_WAY, ", ".join(turned_items))) if turned_items else None


def marked(statistic: Statistic, note: str | None = None) -> Statistic:
    """The statistic of one item; where it is negative with the note that items run the other way, or that this one does."""
    if statistic.estimate is None or not statistic.estimate < 0:
        return statistic
    return replace(statistic, note=joined(note or AGAINST, statistic.note))


def direction_notes(statistics: tuple[Statistic, ...]) -> tuple[str, ...]:
    """The notes of a result as a whole: each such note of its rows once, with the role where there are several."""
    several = len({statistic.role for statistic in statistics}) > 1
    notes = dict[str, None]()
    for statistic in statistics:
        for note in notes_in(statistic.note):
            if note.key in (OTHER_WAY, AGAINST, "alpha_negative"):
                named = Note(AGAINST, statistic.item or "") if note == Note(AGAINST) else note
                notes[f"{named}" + (f" ({statistic.role})" if several else "")] = None
    return tuple(notes)
