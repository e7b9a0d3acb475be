"""Run every comparison on every reference case, and the table that says what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from ..core.registry import peers
from ..reference import ReferenceValue, load_values
from ..reference.comparison import Case, Comparison, Deviation, Tolerance, deviations
from . import peer_errors

if TYPE_CHECKING:
    import pandas as pd

COMPARISONS: tuple[Comparison, ...] = tuple(
    comparison for module in (*peers(), peer_errors) for comparison in module.COMPARISONS
)

_HEADINGS = ("statistic", "peer", "version", "values", "largest deviation", "tolerance", "")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One statistic of one method beside one peer, over all reference cases.

    values: how many numbers were compared; largest: the pair that is furthest apart; error: what is known to be wrong with
    the peer's number, where the two have to differ.
    """

    domain: str
    quantity: str
    method: str | None
    aspect: str
    peer: str
    version: str
    tolerance: Tolerance
    values: int
    cases: tuple[str, ...]
    largest: Deviation
    error: str | None = None

    @property
    def statistic(self) -> str:
        """Quantity, with method and aspect where they say more."""
        name = self.quantity if self.method is None else f"{self.quantity} [{self.method}]"
        return name if self.aspect == "estimate" else f"{name} {self.aspect}"

    @property
    def holds(self) -> bool:
        """Within the tolerance; of a known error of the peer: outside it."""
        if self.error is not None:
            return self.largest.size > self.tolerance.bound
        return self.values > 0 and self.largest.size <= self.tolerance.bound

    def together(self, other: Line, method: str | None) -> Line:
        """Both together, under a method that they share."""
        return replace(
            self,
            method=method,
            values=self.values + other.values,
            cases=tuple(dict.fromkeys((*self.cases, *other.cases))),
            largest=max(self.largest, other.largest, key=lambda deviation: deviation.size),
        )


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What every comparison came to: a line per statistic, method, peer and tolerance."""

    lines: tuple[Line, ...]

    @property
    def holds(self) -> bool:
        """Does every comparison hold?"""
        return bool(self.lines) and all(line.holds for line in self.lines)

    @property
    def values(self) -> int:
        """Numbers compared."""
        return sum(line.values for line in self.lines)

    def to_frame(self) -> pd.DataFrame:
        """A row per line."""
        import pandas as pd

        return pd.DataFrame(
            {
                "domain": line.domain,
                "quantity": line.quantity,
                "method": line.method,
                "aspect": line.aspect,
                "peer": line.peer,
                "version": line.version,
                "values": line.values,
                "cases": ", ".join(line.cases),
                "largest_deviation": line.largest.size,
                "tolerance": line.tolerance.bound,
                "absolute": line.tolerance.absolute,
                "ours": line.largest.ours,
                "theirs": line.largest.theirs,
                "place": line.largest.place,
                "error": line.error,
                "holds": line.holds,
            }
            for line in self.lines
        )

    def __str__(self) -> str:
        shown = _over_methods(line for line in self.lines if line.error is None)
        rows = [_HEADINGS, *(_row(line) for line in shown)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        errors = [line for line in self.lines if line.error is not None]
        if errors:
            text += ["", "Known errors of peers, where the numbers have to differ:"]
            text += [f"  {line.peer} {line.version}, {line.statistic}: {line.error} {_apart(line)}" for line in errors]
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


def _over_methods(lines: Iterable[Line]) -> list[Line]:
    """One line for all methods of a statistic that hold or fail alike."""
    lines_shown: dict[Hashable, Line] = {}
    for line in lines:
        key = (line.quantity, line.aspect, line.peer, line.version, line.tolerance, line.holds)
        before = lines_shown.get(key)
        lines_shown[key] = (
            line if before is None else before.together(line, before.method if before.method == line.method else None)
        )
    return list(lines_shown.values())


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
    package = peer.split("::")[0]
    package = "R" if package in ("base", "stats") else package
    return _short(stored.version) if package == stored.package else _versions().get(package, _short(stored.version))


class Cases(dict[str, Case]):
    """Data sets by name, made when first asked for."""

    def __missing__(self, name: str) -> Case:
        self[name] = Case(name)
        return self[name]


def run_comparison(comparison: Comparison, cases: Cases) -> Line:
    """One comparison on all data sets that have its value. Without any it does not hold: nothing passes by being absent."""
    differences: list[Deviation] = []
    used: list[str] = []
    versions: set[str] = set()
    for name, values in load_values(comparison.domain).items():
        if comparison.path not in values or (comparison.datasets is not None and name not in comparison.datasets):
            continue
        stored = values[comparison.path]
        differences += deviations(comparison, cases[name], stored)
        used.append(name)
        versions.add(_version(comparison.peer, stored))
    nothing = Deviation(place="no reference value", ours=math.nan, theirs=math.nan, size=math.inf)
    return Line(
        domain=comparison.domain,
        quantity=comparison.quantity,
        method=comparison.method,
        aspect=comparison.aspect,
        peer=comparison.peer,
        version=", ".join(sorted(versions)),
        tolerance=comparison.tolerance,
        values=len(differences),
        cases=tuple(used),
        largest=max(differences, key=lambda deviation: deviation.size, default=nothing),
        error=comparison.error,
    )


def verify(
    *,
    progress: Callable[[str], None] = lambda name: None,
    comparisons: Iterable[Comparison] = COMPARISONS,
    cases: Cases | None = None,
) -> Verification:
    """Compute every reference case again and compare with the stored values of peers.

    A case is a data set together with what other software gave for it, stored with the name and version of that software. It
    need not be installed: this package alone computes again.

    Parameters
    ----------
    progress : callable, optional
        Called once with the name of each domain.
    comparisons : iterable of Comparison, optional
        Those to run; all of them unless told otherwise.
    cases : Cases, optional
        Data sets that were computed before.

    Returns
    -------
    Verification
        Holds when every deviation is within its tolerance, and every known error of a peer still differs.

    See Also
    --------
    population_values : True values that simulations are held against.
    validate : Analyse answers of one's own.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.verification.running import COMPARISONS
    >>> found = op.verify(comparisons=[one for one in COMPARISONS if one.quantity == "sd"])
    >>> found.holds, found.values
    (True, 50)
    """
    known = Cases() if cases is None else cases
    lines: dict[Hashable, Line] = {}
    by_domain: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        by_domain.setdefault(comparison.domain, []).append(comparison)
    for domain, chosen in by_domain.items():
        progress(domain)
        for comparison in chosen:
            line = run_comparison(comparison, known)
            # The same statistic may be stored in several places, such as one for every pair of items.
            key = (line.domain, line.statistic, line.peer, line.version, line.tolerance, line.error, line.values > 0)
            lines[key] = lines[key].together(line, line.method) if key in lines else line
    return Verification(lines=tuple(lines.values()))
