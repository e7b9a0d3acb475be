"""What may leave the room: one policy, asked by everything that writes (docs/disclosure.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .patterns import ResponsePatterns

SUPPRESSED = "suppressed"
OTHER = "other"

# Respondents and leaders, these None where they are not known.
Size = tuple[int, int | None]
# Sizes of (role, group), and of (role, group, 'form=B'): those in it who have that value of a background variable.
Sizes = Mapping[tuple[str, str | None] | tuple[str, str | None, str], Size]
# Different respondents who gave a pattern of answered items: (role, group, '11011').
Givers = Mapping[tuple[str, str | None, str], int]

_NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "n")


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """A group with fewer respondents or leaders than the minimum is withheld, and answer patterns given by fewer
    respondents than the minimum are joined."""

    minimum_respondents: int = 5
    minimum_leaders: int = 3

    def __post_init__(self) -> None:
        for name in ("minimum_respondents", "minimum_leaders"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}; a whole number from 0 is needed.")

    @classmethod
    def none(cls) -> Disclosure:
        """The policy that writes everything."""
        return cls(minimum_respondents=0, minimum_leaders=0)

    @property
    def active(self) -> bool:
        """Does the policy withhold anything at all?"""
        return self.minimum_respondents > 1 or self.minimum_leaders > 1

    def withholds(self, respondents: int, leaders: int | None) -> bool:
        """Is a group of this size too small to be shown? `leaders` None: not known, and not asked."""
        return respondents < self.minimum_respondents or (leaders is not None and leaders < self.minimum_leaders)

    def withheld_cells(self, patterns: ResponsePatterns, keys: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells (m,) belong to a group, one value of every one of `keys`, that is withheld."""
        group = np.zeros(len(patterns.counts), dtype=np.int64)
        for name in keys:
            pair = np.column_stack([group, patterns.keys[name].codes])
            group = np.unique(pair, axis=0, return_inverse=True)[1].ravel()
        respondents = distinct_per_group(patterns, "respondent", group)
        small = respondents < self.minimum_respondents
        if "leader" in patterns.keys and patterns.keys["leader"].levels:
            leaders = distinct_per_group(patterns, "leader", group, unknown=False)
            small |= (leaders > 0) & (leaders < self.minimum_leaders)
        return np.asarray(small[group])

    def released(
        self, rows: Iterable[Mapping[str, Any]], patterns: ResponsePatterns, by: str | None = None
    ) -> list[dict[str, Any]]:
        """`rows` for results of these answers, analysed by the groups of `by` if any."""
        return self.rows(rows, group_sizes(patterns, by), pattern_givers(patterns, by))

    def rows(self, rows: Iterable[Mapping[str, Any]], sizes: Sizes, givers: Givers | None = None) -> list[dict[str, Any]]:
        """Result rows as they may be written; givers: respondents who gave a pattern (role, group, '11011'), where one may have
        given it several times.

        Every number of a withheld group is None with the note `suppressed`; of its answer patterns not even their names
        stay. Elsewhere `pattern_count` rows under the minimum are joined into the item `other`. A row whose (role, group)
        is not in `sizes` is withheld: what is not known to be large enough is not shown. A method that names groups
        ('leder~medarbejder', 'ved_ikke/form=B') is withheld when one of them is too small. A note that names a withheld group
        says no more of it.
        """
        given = [dict(row) for row in rows]
        if not self.active:
            return given
        withheld = {key: size for key, size in sizes.items() if self.withholds(*size)}
        return [self._released(row, sizes, withheld) for row in self._joined(given, sizes, withheld, givers or {})]

    def _too_small(self, row: Mapping[str, Any], sizes: Sizes, withheld: Sizes) -> bool:
        role, group, method = row["role"], row["group"], row["method"]
        size = sizes.get((role, group))
        if size is None or self.withholds(*size):
            return True
        if not method:
            return False
        for inside in withheld:
            # A role may be named anywhere; a group of a role, or of all, where that is spoken of; a value in its group only.
            meant = inside[:2] == (role, group) if len(inside) == 3 else inside[1] is None or inside[0] in (role, "all")
            if meant and re.search(rf"(?:^|[/~])(?:role=)?{re.escape(_label(inside))}(?:$|[/~])", method):
                return True
        return False

    def _released(self, row: dict[str, Any], sizes: Sizes, withheld: Sizes) -> dict[str, Any]:
        if not self._too_small(row, sizes, withheld):
            return {**row, "note": _without_numbers_of(withheld, row["note"])} if row["note"] and withheld else row
        return {**row, **dict.fromkeys(_NUMBERS), "note": SUPPRESSED}

    def _joined(
        self,
        rows: Sequence[dict[str, Any]],
        sizes: Sizes,
        withheld: Sizes,
        givers: Givers,
    ) -> list[dict[str, Any]]:
        """The rows with small answer patterns joined, `other` in the place of the first that went."""
        groups: dict[tuple[Any, ...], list[int]] = {}
        for place, row in enumerate(rows):
            if row["quantity"] == "pattern_count":
                groups.setdefault((row["analysis"], row["role"], row["group"], row["method"]), []).append(place)
        replaced: dict[int, dict[str, Any] | None] = {}
        for places in groups.values():
            members = [rows[place] for place in places]
            hidden = (
                range(len(members)) if self._too_small(members[0], sizes, withheld) else self._hidden_patterns(members, givers)
            )
            gone = [places[position] for position in hidden]
            if gone:
                replaced |= dict.fromkeys(gone)
                replaced[gone[0]] = _other([rows[place] for place in gone])
        kept = ((row, replaced.get(place, row)) for place, row in enumerate(rows))
        return [new for _, new in kept if new is not None]

    def _hidden_patterns(self, members: Sequence[Mapping[str, Any]], givers: Givers) -> list[int]:
        """Positions of the patterns to join: those under the minimum, and the next smallest ones until `other` is not."""
        people = [givers.get((one["role"], one["group"], one["item"]), one["estimate"] or 0) for one in members]
        by_size = sorted(range(len(members)), key=lambda position: (people[position], str(members[position]["item"])))
        hidden: list[int] = []
        total = 0.0
        for position in by_size:
            count = people[position]
            if count >= self.minimum_respondents and (not hidden or total >= self.minimum_respondents):
                break
            hidden.append(position)
            total += count
        return sorted(hidden)


def _label(key: tuple[str, str | None] | tuple[str, str | None, str]) -> str:
    """What a method or a note calls a group, a role, or a value of a background variable."""
    return key[2] if len(key) == 3 else key[1] or key[0]


def _without_numbers_of(withheld: Sizes, note: str) -> str:
    """The note, with nothing but the names of withheld groups in the details that name one."""
    labels = {_label(key).replace(";", ",") for key in withheld}
    parts = []
    for part in note.split("; "):
        key, _, detail = part.partition(": ")
        named = sorted(label for label in labels if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", detail))
        parts.append(f"{key}: {', '.join(named)}" if named else part)
    return "; ".join(parts)


def _other(members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row in the place of several patterns: their counts added, no interval."""
    total = sum(member["estimate"] or 0 for member in members)
    lost = dict.fromkeys(("std_error", "conf_low", "conf_high", "statistic", "df", "p_value"))
    return {**members[0], **lost, "item": OTHER, "estimate": total}


# Keys whose values are people or units, not groups that rows speak of.
_UNITS = ("organisation", "leader", "respondent")


def group_sizes(patterns: ResponsePatterns, by: str | None = None) -> Sizes:
    """Sizes of every role and of every role × value of `by`, and of ('all', …) over the roles; in each of those, of every value
    of every background variable, wave and form, since models name them.

    Respondents are distinct people where they are known, and answers where they are not; leaders None where not known.
    """
    roles: list[tuple[str, ResponsePatterns]] = [("all", patterns)]
    if "role" in patterns.keys:
        roles += list(patterns.split("role"))
    sizes: dict[tuple[str, str | None] | tuple[str, str | None, str], Size] = {}
    for role, one in roles:
        groups: list[tuple[str | None, ResponsePatterns]] = [(None, one), *(one.split(by) if by is not None else ())]
        for group, part in groups:
            sizes[role, group] = size_of(part)
            for name in part.keys:
                if name not in ("role", *_UNITS) and (group is None or name != by):
                    sizes |= {(role, group, f"{name}={level}"): size for level, size in _sizes_of_levels(part, name).items()}
    return sizes


def _sizes_of_levels(patterns: ResponsePatterns, name: str) -> dict[str, Size]:
    """Sizes of the values of one key."""
    key = patterns.keys[name]
    place = key.codes.astype(np.int64) + 1  # 0: no value
    respondents = distinct_per_group(patterns, "respondent", place)
    leaders = None
    if "leader" in patterns.keys and patterns.keys["leader"].levels:
        leaders = distinct_per_group(patterns, "leader", place, unknown=False)
    found = {}
    for code, level in enumerate(key.levels, start=1):
        if code < respondents.size:
            found[level] = (int(respondents[code]), (int(leaders[code]) or None) if leaders is not None else None)
    return found


def pattern_givers(patterns: ResponsePatterns, by: str | None = None) -> Givers:
    """Different respondents behind each pattern of answered items, in every role and group."""
    roles = [("all", patterns)] if "role" not in patterns.keys else list(patterns.split("role"))
    found = {}
    for role, one in roles:
        groups: list[tuple[str | None, ResponsePatterns]] = [(None, one), *(one.split(by) if by is not None else ())]
        for group, part in groups:
            answered, place = np.unique(part.patterns > 0, axis=0, return_inverse=True)
            people = distinct_per_group(part, "respondent", place.ravel()[part.pattern])
            for row, number in zip(answered, people.tolist(), strict=True):
                found[role, group, "".join("1" if item else "0" for item in row)] = number
    return found


def size_of(patterns: ResponsePatterns) -> Size:
    """(respondents, leaders) of some answers."""
    everybody = np.zeros(len(patterns.counts), dtype=np.int64)
    if not everybody.size:
        return 0, None
    leaders = patterns.size("leader") if "leader" in patterns.keys else 0
    return int(distinct_per_group(patterns, "respondent", everybody)[0]), leaders or None


def distinct_per_group(
    patterns: ResponsePatterns, key: str, group: NDArray[np.int64], *, unknown: bool = True
) -> NDArray[np.int64]:
    """Number of different values of `key` in each group 0 ... g-1, (g,); answers without a value count one each if
    `unknown`, and so does every answer where there is no such key."""
    groups = int(group.max(initial=-1)) + 1
    codes = patterns.keys[key].codes if key in patterns.keys else np.full(group.size, -1)
    known = codes >= 0
    pairs = np.unique(np.column_stack([group[known], codes[known]]), axis=0)
    number = np.bincount(pairs[:, 0], minlength=groups).astype(np.int64)
    if unknown:
        number += np.bincount(group[~known], weights=patterns.counts[~known], minlength=groups).astype(np.int64)
    return number
