"""Rows of a result (dictionaries with the columns of results.COLUMNS), as plots and report look things up in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]
Unit = tuple[str, str | None]


def where(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The rows whose columns have the wanted values."""
    kept = list(rows)
    for name, value in wanted.items():
        kept = [row for row in kept if row[name] == value]
    return kept


def one(rows: Iterable[Row], **wanted: Any) -> Row | None:
    """The first such row, or None."""
    columns = list(wanted.items())
    for row in rows:
        for name, value in columns:
            if row[name] != value:
                break
        else:
            return row
    return None


def away_from_zero(row: Row) -> bool:
    """Has it an interval that zero is not in?"""
    return row["conf_low"] is not None and row["conf_low"] * row["conf_high"] > 0


def units(rows: Iterable[Row]) -> list[Unit]:
    """(role, group) pairs in the order in which they come."""
    return list(dict.fromkeys((row["role"], row["group"]) for row in rows))


def of(rows: Iterable[Row], unit: Unit) -> list[Row]:
    """The rows of one unit."""
    return [row for row in rows if (row["role"], row["group"]) == unit]


def distinct(rows: Iterable[Row], column: str) -> list[Any]:
    """Different values of a column, in the order in which they come, None left out."""
    return list(dict.fromkeys(row[column] for row in rows if row[column] is not None))


def estimate(rows: Sequence[Row], **wanted: Any) -> float | None:
    """Estimate of the first such row; None where there is none."""
    row = one(rows, **wanted)
    return None if row is None else row["estimate"]
