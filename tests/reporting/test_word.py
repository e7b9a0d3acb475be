"""The report as a Word document: every kind of block, in Word's own forms, the same bytes for the same blocks."""

from __future__ import annotations

import dataclasses
import io
import re
import struct
import typing
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

import omstilling_psychometrics as op
from omstilling_psychometrics.present import blocks as kinds
from omstilling_psychometrics.present.blocks import (
    Block,
    Bullets,
    Cell,
    Details,
    Finding,
    Findings,
    Heading,
    Paragraph,
    Plot,
    Plots,
    Section,
    Table,
)  # fmt: skip
from omstilling_psychometrics.present.drawing import draw
from omstilling_psychometrics.present.grid import places
from omstilling_psychometrics.present.tables import head_cell, number_cell, row_cell
from omstilling_psychometrics.present.word.paper import WIDTH
from omstilling_psychometrics.present.word.table import table_element
from omstilling_psychometrics.reporting import word
from omstilling_psychometrics.reporting.document import Document
from omstilling_psychometrics.reporting.validation import Validation

HOSTILE = "<w:t>&\x0b\x00 æøå 東京"


def _plot(name: str = "dots") -> Plot:
    return draw(
        name, lambda figure: figure.add_subplot().plot([1, 2], [2, 1]), height=2.0, width=4.0, title=name, description="falls"
    )


TABLE = Table(
    caption="Loadings H_i",
    head=[
        [head_cell("item", number=False, rows=2), head_cell("team", columns=2, starts_group=True)],
        [head_cell("estimate"), head_cell("n", starts_group=True)],
    ],
    body=[
        [row_cell("first", rows=2), number_cell("0.71", marks=("a",)), number_cell("40")],
        [number_cell("0.65"), number_cell("41")],
        [row_cell(HOSTILE, columns=2), Cell(text="met", state="met", detail="of 3")],
    ],
    notes=[("a", "few answers")],
    remark="95 % intervals",
)
ONE_OF_EACH: dict[type, Block] = {
    Table: TABLE,
    Paragraph: Paragraph(text=f"A sentence of H_i. {HOSTILE}", tone="caution"),
    Bullets: Bullets(texts=["first point", "second point"]),
    Heading: Heading(text="A question", key="question"),
    Plot: _plot(),
    Plots: Plots(plots=[_plot("one"), _plot("two")]),
    Findings: Findings(about="alpha", findings=[Finding(unit="team", text="high", anchor="items", state="met")]),
    kinds.Links: kinds.Links(text="More", links=[("Items", "items")]),
    Details: Details(summary="More", blocks=[Paragraph(text="inside")]),
}


def _document(*blocks: Block, synthetic: bool = True) -> Document:
    sections = [Section(key="items", title="Items", question="Which?", blocks=blocks)]
    first = Section(key="summary", title="Answers", blocks=[Paragraph(text="yes")])
    return Document(
        language="da", title="Skala", meta="40 svar", synthetic=synthetic, version="0", first_page=first, questions=sections
    )


def _opened(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def _texts(element: Any) -> str:
    return "".join(one.text or "" for one in element.iter(qn("w:t")))


@pytest.mark.parametrize("kind", typing.get_args(kinds.Block), ids=lambda kind: kind.kind)
def test_every_kind_of_block_is_written(kind: type) -> None:
    assert set(ONE_OF_EACH) == set(typing.get_args(kinds.Block))
    bare = len(word.render(_document()))
    assert len(word.render(_document(ONE_OF_EACH[kind]))) > bare


def test_equal_documents_are_equal_bytes_without_times() -> None:
    content = word.render(_document(*ONE_OF_EACH.values()))
    assert content == word.render(_document(*ONE_OF_EACH.values()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode("utf-8")
        assert not any("thumbnail" in name for name in archive.namelist())
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[^<]*", core)) == {"2025-01-01T00:00:00Z"}


def test_headings_language_title_and_stamp() -> None:
    opened = _opened(word.render(_document(Heading(text="A question"))))
    headings = [(one.style.name, one.text) for one in opened.paragraphs if one.style.name.startswith(("Heading", "Title"))]
    assert headings == [
        ("Title", "Skala"), ("Heading 1", "Answers"), ("Heading 2", "Indhold"), ("Heading 1", "Items"),
        ("Heading 2", "A question"),
    ]  # fmt: skip
    lang = opened.styles.element.find(f"{qn('w:docDefaults')}//{qn('w:lang')}")
    assert lang.get(qn("w:val")) == "da-DK"
    assert opened.core_properties.title == "Valideringsrapport: Skala"
    assert opened.core_properties.language == "da-DK"
    stamp = opened.sections[0].header.paragraphs[0]
    assert _texts(stamp._p) == "SYNTETISKE DATA."
    assert not _texts(_opened(word.render(_document(synthetic=False))).sections[0].header._element)


def test_a_table_is_one_of_words_own() -> None:
    opened = _opened(word.render(_document(TABLE)))
    (table,) = opened.element.body.iter(qn("w:tbl"))
    properties = table.find(qn("w:tblPr"))
    assert properties.find(qn("w:tblCaption")).get(qn("w:val")) == "Loadings H_i"
    rows = table.findall(qn("w:tr"))
    assert [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows] == [True, True, False, False, False]
    columns = [int(one.get(qn("w:w"))) for one in table.find(qn("w:tblGrid"))]
    assert len(columns) == 3
    for row in rows:
        wide = [cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}") for cell in row.findall(qn("w:tc"))]
        assert sum(1 if one is None else int(one.get(qn("w:val"))) for one in wide) == 3
        assert sum(int(one.get(qn("w:w"))) for one in row.iter(qn("w:tcW"))) == sum(columns)
    merged = [one.get(qn("w:val")) for one in table.iter(qn("w:vMerge"))]
    assert merged == ["restart", None, "restart", None]
    assert [_texts(cell) for cell in rows[2].findall(qn("w:tc"))] == ["first", "0.71a", "40"]
    assert "<w:t>&   æøå 東京" in _texts(rows[4])
    assert "✔ metof 3" in _texts(rows[4])
    lines = [one.text for one in opened.paragraphs]
    assert lines[lines.index("Loadings Hi") :] == ["Loadings Hi", "95 % intervals", "a few answers"]


def test_cells_over_rows_and_columns_stand_where_they_belong() -> None:
    grid = places(TABLE.body)
    assert [[(place.column, place.below) for place in line] for line in grid] == [
        [(0, False), (1, False), (2, False)], [(0, True), (1, False), (2, False)], [(0, False), (2, False)],
    ]  # fmt: skip


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    letters, long = "abcdefghij", " ".join(["definition"] * 12)

    def widths(*rows: list[Cell]) -> list[int]:
        made = table_element(Table(caption="", head=[], body=rows), "en", WIDTH)
        return [int(one.get(qn("w:w"))) for one in made.find(qn("w:tblGrid"))]

    word_wide, long_wide, number_wide = widths([row_cell(letters), Cell(text=long), number_cell("[0.123; 0.456]")])
    assert long_wide > 3 * number_wide > 3 * word_wide
    assert word_wide + long_wide + number_wide <= WIDTH
    # Ten letters of 8.5 points stand on one line in the widest font, and so does an interval below a figure.
    assert word_wide > 10 * 8.5 * 20 * 0.6
    assert widths([Cell(text="1", number=True, detail="[0.123; 0.456]"), Cell(text=long)])[0] == number_wide
    # Too much for a page: nothing reaches beyond it.
    assert sum(widths([number_cell("[1,234.567; 8,901.234]")] * 12)) <= WIDTH
    # Columns to be filled in are no slits.
    assert sum(widths([row_cell(""), Cell(text="")])) >= WIDTH // 2 - 1


def test_pictures_have_the_resolution_of_print_and_words_beside_them() -> None:
    content = word.render(_document(ONE_OF_EACH[Plots]))
    opened = _opened(content)
    shown = [(one.get("title"), one.get("descr")) for one in opened.element.body.iter(qn("wp:docPr"))]
    assert shown == [("one", "falls"), ("two", "falls")]
    extent = next(iter(opened.element.body.iter(qn("wp:extent"))))
    assert int(extent.get("cx")) == 4 * 914_400
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pictures = [archive.read(name) for name in archive.namelist() if name.endswith(".png")]
    # Two pictures of the same content are one part.
    assert {struct.unpack(">II", picture[16:24]) for picture in pictures} == {(1200, 600)}


def test_links_lead_to_bookmarks() -> None:
    body = _opened(word.render(_document(ONE_OF_EACH[Findings], ONE_OF_EACH[Heading]))).element.body
    marks = [one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))]
    assert len(marks) == len(set(marks)) == 3
    links = [one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))]
    assert links == ["_summary", "_items", "_items"]
    assert set(links) <= set(marks)


def test_a_cell_leads_to_its_page() -> None:
    """As on the first page: the text is the link, what it rests on below it is not."""
    answer = Cell(text="yes", detail="0.85 [0.84; 0.86]", state="met", anchor="question-score")
    table = table_element(Table(caption="answers", head=[], body=[[row_cell("may they?"), answer]]), "en", WIDTH)
    (found,) = table.iter(qn("w:hyperlink"))
    assert found.get(qn("w:anchor")) == "_question_score"
    assert "".join(text.text for text in found.iter(qn("w:t"))) == "✔ yes"


def test_what_is_for_the_screen_is_not_on_paper() -> None:
    hidden = Details(summary="Every number", blocks=[Paragraph(text="0.123")], printed=False)
    text = _texts(_opened(word.render(_document(hidden, ONE_OF_EACH[Details]))).element.body)
    assert "0.123" not in text
    assert "Moreinside" in text


# Orders that Word insists on: it repairs a file, or refuses it, where an element stands before one that has to precede it.
ORDERS = {
    "tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar vAlign",
    "pPr": "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd tabs spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b i color sz szCs vertAlign lang",
}


def test_elements_stand_in_the_order_of_the_standard() -> None:
    body = _opened(word.render(_document(*ONE_OF_EACH.values()))).element.body
    for parent, order in ORDERS.items():
        known = order.split()
        found = list(body.iter(qn(f"w:{parent}")))
        assert found, parent
        for one in found:
            places = [known.index(child.tag.rpartition("}")[2]) for child in one]
            assert places == sorted(places), (parent, [child.tag for child in one])
    for cell in body.iter(qn("w:tc")):
        assert cell[-1].tag == qn("w:p"), "a cell ends in a paragraph"


@pytest.fixture(scope="module")
def validated() -> Validation:
    return op.validate(op.draw_team(leaders=40, team_size=6, rng=1), ["items", "reliability"], rng=1)


def test_the_report_has_the_numbers_of_the_page(validated: Validation, tmp_path: Path) -> None:
    validated.write_report(tmp_path / "report.docx", "en", full=True)
    tables = docx.Document(str(tmp_path / "report.docx")).element.body.iter(qn("w:tbl"))
    # One without a caption only puts things beside each other.
    written = [_texts(one) for one in tables if one.find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}") is not None]
    wanted = [table for section in validated.document("en").sections for table in _printed_tables(section.blocks)]
    assert len(written) == len(wanted) > 5
    for text, table in zip(written, wanted, strict=True):
        for cell in (cell for line in table.body for cell in line if cell.number):
            assert cell.text in text


def _printed_tables(blocks: Any) -> list[Table]:
    tables: list[Table] = []
    for block in blocks:
        if isinstance(block, Table):
            tables.append(block)
        elif isinstance(block, Details) and block.printed:
            tables += _printed_tables(block.blocks)
    return tables


@pytest.mark.parametrize("full", [False, True])
def test_the_evidence_is_there_in_full_only_and_no_link_leads_nowhere(validated: Validation, full: bool) -> None:
    document = validated.document("en", full=full)
    body = docx.Document(io.BytesIO(word.render(document))).element.body
    headings = [
        one.text for one in docx.Document(io.BytesIO(word.render(document))).paragraphs if one.style.name == "Heading 1"
    ]
    absent = [] if full else document.evidence
    assert headings == [one.title for one in document.sections if one not in absent]
    there = {one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))}
    links = {one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))}
    assert len(links) > 5
    assert links <= there


def test_the_page_of_an_item_is_dense_and_its_picture_stands_beside_what_follows() -> None:
    fill_in = Table(
        caption="Decision", head=[[head_cell("decision", number=False), head_cell("by whom", number=False)]],
        body=[[Cell(text="keep"), Cell(text="")]],
    )  # fmt: skip
    judged = Table(
        caption="Criteria", head=[[head_cell("criterion", number=False), head_cell("team")]],
        body=[[Cell(text="H", scope="row", detail="Mokken (1971)"), Cell(text="0.51", state="met", detail="[0.49; 0.53]")]],
    )  # fmt: skip
    blocks = [judged, _plot(), Heading(text="What is lost?"), Bullets(texts=["content"]), fill_in]
    plain = _document(*blocks)
    dossier = dataclasses.replace(plain, questions=(), dossiers=[Section(key="item-1", title="Item 1", blocks=blocks)])
    opened = _opened(word.render(dossier))
    criteria, beside, decision = opened.element.body.iter(qn("w:tbl"))
    ((left, right),) = [row.findall(qn("w:tc")) for row in beside.findall(qn("w:tr"))]
    assert len(list(left.iter(qn("w:drawing")))) == 1
    assert _texts(right) == "What is lost?content"
    assert sum(int(one.get(qn("w:w"))) for one in beside.iter(qn("w:gridCol"))) == WIDTH
    (heading,) = [one for one in opened.paragraphs if (one.style.name, one.text) == ("Heading 1", "Item 1")]
    assert heading.paragraph_format.page_break_before
    # The source behind the criterion, the interval below its number.
    assert [len(list(cell.iter(qn("w:br")))) for cell in list(criteria.iter(qn("w:tr")))[1].findall(qn("w:tc"))] == [0, 1]
    styles = {style.get(qn("w:val")) for style in criteria.iter(qn("w:pStyle"))}
    assert {opened.styles.element.get_by_id(one).name_val for one in styles} == {"Tabletext Dense"}
    assert opened.styles["Tabletext Dense"].font.size.pt == 7.5
    # Where something is to be filled in there is room, in height and width.
    (line,) = [row for row in decision.iter(qn("w:tr")) if row.find(f"{qn('w:trPr')}/{qn('w:trHeight')}") is not None]
    assert _texts(line) == "keep"
    first, second = (int(one.get(qn("w:w"))) for one in decision.iter(qn("w:gridCol")))
    assert second > 3 * first
    whole = _opened(word.render(plain))
    assert not any("Dense" in one.style.name for one in whole.paragraphs)
    assert len(list(whole.element.body.iter(qn("w:tbl")))) == 2
