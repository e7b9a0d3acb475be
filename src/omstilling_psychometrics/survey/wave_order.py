"""Which wave comes first, as far as their names tell: by the numbers in them, then by the alphabet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

# A sign is one at the beginning only: 2024-2 is the second of 2024.
_NUMBER = re.compile(r"^-?\d+|\d+")


def in_time(waves: Iterable[str]) -> list[str]:
    """The waves one after the other: 9 before 10, spring 2024 before autumn 2025."""
    return sorted(waves, key=lambda wave: (_numbers(wave), wave))


def told_by_number(first: str, second: str) -> bool:
    """Do the numbers in their names tell which of two waves came first? Otherwise the alphabet does, which puts autumn before
    spring, and after before before."""
    return _numbers(first) != _numbers(second)


def _numbers(wave: str) -> list[Decimal]:
    return [Decimal(number) for number in _NUMBER.findall(wave)]
