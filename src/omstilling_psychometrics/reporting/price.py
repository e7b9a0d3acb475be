"""What anonymising costs: what the policy lets be written of the answers before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from .validation import validate

_ANALYSES = ("items", "missingness", "reliability", "cfa")

# (what it is called, quantity, method); of those of several items, the least and the greatest are told.
_TOLD = (
    ("mean scale score", "scale_mean", None),
    ("alpha", "alpha", "listwise"),
    ("omega", "omega_total", "ML-implied"),
    ("loadings", "loading_standardized", "ML"),
    ("rates of non-answers", "rate", "any"),
)


def price(before: ResponsePatterns, after: ResponsePatterns, progress: Any = lambda name: None) -> str:
    """A table for a terminal: answers, leaders and the main numbers of each role before and after, each as the policy lets them
    be written. Both are released answers, or are released by the default policy."""
    found = []
    for answers in (before, after):
        validation = validate(answers, _ANALYSES, rng=1, progress=progress)
        found.append(dict(_numbers(validation.answers, validation.rows)))
    lines = ["what can be written, before and after"]
    names = list(dict.fromkeys((*found[0], *found[1])))
    width = max(len(f"{role}: {what}") for role, what in names)
    for role, what in names:
        was, now = (one.get((role, what), "withheld") for one in found)
        lines.append(f"  {f'{role}: {what}':<{width}}  {was}" + (" (the same)" if was == now else f"  ->  {now}"))
    return "\n".join(lines)


def _numbers(answers: ReleasedAnswers, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, str], str]]:
    parts = list(answers.split("role")) if "role" in answers.keys else [("all", answers)] if answers.n else []
    for role, part in parts:
        yield (role, "answers"), str(part.n)
        yield (role, "leaders"), str(part.size("leader")) if "leader" in part.keys else "not known"
        for what, quantity, method in _TOLD:
            own = [row for row in rows if (row["role"], row["quantity"], row["method"]) == (role, quantity, method)]
            values = [row["estimate"] for row in own if row["estimate"] is not None]
            ends = dict.fromkeys(f"{one:.3f}" for one in (min(values), max(values))) if values else {"not computed": None}
            yield (role, what), " to ".join(ends)
