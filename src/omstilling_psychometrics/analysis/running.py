"""Run the batteries by name, per group of a background variable if asked, each with a random stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from ..core.errors import UsageError, suggestion
from ..core.registry import ANALYSES, part
from ..core.results import Result
from ..survey.patterns import ResponsePatterns
from ..survey.takes_answers import of_answers

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Analysed:
    """The result of one analysis, of everyone or of one group."""

    name: str
    group: str | None
    result: Result


def known(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if all of them are analyses; in the package's order, each once. Raises UsageError."""
    if isinstance(names, str):
        raise UsageError(f"analyses are given as a list of names, such as ['{names.partition(',')[0]}'], and got a text.")
    for name in names:
        if name not in ANALYSES:
            raise UsageError(f"unknown analysis '{name}'; there are: {', '.join(ANALYSES)}.{suggestion(name, ANALYSES)}")
    return tuple(name for name in ANALYSES if name in names)


def stream(seed: int, *names: str) -> np.random.Generator:
    """A random stream that depends on the seed and the names only, not on what else is run."""
    return np.random.default_rng([seed, *(crc32(name.encode("utf-8")) for name in names)])


def run(
    patterns: ResponsePatterns,
    names: Sequence[str] = tuple(ANALYSES),
    *,
    seed: int,
    by: str | None = None,
    progress: Progress = lambda name: None,
) -> list[Analysed]:
    """The batteries of the named analyses; with `by`, for every group of that column, or comparing its groups."""
    done: list[Analysed] = []
    groups: list[tuple[str | None, ResponsePatterns]] = [(None, patterns)]
    if by is not None:
        groups = [(level, group.pool(by)) for level, group in patterns.split(by)]
    for name in known(names):
        progress(name)
        module = part(name, "module")
        assert module is not None
        if ANALYSES[name].compares:
            result = module.battery(patterns, rng=stream(seed, name), by=by or "role")
            done.append(Analysed(name=name, group=None, result=of_answers(result, patterns)))
            continue
        for group, answers in groups:
            result = module.battery(answers, rng=stream(seed, name, group or ""))
            marked = tuple(replace(statistic, group=group) for statistic in result.statistics)
            result = of_answers(replace(result, statistics=marked), patterns)
            done.append(Analysed(name=name, group=group, result=result))
    return done
