"""The validation report: one HTML file that makes no request, tells one story and prints on A4."""

from __future__ import annotations

from functools import cache, partial
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..core.vocabulary import Language
from ..present.typesetting import pieces
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
    environment.filters["typeset"] = partial(_typeset, language)
    environment.globals["text"] = Wording(language).text
    return environment


def _typeset(language: Language, text: str) -> Markup:
    """A text with the indices of its symbols lowered ('H_i') or raised ('H^T'), everything escaped."""
    parts = pieces(text, language)
    return Markup().join(Markup(f"<{place}>{{}}</{place}>").format(part) if place else escape(part) for part, place in parts)


def render(document: Document) -> str:
    """The report as one HTML document; equal documents give equal text."""
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    page = _environment(document.language).get_template("report.html.j2")
    return page.render(document=document, style=Markup(style))
