"""Is a difference in reliability between what is compared real?"""

from __future__ import annotations

from collections.abc import Sequence

from ...present import rows as find
from ...present.blocks import Block, Bullets
from ...present.drawing import dot_plot
from ...present.rows import Row
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .comparison import arises as compared_at_all
from .comparison import words
from .question import Answer, Question, with_interval

# Decimals: what is beyond chance among many answers may be small.
DIGITS = 3


def arises(view: View) -> str | None:
    return compared_at_all(view, "alpha_comparison")


def _differences(view: View) -> list[Row]:
    return compared(view.of("alpha_comparison"))


def compared(rows: Sequence[Row]) -> list[Row]:
    """The differences with their intervals: what tests of other assumptions say is not among them."""
    rows = find.where(rows, quantity="alpha_difference")
    return [row for row in rows if row["estimate"] is not None and "/" not in (row["method"] or "")]


def together(view: View) -> Answer:
    return answer(view, _differences(view))


def answer(view: View, differences: Sequence[Row]) -> Answer:
    """Are these differences beyond chance? With the largest of those that are."""
    wording = view.wording
    if not differences:
        return Answer(text=wording.text("story_not_evaluated"), state="not_evaluated")
    real = [row for row in differences if find.away_from_zero(row)]
    largest = max(real or differences, key=lambda row: abs(row["estimate"]))
    difference = with_interval(view, largest, DIGITS)
    number = wording.text("story_change_number", pair=wording.method(largest["method"]), difference=difference)
    if len(differences) == 1:
        return Answer(text=wording.text("story_met" if real else "story_change_not_shown"), number=number)
    text = (
        wording.text("story_change_some", real=len(real), of=len(differences))
        if real
        else wording.text("story_change_not_shown")
    )
    return Answer(text=text, number=number)


def page(view: View) -> list[Block]:
    wording, differences = view.wording, _differences(view)
    lines: list[Line] = [(wording.method(row["method"]), {"method": row["method"]}) for row in differences]
    plot = dot_plot(
        view,
        "story-alpha-differences",
        differences,
        lines,
        title=wording.text("alphas_plot"),
        xlabel=wording.quantity("alpha_difference"),
        reference=(0.0,),
    )
    numbers = table(
        view,
        [{**row, "role": "all", "group": None} for row in differences],
        caption=wording.text("alphas_caption"),
        key_heading=wording.text("story_pair_heading"),
        lines=lines,
        columns=[*estimate_and_interval(view, wording.quantity("alpha_difference")), Column("n", "n")],
    )
    return [
        *([plot] if plot else []),
        numbers,
        Bullets(texts=[wording.text("story_change_alpha"), wording.text("story_change_spread")]),
    ]


QUESTION = Question(
    key="change", together=together, arises=arises, page=page, words=words, evidence=("alpha_comparison", "reliability")
)
