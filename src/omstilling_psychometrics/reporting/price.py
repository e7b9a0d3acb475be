"""What anonymising costs: what the policy lets be written of the answers before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..present.released_rows import as_written
from ..survey.disclosure import Disclosure, distinct_per_group, in_cells
from ..survey.keys import Key
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..topics.factor.analysis import cfa
from ..topics.items.analysis import items
from ..topics.missing.analysis import missingness
from ..topics.reliability.analysis import reliability

# (what it is called, quantity, method); of those of several items, the least and the greatest are told.
_TOLD = (
    ("mean scale score", "scale_mean", None),
    ("alpha", "alpha", "listwise"),
    ("omega", "omega_total", "ML-implied"),
    ("loadings", "loading_standardized", "ML"),
    ("rates of non-answers", "rate", "any"),
)


def price(answers: ResponsePatterns, keys: Mapping[str, Key], disclosure: Disclosure | None = None) -> str:
    """A table for a terminal: answers, leaders and the main numbers of each role before and after anonymising, each as the
    policy lets them be written.

    answers: before; keys: after, of the same cells. Where what can be written of a role before and after is a few people apart,
    the two columns together would tell of those few: there is no second one.
    """
    policy = disclosure or Disclosure()
    # As they stand: which of repeated records counts has been settled, and accounts are not compared.
    before = replace(answers, reading=None, account=None, set_aside=None)
    codes = answers.patterns[answers.pattern]
    after = ResponsePatterns.count(answers.instrument, codes, keys, answers.counts)
    released = [side.released(policy) for side in (before, after)]
    numbers = [dict(_numbers(side)) for side in released]
    few = _roles_few_apart(before, keys, released, policy)
    names = list(dict.fromkeys((*numbers[0], *numbers[1])))
    if not names:
        return "nothing can be written under the policy, neither before nor after"
    lines = ["what can be written, before and after"]
    width = max(len(f"{role}: {what}") for role, what in names)
    for role, what in names:
        was, now = (side.get((role, what), "withheld") for side in numbers)
        change = " (the same)" if was == now else f"  ->  {now}"
        lines.append(f"  {f'{role}: {what}':<{width}}  {was}" + ("  ->  not told" if role in few else change))
    if few:
        people = f"fewer than {policy.minimum_respondents} respondents or {policy.minimum_leaders} leaders"
        lines.append(f"  not told: before and after are {people} apart, of whom the difference would tell")
    return "\n".join(lines)


def _roles_few_apart(
    before: ResponsePatterns, keys: Mapping[str, Key], released: Sequence[ReleasedAnswers], policy: Disclosure
) -> frozenset[str]:
    """Roles of which some people, but too few to be shown, are in what can be written before or after alone."""
    rows = len(before.counts)
    gone = [in_cells(side.withheld, by, rows) for side, by in zip(released, (before.keys, keys), strict=True)]
    roles = before.keys["role"] if "role" in before.keys else Key(np.zeros(rows, dtype=np.int64), ("all",))
    return frozenset(
        role
        for place, role in enumerate(roles.levels)
        if _are_few(before, (gone[0] != gone[1]) & (roles.codes == place), policy)
    )


def _are_few(answers: ResponsePatterns, rows: NDArray[np.bool_], policy: Disclosure) -> bool:
    if not rows.any() or not policy.active:
        return False
    group = rows.astype(np.int64)
    people = int(distinct_per_group(answers, "respondent", group)[1])
    leaders = int(distinct_per_group(answers, "leader", group, unknown=False)[1]) if "leader" in answers.keys else 0
    return policy.withholds(people, leaders or None)


def _numbers(answers: ReleasedAnswers) -> Iterator[tuple[tuple[str, str], str]]:
    # Without intervals, whose bootstraps would take most of the time.
    results = (items(answers), missingness(answers), reliability(answers), cfa(answers, estimator="ML")) if answers.n else ()
    rows = as_written(answers, [row for result in results for row in result.rows()])
    parts = list(answers.split("role")) if "role" in answers.keys else [("all", answers)] if answers.n else []
    for role, part in parts:
        yield (role, "answers"), str(part.n)
        yield (role, "leaders"), str(part.size("leader")) if "leader" in part.keys else "not known"
        for what, quantity, method in _TOLD:
            own = [row for row in rows if (row["role"], row["quantity"], row["method"]) == (role, quantity, method)]
            values = [row["estimate"] for row in own if row["estimate"] is not None]
            ends = dict.fromkeys(f"{one:.3f}" for one in (min(values), max(values))) if values else {"not computed": None}
            yield (role, what), " to ".join(ends)
