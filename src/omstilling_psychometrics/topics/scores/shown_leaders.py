"""About which leaders numbers are written."""

from __future__ import annotations

import numpy as np

from ...core.numerics.arrays import Ints, Mask
from ...survey.disclosure import Disclosure


def shown_leaders(people: Ints, wave: Ints, policy: Disclosure) -> Mask:
    """(G,) A row about one leader needs the minimum of people (G,) who answered about that leader. In each wave (G,), the
    leaders without a number are a cell as any other: the mean of all less those of the others is theirs, so that the next
    smallest go with them until they are enough people and leaders."""
    gone = people < policy.minimum_respondents
    for one in np.unique(wave).tolist():
        places = np.flatnonzero(wave == one)
        few = places[gone[places]]
        others = iter(sorted(places[~gone[places]].tolist(), key=lambda place: (people[place], place)))
        while people[few].any() and policy.withholds(int(people[few].sum()), len(few)):
            if (following := next(others, None)) is None:
                break
            few = np.append(few, following)
        gone[few] = True
    return ~gone
