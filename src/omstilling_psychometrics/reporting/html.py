"""The validation report: one HTML file that makes no request, tells one story and prints on A4."""

from __future__ import annotations

import re
from functools import cache, partial
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..core.vocabulary import Language, vocabulary
from ..present.wording import Wording
from .document import Document


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = partial(_typeset, _symbols(language))
    environment.globals["text"] = Wording(language).text
    return environment


def _symbols(language: Language) -> re.Pattern[str]:
    """Symbols of the vocabulary that have an index, the longest first."""
    symbols = {term.symbol for term in vocabulary(language).quantities.values() if set(term.symbol) & {"_", "^"}}
    return re.compile("|".join(re.escape(one) for one in sorted(symbols, key=lambda one: (-len(one), one))) or r"(?!)")


def _typeset(pattern: re.Pattern[str], text: str) -> Markup:
    """A text with the indices of its symbols lowered ('H_i') or raised ('H^T'), everything escaped."""
    if "_" not in text and "^" not in text:
        return escape(text)
    done, last = Markup(), 0
    for found in pattern.finditer(text):
        base, sign, index = re.split(r"([_^])", found[0], maxsplit=1)
        done += escape(text[last : found.start()]) + escape(base)
        done += Markup("<sub>{}</sub>" if sign == "_" else "<sup>{}</sup>").format(index)
        last = found.end()
    return done + escape(text[last:])


def render(document: Document) -> str:
    """The report as one HTML document; equal documents give equal text."""
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    page = _environment(document.language).get_template("report.html.j2")
    return page.render(document=document, style=Markup(style))
