"""What is compared with a peer's number, how close the two have to be, and how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..core.results import Result
from ..survey.patterns import ResponsePatterns
from . import ReferenceValue, load_case, load_values


@dataclass(frozen=True)
class Tolerance:
    """Largest deviation allowed: of the peer's value times `bound`, or `bound` itself where `absolute`."""

    name: str
    bound: float
    absolute: bool = False

    def deviation(self, ours: float, theirs: float) -> float:
        """Distance on the tolerance's own scale; infinite where there is no number of ours."""
        distance = abs(ours - theirs)
        if math.isnan(distance):
            return math.inf
        # A peer's value of exactly 0 has no relative distance.
        return distance if self.absolute or theirs == 0 else distance / abs(theirs)


# Two programs that do the same arithmetic differ by rounding alone.
IDENTITY = Tolerance("identity", 1e-12)
COUNT = Tolerance("count", 0.0, absolute=True)
# Sums, eigenvalues and converged EM: every digit that the peer's own stopping rule leaves.
CLOSED_FORM = Tolerance("closed form", 1e-8)
# At a maximum the height errs with the square of the parameters' error.
HEIGHT = Tolerance("likelihood, discrepancy", 1e-6)
# Peers stop when a step gets smaller than about this.
PARAMETER = Tolerance("parameter", 1e-4, absolute=True)
STANDARD_ERROR = Tolerance("standard error", 1e-3)
# R takes tails as 1 - F: their last sixteen digits are noise.
TAIL = Tolerance("p value", 1e-6, absolute=True)
# Numbers that a peer returns rounded to two decimals.
ROUNDED = Tolerance("peer's two decimals", 0.00501, absolute=True)


class Case:
    """A reference data set and the results computed from it, each once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._results: dict[Hashable, Any] = {}

    @property
    def patterns(self) -> ResponsePatterns:
        return load_case(self.name)

    @property
    def items(self) -> tuple[str, ...]:
        return self.patterns.items

    def stored(self, domain: str, path: str) -> ReferenceValue:
        """Another value of this data set, for comparisons that need two."""
        return load_values(domain)[self.name][path]

    def run(self, compute: Callable[..., Any], **options: Hashable) -> Any:
        """compute(patterns, **options), remembered."""
        key = (compute, tuple(sorted(options.items())))
        if key not in self._results:
            self._results[key] = compute(self.patterns, **options)
        return self._results[key]


# Where in the statistic a number belongs (an item, a pair, ...), our number, the peer's.
Pair = tuple[str, float | None, float | None]
Pairs = Callable[[Case, Any], Iterable[Pair]]


def item_pairs(run: Callable[[Case], Result], quantity: str, aspect: str = "estimate", **where: Any) -> Pairs:
    """A statistic of every pair of items (i, j), i before j, beside a stored matrix."""

    def pairs(case: Case, stored: Any) -> Iterable[Pair]:
        result = run(case)
        for (i, first), (j, second) in combinations(enumerate(case.items), 2):
            name = f"{first}~{second}"
            yield name, getattr(result.get(quantity, item=name, **where), aspect), stored["values"][i][j]

    return pairs


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One statistic beside one peer's.

    quantity, method, aspect: the row and column of results.json that is compared. path: of the peer's output among the values
    of `domain`. pairs: from a data set and the stored value to both numbers. datasets: only these, where a stored value is
    not to be compared on the others. error: why the peer is known to be wrong here, so that the two have to differ.
    """

    domain: str
    path: str
    quantity: str
    peer: str
    tolerance: Tolerance
    pairs: Pairs
    method: str | None = None
    aspect: str = "estimate"
    datasets: tuple[str, ...] | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One pair of numbers of a comparison, and how far apart they are."""

    place: str
    ours: float
    theirs: float
    size: float


def deviations(comparison: Comparison, case: Case, stored: ReferenceValue) -> list[Deviation]:
    """Every pair of numbers of a comparison on one data set."""
    differences = []
    for place, ours, theirs in comparison.pairs(case, stored.value):
        if theirs is None:
            continue  # the peer gives no number
        a, b = (math.nan if number is None else float(number) for number in (ours, theirs))
        label = f"{case.name} {place}".strip()
        differences.append(Deviation(place=label, ours=a, theirs=b, size=comparison.tolerance.deviation(a, b)))
    return differences
