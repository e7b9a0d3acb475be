"""The command `omstilling`: from an answer file to a report, with messages that say what to do next."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import metadata

import click

from ..errors import OmstillingError, UsageError

INTERRUPTED = 130  # what shells report for a process ended by Ctrl-C

_START = """\
omstilling validates a Likert scale from a file of answers.

  Where to start
    omstilling simulate --output example      a synthetic survey to try everything on
    omstilling inspect FILE                   how a file is read, before anything is computed
    omstilling report FILE --output report.html
    omstilling analyse FILE --output results.json

  omstilling --help lists every command; omstilling COMMAND --help explains one.
"""


class Commands(click.Group):
    """Commands that suggest the one that was perhaps meant, and name those that are reserved."""

    reserved = ("compare", "plan")

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in self.reserved:
            raise click.UsageError(f"'{name}' is reserved for a later version and does nothing yet.", ctx)
        if self.get_command(ctx, name) is None:
            close = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            commands = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"there is no command '{name}'.{hint} Commands: {commands}.", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("omstilling-psychometrics"), prog_name="omstilling")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Validate a Likert scale from a file of answers: reliability, structure, non-answers, roles and leaders."""
    if ctx.invoked_subcommand is None:
        click.echo(_START, nl=False)


def _fail(message: str, status: int) -> int:
    click.echo(f"omstilling: {message}", err=True)
    return status


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit status 0 done, 1 the data cannot be used, 2 wrong usage, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit status of one command line; everything that can go wrong becomes one message on stderr."""
    try:
        status = cli.main(args=arguments, prog_name="omstilling", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except UsageError as error:
        return _fail(str(error), 2)
    except OmstillingError as error:
        return _fail(str(error), 1)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; nothing was written.", INTERRUPTED)
    except MemoryError:
        return _fail("the data do not fit into memory. Convert the file to Parquet, which is read in parts.", 1)
    except OSError as error:
        return _fail(f"{error.strerror or error}: '{error.filename}'." if error.filename else f"{error}.", 1)


from . import checks, data, results  # noqa: E402, F401  (commands register themselves on `cli`)
