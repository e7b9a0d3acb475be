"""Can the non-answers be ignored, and how far do they move the conclusions?"""

from __future__ import annotations

from ...core.criteria import State
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Finding, Findings, Table
from ...present.drawing import dot_plot
from ...present.rows import Row, Unit
from ...present.tables import Line, head_cell, number_cell, row_cell
from ...present.view import View, p_in_words
from .question import Answer, Question, Said, interval_below, of_units, shown, state_word, with_interval

_ANY, _OTHERS = "any", "any/other_answers"
# A test is said to reject below this.
_SIGNIFICANT = 0.05


def _own(view: View, unit: Unit) -> list[Row]:
    return find.of(view.of("missingness"), unit)


def _rates(view: View, unit: Unit) -> list[Row]:
    rates = find.where(_own(view, unit), quantity="rate", method=_ANY)
    return [row for row in rates if row["estimate"] is not None]


def _test(view: View, unit: Unit) -> Row | None:
    """The test whether it hangs on the other answers that one is missing, by cluster where there are any; else Little's."""
    tests = [
        find.one(_own(view, unit), quantity="reason_test", method=_OTHERS),
        find.one(_own(view, unit), quantity="little_mcar"),
    ]
    return next((row for row in tests if row is not None and row["p_value"] is not None), None)


def _state(view: View, unit: Unit) -> State:
    """At random is never shown, only not refuted."""
    rates, test = _rates(view, unit), _test(view, unit)
    if rates and all(row["estimate"] == 0 for row in rates):
        return "met"
    if not rates or test is None:
        return "not_evaluated"
    return "not_met" if test["p_value"] < _SIGNIFICANT else "inconclusive"


def _moved(view: View, unit: Unit) -> Row | None:
    row = find.one(_own(view, unit), quantity="complete_case_difference")
    return row if row is not None and row["estimate"] is not None else None


def _signed(view: View, row: Row) -> str:
    return ("+" if row["estimate"] > 0 else "") + with_interval(view, row)


def by_unit(view: View, unit: Unit) -> Answer:
    state, moved = _state(view, unit), _moved(view, unit)
    number = (
        "" if moved is None or state == "met" else view.wording.text("story_non_answers_number", moved=_signed(view, moved))
    )
    return Answer(text=state_word(view, "non_answers", state), number=number, state=state)


def _bounds(view: View, unit: Unit) -> tuple[float, float] | None:
    low, high = (find.estimate(_own(view, unit), quantity="mean_bound", method=kind) for kind in ("lowest", "highest"))
    return None if low is None or high is None else (low, high)


def sentence(view: View, unit: Unit) -> Finding:
    wording, state, test, moved, bounds = (
        view.wording,
        _state(view, unit),
        _test(view, unit),
        _moved(view, unit),
        _bounds(view, unit),
    )
    said = [wording.text(f"story_non_answers_because_{state}", p="" if test is None else p_in_words(view, test["p_value"]))]
    if state != "met" and moved is not None:
        said.append(wording.text("story_non_answers_moved", moved=_signed(view, moved)))
    if state != "met" and bounds is not None:
        low, high = (wording.decimal(bound, 2) for bound in bounds)
        said.append(wording.text("story_non_answers_bounds", low=low, high=high))
    word = state_word(view, "non_answers", state)
    return Finding(unit=view.unit_title(unit), text=" ".join(said), state=state, verdict=word)


def page(view: View) -> list[Block]:
    wording, found = view.wording, shown(view)
    rates = find.where(view.of("missingness"), quantity="rate", method=_ANY)
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(rates, "item")]
    plot = dot_plot(
        view,
        "story-missing",
        rates,
        lines,
        title=wording.text("missingness_any_plot"),
        xlabel=wording.text("axis_share_of_shown"),
        shares=True,
    )
    return [
        Findings(about=wording.text("story_non_answers_title"), findings=[sentence(view, unit) for unit in found], boxed=True),
        *([plot] if plot else []),
        _table(view, found),
        Bullets(texts=[wording.text("story_non_answers_never_shown"), wording.text("story_non_answers_reasons")]),
    ]


def _table(view: View, found: list[Unit]) -> Table:
    wording = view.wording
    keys = (
        "story_most_missing_heading",
        "story_mean_heading",
        "story_complete_heading",
        "story_bounds_heading",
        "story_test_heading",
    )
    head = [head_cell(wording.text("unit_heading"), number=False), *(head_cell(wording.text(key)) for key in keys)]
    head.append(head_cell("n"))
    body, tests = [], dict[str, None]()
    for unit in found:
        rates, moved, bounds, test = _rates(view, unit), _moved(view, unit), _bounds(view, unit), _test(view, unit)
        most = max(rates, key=lambda row: row["estimate"], default=None)
        mean = find.estimate(find.of(view.of("items"), unit), quantity="scale_mean")
        cells = [
            number_cell("–") if most is None else _share_of(view, most),
            number_cell(wording.decimal(mean, 2)),
            number_cell("–") if moved is None else interval_below(_signed(view, moved)),
            number_cell("–") if bounds is None else _between(view, unit, bounds),
            number_cell("–" if test is None else p_in_words(view, test["p_value"])),
            number_cell("–" if most is None else wording.count(most["n"])),
        ]
        body.append([row_cell(view.unit(unit)), *cells])
        if test is not None:
            tests[wording.text(f"story_test_{test['quantity']}")] = None
    remark = [wording.text("story_non_answers_remark")]
    if tests:
        remark.append(
            wording.text("story_non_answers_test", tests=wording.listed([*tests]), level=wording.decimal(_SIGNIFICANT, 2))
        )
    caption = wording.text("story_non_answers_caption")
    return Table(caption=caption, head=[head], body=body, remark=" ".join(remark), stacks=True)


def _between(view: View, unit: Unit, bounds: tuple[float, float]) -> Cell:
    """Both bounds; below them where they lie for all such people, from the lower end of one to the upper of the other."""
    decimal, own = view.wording.decimal, find.where(_own(view, unit), quantity="mean_bound")
    low, high = (find.one(own, method=kind) for kind in ("lowest", "highest"))
    ends = (None if low is None else low["conf_low"], None if high is None else high["conf_high"])
    text = "–".join(decimal(bound, 2) for bound in bounds)
    return Cell(text=text, number=True, detail="" if None in ends else f"[{decimal(ends[0], 2)}; {decimal(ends[1], 2)}]")


def _share_of(view: View, rate: Row) -> Cell:
    """The largest share of those shown an item who did not answer it, and of which item it is."""
    name = view.wording.item(rate["item"]) if rate["estimate"] > 0 else ""
    return Cell(text=view.wording.share(rate["estimate"]), number=True, detail=name)


def said(view: View) -> Said:
    wording = view.wording
    refuted = [unit for unit in shown(view) if _state(view, unit) == "not_met"]
    gaps = {unit: bounds for unit in shown(view) if (bounds := _bounds(view, unit)) and bounds[1] > bounds[0]}
    open_: list[str] = []
    if gaps:
        widest = max(gaps, key=lambda unit: gaps[unit][1] - gaps[unit][0])
        low, high = (wording.decimal(bound, 2) for bound in gaps[widest])
        open_.append(wording.text("story_non_answers_open", low=low, high=high, units=of_units(view, [widest])))
    may_not = [wording.text("story_non_answers_may_not", units=of_units(view, refuted))] if refuted else []
    return Said(may_not=may_not, open=open_)


QUESTION = Question(
    key="non_answers",
    by_unit=by_unit,
    arises=lambda view: None if view.of("missingness") else view.wording.text("story_not_examined"),
    page=page,
    said=said,
    evidence=("missingness",),
)
