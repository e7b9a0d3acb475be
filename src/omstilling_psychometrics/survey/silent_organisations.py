"""Organisations whose every answer is left empty: the theme was not shown there, as far as anybody can tell.

That is a matter of all answers from an organisation in a wave and form, however many files they came in: what a reading sets
aside is kept beside the answers, and decided on anew when answers of another file are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.numerics.arrays import Ints
from ..core.numerics.tally import distinct

if TYPE_CHECKING:
    from .keys import Key

NOTE = "organisation_not_shown"

# Each combination of these keys is decided on by itself.
KEYS = ("organisation", "wave", "form")


def silent_organisations(
    answered: NDArray[np.bool_], keys: Mapping[str, Key], alive: NDArray[np.bool_]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Organisation × wave × form of every row (m,), and whether it is one in which no living row answers anything."""
    if "organisation" not in keys:
        return np.zeros(len(alive), dtype=np.int64), np.zeros(len(alive), dtype=bool)
    units = [keys[name] for name in KEYS if name in keys]
    _, unit = distinct([key.codes for key in units], [len(key.levels) + 1 for key in units], [-1] * len(units))
    some = np.bincount(unit, weights=answered & alive, minlength=int(unit.max(initial=0)) + 1) > 0
    return unit, ~some[unit] & (keys["organisation"].codes >= 0)


def organisations_note(unit: Ints, rows: NDArray[np.bool_], number: int) -> str:
    """How many organisations were set aside in the rows (m,), and how many answers that was."""
    return f"{NOTE}: {np.unique(unit[rows]).size} ({number})"
