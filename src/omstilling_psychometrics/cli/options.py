"""Options that commands share, and what they do: check the output, read the files, set up disclosure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..core.files import require_ending, require_writable
from ..core.vocabulary import vocabulary
from ..survey.disclosure import Disclosure
from ..survey.instrument import load_instrument
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers

if TYPE_CHECKING:
    from ..reporting.against import Output

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
study = click.option(
    "--study",
    metavar="STUDY.toml",
    type=click.Path(path_type=Path),
    help="Who was invited, when and how; ratings of experts; margins. Drafted by inspect --write-study.",
)
by = click.option("--by", metavar="COLUMN", help="Every analysis per value of this background column.")


against = click.option(
    "--against",
    multiple=True,
    metavar="EARLIER.json",
    type=click.Path(path_type=Path),
    help="An earlier results.json of overlapping answers; names rows (or sums) whose n is a few apart. May be repeated.",
)


def earlier_outputs(paths: Sequence[Path]) -> list[Output]:
    """The outputs to compare with."""
    from ..reporting.against import earlier_output

    return [earlier_output(path) for path in paths]


def warn_of_differences(now: Sequence[Output], earlier: Sequence[Output], policy: Disclosure) -> None:
    """Name what can be worked out from this output, as it can be looked at, and earlier ones together."""
    from ..reporting.against import few_apart

    lines = dict.fromkeys(line for release in now for line in few_apart(release, earlier, policy))
    for line in lines:
        click.echo(f"--against: {line}", err=True)
    if lines:
        click.echo("--against: who holds both can work out the answers of those few. Publish one of them.", err=True)


def output(path: Path, *read: Path | None, what: str, endings: Sequence[str]) -> Path:
    """The path, if it can be written, is named as what it will hold, and is none of the files that are read. what: 'the results
    are written as JSON'."""
    for file in read:
        if file is not None and file.exists() and path.exists() and file.samefile(path):
            raise click.UsageError(f"'{path}' is read, and would be replaced by what is written. Name another output.")
    require_ending(path, what, *endings)
    return require_writable(path)


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


def tell_first(released: ReleasedAnswers, exact: ResponsePatterns) -> None:
    """What stands before everything else on the terminal: whose totals these are, and the checksums of the files, which are not
    written since they are of everybody's answers."""
    if released.first_line is not None:
        click.echo(f"note: {vocabulary('en').note(released.first_line)}")
    for source in exact.account.sources if exact.account is not None else ():
        if source.sha256 is not None:
            click.echo(f"{source.name}: SHA-256 {source.sha256}")


def sizes(files: tuple[Path, ...]) -> dict[str, int]:
    """Bytes of the files that are there."""
    return {str(path): path.stat().st_size for path in files if path.is_file()}


def read_files(
    files: tuple[Path, ...],
    instrument: Path | None,
    codebook: Path | None,
    by: str | None = None,
    *,
    earlier: Sequence[Output] = (),
) -> ResponsePatterns:
    """The answers of all files together; DataError where an earlier output is of another instrument."""
    from ..reporting.against import refuse_other_instrument
    from ..survey.reading import read_all

    # Without --instrument, counts bring their own instrument and answers get the default one.
    declared = None if instrument is None else load_instrument(instrument)
    answers = read_all(files, instrument=declared, codebook=codebook, by=(by,) if by else ())
    refuse_other_instrument(answers.instrument, earlier)
    return answers
