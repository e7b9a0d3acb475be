"""The command `omstilling`: from an answer file to a report, with messages that say what to do next."""

from __future__ import annotations

import signal
import sys
from importlib import metadata

import click

from ..core import ending, files
from ..core.errors import OmstillingError, UsageError, suggestion
from .lines import print_anywhere

# What shells report for a process ended by Ctrl-C, and by the signal that asks a program to end.
INTERRUPTED, TERMINATED = 130, 143

_START = """\
omstilling validates a Likert scale from a file of answers.

  Where to start
    omstilling simulate --output example         a synthetic survey to try everything on
    omstilling inspect example/raw_export.csv    how a file is read, before anything is computed
    omstilling report example/answers.csv --output report.html
    omstilling analyse example/answers.csv --output results.json

  Your own file takes the place of example/answers.csv. `inspect` shows whether it can be read as it is, and drafts a
  codebook where it cannot.

  omstilling --help lists every command; omstilling COMMAND --help explains one, with examples; omstilling help lists the
  pages of the documentation that come with the package.
"""

# In the order in which they are needed.
_ORDER = ("simulate", "inspect", "report", "analyse", "scores", "counts", "anonymise", "notebooks", "verify", "help")


class Commands(click.Group):
    """Commands that suggest the one that was perhaps meant, and name those that are reserved."""

    reserved = ("compare", "plan")

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(super().list_commands(ctx), key=_ORDER.index)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in self.reserved:
            raise click.UsageError(f"'{name}' is reserved for a later version and does nothing yet.", ctx)
        if self.get_command(ctx, name) is None:
            commands = self.list_commands(ctx)
            raise click.UsageError(
                f"there is no command '{name}'.{suggestion(name, commands)} Commands: {', '.join(commands)}.", ctx
            )
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("omstilling-psychometrics"), prog_name="omstilling")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Validate a Likert scale from a file of answers: reliability, structure, non-answers, roles and leaders.

    \b
    Examples
      omstilling simulate --output example
      omstilling inspect example/raw_export.csv
      omstilling report example/answers.csv --output report.html
    """
    if ctx.invoked_subcommand is None:
        click.echo(_START, nl=False)


def _fail(message: str, status: int) -> int:
    click.echo(f"omstilling: {message}", err=True)
    return status


def _ended(how: str, status: int) -> int:
    """The status of a program that was asked to end, and what it has written all the same."""
    ending.forget()
    done = ", ".join(f"'{path}'" for path in files.written if path.exists())
    return _fail(f"{how}; {f'only {done} was written' if done else 'nothing was written'}.", status)


def _explained(error: click.UsageError) -> str:
    """What is wrong with the words of a command line, and how it is written right."""
    lines = [error.format_message()]
    if error.ctx is None:
        return lines[0]
    if isinstance(error, click.NoSuchOption) and not error.possibilities:
        long = [name for option in error.ctx.command.params for name in option.opts if name.startswith("--")]
        letter = error.option_name.lstrip("-")[:1]
        close = [name for name in long if error.option_name[:2] != "--" and name[2:].startswith(letter)]
        lines[0] += f" Did you mean {' or '.join(close)}?" if close else ""
    examples = (error.ctx.command.help or "").partition("Example")[2].splitlines()[1:]
    if example := next((line.strip() for line in examples if line.strip()), None):
        lines.append(f"  For example: {example}")
    lines.append(f"  {error.ctx.command_path} --help explains more.")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exit status 0 done, 1 the data cannot be used, 2 wrong usage, 130 interrupted, 143 terminated."""
    ending.obey()
    print_anywhere()
    status = run(arguments)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # nothing is left that an exception could clear away
    sys.exit(status)


def run(arguments: list[str] | None = None) -> int:
    """The exit status of one command line; everything that can go wrong becomes one message on stderr."""
    files.written.clear()
    try:
        # Commands register themselves on `cli`. They are imported here, so that Ctrl-C is already answered.
        from . import checks, data, pages, results  # noqa: F401

        status = cli.main(args=arguments, prog_name="omstilling", standalone_mode=False)
        ending.check()
        return status if isinstance(status, int) else 0
    except UsageError as error:
        return _fail(str(error), 2)
    except OmstillingError as error:
        return _fail(str(error), 1)
    except click.UsageError as error:
        return _fail(_explained(error), 2)
    except (click.Abort, KeyboardInterrupt):
        if sys.stderr.isatty():
            click.echo(err=True)  # the terminal has put ^C at the beginning of the line
        return _ended("interrupted", INTERRUPTED)
    except ending.Terminated:
        return _ended("terminated", TERMINATED)
    except MemoryError:
        return _fail("the data do not fit into memory. Convert the file to Parquet, which is read in parts.", 1)
    except OSError as error:
        return _fail(f"{error.strerror or error}: '{error.filename}'." if error.filename else f"{error}.", 1)
