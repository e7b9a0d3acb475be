"""Counted answers: cells that are distinct and sorted by keys, then pattern, and what can be read off them.

Equal data are equal arrays whatever the order of the rows they came from: keys in one order, levels that occur, patterns that
occur, one cell for everything that is alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..core.errors import UsageError, suggestion
from ..core.numerics.arrays import Ints
from ..core.numerics.sandwich import Clusters
from ..core.numerics.tally import distinct, looked_up, tally
from ..core.results import marked
from .codes import lowest_code, reason_codes
from .keys import KEY_ORDER, Key, in_order
from .scale import Instrument
from .text import quoted

if TYPE_CHECKING:
    import pandas as pd

# The pattern, the keys and the count of each cell, beside the patterns (p, k).
Cells = tuple[NDArray[np.int8], Ints, dict[str, Key], Ints]


def distinct_patterns(instrument: Instrument, answers: NDArray[Any]) -> tuple[NDArray[np.int8], Ints]:
    """The distinct rows of codes (n, k), sorted, and which of them each row is."""
    lowest, k = lowest_code(instrument), len(instrument.items)
    width = len(instrument.categories) - lowest + 1
    columns, pattern = distinct([answers[:, item] for item in range(k)], [width] * k, [lowest] * k)
    return np.column_stack(columns).astype(np.int8), pattern


def occurring(patterns: NDArray[np.int8], pattern: Ints) -> tuple[NDArray[np.int8], Ints]:
    """The patterns that occur, and the pattern of each cell among them."""
    occurs = np.zeros(len(patterns), dtype=bool)
    occurs[pattern] = True
    if occurs.all():
        return patterns, pattern
    return patterns[occurs], looked_up(np.cumsum(occurs) - 1, pattern)


def tidy_cells(
    instrument: Instrument, patterns: NDArray[np.int8], pattern: Ints, keys: dict[str, Key], weights: Ints | None
) -> Cells:
    """Cells out of any; weights: how many answers each stands for, one where there are none."""
    if weights is not None and (weights <= 0).any():
        kept = weights > 0
        pattern, weights = pattern[kept], weights[kept]
        keys = {name: key.take(kept) for name, key in keys.items()}
    names = sorted(keys, key=lambda name: (KEY_ORDER.index(name) if name in KEY_ORDER else len(KEY_ORDER), name))
    tidy = {name: in_order(keys[name], instrument.role_keys if name == "role" else ()) for name in names}
    patterns, pattern = occurring(patterns, pattern)
    return merged_cells(patterns, pattern, tidy, weights)


def merged_cells(patterns: NDArray[np.int8], pattern: Ints, keys: dict[str, Key], weights: Ints | None) -> Cells:
    """Cells out of those whose keys are in order and whose levels and patterns all occur."""
    widths = [*(len(key.levels) + 1 for key in keys.values()), max(1, len(patterns))]
    columns = [*(key.codes for key in keys.values()), pattern]
    (*codes, pattern), counts = tally(columns, widths, weights, [*(-1 for _ in keys), 0])
    keys = {name: Key(column, key.levels) for column, (name, key) in zip(codes, keys.items(), strict=True)}
    return patterns, pattern, keys, counts


@dataclass(frozen=True, eq=False, repr=False)
class CountedAnswers:
    """Cells of answers: how many of the same role, leader and other keys gave the same pattern.

    Parameters
    ----------
    instrument : Instrument
        Items, categories, roles and non-answers.
    patterns : numpy.ndarray
        (p, k) int8, distinct and sorted: 1 … c for the categories in the order of the instrument (items declared `reversed`
        as scored), -1 left empty, -2 not shown, -3, -4, … the instrument's non-answers.
    pattern : numpy.ndarray
        (m,) the pattern of each cell.
    keys : mapping of str to Key
        Grouping columns of the cells.
    counts : numpy.ndarray
        (m,) answers in each cell.
    """

    instrument: Instrument
    patterns: NDArray[np.int8]
    pattern: Ints
    keys: Mapping[str, Key]
    counts: Ints

    @property
    def n(self) -> int:
        """Number of answers (records) counted."""
        return int(self.counts.sum())

    @property
    def items(self) -> tuple[str, ...]:
        """Keys of the items, in the order of the instrument."""
        return self.instrument.item_keys

    @property
    def is_released(self) -> bool:
        """May these answers be written about? Only those that `released` gives."""
        return False

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that occur, in the instrument's order; ('all',) where no role is known."""
        return self.keys["role"].levels if "role" in self.keys else ("all",)

    def table(self) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Patterns and how often each occurs, over everything that is in.

        Returns
        -------
        tuple of numpy.ndarray
            Codes (p, k) and counts (p,).
        """
        return self.patterns, self._answers

    @cached_property
    def _answers(self) -> NDArray[np.float64]:
        """(p,) how often each pattern occurs."""
        answers = np.bincount(self.pattern, weights=self.counts, minlength=len(self.patterns)).astype(np.float64)
        answers.setflags(write=False)
        return answers

    def values(self) -> NDArray[np.float64]:
        """Patterns as category values.

        Returns
        -------
        numpy.ndarray
            (p, k), NaN where there is no answer.
        """
        scale = np.concatenate([[np.nan], np.asarray(self.instrument.categories, dtype=float)])
        return np.asarray(scale[np.where(self.patterns > 0, self.patterns, 0)])

    def clusters(self, key: str, by: str | None = None) -> Clusters:
        """Counts by the levels of a key; answers without a value of the key are units of their own.

        Parameters
        ----------
        key : str
            Which key.
        by : str, optional
            Another key whose values are told apart; answers without one are left out.

        Returns
        -------
        Clusters
            Counts (G, p) of G levels and p patterns; with `by`, (G, g p), the patterns of its first level first.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        if (key, by) not in self._clusters:
            self._clusters[key, by] = self._clusters_of(self.key(key), None if by is None else self.key(by))
        return self._clusters[key, by]

    @cached_property
    def _clusters(self) -> dict[tuple[str, str | None], Clusters]:
        return {}

    def _clusters_of(self, column: Key, by: Key | None) -> Clusters:
        unit, cell, counts, size = column.codes, self.pattern, self.counts, len(self.patterns)
        if by is not None:
            inside = by.codes >= 0
            unit, cell, counts = unit[inside], (by.codes * size + cell)[inside], counts[inside]
            size *= len(by.levels)
        known = unit >= 0
        by_unit = csr_array((counts[known].astype(float), (unit[known], cell[known])), shape=(len(column.levels), size))
        by_unit.sum_duplicates()
        singles = np.bincount(cell[~known], weights=counts[~known], minlength=size).astype(np.float64)
        return Clusters(by_unit, singles)

    def size(self, key: str) -> int:
        """Number of different values of a key.

        Parameters
        ----------
        key : str
            Which key.

        Returns
        -------
        int
            Answers without a value do not count.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        return len(self.key(key).levels)

    def key(self, name: str) -> Key:
        """The column of that name.

        Parameters
        ----------
        name : str
            Which key.

        Returns
        -------
        Key
            The level of each cell.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        if name not in self.keys:
            known = ", ".join(self.keys) or "none"
            raise UsageError(
                f"the data have no column {quoted(name)} to group by; known: {known}.{suggestion(str(name), self.keys)} Other "
                "columns are kept where op.read is told of them (by=[…])."
            )
        return self.keys[name]

    def role_key(self, name: str) -> str:
        """The key of a role that is named by its key or by one of its labels.

        Parameters
        ----------
        name : str
            Key or label.

        Returns
        -------
        str
            Any other name as it is.
        """
        if "role" in self.keys and name in self.keys["role"].levels:
            return name
        for role in self.instrument.roles:
            if name.strip().casefold() in {text.casefold() for text in (role.key, *role.label.variants())}:
                return role.key
        return name

    # ---------------------------------------------------------------- as frames

    def expand(self, *, reasons: bool = False, coded: bool = False) -> pd.DataFrame:
        """One row per answer again: keys as text, items as category values, NaN where there is no answer.

        Parameters
        ----------
        reasons : bool, default False
            Whether why there is no answer stands beside each item, as `<item>_reason`: blank, not_shown or the key of a
            non-answer; None where there is an answer.
        coded : bool, default False
            Whether items are codes instead, which `from_frame` reads again.

        Returns
        -------
        pandas.DataFrame
            (n, keys and items). Items declared `reversed` are as scored.
        """
        frame = self.to_frame()
        rows = frame.loc[frame.index.repeat(frame.pop("count"))].reset_index(drop=True)
        if coded:
            return rows
        categories = dict(enumerate(self.instrument.categories, start=1))
        names = {code: key for key, code in reason_codes(self.instrument).items()}
        columns = {name: rows[name] for name in self.keys}
        for item in self.items:
            columns[item] = rows[item].map(categories).astype(float)
            if reasons:
                columns[f"{item}_reason"] = rows[item].map(names).astype(object).where(rows[item] < 0, None)
        expanded = type(rows)(columns)
        expanded.attrs |= frame.attrs
        return expanded

    def to_frame(self) -> pd.DataFrame:
        """One row per cell.

        Returns
        -------
        pandas.DataFrame
            Keys as text (None where not known), items as codes, and `count`.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for name, key in self.keys.items():
            levels = np.array([*key.levels, None], dtype=object)
            columns[name] = levels[key.codes]
        for position, item in enumerate(self.items):
            columns[item] = self.patterns[self.pattern, position]
        frame = pd.DataFrame({**columns, "count": self.counts})
        return marked(frame, getattr(self, "disclosure", None))
