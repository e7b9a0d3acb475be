"""Options that commands share, and what they do: read the files, set up disclosure and progress."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import click

from ..instrument import load_instrument
from ..responses.disclosure import Disclosure
from ..responses.patterns import ResponsePatterns

F = TypeVar("F", bound=Callable[..., Any])


def options(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several option decorators as one, shown in --help in the order given."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


files = click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
instrument = click.option(
    "--instrument",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="Instrument; default: Ledelse af digital omstilling.",
)
codebook = click.option(
    "--codebook", metavar="FILE.toml", type=click.Path(path_type=Path), help="How columns and values of FILE are to be read."
)
seed = click.option(
    "--seed", default=1, show_default=True, metavar="N", help="Seed of everything random; recorded in the output."
)
disclosure = options(
    click.option(
        "--minimum-respondents",
        type=click.IntRange(1),
        metavar="N",
        help="Withhold groups with fewer respondents.  [default: 5]",
    ),
    click.option(
        "--minimum-leaders", type=click.IntRange(1), metavar="N", help="Withhold groups with fewer leaders.  [default: 3]"
    ),
    click.option(
        "--disclosure",
        type=click.Choice(["default", "none"]),
        default="default",
        show_default=True,
        help="'none' writes everything, however small the group.",
    ),
)
quiet = click.option("--quiet", is_flag=True, help="No progress and no summary.")
loudness = options(quiet, click.option("--verbose", is_flag=True, help="Say what is being done."))
roles = click.option("--roles", metavar="a,b|all", help="Only these roles; 'all' mixes the roles on purpose.")
by = click.option("--by", metavar="COLUMN", help="Every analysis per value of this background column.")


def policy(disclosure: str, minimum_respondents: int | None, minimum_leaders: int | None) -> Disclosure:
    """The disclosure policy that the options ask for."""
    if disclosure == "none":
        if minimum_respondents is not None or minimum_leaders is not None:
            raise click.UsageError("--disclosure none writes everything; it cannot be combined with a minimum.")
        return Disclosure.none()
    default = Disclosure()
    return Disclosure(
        minimum_respondents=default.minimum_respondents if minimum_respondents is None else minimum_respondents,
        minimum_leaders=default.minimum_leaders if minimum_leaders is None else minimum_leaders,
    )


def read_files(
    files: tuple[Path, ...], instrument: Path | None, codebook: Path | None, by: str | None = None
) -> ResponsePatterns:
    """The answers of all files together."""
    from ..responses.reading import read_all

    # Without --instrument, counts bring their own instrument and answers get the default one.
    declared = None if instrument is None else load_instrument(instrument)
    return read_all(files, instrument=declared, codebook=codebook, by=(by,) if by else ())


@contextmanager
def progress(total: int, *, quiet: bool, verbose: bool = False) -> Iterator[Callable[[str], None]]:
    """A function to call with the name of each of `total` steps as it begins.

    Shows a bar with the time that remains; nothing where stderr is no terminal or --quiet was given.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    log = logging.getLogger(__name__)
    if quiet or not sys.stderr.isatty():
        yield lambda name: log.info("%s", name)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:>20}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        begun = count()

        def step(name: str) -> None:
            bar.update(task, description=name, completed=next(begun))

        yield step
