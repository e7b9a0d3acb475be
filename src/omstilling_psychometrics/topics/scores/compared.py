"""A leader beside the others of a group: enough of them, or a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.note import Note
from ...core.numerics.arrays import Floats, Ints, Mask
from ...survey.disclosure import Disclosure
from .numerics.others import Others, others
from .role_leaders import SEVERAL, UNKNOWN


@dataclass(frozen=True, eq=False)
class Compared:
    """rest: mean of the others and its variance; usable (G,): are they enough; fewest (G,): people about any leader of the
    group; note (G,): with how many a leader is compared, or why with nobody."""

    rest: Others
    usable: Mask
    fewest: Ints
    note: NDArray[Any]

    def difference(self, value: Floats) -> Floats:
        """(G,) of values (G,) from the mean of the others."""
        return np.where(self.usable, value - self.rest.mean, np.nan)

    def error(self, variance: Floats) -> Floats:
        """(G,) of that difference."""
        return np.where(self.usable, np.sqrt(variance + self.rest.variance), np.nan)


def compared(value: Floats, variance: Floats, group: Ints, policy: Disclosure, people: Ints, name: str = "") -> Compared:
    """Values (G,) with the variance (G,) of their errors, of leaders in groups (G,), which may be UNKNOWN or SEVERAL; people
    (G,): how many each value rests on; name: of the variable that makes the groups."""
    rest = others(value, variance, group)
    fewest = max(policy.minimum_leaders, 2)
    usable = (group >= 0) & ~np.isnan(value) & (rest.number + 1 >= fewest)
    note = np.array([str(Note("compared_leaders", f"n = {number}")) for number in rest.number.tolist()], dtype=object)
    for place in np.flatnonzero(~usable).tolist():
        note[place] = str(Note("too_few_leaders", f"{rest.number[place] + 1} < {fewest}"))
    note[group == UNKNOWN] = str(Note("value_unknown", name))
    note[group == SEVERAL] = str(Note("several_values", name))
    return Compared(rest, usable, _fewest(people, np.where(np.isnan(value), UNKNOWN, group)), note)


def _fewest(people: Ints, group: Ints) -> Ints:
    """(G,) A row holds the others' mean, which may be that of one of them once the rest is taken from it: it has no more
    digits than the row about the one with fewest people."""
    found = people.copy()
    among = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(among, group[group >= 0], people[group >= 0])
    found[group >= 0] = among[group[group >= 0]]
    return found
