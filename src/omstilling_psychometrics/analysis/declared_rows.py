"""The rows that an analysis has whatever the answers are: declared once, and empty where they could not be computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ..core.errors import EstimationError, estimating
from ..core.note import Note
from ..core.results import Statistic


def row_name(row: Statistic) -> tuple[str, str | None, int | float | None, str | None]:
    """What tells a row from the others of its role."""
    return row.quantity, row.item, row.category, row.method


def completed(
    rows: Iterable[Statistic], declared: Iterable[Statistic], reason: Note | str = "not_computed"
) -> Iterator[Statistic]:
    """`rows`, and after them, in the declared order, a null row for each declared one that is not among them.

    `rows` may end early with an EstimationError: its reason, else `reason`, is the note of the null rows. Declared rows are
    Statistics without a number; the other fields that they have (n, cluster) are those of the null row.
    """
    there = set()
    iterator = iter(rows)
    while True:
        try:
            with estimating():
                row = next(iterator)
        except StopIteration:
            break
        except EstimationError as error:
            reason = error.reason
            break
        there.add(row_name(row))
        yield row
    for row in declared:
        if row_name(row) not in there:
            yield null(row, reason)


def attempted(declared: Statistic, compute: Callable[[], Statistic]) -> Statistic:
    """The row that `compute` gives or, where it raises an EstimationError, the declared one as a null row with its reason."""
    try:
        with estimating():
            return compute()
    except EstimationError as error:
        return null(declared, error.reason)


def null(declared: Statistic, reason: Note | str) -> Statistic:
    """The declared row without a number, and why."""
    return replace(declared, estimate=math.nan, note=str(reason))
