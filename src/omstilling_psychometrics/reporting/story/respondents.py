"""How many respondents must the next pilot have? What the width of an interval found here says of it, and COSMIN's sizes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...core.criteria import cut_off
from ...present.blocks import Block, Bullets, Cell, Plot, Table
from ...present.drawing import draw
from ...present.rows import Unit
from ...present.style import GRID, MUTED, SERIES, legend_above, margins, number_axis
from ...present.tables import head_cell, number_cell, row_cell
from ...present.view import View
from ...topics.leaders.plot_reliability_of_means import LINES
from .question import Answer, Question, shown
from .reliability import short_name, to_print

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A reliability coefficient is known well enough where its interval is no wider than this.
WIDTH = 0.10
# An interval that is wider than this says too little of a coefficient to reckon with.
_KNOWN = 0.5
# Numbers of answers from and to which it is drawn.
_DRAWN = (50, 2000)


def width(view: View, unit: Unit) -> float | None:
    """Of the interval of the coefficient to print."""
    row = to_print(view, unit)
    return None if row is None or row["conf_low"] is None or row["conf_high"] is None else row["conf_high"] - row["conf_low"]


def for_width(view: View, unit: Unit) -> int | None:
    """Answers from which its interval is that narrow, all else equal: widths go with 1/√n. To two digits, upwards."""
    row, found = to_print(view, unit), width(view, unit)
    if row is None or not found or found > _KNOWN:
        return None
    n: float = row["n"] * (found / WIDTH) ** 2
    step = int(10 ** max(0, math.floor(math.log10(n)) - 1)) if n >= 1 else 1
    return math.ceil(round(n / step, 6)) * step


def for_one_factor(view: View) -> int:
    sample = cut_off("cosmin_cfi").sample
    return 0 if sample is None else sample.needed(len(view.answers.items))


def per_group() -> int:
    sample = cut_off("cosmin_dif").sample
    return 0 if sample is None else sample.per_group


def _compares(view: View) -> bool:
    return "invariance" in view.analyses or "dif" in view.analyses


def needed(view: View, unit: Unit) -> int:
    """Complete answers for all of it."""
    return max(for_width(view, unit) or 0, for_one_factor(view), per_group() if _compares(view) else 0)


def by_unit(view: View, unit: Unit) -> Answer:
    wording, found = view.wording, width(view, unit)
    number = ""
    if found is not None:
        number = wording.text("story_respondents_number", width=wording.decimal(found, 2 if found >= WIDTH else 3))
    # Where the width is not known well enough to reckon with, what other questions take is the least.
    key = "story_respondents_least" if found is None or found > _KNOWN else "story_respondents_about"
    return Answer(text=wording.text(key, n=wording.count(needed(view, unit))), number=number)


def page(view: View) -> list[Block]:
    wording = view.wording
    keys = ["n", "story_width_heading", "story_for_width_heading", "story_one_factor_heading"]
    keys += ["story_per_group_heading"] if _compares(view) else []
    figures = {"width": wording.decimal(WIDTH, 2)}
    head = [
        head_cell(wording.text("unit_heading"), number=False),
        head_cell(wording.text("story_to_print_heading"), number=False),
        *(head_cell(key if key == "n" else wording.text(key, **figures)) for key in keys),
    ]
    body = []
    for unit in shown(view):
        row, found, narrow = to_print(view, unit), width(view, unit), for_width(view, unit)
        name = short_name(view, unit)
        cells = [
            "–" if row is None else wording.count(row["n"]),
            wording.decimal(found, 3),
            "–" if narrow is None else wording.count(narrow),
            wording.count(for_one_factor(view)),
            *([wording.count(per_group())] if _compares(view) else []),
        ]
        body.append([row_cell(view.unit(unit)), Cell(text=name), *(number_cell(text) for text in cells)])
    table = Table(caption=wording.text("story_respondents_caption"), head=[head], body=body, stacks=True)
    plot = _plot(view)
    texts = ["story_respondents_root", "story_respondents_complete", *(["story_respondents_leaders"] if view.leaders else [])]
    rules = [cut_off("cosmin_cfi").sample, cut_off("cosmin_dif").sample if _compares(view) else None]
    named = dict.fromkeys(rule.source.partition(",")[0] for rule in rules if rule is not None)
    asked = wording.text("story_respondents_sources", sources=wording.listed([*named]), **figures)
    return [*([plot] if plot else []), table, Bullets(texts=[asked, *(wording.text(key) for key in texts)])]


def _plot(view: View) -> Plot | None:
    """The width by the number of answers."""
    wording = view.wording
    known = {unit: (row["n"], found) for unit in shown(view) if (row := to_print(view, unit)) and (found := width(view, unit))}
    if not known:
        return None
    words = "; ".join(
        f"{view.unit(unit)}: {wording.decimal(found, 3)}, n = {wording.count(n)}" for unit, (n, found) in known.items()
    )

    def draw_on(figure: Figure) -> None:
        axes = figure.subplots()
        margins(figure, top=0.35 if len(known) > 1 else 0.12)
        answers = np.geomspace(*_DRAWN, 100)
        for place, (unit, (n, found)) in enumerate(known.items()):
            colour, line = SERIES[place % len(SERIES)], LINES[place % len(LINES)]
            axes.plot(answers, found * np.sqrt(n / answers), color=colour, linestyle=line, label=view.unit(unit))
        axes.axhline(WIDTH, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_xscale("log")
        axes.set_xticks([50, 100, 200, 500, 1000, 2000])
        axes.minorticks_off()
        axes.set_xlim(*_DRAWN)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(wording.text("axis_answers"))
        axes.set_ylabel(wording.text("axis_width"))
        axes.grid(color=GRID)
        number_axis(axes.xaxis, wording)
        number_axis(axes.yaxis, wording)
        if len(known) > 1:
            legend_above(axes, 3)

    title = wording.text("story_respondents_plot", width=wording.decimal(WIDTH, 2))
    return draw("story-width", draw_on, height=2.3, title=title, description=words)


QUESTION = Question(key="respondents", by_unit=by_unit, page=page, evidence=("reliability", "verdicts"))
