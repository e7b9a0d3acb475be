"""Background variables under the policy: which of them answers may be grouped by, and values too rare to be told apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ..core.errors import UsageError
from ..core.numerics.arrays import Ints
from .disclosure import OTHER, Disclosure, distinct_per_group
from .keys import KEY_ORDER, Key
from .patterns import ResponsePatterns
from .people import of_people
from .text import quoted

# Variables with more values than this are identifiers or numbers, not groups.
MOST_LEVELS = 20


def refuse_unsuitable(answers: ResponsePatterns, by: str, policy: Disclosure) -> None:
    """UsageError for a background variable that answers cannot be grouped by under a policy: it looks like people's names or
    numbers, or most of its values are those of too few."""
    if by in KEY_ORDER or not policy.active:
        return
    refuse_people(answers, by)
    key = answers.keys[by]
    respondents = distinct_per_group(answers, "respondent", key.codes + 1)[1:]
    few = int((respondents < policy.minimum_respondents).sum())
    if 2 * few > len(key.levels):
        several = f"{len(key.levels)} values, {few} of which" if len(key.levels) > 1 else "one value, which"
        raise UsageError(
            f"the column {quoted(by)} has {several} fewer than {policy.minimum_respondents} respondents have: nearly all would "
            "be withheld. Group by a variable whose values more respondents share, such as numbers in bands."
        )


def refuse_people(answers: ResponsePatterns, by: str) -> None:
    """UsageError for a background variable that looks like people's names or numbers."""
    if by not in KEY_ORDER and (people := of_people(by, answers.keys[by].levels)):
        kind, advice = people
        raise UsageError(
            f"the column {quoted(by)} looks like {kind}, and results by person are written for nobody. Group by a variable "
            f"that many share. {advice}".rstrip()
        )


def coarse_background(answers: ResponsePatterns, policy: Disclosure, by: str | None) -> ResponsePatterns:
    """The answers with the values of background variables that too few of a role have joined: models of non-answers write rows
    of every value. Numbers of many values are left alone, since nothing is written of each."""
    keys = dict(answers.keys)
    for name in keys:
        if name not in KEY_ORDER and name != by:
            keys[name] = _joined(answers, name, policy)
    if all(keys[name] is answers.keys[name] for name in keys):
        return answers
    coarse = ResponsePatterns.count(
        answers.instrument, answers.patterns[answers.pattern], keys, answers.counts, account=answers.account
    )
    return replace(coarse, reading=answers.reading)


def _joined(answers: ResponsePatterns, name: str, policy: Disclosure) -> Key:
    key = answers.keys[name]
    numbers = all(re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", level) for level in key.levels)
    # Rare numbers become unknown, so that the others stay numbers; unknown ones are a group like any other.
    rest = -1 if numbers else len(key.levels)
    codes = key.codes.astype(np.int64).copy()
    role = answers.keys["role"].codes if "role" in answers.keys else np.zeros_like(answers.pattern)
    for role_code in np.unique(role).tolist():
        inside = role == role_code
        if numbers and np.unique(codes[inside]).size > MOST_LEVELS:
            continue
        small = _rare(answers, np.where(inside, codes + 1, -1), policy) - 1
        codes[inside & np.isin(codes, small)] = rest
    if np.array_equal(codes, key.codes):
        return key
    levels = key.levels if numbers or OTHER in key.levels else (*key.levels, OTHER)
    if not numbers and OTHER in key.levels:
        codes[codes == rest] = key.levels.index(OTHER)
    return Key(codes, levels)


def _rare(answers: ResponsePatterns, value: Ints, policy: Disclosure) -> Ints:
    """The values (of 0, 1, …; −1: not looked at) that too few respondents or leaders have, and the next smallest ones until
    they are enough together; none where all values are those of enough."""
    place = value + 1
    occurring = np.setdiff1d(np.unique(place), [0])
    respondents = distinct_per_group(answers, "respondent", place)
    leaders = distinct_per_group(answers, "leader", place, unknown=False) if "leader" in answers.keys else None
    small = [
        value
        for value in occurring.tolist()
        if policy.withholds(int(respondents[value]), int(leaders[value]) or None if leaders is not None else None)
    ]
    others = sorted(set(occurring.tolist()) - set(small), key=lambda value: (respondents[value], value))
    while small and others:
        together = np.isin(place, small).astype(np.int64)
        people = int(distinct_per_group(answers, "respondent", together)[1])
        about = int(distinct_per_group(answers, "leader", together, unknown=False)[1]) if leaders is not None else 0
        if not policy.withholds(people, about or None):
            break
        small.append(others.pop(0))
    return np.array(small, dtype=np.int64) - 1
