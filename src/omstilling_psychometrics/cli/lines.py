"""Lines that fit: those of a terminal, or a hundred characters where the output goes to a file or another program."""

from __future__ import annotations

import shutil
import sys
from textwrap import wrap

import click

_WIDTH = 100


def width() -> int:
    """Characters that a line may have."""
    return shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH


def say(text: str) -> None:
    """Print a text, the rest of lines that are too long a little further in on lines of their own."""
    click.echo("\n".join(piece for line in text.splitlines() for piece in _pieces(line)))


def _pieces(line: str) -> list[str]:
    if len(line) <= width():
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return wrap(line, width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
