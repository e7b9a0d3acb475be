"""The validation report as a Word document: the same blocks as on the page of HTML, for people who write on."""

from __future__ import annotations

from ..present.blocks import Heading, Section
from ..present.word.elements import run
from ..present.word.paper import Paper
from ..present.wording import Wording
from .document import Document


def render(document: Document) -> bytes:
    """The report as the bytes of a .docx file; equal documents give equal bytes. Nothing folds in Word: the evidence is there
    if it is to be printed."""
    text = Wording(document.language).text
    folded = {one.key for one in document.evidence if not document.full}
    sections = [one for one in document.sections if one.key not in folded]
    headings = {block.key for one in sections for block in one.blocks if isinstance(block, Heading) and block.key}
    paper = Paper(
        document.language,
        f"{text('report_kind')}: {document.title}",
        f"omstilling_psychometrics {document.version}",
        {*(one.key for one in sections), *headings},
    )
    stamp = text("synthetic_stamp") if document.synthetic else ""
    paper.running_lines(stamp, text("footer", version=document.version))
    paper.paragraph([run(text("report_kind"), colour="52606D")], "Note")
    paper.heading(document.title, 0)
    paper.paragraph([run(document.meta)], "Note")
    if document.synthetic:
        paper.paragraph([run(f"{stamp} ", bold=True, colour="8A1C1C"), run(text("synthetic_text"), colour="8A1C1C")])
    _section(paper, document.first_page)
    paper.contents(text("contents_title"), [(one.key, one.title) for one in sections])
    pages = {id(one) for one in (*document.questions, *document.dossiers, *document.evidence[:1], *document.back_matter[:1])}
    dense = {id(one) for one in document.dossiers}
    for section in sections[1:]:
        new_page = id(section) in pages or section is document.items
        _section(paper, section, new_page=new_page, one_page=id(section) in dense)
    return paper.content()


def _section(paper: Paper, section: Section, *, new_page: bool = False, one_page: bool = False) -> None:
    paper.heading(section.title, 1, anchor=section.key, new_page=new_page)
    if section.question:
        paper.paragraph([run(section.question, italic=True, colour="52606D")], with_next=True)
    if one_page:
        paper.one_page(section.blocks)
    else:
        paper.blocks(section.blocks)
