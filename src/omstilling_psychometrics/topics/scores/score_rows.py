"""Scores as columns: one row per person or leader and method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.numerics.arrays import Ints
from ...survey.keys import Key

if TYPE_CHECKING:
    import pandas as pd

# df: of the t quantile of the interval, infinite for the normal one.
SCORE_COLUMNS = ("unit", "role", "wave", "score", "method", "std_error", "df", "reliability", "n", "note")


def score_frame(columns: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """The columns of so many rows; what is not given applies to none of them."""
    import pandas as pd

    nothing = dict.fromkeys(SCORE_COLUMNS)
    numbers = {"score": np.nan, "std_error": np.nan, "df": np.inf, "reliability": np.nan}
    frame = pd.DataFrame({**nothing, **numbers, **columns}, index=range(rows), columns=list(SCORE_COLUMNS))
    frame["n"] = frame["n"].astype("Int64")
    for name in ("unit", "role", "wave", "method", "note"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame.astype(dict.fromkeys(numbers, float))


def labels(key: Key | None, codes: Ints) -> np.ndarray[Any, Any]:
    """Values of a key by their codes, None where not known."""
    levels = np.array([*(key.levels if key is not None else ()), None], dtype=object)
    return np.asarray(levels[codes])
