"""Waves and forms compared in a report of everybody, where that tells of nobody who is withheld."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from ..analysis.running import Analysed
from ..core.results import Result
from ..present.released_rows import ReleasedRows, released_rows
from ..survey.released import ReleasedAnswers, also_by
from ..survey.unreleased import refuse_unreleased
from ..topics.invariance.analysis import invariance
from ..topics.reliability.analysis_alpha_comparison import alpha_comparison

# What is asked of the values of a key, and the analysis that answers it.
_ASKED: dict[str, Callable[..., Result]] = {"wave": alpha_comparison, "form": invariance}


def versions(answers: ReleasedAnswers, analyses: Collection[str]) -> dict[str, ReleasedRows]:
    """Rows of the comparison of waves and of forms, role by role, for those that may be told beside the others. analyses: those
    that the report has."""
    refuse_unreleased(answers, "the comparison of waves and of forms")
    found = {}
    for key, compare in _ASKED.items():
        apart = also_by(answers, key)
        if apart is not None and compare.__name__ in analyses:
            results = [_of_role(apart, role, key, compare) for role in apart.roles]
            analysed = [Analysed(name=one.analysis, group=None, result=one) for one in results if one is not None]
            found[key] = released_rows(apart, [compare.__name__], analysed)
    return found


def _of_role(answers: ReleasedAnswers, role: str, key: str, compare: Callable[..., Any]) -> Result | None:
    """The comparison within one role; None where it has one value of the key."""
    own = answers.of_roles(role) if "role" in answers.keys else answers
    if len(own.keys[key].levels) < 2:
        return None
    result: Result = compare(own, by=key)
    return replace(result, statistics=tuple(replace(one, role=role) for one in result.statistics))
