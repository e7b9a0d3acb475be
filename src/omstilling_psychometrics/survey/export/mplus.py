"""Counts and input files for Mplus: one factor by weighted least squares and by likelihood, and the graded response model.

Mplus has numbers only, no names beyond eight characters and no lines beyond 90, so roles are numbered and items are i1, i2, ….
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..released import ReleasedAnswers
from .counts import Row, counted_rows

_MODELS = {
    "wlsmv": ("one factor of ordered answers, pairs of answers, delta", True, ("ESTIMATOR = WLSMV;",)),
    "mlr": ("one factor of answers taken as numbers, all answers by likelihood", False, ("ESTIMATOR = MLR;",)),
    "graded": (
        "graded response model; a threshold is the intercept with the other sign",
        True,
        ("ESTIMATOR = MLR;", "LINK = LOGIT;", "INTEGRATION = 61;"),
    ),
}

_LINE = 80


def files(answers: ReleasedAnswers) -> dict[str, bytes]:
    """counts.dat and, for each role, an input file of each model."""
    rows = list(counted_rows(answers))
    roles = list(dict.fromkeys(row.role for row in rows))
    contents = {"counts.dat": "".join(_line(row, roles) for row in rows).encode("ascii")}
    for number, role in enumerate(roles, start=1):
        answered = [row for row in rows if row.role == role]
        for name in _MODELS:
            contents[f"{name}_{number}.inp"] = _input(name, number, role, answers.items, answered).encode("utf-8")
    return contents


def _line(row: Row, roles: list[str]) -> str:
    answers = ("." if isinstance(one, str) else str(one) for one in row.answers)
    return " ".join([str(roles.index(row.role) + 1), *answers, str(row.count)]) + "\n"


def _input(name: str, number: int, role: str, items: tuple[str, ...], rows: list[Row]) -> str:
    title, ordered, analysis = _MODELS[name]
    columns = [f"i{place}" for place in range(1, len(items) + 1)]
    names = " ".join(columns)
    lines = [
        *_comment(f"Role {number}: {role}. {title[0].upper()}{title[1:]}."),
        *_comment("Standard errors and tests are those of independent answers."),
        *(line for column, item in zip(columns, items, strict=True) for line in _comment(f"{column}: {item}")),
        "TITLE:",
        f"  {title};",
        "DATA:",
        "  FILE IS counts.dat;",
        "VARIABLE:",
        *_wrapped(f"NAMES ARE role {names} count;"),
        *_wrapped(f"USEVARIABLES ARE {names};"),
        f"  USEOBSERVATIONS ARE role EQ {number};",
        *(_wrapped(f"CATEGORICAL ARE {names};") if ordered else ()),
        "  FREQWEIGHT IS count;",
        "  MISSING ARE .;",
        "ANALYSIS:",
        *(f"  {line}" for line in analysis),
        "MODEL:",
        *_wrapped(f"f BY {columns[0]}* {' '.join(columns[1:])};"),
        "  f@1;",
        "OUTPUT:",
        "  STDYX;",
    ]
    return "\n".join([*_gaps(columns, items, rows), *lines]) + "\n"


def _gaps(columns: list[str], items: tuple[str, ...], rows: list[Row]) -> Iterator[str]:
    """Mplus counts thresholds through the categories that occur."""
    for place, (column, item) in enumerate(zip(columns, items, strict=True)):
        found = sorted({one for row in rows if not isinstance(one := row.answers[place], str)})
        if found != list(range(min(found, default=0), max(found, default=-1) + 1)):
            yield from _comment(f"{column} ({item}): only {', '.join(map(str, found))} occur; thresholds lie between these.")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _LINE, initial_indent="! ", subsequent_indent="! ")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LINE, initial_indent="  ", subsequent_indent="    ")
