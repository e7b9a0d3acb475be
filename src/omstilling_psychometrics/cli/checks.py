"""`omstilling notebooks` and `omstilling verify`."""

from __future__ import annotations

from pathlib import Path

import click

from . import cli, options
from .progress import progress, reading

# About how many seconds a notebook takes on the synthetic survey, where it is not three; and a domain of verification.
_SECONDS = {"08_parameter_recovery": 18.0, "03_reliability": 5.0}
_DOMAIN_SECONDS = 0.5


@cli.command(short_help="The validation, step by step, on your own file.")
@options.options(
    click.argument("file", metavar="FILE", type=click.Path(path_type=Path)),
    click.option("--output", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for the notebooks."),
    options.instrument,
    options.codebook,
    options.seed,
    options.disclosure,
    options.loudness,
)
def notebooks(
    file: Path,
    output: Path,
    instrument: Path | None,
    codebook: Path | None,
    seed: int,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run the validation notebooks on your own file; writes them executed, and an HTML page of each.

    \b
    Example
      omstilling notebooks anonymous.csv --output notebooks
    """
    from ..notebooks.running import run_notebooks
    from ..notebooks.shelf import shelf

    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    steps = reading(options.sizes((file,))) | {notebook.name: _SECONDS.get(notebook.name, 3.0) for notebook in shelf()}
    with progress(steps, quiet=quiet, verbose=verbose) as step:
        step("reading")
        written = run_notebooks(
            file, output, instrument=instrument, codebook=codebook, seed=seed, disclosure=policy, progress=step
        )
    if not quiet:
        click.echo("\n".join(str(path) for path in written))


@cli.command(short_help="Do this machine's numbers agree with those of the R packages?")
@options.quiet
def verify(quiet: bool) -> int:
    """Compute the reference cases on this machine and compare them with the stored results of R packages.

    Prints the largest deviation of every statistic from every peer, beside its tolerance. Exit status 0 only if all hold.

    \b
    Example
      omstilling verify
    """
    from ..verification import verify as compare
    from ..verification.running import COMPARISONS

    with progress(dict.fromkeys((comparison.domain for comparison in COMPARISONS), _DOMAIN_SECONDS), quiet=quiet) as step:
        verification = compare(progress=step)
    click.echo(verification.summary if quiet else str(verification))
    return 0 if verification.holds else 1
