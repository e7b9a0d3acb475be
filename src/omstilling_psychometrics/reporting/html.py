"""The validation report: one HTML file that makes no request, tells one story and prints on A4."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..analysis.running import Analysed
from ..core.note import notes_in
from ..core.vocabulary import Language, vocabulary
from ..present.released_rows import ReleasedRows
from ..present.view import View
from ..present.wording import Wording
from ..survey.account import SYNTHETIC
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.unreleased import refuse_unreleased
from . import closing, context, summary
from .evidence import evidence


def is_synthetic(patterns: ResponsePatterns) -> bool:
    """Whether the account of the reading says that (some of) the answers were simulated."""
    notes = patterns.account.notes if patterns.account else ()
    return any(notes_in(note)[0].key == SYNTHETIC for note in notes)


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


def render_report(
    answers: ReleasedAnswers,
    rows: ReleasedRows,
    origin: Mapping[str, Any],
    *,
    language: Language,
    title: str | None = None,
    synthetic: bool | None = None,
    analysed: Sequence[Analysed] = (),
    level: float = 0.95,
) -> str:
    """The report as one HTML document.

    rows: `released_rows.released_rows(...)`, with note keys; origin: `results_json.provenance(...)`;
    title: the instrument's title by default; synthetic: stamp the report as made from simulated answers, by default when the
    account of the reading says so; analysed: the results themselves, for distributions over leaders and respondents, which
    have no rows; level: of the intervals in the rows. Equal arguments give equal text.
    """
    refuse_unreleased(rows, "the report")
    wording = Wording(language, answers.instrument)
    view = View(answers=answers, rows=list(rows), wording=wording, analysed=analysed, level=level)
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
    decisive, others = summary.found(view)
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    page = _environment(language).get_template("report.html.j2")
    return page.render(
        language=language,
        title=title or answers.instrument.title[language] or answers.instrument.key,
        style=Markup(style),
        text=wording.text,
        synthetic=is_synthetic(answers) if synthetic is None else synthetic,
        answers=summary.answers(view),
        matrix=summary.matrix(view),
        findings=decisive,
        more_findings=others,
        sections=sections,
        files=[file["name"] for file in origin["files"]],
        n=wording.count(answers.n),
        k=len(answers.items),
        version=origin["package"]["version"],
    )
