"""How far a long command has come, and about how long it will still take."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from ..core import ending
from ..survey.reading import keep_interrupts

# A step that takes longer than was thought stands still here until it is done.
_NEARLY_DONE = 0.95

# Bytes of a file that are read and counted in a second, and the second that everything takes.
_BYTES_PER_SECOND, _START = 15e6, 0.7


class Pace:
    """Steps that differ in length, and what the steps behind us say of those ahead.

    seconds: the steps in their order, each with the time that it takes somewhere else; what matters is how long they take
    beside each other, since the steps that are done tell how fast this machine is.
    """

    def __init__(self, seconds: Mapping[str, float], start: float) -> None:
        self.seconds = seconds
        self.start = self.begun = start
        self.before = self.current = 0.0  # expected seconds of the steps done, and of the present one

    def begin(self, step: str, now: float) -> None:
        """The step begins, and the one before it has ended."""
        self.before += self.current
        self.current = self.seconds[step]
        self.begun = now

    @property
    def total(self) -> float:
        """Expected seconds of all steps."""
        return sum(self.seconds.values())

    @property
    def slowness(self) -> float:
        """How many seconds an expected second takes here."""
        return (self.begun - self.start) / self.before if self.before else 1.0

    def done(self, now: float) -> float:
        """Expected seconds of everything done so far."""
        if not self.current:
            return self.before
        share = (now - self.begun) / (max(self.slowness, 1e-9) * self.current)
        return self.before + min(share, _NEARLY_DONE) * self.current

    def remaining(self, now: float) -> float:
        """Seconds that are left."""
        return self.slowness * (self.total - self.done(now))


def reading(files: Mapping[str, int]) -> dict[str, float]:
    """The step of reading files of so many bytes."""
    return {"reading": _START + sum(files.values()) / _BYTES_PER_SECOND}


@contextmanager
def progress(seconds: Mapping[str, float], *, quiet: bool, verbose: bool = False) -> Iterator[Callable[[str], None]]:
    """A function to call with the name of each step as it begins; `seconds` are about those that each takes.

    Shows a bar with the time that remains; nothing where stderr is no terminal or --quiet was given.
    """
    if "reading" in seconds:
        keep_interrupts()
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    log = logging.getLogger(__name__)
    # That it cannot keep its fonts in a home it may not write in concerns nobody here.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    if quiet or not sys.stderr.isatty():

        def say(name: str) -> None:
            ending.check()
            log.info("%s", name)

        yield say
        return
    from rich.console import Console, RenderableType
    from rich.progress import Progress, ProgressColumn, Task, TextColumn
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    pace = Pace(seconds, time.monotonic())

    class Done(ProgressColumn):
        max_refresh = 0.2

        def render(self, task: Task) -> RenderableType:
            return ProgressBar(total=pace.total, completed=pace.done(time.monotonic()), width=40)

    class Remaining(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> RenderableType:
            left = round(pace.remaining(time.monotonic()))
            return Text(f"about {timedelta(seconds=left)} left", style="progress.remaining")

    console = Console(stderr=True)
    with Progress(TextColumn("{task.description:>20}"), Done(), Remaining(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def step(name: str) -> None:
            ending.check()
            log.info("%s", name)
            pace.begin(name, time.monotonic())
            bar.update(task, description=name)

        yield step
