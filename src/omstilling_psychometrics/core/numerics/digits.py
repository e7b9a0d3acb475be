"""Numbers with few significant digits, of which no more can be told than they say."""

from __future__ import annotations


def to_digits(value: float, digits: int) -> float:
    """The number with so many significant digits; NaN stays."""
    return float(f"{value:.{digits}g}")
