"""Is a difference in reliability between what is compared real?"""

from __future__ import annotations

from collections.abc import Sequence

from ...core.criteria import State
from ...core.note import notes_in
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Table
from ...present.drawing import dot_plot
from ...present.rows import Row
from ...present.tables import Footnotes, Line, head_cell, number_cell, row_cell
from ...present.view import View
from .comparison import arises as compared_at_all
from .comparison import words
from .question import Answer, Question, number_and_interval, shown, with_interval
from .reliability import to_print

# Decimals: what is beyond chance among many answers may be small.
DIGITS = 3
DEPENDENT = "respondents_about_several"


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
    states = {state_of(row) for row in differences}
    state: State = "met" if states == {"met"} else "inconclusive"
    largest = max(real or differences, key=lambda row: abs(row["estimate"]))
    difference = with_interval(view, largest, DIGITS)
    number = wording.text("story_change_number", pair=wording.method(largest["method"]), difference=difference)
    if len(differences) == 1:
        said = wording.text("story_met") if state == "met" else verdict(view, differences[0])
        return Answer(text=said, number=number, state=state)
    text = (
        wording.text("story_change_some", real=len(real), of=len(differences))
        if real
        else wording.text("story_change_not_shown")
    )
    return Answer(text=text, number=number, state=state)


def state_of(row: Row) -> State:
    """Beyond chance, where the test of it holds what it says; that there is none is never shown."""
    return "met" if find.away_from_zero(row) and not _too_often(row) else "inconclusive"


def _too_often(row: Row) -> bool:
    """Answers that depend on each other were taken as independent, so that the test rejects too often."""
    return any(note.key == DEPENDENT for note in notes_in(row["note"]))


def verdict(view: View, row: Row) -> str:
    if not find.away_from_zero(row):
        return view.wording.text("story_change_not_shown")
    return view.wording.text("story_change_if_the_test_holds" if _too_often(row) else "story_change_real")


def verdict_cell(view: View, row: Row) -> Cell:
    return Cell(text=verdict(view, row), state=state_of(row))


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
    notes = Footnotes(wording)
    head = [head_cell(wording.text(key), number=False) for key in ("story_pair_heading", "verdict_heading")]
    printed = [_of_printed(view, row) for row in differences]
    known = any(printed)
    names = [wording.quantity("alpha_difference"), *([wording.text("story_printed_heading")] if known else []), "n"]
    head += [head_cell(name) for name in names]
    body = [
        [
            row_cell(wording.method(row["method"]), marks=notes.mark(row["note"])),
            verdict_cell(view, row),
            number_and_interval(view, row, DIGITS),
            *([number_cell(of_printed or "–")] if known else []),
            number_cell(wording.count(row["n"])),
        ]
        for row, of_printed in zip(differences, printed, strict=True)
    ]
    caption = wording.text("alphas_caption")
    return [
        *([plot] if plot else []),
        Table(caption=caption, head=[head], body=body, notes=notes.listed(), stacks=True),
        Bullets(texts=how_read(view, differences)),
    ]


def how_read(view: View, differences: Sequence[Row]) -> list[str]:
    """When a difference is called real, and what alpha stands for."""
    real = "story_change_test_too_often" if any(map(_too_often, differences)) else "story_change_test"
    return [view.wording.text(key) for key in (real, "story_change_alpha", "story_change_spread")]


def told(view: View) -> list[str]:
    """What its page says of that, where it has one."""
    return how_read(view, _differences(view)) if arises(view) is None else []


def _of_printed(view: View, row: Row) -> str:
    """The coefficients to print of two roles, and what they differ by, which has no test; nothing where one has none."""
    units = [unit for name in row["method"].split("~") for unit in shown(view) if unit == (name, None)]
    values = [found["estimate"] for unit in units if (found := to_print(view, unit)) is not None]
    if len(values) != 2:
        return ""
    rounded = [round(value, DIGITS) for value in values]
    first, second, less = (view.wording.decimal(value, DIGITS) for value in (*rounded, rounded[0] - rounded[1]))
    return f"{first} \N{MINUS SIGN} {second} = {less}".replace("-", "\N{MINUS SIGN}")


QUESTION = Question(
    key="change", together=together, arises=arises, page=page, words=words, evidence=("alpha_comparison", "reliability")
)
