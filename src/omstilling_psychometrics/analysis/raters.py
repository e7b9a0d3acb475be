"""Who answers about the same leader: the raters between whom agreement, reliability and scalability are computed.

Raters are people. The group is a leader in a wave, and a person counts once in it: answers of one person in two waves have the
person in common, which is no agreement between raters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..core.note import Note
from ..core.numerics.arrays import Ints, Mask
from ..core.numerics.tally import distinct, number_of_values, tally
from ..survey.patterns import ResponsePatterns

# Several waves give one estimate; errors by leaders.
WAVES_POOLED = "waves_pooled"


@dataclass(frozen=True)
class Raters:
    """How many people of each group gave each pattern, counts (G, p); leader (G,) and wave (G,) of the groups, as codes.

    notes: what had to be settled about people and waves that are not known, or who answered several times.
    """

    counts: csr_array
    leader: Ints
    wave: Ints
    notes: tuple[Note, ...] = ()


def raters(patterns: ResponsePatterns, used: Mask, key: str = "leader") -> Raters:
    """The raters whose answers have one of the patterns in `used` (p,), by leader (or another key) and wave.

    Answers without a leader are in no group. Answers without a wave are a wave of their own, and answers without a respondent
    are a person each. Where a person is there several times in a group (roles that were pooled, for instance), the answers
    share the person's one vote. Where groups are people (`key` is respondent), all of their answers are in.
    """
    p = len(patterns.patterns)
    if key not in patterns.keys:
        nobody = np.zeros(0, dtype=np.int64)
        return Raters(csr_array((0, p)), nobody, nobody)
    column = patterns.keys[key]
    inside = (column.codes >= 0) & used[patterns.pattern]
    leader, pattern, votes = column.codes[inside], patterns.pattern[inside], patterns.counts[inside].astype(np.float64)
    wave, waves = _codes(patterns, "wave", inside)
    (of_leader, of_wave), group = distinct([leader, wave], [len(column.levels), waves])
    notes = []
    without_wave = round(float(votes[wave == 0].sum()))
    if without_wave and number_of_values(of_wave) > 1:
        notes.append(Note("wave_unknown", f"n = {without_wave}"))
    if "respondent" in patterns.keys and key != "respondent":
        respondent, people = _codes(patterns, "respondent", inside)
        known = respondent > 0
        if not known.all():
            notes.append(Note("respondent_unknown", f"n = {round(float(votes[~known].sum()))}"))
        cell, widths = [group[known], respondent[known]], [len(of_leader), people]
        _, times = tally(cell, widths, votes[known].astype(np.int64))
        if (times > 1).any():
            _, person = distinct(cell, widths)
            votes[known] /= times[person]
            notes.append(Note("person_counts_once", f"n = {int((times > 1).sum())}"))
    counts = csr_array((votes, (group, pattern)), shape=(len(of_leader), p))
    counts.sum_duplicates()
    return Raters(counts, of_leader, of_wave, tuple(notes))


def leader_in_wave(patterns: ResponsePatterns) -> tuple[Ints, int]:
    """Which leader in which wave each cell (m,) is about, numbered from 0, -1 where the leader is not known; and how many."""
    leader = patterns.keys["leader"]
    known = leader.codes >= 0
    wave, waves = _codes(patterns, "wave", known)
    groups, place = distinct([leader.codes[known], wave], [len(leader.levels), waves])
    group = np.full(len(leader.codes), -1, dtype=np.int64)
    group[known] = place
    return group, len(groups[0])


def _codes(patterns: ResponsePatterns, key: str, inside: Mask) -> tuple[Ints, int]:
    """Codes of a key from 1, 0 where it is not known, and how many there may be."""
    if key not in patterns.keys:
        return np.zeros(int(inside.sum()), dtype=np.int64), 1
    column = patterns.keys[key]
    return column.codes[inside] + 1, len(column.levels) + 1
