"""The validation report: one HTML file that makes no request, tells one story and prints on A4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..instrument import Language
from ..plots.rows import Row
from ..plots.wording import Wording
from ..responses.disclosure import Disclosure
from ..responses.patterns import ResponsePatterns
from . import summary
from .sections import closing, context, evidence
from .view import View

SYNTHETIC_NOTE = "synthetic_data"


def is_synthetic(patterns: ResponsePatterns) -> bool:
    """Whether the account of the reading says that (some of) the answers were simulated."""
    notes = patterns.account.notes if patterns.account else ()
    return any(note.partition(":")[0] == SYNTHETIC_NOTE for note in notes)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["symbol"] = _symbol
    return environment


def _symbol(text: str) -> Markup:
    """'r_ir' as r with a subscript."""
    base, _, below = text.partition("_")
    return escape(base) + (Markup("<sub>") + below + Markup("</sub>") if below else "")


def render_report(
    patterns: ResponsePatterns,
    rows: Sequence[Row],
    origin: Mapping[str, Any],
    *,
    language: Language,
    disclosure: Disclosure,
    title: str | None = None,
    synthetic: bool | None = None,
    level: float = 0.95,
) -> str:
    """The report as one HTML document.

    rows: `results_json.released_rows(...)`, that is after disclosure and with note keys; origin: `results_json.provenance(...)`;
    title: the instrument's title by default; synthetic: stamp the report as made from simulated answers, by default when the
    account of the reading says so; level: of the intervals in the rows. Equal arguments give equal text.
    """
    wording = Wording(language, patterns.instrument)
    view = View(patterns=patterns, rows=list(rows), wording=wording, disclosure=disclosure, level=level)
    sections = [
        context.instrument(view),
        context.participants(view),
        *evidence(view),
        closing.verdict_table(view),
        closing.limits(view),
        closing.glossary(view),
        closing.methods(view),
        closing.provenance(view, origin),
    ]
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    page = _environment().get_template("report.html.j2")
    return page.render(
        language=language,
        title=title or patterns.instrument.title[language] or patterns.instrument.key,
        style=Markup(style),  # noqa: S704 - our own file
        text=wording.text,
        synthetic=is_synthetic(patterns) if synthetic is None else synthetic,
        answers=summary.answers(view),
        matrix=summary.matrix(view),
        findings=summary.found(view),
        sections=sections,
        files=[file["name"] for file in origin["files"]],
        n=wording.count(patterns.n),
        k=len(patterns.items),
        version=origin["package"]["version"],
    )
