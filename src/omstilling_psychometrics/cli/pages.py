"""`omstilling help`: the pages of the documentation, on the terminal."""

from __future__ import annotations

import click

from ..core.pages import page as find
from ..core.pages import pages
from . import cli


@cli.command(name="help", short_help="A page of the documentation, such as codebook.")
@click.argument("page", metavar="[PAGE]", required=False)
@click.pass_context
def show(context: click.Context, page: str | None) -> None:
    """Print a page of the documentation; without PAGE, the list of pages.

    \b
    Examples
      omstilling help
      omstilling help codebook
      omstilling help methods/omega
    """
    if page is None:
        known = pages()
        width = max(len(page.name) for page in known)
        click.echo("Pages: omstilling help PAGE\n")
        click.echo("\n".join(f"  {page.name:<{width}}  {page.title}" for page in known))
        click.echo("\nCommands: omstilling COMMAND --help")
        return
    command = cli.get_command(context, page)
    if command is not None:
        click.echo(command.get_help(click.Context(command, info_name=page, parent=context.parent)))
        return
    click.echo(find(page).text, nl=False)
