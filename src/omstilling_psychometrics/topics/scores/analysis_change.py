"""The change of each leader's mean from one wave to the next, less the change that the others had.

The others' mean change is the common shift: of everybody, of the questionnaire, of the times. Under no change beyond it, one
interval in twenty leaves out 0, so that with many leaders some always do: each row says how many to expect, and beside it
stands the p value adjusted for all of them (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.special import stdtr

from ...analysis.by_role import clustering
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats, Ints, Mask
from ...core.numerics.holm import holm
from ...survey.disclosure import SUPPRESSED, Disclosure
from ...survey.wave_order import in_time, told_by_number
from ..retest.analysis import RetestedPeople, retested
from .compared import compared
from .numerics.change import MeanOfWave, change
from .role_leaders import RoleLeaders
from .score_rows import ScoreRows

# Of intervals at the default level, where nothing changed.
FALSE_ALARMS = 0.05


def change_rows(leaders: RoleLeaders, shown: Mask, policy: Disclosure) -> Iterator[ScoreRows]:
    """Of every two waves that follow each other; about the leaders in the second of them."""
    wave = leaders.answers.keys.get("wave")
    if wave is None or len(wave.levels) < 2:
        return
    people = retested(leaders.answers, clustering(leaders.answers, leaders.role))
    for first, second in pairwise(in_time(wave.levels)):
        yield from _of_waves(leaders, shown, policy, people, first, second)


def _of_waves(
    leaders: RoleLeaders, shown: Mask, policy: Disclosure, people: RetestedPeople, first: str, second: str
) -> Iterator[ScoreRows]:
    earlier, later = (leaders.answers.keys["wave"].levels.index(wave) for wave in (first, second))
    both = _in_both(leaders, earlier, later)
    place = np.array([two for _, two in both if shown[two]], dtype=np.int64)
    if not place.size:
        return
    before = np.array([one for one, two in both if shown[two]], dtype=np.int64)
    about, scores = _returning(leaders, people, first, second)
    found = change(_means(leaders, earlier), _means(leaders, later), about, scores)
    own = leaders.leader[place]
    usable, varies = shown[before], found.variance[own] > 0
    value, variance = (np.where(usable & varies, of[own], np.nan) for of in (found.difference, found.variance))
    people_twice = np.minimum(leaders.n[before], leaders.n[place])
    beside = compared(value, variance, np.zeros(len(place), dtype=np.int64), policy, people_twice)
    difference, error = beside.difference(value), beside.error(variance)
    with np.errstate(invalid="ignore"):
        p = 2 * stdtr(found.df, -np.abs(difference / error))
    tested = int(np.isfinite(p).sum())
    alone = None if found.covariance is not None else Note("independent_people")
    expected = Note("false_alarms", f"{FALSE_ALARMS * tested:.1f} / {tested}")
    order = None if told_by_number(first, second) else Note("waves_by_alphabet")
    note = np.array([joined(one, expected, alone, order) for one in beside.note], dtype=object)
    note[~beside.usable] = beside.note[~beside.usable]
    note[~varies] = "no_variance_within"
    note[~usable] = SUPPRESSED
    method = f"change/{first}~{second}"
    n = [int(number) if told else None for number, told in zip(leaders.n[place], usable, strict=True)]
    columns = {**leaders.columns(place), "n": n, "fewest": beside.fewest, "note": note}
    yield ScoreRows({**columns, "method": method, "score": difference, "std_error": error, "df": found.df}, place)
    yield ScoreRows({**columns, "method": f"{method}/holm", "score": holm(p)}, place)


def _in_both(leaders: RoleLeaders, first: int, second: int) -> list[tuple[int, int]]:
    """Places of each leader in both waves."""
    earlier = {int(leaders.leader[place]): place for place in np.flatnonzero(leaders.wave == first).tolist()}
    later = np.flatnonzero(leaders.wave == second).tolist()
    return [(earlier[int(leaders.leader[place])], place) for place in later if int(leaders.leader[place]) in earlier]


def _means(leaders: RoleLeaders, wave: int) -> MeanOfWave:
    """Of every leader in a wave."""
    sums, who = leaders.rated.sums, leaders.scored
    inside = who.wave == wave + 1
    n, mean, within = (np.zeros(len(leaders.key.levels)) for _ in range(3))
    at = who.leader[inside]
    n[at], mean[at], within[at] = sums.n[inside], sums.mean[inside], sums.within[inside]
    return MeanOfWave(n, mean, within)


def _returning(leaders: RoleLeaders, people: RetestedPeople, first: str, second: str) -> tuple[Ints, Floats]:
    """Of those who answered about the same leader in both waves: about whom, and both scores."""
    if "respondent" not in leaders.answers.keys:
        return np.zeros(0, dtype=np.int64), np.zeros((0, 2))
    about = np.zeros(len(people.scores), dtype=np.int64)
    inside = people.unit >= 0
    about[people.unit[inside]] = leaders.answers.keys["leader"].codes[inside]
    chosen = people.both(first, second)
    waves = [people.waves.index(wave) for wave in (first, second)]
    return about[chosen], people.scores[chosen][:, waves]
