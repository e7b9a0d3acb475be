"""Lines that fit: those of a terminal, or a hundred characters where the output goes to a file or another program."""

from __future__ import annotations

import codecs
import shutil
import sys
from textwrap import wrap

import click

_WIDTH = 100

# What stands for signs that an old console's encoding (Windows-1252, say) does not have.
_PLAIN = {
    "≥": ">=", "≤": "<=", "≈": "~", "✔": "+", "✘": "x", "○": "o", "−": "-", "→": "->", "…": "...", "–": "-", "α": "alpha",
    "χ": "chi", "ω": "omega", "λ": "lambda", "θ": "theta",
}  # fmt: skip


def print_anywhere() -> None:
    """From now on, a sign that the console does not have is printed as plain ones, or as a question mark."""
    codecs.register_error("plain", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


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
