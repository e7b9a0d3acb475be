"""Replications of a simulation that are kept, a line each, so that a study may be stopped and goes on from there."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Record = dict[str, Any]
_WIDTH = 40


class Records:
    """What a file has of each condition, by name and number of the replication."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._known: dict[tuple[str, int], Record] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                self._known[one["condition"], one["number"]] = one["found"]

    def of(self, condition: str, replications: int) -> list[Record]:
        return [self._known[condition, number] for number in range(replications) if (condition, number) in self._known]

    def run(self, condition: str, replications: int, found: Callable[[int], Record]) -> None:
        """`found` of each number that is not there yet."""
        with self._path.open("a", encoding="utf-8") as file:
            for number in range(replications):
                if (condition, number) not in self._known:
                    one = found(number)
                    self._known[condition, number] = one
                    file.write(json.dumps({"condition": condition, "number": number, "found": one}) + "\n")
                    file.flush()
                _show(condition, number + 1, replications)
        sys.stderr.write("\n")


def _show(condition: str, done: int, replications: int) -> None:
    bar = "#" * (_WIDTH * done // replications)
    sys.stderr.write(f"\r[{bar:.<{_WIDTH}}] {done}/{replications} {condition}")
    sys.stderr.flush()


def with_error(values: Sequence[float], digits: int = 3) -> str:
    """A mean over replications with its Monte Carlo error; of shares of none or all, that of one replication more or less."""
    array = np.array(values, dtype=float)
    array = array[~np.isnan(array)]
    n = len(array)
    if n < 2:
        return "–"
    mean, error = float(array.mean()), float(array.std(ddof=1)) / math.sqrt(n)
    if error == 0:
        error = math.sqrt((n - 1) / n**3)
    return f"{mean:.{digits}f} ({error:.{digits}f})"
