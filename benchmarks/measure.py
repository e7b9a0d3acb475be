"""Time and memory of a function in a process of its own: best of several runs, and what it needs beside its prepared data."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """seconds: fastest run; megabytes: largest resident memory during the runs, less that of the prepared data; processor:
    least processor time of a run, which other programs on the machine do not lengthen much; NaN of other programs."""

    seconds: float
    megabytes: float
    processor: float = float("nan")


def forget_peak() -> None:
    """The largest resident memory counts from now on. A new process inherits its parent's, and preparing may take more than a
    run will. Linux only, as the committed figures are."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def resident(field: str = "VmHWM") -> float:
    """Megabytes of resident memory: VmHWM, the largest since `forget_peak`, or VmRSS, now."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    if found is None:
        raise OSError(f"/proc/self/status has no {field}")
    return int(found[1]) / 1024


def _run(
    prepare: Callable[..., Any], function: Callable[[Any], object], arguments: tuple[Any, ...], runs: int, pipe: Any
) -> None:
    data = prepare(*arguments)
    forget_peak()
    before = resident("VmRSS")
    fastest = processor = float("inf")
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        function(data)
        fastest, processor = min(fastest, time.perf_counter() - start), min(processor, time.process_time() - used)
    pipe.send(Cost(fastest, resident() - before, processor))
    pipe.close()


def apart(target: Callable[..., None], *arguments: Any) -> Any:
    """What target(*arguments, pipe) sends from a process of its own."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=target, args=(*arguments, there))
    process.start()
    there.close()
    try:
        return here.recv()
    finally:
        process.join()


def cost(prepare: Callable[..., Any], function: Callable[[Any], object], *arguments: Any, runs: int = 3) -> Cost:
    """Cost of function(prepare(*arguments)), the preparation not counted."""
    return apart(_run, prepare, function, arguments, runs)  # type: ignore[no-any-return]


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
