"""What may leave the room: the policy, and which cells of some answers it withholds (docs/disclosure.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError
from ..core.numerics.arrays import Ints
from ..core.numerics.tally import distinct, numbered, tally
from .keys import Key
from .patterns import ResponsePatterns

SUPPRESSED = "suppressed"
OTHER = "other"

# Respondents and leaders, these None where they are not known.
Size = tuple[int, int | None]


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """A policy: what is withheld from everything that is written.

    A cell with fewer respondents or leaders than the minimum is withheld, and answer patterns given by fewer respondents than
    the minimum are joined.

    Parameters
    ----------
    minimum_respondents : int, default 5
        Fewest respondents of a cell that is shown.
    minimum_leaders : int, default 3
        Fewest leaders of a cell that is shown, where leaders are known.

    See Also
    --------
    ReleasedAnswers : What a policy leaves of the answers.
    Page : Tables and plots under a policy.
    report : A report under a policy.
    write_counts : A file of counts under a policy.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> op.Disclosure().withholds(respondents=4, leaders=None)
    True
    >>> op.Disclosure.none().active
    False
    """

    minimum_respondents: int = 5
    minimum_leaders: int = 3

    def __post_init__(self) -> None:
        for name in ("minimum_respondents", "minimum_leaders"):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 0:
                raise UsageError(f"{name} is {given!r}; a whole number from 0 is needed.")

    @classmethod
    def none(cls) -> Disclosure:
        """The policy that writes everything.

        Returns
        -------
        Disclosure
            Which withholds nothing.
        """
        return cls(minimum_respondents=0, minimum_leaders=0)

    @property
    def active(self) -> bool:
        """Does the policy withhold anything at all?"""
        return self.minimum_respondents > 1 or self.minimum_leaders > 1

    def withholds(self, respondents: int, leaders: int | None) -> bool:
        """Is a group of this size too small to be shown?

        Parameters
        ----------
        respondents : int
            In the group.
        leaders : int or None
            Whom they answered about; None where they are not known, and not asked for.

        Returns
        -------
        bool
            True where it has to be withheld.
        """
        return respondents < self.minimum_respondents or (leaders is not None and leaders < self.minimum_leaders)


@dataclass(frozen=True, order=True)
class Cell:
    """A role ('all' where none is known), or the part of it with these values of keys, None for 'not known'."""

    role: str
    values: tuple[tuple[str, str | None], ...] = ()

    def place(self, keys: Mapping[str, Key]) -> dict[str, int]:
        """Codes of the keys that the rows of the cell have; −2, which no row has, for a level that does not occur."""
        everybody = "role" not in keys or (self.role == "all" and "all" not in keys["role"].levels)
        values = self.values if everybody else (("role", self.role or None), *self.values)
        codes = {}
        for name, value in values:
            levels = keys[name].levels
            codes[name] = -1 if value is None else levels.index(value) if value in levels else -2
        return codes


def in_cells(cells: Collection[Cell], keys: Mapping[str, Key], rows: int) -> NDArray[np.bool_]:
    """Which of the rows of these keys (m,) are in one of the cells."""
    inside = np.zeros(rows, dtype=bool)
    wanted: dict[tuple[str, ...], set[tuple[int, ...]]] = {}
    for cell in cells:
        place = cell.place(keys)
        wanted.setdefault(tuple(place), set()).add(tuple(place.values()))
    for names, places in wanted.items():
        if not names:
            return np.ones(rows, dtype=bool)
        # Cells are many where somebody groups by small units; the rows are gone through once for all of them.
        columns = [keys[name].codes for name in names]
        combinations, row = distinct(columns, [len(keys[name].levels) + 1 for name in names], [-1] * len(names))
        hit = [combination in places for combination in zip(*(column.tolist() for column in combinations), strict=True)]
        inside |= np.array(hit, dtype=bool)[row]
    return inside


def cell_sizes(patterns: ResponsePatterns, names: Sequence[str], leaders_known: Collection[str]) -> dict[Cell, Size]:
    """Size of every cell that occurs: a role and a value of each of the keys. leaders_known: roles whose leaders are known."""
    grouping = [name for name in ("role", *names) if name in patterns.keys]
    if not patterns.counts.size:
        return {}
    columns = [patterns.keys[name].codes for name in grouping]
    widths = [len(patterns.keys[name].levels) + 1 for name in grouping]
    combinations, place = (
        distinct(columns, widths, [-1] * len(columns)) if columns else ([], np.zeros(len(patterns.counts), np.int64))
    )
    respondents = distinct_per_group(patterns, "respondent", place)
    leaders = distinct_per_group(patterns, "leader", place, unknown=False) if "leader" in patterns.keys else respondents
    sizes = {}
    for row, values in enumerate(zip(*(column.tolist() for column in combinations), strict=True) if columns else [()]):
        levels = {
            name: None if code < 0 else patterns.keys[name].levels[code] for name, code in zip(grouping, values, strict=True)
        }
        role = levels.pop("role", "all") or ""
        known = role in leaders_known
        sizes[Cell(role, tuple(levels.items()))] = (int(respondents[row]), int(leaders[row]) if known else None)
    return sizes


def roles_with_leaders(patterns: ResponsePatterns) -> frozenset[str]:
    """Roles in which the leader of some answer is known."""
    if "leader" not in patterns.keys:
        return frozenset()
    known = patterns.keys["leader"].codes >= 0
    if "role" not in patterns.keys:
        return frozenset({"all"} if known.any() else ())
    role = patterns.keys["role"]
    return frozenset(role.levels[code] for code in (numbered(role.codes[known] + 1)[0] - 1).tolist() if code >= 0)


def size_of(patterns: ResponsePatterns) -> Size:
    """(respondents, leaders) of some answers."""
    everybody = np.zeros(len(patterns.counts), dtype=np.int64)
    if not everybody.size:
        return 0, None
    leaders = patterns.size("leader") if "leader" in patterns.keys else 0
    return int(distinct_per_group(patterns, "respondent", everybody)[0]), leaders or None


def distinct_per_group(patterns: ResponsePatterns, key: str, group: Ints, *, unknown: bool = True) -> NDArray[np.int64]:
    """Number of different values of `key` in each group 0 ... g-1, (g,); answers without a value count one each if
    `unknown`, and so does every answer where there is no such key."""
    groups = int(group.max(initial=-1)) + 1
    codes = patterns.keys[key].codes if key in patterns.keys else np.full(group.size, -1)
    known = codes >= 0
    width = int(codes.max(initial=0)) + 1
    (of_group, _), _ = tally([group[known], codes[known]], [groups, width], None)
    number = np.bincount(of_group, minlength=groups).astype(np.int64)
    if unknown:
        number += np.bincount(group[~known], weights=patterns.counts[~known], minlength=groups).astype(np.int64)
    return number
