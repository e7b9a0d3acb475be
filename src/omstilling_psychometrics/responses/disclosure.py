"""Statistical disclosure control, in one policy that acts where output is written.

A group (role, wave, unit, a value of a background variable) with fewer respondents or leaders than the minimum has every row
withheld: null, note `suppressed`. Answer patterns given by fewer respondents than the minimum are joined into `other`. No
more secrecy than that is claimed: see docs/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .patterns import ResponsePatterns

# (role, group) → (respondents, leaders; None where leaders are not known)
Sizes = Mapping[tuple[str, str | None], tuple[int, int | None]]

_WITHHELD = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "n")


def respondents_and_leaders(patterns: ResponsePatterns) -> tuple[int, int | None]:
    """Distinct respondents (answers, where respondents are not known) and distinct leaders (None where not known)."""
    respondents = patterns.clusters("respondent").size if "respondent" in patterns.keys else patterns.n
    leaders = patterns.size("leader") if "leader" in patterns.keys else 0
    return respondents, leaders or None


def group_sizes(patterns: ResponsePatterns, by: str | None = None) -> Sizes:
    """Sizes of every group that rows can speak of: each role, each value of `by`, each role within it, and everyone."""
    sizes: dict[tuple[str, str | None], tuple[int, int | None]] = {}
    parts: list[tuple[str | None, ResponsePatterns]] = [(None, patterns)]
    if by is not None:
        parts += list(patterns.split(by))
    for group, part in parts:
        sizes["all", group] = respondents_and_leaders(part)
        if "role" in part.keys:
            sizes.update({(role, group): respondents_and_leaders(answers) for role, answers in part.split("role")})
    return sizes


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """The smallest groups that may be written about; 0 writes everything."""

    minimum_respondents: int = 5
    minimum_leaders: int = 3

    @classmethod
    def none(cls) -> Disclosure:
        """The policy that withholds nothing."""
        return cls(minimum_respondents=0, minimum_leaders=0)

    def settings(self) -> dict[str, int]:
        """The policy as it is recorded in provenance."""
        return asdict(self)

    def allows(self, respondents: int, leaders: int | None) -> bool:
        """Whether a group of this size may be written about."""
        return respondents >= self.minimum_respondents and (leaders is None or leaders >= self.minimum_leaders)

    def apply(self, rows: Sequence[Mapping[str, Any]], sizes: Sizes) -> list[dict[str, Any]]:
        """The rows as they may be written; rows and their columns as in results.json."""
        released = [dict(row) if self.allows(*sizes[row["role"], row["group"]]) else self._withheld(row) for row in rows]
        return self._join_rare_patterns(released)

    @staticmethod
    def _withheld(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, **dict.fromkeys(_WITHHELD), "note": "suppressed"}

    def _join_rare_patterns(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        groups: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        for row in rows:
            if row["quantity"] == "pattern_count":
                groups.setdefault((row["role"], row["group"]), []).append(row)
        joined = {key: self._join(patterns) for key, patterns in groups.items()}
        result: list[dict[str, Any]] = []
        for row in rows:
            if row["quantity"] != "pattern_count":
                result.append(row)
            elif (row["role"], row["group"]) in joined:
                result += joined.pop((row["role"], row["group"]))
        return result

    def _join(self, patterns: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One group's patterns with the rare ones as `other`, which itself must not be rarer than the minimum."""
        if any(row["note"] == "suppressed" for row in patterns):
            # The patterns that occur would tell what few people answered.
            return [{**patterns[0], "item": "other"}]
        order = sorted(patterns, key=lambda row: (-row["estimate"], row["item"]))
        kept = [row for row in order if row["estimate"] >= self.minimum_respondents]
        rare = order[len(kept) :]
        while rare and kept and sum(row["estimate"] for row in rare) < self.minimum_respondents:
            rare.insert(0, kept.pop())
        if not rare:
            return kept
        other = {**rare[0], "item": "other", "estimate": sum(row["estimate"] for row in rare)}
        return [*kept, other]
