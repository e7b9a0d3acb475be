"""Public functions of answers say what they take where they are given something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from inspect import signature
from numbers import Integral
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from ..core.errors import UsageError
from ..core.results import Result
from .patterns import ResponsePatterns
from .released import ReleasedAnswers

P = ParamSpec("P")
R = TypeVar("R")


def takes_answers(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose first argument is answers. Raises UsageError where that is a table, a path or anything else, and where
    `rng` is no source of random numbers, or released answers were not released by `by`. A result says under which policy the
    answers were released, if they were."""
    name = f"op.{function.__name__}"
    parameters = signature(function).parameters
    first, seed = next(iter(parameters)), parameters.get("rng")

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = args[0] if args else kwargs.get(first)
        if (args or first in kwargs) and not isinstance(answers, ResponsePatterns):
            raise UsageError(f"{name} takes answers as op.read gives them, and got {_got(answers, name)}")
        if isinstance(answers, ReleasedAnswers) and isinstance(by := kwargs.get("by"), str):
            _require_released_by(answers, by)
        if seed is not None and "rng" in kwargs and kwargs["rng"] is not seed.default:
            _require_seed(kwargs["rng"], name, "Generator" in str(seed.annotation))
        return of_answers(function(*args, **kwargs), answers)

    return checked


def of_answers(result: R, answers: object) -> R:
    """The result of some answers, which keeps them if they were released; anything else as it is."""
    if isinstance(result, Result):
        return replace(result, answers=answers if isinstance(answers, ReleasedAnswers) else None)
    return result


def _require_released_by(answers: ReleasedAnswers, by: str) -> None:
    """Nobody has looked whether the values of another key are those of enough people."""
    if by in answers.keys and answers.disclosure.active and by not in (answers.by, "role", "wave", "form"):
        raise UsageError(
            f"these answers were not released by '{by}', so that groups of too few people may be among its values. Release "
            f"what was read with answers.released(op.Disclosure(), by='{by}')."
        )


def _require_seed(given: object, name: str, generators: bool) -> None:
    """generators: whether the function takes a numpy Generator too; where it does not, the number is recorded."""
    if (isinstance(given, Integral) and int(given) >= 0) or (generators and isinstance(given, np.random.Generator)):
        return
    accepted = "a whole number from 0" + (" or a numpy Generator" if generators else "")
    raise UsageError(f"rng of {name} is {given!r}; it has to be {accepted}, such as rng=1.")


def _got(given: object, name: str) -> str:
    """What was given instead of answers, and how answers are got from it."""
    if isinstance(given, (str, Path)):
        return f"the path '{given}'. Read the file first: {name}(op.read('{given}'))."
    kind = type(given).__name__
    if hasattr(given, "columns"):
        return (
            f"a {kind}. Read it first: {name}(op.read(frame)); a scale of your own with op.read(frame, items=['q1', 'q2', …], "
            "categories=range(1, 6)), or with instrument=… and codebook=… from files."
        )
    return f"a {kind}. Read a file or a data frame first: answers = op.read('survey.csv'); {name}(answers)."
