"""Which reliability coefficient is to be printed, and how large is it?"""

from __future__ import annotations

import math

from ...core.criteria import Verdict, cut_off
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Finding, Findings, Table
from ...present.drawing import dot_plot
from ...present.rows import Row, Unit
from ...present.tables import Line, head_cell, number_cell, row_cell
from ...present.view import View
from ...topics.reliability.recommendation import pair_in_words, recommended
from .question import (
    Answer,
    Question,
    Said,
    number_and_interval,
    of_units,
    reason,
    shown,
    sources,
    state_word,
    with_interval,
)

GROUPS, PERSONS = cut_off("cosmin_alpha"), cut_off("cotan_individuals")
_LINES = (("omega_categorical", "implied"), ("omega_total", "ML-implied"), ("alpha", "listwise"))
_IN_POINTS = ("standard_error_of_measurement", "smallest_detectable_change")


def alpha(view: View, unit: Unit) -> Row | None:
    return find.one(find.of(view.of("reliability"), unit), quantity="alpha", method="listwise")


def to_print(view: View, unit: Unit) -> Row | None:
    """The coefficient that the section recommends; alpha where it recommends none; None where that has no value either."""
    found = recommended(view, unit)
    row = alpha(view, unit) if found is None else found.row
    return row if row is not None and row["estimate"] is not None else None


def name(view: View, unit: Unit) -> str:
    """What it is called, with the pair of items that it has free."""
    row, found = to_print(view, unit), recommended(view, unit)
    if row is None:
        return ""
    known = plain_name(view, row)
    if found is None or not found.pairs:
        return known
    return view.wording.text("coefficient_with_pair", name=known, pair=pair_in_words(view, found.pairs))


def short_name(view: View, unit: Unit) -> str:
    """What it is called in a narrow column: that it has a pair of items free, though not which."""
    row, found = to_print(view, unit), recommended(view, unit)
    known = "" if row is None else plain_name(view, row)
    return view.wording.text("story_with_pair", name=known) if known and found is not None and found.pairs else known


def plain_name(view: View, row: Row) -> str:
    wording, quantity = view.wording, row["quantity"]
    return wording.text("story_coefficient_alpha") if quantity == "alpha" else wording.quantity(quantity)


def verdict(view: View, unit: Unit, criterion: str = GROUPS.key) -> Verdict | None:
    """What a criterion of reliability says of the coefficient to print, whichever that is."""
    row = to_print(view, unit)
    return None if row is None else view.judge(cut_off(criterion), row)


def by_unit(view: View, unit: Unit) -> Answer:
    row, judged = to_print(view, unit), verdict(view, unit)
    if row is None or judged is None:
        return Answer(
            text=state_word(view, "reliability", "not_evaluated"), number=reason(view, alpha(view, unit)), state="not_evaluated"
        )
    found = recommended(view, unit)
    if found is None:
        number = view.wording.text("story_reliability_not_examined")
    elif found.pairs:
        number = view.wording.text("story_reliability_pair")
    else:
        number = ""
    return Answer(text=f"{plain_name(view, row)} {with_interval(view, row)}", number=number, state=judged.state)


def sentence(view: View, unit: Unit) -> Finding:
    """Which, how large, why that one, and what it is enough for."""
    wording, row, found, judged = view.wording, to_print(view, unit), recommended(view, unit), verdict(view, unit)
    if row is None or judged is None:
        text = wording.text("answer_no_reliability", reason=reason(view, alpha(view, unit)) or wording.note("not_computed"))
        verdict_word = state_word(view, "reliability", "not_evaluated")
        return Finding(unit=view.unit_title(unit), text=text, state="not_evaluated", verdict=verdict_word)
    why = "alone" if found is None else found.reason
    cuts = {"cut": wording.decimal(GROUPS.threshold, 2)}
    enough = wording.text(f"story_reliability_enough_{judged.state}", **cuts)
    printed = wording.text("story_reliability_print", name=name(view, unit), value=with_interval(view, row))
    text = " ".join([printed, wording.text(f"story_reliability_because_{why}"), enough])
    word = state_word(view, "reliability", judged.state)
    return Finding(unit=view.unit_title(unit), text=text, state=judged.state, verdict=word)


def page(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("reliability")
    lines: list[Line] = [
        (wording.quantity(quantity), {"quantity": quantity, "method": method, "item": None}) for quantity, method in _LINES
    ]
    pairs = dict.fromkeys(found.row["method"] for unit in shown(view) if (found := recommended(view, unit)) and found.pairs)
    # The pair is named in the table; where roles have different ones each line is of its own.
    with_pair = wording.text("story_with_pair", name=wording.quantity("omega_categorical"))
    free = [(with_pair, {"quantity": "omega_categorical", "method": method}) for method in pairs]
    plot = dot_plot(
        view,
        "story-reliability",
        rows,
        [*free, *lines],
        title=wording.text("reliability_plot", cut=wording.decimal(GROUPS.threshold, 2)),
        xlabel=wording.text("axis_coefficient"),
        reference=() if GROUPS.threshold is None else (GROUPS.threshold,),
    )
    return [
        Findings(
            about=wording.text("story_reliability_title"), findings=[sentence(view, unit) for unit in shown(view)], boxed=True
        ),
        *([plot] if plot else []),
        _table(view),
        Bullets(
            texts=[
                sources(view, GROUPS, PERSONS),
                *_in_points(view),
                wording.text("story_reliability_not_alpha"),
                wording.text("story_reliability_one_time"),
            ]
        ),
    ]


def points_of(view: View, unit: Unit) -> tuple[Row, ...] | None:
    """Standard error of measurement and smallest detectable change of the coefficient to print; None where there are none.

    Both are SD sqrt(1 - reliability) times a constant, so that alpha's are multiplied by sqrt((1 - coefficient)/(1 - alpha)).
    Where alpha is not the one to print, the intervals are those of the coefficient, with SD as it is.
    """
    row, of_alpha = to_print(view, unit), alpha(view, unit)
    own = find.of(view.of("reliability"), unit)
    known = [one for quantity in _IN_POINTS if (one := find.one(own, quantity=quantity)) is not None]
    if len(known) < len(_IN_POINTS) or row is None or of_alpha is None or of_alpha["estimate"] is None:
        return None
    if row["quantity"] == "alpha":
        return tuple(known)
    if any(one["estimate"] is None for one in known) or row["estimate"] > 1 or of_alpha["estimate"] >= 1:
        return None

    def factor(coefficient: float | None) -> float | None:
        return None if coefficient is None else math.sqrt((1 - min(coefficient, 1)) / (1 - of_alpha["estimate"]))

    factors = {"estimate": row["estimate"], "conf_low": row["conf_high"], "conf_high": row["conf_low"]}
    by = {column: factor(bound) for column, bound in factors.items()}
    return tuple(
        {**one, **{column: None if times is None else times * one["estimate"] for column, times in by.items()}} for one in known
    )


def _in_points(view: View) -> list[str]:
    """How what is in points comes about."""
    wording = view.wording
    spreads = {unit: row for unit in shown(view) if points_of(view, unit) and (row := alpha(view, unit)) is not None}
    if not spreads:
        return []
    each = "; ".join(f"{view.unit(unit)} n = {wording.count(row['n'])}" for unit, row in spreads.items())
    return [wording.text("story_reliability_in_points", each=each)]


def _table(view: View) -> Table:
    wording = view.wording
    names = ("unit_heading", "story_to_print_heading", "story_value_heading")
    head = [*(head_cell(wording.text(key), number=key == names[-1]) for key in names), head_cell("n")]
    head += [head_cell(wording.quantity(one)) for one in _IN_POINTS]
    body = []
    for unit in shown(view):
        row, points = to_print(view, unit), points_of(view, unit) or (None, None)
        body.append(
            [
                row_cell(view.unit(unit)),
                Cell(text=short_name(view, unit)),
                number_and_interval(view, row, 3),
                number_cell("–" if row is None else wording.count(row["n"])),
                *(number_and_interval(view, one) for one in points),
            ]
        )
    return Table(caption=wording.text("story_reliability_caption"), head=[head], body=body, stacks=True)


def said(view: View) -> Said:
    enough, short, persons, not_alpha = [], [], [], []
    for unit in shown(view):
        judged, single, row = verdict(view, unit), verdict(view, unit, PERSONS.key), to_print(view, unit)
        if judged is not None and judged.state == "met":
            enough.append(unit)
        if judged is not None and judged.state in ("inconclusive", "not_evaluated"):
            short.append(unit)
        if single is not None and single.state == "not_met":
            persons.append(unit)
        if row is not None and row["quantity"] != "alpha":
            not_alpha.append(unit)
    wording = view.wording
    groups, single_cut = (wording.decimal(one.threshold, 2) for one in (GROUPS, PERSONS))
    may_not = []
    if not_alpha:
        may_not.append(wording.text("story_reliability_may_not_alpha", units=of_units(view, not_alpha)))
    if persons:
        may_not.append(wording.text("story_reliability_may_not_persons", cut=single_cut, units=of_units(view, persons)))
    return Said(
        may=[wording.text("story_reliability_may", cut=groups, units=of_units(view, enough))] if enough else [],
        may_not=may_not,
        open=[wording.text("story_reliability_open", cut=groups, units=of_units(view, short))] if short else [],
    )


QUESTION = Question(key="reliability", by_unit=by_unit, page=page, said=said, evidence=("reliability", "alpha_comparison"))
