"""How the numbers of the story are to be read: the convention of intervals and verdicts, and its few technical words."""

from __future__ import annotations

from ..present.blocks import Bullets, Section
from ..present.view import View


def how_to_read(view: View) -> Section:
    """A few lines, printed beside the questions; every word is in the glossary."""
    wording = view.wording
    words = [wording.text(f"words_of_{analysis}") for analysis in view.analyses if wording.has_text(f"words_of_{analysis}")]
    return Section(
        key="question-words",
        title=wording.text("how_to_read_title"),
        blocks=[Bullets(texts=[wording.text("first_page_remark"), wording.text("words_of_scale"), *words])],
    )
