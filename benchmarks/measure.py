"""Time and memory of a function in a process of its own: best of several runs, and the peak above what was there before."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cost:
    """seconds: fastest run; megabytes: peak resident memory above that of the prepared data."""

    seconds: float
    megabytes: float


def _run(
    prepare: Callable[..., Any], function: Callable[[Any], object], arguments: tuple[Any, ...], runs: int, pipe: Any
) -> None:
    data = prepare(*arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fastest = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        function(data)
        fastest = min(fastest, time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send(Cost(fastest, (after - before) / 1024))
    pipe.close()


def cost(prepare: Callable[..., Any], function: Callable[[Any], object], *arguments: Any, runs: int = 3) -> Cost:
    """Cost of function(prepare(*arguments)), the preparation not counted."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(prepare, function, arguments, runs, there))
    process.start()
    there.close()
    try:
        return here.recv()  # type: ignore[no-any-return]
    finally:
        process.join()


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
