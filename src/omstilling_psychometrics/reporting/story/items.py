"""Is each item to be kept, reworded or dropped? What the page of each item says, all of them together."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.criteria import State
from ...present.view import View
from ..item_evidence import ItemEvidence
from ..item_rules import Decision, JudgedItem
from .question import Answer, Question

# So many are named in one cell.
_NAMED = 5
# What the evidence may speak for, the clearest complaint first, and how far that is decided.
_STATES: dict[Decision, State] = {
    "drop": "not_met",
    "reword": "inconclusive",
    "open": "inconclusive",
    "unknown": "not_evaluated",
    "keep": "met",
}


def together(view: View) -> Answer:
    wording, evidence = view.wording, ItemEvidence(view)
    if not evidence.kinds or not evidence.units:
        return Answer(text=wording.text("story_not_evaluated"), state="not_evaluated")
    by_decision: dict[Decision, list[str]] = {decision: [] for decision in _STATES}
    for item in evidence.items:
        by_decision[JudgedItem(evidence, item).decision].append(item)
    found = [decision for decision, items in by_decision.items() if items]
    # What is to be looked at is kept too.
    counts = {decision: len(items) for decision, items in by_decision.items()}
    counts["keep"] += counts["reword"]
    told = [wording.text(f"story_items_{decision}", n=n) for decision, n in reversed(counts.items()) if n]
    return Answer(text=", ".join(told), number="; ".join(_named(view, by_decision)), state=_STATES[found[0]])


def _named(view: View, by_decision: dict[Decision, list[str]]) -> Iterator[str]:
    """The items that something speaks against."""
    for decision in ("drop", "reword"):
        if 0 < len(by_decision[decision]) <= _NAMED:
            names = [view.wording.text("story_items_name", item=view.wording.item(item)) for item in by_decision[decision]]
            yield view.wording.text(f"story_items_{decision}_named", items=view.wording.listed(names))


QUESTION = Question(key="items", together=together, leads_to="items-table", evidence=("items", "mokken", "irt"))
