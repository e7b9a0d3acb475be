"""Commands about data: `omstilling simulate` and, as they are built, inspect, counts and anonymise."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import DataError
from . import cli, options


@cli.command()
@options.options(
    click.option("--output", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for the files."),
    options.seed,
    options.loudness,
)
def simulate(output: Path, seed: int, quiet: bool, verbose: bool) -> None:
    """Write a synthetic survey whose truth is known, to try everything on.

    \b
    Example
      omstilling simulate --output example
      omstilling report example/answers.csv --output report.html
    """
    from ..simulation import write_synthetic
    from ..simulation.folder import FILES

    if not output.parent.is_dir():
        raise DataError(f"cannot write to '{output}': the folder '{output.parent}' does not exist.")
    output.mkdir(exist_ok=True)
    write_synthetic(output, seed=seed)
    if not quiet:
        click.echo("\n".join(str(output / name) for name in FILES))
