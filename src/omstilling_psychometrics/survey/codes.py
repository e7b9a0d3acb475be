"""The small integers that a pattern of answers holds, one per item.

    1 … c    the answer, as the position of the category declared by the instrument
    BLANK    shown, left empty
    NOT_SHOWN    never seen by the respondent (not in this form)
    -3, -4, …    the non-answers of the instrument, in its order

Items declared `reversed` are stored scored: category h of c was answered as c + 1 − h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError
from .scale import Instrument

BLANK = -1
NOT_SHOWN = -2
FIRST_REASON = -3


def reason_codes(instrument: Instrument) -> dict[str, int]:
    """Code of every way of not answering: blank, not_shown and the instrument's own reasons."""
    own = {key: FIRST_REASON - position for position, key in enumerate(instrument.reason_keys)}
    return {"blank": BLANK, "not_shown": NOT_SHOWN, **own}


def silent(answers: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Rows of codes (m, k) in which every item is blank or not shown."""
    return np.asarray(np.isin(answers, (BLANK, NOT_SHOWN)).all(axis=1))


def lowest_code(instrument: Instrument) -> int:
    """That of the last reason for no answer."""
    return FIRST_REASON - len(instrument.non_answers) + 1


def refuse_other_codes(instrument: Instrument, answers: NDArray[Any]) -> None:
    """UsageError for another number of columns than items, or codes that the instrument does not have."""
    lowest, c, k = lowest_code(instrument), len(instrument.categories), len(instrument.items)
    if answers.ndim != 2 or answers.shape[1] != k:
        raise UsageError(f"answers have shape {answers.shape}; (answers, {k}) is needed, one column per item.")
    if answers.size and (answers.min() < lowest or answers.max() > c or (answers == 0).any()):
        raise UsageError(f"answers hold codes outside 1…{c} and {lowest}…−1.")
