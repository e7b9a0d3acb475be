"""Elements of a Word document: runs, paragraphs, links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...core.vocabulary import Language
from ..typesetting import pieces
from ..wording import clean

INK, MUTED, LINK, STAMP = "1F2933", "52606D", "0B4F85", "8A1C1C"
STATES = {
    "met": ("\u2714", "00573D"),
    "not_met": ("\u2718", "9A3412"),
    "inconclusive": ("\u2248", "6B4E00"),
    "not_evaluated": ("\u25cb", "48535E"),
}  # fmt: skip

Element = Any


def element(tag: str, *children: Element, **attributes: object) -> Element:
    """<w:tag w:attribute="…">children</w:tag>."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


def run(
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    colour: str = "",
    size: float = 0,
    position: str = "",
    code: bool = False,
) -> Element:
    """A text in one look; size: points, 0 for that of its paragraph."""
    look = []
    if code:
        look.append(element("rFonts", ascii="Consolas", hAnsi="Consolas", cs="Consolas"))
    look += [element("b")] if bold else []
    look += [element("i")] if italic else []
    look += [element("color", val=colour)] if colour else []
    look += [element("sz", val=round(2 * size))] if size else []
    if position:
        look.append(element("vertAlign", val="superscript" if position == "sup" else "subscript"))
    written = element("t")
    written.text = clean(text)
    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element("r", *([element("rPr", *look)] if look else []), written)


def runs(text: str, language: Language, **look: Any) -> list[Element]:
    """A text with the indices of its symbols lowered or raised."""
    return [run(part, position=position, **look) for part, position in pieces(text, language)]


def link(anchor: str, content: Iterable[Element]) -> Element:
    """A link to a bookmark of the same document."""
    return element("hyperlink", *content, anchor=bookmark_name(anchor), history=1)


def bookmark(anchor: str, number: int) -> tuple[Element, Element]:
    """Beginning and end of the place that links lead to."""
    return element("bookmarkStart", id=number, name=bookmark_name(anchor)), element("bookmarkEnd", id=number)


def bookmark_name(anchor: str) -> str:
    """As Word takes it: letters, digits and underscores, forty at most."""
    return "_" + re.sub(r"\W", "_", anchor, flags=re.ASCII)[:39]


def field(code: str) -> Element:
    """What Word computes for every page, such as its number."""
    return element("fldSimple", run("1", colour=MUTED, size=8), instr=code)
