"""Is each item to be kept, reworded or dropped? What the criteria on items say; each item has a page of its own."""

from __future__ import annotations

from ...core.criteria import WORST_FIRST, State
from ...present import rows as find
from ...present.rows import Unit
from ...present.view import View
from .question import Answer, Question, state_word, with_interval

_CRITERIA = ("item_rest", "cosmin_item_scalability")


def by_unit(view: View, unit: Unit) -> Answer:
    wording = view.wording
    by_item: dict[str | None, list[State]] = {}
    for one in view.verdicts:
        if one.criterion.key in _CRITERIA and (one.statistic.role, one.statistic.group) == unit:
            by_item.setdefault(one.statistic.item, []).append(one.state)
    if not by_item:
        return Answer(text=state_word(view, "items", "not_evaluated"), state="not_evaluated")
    states = [min(given, key=WORST_FIRST.index) for given in by_item.values()]
    worst = min(states, key=WORST_FIRST.index)
    rest = find.where(find.of(view.of("items"), unit), quantity="item_rest_correlation")
    weakest = min((row for row in rest if row["estimate"] is not None), key=lambda row: row["estimate"], default=None)
    number = ""
    if weakest is not None:
        number = wording.text("story_items_weakest", r=with_interval(view, weakest))
    return Answer(text=wording.text("story_items_hold", met=states.count("met"), of=len(states)), number=number, state=worst)


QUESTION = Question(key="items", by_unit=by_unit, leads_to="items-table", evidence=("items", "mokken", "irt"))
