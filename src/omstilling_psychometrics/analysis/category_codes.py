"""Answers that somebody gives as category values, as the codes that models work with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError


def category_codes(answers: Any, items: tuple[str, ...], categories: tuple[int, ...]) -> NDArray[np.int64]:
    """(r, k) of 1 … c, 0 where there is no answer, from category values (r, k) with NaN.

    Raises UsageError for answers to another number of items, and for values that are no categories."""
    given = np.atleast_2d(np.asarray(answers, dtype=float))
    if given.shape[1] != len(items):
        raise UsageError(f"answers have {given.shape[1]} columns; the items are {len(items)}: {', '.join(items)}.")
    places = given[:, :, None] == np.array(categories, dtype=float)
    strange = given[~places.any(axis=2) & ~np.isnan(given)]
    if strange.size:
        raise UsageError(f"answers hold {strange[0]:g}; the categories are {', '.join(map(str, categories))}, NaN is none.")
    return np.where(places.any(axis=2), 1 + places.argmax(axis=2), 0)
