"""Scores as columns: one row per person or leader and method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.numerics.arrays import Floats, Ints
from ...survey.keys import Key

if TYPE_CHECKING:
    import pandas as pd

# df: of the t quantile of the interval, infinite for the normal one. fewest: people on whom the row's digits depend, n where
# it is not given. interval_only: nothing else of the row is shown.
_HIDDEN = ("df", "organisation", "fewest", "interval_only")
SCORE_COLUMNS = ("unit", "role", "wave", "score", "method", "std_error", "reliability", "n", "note", *_HIDDEN)

# From a level to both bounds of each row.
LevelBounds = Callable[[float], tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class ScoreRows:
    """Rows of one method. columns: by name, what is not given applies to none; place (r,): what each row is about, by which
    rows of all methods are put beside each other; bounds: of intervals that are not symmetric."""

    columns: Mapping[str, Any]
    place: Ints
    bounds: LevelBounds | None = None


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """frame: the rows in order; bounds: of the rows whose intervals are not score ± t std_error."""

    frame: pd.DataFrame
    bounds: tuple[tuple[Ints, LevelBounds], ...] = ()


def score_frame(columns: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """The columns of so many rows; what is not given applies to none of them."""
    import pandas as pd

    nothing = dict.fromkeys(SCORE_COLUMNS)
    numbers = {"score": np.nan, "std_error": np.nan, "df": np.inf, "reliability": np.nan}
    given = {**nothing, **numbers, "interval_only": False, **columns}
    frame = pd.DataFrame(given, index=range(rows), columns=list(SCORE_COLUMNS))
    frame["n"] = frame["n"].astype("Int64")
    frame["fewest"] = frame["fewest"].astype("Int64").fillna(frame["n"])
    for name in ("unit", "role", "wave", "method", "note", "organisation"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame.astype({**dict.fromkeys(numbers, float), "interval_only": bool})


def score_table(blocks: Sequence[ScoreRows]) -> ScoreTable:
    """Rows of several methods, those about the same place below each other in the order of the methods."""
    import pandas as pd

    if not blocks:
        return ScoreTable(score_frame({}, 0))
    sizes = [len(block.place) for block in blocks]
    order = np.argsort(np.concatenate([block.place for block in blocks]), kind="stable")
    row = np.empty_like(order)
    row[order] = np.arange(len(order))
    frames = [score_frame(block.columns, size) for block, size in zip(blocks, sizes, strict=True)]
    starts = np.cumsum([0, *sizes])
    bounds = [
        (row[start : start + size], block.bounds)
        for block, start, size in zip(blocks, starts, sizes, strict=False)
        if block.bounds is not None
    ]
    return ScoreTable(pd.concat(frames, ignore_index=True).iloc[order].reset_index(drop=True), tuple(bounds))


def all_tables(tables: Sequence[ScoreTable]) -> ScoreTable:
    """Tables below each other."""
    import pandas as pd

    if not tables:
        return ScoreTable(score_frame({}, 0))
    starts = np.cumsum([0, *(len(table.frame) for table in tables)])
    bounds = [(start + rows, of_rows) for table, start in zip(tables, starts, strict=False) for rows, of_rows in table.bounds]
    return ScoreTable(pd.concat([table.frame for table in tables], ignore_index=True), tuple(bounds))


def labels(key: Key | None, codes: Ints) -> np.ndarray[Any, Any]:
    """Values of a key by their codes, None where not known."""
    levels = np.array([*(key.levels if key is not None else ()), None], dtype=object)
    return np.asarray(levels[codes])
