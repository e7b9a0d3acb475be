"""Run every comparison on every reference case, and the table that says what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from ..reference import ReferenceValue, load_values
from . import cfa, classical, correlation, dimensionality, groups, irt, mokken, multilevel, omega, peer_errors
from .comparison import Case, Comparison, Deviation, Tolerance, deviations

COMPARISONS: tuple[Comparison, ...] = (
    *classical.COMPARISONS,
    *correlation.COMPARISONS,
    *omega.COMPARISONS,
    *dimensionality.COMPARISONS,
    *cfa.COMPARISONS,
    *irt.COMPARISONS,
    *mokken.COMPARISONS,
    *multilevel.COMPARISONS,
    *groups.COMPARISONS,
    *peer_errors.COMPARISONS,
)

_HEADINGS = ("statistic", "peer", "version", "values", "largest deviation", "tolerance", "")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One statistic beside one peer, over all reference cases.

    values: how many numbers were compared; largest: the pair that is furthest apart; error: what is known to be wrong with
    the peer's number, where the two have to differ.
    """

    domain: str
    statistic: str
    peer: str
    version: str
    tolerance: Tolerance
    values: int
    cases: tuple[str, ...]
    largest: Deviation
    error: str | None = None

    @property
    def holds(self) -> bool:
        """Within the tolerance; of a known error of the peer: outside it."""
        if self.error is not None:
            return self.largest.size > self.tolerance.bound
        return self.values > 0 and self.largest.size <= self.tolerance.bound


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What every comparison came to."""

    lines: tuple[Line, ...]

    @property
    def holds(self) -> bool:
        """Does every comparison hold?"""
        return bool(self.lines) and all(line.holds for line in self.lines)

    @property
    def values(self) -> int:
        """Numbers compared."""
        return sum(line.values for line in self.lines)

    def __str__(self) -> str:
        agreeing = [line for line in self.lines if line.error is None]
        rows = [_HEADINGS, *(_row(line) for line in agreeing)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        errors: dict[tuple[str, str, str | None], Line] = {}
        for line in self.lines:
            if line.error is not None:
                known = errors.setdefault((line.peer, line.version, line.error), line)
                if line.largest.size > known.largest.size:
                    errors[line.peer, line.version, line.error] = line
        if errors:
            text += ["", "Known errors of peers, where the numbers have to differ:"]
            text += [f"  {line.peer} {line.version}, {line.statistic}: {line.error} {_apart(line)}" for line in errors.values()]
        return "\n".join([*text, "", self.summary])

    @property
    def summary(self) -> str:
        """One sentence: how much was compared, and what does not hold."""
        cases = {name for line in self.lines for name in line.cases}
        compared = f"{self.values} numbers, {len(self.lines)} comparisons, {len(cases)} data sets"
        failed = [line for line in self.lines if not line.holds]
        if not failed:
            return f"{compared}: everything holds."
        details = "\n".join(f"  {line.statistic} ({line.peer}): {_apart(line)}" for line in failed)
        return f"{compared}: {len(failed)} do not hold.\n{details}"


def _row(line: Line) -> tuple[str, ...]:
    bound = f"{line.tolerance.bound:g}{'' if line.tolerance.absolute else ' relative'}"
    verdict = "holds" if line.holds else "DOES NOT HOLD"
    return line.statistic, line.peer, line.version, str(line.values), f"{line.largest.size:.1e}", bound, verdict


def _apart(line: Line) -> str:
    largest = line.largest
    return f"Here {largest.ours:.8g}, there {largest.theirs:.8g} ({largest.place})."


@cache
def _versions() -> dict[str, str]:
    """Package to the version that its stored values come from."""
    return {
        value.package: _short(value.version)
        for domain in sorted({comparison.domain for comparison in COMPARISONS})
        for values in load_values(domain).values()
        for value in values.values()
    }


def _short(version: str) -> str:
    """R's long version string without its date."""
    return version.removeprefix("R version ").split(" ")[0]


def _version(peer: str, stored: ReferenceValue) -> str:
    """Version of the peer's package: the value's own, or, where several packages made the value, that of the function named."""
    package = peer.split("::")[0] if "::" in peer else "R"
    return _short(stored.version) if package == stored.package else _versions().get(package, _short(stored.version))


def run_comparison(comparison: Comparison, cases: Mapping[str, Case]) -> Line:
    """One comparison on all data sets that have its value."""
    found: list[Deviation] = []
    used: list[str] = []
    versions: set[str] = set()
    for name, values in load_values(comparison.domain).items():
        if comparison.path not in values or (comparison.datasets is not None and name not in comparison.datasets):
            continue
        stored = values[comparison.path]
        found += deviations(comparison, cases[name], stored)
        used.append(name)
        versions.add(_version(comparison.peer, stored))
    nothing = Deviation(place="no reference value", ours=math.nan, theirs=math.nan, size=math.inf)
    return Line(
        domain=comparison.domain,
        statistic=comparison.statistic,
        peer=comparison.peer,
        version=", ".join(sorted(versions)),
        tolerance=comparison.tolerance,
        values=len(found),
        cases=tuple(used),
        largest=max(found, key=lambda one: one.size, default=nothing),
        error=comparison.error,
    )


class Cases(dict[str, Case]):
    """Data sets by name, made when first asked for."""

    def __missing__(self, name: str) -> Case:
        self[name] = Case(name)
        return self[name]


def verify(
    *,
    progress: Callable[[str], None] = lambda name: None,
    comparisons: Iterable[Comparison] = COMPARISONS,
    cases: Cases | None = None,
) -> Verification:
    """Compute every reference case again and compare with the stored values of peers.

    progress is called with the name of each domain. Holds when every deviation is within its tolerance, and every known error
    of a peer still differs.
    """
    known = Cases() if cases is None else cases
    lines, domain = [], None
    for comparison in comparisons:
        if comparison.domain != domain:
            domain = comparison.domain
            progress(domain)
        lines.append(run_comparison(comparison, known))
    return Verification(lines=tuple(_merged(lines)))


def _merged(lines: Iterable[Line]) -> list[Line]:
    """One line for the same statistic, peer and tolerance, where its values are stored in several places."""
    found: dict[tuple[object, ...], Line] = {}
    for line in lines:
        key = (line.domain, line.statistic, line.peer, line.version, line.tolerance, line.error)
        before = found.get(key)
        if before is None or not before.values or not line.values:
            # A comparison without values must not hide behind another.
            found[key if before is None else (*key, len(found))] = line
            continue
        found[key] = replace(
            before,
            values=before.values + line.values,
            cases=tuple(dict.fromkeys((*before.cases, *line.cases))),
            largest=max(before.largest, line.largest, key=lambda one: one.size),
        )
    return list(found.values())
