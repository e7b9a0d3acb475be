"""Counts of participants, by hand on a handful of answers."""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.reporting.participant_flow import _bands, participant_flow
from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

# role, organisation, leader, respondent, answers
ROWS = [
    ("medarbejder", "o1", "l1", "p1", [4, 4, 4, 4, 4]),
    ("medarbejder", "o1", "l1", "p2", [4, 4, 4, 4, BLANK]),
    ("medarbejder", "o1", "l1", "p3", [FIRST_REASON] * 5),
    ("medarbejder", "o2", "l2", "p4", [1, 2, 3, 4, 5]),
    ("medarbejder", "o2", "l3", "l2", [1, 2, 3, 4, 5]),
    ("leder", "o1", "l1", "l1", [5, 5, 5, 5, 5]),
    ("leder", "o2", "l2", "l2", [5, 5, 5, 5, 5]),
    ("overordnet", "o1", "l1", "s1", [3, 3, 3, 3, 3]),
    ("overordnet", "o2", "l3", "s1", [3, 3, 3, 3, 3]),
]


def answers() -> ResponsePatterns:
    role, organisation, leader, respondent, given = zip(*ROWS, strict=True)
    keys = {
        "role": Key.of(role),
        "organisation": Key.of(organisation),
        "leader": Key.of(leader),
        "respondent": Key.of(respondent),
    }
    return ResponsePatterns.count(load_instrument(), np.array(given), keys)


def test_patterns_of_few_people_are_not_shown_by_themselves() -> None:
    team, _, superior = participant_flow(answers().released(Disclosure(minimum_respondents=2, minimum_leaders=0))).roles
    assert (team.complete, team.silent) == (3, None)  # one person said nothing
    assert superior.withheld
    _, _, superior = participant_flow(answers().released(Disclosure.none())).roles
    assert (superior.respondents, superior.complete) == (1, 2)  # one person about two leaders


def test_counts_per_role() -> None:
    flow = participant_flow(answers().released(Disclosure.none()))
    team, self_rating, superior = flow.roles
    assert (team.organisations, team.leaders, team.respondents, team.answers) == (2, 3, 5, 5)
    assert (team.complete, team.silent) == (3, 1)
    assert (self_rating.leaders, self_rating.respondents, self_rating.answers) == (2, 2, 2)
    assert (superior.leaders, superior.respondents, superior.answers) == (2, 1, 2)


def test_pairs_and_triads() -> None:
    combinations = participant_flow(answers().released(Disclosure.none())).combinations
    assert combinations == {
        ("medarbejder", "leder"): 2,
        ("medarbejder", "overordnet"): 2,
        ("leder", "overordnet"): 1,
        ("medarbejder", "leder", "overordnet"): 1,
    }


def test_small_numbers_of_leaders_are_withheld() -> None:
    policy = Disclosure(minimum_respondents=0, minimum_leaders=2)
    combinations = participant_flow(answers().released(policy)).combinations
    assert combinations["leder", "overordnet"] is None
    assert combinations["medarbejder", "leder"] == 2


def test_a_withheld_role_gives_no_number() -> None:
    flow = participant_flow(answers().released(Disclosure(minimum_respondents=2, minimum_leaders=0)))
    superior = flow.roles[2]
    assert superior.withheld
    assert superior.answers is None
    assert all("overordnet" not in roles for roles in flow.combinations)


def test_answers_per_leader_only_where_leaders_have_several() -> None:
    (team,) = participant_flow(answers().released(Disclosure.none())).per_leader
    assert (team.role, team.leaders, team.median, team.largest) == ("medarbejder", 3, 1.0, 3)
    assert team.under_floor == 1.0
    assert sum(number for _, _, number in team.bands) == 3


def test_waves_are_counted_by_themselves() -> None:
    instrument = load_instrument()
    keys = {"leader": Key.of(["l1"] * 4), "wave": Key.of(["1", "1", "1", "2"])}
    (everyone,) = participant_flow(
        ResponsePatterns.count(instrument, np.full((4, 5), 3), keys).released(Disclosure.none())
    ).per_leader
    assert (everyone.role, everyone.leaders, everyone.largest) == ("all", 2, 3)


def test_without_roles_and_leaders() -> None:
    flow = participant_flow(ResponsePatterns.count(load_instrument(), np.full((7, 5), 3)).released())
    assert [(one.role, one.answers, one.leaders, one.respondents) for one in flow.roles] == [("all", 7, None, None)]
    assert not flow.combinations
    assert not flow.per_leader


@pytest.mark.parametrize(
    ("sizes", "minimum", "expected"),
    [
        ([1, 2, 6, 6, 7, 12, 12, 13], 0, ((1, 4, 2), (5, 9, 3), (10, 19, 3))),
        ([1, 2, 6, 6, 7, 12, 12, 13], 3, ((1, 9, 5), (10, 19, 3))),
        ([6, 6, 7, 60], 3, ((1, None, 4),)),
    ],
)
def test_bands_of_few_leaders_join_their_neighbours(sizes: list[int], minimum: int, expected: tuple[object, ...]) -> None:
    assert _bands(np.array(sizes), minimum) == expected
