"""Who took part: rows read and left out, and per role organisations, leaders, respondents and answers; which leaders have
answers from several sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..analysis.by_role import answers_by_leader
from ..present.released_rows import Givers, pattern_givers
from ..survey.disclosure import Disclosure
from ..survey.keys import is_known
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.unreleased import refuse_unreleased

_EDGES = (1, 5, 10, 20, 30, 50)


@dataclass(frozen=True, kw_only=True)
class RoleFlow:
    """Counts of one role; None where the data do not tell. `withheld`: too few to be written about."""

    role: str
    withheld: bool = False
    organisations: int | None = None
    leaders: int | None = None
    respondents: int | None = None
    answers: int | None = None
    complete: int | None = None
    silent: int | None = None


@dataclass(frozen=True, kw_only=True)
class AnswersPerLeader:
    """How many answers the leaders of one role have. bands: (first, last or None, leaders), small bands joined."""

    role: str
    leaders: int
    median: float
    lower_quartile: float
    upper_quartile: float
    largest: int | None
    under_floor: float
    bands: tuple[tuple[int, int | None, int], ...]


@dataclass(frozen=True, kw_only=True)
class Flow:
    roles: tuple[RoleFlow, ...]
    combinations: Mapping[tuple[str, ...], int | None]
    per_leader: tuple[AnswersPerLeader, ...]


def participant_flow(answers: ReleasedAnswers, *, floor: int = 5) -> Flow:
    """The flow of participants. floor: answers below which leaders get no report of their own."""
    refuse_unreleased(answers, "the flow of participants")
    policy, givers = answers.disclosure, pattern_givers(answers)
    parts = [] if not answers.n else list(answers.split("role")) if "role" in answers.keys else [("all", answers)]
    flows = [_role(role, part, givers, policy) for role, part in parts]
    flows += [RoleFlow(role=role, withheld=True) for role in answers.withheld_roles]
    several = [(role, part) for role, part in parts if is_known(part.keys, "leader")]
    spreads = [_per_leader(role, part, policy, floor) for role, part in several if _repeats(part)]
    return Flow(roles=tuple(flows), combinations=_combinations(several, policy), per_leader=tuple(spreads))


def _role(role: str, part: ResponsePatterns, givers: Givers, disclosure: Disclosure) -> RoleFlow:
    codes, counts = part.table()
    answered = (codes > 0).sum(axis=1)

    def shown(items: int, sign: str) -> int | None:
        """Answers with so many items answered, if the pattern may be shown by itself."""
        people = givers.get((role, None, sign * len(part.items)), 0)
        hidden = 0 < people < disclosure.minimum_respondents
        return None if hidden else round(float(counts[answered == items].sum()))

    return RoleFlow(
        role=role,
        organisations=_size(part, "organisation"),
        leaders=_size(part, "leader"),
        respondents=_size(part, "respondent"),
        answers=part.n,
        complete=shown(len(part.items), "1"),
        silent=shown(0, "0"),
    )


def _size(part: ResponsePatterns, key: str) -> int | None:
    return (part.size(key) or None) if key in part.keys else None


def _repeats(part: ResponsePatterns) -> bool:
    return bool(answers_by_leader(part).max(initial=0) > 1)


def _per_leader(role: str, part: ResponsePatterns, disclosure: Disclosure, floor: int) -> AnswersPerLeader:
    sizes = answers_by_leader(part)
    lower, median, upper = np.quantile(sizes, (0.25, 0.5, 0.75))
    top = int(sizes.max())
    return AnswersPerLeader(
        role=role,
        leaders=len(sizes),
        median=float(median),
        lower_quartile=float(lower),
        upper_quartile=float(upper),
        largest=top if (sizes == top).sum() >= disclosure.minimum_leaders else None,
        under_floor=float((sizes < floor).mean()),
        bands=_bands(sizes, disclosure.minimum_leaders),
    )


def _bands(sizes: NDArray[np.int64], minimum: int) -> tuple[tuple[int, int | None, int], ...]:
    """Leaders by number of answers; a band with fewer leaders than the minimum joins the one before it."""
    lasts = [*(edge - 1 for edge in _EDGES[1:]), None]
    bands: list[tuple[int, int | None, int]] = []
    for first, last in zip(_EDGES, lasts, strict=True):
        inside = (sizes >= first) & (sizes <= (last or sizes.max(initial=0)))
        bands.append((first, last, int(inside.sum())))
    while bands and bands[-1][2] == 0:
        bands.pop()
    place = len(bands) - 1
    while place > 0:
        if bands[place][2] < minimum:
            before = bands[place - 1]
            bands[place - 1 : place + 1] = [(before[0], bands[place][1], before[2] + bands[place][2])]
        place -= 1
    if len(bands) > 1 and bands[0][2] < minimum:
        bands[:2] = [(bands[0][0], bands[1][1], bands[0][2] + bands[1][2])]
    return tuple(bands)


def _combinations(parts: list[tuple[str, ResponsePatterns]], disclosure: Disclosure) -> dict[tuple[str, ...], int | None]:
    """Leaders with answers from all of the named roles, for every combination of two or more roles."""
    leaders = {role: set(part.keys["leader"].levels) for role, part in parts}
    found: dict[tuple[str, ...], int | None] = {}
    for size in range(2, min(len(leaders), 4) + 1):
        for roles in combinations(leaders, size):
            number = len(set.intersection(*(leaders[role] for role in roles)))
            found[roles] = number if number == 0 or number >= disclosure.minimum_leaders else None
    return found
