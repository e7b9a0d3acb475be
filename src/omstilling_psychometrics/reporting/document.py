"""The report before it is HTML or Word: what stands in it, in which order, and nothing of how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..analysis.running import Analysed
from ..core.note import notes_in
from ..core.vocabulary import Language
from ..present.blocks import Section
from ..present.released_rows import ReleasedRows
from ..present.view import View
from ..present.wording import Wording
from ..survey.account import SYNTHETIC
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.study import Study
from ..survey.unreleased import refuse_unreleased
from . import closing, context, dossiers, items
from .checklist import checklist
from .evidence import evidence
from .first_page import first_page, question_pages, with_its_number
from .how_read import handing_on, how_read
from .how_to_read import how_to_read
from .paper import paper
from .story import STORY
from .story.file import questions as questions_of_the_file
from .story.question import Question
from .the_study import the_study


@dataclass(frozen=True, kw_only=True)
class Document:
    """title: of the instrument; meta: the line below it; synthetic: the answers were simulated, and every page says so;
    version: of the package; first_page: the answers; questions: one page each; items: the table of all items; dossiers: one
    page per item; evidence: everything else that was found; back_matter: verdicts, words, methods, where the numbers come from;
    full: these two are printed.
    """

    language: Language
    title: str
    meta: str
    synthetic: bool
    version: str
    full: bool = False
    first_page: Section
    questions: Sequence[Section] = ()
    items: Section | None = None
    dossiers: Sequence[Section] = ()
    evidence: Sequence[Section] = ()
    back_matter: Sequence[Section] = ()

    @property
    def items_and_dossiers(self) -> list[Section]:
        """The table of all items, and the pages of each."""
        return [*(() if self.items is None else (self.items,)), *self.dossiers]

    @property
    def sections(self) -> list[Section]:
        """All of them, in the order in which they are read."""
        return [self.first_page, *self.questions, *self.items_and_dossiers, *self.evidence, *self.back_matter]


def compose(
    answers: ReleasedAnswers,
    rows: ReleasedRows,
    origin: Mapping[str, Any],
    *,
    language: Language,
    title: str | None = None,
    synthetic: bool | None = None,
    analysed: Sequence[Analysed] = (),
    level: float = 0.95,
    full: bool = False,
    study: Study | None = None,
    versions: Mapping[str, ReleasedRows] | None = None,
) -> Document:
    """The report on some answers.

    rows: `released_rows.released_rows(...)`, with note keys; origin: `results_json.provenance(...)`;
    title: the instrument's title by default; synthetic: stamp the report as made from simulated answers, by default when the
    account of the reading says so; analysed: the results themselves, for distributions over leaders and respondents, which
    have no rows; level: of the intervals in the rows; full: print the evidence too; study: what is known of it beside the
    answers. versions: comparisons of waves and of forms, of `versions.versions(...)`.
    Equal arguments give equal documents.
    """
    refuse_unreleased(rows, "the report")
    wording = Wording(language, answers.instrument)
    options: dict[str, Any] = {"analysed": analysed, "level": level, "study": study, "versions": versions or {}}
    view = View(answers=answers, rows=list(rows), wording=wording, **options)
    files = ", ".join(file["name"] for file in origin["files"]) or wording.text("no_file")
    version = origin["package"]["version"]
    is_simulated = is_synthetic(answers) if synthetic is None else synthetic
    questions = asked(origin, is_simulated)
    study_pages = [page for page in (the_study(view),) if page is not None]
    sections = [how_read(view), context.instrument(view), context.participants(view), *study_pages, *evidence(view)]
    back_matter = [
        closing.verdict_table(view),
        closing.limits(view),
        closing.glossary(view),
        closing.methods(view),
        closing.provenance(view, origin),
        handing_on(view, synthetic=is_simulated),
    ]
    back_matter.append(paper(view, origin))
    titles = {section.key: section.title for section in (*sections, *back_matter)}
    back_matter.append(checklist(view, titles))
    # The last page is about the file; what is explained belongs to those before it.
    pages = question_pages(view, questions, titles)
    return Document(
        language=language,
        title=title or answers.instrument.title[language] or answers.instrument.key,
        meta=wording.text("report_meta", n=wording.count(answers.n), k=len(answers.items), files=files, version=version),
        synthetic=is_simulated,
        version=version,
        full=full,
        first_page=first_page(view, questions),
        questions=[*pages[:-1], how_to_read(view), *pages[-1:]],
        items=with_its_number(view, questions, items.section(view)),
        dossiers=dossiers.sections(view),
        evidence=sections,
        back_matter=back_matter,
    )


def asked(origin: Mapping[str, Any], synthetic: bool) -> list[Question]:
    """What the first page answers."""
    return [*STORY, *questions_of_the_file(origin, synthetic)]


def is_synthetic(patterns: ResponsePatterns) -> bool:
    """Whether the account of the reading says that (some of) the answers were simulated."""
    notes = patterns.account.notes if patterns.account else ()
    return any(notes_in(note)[0].key == SYNTHETIC for note in notes)
