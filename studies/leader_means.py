"""How many sets of means of leaders' teams agree with what is released of a few leaders?

The attacker knows the size of the teams, the mean score of all and the spread between the teams (from errors clustered by
leader or the intraclass correlation), exactly, and counts the sums of whole answers that each team can have. Printed: the share
of surveys in which one set alone agrees, and how many do in the median one. Which leader has which mean is not known.

    python studies/leader_means.py > docs/studies/leader_means.md
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np

ITEMS, CATEGORIES, SURVEYS, MOST = 5, 5, 100, 100


def sums(team: int, leaders: int, random: np.random.Generator) -> list[int]:
    """What each team's answers add up to."""
    level = 3.6 + 0.4 * random.normal(size=(leaders, 1, 1)) + 0.7 * random.normal(size=(leaders, team, 1))
    answers = np.clip(np.round(level + 0.7 * random.normal(size=(leaders, team, ITEMS))), 1, CATEGORIES)
    return [int(one) for one in answers.sum(axis=(1, 2))]


def sets(leaders: int, total: int, squares: int, low: int, high: int) -> int:
    """Number of sets of so many whole numbers from low to high with this sum and sum of squares; MOST at most."""
    if leaders == 2:
        rest = 2 * squares - total * total
        root = math.isqrt(max(rest, 0))
        return int(
            root * root == rest and (total - root) % 2 == 0 and low <= (total - root) // 2 and (total + root) // 2 <= high
        )
    found = 0
    for least in range(low, total // leaders + 1):
        if (total - least) ** 2 <= (squares - least * least) * (leaders - 1):
            found += sets(leaders - 1, total - least, squares - least * least, least, high)
        if found >= MOST:
            return MOST
    return found


def main() -> None:
    random = np.random.default_rng(1)
    print(f"# Means of a few leaders, {date.today().isoformat()}\n")
    print(
        f"`studies/leader_means.py`: {SURVEYS} surveys of each kind, {ITEMS} items, {CATEGORIES} categories, everybody\n"
        "answers everything. An attacker who has the mean of all and the spread between teams of one size, both exactly,\n"
        "counts the sets of team means that agree.\n"
    )
    print("| leaders | team | one set alone | sets in the median |\n|---|---|---|---|")
    for team in (5, 10):
        for leaders in (3, 4, 5):
            found = []
            for _ in range(SURVEYS):
                one = sums(team, leaders, random)
                squares = sum(value * value for value in one)
                found.append(sets(leaders, sum(one), squares, team * ITEMS, team * ITEMS * CATEGORIES))
            alone = sum(number == 1 for number in found) / SURVEYS
            median = f"{MOST} or more" if np.median(found) >= MOST else f"{np.median(found):.0f}"
            print(f"| {leaders} | {team} | {alone:.0%} | {median} |")


if __name__ == "__main__":
    main()
