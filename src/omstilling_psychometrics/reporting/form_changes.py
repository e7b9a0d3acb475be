"""What became of each item from one form to another, and whether one of the two has it worse.

In a report by form its groups are the forms; in any other one the forms are compared beside it, role by role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.criteria import State, Verdict, cut_off, judge, refused
from ..core.results import Statistic
from ..present.released_rows import as_statistic
from ..present.rows import Unit, units, where
from ..present.view import View
from ..topics.invariance.item_changes import Change, ItemChange, item_changes

_FORM = "form"
# What an item may have become, that which weighs most first.
_WORST: tuple[Change, ...] = ("worse", "better", "unclear", "shifted", "not_evaluated", "no_difference")


@dataclass(frozen=True, kw_only=True)
class FormChange:
    """change: between two forms (`b~a`); role: of whom, 'all' where nobody was left out; worse_in: the form that has the item
    worse, which is the first of the two where the second has it better."""

    role: str
    change: ItemChange

    @property
    def forms(self) -> tuple[str, str]:
        """The one that is looked at, and the one that it is compared with: the worse one first, where there is one."""
        second, _, first = self.change.pair.partition("~")
        return (first, second) if self.change.change == "better" else (second, first)

    @property
    def worse_in(self) -> str | None:
        return self.forms[0] if self.change.change in ("worse", "better") else None

    def concerns(self, unit: Unit) -> bool:
        """Is it about this role, or, where forms have columns of their own, about this form?"""
        role, group = unit
        return self.role in (role, "all") and group in (None, self.forms[0])

    @property
    def loading(self) -> Statistic | None:
        """The loading in the form that is looked at, less that in the other one."""
        found = self.change.loading
        if found is None or self.change.change != "better" or found.estimate is None:
            return found
        low, high = found.confidence_interval()
        turned = replace(found, estimate=-found.estimate, method="~".join(self.forms), interval=lambda level: (-high, -low))
        return replace(turned, statistic=None if found.statistic is None else -found.statistic)

    def verdict(self, level: float, margin: float | None = None) -> Verdict | None:
        """Is the item as good here as there, less a margin that was declared? Not met where the test over all items says that
        it is worse, unless by less than the margin: an interval of one item does not know how many are looked at."""
        loading, criterion = self.loading, cut_off("item_as_good_in_form")
        if loading is None:
            return None
        if margin is not None:
            criterion = replace(criterion, threshold=-margin)
        judged = judge(criterion, loading, level)
        if self.change.change == "not_evaluated":
            return refused(judged, self.change.reason or "not_computed")
        state: State = judged.state
        if self.worse_in is not None:
            state = "met" if state == "met" else "not_met"
        elif state == "not_met":
            state = "inconclusive"
        return replace(judged, state=state)


def form_changes(view: View) -> list[FormChange]:
    """Item by item, that which weighs most first; nothing where no forms were compared."""
    by_form = view.answers.by == _FORM
    rows: Sequence[dict[str, object]] = view.of("invariance") if by_form else view.versions.get(_FORM, ())
    found = [
        FormChange(role=role, change=change)
        for role, group in units(rows)
        for change in item_changes(as_statistic(row) for row in where(rows, role=role, group=group))
        if change.pair
    ]
    order = list(view.answers.instrument.item_keys)
    return sorted(found, key=lambda one: (order.index(one.change.item), _WORST.index(one.change.change)))
