"""A Word document that is being written, block by block."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ...core.vocabulary import Language
from ..blocks import Block, Bullets, Cell, Details, Findings, Heading, Links, Paragraph, Plot, Plots, Table
from ..office import WRITTEN, without_times
from ..wording import Wording, clean
from .elements import INK, LINK, MUTED, STAMP, STATES, Element, bookmark, element, field, link, run, runs
from .table import table_element

# Millimetres of A4, and of its margins; twips and Word's own units to one.
_PAGE, _MARGIN = (210, 297), 17
_TWIPS = 1440 / 25.4
_EMU = 36_000
WIDTH = round((_PAGE[0] - 2 * _MARGIN) * _TWIPS)
# A picture is as wide as on the page of HTML, where there is room.
_EMU_PER_INCH = 914_400

_LOCALES = {"da": "da-DK", "en": "en-GB"}
# Points; space before and after.
_TEXT = 10
_STYLES: dict[str, tuple[float, str, bool, float, float]] = {
    "Normal": (_TEXT, INK, False, 0, 5),
    "Title": (22, INK, True, 0, 4),
    "Heading 1": (15, INK, True, 14, 3),
    "Heading 2": (12, INK, True, 9, 3),
    "Heading 3": (_TEXT, INK, True, 8, 3),
    "Caption": (9.5, INK, True, 6, 2),
    "List Bullet": (_TEXT, INK, False, 0, 3),
    "Quote": (_TEXT, MUTED, False, 0, 6),
}
_OF_OURS: dict[str, tuple[float, str, bool, float, float]] = {
    "Tabletext": (8.5, INK, False, 1, 1),
    "Note": (8.5, MUTED, False, 0, 2),
}
# The same where all of a section belongs on one page.
_DENSE: dict[str, tuple[float, str, bool, float, float]] = {
    "Normal": (9, INK, False, 0, 2),
    "Heading 2": (9, INK, True, 2, 1),
    "Caption": (8.5, INK, True, 3, 1),
    "List Bullet": (8, INK, False, 0, 1),
    "Note": (7.5, MUTED, False, 0, 1),
    "Tabletext": (7.5, INK, False, 0.3, 0.3),
}
# Of a dense page: points of a table, and the share of the width that a picture has beside what follows it.
_DENSE_TABLE, _DENSE_PICTURE = 7.5, 0.56


def _dense(style: str) -> str:
    return f"{style} Dense"


class Paper:
    """A4, in one language, with one look; `content` gives its bytes, equal for equal blocks. targets: what links between blocks
    may lead to; one that leads elsewhere is left out."""

    def __init__(self, language: Language, title: str, author: str, targets: Collection[str] = ()) -> None:
        import docx

        self.language: Language = language
        self._document: Any = docx.Document()
        self._anchors: set[str] = set()
        self._targets = targets
        self._dense = False
        self._dress(title, author)

    # ---------------------------------------------------------------- the whole

    def _dress(self, title: str, author: str) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.oxml.ns import qn
        from docx.shared import Mm, Pt, RGBColor

        styles = self._document.styles
        for name in _OF_OURS:
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        for name in _DENSE:
            styles.add_style(_dense(name), WD_STYLE_TYPE.PARAGRAPH).base_style = styles[name]
        looks = _STYLES | _OF_OURS | {_dense(name): look for name, look in _DENSE.items()}
        for name, (size, colour, bold, before, after) in looks.items():
            style = styles[name]
            style.font.size, style.font.bold, style.font.italic = Pt(size), bold, name == "Quote"
            style.font.color.rgb = RGBColor.from_string(colour)
            style.font.name = "Calibri"
            fonts = style.element.rPr.find(qn("w:rFonts"))
            for theme in [key for key in fonts.attrib if key.endswith("Theme")]:
                del fonts.attrib[theme]
            fonts.set(qn("w:cs"), "Calibri")
            space = style.paragraph_format
            space.space_before, space.space_after, space.line_spacing = Pt(before), Pt(after), 1.0
        for edge in styles["Title"].element.iter(qn("w:pBdr")):
            edge.getparent().remove(edge)
        spoken = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}/{qn('w:lang')}")
        spoken.set(qn("w:val"), _LOCALES[self.language])
        page = self._document.sections[0]
        page.page_width, page.page_height = Mm(_PAGE[0]), Mm(_PAGE[1])
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(_MARGIN)
        about = self._document.core_properties
        about.title, about.author, about.language, about.comments = clean(title), author, _LOCALES[self.language], ""
        about.created = about.modified = datetime.fromisoformat(WRITTEN).astimezone(UTC)
        about.last_modified_by = author
        # The picture of an empty page that the library's own first document brings along.
        links = self._document.part.package.rels
        for name in [name for name, one in links.items() if one.reltype.endswith("/thumbnail")]:
            del links[name]

    def running_lines(self, head: str, foot: str) -> None:
        """What stands at the top and at the bottom of every page, there with its number."""
        page = self._document.sections[0]
        if head:
            page.header.paragraphs[0]._p.append(run(head, bold=True, colour=STAMP, size=8.5))
        below = page.footer.paragraphs[0]._p
        for part in (
            run(f"{foot}  ·  ", colour=MUTED, size=8),
            field("PAGE"),
            run(" / ", colour=MUTED, size=8),
            field("NUMPAGES"),
        ):
            below.append(part)

    def content(self) -> bytes:
        """The document as bytes."""
        buffer = io.BytesIO()
        self._document.save(buffer)
        return without_times(buffer.getvalue())

    # ---------------------------------------------------------------- its parts

    def paragraph(self, content: Iterable[Element], style: str = "Normal", *, with_next: bool = False) -> Any:
        """A paragraph of runs; with_next: it stays on the page of the next one."""
        added = self._document.add_paragraph(style=_dense(style) if self._dense and style in _DENSE else style)
        added.paragraph_format.keep_with_next = with_next or None
        for one in content:
            added._p.append(one)
        return added

    def heading(self, text: str, level: int, *, anchor: str = "", new_page: bool = False) -> None:
        """A heading of the document (level 0: its title) that links may lead to."""
        style = f"Heading {level}" if level else "Title"
        added = self.paragraph(runs(text, self.language), style, with_next=True)
        added.paragraph_format.page_break_before = new_page or None
        if anchor and anchor not in self._anchors:
            self._anchors.add(anchor)
            start, end = bookmark(anchor, len(self._anchors))
            added._p.insert(1, start)
            added._p.append(end)

    def contents(self, title: str, sections: Sequence[tuple[str, str]]) -> None:
        """A list of (anchor, title) as Word's own table of contents, filled already."""
        self.heading(title, 2, new_page=True)
        code = element("instrText")
        code.text = ' TOC \\o "1-1" \\h \\n '
        begin = [element("r", element("fldChar", fldCharType="begin")), element("r", code)]
        begin.append(element("r", element("fldChar", fldCharType="separate")))
        for place, (anchor, name) in enumerate(sections):
            line = [*begin, link(anchor, [run(name, colour=LINK)])]
            begin = []
            if place == len(sections) - 1:
                line.append(element("r", element("fldChar", fldCharType="end")))
            self.paragraph(line, "Note")

    def blocks(self, blocks: Iterable[Block]) -> None:
        """Blocks, one after the other."""
        for block in blocks:
            self.block(block)

    def one_page(self, blocks: Sequence[Block]) -> None:
        """Blocks so small and so near to each other that a page may hold them; what follows a picture stands beside it, up to
        the next table."""
        self._dense = True
        place = 0
        while place < len(blocks):
            block, end = blocks[place], place + 1
            while isinstance(block, Plot) and end < len(blocks) and isinstance(blocks[end], Heading | Paragraph | Bullets):
                end += 1
            if end > place + 1:
                self._beside(blocks[place], blocks[place + 1 : end])
            else:
                self.block(block)
            place = end
        self._dense = False

    def _beside(self, left: Block, right: Sequence[Block]) -> None:
        """Two columns without lines: a block, and others."""
        body = self._document.element.body
        widths = [round(_DENSE_PICTURE * WIDTH), WIDTH - round(_DENSE_PICTURE * WIDTH)]
        cells = []
        for content, width in zip(([left], right), widths, strict=True):
            before = len(body)
            self.blocks(content)
            paragraphs = list(body[before - 1 : -1])  # the page's own properties are last
            cells.append(element("tc", element("tcPr", element("tcW", w=width, type="dxa")), *paragraphs))
        properties = element(
            "tblPr", element("tblW", w=WIDTH, type="dxa"), element("tblLayout", type="fixed"), element("tblLook", firstRow=0)
        )
        grid = element("tblGrid", *(element("gridCol", w=width) for width in widths))
        row = element("tr", element("trPr", element("cantSplit")), *cells)
        body[-1].addprevious(element("tbl", properties, grid, row))
        self.paragraph([run(" ", size=2)], "Note")

    def block(self, block: Block) -> None:
        """One block; what is only for the screen is left out."""
        match block:
            case Table():
                self._table(block)
            case Paragraph():
                self._paragraph(block)
            case Bullets():
                for text in block.texts:
                    self.paragraph(runs(text, self.language), "List Bullet")
            case Heading():
                self.heading(block.text, 2, anchor=block.key)
            case Plot():
                self._plot(block)
            case Plots():
                self.blocks(block.plots)
            case Findings():
                self._findings(block)
            case Links():
                self._links(block)
            case Details():
                if block.printed:
                    self.heading(block.summary, 3)
                    self.blocks(block.blocks)

    def _links(self, links: Links) -> None:
        content: list[Element] = []
        for title, anchor in links.links:
            if anchor in self._targets:
                content += [run(" · " if content else f"{links.text}: "), link(anchor, [run(title, colour=LINK)])]
        if content:
            self.paragraph(content, "Note")

    def _table(self, table: Table) -> None:
        self.paragraph(runs(table.caption, self.language), "Caption", with_next=True)
        last = self._document.element.body[-1]  # the page's own properties
        shown = replace(table, body=[self._leading(line) for line in table.body])
        last.addprevious(table_element(shown, self.language, WIDTH, dense=_DENSE_TABLE if self._dense else None))
        notes = [runs(table.remark, self.language)] if table.remark else []
        notes += [[run(mark, position="sup"), *runs(f" {text}", self.language)] for mark, text in table.notes]
        # Two tables with nothing between them would be one.
        for content in notes or [[run(" ", size=4)]]:
            self.paragraph(content, "Note")

    def _leading(self, line: Iterable[Cell]) -> list[Cell]:
        return [cell if cell.anchor in self._targets else replace(cell, anchor="") for cell in line]

    def _paragraph(self, paragraph: Paragraph) -> None:
        looks: dict[str, tuple[str, dict[str, Any]]] = {
            "plain": ("Normal", {}),
            "lead": ("Normal", {"colour": MUTED, "italic": True}),
            "caution": ("Normal", {"bold": True}),
            "quote": ("Quote", {}),
            "remark": ("Note", {}),
        }
        style, look = looks[paragraph.tone]
        added = self.paragraph(runs(paragraph.text, self.language, **look), style)
        if paragraph.tone == "caution":
            edge = element("left", val="single", sz=24, space=6, color="E69F00")
            properties = added._p.get_or_add_pPr()
            properties.insert_element_before(
                element("pBdr", edge), "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
            )

    def _plot(self, plot: Plot) -> None:
        room = (_PAGE[0] - 2 * _MARGIN) * _EMU
        width = min(round(plot.picture.width * _EMU_PER_INCH), round(room * (_DENSE_PICTURE - 0.03)) if self._dense else room)
        added = self.paragraph([], with_next=True)
        shape = added.add_run().add_picture(io.BytesIO(plot.picture.png()), width=width)._inline.docPr
        shape.set("title", clean(plot.caption))
        shape.set("descr", clean(plot.description))
        self.paragraph(runs(plot.caption, self.language), "Note")

    def _findings(self, findings: Findings) -> None:
        wording = Wording(self.language)
        for one in findings.findings:
            content = []
            if one.state:
                sign, colour = STATES[one.state]
                word = one.verdict or wording.text(f"state_{one.state}")
                content.append(run(f"{sign} {word} ", bold=True, colour=colour))
            content += [run(f"{one.unit}: ", bold=True), *runs(f"{one.text} ", self.language)]
            if one.anchor in self._targets:
                content.append(link(one.anchor, [run(wording.text("to_evidence"), colour=LINK, size=9)]))
            self.paragraph(content, "List Bullet")
