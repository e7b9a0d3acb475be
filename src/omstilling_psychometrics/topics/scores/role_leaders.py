"""The leaders whom one role answered about, each in each wave: who answered, and with which score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...analysis.raters import Raters, raters
from ...core.numerics.arrays import Floats, Ints
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import distinct
from ...survey.disclosure import OTHER, Disclosure, distinct_per_group
from ...survey.keys import Key
from ...survey.patterns import ResponsePatterns
from ..leaders.analysis_role import ScoresByLeader
from ..leaders.numerics.variance_components import group_sums
from .score_rows import labels

# In place of a value that a leader has: not known, or several.
UNKNOWN, SEVERAL = -1, -2


@dataclass(frozen=True, eq=False, kw_only=True)
class RoleLeaders:
    """answers: those that say about whom they are; leader (G,), wave (G,) and group (m,): codes of each leader in each wave,
    and which of these each cell is about."""

    answers: ResponsePatterns
    role: str
    leader: Ints
    wave: Ints
    group: Ints

    @property
    def size(self) -> int:
        return len(self.leader)

    @property
    def key(self) -> Key:
        return self.answers.keys["leader"]

    def columns(self, place: Ints) -> dict[str, Any]:
        """unit, role and wave of rows about these places."""
        return {
            "unit": labels(self.key, self.leader[place]),
            "role": self.role,
            "wave": labels(self.answers.keys.get("wave"), self.wave[place]),
        }

    @cached_property
    def respondents(self) -> Ints:
        """(G,) how many answered about each."""
        return distinct_per_group(self.answers, "respondent", self.group)

    @cached_property
    def score(self) -> Floats:
        """(p,) of each answer pattern."""
        return scale_score(self.answers.values(), self.answers.instrument.minimum_answered)

    @cached_property
    def scored(self) -> Raters:
        """The people who have a score."""
        return raters(self.answers, ~np.isnan(self.score))

    @cached_property
    def rated(self) -> ScoresByLeader:
        return ScoresByLeader(group_sums(self.score, self.scored.counts, self.scored.leader, self.scored.wave))

    def places(self, leader: Ints, wave: Ints) -> Ints:
        """Where leaders in waves, coded from 1 as raters are, stand among these groups."""
        width = int(self.wave.max(initial=0)) + 2
        own = (self.wave + 1) + width * self.leader
        order = np.argsort(own)
        return np.asarray(order[np.searchsorted(own, wave + width * leader, sorter=order)])

    @cached_property
    def place_of_rated(self) -> Ints:
        return self.places(self.scored.leader, self.scored.wave)

    @cached_property
    def n(self) -> Ints:
        """(G,) people with a score."""
        found = np.zeros(self.size)
        found[self.place_of_rated] = self.rated.sums.n
        return np.round(found).astype(np.int64)

    def spread_out(self, counts: csr_array, place: Ints) -> csr_array:
        """Counts (r, p) of some places as those (G, p) of all."""
        counts = counts.tocoo()
        return csr_array((counts.data, (place[counts.row], counts.col)), shape=(self.size, counts.shape[1]))

    def value(self, name: str, policy: Disclosure) -> Ints:
        """(G,) code of the value of a key that all answers about each leader have, of those where it is known. Values that too
        few have were joined, and those who have them share none."""
        key = self.answers.keys[name]
        known = key.codes >= 0
        if policy.active and OTHER in key.levels:
            known &= key.codes != key.levels.index(OTHER)
        found = np.full(self.size, UNKNOWN)
        found[self.group[known]] = key.codes[known]
        found[self.group[known & (found[self.group] != key.codes)]] = SEVERAL
        return found

    def organisation(self, policy: Disclosure) -> np.ndarray[Any, Any]:
        """(G,) of each leader, None where it is not known."""
        if "organisation" not in self.answers.keys:
            return np.full(self.size, None)
        return labels(self.answers.keys["organisation"], np.maximum(self.value("organisation", policy), UNKNOWN))

    def together(self, name: str, place: Ints, policy: Disclosure) -> Ints:
        """Groups of the leaders at these places who have the same value in the same wave; UNKNOWN or SEVERAL without one."""
        value, waves = self.value(name, policy)[place], int(self.wave.max(initial=0)) + 2
        return np.where(value < 0, value, value * waves + self.wave[place] + 1)


def role_leaders(answers: ResponsePatterns, role: str) -> RoleLeaders | None:
    """None where leaders are not known."""
    leader = answers.keys.get("leader")
    if leader is None or not leader.levels:
        return None
    known = answers.select(leader=leader.levels)
    leader, wave = known.keys["leader"], known.keys.get("wave")
    waves = np.full(len(leader.codes), -1) if wave is None else wave.codes
    widths = [1 + (0 if wave is None else len(wave.levels)), len(leader.levels)]
    (of_wave, of_leader), group = distinct([waves, leader.codes], widths, [-1, 0])
    return RoleLeaders(answers=known, role=role, leader=of_leader, wave=of_wave, group=group)
