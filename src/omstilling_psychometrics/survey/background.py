"""Background variables under the policy: which of them answers may be grouped by, and values too rare to be told apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ..core.errors import UsageError
from ..core.numerics.arrays import Ints
from .disclosure import OTHER, Disclosure, distinct_per_group
from .identifiers import kind_of_name
from .patterns import KEY_ORDER, Key, ResponsePatterns
from .text import quoted

# Variables with more values than this are identifiers or numbers, not groups.
MOST_LEVELS = 20

# Two to four words that begin with a capital letter, the family name first with a comma or last.
_NAME = re.compile(r"[A-ZÆØÅÄÖ][\w'’.-]*(?:,? [A-ZÆØÅÄÖ][\w'’.-]*){1,3}")
# Every second Dane has a family name on -sen; the others are told by the most frequent given names.
_FAMILY = re.compile(r"\b[A-ZÆØÅ][a-zæøå]+(?:sen|sson|gaard)\b")
_GIVEN = re.compile(
    r"\b(?:Peter|Michael|Lars|Jens|Thomas|Henrik|Søren|Christian|Martin|Jan|Morten|Jesper|Anders|Niels|Mads|Rasmus|Per|Hans|Kim|"
    r"Jørgen|Brian|Ole|Erik|Bo|Mette|Anne|Kirsten|Hanne|Anna|Helle|Susanne|Lene|Maria|Marianne|Inge|Lone|Camilla|Pia|Louise|"
    r"Charlotte|Bente|Tina|Gitte|Karen|Ida|Emma|Sofie|Julie|Mohammed|Ali|Fatima|John|David|Mary|Sarah|James|Robert|Linda)\b"
)
_SHARE_OF_NAMES = 1 / 3
# Digits of a person's number: telephone, staff or social security.
_NUMBER = re.compile(r"(?:\+?[0-9]{2}[ -]?)?(?:[0-9][ -]?){6,12}")


def refuse_unsuitable(answers: ResponsePatterns, by: str, policy: Disclosure) -> None:
    """UsageError for a background variable that answers cannot be grouped by under a policy: it looks like people's names or
    numbers, or most of its values are those of too few."""
    key = answers.keys[by]
    if kind := _of_people(by, key):
        raise UsageError(
            f"the column {quoted(by)} looks like {kind}, and results by person are written for nobody. Group by a variable "
            "that many share."
        )
    respondents = distinct_per_group(answers, "respondent", key.codes + 1)[1:]
    few = int((respondents < policy.minimum_respondents).sum())
    if 2 * few > len(key.levels):
        raise UsageError(
            f"the column {quoted(by)} has {len(key.levels)} values, {few} of which fewer than {policy.minimum_respondents} "
            "respondents have: nearly all would be withheld. Group by a variable with fewer values, such as numbers in bands."
        )


def _of_people(name: str, key: Key) -> str | None:
    if kind_of_name(name):
        return "names or numbers of people"
    if key.levels and all(_NUMBER.fullmatch(level) for level in key.levels):
        return "numbers of people"
    names = [level for level in key.levels if _NAME.fullmatch(level)]
    told = sum(bool(_FAMILY.search(level) or _GIVEN.search(level)) for level in names)
    return "names of people" if names and told > _SHARE_OF_NAMES * len(key.levels) else None


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
    for one in np.unique(role).tolist():
        inside = role == one
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
        one
        for one in occurring.tolist()
        if policy.withholds(int(respondents[one]), int(leaders[one]) or None if leaders is not None else None)
    ]
    others = sorted(set(occurring.tolist()) - set(small), key=lambda one: (respondents[one], one))
    while small and others:
        together = np.isin(place, small).astype(np.int64)
        people = int(distinct_per_group(answers, "respondent", together)[1])
        about = int(distinct_per_group(answers, "leader", together, unknown=False)[1]) if leaders is not None else 0
        if not policy.withholds(people, about or None):
            break
        small.append(others.pop(0))
    return np.array(small, dtype=np.int64) - 1
