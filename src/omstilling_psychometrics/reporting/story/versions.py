"""Waves and forms that the answers have: compared beside everything else where nobody is withheld for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ...core.criteria import State
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Table
from ...present.drawing import dot_plot
from ...present.released_rows import as_statistic
from ...present.rows import Row, Unit
from ...present.tables import Footnotes, Line, head_cell, number_cell, row_cell
from ...present.view import View, p_in_words
from ...topics.invariance.comparability import FIRST, MEANS, judged
from ...topics.invariance.item_changes import LEVEL, Change, ItemChange, item_changes
from . import change
from .comparison import decided
from .question import Answer, Question, Said, head_with_n, number_and_interval, of_units, reason, shown, with_interval

# What an item may have become, that which weighs most first; better is no longer the same either.
_WORST: tuple[Change, ...] = ("worse", "better", "unclear", "shifted", "not_evaluated", "no_difference")
_OTHER_MEASURE = ("worse", "better")
_SAME = ("not_evaluated", "no_difference")


def _arises(key: str, view: View) -> str | None:
    """Compared already, or nothing to compare."""
    known = view.answers.keys.get(key)
    return None if view.answers.by != key and known is not None and len(known.levels) > 1 else ""


def _elsewhere(key: str, view: View) -> Answer | None:
    if key in view.versions:
        return None
    return Answer(text=view.wording.text("story_other_report"), number=view.wording.text(f"story_{key}s_by"))


def _of(view: View, key: str, unit: Unit) -> list[Row]:
    return find.of(view.versions.get(key, ()), unit)


def _lacking(view: View, rows: Sequence[Row]) -> Answer:
    """Why there is no answer; nothing is asked of a role that has one wave or form."""
    if not rows:
        return Answer(text=view.wording.text("story_does_not_arise"))
    return Answer(text=view.wording.text("story_not_evaluated"), number=reason(view, rows[0]), state="not_evaluated")


# ---------------------------------------------------------------- waves


def _of_waves(view: View, unit: Unit) -> Answer:
    rows = _of(view, "wave", unit)
    differences = change.compared(rows)
    if not differences:
        return _lacking(view, rows)
    answer = change.answer(view, differences)
    row = differences[0]
    if len(differences) > 1:
        return answer
    number = with_interval(view, row, change.DIGITS)
    if not find.away_from_zero(row):
        return replace(answer, number=number)
    # A sign does not say whether the second wave is lower or higher.
    lower = row["estimate"] > 0
    text = view.wording.text("story_waves_lower" if lower else "story_waves_higher", answer=answer.text)
    return replace(answer, text=text, number=number if lower else with_interval(view, _turned(row), change.DIGITS))


def _turned(row: Row) -> Row:
    """The same difference the other way round."""
    low, high = row["conf_low"], row["conf_high"]
    turned = {"conf_low": None if high is None else -high, "conf_high": None if low is None else -low}
    return {**row, "estimate": -row["estimate"], **turned}


def _page_of_waves(view: View) -> list[Block]:
    wording = view.wording
    differences = change.compared(view.versions["wave"])
    lines: list[Line] = [(wording.method(one), {"method": one}) for one in find.distinct(differences, "method")]
    title, quantity = wording.text("story_waves_plot"), wording.quantity("alpha_difference")
    # One difference is its own picture.
    drawn = differences if len(differences) > 1 else []
    plot = dot_plot(view, "story-waves", drawn, lines, title=title, xlabel=quantity, reference=(0.0,))
    notes = Footnotes(wording)
    headings = ("unit_heading", "story_pair_heading", "verdict_heading")
    head = [*(head_cell(wording.text(key), number=False) for key in headings), head_cell(quantity), head_cell("n")]
    body = [
        [
            row_cell(view.unit((row["role"], row["group"])), marks=notes.mark(row["note"])),
            Cell(text=wording.method(row["method"])),
            change.verdict_cell(view, row),
            number_and_interval(view, row, change.DIGITS),
            number_cell(wording.count(row["n"])),
        ]
        for row in differences
    ]
    # What stands on the page of the roles already is not said again.
    told = change.told(view)
    texts = [one for one in change.how_read(view, differences) if one not in told]
    if told and len(texts) < len(told):
        texts.append(wording.text("story_waves_as_before", title=wording.text("story_change_title")))
    texts += [wording.text("story_waves_forms")] if _forms_differ(view) else []
    table = Table(caption=wording.text("story_waves_caption"), head=[head], body=body, notes=notes.listed(), stacks=True)
    return [*([plot] if plot else []), table, Bullets(texts=texts)]


def _forms_differ(view: View) -> bool:
    """Were the waves asked with different forms?"""
    keys = view.answers.keys
    if "form" not in keys:
        return False
    wave, form = keys["wave"].codes, keys["form"].codes
    return len({tuple(np.unique(form[wave == code])) for code in np.unique(wave)}) > 1


def _said_of_waves(view: View) -> Said:
    asked = "wave" in view.versions and change.compared(view.versions["wave"]) and _forms_differ(view)
    return Said(open=[view.wording.text("story_waves_open")] if asked else [])


# ---------------------------------------------------------------- forms


def _changes(view: View, unit: Unit) -> list[ItemChange]:
    """Each item where it changed most."""
    changes = item_changes(as_statistic(row) for row in _of(view, "form", unit))
    by_item: dict[str, ItemChange] = {}
    for one in sorted(changes, key=lambda one: _WORST.index(one.change)):
        by_item.setdefault(one.item, one)
    return [by_item[item] for item in view.answers.instrument.item_keys if item in by_item]


def _decided(view: View, unit: Unit) -> tuple[str, State]:
    rows = _of(view, "form", unit)
    means = next((one for one in judged(as_statistic(row) for row in rows) if one.criterion is MEANS), None)
    changes = _changes(view, unit)
    found = {one.change for one in changes if one.change not in _SAME}
    word, state = decided(means, differs=bool(found))
    if not found or state not in ("met", "inconclusive"):
        return word, state
    # Each item has a test of its own, which decides where the rules on all of them together do not.
    return ("not_met", "not_met") if found & set(_OTHER_MEASURE) else ("comparison_reservation", "inconclusive")


def _of_forms(view: View, unit: Unit) -> Answer:
    wording, changes = view.wording, _changes(view, unit)
    if not changes:
        return _lacking(view, _of(view, "form", unit))
    word, state = _decided(view, unit)
    counts = Counter(one.change for one in changes if one.change not in _SAME)
    found = [
        wording.text("story_forms_count", n=n, change=wording.text(f"change_{kind}")) for kind in _WORST if (n := counts[kind])
    ]
    number = ", ".join(found) or wording.text("change_no_difference")
    return Answer(text=wording.text(f"story_{word}"), number=number, state=state)


def _page_of_forms(view: View) -> list[Block]:
    wording = view.wording
    by_unit = {unit: changes for unit in shown(view) if (changes := _changes(view, unit))}
    rows = []
    for unit, changes in by_unit.items():
        wanted = {(one.item, one.shift.method) for one in changes if one.shift is not None}
        rows += [row for row in _of(view, "form", unit) if row["quantity"] == "expected_score_bias"
                 and (row["item"], row["method"]) in wanted]  # fmt: skip
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(rows, "item")]
    title, xlabel = wording.text("invariance_bias_plot"), wording.text("axis_scale_points")
    drawn = [{**row, "method": None} for row in rows]
    plot = dot_plot(view, "story-forms", drawn, lines, title=title, xlabel=xlabel, reference=(0.0,))
    head = [head_cell(wording.column("item"), number=False)]
    head += [head_with_n(view, view.unit(unit), _compared(view, unit)) for unit in by_unit]
    together = [_of_forms(view, unit) for unit in by_unit]
    body = [[row_cell(wording.text("story_forms_together")), *(Cell(text=one.text, state=one.state) for one in together)]]
    for item in view.answers.instrument.item_keys:
        own = [next((one for one in changes if one.item == item), None) for changes in by_unit.values()]
        body.append([row_cell(wording.item(item)), *(_cell(view, one) for one in own)])
    remark = wording.text("items_forms_remark")
    table = Table(caption=wording.text("items_forms_caption"), head=[head], body=body, remark=remark, stacks=True)
    texts = [wording.text("story_forms_rules", limit=wording.decimal(LEVEL, 2), rules=MEANS.source)]
    return [*([plot] if plot else []), table, Bullets(texts=[*texts, wording.text("story_forms_groups")])]


def _compared(view: View, unit: Unit) -> int | None:
    """Answers that the forms were compared by."""
    row = find.one(_of(view, "form", unit), quantity="chi2_scaled", method=FIRST)
    return None if row is None else row["n"]


def _cell(view: View, one: ItemChange | None) -> Cell:
    """What became of an item, by its test, and the difference of its loadings."""
    if one is None:
        return Cell(text="–")
    details = []
    if one.test is not None and one.test.p_value is not None:
        details.append(p_in_words(view, one.test.p_value))
    if one.loading is not None:
        low, high = one.loading.confidence_interval(view.level)
        row = {"quantity": one.loading.quantity, "estimate": one.loading.estimate, "conf_low": low, "conf_high": high}
        size = with_interval(view, row)
        details.append(view.wording.text("story_forms_loading", pair=view.wording.method(one.pair), size=size))
    return Cell(text=view.wording.text(f"change_{one.change}"), detail="; ".join(details))


def _said_of_forms(view: View) -> Said:
    states = {unit: _decided(view, unit)[1] for unit in shown(view) if _changes(view, unit)}
    found = {key: [unit for unit, state in states.items() if state == key] for key in ("not_met", "inconclusive")}
    told = {key: of_units(view, units) for key, units in found.items() if units}
    if len(told) < len(found):
        return Said(may_not=[view.wording.text(f"story_forms_may_not_{key}", units=units) for key, units in told.items()])
    return Said(may_not=[view.wording.text("story_forms_may_not", **told)])


WAVES = Question(
    key="waves",
    by_unit=_of_waves,
    arises=partial(_arises, "wave"),
    elsewhere=partial(_elsewhere, "wave"),
    page=_page_of_waves,
    said=_said_of_waves,
    evidence=("reliability",),
)
FORMS = Question(
    key="forms",
    by_unit=_of_forms,
    arises=partial(_arises, "form"),
    elsewhere=partial(_elsewhere, "form"),
    page=_page_of_forms,
    said=_said_of_forms,
    evidence=("invariance",),
)
