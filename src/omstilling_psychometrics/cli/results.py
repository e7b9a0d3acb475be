"""`omstilling analyse` and `omstilling report`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from ..core.registry import ANALYSES
from . import cli, options
from .lines import say, width
from .progress import progress, reading

_WRITING = {"writing the report": 4.0}


def _steps(files: tuple[Path, ...], names: tuple[str, ...]) -> dict[str, float]:
    return reading(options.sizes(files)) | {name: ANALYSES[name].seconds for name in names}


@cli.command(short_help="Every number, one row each, in a JSON file.")
@options.options(
    options.files,
    click.option(
        "--output", required=True, metavar="FILE.json", type=click.Path(path_type=Path), help="Where results.json goes."
    ),
    click.option("--analyses", metavar="a,b", help=f"Only these. There are: {', '.join(ANALYSES)}."),
    options.by,
    options.roles,
    options.instrument,
    options.codebook,
    options.seed,
    options.disclosure,
    options.against,
    options.loudness,
)
def analyse(
    files: tuple[Path, ...],
    output: Path,
    analyses: str | None,
    by: str | None,
    roles: str | None,
    instrument: Path | None,
    codebook: Path | None,
    seed: int,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    against: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
) -> None:
    """Compute the analyses and write every number to a JSON file.

    \b
    Examples
      omstilling analyse answers.csv --output results.json
      omstilling analyse survey.sav --codebook survey.toml --analyses items,reliability --output results.json
      omstilling analyse answers.csv --by age_group --roles medarbejder --output by_age.json
    """
    from ..analysis.running import known
    from ..reporting.against import output_of
    from ..reporting.validation import validate

    names = known([name.strip() for name in analyses.split(",")]) if analyses is not None else tuple(ANALYSES)
    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    read = (*files, *against, instrument, codebook)
    options.output(output, *read, what="the results are written as JSON", endings=[".json"])
    earlier = options.earlier_outputs(against)
    with progress(_steps(files, names), quiet=quiet, verbose=verbose) as step:
        step("reading")
        answers = options.read_files(files, instrument, codebook, by, earlier=earlier)
        result = validate(
            answers,
            names,
            rng=seed,
            by=by,
            roles=roles,
            disclosure=policy,
            instrument=instrument,
            codebook=codebook,
            progress=step,
        )
    result.write_results(output)
    options.warn_of_differences([output_of(result)] if earlier else [], earlier, policy)
    if not quiet:
        options.tell_first(result.answers, answers)
        say("\n\n".join(part for part in (repr(result.answers), result.overview(width())) if part) + "\n\n")
        analyses = f"{len(names)} {'analysis' if len(names) == 1 else 'analyses'}"
        click.echo(f"{len(result.rows)} rows of {analyses} written to {output}")


@cli.command(short_help="The validation report: one HTML file, offline, prints on A4; or a Word file.")
@options.options(
    options.files,
    click.option(
        "--output",
        required=True,
        metavar="FILE.html|FILE.docx",
        type=click.Path(path_type=Path),
        help="Where the report goes; the ending decides what is written.",
    ),
    click.option(
        "--results",
        metavar="FILE.json",
        type=click.Path(path_type=Path),
        help="Also write every number to this file, as analyse does; computed once for both.",
    ),
    click.option(
        "--language", type=click.Choice(["da", "en"]), default="da", show_default=True, help="Language of the report."
    ),
    click.option(
        "--full",
        is_flag=True,
        help="Print the evidence too, and write it into a Word document; on a screen it is folded either way.",
    ),
    options.by,
    options.roles,
    options.instrument,
    options.codebook,
    options.study,
    options.seed,
    options.disclosure,
    options.against,
    options.loudness,
)
def report(
    files: tuple[Path, ...],
    output: Path,
    results: Path | None,
    language: Literal["da", "en"],
    full: bool,
    by: str | None,
    roles: str | None,
    instrument: Path | None,
    codebook: Path | None,
    study: Path | None,
    seed: int,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    against: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the validation report: one HTML file that needs no network and prints on A4, or a Word document.

    \b
    Examples
      omstilling report answers.csv --output report.html
      omstilling report answers.csv --output report.docx --results results.json
      omstilling report raw_export.csv --codebook raw_export.toml --language en --output report.html
      omstilling report answers.csv --study study.toml --output report.html
      omstilling report answers.csv --by form --full --output forms.html
    """
    from ..reporting.against import output_of
    from ..reporting.validation import REPORT_FORM, studied, validate

    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    read = (*files, *against, instrument, codebook, study)
    form, *endings = REPORT_FORM
    options.output(output, *read, what=form, endings=endings)
    if results is not None:
        options.output(results, *read, what="the results are written as JSON", endings=[".json"])
    earlier = options.earlier_outputs(against)
    with progress(_steps(files, tuple(ANALYSES)) | _WRITING, quiet=quiet, verbose=verbose) as step:
        step("reading")
        answers = options.read_files(files, instrument, codebook, by, earlier=earlier)
        about = studied(study, answers)
        result = validate(
            answers,
            rng=seed,
            by=by,
            roles=roles,
            disclosure=policy,
            instrument=instrument,
            codebook=codebook,
            progress=step,
        )
        step("writing the report")
        result.write_report(output, language, full=full, study=about)
    if results is not None:
        result.write_results(results)
    options.warn_of_differences([output_of(result)] if earlier else [], earlier, policy)
    if not quiet:
        options.tell_first(result.answers, answers)
        say("\n\n".join(part for part in (repr(result.answers), result.overview(width())) if part) + "\n\n")
        click.echo(f"report written to {output}")
        if results is not None:
            click.echo(f"{len(result.rows)} rows written to {results}")


@cli.command(short_help="The score of each leader or respondent, as CSV.")
@options.options(
    options.files,
    click.option("--unit", required=True, type=click.Choice(["leader", "respondent"]), help="Whose scores."),
    click.option("--output", required=True, metavar="FILE.csv", type=click.Path(path_type=Path), help="Where the scores go."),
    click.option(
        "--mark",
        multiple=True,
        type=float,
        metavar="SCORE",
        help="Also how probable it is that each leader lies above this score, such as 3.5. May be repeated.",
    ),
    click.option(
        "--similar",
        metavar="COLUMN",
        help="Also how far each leader's mean lies from that of the others with the same value, such as the same kind of job.",
    ),
    click.option(
        "--least-reliability",
        type=float,
        metavar="SHARE",
        help="Of leaders whose mean is less reliable (such as 0.7), nothing but intervals.",
    ),
    options.instrument,
    options.codebook,
    options.disclosure,
    options.loudness,
)
def scores(
    files: tuple[Path, ...],
    unit: Literal["leader", "respondent"],
    output: Path,
    mark: tuple[float, ...],
    similar: str | None,
    least_reliability: float | None,
    instrument: Path | None,
    codebook: Path | None,
    minimum_respondents: int | None,
    minimum_leaders: int | None,
    disclosure: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the scale score of each leader or respondent, with its standard error, interval, n and reliability.

    The score is the mean of the answered items where the instrument's minimum_answered is reached, and of a leader the mean of
    these over the people of a role who answered in a wave (method mean); of respondents also expected a posteriori (eap), of
    leaders from the two-level model (two_level): few answers pull it little away from the mean of all. This is a declared rule
    of this package: it is not the official score of any survey. A leader about whom fewer than --minimum-respondents answered
    has no number. Scores of respondents need --disclosure none.

    Leaders stand beside others about whom numbers are written, in no order. above/… is the probability that a leader lies above
    the mean of the others in the organisation, or above a --mark: of many with .80, eight in ten do. change/2024~2026 is the
    change of the mean beyond the others' mean change: where nothing changed, one interval in twenty leaves out 0, and the note
    says how many to expect; change/…/holm is the p value that allows for this. similar/… is the difference from the others in
    a --similar job.

    \b
    Examples
      omstilling scores answers.csv --unit leader --output scores.csv
      omstilling scores answers.csv --unit leader --mark 3.5 --similar job --least-reliability 0.7 --output scores.csv
      omstilling scores answers.csv --unit respondent --disclosure none --output scores.csv
    """
    from ..reporting.scores import SCORES_FORM, refuse_people
    from ..reporting.scores import scores as compute

    policy = options.policy(disclosure, minimum_respondents, minimum_leaders)
    refuse_people(unit, policy)
    what, *endings = SCORES_FORM
    options.output(output, *files, instrument, codebook, what=what, endings=endings)
    with progress(reading(options.sizes(files)) | {"scores": 2.0}, quiet=quiet, verbose=verbose) as step:
        step("reading")
        answers = options.read_files(files, instrument, codebook, similar)
        step("scores")
        found = compute(answers, unit=unit, mark=mark, similar=similar, least_reliability=least_reliability, disclosure=policy)
    found.write(output)
    if not quiet:
        options.tell_first(answers.released(policy), answers)
        say(found.overview)
        click.echo(f"{len(found.frame)} rows written to {output}")
