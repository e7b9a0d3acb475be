"""Commands about data: inspect a file, count it, anonymise it, make a synthetic one."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.files import output_folder
from ..survey.instrument import load_instrument
from . import cli, options
from .lines import say
from .progress import progress, reading

_COMPARING = "what can be written before and after"

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


def _names(columns: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (columns or "").split(",") if name.strip())


@cli.command(short_help="How a file is read, before anything is computed; drafts its codebook.")
@options.options(
    _file,
    click.option(
        "--write-codebook", metavar="FILE.toml", type=click.Path(path_type=Path), help="Write the drafted codebook to a file."
    ),
    click.option(
        "--write-study",
        metavar="STUDY.toml",
        type=click.Path(path_type=Path),
        help="Write a study file to fill in: invited, dates, mode, ratings.",
    ),
    options.instrument,
    options.codebook,
)
def inspect(
    file: Path, write_codebook: Path | None, write_study: Path | None, instrument: Path | None, codebook: Path | None
) -> None:
    """Show how a file is read, before anything is computed, and draft its codebook.

    \b
    Examples
      omstilling inspect raw_export.csv
      omstilling inspect survey.sav --write-codebook survey.toml
      omstilling inspect survey.sav --codebook survey.toml
      omstilling inspect survey.sav --write-study study.toml
    """
    from ..survey.inspection import inspect as look

    if write_codebook is not None:
        options.output(write_codebook, file, instrument, codebook, what="the codebook is written as TOML", endings=[".toml"])
    if write_study is not None:
        read = (file, instrument, codebook)
        options.output(write_study, *read, what="the study file is written as TOML", endings=[".toml"])
        if write_codebook is not None and write_study.resolve() == write_codebook.resolve():
            raise click.UsageError("--write-study and --write-codebook name the same file. Give each its own.")
    with progress(reading(options.sizes((file,))), quiet=False) as step:
        step("reading")
        scale = load_instrument(instrument)
        inspection = look(file, instrument=scale, codebook=codebook)
    # The draft is to be copied as it stands.
    say(str(inspection).removesuffix(inspection.codebook.rstrip()))
    click.echo(inspection.codebook.rstrip())
    if write_codebook is not None:
        inspection.write_codebook(write_codebook)
        click.echo(f"codebook written to {write_codebook}")
    if write_study is not None:
        inspection.write_study(write_study, scale)
        click.echo(f"study file written to {write_study}")


@cli.command(short_help="Answers without people, to share and add up.")
@options.options(
    options.files,
    click.option(
        "--output", required=True, metavar="FILE.parquet", type=click.Path(path_type=Path), help="Where the counts go."
    ),
    click.option(
        "--keep", metavar="a,b", help="Keep these columns too: organisation; with --disclosure none also leader and respondent."
    ),
    options.by,
    options.instrument,
    options.codebook,
    options.disclosure,
    options.against,
    options.quiet,
)
def counts(
    files: tuple[Path, ...],
    output: Path,
    keep: str | None,
    by: str | None,
    instrument: Path | None,
    codebook: Path | None,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    against: tuple[Path, ...],
    quiet: bool,
) -> None:
    """Write how many gave each pattern of answers, without the people: counts to share, add up and analyse.

    Such a file may stand for FILE in every other command.

    \b
    Examples
      omstilling counts answers.csv --output counts.parquet
      omstilling counts answers.csv --keep organisation --output counts.parquet
      omstilling analyse counts.parquet --output results.json
    """
    from ..reporting.against import outputs_of_counts
    from ..survey.background import refuse_unsuitable
    from ..survey.parquet import write_counts

    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    read = (*files, *against, instrument, codebook)
    options.output(output, *read, what="counts are written as Parquet", endings=[".parquet"])
    earlier = options.earlier_outputs(against)
    with progress(reading(options.sizes(files)), quiet=quiet) as step:
        step("reading")
        answers = options.read_files(files, instrument, codebook, by, earlier=earlier)
        if by is not None:
            refuse_unsuitable(answers, by, policy)
        written = write_counts(answers, output, keep=_names(keep), disclosure=policy)
    options.warn_of_differences(outputs_of_counts(written, earlier) if earlier else [], earlier, policy)
    if not quiet:
        options.tell_first(written, answers)
        say(repr(written))
        click.echo(f"counts written to {output}")


@cli.command(short_help="Answers in which nobody is named.")
@options.options(
    click.argument("raw", metavar="RAW", type=click.Path(path_type=Path)),
    click.option("--output", required=True, metavar="FILE.csv", type=click.Path(path_type=Path), help="Where the answers go."),
    click.option(
        "--key",
        metavar="FILE.key",
        type=click.Path(path_type=Path),
        help="Key of the pseudonyms, made where it does not exist.  [default: RAW.key, beside the raw file]",
    ),
    click.option("--keep", metavar="a,b", help="Background columns to keep, coarsened, beside those of the codebook."),
    options.instrument,
    options.codebook,
    options.disclosure,
    options.quiet,
)
def anonymise(
    raw: Path,
    output: Path,
    key: Path | None,
    keep: str | None,
    instrument: Path | None,
    codebook: Path | None,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    quiet: bool,
) -> None:
    """Write answers in which nobody is named, and say what was lost.

    Identifiers are dropped; leader, respondent and organisation become pseudonyms whose key stays with the raw file;
    background is coarsened until nobody stands alone.

    \b
    Examples
      omstilling anonymise raw_export.csv --codebook raw_export.toml --output anonymous.csv
      omstilling anonymise survey.sav --codebook survey.toml --key ../safe/survey.key --output anonymous.csv
    """
    from ..reporting.price import price
    from ..survey.anonymise import anonymise as write_anonymous

    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    what = "the anonymised answers are written as CSV"
    options.output(output, raw, key, instrument, codebook, what=what, endings=[".csv"])
    cost = {} if quiet else {_COMPARING: 5.0}
    with progress(reading(options.sizes((raw,))) | cost, quiet=quiet) as step:
        step("reading")
        account = write_anonymous(
            raw,
            output,
            key_file=raw.with_name(f"{raw.name}.key") if key is None else key,
            instrument=load_instrument(instrument),
            codebook=codebook,
            by=_names(keep),
            disclosure=policy,
        )
        if cost:
            step(_COMPARING)
            prices = price(account.before, account.keys, policy)
    if cost:
        say(f"{account}\n{prices}")


@cli.command(short_help="A synthetic survey to try everything on.")
@options.options(
    click.option("--output", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for the files."),
    options.seed,
    options.quiet,
)
def simulate(output: Path, seed: int, quiet: bool) -> None:
    """Write a synthetic survey whose truth is known, to try everything on.

    \b
    Example
      omstilling simulate --output example
      omstilling report example/answers.csv --output report.html
    """
    from ..simulation import write_synthetic
    from ..simulation.folder import FILES

    with output_folder(output), progress({"simulating": 1.0}, quiet=quiet) as step:
        step("simulating")
        write_synthetic(output, seed=seed)
    if not quiet:
        click.echo("\n".join(str(output / name) for name in FILES))
