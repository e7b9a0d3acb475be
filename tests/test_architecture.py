"""The page about the house tells the truth: the drawing is that of the imports, and every module and name on it is there."""

from __future__ import annotations

from architecture import DRAWING, drawn


def test_the_drawing_is_that_of_the_imports() -> None:
    assert DRAWING.read_text(encoding="utf-8") == drawn(), "draw it anew: python tests/architecture.py"
